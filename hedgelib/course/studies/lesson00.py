"""Helpers of the start page: the minutes of the lessons, a guess, and its picture.

The guess is here so that a reader of the page does not see the answer with the question.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from hedgelib._check import ABOVE_MINUS_ONE, POSITIVE, scalars
from hedgelib._text import percent, usd
from hedgelib.course.contents import contents
from hedgelib.course.prose import Prediction, predict
from hedgelib.scenario import move_pnl
from hedgelib.show.lines import Curve, Lines, move_text

__all__ = ["deposit_at", "guess_deposit", "minutes_of_lessons"]


def minutes_of_lessons(folder: Path | None = None) -> dict[str, int]:
    """Return the minutes of each numbered lesson; appendices are left out.

    Parameters
    ----------
    folder : Path, optional
        Folder of the notebooks; by default the workbook's own.

    Returns
    -------
    dict of str to int
        Minutes by the number of the lesson, ``"01"``, ``"02"`` ...

    Notes
    -----
    **Source:** the map of the lessons, :func:`hedgelib.course.contents.contents`.

    Examples
    --------
    >>> minutes_of_lessons()["02"]
    40
    """
    return {
        number: int(minutes)
        for number, minutes in re.findall(
            r"^\| (\d+) \|.*\| (\d+) \|$", contents(folder), re.MULTILINE
        )
    }


def guess_deposit(
    coins: float, price_usd: float, move: float, coin: str = "ETH"
) -> tuple[Prediction, dict[str, float]]:
    """Return a question about a deposit of coins when their price falls.

    Parameters
    ----------
    coins : float
        Number of coins deposited.
    price_usd : float
        USD per coin.
    move : float
        Return of the coin, a decimal below zero.
    coin : str

    Returns
    -------
    Prediction, dict of str to float
        The question, and the value of each option in the picture, USD.

    Notes
    -----
    **Source:** coins times price times move.

    Examples
    --------
    >>> asked, marks = guess_deposit(14, 3500, -0.15)
    >>> asked.answer, round(marks[asked.answer])
    ('it loses $7,350', -7350)
    """
    change = coins * price_usd * move
    lost = usd(-change)
    answer, same, gained = f"it loses {lost}", "nothing", f"it gains {lost}"
    asked = predict(
        f"{coin} falls by {percent(-move)}. What happens to the {coin} that Alice has deposited?",
        {
            same: "The number of coins is the same, true. But a hedge is about dollars.",
            answer: f"The coins are still hers, and each is worth {percent(-move)} less.",
            gained: "The futures gain. The coins behind them are just coins.",
        },
        answer=answer,
    )
    return asked, {same: 0.0, answer: change, gained: -change}


def deposit_at(
    coins: float,
    price_usd: float,
    move: float,
    *,
    coin: str = "ETH",
    guess: float | None = None,
    lowest: float = -0.6,
    highest: float = 0.6,
) -> Lines:
    """Return the gain or loss of a deposit of coins, compared with a deposit of dollars.

    Parameters
    ----------
    coins : float
        Number of coins deposited, > 0.
    price_usd : float
        USD per coin at the deposit, > 0.
    move : float
        Return of the coin, a decimal above -1.
    coin : str
    guess : float, optional
        The reader's guess of the change, USD, shown in the picture.
    lowest, highest : float
        Range of the curves; widened to include the move.

    Raises
    ------
    InvalidInput
        Values out of range.

    Notes
    -----
    **Source:** the margin's part of :func:`hedgelib.move_pnl`.

    Examples
    --------
    >>> deposit_at(14, 3500, -0.15).rows()
    [('14 ETH', '−$7,350'), ('dollars', '$0')]
    """
    coins, price_usd, move = scalars(
        coins=(coins, POSITIVE), price_usd=(price_usd, POSITIVE), move=(move, ABOVE_MINUS_ONE)
    )
    x = np.linspace(min(lowest, move), max(highest, move), 121)
    over, here = (
        np.asarray(move_pnl(0, 1, coins, 0, price_usd, at).collateral_usd) for at in (x, move)
    )
    name, text, change = f"{coins:,.10g} {coin}", move_text(move), float(here)
    made = f"has {'lost' if change < 0 else 'gained'} {usd(abs(change))}"
    return Lines(
        x=x,
        x_label=f"move of {coin}",
        y_label="gain or loss of the deposit (USD)",
        unit="USD",
        curves=(
            Curve(name=name, values=over, role="margin", at=change, width=4.0),
            Curve(
                name="dollars",
                values=np.zeros_like(x),
                role="grey",
                at=0.0,
                dashed=True,
            ),
        ),
        title=f"{coin} {text}: a deposit of {name} {made}",
        finding=(
            f"The deposit is {name}, {usd(coins * price_usd)} at the start. {coin} {text}: it "
            f"{made}. The line is straight; a deposit of dollars would stay at zero."
        ),
        place=move,
        caption=f"A deposit, {coin} {text}",
        guess=guess,
    )
