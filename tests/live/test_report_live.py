"""A report on live data: the same report, from a venue's prices, funding and terms."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

import platformdirs
import pytest

from hedgelib.__main__ import main
from hedgelib.errors import InvalidInput, NotEnoughData, PortfolioFileError, UnknownContract
from hedgelib.live import data, fetching
from hedgelib.report import ReportParameters, build_report, run
from hedgelib.report.dates import TODAY_VARIABLE
from hedgelib.report.export import to_data
from hedgelib.report.registry import section
from hedgelib.report.summary import headline, warnings
from tests import venuetools
from tests.venuetools import FAKES, TODAY, Clock, Fault, back, opening, serving


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "book.csv"
    path.write_text(
        "coin,quantity,usd_value,beta_btc,beta_eth\nADA,20000,,,\nLINK,,9000,,\nNEW,,1000,1.5,1.5\n"
    )
    return path


@pytest.fixture
def home(bybit, monkeypatch):
    """Put the user's cache where the test's is, and let today be the venue's."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: bybit.cache)
    monkeypatch.setenv(TODAY_VARIABLE, TODAY.isoformat())
    return bybit


def test_a_report_takes_everything_from_the_venue(home, book):
    world = home.venue.world
    report = build_report(ReportParameters(portfolio=str(book), live="bybit", benchmark="ETH"))
    plan = report.plan
    assert plan.contract.id == "bybit:ETHUSD"
    assert report.price_day == back(1)
    assert headline(report).startswith(f"at prices of {back(1)}, short ")
    assert not report.old
    assert plan.price_usd == world.spot["ETH"][back(1)]
    ada = next(cover for cover in report.covers if cover.coin == "ADA")
    assert ada.value_usd == pytest.approx(20_000 * world.spot["ADA"][back(1)])
    assert [cover.how for cover in report.covers] == ["history", "history", "own"]
    assert report.days == 365
    # The world was made with betas of 1.4 and 1.2 to BTC, and 1.5 stands in the file.
    shares = {cover.coin: cover.share for cover in report.covers}
    made = sum(shares[coin] * beta for coin, beta in {"ADA": 1.4, "LINK": 1.2, "NEW": 1.5}.items())
    btc = next(tracking for tracking in report.trackings if tracking.coin == "BTC")
    assert btc.book_beta == pytest.approx(made, abs=0.15)
    assert report.funding is not None
    assert report.funding.history is not None
    assert report.funding.history.last_month == "2025-03"
    face = next(figure for figure in report.figures if figure.name == "multiplier")
    assert face.value == 1
    tick = next(figure for figure in report.figures if figure.name == "tick_usd")
    assert tick.as_of == "2025-03-10"
    text = repr(section(report, "provenance"))
    assert "daily closes (UTC) from Bybit through ccxt" in text
    assert "fetched 2025-03-10 10:00 UTC, less than a minute old" in text
    assert "those that BTC/USD:BTC and ETH/USD:ETH paid, read from Bybit" in repr(
        section(report, "cost")
    )
    assert "NEW: no market at the venue" in text
    assert "mean funding rate of 2024 to 2025 the short" in " ".join(
        repr(section(report, "summary")).split()
    )
    differences = to_data(report)["data"]["contracts"]["differences"]
    assert differences[0] == ("bybit:BTCUSD taker_fee: bundled 0.075%, live 0.06%, bundled used")


def test_a1_a_venue_that_stopped_ten_days_ago_gives_old_prices(home, book, monkeypatch):
    parameters = ReportParameters(portfolio=str(book), live="bybit")
    monkeypatch.setenv(TODAY_VARIABLE, (TODAY + timedelta(days=9)).isoformat())
    with pytest.raises(PortfolioFileError, match="the value of ADA would be that of 2025-03-09"):
        build_report(parameters)
    book.write_text("coin,usd_value\nADA,9000\nLINK,9000\n")
    (old, *_) = warnings(build_report(parameters))
    assert old.startswith("Prices are 10 days old: this is an exercise, not a plan. The last day")
    assert len(home.venue.requests) > 0


def test_a_gap_is_named_and_no_beginning(home, book):
    del home.venue.world.spot["ADA"][back(100)]
    report = build_report(ReportParameters(portfolio=str(book), live="bybit"))
    assert report.days == 363
    text = " ".join(repr(section(report, "tracking")).split())
    assert "365 days were asked for; there are 363, because ADA has no return on 2 of them." in text
    for day in [day for day in home.venue.world.spot["LINK"] if day < back(50)]:
        del home.venue.world.spot["LINK"][day]
    (home.cache / "live" / "bybit" / "close-LINK.csv").unlink()
    home.clock.seconds += 7200
    text = " ".join(repr(section(build_report(report.parameters), "tracking")).split())
    assert "because the history of LINK begins then." in text


def test_a_second_report_asks_nobody(home, book):
    parameters = ReportParameters(portfolio=str(book), live="bybit")
    first = to_data(build_report(parameters))
    asked = len(home.venue.requests)
    assert to_data(build_report(parameters)) == first
    assert len(home.venue.requests) == asked


def test_a_contract_on_a_coin_outside_the_book_brings_its_coin(home, book):
    home.venue.world.perp["SOL"] = dict(home.venue.world.perp["BTC"])
    home.venue.world.spot["SOL"] = dict(home.venue.world.spot["BTC"])
    home.venue.world.pay("SOL", 8)
    report = build_report(ReportParameters(portfolio=str(book), live="bybit", contract="SOLUSD"))
    assert report.plan.contract.id == "bybit:SOLUSD"
    assert {tracking.coin for tracking in report.trackings} == {"BTC", "ETH", "SOL"}


def test_live_prices_go_with_linear_contracts_and_with_those_of_other_venues(home, book):
    report = build_report(
        ReportParameters(portfolio=str(book), live="bybit", contract="bybit:ETHUSDT")
    )
    assert report.plan.price_usd == home.venue.world.spot["ETH"][back(1)]
    assert [one.own for one in report.venues if one.contract.id == "bybit:ETHUSDT"] == [True]
    assert {"binance:ETHUSDT", "okx:ETH-USDT-SWAP"} < {one.contract.id for one in report.venues}
    kinds = [one.contract.id for one in report.kinds]
    assert kinds == ["bybit:ETHUSD", "bybit:ETHUSDT"]


def test_a2_a_coin_by_another_name_is_that_of_the_venue(home, book):
    world = home.venue.world
    world.spot["POL"] = dict(world.spot["ADA"])
    book.write_text(
        "coin,quantity,usd_value\nLDADA,20000,\nMATIC,1000,\nWETH,,5000\nETH,,1000\nUSDT,70,\n"
    )
    report = build_report(ReportParameters(portfolio=str(book), live="bybit"))
    assert {cover.coin: cover.how for cover in report.covers} == {
        "ADA": "history", "POL": "history", "ETH": "history", "USDT": "cash",
    }  # fmt: skip
    assert report.portfolio.value_of("ETH") == 6_000
    assert report.portfolio.value_of("POL") == pytest.approx(1_000 * world.spot["ADA"][back(1)])
    assert report.portfolio.value_of("USDT") == 70
    # Nobody is asked for cash, or for an exchange's way to write a ticker.
    asked = repr(home.venue.requests)
    assert "LDADA" not in asked
    assert "USDTUSD" not in asked
    # stETH has prices of its own there, so that is what counts.
    world.spot["STETH"] = dict(world.spot["ETH"])
    book.write_text("coin,usd_value\nstETH,5000\nADA,5000\n")
    home.clock.seconds += 7200
    report = build_report(ReportParameters(portfolio=str(book), live="bybit"))
    assert [cover.coin for cover in report.covers] == ["STETH", "ADA"]


def test_a_contract_of_another_venue_is_refused(home, book):
    with pytest.raises(UnknownContract, match="no venue 'binance'"):
        build_report(
            ReportParameters(portfolio=str(book), live="bybit", contract="binance:ETHUSD_PERP")
        )
    home.venue.delisted = {"ETH"}
    home.clock.seconds += 7200
    with pytest.raises(
        UnknownContract, match=r"no inverse perpetual on ETH at bybit .*bybit:BTCUSD"
    ):
        build_report(ReportParameters(portfolio=str(book), live="bybit", benchmark="ETH"))


def test_the_venue_is_checked_like_every_parameter():
    with pytest.raises(InvalidInput, match=r"live must be one of binance, bybit, .*, got 'Bybit'"):
        ReportParameters(portfolio="x.csv", live="Bybit")


def make_here(job: run.Job, **_) -> run.Made:
    """Make a report where the venue is a fake: in this process."""
    return run.make(job)


def test_d_the_command_line_says_when_the_venue_is_down(home, book, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(run, "make_one", make_here)
    home.venue.faults = [Fault("status", status=503)] * 50
    words = ["report", str(book), "--live", "bybit", "--out", str(tmp_path / "out")]
    assert main(words) == 4
    err = capsys.readouterr().err
    assert err.startswith("hedgelib: Bybit cannot be asked: status 503")
    assert not (tmp_path / "out").exists()
    # What is advised exists: with a cache, the same command and the option end well.
    assert "(--offline)" in err
    home.venue.faults = []
    assert main(words) == 0
    home.venue.faults = [Fault("status", status=503)] * 50
    assert main([*words, "--offline"]) == 0


@pytest.mark.parametrize("command", ["report", "what-if", "fetch"])
def test_d_the_code_of_a_venue_that_is_down_is_in_the_help_of_who_asks_one(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "4 a venue cannot be used, " in " ".join(capsys.readouterr().out.split())
    with pytest.raises(SystemExit):
        main(["reports", "--help"])
    assert "a venue cannot be used" not in " ".join(capsys.readouterr().out.split())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the user's cache folder is set as on Linux")
def test_another_process_runs_on_what_this_one_has_fetched(book, tmp_path, monkeypatch):
    now = datetime.now(UTC)
    monkeypatch.setattr(venuetools, "NOW", now)
    monkeypatch.setattr(venuetools, "TODAY", now.date())
    monkeypatch.setenv(TODAY_VARIABLE, now.date().isoformat())
    monkeypatch.setattr(data, "Pace", Clock(seconds=time.time()).pace)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    # A process that asked the venue all the same would not get out.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    venue, out = FAKES["binance"](), tmp_path / "out"
    words = ["report", str(book), "--live", "binance", "--out", str(out)]
    with serving(venue) as port, monkeypatch.context() as patch:
        patch.setattr(fetching, "open_exchange", opening(port))
        patch.setattr(run, "make_one", make_here)
        assert main(words) == 0
    (out / "book.html").unlink()
    assert main(words) == 0
    page = (out / "book.html").read_text()
    assert "Binance COIN-M through ccxt" in page
    assert "BTCUSD_PERP" in page
    assert str(back(1)) in page.replace("</span>", "")
    assert (tmp_path / "home" / "hedgelib" / "live" / "binance" / "manifest.json").is_file()


@pytest.mark.parametrize("key", list(FAKES))
def test_every_venue_that_tells_its_mark_price_is_heard(serve, key):
    served = serve(key)
    served.venue.world.marks = {"BTC": 61_234.5, "ETH": 3_210.25}
    marks = served.fetch().market.provenance()["marks"]
    assert marks == {c: (p, "2025-03-10T10:00+00:00") for c, p in served.venue.world.marks.items()}


def test_d_the_plan_uses_the_mark_price_where_the_venue_tells_it(home, book):
    home.venue.world.marks = {"ETH": 3_210.25}
    book.write_text("coin,quantity\nADA,20000\nETH,1\n")
    parameters = ReportParameters(portfolio=str(book), live="bybit", benchmark="ETH")
    report = build_report(parameters)
    assert report.plan.price_usd == 3_210.25
    assert report.portfolio.value_of("ETH") == 3_210.25
    assert headline(report).startswith(
        f"at the mark price of 2025-03-10 10:00 UTC and closes of {back(1)}, short "
    )
    said = " ".join(repr(section(report, "summary")).split())
    assert "$3,210.25, the mark price at Bybit of 2025-03-10 10:00 UTC; history to" in said
    assert "ETH is valued at the mark price of 2025-03-10" in " ".join(
        repr(section(report, "holdings")).split()
    )
    # A mark that is older than the last close is none.
    home.venue.world.marks = {}
    home.venue.now += timedelta(days=2)
    home.clock.seconds += 2 * 86_400
    assert build_report(parameters).mark_at == ""


def test_d_a_report_offline_asks_nobody_and_says_what_to_fetch(home, book):
    parameters = {"portfolio": str(book), "live": "bybit", "offline": True}
    with pytest.raises(NotEnoughData, match="fetch them first: hedgelib fetch --venue bybit"):
        build_report(ReportParameters(**parameters))
    assert home.venue.requests == []
    build_report(ReportParameters(portfolio=str(book), live="bybit"))
    asked = len(home.venue.requests)
    home.clock.seconds += 10 * 3600
    build_report(ReportParameters(**parameters))
    build_report(ReportParameters(portfolio=str(book), live="bybit", max_age=24))
    assert len(home.venue.requests) == asked
    build_report(ReportParameters(portfolio=str(book), live="bybit"))
    assert len(home.venue.requests) > asked
    with pytest.raises(InvalidInput, match="offline needs a venue: give --live"):
        ReportParameters(portfolio=str(book), offline=True)


def test_d_a_coin_that_stopped_trading_is_named(home, book):
    for day in [back(n) for n in range(11)]:
        home.venue.world.spot["LINK"].pop(day, None)
    report = build_report(ReportParameters(portfolio=str(book), live="bybit"))
    said = " ".join(repr(section(report, "holdings")).split())
    assert f"LINK: its price history ends on {back(11)}" in said
