"""Questions of lesson 01: owners, longs and shorts, a put, a future with a date, two accounts."""

from __future__ import annotations

import hedgelib as hl
from hedgelib import market
from hedgelib.ask.question import Answer, vary
from hedgelib.course.questions import contracts, guess, number, percentage, questions_of
from hedgelib.course.studies.futures import FiveWays, long_and_short, put_pnl_usd, wild_days

QUESTIONS = questions_of("futures")

_PRICE = vary(2_000.0, low=1_500, high=4_000, step=50)
_FACE = market.contract("binance:ETHUSD_PERP").multiplier
_BOOK = vary(8_000.0, low=4_000, high=20_000, step=500)


@QUESTIONS.add("futures.a", notional=1_000, price=2_500, move=2.0)
def tripled(notional: float, move: float, **_: float) -> Answer:
    loss = notional * move
    return guess("whole", {"loss": loss},
                 then=lambda guess: long_and_short(notional, move, guess=guess),
                 as_an_owner=-notional, whole=-loss, short_only_earns=0.0)  # fmt: skip


@QUESTIONS.add("futures.b", book=10_000, rise=0.4)
def risen(book: float, rise: float) -> Answer:
    gain = {"gain": book * rise, "half": book * rise / 2}
    guesses = dict(zip(("hedge_is_insurance", "hedge_costs_half"), gain.values(), strict=True))
    return guess("nothing", gain, **guesses, nothing=0.0)


@QUESTIONS.add("futures.c", ways=..., move=-0.5)
def halved(ways: FiveWays, move: float) -> Answer:
    stake, half = ways.stake_usd, ways.stake_usd / 2
    return guess("nothing", {"stake": stake, "half": half},
                 then=lambda guess: ways.at(move, guess=guess), as_an_owner=half, nothing=0.0,
                 as_an_inverse_short=stake)  # fmt: skip


@QUESTIONS.add("futures.1", size=vary(3_000.0, low=1_000, high=9_000, step=500), sold=_PRICE,
               rise=vary(500.0, low=100, high=900, step=50))  # fmt: skip
def short_in_a_rise(size: float, sold: float, rise: float) -> Answer:
    now = sold + rise
    paid = hl.linear_pnl_usd(-size / sold, sold, now)
    return number(paid, {"now": now, "coins": size / sold, "loss": -paid}, sign_turned=-paid,
                  share_of_new_price=-size * rise / now, one_coin=-rise,
                  value_for_change=-size * now / sold,
                  coins_for_dollars=hl.inverse_pnl_coin(-size, sold, now))  # fmt: skip


@QUESTIONS.add("futures.2", btc=vary(0.25, low=0.1, high=0.4, step=0.05),
               altcoin=vary(0.40, low=0.12, high=0.7, step=0.02),
               rise=vary(0.10, low=0.05, high=0.3, step=0.01))  # fmt: skip
def by_its_beta(btc: float, altcoin: float, rise: float) -> Answer:
    beta = altcoin / btc
    down, up = wild_days(market.returns(["BTC", "ADA"]), 0.05)["ADA"]
    return percentage(beta * rise, {"beta": beta, "move": beta * rise, "down": down, "up": up},
                      beta_left_out=rise, upside_down=rise / beta, fall_for_beta=rise * altcoin,
                      beta_is_difference=rise + altcoin - btc,
                      sign_turned=-beta * rise)  # fmt: skip


@QUESTIONS.add("futures.3", book=_BOOK, fall=vary(0.35, low=0.1, high=0.6, step=0.05),
               premium=vary(480.0, low=200, high=900, step=20))  # fmt: skip
def insured(book: float, fall: float, premium: float) -> Answer:
    loss, put = -book * fall, float(put_pnl_usd(book, -fall, premium))
    values = {"loss": loss, "pays": -loss, "cost": -premium}
    slips = {"put_is_free": 0.0, "put_left_out": loss - premium, "put_only": put}
    return number(put + loss, values, book_only=loss, **slips)


@QUESTIONS.add("futures.4", coins=vary(5.0, low=2, high=9, step=1), spot=_PRICE,
               basis=vary(60.0, low=20, high=120, step=10),
               change=vary(300.0, low=-600, high=900, step=100))  # fmt: skip
def with_a_date(coins: float, spot: float, basis: float, change: float) -> Answer:
    future, last, owned = spot + basis, spot + change, coins * change
    dated = hl.linear_pnl_usd(-coins, future, last)
    return number(owned + dated, {"future": future, "last": last, "owned": owned, "dated": dated},
                  sold_at_spot=0.0, coins_only=owned, short_only=dated, one_coin=basis,
                  sign_of_short=owned - dated, sign_turned=-owned - dated)  # fmt: skip


@QUESTIONS.add("futures.5", short=vary(5_000.0, low=1_000, high=9_000, step=500), entry=_PRICE,
               fall=vary(0.2, low=0.05, high=0.45, step=0.05))  # fmt: skip
def paid_in_coins(short: float, entry: float, fall: float) -> Answer:
    price, dollars = entry * (1 - fall), short * fall
    before, after = short / entry, short / price
    return number(hl.inverse_pnl_coin(-short, entry, price),
                  {"exit": price, "before": before, "after": after, "dollars": dollars},
                  coin_at_entry=dollars / entry, dollars_for_coins=dollars, value_for_change=after,
                  start_for_change=before)  # fmt: skip


@QUESTIONS.add("futures.6", stake=vary(1_200.0, low=600, high=4_000, step=200),
               leverage=vary(2.5, 3.0, 4.0, 5.0))  # fmt: skip
def emptied(stake: float, leverage: float) -> Answer:
    # A margin of one coin, and a coin of one dollar.
    left, size = hl.inverse_bankruptcy_price(leverage, 1.0, 1.0), leverage * stake
    parts = {"of_margin": stake / 100, "of_contract": size / 100, "both": (stake + size) / 100}
    return percentage(1 - left, {"size": size, "fall": 1 - left, **parts},
                      linear_liquidation=1 - hl.linear_bankruptcy_price(leverage, 1.0, 1.0),
                      short_liquidation=hl.inverse_bankruptcy_price(-leverage, 1.0, 1.0) - 1,
                      what_is_left=left, as_an_owner=1.0, within=0.012)  # fmt: skip


@QUESTIONS.add("futures.7", book=_BOOK, price=_PRICE)
def bought_for_a_hedge(book: float, price: float) -> Answer:
    bought = book / _FACE
    return contracts(2 * book, _FACE, {"bought": bought, "face": _FACE}, price=price,
                     only_closed=book, inverse_means_short=0.0)  # fmt: skip


@QUESTIONS.add("futures.8", book=vary(6_000.0, low=3_000, high=12_000, step=500),
               margin=vary(3_000.0, low=1_000, high=5_000, step=500),
               fall=vary(0.3, low=0.1, high=0.5, step=0.05))  # fmt: skip
def margin_falls_too(book: float, margin: float, fall: float) -> Answer:
    parts, lost = hl.move_pnl(book, 1.0, margin, -book, 1.0, -fall), (book + margin) * fall
    spot, posted, short = parts.spot_usd, parts.collateral_usd, parts.hedge_usd
    return number(float(parts.total_usd),
                  {"altcoins": spot, "of_margin": posted, "of_short": short},
                  collateral_left_out=0.0, short_left_out=-lost, short_only=book * fall,
                  short_counted_as_loss=-lost - book * fall,
                  coins_at_old_price=-lost + book * (1 / (1 - fall) - 1))  # fmt: skip
