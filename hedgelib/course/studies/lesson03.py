"""Helpers of lesson 03: contracts at every venue, size, and leverage.

The guesses are here so that a reader of the lesson does not see the answer with the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hedgelib import market
from hedgelib._check import ABOVE_MINUS_ONE, FINITE, NONNEGATIVE, POSITIVE, SHARE, scalars
from hedgelib._text import percent, usd
from hedgelib.beta import BetaEstimate
from hedgelib.contracts import ContractTerms, inverse_pnl_usd, round_contracts
from hedgelib.course.prose import Prediction, fold, predict
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.margin import inverse_initial_margin_coin, inverse_liquidation_price
from hedgelib.plan import ASSUMED_MAINTENANCE_RATE, plan_hedge
from hedgelib.ratio import effectiveness_from_ratio
from hedgelib.show import Line, Scene, Table
from hedgelib.show.lines import Curve, Lines, Remark, coins, move_text
from hedgelib.show.palette import Role
from hedgelib.show.scatter import BetaScatter

__all__ = [
    "IN_THE_ARTICLE",
    "GuessedSlope",
    "VenueCount",
    "closed_at",
    "guess_beta",
    "guess_count",
    "guess_effect",
    "guess_leverage",
    "same_short",
    "seen_plan",
    "size_and_effect",
    "ticket",
    "venue_counts",
]

IN_THE_ARTICLE = ("binance", "bybit", "bingx", "weex", "mexc")
"""Venues of the article's table, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueCount:
    """The contracts of a short at one venue, as :func:`venue_counts` returns them.

    Parameters
    ----------
    venue : str
    in_the_article : bool
        Whether the article's table names it.
    symbol : str
        Empty where there is no contract.
    face_usd, contracts, left_usd : float, optional
        Face of one contract; contracts of the short, rounded to whole lots; what rounding leaves
        over, USD.
    remark : str
        Why there is no contract, or what is doubtful.
    """

    venue: str
    in_the_article: bool
    symbol: str = ""
    face_usd: float | None = None
    contracts: float | None = None
    left_usd: float | None = None
    remark: str = ""

    def row(self) -> tuple[str, ...]:
        """Return the count as a row of text.

        Returns
        -------
        tuple of str
            Venue, symbol, face, contracts, what is left, remark.
        """
        name = self.venue + (" *" if self.in_the_article else "")
        if self.face_usd is None or self.contracts is None or self.left_usd is None:
            return (name, "–", "–", "–", "–", self.remark)
        return (
            name,
            self.symbol,
            usd(self.face_usd),
            f"{self.contracts:,.0f}",
            usd(self.left_usd, cents=True),
            self.remark,
        )


def venue_counts(notional_usd: float, coin: str = "ETH") -> tuple[VenueCount, ...]:
    """Return the contracts of a short at every venue in the data.

    Parameters
    ----------
    notional_usd : float
        Size of the short, USD, > 0.
    coin : str

    Returns
    -------
    tuple of VenueCount
        The venues of the article's table first, in its order.

    Raises
    ------
    InvalidInput
        A notional that is not > 0.

    Notes
    -----
    **Source:** ``data/contracts.toml``.

    Examples
    --------
    >>> [count.row()[:5] for count in venue_counts(10_000)][:2]
    [('Binance COIN-M *', 'ETHUSD_PERP', '$10', '1,000', '$0.00'),
     ('Bybit *', 'ETHUSD', '$1', '10,000', '$0.00')]
    """
    (notional_usd,) = scalars(notional_usd=(notional_usd, POSITIVE))
    venues = {venue.key: venue for venue in market.venues()}
    others = [key for key in venues if key not in IN_THE_ARTICLE]
    return tuple(
        _count(venues[key], key in IN_THE_ARTICLE, notional_usd, coin)
        for key in (*IN_THE_ARTICLE, *others)
    )


def _count(venue: market.Venue, named: bool, notional_usd: float, coin: str) -> VenueCount:
    for terms in market.contracts(venue=venue.key, coin=coin, open_only=True):
        count = round_contracts(notional_usd / terms.multiplier, lot=terms.lot)
        return VenueCount(
            venue=venue.name,
            in_the_article=named,
            symbol=terms.symbol,
            face_usd=terms.multiplier,
            contracts=count,
            left_usd=notional_usd - count * terms.multiplier,
            remark="face doubtful" if "multiplier" in terms.doubtful else "",
        )
    return VenueCount(venue=venue.name, in_the_article=named, remark=_why_none(venue, coin))


def _why_none(venue: market.Venue, coin: str) -> str:
    if not venue.contracts:
        return "no coin-margined contract found"
    closed = market.contracts(venue=venue.key)
    if closed and all(terms.closed for terms in closed):
        return "closed"
    for name in venue.contracts:
        if coin not in name:
            continue
        try:
            market.contract(name)
        except HedgeError as error:
            return "face not verified" if "verified" in str(error) else "not usable"
    return f"none on {coin} collected"


def guess_beta(
    book_usd: float, fit: BetaEstimate, fall: float = -0.1
) -> tuple[Prediction, dict[str, float]]:
    """Return a question about the expected loss of a book when the hedge coin falls.

    Parameters
    ----------
    book_usd : float
    fit : BetaEstimate
        Beta of the book to the coin, a little below 1.
    fall : float
        Return of the coin, a decimal below zero.

    Returns
    -------
    Prediction, dict of str to float
        The question, and the slope of each option.

    Raises
    ------
    InvalidInput
        A beta for which the answer would be wrong.

    Notes
    -----
    **Source:** :func:`hedgelib.ols_beta`; one for one is what adding up dollars amounts to.
    """
    if not 0.8 < fit.beta < 0.99:
        raise InvalidInput(f"beta must be between 0.8 and 0.99, got {fit.beta:.2f}")
    coin = fit.x_name
    one = f"{usd(-fall * book_usd)}, as much as {coin}"
    less, more = "a little less", "a lot more"
    near = fit.interval()[1] >= 1
    asked = predict(
        f"The portfolio is worth {usd(book_usd)}. {coin} falls by {percent(-fall)}. What should "
        "you expect the portfolio to lose?",
        {
            one: "One for one: that is what adding up the dollars assumes. "
            + ("It is not far off, as the confidence interval below shows." if near else ""),
            less: f"In the last year these coins together moved a little less than {coin}.",
            more: "Altcoins are said to fall harder. Harder than BTC, perhaps; here it is "
            f"{coin}, and the portfolio holds some {coin} itself.",
        },
        answer=less,
    )
    return asked, {one: 1.0, less: fit.beta, more: 1.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessedSlope:
    """Returns with the fitted line, and the slope that the reader guessed.

    Parameters
    ----------
    scatter : BetaScatter
    slope : float, optional
        The guess.
    """

    scatter: BetaScatter
    slope: float | None = None

    def table(self) -> Table:
        """Return the estimate as a table."""
        return self.scatter.table()

    def scene(self) -> Scene:
        """Draw the guess as a line through the points."""
        scene = self.scatter.scene()
        if self.slope is None:
            return scene
        ends = np.array([self.scatter.x.min(), self.scatter.x.max()])
        # Not orange as other guesses: that is the colour of the line that was fitted.
        guess = Line(
            x=ends, y=self.slope * ends, dash="dashed", width=2.2, name="your guess", bold=True
        )
        return replace(
            scene,
            alt=f"{scene.alt} Your guess was a slope of {self.slope:.2f}.",
            panels=(self.scatter.panel(guess),),
        )

    def _repr_html_(self) -> str:
        return self.table().html()


def guess_count(contract: ContractTerms, wanted_usd: float, price_usd: float) -> Prediction:
    """Return a question about the number of contracts of a short after the price has doubled.

    Parameters
    ----------
    contract : ContractTerms
        Inverse.
    wanted_usd : float
        Size of the short, USD.
    price_usd : float
        Price before it doubles, USD per coin.

    Notes
    -----
    **Source:** dollars over face.

    Examples
    --------
    >>> guess_count(market.contract("binance:ETHUSD_PERP"), 10_000, 3500).answer
    '1,000'
    """
    n = wanted_usd / contract.multiplier
    half, same, double = (f"{n * times:,.0f}" for times in (0.5, 1, 2))
    return predict(
        f"A contract has a face of {usd(contract.multiplier)}. With {contract.coin} at "
        f"{usd(price_usd)} you would sell {same} of them to be short {usd(wanted_usd)}. Before you "
        f"do it, {contract.coin} doubles. How many do you sell now?",
        {
            half: f"That would be so if a contract were a fixed amount of {contract.coin}.",
            same: "Dollars over dollars. The price does not matter.",
            double: "The dollars to be hedged have not changed, and a contract is still as many "
            "dollars.",
        },
        answer=same,
    )


def guess_effect(share: float) -> tuple[Prediction, dict[str, float]]:
    """Return a question about the effect of a hedge smaller than the best size.

    Parameters
    ----------
    share : float
        Size over the best size, between 0 and 1.

    Returns
    -------
    Prediction, dict of str to float
        The question, and the value of each option, a decimal.

    Notes
    -----
    **Source:** :func:`hedgelib.effectiveness_from_ratio`.

    Examples
    --------
    >>> asked, marks = guess_effect(0.7)
    >>> asked.answer, list(marks)
    ('91%', ['70%', '91%', '49%'])
    """
    effects = share, float(effectiveness_from_ratio(1.0, share)), share**2
    straight, curve, square = (percent(effect) for effect in effects)
    asked = predict(
        f"You short {straight} of the best size. How much of the best effect on the variance do "
        "you get?",
        {
            straight: "That would be in proportion. But the effect is a curve, flat near its top.",
            curve: "The curve is flat near its top. The loss is the square of what is "
            f"missing: {percent(1 - share)} missing, {percent((1 - share) ** 2)} lost.",
            square: "That is the size squared. What you lose is the square of the missing part.",
        },
        answer=curve,
    )
    return asked, dict(zip((straight, curve, square), effects, strict=True))


def guess_leverage(
    notional_usd: float, leverage: float, move: float, coin: str = "ETH"
) -> tuple[Prediction, dict[str, float]]:
    """Return a question about the profit of a short with leverage in a fall.

    Parameters
    ----------
    notional_usd, leverage : float
    move : float
        Return of the coin, a decimal below zero.
    coin : str

    Returns
    -------
    Prediction, dict of str to float
        The question, and the value of each option in the picture, USD.

    Notes
    -----
    **Source:** size times move; the wrong options multiply and divide it by the leverage.

    Examples
    --------
    >>> asked, marks = guess_leverage(10_000, 10, -0.2)
    >>> asked.answer, list(marks)
    ('+$2,000', ['+$20,000', '+$2,000', '+$200'])
    """
    earned = -notional_usd * move
    gains = earned * leverage, earned, earned / leverage
    times, equal, part = (usd(gain, signed=True) for gain in gains)
    asked = predict(
        f"You are short {usd(notional_usd)} at {leverage:g}x. {coin} falls {percent(-move)}. What "
        "does the short earn?",
        {
            times: "Leverage multiplies the return on the margin. The margin is smaller by as "
            "much, so the dollars are the same.",
            equal: "Size times move. Leverage does not enter.",
            part: "That is the move on the margin. What earns is the size.",
        },
        answer=equal,
    )
    return asked, dict(zip((times, equal, part), gains, strict=True))


def seen_plan(
    book_usd: float, beta: float, contract: ContractTerms, price_usd: float, caps: Sequence[float]
) -> str:
    """Return the answers to the things to try with the whole plan.

    Parameters
    ----------
    book_usd, beta : float
    contract : ContractTerms
        Inverse.
    price_usd : float
    caps : sequence of float
        Leverages at which margin from new money is compared.

    Returns
    -------
    str
        Markdown, folded up.

    Notes
    -----
    **Source:** :func:`hedgelib.plan_hedge`.
    """
    plans = {cap: plan_hedge(book_usd, beta, contract, price_usd, max_leverage=cap) for cap in caps}
    told = "; ".join(
        f"at {cap:g}x {usd(plan.collateral_usd)} of {contract.coin}, closed at {contract.coin} "
        f"{percent(plan.liquidation_move, signed=True)}"
        for cap, plan in plans.items()
    )
    return fold(
        "What you should have seen",
        "- The number of contracts changes with the face: ten times as many where the face is a "
        "tenth. The black line does not change.\n"
        "- Only stablecoins. They do not move, so the short need not cover them, and margin and "
        f"short can be equal. Bought {contract.coin} needs an additional short of its own; and "
        "from the portfolio it would take all the altcoins.\n"
        f"- You tie up more money: {told}.",
    )


def size_and_effect(
    r2: float,
    share: float,
    *,
    others: Sequence[tuple[str, float]] = (),
    guess: float | None = None,
) -> Lines:
    """Return the variance reduction of hedges of different sizes.

    Parameters
    ----------
    r2 : float
        Share of the variance that the best size removes, 0 to 1.
    share : float
        Size of the hedge over the best size, >= 0.
    others : sequence of (str, float)
        Further sizes, each with its name.
    guess : float, optional
        The reader's guess of the share of the best effect, a decimal.

    Raises
    ------
    InvalidInput
        Values out of range.

    Notes
    -----
    **Source:** :func:`hedgelib.effectiveness_from_ratio`.

    Examples
    --------
    >>> size_and_effect(0.6, 0.7).rows()[:2]
    [('variance reduction', '54.6%'), ('best possible', '60.0%')]
    """
    r2, share = scalars(r2=(r2, SHARE), share=(share, NONNEGATIVE))
    x = np.linspace(0.0, max(2.0, share), 201)
    here = float(effectiveness_from_ratio(r2, share))
    curves = (
        Curve(
            name="variance\nreduction",
            values=np.asarray(effectiveness_from_ratio(r2, x)),
            role="short",
            at=here,
            width=4.2,
        ),
        Curve(
            name="best\npossible",
            values=np.full_like(x, r2),
            role="grey",
            at=r2,
            width=2.0,
            dashed=True,
        ),
    )
    remarks = []
    for name, size in others:
        effect = float(effectiveness_from_ratio(r2, size))
        remarks.append(
            Remark(
                x=size,
                y=effect,
                text=f"{name}: {_of_best(effect, r2)}",
                role="altcoins",
                shift=(17.0, -17.0) if size > 1 else (8.0, -40.0) if size == 1 else (-17.0, -4.0),
            )
        )
    told = "; ".join(
        f"{name}, {percent(size)} of the best size, has "
        f"{_of_best(float(effectiveness_from_ratio(r2, size)), r2)}"
        for name, size in others
    )
    return Lines(
        x=x,
        x_label="size of the hedge, in percent of the best size",
        y_label="variance reduction",
        unit="share",
        curves=curves,
        title=f"Short {percent(share)} of the best size: {_of_best(here, r2)} of the best effect",
        finding=(
            f"Variance reduction of a hedge, over its size. The best size removes "
            f"{percent(r2, digits=1)}. A hedge of {percent(share)} of it removes "
            f"{percent(here, digits=1)}, which is {_of_best(here, r2)} of that"
            + (f"; {told}" if told else "")
            + ". A hedge of no size and one of twice the best size remove nothing."
        ),
        place=share,
        caption=f"A hedge of {percent(share)} of the best size",
        notes=(("of the best effect", _of_best(here, r2)),),
        remarks=tuple(remarks),
        headroom=0.16 if remarks else 0.0,
        guess=None if guess is None else guess * r2,
        signed=False,
    )


def _of_best(effect: float, r2: float) -> str:
    part = effect / r2 if r2 else 0.0
    for digits in (0, 1, 2):
        if abs(part * 10 ** (digits + 2) - round(part * 10 ** (digits + 2))) < 1e-6:
            return percent(part, digits=digits)
    return percent(part, digits=2)


def closed_at(
    contract: ContractTerms,
    price_usd: float,
    contracts: float,
    leverage: float,
    maintenance_rate: float = ASSUMED_MAINTENANCE_RATE,
) -> float:
    """Return the liquidation price of a coin-margined short with notional over leverage as margin.

    Parameters
    ----------
    contract : ContractTerms
        Inverse.
    price_usd : float
        Entry price, USD per coin, > 0.
    contracts : float
        Contracts sold, > 0.
    leverage : float
        > 0.
    maintenance_rate : float
        Decimal; on the mark price.

    Returns
    -------
    float
        USD per coin; ``inf`` where no price liquidates it.

    Raises
    ------
    InvalidInput
        A linear contract, values out of range.

    Notes
    -----
    **Source:** :func:`hedgelib.inverse_liquidation_price`.

    Examples
    --------
    >>> round(closed_at(market.contract("binance:ETHUSD_PERP"), 3500, 1000, 10), 2)
    3850.0
    """
    if contract.kind != "inverse":
        raise InvalidInput(f"{contract.symbol} is linear; choose an inverse contract")
    margin = inverse_initial_margin_coin(contracts, price_usd, leverage, contract.multiplier)
    return float(
        inverse_liquidation_price(
            -contracts,
            price_usd,
            margin,
            maintenance_rate=maintenance_rate,
            multiplier_usd=contract.multiplier,
        )
    )


def same_short(
    contract: ContractTerms,
    price_usd: float,
    contracts: float,
    leverages: Sequence[float],
    move: float,
    *,
    guess: float | None = None,
) -> Lines:
    """Return the profit of one short at several leverages, each up to its liquidation.

    Parameters
    ----------
    contract : ContractTerms
        Inverse.
    price_usd : float
        Entry price, USD per coin, > 0.
    contracts : float
        Contracts sold, > 0.
    leverages : sequence of float
        Each > 0.
    move : float
        Return of the coin, a decimal above -1.
    guess : float, optional
        The reader's guess of the result with the highest leverage, USD.

    Returns
    -------
    Lines
        The short alone, without its margin.

    Raises
    ------
    InvalidInput
        A linear contract, values out of range.

    Notes
    -----
    **Source:** the profit ``contracts x multiplier x (-move)`` has no leverage in it.

    Examples
    --------
    >>> eth = market.contract("binance:ETHUSD_PERP")
    >>> same_short(eth, 3500, 1000, [10, 2], -0.2).rows()[:2]
    [('10x', '+$2,000'), ('2x', '+$2,000')]
    """
    price_usd, contracts, move = scalars(
        price_usd=(price_usd, POSITIVE),
        contracts=(contracts, POSITIVE),
        move=(move, ABOVE_MINUS_ONE),
    )
    moves = {
        leverage: closed_at(contract, price_usd, contracts, leverage) / price_usd - 1
        for leverage in leverages
    }
    x = np.linspace(min(-0.6, move), max(1.3, move), 191)
    x = np.sort(np.append(x, [end - 1e-9 for end in moves.values() if end < x[-1]]))

    def gain(at: float | np.ndarray) -> np.ndarray:
        exits = price_usd * (1 + np.asarray(at, dtype=np.float64))
        return np.asarray(inverse_pnl_usd(-contracts, price_usd, exits, contract.multiplier))

    size = contracts * contract.multiplier
    roles: tuple[Role, ...] = ("unhedged", "margin", "good", "altcoins", "total")
    curves, told, notes = [], [], []
    for i, (leverage, end) in enumerate(moves.items()):
        ended = np.isfinite(end)
        name = f"{leverage:g}x"
        where = f"{contract.coin} {move_text(round(end, 3))}" if ended else "no price"
        curves.append(
            Curve(
                name=name,
                values=np.where(x >= end, np.nan, gain(x)),
                role=roles[i % len(roles)],
                at=float(gain(move)) if move < end else float("nan"),
                width=2.8 + 2.2 * i,
                ends=float(end) if ended else None,
            )
        )
        told.append(f"at {name} with {usd(size / leverage)} of margin, closed at {where}")
        notes.append((f"{name}: margin, and closed at", f"{usd(size / leverage)}, {where}"))
    result = usd(float(gain(move)), signed=True)
    still_open = [move < end for end in moves.values()]
    if all(still_open):
        title, found = f"{result} at any leverage", f"{result} at every leverage"
    elif any(still_open):
        title = found = f"{result} where the short is still open"
    else:
        title = found = "the short is closed at every leverage"
    return Lines(
        x=x,
        x_label=f"move of {contract.coin}",
        y_label="gain or loss of the short (USD)",
        unit="USD",
        curves=tuple(curves),
        title=f"{contract.coin} {move_text(move)}: {title}; each ends at its ✕",
        finding=(
            f"A short of {usd(size)}, {contract.coin} {move_text(move)}: {found}. The lines "
            f"coincide and differ only in where they end: {'; '.join(told)}."
        ),
        place=move,
        caption=f"{contracts:,.0f} contracts short, {contract.coin} {move_text(move)}",
        notes=tuple(notes),
        guess=guess,
    )


def ticket(
    contract: ContractTerms,
    price_usd: float,
    needed_usd: float,
    contracts: float,
    leverage: float,
    move: float,
) -> Lines:
    """Return what the short of an order ticket earns, and what it should earn.

    Parameters
    ----------
    contract : ContractTerms
        Inverse.
    price_usd : float
        Entry price, USD per coin, > 0.
    needed_usd : float
        The short that the hedge needs, USD, > 0.
    contracts : float
        Contracts typed into the ticket, > 0.
    leverage : float
        Leverage chosen in the ticket, > 0.
    move : float
        Return of the coin, a decimal above -1.

    Raises
    ------
    InvalidInput
        A linear contract, values out of range.

    Notes
    -----
    **Source:** :func:`hedgelib.inverse_pnl_usd`, :func:`closed_at`. After liquidation
    the loss stays the same; the margin coin is left out.

    Examples
    --------
    >>> eth = market.contract("binance:ETHUSD_PERP")
    >>> ticket(eth, 3500, 10_000, 200, 5, -0.2).rows()[:2]
    [('needed', '+$2,000'), ('earned', '+$400')]
    """
    price_usd, needed_usd, contracts, leverage, move = scalars(
        price_usd=(price_usd, POSITIVE),
        needed_usd=(needed_usd, POSITIVE),
        contracts=(contracts, POSITIVE),
        leverage=(leverage, FINITE),
        move=(move, ABOVE_MINUS_ONE),
    )
    end = closed_at(contract, price_usd, contracts, leverage) / price_usd - 1
    ended = bool(np.isfinite(end))
    size, coin = contracts * contract.multiplier, contract.coin
    x = np.linspace(min(-0.6, move), max(1.3, move), 191)
    if end < x[-1]:
        x = np.sort(np.append(x, [end - 1e-9, end + 1e-9]))

    def earned(at: float | np.ndarray) -> np.ndarray:
        moves = np.minimum(np.asarray(at, dtype=np.float64), end)
        exits = price_usd * (1 + moves)
        return np.asarray(inverse_pnl_usd(-contracts, price_usd, exits, contract.multiplier))

    here, wanted = float(earned(move)), -needed_usd * move + 0.0
    where = f"{coin} {move_text(round(end, 3))}" if ended else "no price"
    closed = move >= end
    return Lines(
        x=x,
        x_label=f"move of {coin}",
        y_label="gain or loss of the short (USD)",
        unit="USD",
        curves=(
            Curve(
                name="needed",
                values=-needed_usd * x,
                role="altcoins",
                at=wanted,
                width=7.0,
            ),
            Curve(
                name="earned",
                values=earned(x),
                role="short",
                at=here,
                width=3.6,
                ends=float(end) if ended else None,
            ),
        ),
        title=(
            f"{contracts:,.0f} contracts at {leverage:g}x, {coin} {move_text(move)}: "
            + (f"closed at {move_text(round(end, 3))}, " if closed else "")
            + f"{usd(here, signed=True)}, needed {usd(wanted, signed=True)}"
        ),
        finding=(
            f"{contracts:,.0f} contracts of {contract.face} are short {usd(size)}, "
            f"{percent(size / needed_usd)} of the {usd(needed_usd)} needed. {coin} "
            f"{move_text(move)}: earned {usd(here, signed=True)}, needed "
            f"{usd(wanted, signed=True)}. At leverage {leverage:g} the margin is "
            f"{usd(size / leverage)}, and {where} "
            f"{'has closed' if closed else 'closes'} the short."
        ),
        place=move,
        caption=f"{contracts:,.0f} contracts at {leverage:g}x, {coin} {move_text(move)}",
        notes=(
            ("short", f"{usd(size)}, {percent(size / needed_usd)} of what is needed"),
            ("margin", f"{usd(size / leverage)}, {coins(size / leverage / price_usd)} {coin}"),
            ("closed at", where),
        ),
    )
