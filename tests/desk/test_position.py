"""What is on: read as it is written, merged as its contract averages, liquidated where it is."""

from __future__ import annotations

import pytest

from hedgelib import market
from hedgelib.desk.position import Fill, Wallet, merged, read_fills, wallets
from hedgelib.errors import InvalidInput, PortfolioFileError, UnknownContract
from hedgelib.margin import liquidation_price
from hedgelib.report import ReportParameters, build_report

BTC = market.contract("binance:BTCUSD_PERP")
BYBIT = market.contract("bybit:BTCUSD")
ETH = market.contract("binance:ETHUSD_PERP")
KRAKEN = market.contract("kraken:PI_XBTUSD")
FIND = {c.id: c for c in (BTC, BYBIT, ETH, KRAKEN)}


def fill(contract, contracts, entry, wallet=None):
    return Fill(contract=contract.id, contracts=contracts, entry_usd=entry, wallet=wallet)


def test_c_a_position_is_read_as_it_is_written():
    text = "binance:BTCUSD_PERP:-100@60000 bybit:ETHUSD:+2.5@3000.5"
    first, second = read_fills(text)
    assert (first.contract, first.contracts, first.entry_usd) == ("binance:BTCUSD_PERP", -100, 6e4)
    assert (second.contract, second.contracts, second.entry_usd) == ("bybit:ETHUSD", 2.5, 3000.5)


@pytest.mark.parametrize(
    "text",
    ["BTCUSD:-1@2", "binance:BTCUSD_PERP", "a:b:-1", "a:b:x@2", "a:b:1e9@2", "a:b:-1@", "<b>:a:1"],
)
def test_what_is_no_position_is_refused_with_the_form(text):
    with pytest.raises(InvalidInput, match="written VENUE:SYMBOL:CONTRACTS@ENTRY, such as "):
        ReportParameters(portfolio="x.csv", position=text)


def test_an_entry_of_zero_is_refused():
    with pytest.raises(InvalidInput, match="entry_usd must be > 0"):
        read_fills("a:b:-1@0")


def test_fills_of_an_inverse_contract_average_harmonically():
    (position,) = merged([fill(BTC, -100, 50_000), fill(BTC, -200, 60_000)], FIND)
    # 10,000 / 50,000 + 20,000 / 60,000 = 0.53333 BTC for 30,000 USD.
    assert position.contracts == -300
    assert position.entry_usd == pytest.approx(30_000 / (10_000 / 50_000 + 20_000 / 60_000))
    assert position.pnl(50_000, "BTC") == pytest.approx(
        -30_000 * (1 / position.entry_usd - 1 / 5e4)
    )


def test_buys_and_sells_of_one_contract_are_refused():
    with pytest.raises(InvalidInput, match="has buys and sells; give what is left"):
        merged([fill(BTC, -100, 50_000), fill(BTC, 20, 60_000)], FIND)


def test_coins_in_place_of_contracts_are_refused():
    message = (
        r"binance:BTCUSD_PERP trades in steps of 1, and -0\.9133 is no multiple of that; give the "
        "position in contracts of 100 USD, not in coins or dollars"
    )
    with pytest.raises(InvalidInput, match=message):
        merged([fill(BTC, -0.9133, 42_265.2)], FIND)
    linear = market.contract("binance:BTCUSDT")
    steps = [n * linear.lot for n in (-3, -7)]
    (position,) = merged([fill(linear, n, 6e4) for n in steps], {linear.id: linear})
    assert position.contracts == pytest.approx(sum(steps))


def test_unwinding_nothing_is_refused():
    with pytest.raises(InvalidInput, match="unwind needs what is on: give --position"):
        ReportParameters(portfolio="layer1.csv", unwind=True)


def test_the_wallet_given_is_the_one_there_is():
    (own,) = wallets([fill(BTC, -100, 60_000)], FIND, planned=[BTC], balance=0.5)
    assert (own.venue, own.currency, own.balance) == ("Binance COIN-M", "BTC", 0.5)
    with pytest.raises(InvalidInput, match="one amount, and the positions are in wallets of BTC a"):
        wallets([fill(BTC, -100, 6e4), fill(ETH, -100, 3e3)], FIND, planned=[BTC], balance=0.5)
    with pytest.raises(InvalidInput, match=r"is given as 0\.5 and as 0\.6"):
        wallets(
            [fill(BTC, -1, 6e4, 0.5), fill(BTC, -1, 6e4, 0.6)], FIND, planned=[BTC], balance=None
        )
    with pytest.raises(InvalidInput, match="leave --wallet out"):
        wallets([fill(BTC, -1, 6e4, 0.5)], FIND, planned=[BTC], balance=0.5)


def test_nothing_on_is_an_empty_wallet_and_a_position_without_one_is_unknown():
    (own,) = wallets([], FIND, planned=[BTC], balance=None)
    assert (own.balance, own.positions) == (0.0, ())
    (own,) = wallets([fill(BTC, -1, 6e4)], FIND, planned=[BTC], balance=None)
    assert own.balance is None
    assert own.equity_usd({"BTC": 6e4}) is None
    own, other = wallets([fill(BYBIT, -1, 6e4, 0.1)], FIND, planned=[BTC], balance=None)
    assert (own.balance, other.balance) == (0.0, 0.1)


@pytest.mark.parametrize("contract", [BTC, KRAKEN])
def test_a_liquidation_price_is_that_of_the_margin_floor(contract):
    count = -60_000 / contract.multiplier
    (own,) = wallets([fill(contract, count, 60_000, 0.6)], FIND, planned=[contract], balance=None)
    (position,) = own.positions
    rate = position.flat_rate(50_000)
    expected = liquidation_price(contract, count, 60_000, 0.6, maintenance_rate=rate)
    assert own.liquidation_price(position, {"BTC": 50_000}) == expected


def test_a_profit_that_was_paid_out_does_not_hide_the_liquidation_price():
    # 1 BTC short at 60,000; at 30,000 the profit of 1 BTC secures it, and the wallet is empty.
    (own,) = wallets([fill(BTC, -600, 60_000, 0.0)], FIND, planned=[BTC], balance=None)
    (position,) = own.positions
    rate = position.flat_rate(30_000)
    by_hand = liquidation_price(BTC, -600, 30_000, 1.0, maintenance_rate=rate)
    assert own.liquidation_price(position, {"BTC": 30_000}) == pytest.approx(by_hand)
    # No margin at all: it is due at once.
    assert own.liquidation_price(position, {"BTC": 60_000}) == 60_000


def test_others_in_the_wallet_take_from_it():
    dated = market.contract("binance:ETHUSD_PERP")
    positions = merged([fill(BTC, -600, 60_000), fill(dated, -600, 3_000)], FIND)
    own = Wallet(venue="x", currency="USD", balance=30_000.0, positions=positions)
    alone = Wallet(venue="x", currency="USD", balance=30_000.0, positions=positions[:1])
    prices = {"BTC": 60_000.0, "ETH": 3_300.0}
    first = positions[0]
    with_other = own.liquidation_price(first, prices)
    assert with_other < alone.liquidation_price(first, prices)
    # The other short of 6,000 USD has lost 600, and binds its maintenance margin.
    free = 30_000 - 600 - positions[1].maintenance(3_300, "USD")
    rate = first.flat_rate(60_000)
    assert with_other == pytest.approx(
        liquidation_price(BTC, -600, 60_000, free, maintenance_rate=rate, stablecoin=True)
    )


def test_a_file_of_positions(tmp_path):
    path = tmp_path / "on.csv"
    path.write_text(
        "contract,contracts,entry_usd,wallet\n"
        "binance:BTCUSD_PERP,-300,40000,1.5\nbinance:BTCUSD_PERP,-200,42000,\n"
        "binance:ETHUSD_PERP,-10,2000,0.5\n"
    )
    desk = build_report(
        ReportParameters(portfolio="layer1.csv", benchmark="BTC", position=str(path))
    ).desk
    assert [u.position.contract.id for u in desk.ticket.uses] == [BTC.id, ETH.id]
    own, other = desk.wallets
    assert (own.balance, other.balance) == (1.5, 0.5)
    assert own.positions[0].contracts == -500


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "on.csv: the file is empty"),
        ("contract,size\na,1\n", "line 1: a file of positions has the columns contract, contracts"),
        ("contract,contracts,entry_usd\na:b,x,1\n", "line 2, column 'contracts': 'x' is no number"),
        ("contract,contracts,entry_usd\na:b,1\n", "line 2: 2 values where the header has 3"),
        ("contract,contracts,entry_usd\na:b,,1\n", "line 2: contracts and entry_usd must be"),
        ("contract,contracts,entry_usd\na:b,-1,-1\n", "line 2: entry_usd must be > 0, got -1"),
    ],
)
def test_an_error_in_the_file_names_the_place(tmp_path, text, message):
    path = tmp_path / "on.csv"
    path.write_text(text)
    with pytest.raises(PortfolioFileError, match=message.replace("(", r"\(")):
        build_report(ReportParameters(portfolio="layer1.csv", benchmark="BTC", position=str(path)))


def test_a_contract_that_nobody_lists_is_refused():
    with pytest.raises(UnknownContract):
        build_report(
            ReportParameters(portfolio="layer1.csv", benchmark="BTC", position="binance:NOPE:-1@2")
        )


def test_an_account_needs_its_venue():
    with pytest.raises(InvalidInput, match="position account needs a venue: give --live"):
        ReportParameters(portfolio="layer1.csv", benchmark="BTC", position="account")
