"""A position with two legs: what is on, what should be on, the orders and the alerts of each."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib import market
from hedgelib.__main__ import main
from hedgelib.desk.change import compare
from hedgelib.desk.position import Fill, wallets
from hedgelib.desk.ticket import Goal, ticket
from hedgelib.errors import InvalidInput
from hedgelib.report import ReportParameters, build_report
from hedgelib.report.export import to_data, to_json
from hedgelib.report.registry import section
from hedgelib.report.summary import in_words, warnings

BTC, ETH = (market.contract(f"binance:{coin}USD_PERP") for coin in ("BTC", "ETH"))
BYBIT = market.contract("bybit:ETHUSD")
FIND = {contract.id: contract for contract in (BTC, ETH, BYBIT)}
PRICES = {"BTC": 60_000.0, "ETH": 3_000.0}


def report_on(position=None, **parameters):
    given = {"portfolio": "layer1.csv", "benchmark": "BTC,ETH", "position": position}
    return build_report(ReportParameters(**given | parameters))


def words(report, name):
    return " ".join(repr(section(report, name)).split())


def file_of(path, rows):
    """Write a file of positions: contract, contracts, entry and wallet."""
    lines = [",".join(map(str, row)) for row in rows]
    path.write_text("\n".join(["contract,contracts,entry_usd,wallet", *lines, ""]))
    return str(path)


def as_planned(report, path, *, factor=1.0):
    """Write what is on after all orders of a report that opens a hedge."""
    rows = []
    for plan in report.legs.plans:
        contracts = round(plan.contracts * factor)
        rows.append((plan.contract.id, contracts, plan.price_usd, plan.wallet_coin * factor))
    return file_of(path, rows)


@pytest.fixture(scope="module")
def opening():
    return report_on()


def sums(report):
    """Every money line adds up, leg by leg, wallet by wallet and in total."""
    desk = to_data(report)["desk"]
    for part in (desk, *desk["legs"]):
        assert part["difference_usd"] == pytest.approx(part["target_usd"] - part["held_usd"])
    for name in ("target_usd", "held_usd", "difference_usd", "band_usd"):
        assert desk[name] == pytest.approx(sum(leg[name] for leg in desk["legs"]))
    for one in (desk["money"], *desk["wallets"]):
        if one["equity_usd"] is not None:
            assert one["equity_after_usd"] == pytest.approx(
                one["equity_usd"] + one["transfer_usd"] - one["fee_usd"]
            )
    for name in ("transfer_usd", "fee_usd"):
        assert desk["money"][name] == pytest.approx(sum(one[name] for one in desk["wallets"]))
        assert desk["money"][name] == pytest.approx(sum(one[name] for one in desk["orders"]))
    return desk


def test_two_legs_are_opened_with_margin_for_each(opening):
    desk = sums(opening)
    assert [(o["side"], o["currency"]) for o in desk["orders"]] == [
        ("transfer", "BTC"), ("transfer", "ETH"), ("sell", "BTC"), ("sell", "ETH"),
    ]  # fmt: skip
    sold = {o["symbol"]: o["contracts"] for o in desk["orders"] if o["contracts"]}
    assert sold == {plan.contract.symbol: plan.contracts for plan in opening.legs.plans}
    for plan, wallet in zip(opening.legs.plans, desk["wallets"], strict=True):
        assert wallet["equity_after_usd"] == pytest.approx(plan.wallet_usd, abs=1e-3)


def test_with_both_legs_on_nothing_is_left_to_trade(opening, tmp_path):
    report = report_on(as_planned(opening, tmp_path / "on.csv"))
    desk = sums(report)
    assert desk["orders"] == []
    assert {one["action"] for one in desk["positions"]} == {"keep"}
    assert all(abs(leg["difference_usd"]) <= leg["band_usd"] for leg in desk["legs"])
    (line,) = [one for one in in_words(report) if one.startswith("Nothing to trade: ")]
    assert "the short in BTC is " in line
    assert "; the short in ETH is " in line
    assert "each difference is within its band" in line


def test_each_leg_is_brought_to_its_own_size(opening, tmp_path):
    report = report_on(as_planned(opening, tmp_path / "on.csv", factor=0.5))
    desk = sums(report)
    after = report.desk.ticket.after
    for plan, leg in zip(report.legs.plans, desk["legs"], strict=True):
        assert after[plan.contract.id] == plan.contracts
        assert leg["target_usd"] == plan.notional_usd
        assert leg["held_usd"] == pytest.approx(plan.notional_usd / 2, rel=0.01)
    # Margin goes in first.
    sides = [order["side"] for order in desk["orders"]]
    assert sides == ["transfer", "transfer", "sell", "sell"]
    text = words(report, "trade")
    assert "Short of BTC, and the BTC wallet at Binance COIN-M" in text
    assert "Short of ETH, and the ETH wallet at Binance COIN-M" in text
    assert "buy back" in text


def test_more_margin_than_a_leg_needs_stays_and_is_covered(opening, tmp_path):
    btc, eth = opening.legs.plans
    rows = [
        (btc.contract.id, int(btc.contracts), btc.price_usd, btc.wallet_coin),
        (eth.contract.id, int(eth.contracts), eth.price_usd, 2 * eth.wallet_coin),
    ]
    report = report_on(file_of(tmp_path / "on.csv", rows))
    (order,) = sums(report)["orders"]
    assert (order["side"], order["symbol"]) == ("sell", eth.contract.symbol)
    # N = beta V + C: the ETH that is there beyond the plan's is short as well, less its fee.
    more_usd = eth.wallet_usd / (1 + eth.fee_rate)
    assert order["notional_usd"] == pytest.approx(more_usd, abs=ETH.multiplier)


def test_two_legs_written_out_have_no_transfers_and_say_why(opening):
    btc, eth = opening.legs.plans
    written = [f"{p.contract.id}:{p.contracts / 2:.0f}@{p.price_usd}" for p in (btc, eth)]
    report = report_on(written)
    desk = sums(report)
    assert [order["side"] for order in desk["orders"]] == ["sell", "sell"]
    text = words(report, "trade")
    for coin in ("BTC", "ETH"):
        assert f"The {coin} wallet at Binance COIN-M was not given" in text
    assert "Give it with a --position file with a column wallet" in text
    with pytest.raises(InvalidInput, match=r"positions are in wallets of BTC at .* and ETH at"):
        report_on(written, wallet=1.0)
    with pytest.raises(InvalidInput, match=r"legs are in wallets of BTC at .* and ETH at"):
        report_on(wallet=1.0)


def test_unwinding_takes_both_legs_off_and_empties_both_wallets(opening, tmp_path):
    report = report_on(as_planned(opening, tmp_path / "on.csv"), unwind=True)
    desk = sums(report)
    assert [(o["side"], o["reduce_only"]) for o in desk["orders"]] == [
        ("buy", True), ("buy", True), ("transfer", False), ("transfer", False),
    ]  # fmt: skip
    assert set(report.desk.ticket.after.values()) == {0.0}
    for wallet in desk["wallets"]:
        assert 0 <= wallet["equity_after_usd"] < 1e-3
    assert report.desk.alerts == ()


def test_each_leg_has_alerts(opening):
    alerts = opening.desk.alerts
    assert [a.coin for a in alerts] == ["BTC"] * 7 + ["ETH"] * 7
    for plan, low, high in zip(
        opening.legs.plans, opening.legs.lows, opening.legs.highs, strict=True
    ):
        own = {a.kind: a for a in alerts if a.coin == plan.contract.coin}
        assert own["beta_low"].level == pytest.approx(low)
        assert own["beta_high"].level == pytest.approx(high)
        near = own["distance"]
        assert plan.price_usd < near.price_usd < plan.liquidation_price_usd
    text = words(opening, "alerts")
    assert "the position after the orders: BTC" in text
    assert "the position after the orders: ETH" in text
    assert "BTC or ETH that is bought as a top-up" in text


def test_stablecoin_behind_both_legs_is_one_wallet(tmp_path):
    opening = report_on(collateral="stablecoin")
    desk = sums(opening)
    (wallet,) = desk["wallets"]
    assert wallet["currency"] == "USD"
    assert [order["side"] for order in desk["orders"]] == ["transfer", "sell", "sell"]
    posted = sum(plan.wallet_usd for plan in opening.legs.plans)
    assert wallet["equity_after_usd"] == pytest.approx(posted, abs=1e-3)
    rows = [(p.contract.id, int(p.contracts), p.price_usd, "") for p in opening.legs.plans]
    on = file_of(tmp_path / "on.csv", [(*row[:3], posted) for row in rows])
    assert sums(report_on(on, collateral="stablecoin"))["orders"] == []


def test_the_first_page_says_what_is_of_both_legs(opening):
    said = " ".join(warnings(opening))
    assert "the order ticket and the levels to act at have both" in said
    assert f"all else is of the one leg in {opening.hedge_coin}" in said


def test_two_reports_with_two_legs_differ_leg_by_leg(opening, tmp_path, capsys):
    old, new = (tmp_path / f"{name}.report.json" for name in ("old", "new"))
    old.write_text(to_json(opening))
    half = report_on(as_planned(opening, tmp_path / "on.csv", factor=0.5), hedge_ratio=0.5)
    new.write_text(to_json(half))
    change = compare(old, new)
    counts = {line.name: (line.old, line.new) for line in change.lines if line.group == "Contracts"}
    trades = []
    for before, after in zip(opening.legs.plans, half.legs.plans, strict=True):
        assert counts[before.contract.id] == (before.contracts, after.contracts)
        trades.append((before.contract.id, after.contracts - before.contracts))
    assert change.trades == tuple(trades)
    assert main(["diff", str(old), str(new)]) == 0
    assert f"Contracts: {ETH.id}" in capsys.readouterr().out
    single = build_report(ReportParameters(portfolio="layer1.csv", benchmark="BTC"))
    new.write_text(to_json(single))
    btc, eth = opening.legs.plans
    assert compare(old, new).trades == (
        (btc.contract.id, single.plan.contracts - btc.contracts),
        (eth.contract.id, -eth.contracts),
    )


def test_a_position_is_repeated_on_the_command_line(capsys):
    line = ["report", "layer1.csv", "--benchmark", "BTC,ETH", "--json", "--out", "-"]
    on = ["--position", f"{BTC.id}:-300@40000", "--position", f"{ETH.id}:-2000@2200"]
    assert main([*line, *on]) == 0
    desk = json.loads(capsys.readouterr().out)["desk"]
    assert {one["contract"] for one in desk["positions"]} == {BTC.id, ETH.id}


@given(
    on=st.lists(
        st.tuples(st.sampled_from([BTC, ETH, BYBIT]), st.integers(-3_000, 3_000).map(float)),
        max_size=3,
        unique_by=lambda one: one[0].id,
    ),
    targets=st.tuples(*[st.integers(0, 2_000).map(lambda n: -float(n))] * 2),
    band=st.sampled_from([0.0, 0.05, 0.3]),
)
def test_after_the_orders_each_leg_is_its_plan_within_band_and_lot(on, targets, band):
    fills = [Fill(contract=c.id, contracts=n, entry_usd=PRICES[c.coin], wallet=1.0) for c, n in on]
    held = wallets(fills, FIND, planned=[BTC, ETH], balance=None)
    goals = [
        Goal(contract=c, contracts=n, wallet=held[i], wanted_usd=9e4)
        for i, (c, n) in enumerate(zip((BTC, ETH), targets, strict=True))
    ]
    found = ticket(held, goals, PRICES, band=band)
    count = {c.id: 0.0 for c in FIND.values()} | {c.id: n for c, n in on}
    for order in found.orders:
        contract = next(c for c in FIND.values() if order.symbol == c.symbol)
        if order.contracts and order.reduce_only:
            assert abs(count[contract.id] + order.contracts) < abs(count[contract.id])
        count[contract.id] += order.contracts
    for coin, contract, target in zip(("BTC", "ETH"), (BTC, ETH), targets, strict=True):
        short = sum(-n * FIND[i].multiplier for i, n in count.items() if FIND[i].coin == coin)
        want = -target * contract.multiplier
        assert abs(short - want) <= max(band * want, contract.multiplier)
