"""The files under data/: what is in them, where it comes from, and the script that makes them."""

from __future__ import annotations

import csv
import doctest
import hashlib
import io
import os
import re
import subprocess
import tarfile
import tomllib
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
SDIST = Path(os.environ.get("PYSCARCOPULA_SDIST") or ROOT / "work" / "pyscarcopula-0.22.1.tar.gz")
TEXT_FILES = sorted(p for p in DATA.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="ascii") as handle:
        return list(csv.DictReader(line for line in handle if not line.startswith("#")))


@pytest.fixture(scope="module")
def closes() -> list[dict[str, str]]:
    return table("prices.csv")


@pytest.fixture(scope="module")
def terms_file() -> dict:
    return tomllib.loads((DATA / "contracts.toml").read_text(encoding="utf-8"))


# Every file


@pytest.mark.parametrize("path", TEXT_FILES, ids=lambda p: p.relative_to(DATA).as_posix())
def test_a_data_file_is_clean_text(path):
    content = path.read_bytes()
    assert b"\r" not in content
    assert content.endswith(b"\n")
    text = content.decode("utf-8")
    assert not re.search(r"https?://|pypi\.org|pythonhosted|/simple/|\.\./shared|/work/", text)


def test_the_recorded_hashes_are_those_of_the_files():
    recorded = dict(
        reversed(line.split("  ")) for line in (DATA / "SHA256SUMS").read_text().splitlines()
    )
    assert set(recorded) == {"prices.csv", "funding_monthly.csv"}
    for name, digest in recorded.items():
        assert sha256((DATA / name).read_bytes()) == digest, name


def test_the_readme_tells_the_hashes_and_every_file():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    script = build_module()
    for digest in (
        script.SDIST_SHA256,
        script.MEMBER_SHA256,
        sha256((DATA / "prices.csv").read_bytes()),
    ):
        assert f"`{digest}`" in readme
    for path in TEXT_FILES:
        assert path.name in readme or path.name == "README.md"


@pytest.mark.parametrize(
    "said",
    [
        "2021-12-14",
        "SOL1-USD",
        "not Solana",
        "Prices are facts",
        "Yahoo's own terms",
        "**proxy**",
        "2022-05-27",
        "2020-09-24",
    ],
)
def test_the_readme_says_what_a_user_must_know(said):
    assert said in (DATA / "README.md").read_text(encoding="utf-8")


def test_the_readme_explains_every_column_and_every_figure(closes, terms_file):
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    names = {*closes[0], *table("funding_monthly.csv")[0]}
    for entry in terms_file["contract"]:
        names |= set(entry["figures"])
    names -= {"initial_base_rate", "initial_slope_per_coin"}
    assert "`initial_...`" in readme
    assert [name for name in sorted(names) if f"`{name}`" not in readme] == []


def test_the_readme_counts_the_contracts_and_names_the_venues(terms_file):
    readme = " ".join((DATA / "README.md").read_text(encoding="utf-8").split())
    entries = terms_file["contract"]
    keys = dict.fromkeys(entry["venue"] for entry in entries)
    names = ", ".join(terms_file["venues"][key]["name"] for key in keys)
    kinds = Counter((entry["kind"], "%" in entry["symbol"]) for entry in entries)
    assert kinds.keys() == {
        ("inverse", False), ("inverse", True), ("linear", False), ("quanto", False),
    }  # fmt: skip
    assert (
        f"There are {len(entries)} entries of {len(keys)} venues ({names}): "
        f"{kinds['inverse', False]} inverse perpetuals, {kinds['inverse', True]} inverse contracts "
        f"with an expiry, {kinds['linear', False]} linear perpetuals and "
        f"{kinds['quanto', False]} quanto one."
    ) in readme
    assert f"collected on {terms_file['collected']}" in readme


def test_the_notice_of_the_source_package_is_whole():
    notice = (DATA / "LICENSE-pyscarcopula.txt").read_text(encoding="ascii")
    assert notice.startswith("MIT License\n\nCopyright (c) 2024 Aleksey Novokhatskiy\n")
    assert "The above copyright notice and this permission notice shall be included" in notice


# Prices


def test_the_price_table_has_its_shape(closes):
    assert list(closes[0]) == [
        "date", "BTC", "ETH", "BNB", "ADA", "XRP", "DOGE", "LINK", "MATIC", "ALGO", "AVAX", "LUNA",
    ]  # fmt: skip
    days = [date.fromisoformat(row["date"]) for row in closes]
    assert len(days) == 1461
    assert days == [date(2020, 1, 1) + timedelta(days=i) for i in range(1461)]
    assert days[-1] == date(2023, 12, 31)


def test_a_price_has_at_most_six_digits_and_no_exponent(closes):
    cells = [row[coin] for row in closes for coin in row if coin != "date" and row[coin]]
    assert len(cells) == 9 * 1461 + 1194 + 878
    for cell in cells:
        assert re.fullmatch(r"\d+(\.\d*[1-9])?", cell), cell
        digits = Decimal(cell).normalize().as_tuple().digits
        assert 1 <= len(digits) <= 6, cell
        assert Decimal(cell) > 0


@pytest.mark.parametrize(
    ("coin", "first", "last"),
    [
        ("BTC", "2020-01-01", "2023-12-31"),
        ("AVAX", "2020-09-24", "2023-12-31"),
        ("LUNA", "2020-01-01", "2022-05-27"),
    ],
)
def test_a_coin_has_a_price_on_every_day_of_its_life_and_on_no_other(closes, coin, first, last):
    for row in closes:
        assert bool(row[coin]) == (first <= row["date"] <= last), row["date"]


@pytest.mark.parametrize(
    ("coin", "day", "close"),
    [
        ("BTC", "2021-04-14", 63110),
        ("BTC", "2022-06-18", 19018),
        ("BTC", "2022-11-09", 15881),
        ("ETH", "2021-11-08", 4812),
    ],
)
def test_a_close_is_the_one_other_sources_have(closes, coin, day, close):
    (row,) = (row for row in closes if row["date"] == day)
    assert round(Decimal(row[coin])) == close


def test_the_crash_and_the_collapse_are_in_the_table(closes):
    by_day = {row["date"]: row for row in closes}
    fall = float(by_day["2020-03-12"]["ETH"]) / float(by_day["2020-03-11"]["ETH"]) - 1
    assert fall == pytest.approx(-0.4235, abs=1e-4)
    assert float(by_day["2022-05-05"]["LUNA"]) > 80
    assert float(by_day["2022-05-13"]["LUNA"]) < 0.001
    # Kept as it is in the source, and named in the README as about 3.6% off.
    assert by_day["2021-12-14"]["BTC"] == "46612.6"


# Funding


def test_funding_has_every_month_of_both_coins():
    rows = table("funding_monthly.csv")
    assert [(row["month"], row["coin"]) for row in rows] == [
        (f"{year}-{month:02}", coin)
        for year in range(2020, 2024)
        for month in range(1, 13)
        for coin in ("BTC", "ETH")
    ]
    for row in rows:
        low, mean, high = (float(row[key]) for key in ("min_8h", "mean_8h", "max_8h"))
        assert -0.004 < low <= mean <= high < 0.004
        year, month = map(int, row["month"].split("-"))
        days = (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
        assert int(row["settlements"]) == 3 * days


def test_funding_has_the_published_long_run_mean_and_range():
    rows = [row for row in table("funding_monthly.csv") if row["coin"] == "BTC"]
    count = sum(int(row["settlements"]) for row in rows)
    mean = sum(float(row["mean_8h"]) * int(row["settlements"]) for row in rows) / count
    assert mean == pytest.approx(0.000137, abs=1e-6)
    assert max(float(row["max_8h"]) for row in rows) == pytest.approx(0.003, abs=1e-9)
    assert min(float(row["min_8h"]) for row in rows) == pytest.approx(-0.003, abs=1e-9)


# Portfolios


@pytest.mark.parametrize("name", ["alice", "layer1", "defi_mix"])
def test_a_portfolio_is_one_of_real_coins(name, closes):
    rows = table(f"portfolios/{name}.csv")
    header = set(rows[0])
    assert "coin" in header
    assert header <= {"coin", "usd_value", "quantity", "beta_btc", "beta_eth"}
    assert len(header & {"usd_value", "quantity"}) == 1
    amount = (header & {"usd_value", "quantity"}).pop()
    assert len({row["coin"] for row in rows}) == len(rows) >= 4
    for row in rows:
        assert float(row[amount]) > 0
        known = row["coin"] in closes[0]
        # To either coin: auto may pick any of the two.
        for beta in ("beta_btc", "beta_eth"):
            assert known or float(row[beta]) > 0, row["coin"]


def test_the_three_portfolios_differ_where_it_matters(closes):
    alice = table("portfolios/alice.csv")
    assert sum(float(row["usd_value"]) for row in alice) == 50_000
    assert "ETH" not in {row["coin"] for row in alice}
    layer1 = table("portfolios/layer1.csv")
    assert "quantity" in layer1[0]
    assert "ETH" in {row["coin"] for row in layer1}
    mix = table("portfolios/defi_mix.csv")
    assert {row["coin"] for row in mix if row["coin"] not in closes[0]} == {"UNI", "AAVE"}
    for beta in ("beta_btc", "beta_eth"):
        assert {row["coin"] for row in mix if row[beta]} == {"UNI", "AAVE"}


# Contract terms


def figures(terms_file: dict, venue: str, symbol: str) -> dict:
    (found,) = (c for c in terms_file["contract"] if (c["venue"], c["symbol"]) == (venue, symbol))
    return {
        name: entry["value"] if isinstance(entry, dict) else entry
        for name, entry in found["figures"].items()
    }


def test_every_venue_of_the_survey_is_there(terms_file):
    listed: dict[str, list[str]] = {venue: [] for venue in terms_file["venues"]}
    for entry in terms_file["contract"]:
        listed[entry["venue"]].append(entry["symbol"])
    assert listed == {
        "binance": [
            "BTCUSD_PERP",
            "ETHUSD_PERP",
            "SOLUSD_PERP",
            "AVAXUSD_PERP",
            "BTCUSDT",
            "ETHUSDT",
            "BTCUSD_%y%m%d",
            "ETHUSD_%y%m%d",
        ],
        "bybit": ["BTCUSD", "ETHUSD", "BTCUSDT", "ETHUSDT"],
        "okx": [
            "BTC-USD-SWAP",
            "ETH-USD-SWAP",
            "BTC-USDT-SWAP",
            "ETH-USDT-SWAP",
            "BTC-USD-%y%m%d",
            "ETH-USD-%y%m%d",
        ],
        "deribit": ["BTC-PERPETUAL", "ETH-PERPETUAL", "BTC_USDC-PERPETUAL", "BTC-%d%b%y"],
        "kraken": ["PI_XBTUSD", "PI_ETHUSD", "PF_XBTUSD", "FI_XBTUSD_%y%m%d", "FI_ETHUSD_%y%m%d"],
        "bitmex": ["XBTUSD", "ETHUSD"],
        "mexc": ["BTC_USD", "ETH_USD"],
        "bingx": ["BNB-USD", "BTC-USD", "ETH-USD"],
        "coinex": ["BTCUSD", "ETHUSD"],
        "gate": ["BTC_USD"],
        "htx": ["BTC-USD", "ETH-USD"],
        "weex": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("contract", "face", "tick", "funding_hours", "maker", "taker", "basis"),
    [
        ("binance BTCUSD_PERP", 100, 0.1, 8, 0.0001, 0.0005, "mark"),
        ("binance ETHUSD_PERP", 10, None, 8, 0.0001, 0.0005, "mark"),
        ("binance SOLUSD_PERP", 10, None, 8, 0.0001, 0.0005, "mark"),
        ("binance AVAXUSD_PERP", 10, None, 8, 0.0001, 0.0005, "mark"),
        ("bybit BTCUSD", 1, 0.5, 8, 0.0001, 0.00075, "mark"),
        ("bybit ETHUSD", 1, None, 8, 0.0001, 0.00075, "mark"),
        ("okx BTC-USD-SWAP", 100, None, 8, 0.0002, 0.0005, "mark"),
        ("okx ETH-USD-SWAP", 10, None, 8, 0.0002, 0.0005, "mark"),
        ("deribit BTC-PERPETUAL", 10, 0.5, 8, 0.0, 0.0005, None),
        ("deribit ETH-PERPETUAL", 1, 0.05, 8, 0.0, 0.0005, None),
        ("kraken PI_XBTUSD", 1, 0.5, 1, 0.0002, 0.0005, "entry"),
        ("kraken PI_ETHUSD", 1, 0.05, 1, 0.0002, 0.0005, "entry"),
        ("bitmex XBTUSD", 1, 0.1, 8, 0.0005, 0.0005, "entry"),
        ("bitmex ETHUSD", 1e-6, 0.05, 8, None, None, None),
        ("mexc BTC_USD", 100, None, 8, None, None, None),
        ("mexc ETH_USD", 10, None, 8, None, None, None),
        ("bingx BNB-USD", 10, None, 8, 0.0002, 0.0005, None),
        ("coinex BTCUSD", 1, None, 8, None, None, None),
        ("coinex ETHUSD", 1, None, 8, None, None, None),
        ("binance BTCUSDT", 1, None, 8, 0.0002, 0.0005, "mark"),
        ("binance BTCUSD_%y%m%d", 100, 0.1, None, 0.0001, 0.0005, "mark"),
        ("bybit BTCUSDT", 1, None, 8, 0.0001, 0.00075, None),
        ("okx BTC-USDT-SWAP", 0.01, 0.1, 8, 0.0002, 0.0005, None),
        ("okx BTC-USD-%y%m%d", 100, 0.1, None, 0.0002, 0.0005, None),
        ("deribit BTC_USDC-PERPETUAL", 0.001, 1, 8, 0.0, 0.0005, None),
        ("kraken FI_XBTUSD_%y%m%d", 1, None, None, 0.0002, 0.0005, "entry"),
        ("gate BTC_USD", 1, None, 8, 0.0002, 0.0005, "mark"),
        ("htx BTC-USD", 100, None, None, None, None, None),
        ("htx ETH-USD", 10, None, None, None, None, None),
    ],
)
def test_the_terms_are_those_collected(
    terms_file, contract, face, tick, funding_hours, maker, taker, basis
):
    found = figures(terms_file, *contract.split())
    names = ("multiplier", "tick_usd", "funding_hours", "maker_fee", "taker_fee")
    assert [found.get(name) for name in names] == [face, tick, funding_hours, maker, taker]
    assert found.get("maintenance_basis") == basis


def test_maintenance_is_absent_where_it_was_not_verified(terms_file):
    with_rates = {
        f"{c['venue']} {c['symbol']}"
        for c in terms_file["contract"]
        if "maintenance_rates" in c["figures"]
    }
    assert with_rates == {
        "binance BTCUSD_PERP", "bybit BTCUSD", "bybit ETHUSD", "kraken PI_XBTUSD",
        "kraken PI_ETHUSD", "bitmex XBTUSD", "bitmex ETHUSD", "coinex BTCUSD", "coinex ETHUSD",
        "binance BTCUSDT", "binance ETHUSDT", "kraken FI_XBTUSD_%y%m%d", "kraken FI_ETHUSD_%y%m%d",
    }  # fmt: skip


def test_each_source_s_own_tiers_came_into_the_one_form(terms_file):
    binance = figures(terms_file, "binance", "BTCUSD_PERP")
    assert binance["maintenance_floors"] == [0, 5, 10, 20, 50, 100, 200, 400, 1000]
    assert binance["maintenance_rates"][0] == 0.004
    assert binance["tier_unit"] == "coin"

    bounds_and_rates = [
        [500000, 0.005], [1000000, 0.01], [2000000, 0.015],
        [5000000, 0.02], [10000000, 0.025], [20000000, 0.03],
    ]  # fmt: skip
    for symbol in ("BTCUSD", "ETHUSD"):
        coinex = figures(terms_file, "coinex", symbol)
        bounds, rates = zip(*bounds_and_rates, strict=True)
        assert coinex["maintenance_rates"] == list(rates)
        assert coinex["maintenance_floors"] == [0, *bounds[:-1]]
        assert coinex["max_position_contracts"] == bounds[-1]
        assert coinex["tier_unit"] == "usd"

    for symbol, bounds in (
        ("PI_XBTUSD", [500000, 1000000, 3000000, 6000000, 12000000, 20000000, 50000000]),
        ("PI_ETHUSD", [250000, 500000, 2000000, 5000000, 8000000, 15000000, 30000000]),
    ):
        kraken = figures(terms_file, "kraken", symbol)
        assert kraken["maintenance_floors"] == [0, *bounds]
        assert kraken["initial_margin_rates"] == [0.02, 0.04, 0.06, 0.1, 0.15, 0.25, 0.3, 0.4]
        assert kraken["maintenance_rates"] == [r / 2 for r in kraken["initial_margin_rates"]]
        assert kraken["tier_unit"] == "usd"


def test_a_cap_on_leverage_is_no_maintenance_rate(terms_file):
    ethereum = figures(terms_file, "binance", "ETHUSD_PERP")
    highest_up_to = [
        [100, 100], [75, 500], [50, 1000], [20, 2000], [10, 4000], [5, 6000], [4, 8000], [3, 10000],
    ]  # fmt: skip
    caps, bounds = zip(*highest_up_to, strict=True)
    assert ethereum["leverage_caps"][:-1] == list(caps)
    assert ethereum["leverage_floors"] == [0, *bounds]
    assert not {"maintenance_rates", "maintenance_floors"} & set(ethereum)


def test_what_was_doubtful_says_so_and_why(terms_file):
    doubtful = {
        f"{c['venue']} {c['symbol']} {name}"
        for c in terms_file["contract"]
        for name, entry in c["figures"].items()
        if isinstance(entry, dict) and len(entry.get("doubtful", "")) > 5
    }
    assert {
        "binance BTCUSD_PERP maintenance_floors",
        "binance SOLUSD_PERP multiplier",
        "binance AVAXUSD_PERP multiplier",
        "bingx BNB-USD multiplier",
        "bingx BNB-USD maker_fee",
        "bingx BNB-USD taker_fee",
        "gate BTC_USD maker_fee",
        "gate BTC_USD taker_fee",
        "deribit BTC-PERPETUAL maintenance_slope_per_coin",
        "htx BTC-USD multiplier",
    } <= doubtful
    slopes = [
        figures(terms_file, "deribit", f"{coin}-PERPETUAL")["maintenance_slope_per_coin"]
        for coin in ("BTC", "ETH")
    ]
    assert slopes == [0.00005, 0.000004]


def test_no_document_is_listed_for_nothing(terms_file):
    used = {venue["source"] for venue in terms_file["venues"].values()}
    for entry in terms_file["contract"]:
        inherits = [f for f in entry["figures"].values() if "source" not in (f, *keys(f))]
        used |= {entry["source"]} if inherits else set()
        used |= {f["source"] for f in entry["figures"].values() if "source" in keys(f)}
    assert used == set(terms_file["sources"])


def keys(entry: object) -> tuple[str, ...]:
    return tuple(entry) if isinstance(entry, dict) else ()


# The build script


def build_module() -> ModuleType:
    """Load data/build_prices.py without leaving compiled files in the data folder."""
    path = DATA / "build_prices.py"
    module = ModuleType("build_prices")
    module.__file__ = str(path)
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), module.__dict__)
    return module


@pytest.fixture
def build() -> ModuleType:
    return build_module()


DAYS = ("2020-01-01", "2020-01-02", "2020-01-03")
SOURCE = (
    "Date;A-USD;Stray;B-USD\n"
    "2020-01-01;1.23456789;9;\n"
    "2020-01-02;100000.4;9;0.00012345678\n"
    "2020-01-03;2.50;9;77\n"
)
MADE = "date,A,B\n2020-01-01,1.23457,\n2020-01-02,100000,0.000123457\n2020-01-03,2.5,\n"


def sdist(source: str | bytes | None, name: str = "pkg-1/data/prices.csv") -> bytes:
    """Make a source distribution with one file in it (None: a folder of that name)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        content = source.encode() if isinstance(source, str) else source or b""
        member.size = len(content)
        if source is None:
            member.type = tarfile.DIRTYPE
        archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


@pytest.fixture
def small(build: ModuleType, tmp_path: Path) -> Callable[..., SimpleNamespace]:
    """Point the script at a made-up package; return its file and the one to write."""

    def make(source: str | bytes | None = SOURCE, **wrong: str) -> SimpleNamespace:
        content = sdist(source)
        build.MEMBER = "pkg-1/data/prices.csv"
        build.SDIST_SHA256 = sha256(content)
        raw = source.encode() if isinstance(source, str) else source or b""
        build.MEMBER_SHA256 = sha256(raw)
        first, second, last = map(date.fromisoformat, DAYS)
        build.FIRST, build.LAST = first, last
        build.COLUMNS = {"A": ("A-USD", first, last), "B": ("B-USD", second, second)}
        build.HERE = tmp_path
        (tmp_path / "SHA256SUMS").write_text(f"{sha256(MADE.encode())}  prices.csv\n")
        for name, value in wrong.items():
            setattr(build, name, value)
        file = tmp_path / "pkg-1.tar.gz"
        file.write_bytes(content)
        out = tmp_path / "out.csv"
        return SimpleNamespace(file=file, out=out, args=["--sdist", str(file), "--out", str(out)])

    return make


def test_the_docstrings_of_the_build_script_are_true(build):
    assert doctest.testmod(build, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


def test_the_script_makes_the_table_from_a_package(build, small, capsys):
    package = small()
    assert build.main(package.args) == 0
    assert package.out.read_bytes() == MADE.encode()
    assert sha256(MADE.encode()) in capsys.readouterr().out
    assert build.main([*package.args, "--check"]) == 0


def test_check_writes_nothing_and_notices_a_difference(build, small, capsys):
    package = small()
    package.out.write_bytes(b"date,A,B\n")
    assert build.main([*package.args, "--check"]) == 1
    assert "differs" in capsys.readouterr().err
    assert package.out.read_bytes() == b"date,A,B\n"


@pytest.mark.parametrize("which", ["SDIST_SHA256", "MEMBER_SHA256"])
def test_the_script_refuses_a_wrong_hash_and_writes_nothing(build, small, capsys, which):
    package = small(**{which: "0" * 64})
    assert build.main(package.args) == 1
    assert "nothing is written" in capsys.readouterr().err
    assert not package.out.exists()


def test_the_script_says_when_the_record_is_of_another_table(build, small, tmp_path, capsys):
    package = small()
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  prices.csv\n")
    assert build.main(package.args) == 1
    assert "SHA256SUMS records 000" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (SOURCE.replace("A-USD", "Z-USD"), "no column A-USD"),
        (SOURCE.replace("2020-01-02;", "2020-01-04;"), "expected the day 2020-01-02"),
        (SOURCE.rsplit("\n", 2)[0] + "\n", "ends on 2020-01-02, expected 2020-01-03"),
        (SOURCE.replace("1.23456789", ""), "A has no price on 2020-01-01"),
        (SOURCE.replace("1.23456789", "-1"), "must be > 0, got '-1'"),
        (SOURCE.replace("1.23456789", "0"), "must be > 0, got '0'"),
        (SOURCE.replace("1.23456789", "nan"), "must be > 0, got 'nan'"),
        (SOURCE.replace("1.23456789", "=1+1"), "'=1+1' is no number"),
        (None, "is no file"),
    ],
)
def test_the_script_refuses_a_source_it_was_not_written_for(build, small, capsys, source, message):
    package = small(source)
    assert build.main(package.args) == 1
    assert message in capsys.readouterr().err
    assert not package.out.exists()


def test_the_script_refuses_a_package_without_the_table_or_that_is_none(build, small, capsys):
    package = small(MEMBER="pkg-1/data/other.csv")
    assert build.main(package.args) == 1
    assert "cannot take pkg-1/data/other.csv" in capsys.readouterr().err
    package.file.write_bytes(b"no archive")
    build.SDIST_SHA256 = sha256(b"no archive")
    assert build.main(package.args) == 1
    assert "cannot take" in capsys.readouterr().err
    assert build.main(["--sdist", str(package.file) + "x"]) == 1


def test_the_script_fetches_by_name_version_and_hash_only(build, small, monkeypatch):
    package = small()
    seen = []

    def pip(command: list[str], **_: object) -> SimpleNamespace:
        wanted = Path(command[command.index("-r") + 1]).read_text()
        folder = Path(command[command.index("-d") + 1])
        seen.append((command, wanted))
        (folder / f"{build.PACKAGE}-{build.VERSION}.tar.gz").write_bytes(package.file.read_bytes())
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", pip)
    assert build.main(["--out", str(package.out)]) == 0
    assert package.out.read_bytes() == MADE.encode()
    ((command, wanted),) = seen
    assert wanted == f"pyscarcopula==0.22.1 --hash=sha256:{build.SDIST_SHA256}\n"
    assert "--require-hashes" in command
    assert not [word for word in command if "://" in word or "index" in word]


def test_the_script_tells_what_to_do_without_pip_or_network(build, small, monkeypatch, capsys):
    package = small()
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    assert build.main(["--out", str(package.out)]) == 1
    assert "--sdist FILE" in capsys.readouterr().err
    monkeypatch.setattr(build.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(build.shutil, "which", lambda _: None)
    assert build.main(["--out", str(package.out)]) == 1
    assert "there is no pip here" in capsys.readouterr().err
    assert not package.out.exists()


@pytest.mark.skipif(
    not SDIST.is_file(),
    reason="the package of the prices is not here; PYSCARCOPULA_SDIST may name its file",
)
def test_the_real_package_gives_prices_csv_byte_for_byte(build, tmp_path):
    out = tmp_path / "prices.csv"
    assert build.main(["--sdist", str(SDIST), "--out", str(out)]) == 0
    assert out.read_bytes() == (DATA / "prices.csv").read_bytes()
