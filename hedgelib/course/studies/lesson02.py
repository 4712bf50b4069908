"""Helpers of lesson 02: faces at every venue, guesses, and one price move.

The guesses are here so that a reader of the lesson does not see the answer with the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hedgelib import market
from hedgelib._check import FloatArray
from hedgelib._text import Table, percent, usd
from hedgelib.contracts import (
    ContractTerms,
    inverse_notional_coin,
    inverse_pnl_coin,
    inverse_pnl_usd,
)
from hedgelib.course.prose import Prediction, predict
from hedgelib.errors import InvalidInput, UnsupportedContract
from hedgelib.show import Guess, Line, Panel, Points, Rule, Scale, Scene, Text, columns_of, panel
from hedgelib.show.lines import move_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hedgelib.show.scene import Mark

__all__ = [
    "PriceMove",
    "faces",
    "guess_doubling",
    "guess_ticket",
    "price_move",
]


def faces(coins: Sequence[str] = ("BTC", "ETH")) -> list[tuple[str, ...]]:
    """Return the face of one inverse contract at every venue in the data.

    Returns
    -------
    list of tuple of str
        Venue, one face for each coin, and the date of the figures. A question mark follows a
        doubtful face.

    Notes
    -----
    **Source:** ``data/contracts.toml``. A figure from an undated document has the day on which
    it was read.

    Examples
    --------
    >>> faces()[0]
    ('Binance COIN-M', '$100', '$10', '2026-11-22')
    """
    rows = []
    for venue in market.venues():
        found = {terms.coin: terms for terms in market.contracts(venue=venue.key)}
        listed = [found[coin] for coin in coins if coin in found]
        name = f"{venue.name} (closed)" if any(terms.closed for terms in listed) else venue.name
        days = {_day(terms) for terms in listed} or {_last_word(venue.as_of)}
        cells = [_face(found.get(coin), venue.contracts, coin) for coin in coins]
        rows.append((name, *cells, ", ".join(sorted(days))))
    return rows


def _face(terms: ContractTerms | None, listed: Sequence[str], coin: str) -> str:
    if terms is not None:
        return usd(terms.multiplier) + ("?" if "multiplier" in terms.doubtful else "")
    for name in listed:
        if name.partition(":")[2].startswith(coin):
            return "quanto" if _is_quanto(name) else "not verified"
    return "–" if listed else "none found"


def _is_quanto(name: str) -> bool:
    try:
        market.contract(name)
    except UnsupportedContract as error:
        return "quanto" in str(error)
    return False


def _day(terms: ContractTerms) -> str:
    figures = market.contract_figures(terms.id)
    return _last_word(next(f.as_of for f in figures if f.name == "multiplier"))


def _last_word(text: str) -> str:
    return text.split()[-1]


def guess_ticket(terms: ContractTerms, typed: float, price_usd: float, move: float) -> Prediction:
    """Return a question about the profit of a short whose contracts were counted as coins.

    Parameters
    ----------
    terms : ContractTerms
        Of an inverse contract.
    typed : float
        Contracts sold.
    price_usd : float
        USD per coin at the sale.
    move : float
        Return of the coin, a decimal below zero.

    Notes
    -----
    **Source:** face times contracts against price times contracts.

    Examples
    --------
    >>> list(guess_ticket(market.contract("binance:ETHUSD_PERP"), 3, 3500, -0.15).options)
    ['$1,575', '$450', '$4.50']
    """
    answer = usd(-terms.notional_usd(typed, price_usd) * move, cents=True)
    size = f"{typed:g} contracts of {terms.face}"
    return predict(
        f"You type {typed:g} into the ticket of {terms.symbol}, and sell. {terms.coin} falls by "
        f"{percent(-move)}. How much do you earn?",
        {
            usd(-typed * price_usd * move): f"That would be so if you had sold {typed:g} "
            f"{terms.coin}. The ticket counts contracts.",
            usd(-typed * 1000 * move): "For that, one contract would have to be $1,000.",
            answer: f"You have sold {size}, and earn {percent(-move)} of that.",
        },
        answer=answer,
    )


def guess_doubling(
    terms: ContractTerms, contracts: float, entry_usd: float
) -> tuple[Prediction, dict[str, float]]:
    """Return a question about the loss of a short, in coins, when the price doubles.

    Parameters
    ----------
    terms : ContractTerms
        Of an inverse contract.
    contracts : float
        Signed, below zero.
    entry_usd : float
        USD per coin.

    Returns
    -------
    Prediction, dict of str to float
        The question, and the value of each option in the picture, coins.

    Notes
    -----
    **Source:** :func:`hedgelib.inverse_pnl_coin`; the wrong options are the mirror image of what a
    halving earns, and a straight line drawn through it.

    Examples
    --------
    >>> asked, marks = guess_doubling(market.contract("binance:ETHUSD_PERP"), -1000, 3500)
    >>> list(asked.options), round(marks[asked.answer], 3)
    (['1.429 ETH', '2.857 ETH', '5.714 ETH'], -1.429)
    """
    halved, doubled = inverse_pnl_coin(
        contracts, entry_usd, [entry_usd / 2, entry_usd * 2], terms.multiplier
    )
    # As they can be read in the options: nobody guesses more digits than that.
    lost = (round(float(x), 3) for x in (doubled, -halved, -2 * halved))
    places = {f"{-x:.3f} {terms.coin}": x for x in lost}
    less, same, twice = places
    asked = predict(
        f"If {terms.coin} halves, the short earns {same}. What does it lose if {terms.coin} "
        "doubles?",
        {
            less: "The loss is the whole size in dollars, but by then a coin costs twice as much.",
            same: "That would be the mirror image. A curve that bends has none.",
            twice: "A doubling is twice the move of a halving, true, and in dollars so is the "
            "loss. But you pay in coins that now cost twice as much.",
        },
        answer=less,
    )
    return asked, places


_SIZE = (880.0, 420.0)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PriceMove:
    """One position at one price, with the curves around it, as :func:`price_move` returns it.

    Parameters
    ----------
    terms : ContractTerms
    contracts : float
        Signed.
    entry_usd : float
        USD per coin.
    move : float
        Return of the coin since the entry, a decimal.
    moves : ndarray
        Moves of the curves.
    guess_coin : float, optional
        The reader's guess of the profit, coins.
    """

    terms: ContractTerms
    contracts: float
    entry_usd: float
    move: float
    moves: FloatArray
    guess_coin: float | None = None

    @property
    def exit_usd(self) -> float:
        """The price after the move."""
        return self.entry_usd * (1 + self.move)

    @property
    def pnl_coin(self) -> float:
        """Profit at that price, in coins."""
        return float(self.coin_over([self.move])[0])

    @property
    def pnl_usd(self) -> float:
        """Profit at that price, in USD."""
        return float(self.usd_over([self.move])[0])

    @property
    def notional_usd(self) -> float:
        """Size of the position, USD."""
        return self.terms.notional_usd(self.contracts, self.entry_usd)

    def coin_over(self, moves: Sequence[float] | FloatArray) -> FloatArray:
        """Return the profit in coins over moves."""
        exits = self.entry_usd * (1 + np.asarray(moves, dtype=np.float64))
        return np.asarray(
            inverse_pnl_coin(self.contracts, self.entry_usd, exits, self.terms.multiplier)
        )

    def usd_over(self, moves: Sequence[float] | FloatArray) -> FloatArray:
        """Return the profit in USD over moves."""
        exits = self.entry_usd * (1 + np.asarray(moves, dtype=np.float64))
        return np.asarray(
            inverse_pnl_usd(self.contracts, self.entry_usd, exits, self.terms.multiplier)
        )

    def straight(self, moves: Sequence[float] | FloatArray) -> FloatArray:
        """Return the profit in coins without the bend.

        Notes
        -----
        **Source:** the tangent of `coin_over` at the entry.
        """
        coins = inverse_notional_coin(self.contracts, self.entry_usd, self.terms.multiplier)
        return np.asarray(coins * np.asarray(moves, dtype=np.float64))

    def rows(self) -> list[tuple[str, str]]:
        """Return the numbers of the move as rows of text."""
        coin = self.terms.coin
        return [
            (f"{coin} price at entry", usd(self.entry_usd, cents=True)),
            (f"{coin} price now", usd(self.exit_usd, cents=True)),
            ("Position", f"{_side(self.contracts)} {abs(self.contracts):,.10g} contracts"),
            ("Size", usd(self.notional_usd)),
            (f"Profit in {coin}", _coins(self.pnl_coin)),
            ("Profit in dollars", usd(self.pnl_usd, signed=True)),
            (f"Profit in {coin} without the bend", _coins(float(self.straight([self.move])[0]))),
        ]

    def table(self) -> Table:
        """Return the numbers of the move as a table."""
        return Table(("at this move", "result"), self.rows(), caption=self._opening)

    def scene(self) -> Scene:
        """Draw the profit in coins next to the profit in dollars."""
        left, right = columns_of(2, size=_SIZE, left=84, right=28, gap=104)
        return Scene(
            title=f"{self._opening}: the {_side(self.contracts)} {self._result}",
            alt=self._alt(),
            panels=(self._in_coin(left), self._in_dollars(right)),
            table=self.table(),
            size=_SIZE,
        )

    def _in_coin(self, box: tuple[float, float, float, float]) -> Panel:
        coin, bent, straight = (
            self.terms.coin,
            self.coin_over(self.moves),
            self.straight(self.moves),
        )
        marks: list[Mark] = [
            *self._place,
            Line(x=self.moves, y=straight, role="grey", width=2.0, dash="dashed"),
            Line(x=self.moves, y=bent, role="short", name=f"profit in {coin}", labelled=False),
            Points(x=[self.move], y=[self.pnl_coin], role="short", size=12.5),
            self._name_of_straight,
        ]
        if self.guess_coin is not None:
            marks.append(Guess(x=self.move, y=self.guess_coin, side="left"))
        y = Scale(label=f"profit or loss ({coin})", margin=0.08)
        return panel(marks, self._x, y, box=box, width=_SIZE[0], title=f"in {coin}: it bends")

    def _in_dollars(self, box: tuple[float, float, float, float]) -> Panel:
        marks: list[Mark] = [
            *self._place,
            Line(x=self.moves, y=self.usd_over(self.moves), name="profit", labelled=False),
            Points(x=[self.move], y=[self.pnl_usd], size=12.5),
        ]
        y = Scale(label="profit or loss (USD)", unit="usd", signed=True, margin=0.08)
        return panel(
            marks, self._x, y, box=box, width=_SIZE[0], title="in dollars: a straight line"
        )

    @property
    def _x(self) -> Scale:
        limits = (float(self.moves[0]), float(self.moves[-1]))
        return Scale(
            label=f"move of {self.terms.coin}", unit="share", signed=True, limits=limits,
            most_ticks=5,
        )  # fmt: skip

    @property
    def _place(self) -> list[Mark]:
        return [
            Rule(at=0.0, width=1.3),
            Rule(at=self.move, direction="x", role="total", width=1.3),
        ]

    @property
    def _name_of_straight(self) -> Text:
        at, below = float(np.quantile(self.moves, 0.62)), self.contracts < 0
        return Text(
            x=at,
            y=float(self.straight([at])[0]),
            text="without the bend",
            shift=(-7.0, 7.0 if below else -7.0),
            align="end",
            vertical="top" if below else "bottom",
            size=13.0,
        )

    @property
    def _opening(self) -> str:
        return f"{self.terms.coin} {move_text(self.move)}"

    @property
    def _result(self) -> str:
        if not self.pnl_coin:
            return "earns nothing"
        verb = "earns" if self.pnl_coin > 0 else "loses"
        coins = f"{abs(self.pnl_coin):.3f} {self.terms.coin}"
        return f"{verb} {coins}, which is {usd(abs(self.pnl_usd))}"

    def _alt(self) -> str:
        coin = self.terms.coin
        guess = (
            "" if self.guess_coin is None else f" The guess was {_coins(self.guess_coin)} {coin}."
        )
        return (
            f"{self._opening}, to {usd(self.exit_usd)}: a {_side(self.contracts)} of "
            f"{usd(self.notional_usd)} {self._result}. Over all moves the profit in dollars is a "
            f"straight line. The profit in {coin} bends; without the bend it would be "
            f"{_coins(float(self.straight([self.move])[0]))} {coin} here.{guess}"
        )

    def _repr_html_(self) -> str:
        return self.table().html()

    def __repr__(self) -> str:
        return repr(self.table())


def price_move(
    terms: ContractTerms,
    contracts: float,
    entry_usd: float,
    move: float,
    *,
    guess_coin: float | None = None,
    lowest: float = -0.6,
    highest: float = 1.2,
) -> PriceMove:
    """Return the profit of an inverse position at one price, and over a range around it.

    Parameters
    ----------
    terms : ContractTerms
        Of an inverse contract.
    contracts : float
        Signed.
    entry_usd : float
        USD per coin, > 0.
    move : float
        Return of the coin since the entry, above -1.
    guess_coin : float, optional
        The reader's guess of the profit, coins.
    lowest, highest : float
        Range of the curves; widened to include the move.

    Raises
    ------
    InvalidInput
        A linear contract, a move of -100% or less, a price that is not > 0.

    Notes
    -----
    **Source:** :func:`hedgelib.inverse_pnl_coin`, :func:`hedgelib.inverse_pnl_usd`.

    Examples
    --------
    >>> halved = price_move(market.contract("binance:ETHUSD_PERP"), -1000, 3500, -0.5)
    >>> round(halved.pnl_coin, 6), halved.pnl_usd
    (2.857143, 5000.0)
    """
    if terms.kind != "inverse":
        raise InvalidInput(f"{terms.symbol} is {terms.kind}; choose an inverse contract")
    if not move > -1:
        raise InvalidInput(f"move must be above -1 (a price cannot fall by 100%), got {move:g}")
    moves = np.linspace(min(lowest, move), max(highest, move), 181)
    study = PriceMove(
        terms=terms,
        contracts=contracts,
        entry_usd=entry_usd,
        move=move,
        moves=moves,
        guess_coin=guess_coin,
    )
    study.usd_over(moves)  # refuses what the formulas refuse, here rather than in a picture
    return study


def _side(contracts: float) -> str:
    return "short" if contracts < 0 else "long"


def _coins(amount: float) -> str:
    text = f"{abs(amount):.6f}"
    if not any(digit in text for digit in "123456789"):
        return "0"
    return ("−" if amount < 0 else "+") + text
