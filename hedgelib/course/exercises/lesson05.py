"""Exercises of lesson 05: Mara is short, and wants to know what she earns and pays.

The wrong models behind the slips are functions, so that the tests can run them on other numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from hedgelib import market
from hedgelib._text import percent, usd
from hedgelib.carry import (
    annualise_funding,
    close_reopen_break_even,
    deannualise_funding,
    expiry_lock,
    funding_income,
    funding_rate,
    inverse_funding_total_coin,
    inverse_short_with_basis,
    linear_funding_total_usd,
    perp_or_expiry,
    unhedged_sigma_usd,
)
from hedgelib.contracts import inverse_pnl_usd
from hedgelib.course.exercises import Exercise
from hedgelib.course.studies.lesson05 import rate_text

__all__ = [
    "EXERCISES",
    "basis_by_rule_of_thumb",
    "funding_by_plain_average",
    "funding_without_settlements",
    "rate_with_clamp_turned",
    "rate_without_clamp",
    "received_with_all_rates_positive",
    "swing_in_proportion",
]


def rate_with_clamp_turned(premium: float, interest: float, damper: float) -> float:
    """Return the funding rate with the clamp subtracted and not added.

    Parameters
    ----------
    premium, interest, damper : float
        Decimals.

    Returns
    -------
    float
        Decimal; outside the band further from zero than the premium, where it should be nearer.
    """
    return premium - min(max(interest - premium, -damper), damper)


def rate_without_clamp(premium: float, interest: float) -> float:
    """Return the funding rate as the sum of premium and interest.

    Parameters
    ----------
    premium, interest : float
        Decimals.

    Returns
    -------
    float
    """
    return premium + interest


def received_with_all_rates_positive(notional_usd: float, rates: Sequence[float]) -> float:
    """Return the funding of a short with every rate taken as one that it receives.

    Parameters
    ----------
    notional_usd : float
    rates : sequence of float
        Decimals.

    Returns
    -------
    float
        USD.
    """
    return notional_usd * sum(abs(rate) for rate in rates)


def funding_without_settlements(notional_usd: float, monthly: Sequence[float]) -> float:
    """Return the funding of a year with each month's average taken as the month's payment.

    Parameters
    ----------
    notional_usd : float
    monthly : sequence of float
        Average rate of each month, decimal for 8 hours.

    Returns
    -------
    float
        USD.
    """
    return notional_usd * sum(monthly)


def funding_by_plain_average(notional_usd: float, monthly: Sequence[float], days: int) -> float:
    """Return the funding of a year from the plain average of its months.

    Parameters
    ----------
    notional_usd : float
    monthly : sequence of float
        Average rate of each month, decimal for 8 hours.
    days : int
        Of the year.

    Returns
    -------
    float
        USD.
    """
    return notional_usd * sum(monthly) / len(monthly) * 3 * days


def basis_by_rule_of_thumb(notional_usd: float, entry_basis: float, exit_basis: float) -> float:
    """Return the first-order profit of a short from a change of the premium.

    Parameters
    ----------
    notional_usd : float
    entry_basis, exit_basis : float
        Decimals.

    Returns
    -------
    float
        USD.

    Notes
    -----
    **Source:** first term of :func:`hedgelib.inverse_short_with_basis` at constant spot.
    """
    return notional_usd * (entry_basis - exit_basis)


def swing_in_proportion(book_usd: float, beta: float, daily_vol: float, hours: float) -> float:
    """Return the volatility of an unhedged book, scaled with time and not with its root.

    Parameters
    ----------
    book_usd, beta, daily_vol, hours : float

    Returns
    -------
    float
        USD.
    """
    return book_usd * beta * daily_vol * hours / 24


_PREMIUM, _INTEREST, _DAMPER = -0.0012, 0.0001, 0.0005
_RATE = float(funding_rate(_PREMIUM, _INTEREST, damper=_DAMPER))

_FACE, _SOLD = market.contract("binance:ETHUSD_PERP").multiplier, 1_800.0
_MARKS, _RATES = (2_400.0, 2_200.0, 2_600.0), (0.0008, 0.0005, -0.0002)
_SHORT = _SOLD * _FACE
_RECEIVED = float(funding_income(_SHORT, _RATES).total_usd)
_RECEIVED_COIN = float(inverse_funding_total_coin(-_SOLD, _MARKS, _RATES, _FACE))

_HOURLY = 0.00002
_YEAR = annualise_funding(_HOURLY, 1)

_NOTIONAL, _COIN, _YEAR_ASKED = 20_000.0, "BTC", 2022
_TABLE = market.funding_monthly()
_MONTHS = _TABLE[(_TABLE["coin"] == _COIN) & (_TABLE["month"].dt.year == _YEAR_ASKED)]
_OTHER = _TABLE[(_TABLE["coin"] == "ETH") & (_TABLE["month"].dt.year == _YEAR_ASKED)]
_INCOME = float(
    funding_income(
        _NOTIONAL, _MONTHS["mean_8h"].to_numpy(), settlements=_MONTHS["settlements"].to_numpy()
    ).total_usd
)
_OTHER_INCOME = float(
    funding_income(
        _NOTIONAL, _OTHER["mean_8h"].to_numpy(), settlements=_OTHER["settlements"].to_numpy()
    ).total_usd
)
_MEANS = _MONTHS["mean_8h"].to_list()

_SQUEEZED, _SPOT, _FROM, _TO = 40_000.0, 2_400.0, 0.005, 0.03
_F0, _F1 = _SPOT * (1 + _FROM), _SPOT * (1 + _TO)
_BASIS = float(inverse_short_with_basis(_SQUEEZED, _F0, _SPOT, _F1, _SPOT).basis_effect_usd)

_OWNED, _NOW, _FUTURE, _DAYS = 12.0, 2_500.0, 2_545.0, 75.0
_LOCK = expiry_lock(_OWNED, _FUTURE, _NOW)
_LOCKING = float(_LOCK.notional_usd) / _FACE
_CARRY = perp_or_expiry(_OWNED * _NOW, 0.0, _FUTURE, _NOW, _DAYS)
_EVEN = float(deannualise_funding(_CARRY.basis_annual))
_PREMIUM_LEFT = _FUTURE / _NOW - 1

_BOOK, _BETA, _VOL = 30_000.0, 1.2, 0.04
_PAID, _FEE, _SLIP = -0.0003, 0.0005, 0.0002
_OUT = close_reopen_break_even(_BETA * _BOOK, _PAID, _FEE, _SLIP)
_HOURS = float(_OUT.break_even_hours)
_SWING = float(unhedged_sigma_usd(_BOOK, _BETA, _VOL, _HOURS))


def _swing(hours: float, beta: float = _BETA) -> float:
    return float(unhedged_sigma_usd(_BOOK, beta, _VOL, hours))


def _list(values: Sequence[str]) -> str:
    return ", ".join(values[:-1]) + " and " + values[-1]


EXERCISES: dict[str, Exercise] = {
    "05.1": Exercise(
        question="Over eight hours a perpetual was "
        f"{rate_text(-_PREMIUM, signed=False)} **below** its index on average. The interest is "
        f"{rate_text(_INTEREST, signed=False)}, the clamp lets {rate_text(_DAMPER, signed=False)} "
        "through to either side, and no cap is near. What is the funding rate, with its sign?",
        answer=_RATE * 100,
        unit="percent for 8 hours, such as 0.01",
        why="The clamp adds 0.05 percentage points, towards zero. The rate is below zero: here "
        "shorts pay.",
        hint="F = P + clamp(I − P). Work out I − P first. Is it within the bounds of the clamp?",
        more_hints=(
            f"I − P is {rate_text(_INTEREST - _PREMIUM)}. The clamp lets no more than "
            f"{rate_text(_DAMPER)} of it through. Add that to P.",
        ),
        solution=f"I − P = {rate_text(_INTEREST)} − ({rate_text(_PREMIUM)}) = "
        f"{rate_text(_INTEREST - _PREMIUM)}, cut down to {rate_text(_DAMPER)}. So F = "
        f"{rate_text(_PREMIUM)} + {rate_text(_DAMPER, signed=False)} = **{rate_text(_RATE)}**, or "
        f"{_RATE * 100:.2f} percent. ".replace("-", "−")
        + "The perpetual is below spot, so shorts pay.",
        slips={
            "That is the premium. The clamp adds something to it.": _PREMIUM * 100,
            "You have added interest and premium. What is added is the clamp of I − P.": (
                rate_without_clamp(_PREMIUM, _INTEREST) * 100
            ),
            "You have moved away from zero. The clamp brings the rate nearer to it.": (
                rate_with_clamp_turned(_PREMIUM, _INTEREST, _DAMPER) * 100
            ),
            "That is the interest, which is the rate inside the band. Is this premium inside?": (
                _INTEREST * 100
            ),
            "You have it as a decimal. The question asks for percent.": _RATE,
        },
    ),
    "05.2": Exercise(
        question=f"Mara is short {_SOLD:,.0f} contracts of {usd(_FACE)}. Three settlements pass, "
        f"at rates of {_list([rate_text(rate) for rate in _RATES])}, with ETH at "
        f"{_list([usd(mark) for mark in _MARKS])}. How many **dollars** of funding does she "
        "receive (+) or pay (−) in all, each payment at the price of its hour?",
        answer=_RECEIVED,
        unit="USD",
        why="It is the face times the sum of the rates. The three prices play no part.",
        hint="What does an inverse short receive at one settlement, in dollars? Does the price "
        "matter?",
        more_hints=("N is contracts times face. Two rates are above zero, one is below.",),
        solution=f"N = {_SOLD:,.0f} × {usd(_FACE)} = {usd(_SHORT)}. The rates add up to "
        f"{rate_text(sum(_RATES))}. {usd(_SHORT)} × {rate_text(sum(_RATES), signed=False)} = "
        f"**{usd(_RECEIVED, cents=True)}** received, or {_RECEIVED:g} dollars. She is paid "
        f"{_RECEIVED_COIN:.6f} ETH.",
        slips={
            "Your sign is the article's. At a positive rate, who pays whom?": -_RECEIVED,
            "One of the rates is below zero. What does a short do at that one?": (
                received_with_all_rates_positive(_SHORT, _RATES)
            ),
            "That is a linear short, whose size in dollars moves with the price.": float(
                linear_funding_total_usd(-_SHORT / _MARKS[0], _MARKS, _RATES)
            ),
            "You have left out the face of a contract.": _RECEIVED / _FACE,
            "That is in ETH. The question is about dollars.": _RECEIVED_COIN,
            "You have taken a contract to be one ETH.": float(
                linear_funding_total_usd(-_SOLD, _MARKS, _RATES)
            ),
            "You have taken percent as whole numbers. As a decimal 0.08% is 0.0008.": _RECEIVED
            * 100,
        },
    ),
    "05.3": Exercise(
        question=f"Kraken settles funding every hour. Its rate is {_HOURLY * 100:g}% **an "
        "hour**. What is that a year, simple?",
        answer=float(_YEAR.simple) * 100,
        unit="percent a year",
        why="Count the hours in a year, not settlements every eight hours.",
        hint="How many hours are in a year?",
        more_hints=("A day has 24 settlements here, and a year 365 days.",),
        solution=f"{_HOURLY * 100:g}% × 24 × 365 = **{float(_YEAR.simple) * 100:.2f}%**. "
        f"Compounded it would be {float(_YEAR.compound) * 100:.2f}%.",
        slips={
            "That is right for a rate of eight hours. This one is of one hour.": float(
                annualise_funding(_HOURLY, 8).simple
            )
            * 100,
            "That is compounded. An inverse short is paid on a fixed number of dollars.": float(
                _YEAR.compound
            )
            * 100,
            "That is a day.": _HOURLY * 24 * 100,
            "You have it as a decimal. The question asks for percent.": float(_YEAR.simple),
        },
    ),
    "05.4": Exercise(
        question=f"In a cell of your own: what funding would a short of {usd(_NOTIONAL)} have "
        f"received (+) or paid (−) on **{_COIN}** in **{_YEAR_ASKED}**, by the monthly rates of "
        f"`market.funding_monthly()` ({market.FUNDING_NOTE.partition(':')[0]})?",
        answer=_INCOME,
        unit="USD",
        why="Multiply each month's average by its settlements, add up, and multiply by the face.",
        hint="The table has an average for 8 hours and a number of settlements for each month.",
        more_hints=(
            "`rates[(rates.coin == 'BTC') & (rates.month.dt.year == 2022)]` picks the twelve "
            "months.",
            "Then `funding_income(short, months.mean_8h, settlements=months.settlements)`.",
        ),
        solution="`rates = market.funding_monthly()`, then "
        f"`months = rates[(rates.coin == '{_COIN}') & (rates.month.dt.year == {_YEAR_ASKED})]`, "
        f"then `funding_income({_NOTIONAL:.0f}, months.mean_8h, "
        "settlements=months.settlements).total_usd`: "
        f"**{_INCOME:.2f}** dollars received, {percent(_INCOME / _NOTIONAL, digits=1)} of the "
        "short.",
        slips={
            "The sign is reversed. At a positive rate in the table shorts receive.": -_INCOME,
            "You have added up averages. Each covers about ninety settlements.": (
                funding_without_settlements(_NOTIONAL, _MEANS)
            ),
            "You have taken the months to be equally long. The table says how many settlements "
            "each had.": funding_by_plain_average(_NOTIONAL, _MEANS, 365),
            "That is ETH.": _OTHER_INCOME,
            "That is a share of the short, not dollars.": _INCOME / _NOTIONAL,
        },
    ),
    "05.5": Exercise(
        question=f"Mara sells {usd(_SQUEEZED)} of an inverse perpetual that is "
        f"{percent(_FROM, digits=1)} above spot. In a squeeze she has to close it at "
        f"{percent(_TO)} above. Spot is at {usd(_SPOT)} all the time. What does she gain (+) or "
        "lose (−), in dollars, with the coins valued at spot?",
        answer=_BASIS,
        unit="USD",
        why="The premium widened, and a short loses by that. Spot played no part.",
        hint="At which price did she sell the contract, and at which does she buy it back?",
        more_hints=(
            "Her profit in coins is N (1/F₁ − 1/F₀), with the two prices of the contract. Each "
            "coin is worth S.",
        ),
        solution=f"F₀ = {usd(_F0)}, F₁ = {usd(_F1)}. In coins {usd(_SQUEEZED)} × (1/{_F1:,.0f} − "
        f"1/{_F0:,.0f}) = {_BASIS / _SPOT:.6f} ETH".replace("-", "−")
        + f", at {usd(_SPOT)} each **{usd(_BASIS)}**. The rule of thumb, N times the change, says "
        f"{usd(basis_by_rule_of_thumb(_SQUEEZED, _FROM, _TO))}.",
        slips={
            "The sign is reversed. She sold a small premium and buys back a large one.": -_BASIS,
            "That is the rule of thumb. Use the two prices of the contract.": (
                basis_by_rule_of_thumb(_SQUEEZED, _FROM, _TO)
            ),
            "You have valued the coins at the price of the contract. They are sold at spot.": float(
                inverse_pnl_usd(-_SQUEEZED, _F0, _F1)
            ),
            "You have left out the premium at which she sold.": _SQUEEZED * (_SPOT / _F1 - 1),
            "That is in ETH. The question is about dollars.": _BASIS / _SPOT,
        },
    ),
    "05.6": Exercise(
        question=f"Mara owns {_OWNED:g} ETH at {usd(_NOW)}. An inverse future with {_DAYS:g} days "
        f"to go trades at {usd(_FUTURE)}, face {usd(_FACE)}. How many contracts does she sell so "
        "that she knows today, to the dollar, what she will have at its expiry? (Without a "
        "sign.)",
        answer=_LOCKING,
        unit="contracts",
        why="Multiply the coins by the price at which they are sold, the future's.",
        hint="N = C × a price. Which of the two prices locks the value exactly?",
        more_hints=(
            "On the last day she receives N (1/S − 1/F₀). Add her coins, and look at what "
            "is left of S.",
        ),
        solution=f"N = {_OWNED:g} × {usd(_FUTURE)} = {usd(_LOCK.notional_usd)}, over a face of "
        f"{usd(_FACE)}: **{_LOCKING:,.0f} contracts**. Whatever ETH does, she ends with "
        f"{usd(_LOCK.final_usd)}, {usd(_LOCK.final_usd - _OWNED * _NOW)} more than her coins are "
        "worth today.",
        slips={
            "You have sized at spot. Then a few of the coins stay unhedged.": _OWNED * _NOW / _FACE,
            "That is a number of ETH. An inverse contract is a number of dollars.": _OWNED,
            "You have taken a contract to be one dollar. What is the face?": float(
                _LOCK.notional_usd
            ),
        },
    ),
    "05.7": Exercise(
        question="The same future. Instead of it Mara could sell the perpetual. Which average "
        "funding rate for 8 hours must the perpetual pay until the future's expiry, so that "
        "both pay her the same? (Sized at spot, fees left out.)",
        answer=_EVEN * 100,
        unit="percent for 8 hours, such as 0.01",
        why="It is the premium of the future, spread over the settlements until its expiry.",
        hint="What does the future pay her by its expiry, as a share of spot?",
        more_hints=("How many settlements, three a day, share that premium?",),
        solution=f"F/S − 1 = {percent(_PREMIUM_LEFT, digits=1)}. In {_DAYS:g} days there are "
        f"{_DAYS * 3:g} settlements. {percent(_PREMIUM_LEFT, digits=1)} / {_DAYS * 3:g} = "
        f"**{_EVEN * 100:.4g}%** for 8 hours. If she expects more than that, she takes "
        "the perpetual; but the future's premium is certain, and funding is not.",
        within=0.005,
        slips={
            "That is a day. How many settlements does it have?": _PREMIUM_LEFT / _DAYS * 100,
            "That is the premium itself. Over how many settlements is it spread?": _PREMIUM_LEFT
            * 100,
            "That is a year.": float(_CARRY.basis_annual) * 100,
            "You have spread it over a whole year. The future has fewer days.": _PREMIUM_LEFT
            / 1095
            * 100,
            "You have it as a decimal. The question asks for percent.": _EVEN,
        },
    ),
    "05.8": Exercise(
        question=f"Mara's book is {usd(_BOOK)}, its beta to ETH {_BETA:g}, and a short of "
        f"{usd(_BETA * _BOOK)} hedges it. She expects a rate of {rate_text(_PAID)} for 8 hours to "
        f"last. A fee of {percent(_FEE, digits=2)} and slippage of {percent(_SLIP, digits=2)} are "
        f"lost on each side of a trade, and the daily volatility of ETH is {percent(_VOL)}. She "
        "closes the short, and opens it again at the very hour at which that breaks even. What is "
        "one standard deviation, in dollars, of her unhedged book over that time?",
        answer=_SWING,
        unit="USD",
        why="First find the hours at which the funding saved equals the costs, then their root.",
        hint="Two steps. After how many settlements has the funding that she does not pay covered "
        "the costs?",
        more_hints=(
            "She trades twice, and loses fee and slippage each time: 2 (fee + slippage) / |f| "
            "settlements of 8 hours.",
            "Then compute V × beta × daily volatility × root of (hours / 24).",
        ),
        solution=f"2 × ({percent(_FEE, digits=2)} + {percent(_SLIP, digits=2)}) / "
        f"{rate_text(-_PAID, signed=False)} = {_HOURS / 8:.3f} settlements, {_HOURS:.2f} hours. "
        f"{usd(_BOOK)} × {_BETA:g} × {percent(_VOL)} × √({_HOURS:.2f} / 24) = **{usd(_SWING)}**. "
        f"She takes that risk to save {usd(_OUT.close_reopen_cost_usd)} of funding, which the "
        "costs consume.",
        slips={
            "You have paid for one trade. She closes, and she opens again.": _swing(_HOURS / 2),
            "You have left out the slippage.": _swing(2 * _FEE / -_PAID * 8),
            "You have left out the beta. Her book moves more than ETH.": _swing(_HOURS, 1.0),
            "Your volatility grows with time. It grows with the root of time.": swing_in_proportion(
                _BOOK, _BETA, _VOL, _HOURS
            ),
            "You have taken settlements as hours.": _swing(_HOURS / 8),
            "That is the volatility of one day.": _swing(24.0),
            "You have counted the beta twice: the short is larger because of it, the book is "
            "not.": _swing(_HOURS, _BETA**2),
            "That is what it costs to close and to open again. The question is about the "
            "volatility.": float(_OUT.close_reopen_cost_usd),
        },
    ),
}
