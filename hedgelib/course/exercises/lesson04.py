"""Exercises of lesson 04: Nina hedges with BTC, and her margin counts.

The wrong models behind the slips are functions, so that tests can run them on other numbers.
"""

from __future__ import annotations

import math

from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.course.exercises import Exercise
from hedgelib.margin import (
    cross_wallet_coin,
    inverse_bankruptcy_price,
    inverse_liquidation_price,
    linear_liquidation_price,
    liquidation_distance,
)
from hedgelib.plan import hedge_notional, smallest_collateral
from hedgelib.returns import log_returns
from hedgelib.scenario import coin_account

__all__ = [
    "BUILD",
    "EXERCISES",
    "account_by_straight_line",
    "account_with_sign_turned",
    "distance_by_simple_return",
    "margin_without_beta",
    "margin_without_own_risk",
    "margin_without_risk_given_up",
    "share_lost_in_dollars",
    "share_lost_of_linear",
    "short_with_beta_on_margin",
    "short_without_beta",
    "short_without_margin",
    "whole_portfolio_coin",
]


def account_by_straight_line(
    notional_usd: float, entry_usd: float, wallet_coin: float, price_usd: float
) -> float:
    """Return the coins of a short's account with its loss converted at the entry price.

    The tangent of the true account at the entry.
    """
    return wallet_coin - notional_usd * (price_usd / entry_usd - 1) / entry_usd


def account_with_sign_turned(
    notional_usd: float, entry_usd: float, wallet_coin: float, price_usd: float
) -> float:
    """Return the coins of the account as if the short had been a long.

    ``N (1/E - 1/X)`` added where it is to be taken away.
    """
    return wallet_coin + notional_usd * (1 / entry_usd - 1 / price_usd)


def short_without_margin(book_usd: float, beta: float, margin_usd: float) -> float:  # noqa: ARG001
    """Return the size of a short, USD, that leaves its own margin out: beta times book.

    Notes
    -----
    **Source:** what textbooks and the usual articles write; right for a stablecoin margin.
    """
    return beta * book_usd


def short_without_beta(book_usd: float, beta: float, margin_usd: float) -> float:  # noqa: ARG001
    """Return the size of a short, USD, as if every coin moved as much as the hedge coin.

    Right at a beta of 1.
    """
    return book_usd + margin_usd


def short_with_beta_on_margin(book_usd: float, beta: float, margin_usd: float) -> float:
    """Return the size of a short, USD, with the altcoins' beta on the margin too.

    The beta of the hedge coin to itself is 1.
    """
    return beta * (book_usd + margin_usd)


def margin_without_own_risk(book_usd: float, beta: float, max_leverage: float) -> float:
    """Return the least margin, USD, as if it had no exposure of its own.

    Right for a stablecoin.
    """
    return beta * book_usd / max_leverage


def margin_without_beta(book_usd: float, beta: float, max_leverage: float) -> float:  # noqa: ARG001
    """Return the least bought margin, USD, for a book that moves as much as the hedge coin.

    Right at a beta of 1.
    """
    return book_usd / (max_leverage - 1)


def margin_without_risk_given_up(book_usd: float, beta: float, max_leverage: float) -> float:
    """Return the least margin out of the book, USD, as if it were bought with new money.

    It forgets that the altcoins sold need no hedge any more.
    """
    return beta * book_usd / (max_leverage - 1)


def share_lost_of_linear(leverage: float, rise: float) -> float:
    """Return the share of its margin that a linear short loses, a decimal.

    Notes
    -----
    **Source:** loss and margin both in dollars.
    """
    return leverage * rise


def share_lost_in_dollars(leverage: float, rise: float) -> float:
    """Return the share of its dollar value that an inverse short's account loses, a decimal.

    Notes
    -----
    **Source:** the coins have gained `rise` meanwhile.
    """
    return (leverage - 1) * rise


def whole_portfolio_coin(free_coin: float, book_usd: float, price_usd: float) -> float:
    """Return the coins backing a cross position as if the spot wallet counted.

    In a classic account only the coin's own futures wallet counts.
    """
    return free_coin + book_usd / price_usd


def distance_by_simple_return(
    price_usd: float, liquidation_usd: float, daily_volatility: float
) -> float:
    """Return the daily standard deviations to liquidation, with the plain percentage as distance.

    Near the truth for short distances only.
    """
    return (liquidation_usd / price_usd - 1) / daily_volatility


BOOK, BETA, PRICE, RATE = 32_000.0, 1.2, 40_000.0, 0.005
_NINA = f"Nina has {usd(BOOK)} of altcoins with a beta of {BETA:g} to BTC. BTC is at {usd(PRICE)}."

# 1: a synthetic dollar
_SIZE, _AFTER = 20_000.0, 50_000.0
_POSTED = _SIZE / PRICE
_ACCOUNT = (_SIZE, PRICE, _POSTED, _AFTER)
_LEFT = float(coin_account(-_SIZE, PRICE, _POSTED, _AFTER)[0])

# 2: the size
_MARGIN = 20_000.0
_SHORT = float(hedge_notional(BOOK, BETA, _MARGIN))
_SIZING = (BOOK, BETA, _MARGIN)

# 3: the least margin; 4: where that hedge ends
_CAP = 4.0
_LEAST = smallest_collateral(BOOK, BETA, _CAP)
_CAPPED = (BOOK, BETA, _CAP)
_NOTIONAL = float(hedge_notional(BOOK, BETA, _LEAST))
_WALLET = _LEAST / PRICE
_ENDS = float(inverse_liquidation_price(-_NOTIONAL, PRICE, _WALLET, maintenance_rate=RATE))

# 5: the share of the margin
_RISE = 0.12
_LOSS = _NOTIONAL / PRICE - _NOTIONAL / (PRICE * (1 + _RISE))

# 6: cross margin
_BALANCE, _OTHER, _BOUND = 2.0, -0.6, 0.1
_FREE = float(cross_wallet_coin(_BALANCE, _OTHER, _BOUND))

# 7: how far
_CLOSES = {coin: market.prices(coin)[coin].to_numpy() for coin in ("BTC", "ETH")}
_SIGMA = {coin: float(log_returns(closes).std(ddof=1)) for coin, closes in _CLOSES.items()}
_AWAY = float(liquidation_distance(PRICE, _ENDS, _SIGMA["BTC"])[1])

# 8: out of the book
_LOW, _FACE = 3.0, market.contract("okx:BTC-USD-SWAP").multiplier
_SOLD = smallest_collateral(BOOK, BETA, _LOW, collateral="from_portfolio")
_KEPT = BOOK - _SOLD
_WHOLE = float(hedge_notional(_KEPT, BETA, _SOLD))
_BOUGHT = margin_without_risk_given_up(BOOK, BETA, _LOW)

BUILD = (
    f'plan_hedge({BOOK:.0f}, {BETA:g}, market.contract("okx:BTC-USD-SWAP"), {PRICE:.0f}, '
    f'collateral="from_portfolio", max_leverage={_LOW:g}, fee_rate=0)'
)
"""Code with which a reader can compute exercise 8."""

EXERCISES: dict[str, Exercise] = {
    "04.1": Exercise(
        question=f"Nina posts {_POSTED:g} BTC and shorts {usd(_SIZE)} with BTC at {usd(PRICE)}: "
        f"leverage 1. BTC rises to {usd(_AFTER)}. How many **BTC** does the account hold now, "
        "margin and short together?",
        answer=_LEFT,
        unit="BTC",
        why="N / P. The dollars have stayed, so there are fewer BTC.",
        hint="What is the dollar value of a fully collateralised short, at any price?",
        more_hints=("How many BTC are those dollars at the new price?",),
        solution=f"Margin and short are {usd(_SIZE)} at any price. {usd(_SIZE)} / {usd(_AFTER)} = "
        f"**{_LEFT:g} BTC**. The long way round: {_POSTED:g} + {_SIZE:,.0f} (1/{_AFTER:,.0f} − "
        f"1/{PRICE:,.0f}) is the same.",
        slips={
            "You have converted the loss to BTC at the old price. It is paid at the new one.": (
                account_by_straight_line(*_ACCOUNT)
            ),
            "Then the short would have gained. The price has risen.": account_with_sign_turned(
                *_ACCOUNT
            ),
            "That is the margin alone. What has the short done?": _POSTED,
            "That is in dollars. The question is how many BTC.": _SIZE,
        },
    ),
    "04.2": Exercise(
        question=f"{_NINA} With new money she buys {usd(_MARGIN)} of BTC and posts it. How many "
        "dollars must she short, so that a move of BTC leaves her where she was?",
        answer=_SHORT,
        unit="USD",
        why="N = βV + V_margin. The altcoins count with their beta, the BTC with 1.",
        hint="Add up what she gains when BTC rises by one percent. The short must lose that much.",
        more_hints=(
            f"The altcoins gain {percent(BETA / 100, digits=1)} of their value. And the margin?",
        ),
        solution=f"{BETA:g} × {usd(BOOK)} + {usd(_MARGIN)} = {usd(BETA * BOOK)} + {usd(_MARGIN)} = "
        f"**{usd(_SHORT)}**.",
        slips={
            "That covers the altcoins. What else of hers moves with BTC?": short_without_margin(
                *_SIZING
            ),
            "Do the altcoins move as much as BTC does? Look at their beta.": short_without_beta(
                *_SIZING
            ),
            "The margin is BTC. What is the beta of BTC to BTC?": short_with_beta_on_margin(
                *_SIZING
            ),
            "A short as large as its margin is a synthetic dollar. What protects the altcoins?": (
                _MARGIN
            ),
        },
    ),
    "04.3": Exercise(
        question=f"{_NINA} She wants a leverage of {_CAP:g} at most, and buys the margin with new "
        "money. What is the least margin, in dollars, with which she can hedge everything?",
        answer=_LEAST,
        unit="USD",
        why="βV / (L − 1).",
        hint="Leverage is 1 + βV / margin. Solve it for the margin.",
        more_hints=(f"βV is {usd(BETA * BOOK)}. By how much is the leverage above 1?",),
        solution=f"{BETA:g} × {usd(BOOK)} / ({_CAP:g} − 1) = **{usd(_LEAST)}**. The short is then "
        f"{usd(BETA * BOOK)} + {usd(_LEAST)} = {usd(_NOTIONAL)}, {_CAP:g} times the margin.",
        slips={
            "That would be enough for a stablecoin. Bought BTC has to be hedged as well.": (
                margin_without_own_risk(*_CAPPED)
            ),
            "Do the altcoins move as much as BTC does? Look at their beta.": margin_without_beta(
                *_CAPPED
            ),
            "That would come out of the book. Here all the altcoins stay.": smallest_collateral(
                BOOK, BETA, _CAP, collateral="from_portfolio"
            ),
            "That is the short. How much of it must be posted?": _NOTIONAL,
        },
    ),
    "04.4": Exercise(
        question=f"Nina has posted {_WALLET:g} BTC and is short {usd(_NOTIONAL)} from "
        f"{usd(PRICE)}, isolated. Maintenance is {percent(RATE, digits=1)} at the mark price. At "
        "which price of BTC is she liquidated?",
        answer=_ENDS,
        unit="USD",
        why="Equity in coins has come down to the maintenance margin there. It is a rally.",
        wrong_way="Which way must BTC go for a short to lose?",
        start=PRICE,
        hint="In BTC: what she has posted, less what the short loses, has come down to the "
        "maintenance.",
        more_hints=(
            "P = N (1 − m) / (N/E − W), with W in BTC.",
            f"N/E is {_NOTIONAL / PRICE:g} BTC.",
        ),
        solution=f"{usd(_NOTIONAL)} × (1 − {RATE:g}) / ({_NOTIONAL / PRICE:g} − {_WALLET:g}) = "
        f"**{usd(_ENDS, cents=True)}**, a rise of {percent(_ENDS / PRICE - 1, digits=1)}. Or, with "
        f"leverage {_CAP:g}: {usd(PRICE)} × {1 - RATE:g} / (1 − 1/{_CAP:g}).",
        slips={
            "There the margin is gone altogether. The exchange closes a little earlier.": float(
                inverse_bankruptcy_price(-_NOTIONAL, PRICE, _WALLET)
            ),
            "That is where a long would end. Nina is short.": float(
                inverse_liquidation_price(_NOTIONAL, PRICE, _WALLET, maintenance_rate=RATE)
            ),
            "That would be with maintenance calculated at the entry price.": float(
                inverse_liquidation_price(
                    -_NOTIONAL, PRICE, _WALLET, maintenance_rate=RATE, basis="entry"
                )
            ),
            "That would be a linear short. Here the margin is BTC, and rises too.": float(
                linear_liquidation_price(-_NOTIONAL / PRICE, PRICE, _LEAST, maintenance_rate=RATE)
            ),
        },
        within=0.0003,
    ),
    "04.5": Exercise(
        question=f"The hedge of exercise 04.4, and BTC rises {percent(_RISE)}. What share of the "
        "**coins** that Nina posted has the short lost? Give it in percent.",
        answer=_LOSS / _WALLET * 100,
        unit="percent",
        why="L r / (1 + r). The loss is paid in coins that have become more expensive.",
        hint="How many BTC does the short lose? It is N (1/E − 1/P).",
        more_hints=(f"Nina posted {_WALLET:g} BTC. Divide.",),
        solution=f"{_NOTIONAL:,.0f} (1/{PRICE:,.0f} − 1/{PRICE * (1 + _RISE):,.0f}) = {_LOSS:.6f} "
        f"BTC, of {_WALLET:g} BTC: **{percent(_LOSS / _WALLET, digits=2)}**. Or {_CAP:g} × "
        f"{_RISE:g} / {1 + _RISE:g}.",
        slips={
            "That would be a linear short, with dollars for margin.": share_lost_of_linear(
                _CAP, _RISE
            )
            * 100,
            "That is how far the account is down in dollars. The question is about coins.": (
                share_lost_in_dollars(_CAP, _RISE) * 100
            ),
            "That is what it would earn if BTC fell by as much.": _CAP * _RISE / (1 - _RISE) * 100,
            "That is a decimal. Give it in percent.": _LOSS / _WALLET,
        },
    ),
    "04.6": Exercise(
        question=f"A classic account, cross margin. The BTC futures wallet holds {_BALANCE:g} BTC. "
        f"Another BTC position in it is down {-_OTHER:g} BTC and needs {_BOUND:g} BTC of "
        f"maintenance margin. In the spot wallet are {usd(BOOK)} of altcoins, and BTC is at "
        f"{usd(PRICE)}. How many BTC back Nina's short?",
        answer=_FREE,
        unit="BTC",
        why="Balance, plus the profit of the other positions, less their maintenance margin.",
        hint="Which of these are in the wallet that the exchange looks at?",
        more_hints=("The other position costs twice: its loss, and its maintenance margin.",),
        solution=f"{_BALANCE:g} − {-_OTHER:g} − {_BOUND:g} = **{_FREE:g} BTC**. The altcoins play "
        "no part.",
        slips={
            "You have counted the altcoins. Which wallet are they in?": whole_portfolio_coin(
                _FREE, BOOK, PRICE
            ),
            "You have counted the altcoins, and left out the other position.": (
                whole_portfolio_coin(_BALANCE, BOOK, PRICE)
            ),
            "There is another position in the same wallet.": _BALANCE,
            "The other position has lost. Look at the sign.": _BALANCE - _OTHER - _BOUND,
            "The other position also has a margin to keep.": _BALANCE + _OTHER,
        },
    ),
    "04.7": Exercise(
        question=f"From {usd(PRICE)} the hedge of exercise 04.4 ends at {usd(_ENDS)}. The daily "
        f"logarithmic returns of BTC had a standard deviation of {_SIGMA['BTC']:.6f} in the data. "
        "How many daily standard deviations away is liquidation?",
        answer=_AWAY,
        unit="standard deviations",
        why="ln(P_liq / P) / σ. In one day that is out of reach. Over many days moves add up.",
        hint="How far is it in logarithms? Divide that by the standard deviation.",
        more_hints=("math.log(a / b) in Python is the natural logarithm.",),
        solution=f"ln({_ENDS:,.0f} / {PRICE:,.0f}) = {math.log(_ENDS / PRICE):.4f}. Divided by "
        f"{_SIGMA['BTC']:.6f}: **{_AWAY:.2f}**. Over 30 days, with a standard deviation about "
        f"√30 times as large, it is {_AWAY / math.sqrt(30):.1f}.",
        slips={
            "You have used the plain percentage. Take the logarithm.": distance_by_simple_return(
                PRICE, _ENDS, _SIGMA["BTC"]
            ),
            "That is for 30 days. The question is about one.": _AWAY / math.sqrt(30),
            "That is with the standard deviation of ETH.": float(
                liquidation_distance(PRICE, _ENDS, _SIGMA["ETH"])[1]
            ),
            "You have taken the logarithm to base 10.": _AWAY / math.log(10),
        },
    ),
    "04.8": Exercise(
        question=f"{_NINA} Now she has no new money. She sells altcoins for BTC, as few as a "
        f"leverage of {_LOW:g} allows, and hedges all that she then has. With contracts of "
        f"{usd(_FACE)}, how many must she sell short? (Give the number without a sign.)",
        answer=_WHOLE / _FACE,
        unit="contracts",
        why="First the margin, β/(β + L − 1) of the book, then what is left, then βV + V_margin.",
        hint="Find the margin first. It comes out of the book, so the altcoins become fewer.",
        more_hints=(
            f"The margin is {BETA:g} / ({BETA:g} + {_LOW:g} − 1) of {usd(BOOK)}.",
            "The rest of the altcoins count with their beta, the BTC with 1.",
        ),
        solution=f"Margin: {BETA:g} / {BETA + _LOW - 1:g} × {usd(BOOK)} = {usd(_SOLD)}. Altcoins "
        f"left: {usd(_KEPT)}. Short: {BETA:g} × {usd(_KEPT)} + {usd(_SOLD)} = {usd(_WHOLE)}, "
        f"{_LOW:g} times the margin. {usd(_WHOLE)} / {usd(_FACE)} = **{_WHOLE / _FACE:,.0f} "
        f"contracts**. In a cell of your own `{BUILD}` builds the same hedge.",
        slips={
            "That is for margin bought with new money. Here the altcoins become fewer.": float(
                hedge_notional(BOOK, BETA, _BOUGHT)
            )
            / _FACE,
            "You have hedged the altcoins that are left. The BTC moves too.": short_without_margin(
                _KEPT, BETA, _SOLD
            )
            / _FACE,
            "You have hedged the altcoins that she has sold as well.": (
                short_without_margin(BOOK, BETA, _SOLD) + _SOLD
            )
            / _FACE,
            "You have left the beta out of the short.": short_without_beta(_KEPT, BETA, _SOLD)
            / _FACE,
            "That is a number of dollars. How many contracts is it?": _WHOLE,
            "That is a number of BTC. What is the face of a contract?": _WHOLE / PRICE,
        },
    ),
}
