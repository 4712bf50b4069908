"""Pictures: for each what it draws from a result, and the sentence that says what it shows.

A picture never computes anything that its sentence does not have as well: both read the same
result. Nothing here touches pyplot or its settings.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import ArrayLike

from hedgelib._canvas import GREY, SCREEN_DPI, Canvas
from hedgelib._check import FINITE, FloatArray, numbers, series
from hedgelib._text import html_table, percent, usd
from hedgelib.beta import BetaEstimate
from hedgelib.errors import InvalidInput
from hedgelib.scenario import Scenario, run_scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hedgelib.plan import HedgePlan

__all__ = [
    "BETA_SCATTER",
    "COLOURS",
    "PARTS_BY_CASE",
    "PNL_AT_MOVE",
    "PNL_OVER_MOVES",
    "BetaScatter",
    "Canvas",
    "MoveStudy",
    "Picture",
    "Shown",
    "draw_area",
    "draw_line",
    "keep_canvases",
    "label_ends",
    "readable",
    "show",
    "spread",
    "study_move",
    "thousands",
]

R = TypeVar("R")

COLOURS: Mapping[str, str] = {
    "altcoins": "#0072B2",
    "margin": "#E69F00",
    "short": "#CC79A7",
    "total": "#000000",
    "unhedged": "#D55E00",
    "good": "#009E73",
    "grey": GREY,
}
"""Okabe and Ito's colours by what they mean; people of any colour vision can tell them apart."""


_keeping = False
_kept: dict[tuple[Picture[Any], int], Canvas] = {}


def keep_canvases() -> None:
    """Draw each picture on a canvas of its own from now on, which saves a quarter of the time.

    For a process of one thread, and its forks.
    """
    global _keeping
    _keeping = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture(Generic[R]):
    """One figure: how a result is drawn, and what the drawing says.

    Parameters
    ----------
    name : str
        Short name, for file names and messages.
    draw : callable
        ``draw(ax, result)``, on empty axes.
    alt : callable
        ``alt(result)``, a sentence that carries the finding, for readers who do not see it.
    size : tuple of float
        Width and height in inches; an inch is 100 pixels on the page.
    margins : tuple of float
        Left, right, bottom and top edge of the axes, as shares of the figure. They are fixed, so
        that the axes stand still while a slider moves.
    """

    name: str
    draw: Callable[[Axes, R], None]
    alt: Callable[[R], str]
    size: tuple[float, float] = (7.6, 4.2)
    margins: tuple[float, float, float, float] = (0.12, 0.84, 0.135, 0.89)

    def figure(self, result: R) -> Figure:
        """Draw a result.

        Parameters
        ----------
        result : R
            What the picture is made for.

        Returns
        -------
        matplotlib.figure.Figure
        """
        canvas = Canvas(self)
        canvas.draw(result)
        return canvas.figure

    def png(self, result: R, *, dpi: int = 150) -> bytes:
        """Draw a result as PNG; the same result always gives the same bytes.

        Parameters
        ----------
        result : R
        dpi : int
            Pixels per inch.

        Returns
        -------
        bytes
        """
        canvas = _kept.get((self, dpi)) or Canvas(self, dpi=dpi)
        if _keeping:
            _kept[self, dpi] = canvas
        canvas.draw(result)
        # 9 would take two and a half times as long for 3% less.
        return canvas.png(compress_level=6)


@dataclass(frozen=True, slots=True)
class Shown:
    """A drawn picture with its sentence, as a notebook displays it.

    Parameters
    ----------
    png : bytes
    alt : str
    width : int
        On the page, in pixels.
    """

    png: bytes
    alt: str
    width: int

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return data and metadata by MIME type.

        Returns
        -------
        data, metadata : dict
        """
        data = {"image/png": base64.b64encode(self.png).decode("ascii"), "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt, "width": self.width}}

    def _repr_mimebundle_(
        self,
        include: object = None,  # noqa: ARG002 (the protocol's)
        exclude: object = None,  # noqa: ARG002
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.bundle()


def show(picture: Picture[R], result: R) -> Shown:
    """Draw a result for a notebook, with its alt text.

    Parameters
    ----------
    picture : Picture
    result : R
        What the picture is made for.

    Returns
    -------
    Shown
        Displays as the picture; as the sentence where only text is shown.

    Notes
    -----
    **Source:** none; the PNG carries no date and no version, so it changes with the result only.

    Examples
    --------
    >>> from hedgelib import ContractTerms, plan_hedge
    >>> eth = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                     coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> plan = plan_hedge(50_000, 1.0, eth, 3500, collateral_usd=49_000, fee_rate=0)
    >>> print(show(PNL_AT_MOVE, study_move(plan, -0.15)).alt)
    ETH −15%, to $2,975: altcoins −$7,500, ETH margin −$7,350, short +$14,850; together $0, against
    −$7,500 without the hedge. Leverage 2.02x; ETH at $6,861 (+96%) liquidates the short.
    """
    width = round(picture.size[0] * SCREEN_DPI)
    return Shown(picture.png(result), picture.alt(result), width)


# Profit and loss over moves


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveStudy:
    """One move of a plan, and the curve on which it lies: made by :func:`study_move`.

    Parameters
    ----------
    curve : Scenario
        Over a range of moves.
    point : Scenario
        The one move.
    """

    curve: Scenario
    point: Scenario

    @property
    def plan(self) -> HedgePlan:
        """The plan that is studied."""
        return self.point.plan

    def rows(self) -> list[tuple[str, str]]:
        """Put the numbers of the move into words.

        Returns
        -------
        list of (str, str)
        """
        plan, coin, at = self.plan, self.plan.contract.coin, self.point.rows()[0]
        rows = [
            (f"{coin} price", usd(at["price_usd"], cents=True)),
            ("Altcoins", usd(at["spot_pnl_usd"], signed=True)),
        ]
        if plan.holds_coin:
            rows.append((f"{coin} margin", usd(at["collateral_pnl_usd"], signed=True)))
            in_coin = f" ({_signed(at['hedge_pnl_coin'])} {coin})"
        else:
            in_coin = ""
        rows.append(("Short", usd(at["hedge_pnl_usd"], signed=True) + in_coin))
        if plan.open_fee_usd:
            rows.append(("Opening fee", usd(at["fees_usd"], signed=True)))
        return [
            *rows,
            ("Together", usd(at["total_pnl_usd"], signed=True)),
            ("Without the hedge", usd(at["unhedged_pnl_usd"], signed=True)),
            ("Contracts", f"{abs(plan.contracts):,.10g} short, {plan.contract.face} each"),
            ("Leverage", f"{plan.leverage:.2f}x"),
            ("Liquidation", _liquidation_short(plan)),
        ]

    @property
    def _caption(self) -> str:
        at = self.point.move[0]
        return f"{self.plan.contract.coin} {percent(at, signed=True, digits=_digits(at))}"

    def __repr__(self) -> str:
        together = usd(self.point.total_pnl_usd[0], signed=True)
        return f"MoveStudy({self._caption}: together {together})"

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=self._caption)


def study_move(
    plan: HedgePlan, move: float, *, lowest: float = -0.6, highest: float = 1.2
) -> MoveStudy:
    """Work out one move of a plan and the curve around it.

    Parameters
    ----------
    plan : HedgePlan
    move : float
        Return of the hedge coin, a decimal above -1.
    lowest, highest : float
        Range of the curve; widened where the move lies outside.

    Returns
    -------
    MoveStudy

    Raises
    ------
    InvalidInput
        A move of -100% or less.

    Notes
    -----
    **Source:** :func:`hedgelib.run_scenario`; the curve has points on both sides of the liquidation
    price, so that a picture breaks where the account does.

    Examples
    --------
    >>> from hedgelib import ContractTerms, plan_hedge
    >>> eth = ContractTerms(venue="Binance COIN-M", symbol="ETHUSD_PERP", kind="inverse",
    ...                     coin="ETH", multiplier=10, settle="ETH", maintenance_basis="mark")
    >>> plan = plan_hedge(50_000, 1.0, eth, 3500, collateral_usd=49_000, fee_rate=0)
    >>> study_move(plan, -0.15).rows()[2]
    ('ETH margin', '−$7,350')
    """
    point = run_scenario(plan, [move])
    moves = np.linspace(min(lowest, move), max(highest, move), 121)
    if moves[0] < plan.liquidation_move < moves[-1]:
        at = plan.liquidation_move
        moves = np.sort(np.append(moves, [at - 1e-9, at + 1e-9]))
    return MoveStudy(curve=run_scenario(plan, moves), point=point)


def _signed(coins: float) -> str:
    text = f"{coins:+.6f}".replace("-", "−")
    return text if any(digit in text for digit in "123456789") else "0"


def _digits(share: float) -> int:
    return 0 if abs(share * 100 - round(share * 100)) < 1e-6 else 1


def _liquidation_short(plan: HedgePlan) -> str:
    if not np.isfinite(plan.liquidation_price_usd):
        return "at no price"
    move = percent(plan.liquidation_move, signed=True)
    return f"at {usd(plan.liquidation_price_usd, cents=True)} ({move})"


def _liquidation_words(plan: HedgePlan) -> str:
    if not np.isfinite(plan.liquidation_price_usd):
        return "no rise liquidates the short"
    move = percent(plan.liquidation_move, signed=True)
    return (
        f"{plan.contract.coin} at {usd(plan.liquidation_price_usd)} ({move}) liquidates the short"
    )


def _parts(scenario: Scenario) -> list[tuple[str, str, FloatArray]]:
    """Return name, colour and values of every line that the plan has."""
    plan, coin = scenario.plan, scenario.plan.contract.coin
    lines = [("altcoins", COLOURS["altcoins"], scenario.spot_pnl_usd)]
    if plan.holds_coin:
        lines.append((f"{coin} margin", COLOURS["margin"], scenario.collateral_pnl_usd))
    lines.append((f"short {coin}", COLOURS["short"], scenario.hedge_pnl_usd))
    return lines


def _draw_pnl(ax: Axes, scenario: Scenario) -> None:
    plan, coin = scenario.plan, scenario.plan.contract.coin
    order = np.argsort(scenario.move)
    move = scenario.move[order]
    lines: list[tuple[str, str, FloatArray, dict[str, Any]]] = []

    same = np.allclose(scenario.spot_pnl_usd, scenario.unhedged_pnl_usd, rtol=0, atol=0.5)
    for name, colour, values in _parts(scenario):
        label = "altcoins =\nno hedge" if same and name == "altcoins" else name
        # Lines of different plans fall on one another; the wider ones beneath stay in sight.
        width = {"altcoins": 5.4, f"{coin} margin": 3.6}.get(name, 2.2)
        lines.append((label, colour, values, {"linewidth": width, "zorder": 2}))
    if not same:
        dashed = {"linestyle": (0, (5, 2)), "zorder": 2}
        lines.append(("no hedge", COLOURS["unhedged"], scenario.unhedged_pnl_usd, dashed))
    bold = {"linewidth": 2.4, "zorder": 3}
    lines.append(("all together", COLOURS["total"], scenario.total_pnl_usd, bold))

    for _, colour, values, look in lines:
        draw_line(ax, move, values[order], color=colour, **look)
    _frame(ax, move, f"move of {coin}", [values for _, _, values, _ in lines])
    label_ends(
        ax,
        [
            (float(values[order[-1]]), label, colour, label == "all together")
            for label, colour, values, _ in lines
        ],
    )
    if plan.liquidation_move < move[-1]:
        _mark_liquidation(ax, scenario)
    low = order[0]
    ax.set_title(
        f"If {coin} moves {percent(move[0], signed=True)}: "
        f"{usd(scenario.total_pnl_usd[low], signed=True)} with the hedge, "
        f"{usd(scenario.unhedged_pnl_usd[low], signed=True)} without",
    )


def _mark_liquidation(ax: Axes, scenario: Scenario) -> None:
    at = scenario.plan.liquidation_move
    dashes: Any = (0, (2, 2))
    grey: dict[str, Any] = {"color": COLOURS["grey"], "linestyle": dashes, "linewidth": 1.3}
    draw_line(ax, [at, at], [0, 1], transform=ax.get_xaxis_transform(), zorder=1, **grey)
    left, right = ax.get_xlim()
    width = 0.17 * (right - left)
    side = -1 if at - width > left else 1
    near = np.abs(scenario.move - (at + side * width / 2)) <= width / 2
    lines = [values for _, _, values in _parts(scenario)]
    lines += [scenario.total_pnl_usd, scenario.unhedged_pnl_usd]
    crossing = np.concatenate([values[near] for values in lines])
    low, high = ax.get_ylim()
    heights = np.linspace(0.93 * low + 0.07 * high, 0.07 * low + 0.93 * high, 40)
    room = [np.abs(height - crossing).min(initial=np.inf) for height in heights]
    ax.annotate(
        f"liquidated\nat {usd(scenario.plan.liquidation_price_usd)}",
        (at, heights[int(np.argmax(room))]),
        xytext=(5 * side, 0),
        textcoords="offset points",
        ha="right" if side < 0 else "left",
        va="center",
        color=COLOURS["grey"],
        zorder=6,
    )


def _frame(ax: Axes, move: FloatArray, label: str, lines: Sequence[FloatArray]) -> None:
    draw_line(ax, move[[0, -1]], [0, 0], color="#888888", linewidth=1)
    heights = np.concatenate([[0.0], *lines])
    ax.update_datalim([(move[0], heights.min()), (move[-1], heights.max())])
    ax.set_xlim(float(move[0]), float(move[-1]))
    ax.margins(y=0.06)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: percent(x, signed=True)))
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(label)
    ax.set_ylabel("profit or loss (USD)")
    # At a fixed place, so that it neither moves nor leaves the figure with the ticks' width.
    ax.yaxis.set_label_coords(-0.13, 0.5)


def thousands(amount: float, _: object = None) -> str:
    """Write dollars on an axis: $500, $20k, −$1.5M.

    Parameters
    ----------
    amount : float
        USD.

    Returns
    -------
    str
    """
    if abs(amount) >= 1e6:
        text = f"${abs(amount) / 1e6:,.10g}M"
    elif abs(amount) >= 1e3:
        text = f"${abs(amount) / 1e3:,.10g}k"
    else:
        text = f"${abs(amount):,.10g}"
    return ("−" if amount < 0 else "") + text


def draw_line(ax: Axes, x: ArrayLike, y: ArrayLike, **look: Any) -> None:
    """Draw a line that has no say in the limits, which takes ``ax.plot`` much of its time.

    Parameters
    ----------
    ax : Axes
    x, y : array_like, shape (n,)
        Coordinates, numbers.
    **look
        Of :class:`matplotlib.lines.Line2D`.
    """
    ax.add_artist(Line2D(np.asarray(x), np.asarray(y), **look))


def draw_area(
    ax: Axes, x: FloatArray, low: FloatArray | float, high: FloatArray | float, **look: Any
) -> None:
    """Fill between two lines as ``ax.fill_between`` does, with no say in the limits.

    Parameters
    ----------
    ax : Axes
    x, low, high : ndarray, shape (n,)
        Coordinates; `low` and `high` may be one number.
    **look
        Of :class:`matplotlib.patches.Polygon`.
    """
    edge = np.concatenate([np.full(x.size, low), np.full(x.size, high)[::-1]])
    outline = np.column_stack([np.concatenate([x, x[::-1]]), edge])
    ax.add_artist(Polygon(outline, closed=True, linewidth=0, **look))


def label_ends(ax: Axes, ends: Sequence[tuple[float, str, str, bool]]) -> None:
    """Name lines at their right ends, moved apart where they would overlap.

    Parameters
    ----------
    ax : Axes
        With its final limits in y.
    ends : sequence of (float, str, str, bool)
        For each line its value at the right edge, its name, its colour, and whether to write bold.
    """
    low, high = ax.get_ylim()
    height = ax.get_window_extent().height / ax.figure.dpi * 72
    per_line = 15 / height * (high - low)
    items = sorted(ends, key=lambda end: end[0])
    sizes = [per_line * (1 + label.count("\n")) for _, label, _, _ in items]
    places = spread([value for value, *_ in items], sizes, low, high)
    for (_, label, colour, bold), place in zip(items, places, strict=True):
        ax.annotate(
            label,
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            color=readable(colour),
            fontweight="bold" if bold else "normal",
            linespacing=1.1,
            annotation_clip=False,
        )


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Place labels as near as can be to where they belong, without overlap.

    Parameters
    ----------
    wanted : sequence of float, ascending
        Where the middles belong.
    sizes : sequence of float
        Height of each.
    low, high : float
        The room there is.

    Returns
    -------
    list of float
        Middles, in the order given.

    Notes
    -----
    **Source:** labels that touch form a block, centred on where its members belong.

    Examples
    --------
    >>> spread([0, 0, 10], [2, 2, 2], -5, 15)
    [-1.0, 1.0, 10.0]
    """
    blocks: list[list[int]] = []
    starts: list[float] = []

    def settle(block: list[int]) -> float:
        length = sum(sizes[i] for i in block)
        offset, ideal = 0.0, 0.0
        for i in block:
            ideal += wanted[i] - offset - sizes[i] / 2
            offset += sizes[i]
        return float(min(max(ideal / len(block), low), high - length))

    for i in range(len(wanted)):
        blocks.append([i])
        starts.append(settle([i]))
        while len(blocks) > 1 and starts[-2] + sum(sizes[j] for j in blocks[-2]) > starts[-1]:
            last = blocks.pop()
            starts.pop()
            blocks[-1] += last
            starts[-1] = settle(blocks[-1])
    places = []
    for start, block in zip(starts, blocks, strict=True):
        at = start
        for i in block:
            places.append(float(at + sizes[i] / 2))
            at += sizes[i]
    return places


def readable(colour: str) -> str:
    """Darken a colour for text, which needs more contrast with white than a line does.

    Parameters
    ----------
    colour : str
        One of :data:`COLOURS`.

    Returns
    -------
    str
    """
    darker = {
        COLOURS["margin"]: "#8A5F00",
        COLOURS["short"]: "#A3457A",
        COLOURS["unhedged"]: "#A84A00",
        COLOURS["good"]: "#007A59",
    }
    return darker.get(colour, colour)


def _alt_pnl(scenario: Scenario) -> str:
    plan, coin = scenario.plan, scenario.plan.contract.coin
    ends = (int(np.argmin(scenario.move)), int(np.argmax(scenario.move)))
    found = "; ".join(
        f"at {percent(scenario.move[i], signed=True)} "
        f"{usd(scenario.total_pnl_usd[i], signed=True)} with the hedge and "
        f"{usd(scenario.unhedged_pnl_usd[i], signed=True)} without"
        for i in ends
    )
    danger = _liquidation_words(plan)
    return (
        f"Profit and loss of a book of {usd(plan.book_usd)} over moves of {coin}: {found}. "
        f"{danger[0].upper()}{danger[1:]}."
    )


def _draw_pnl_at(ax: Axes, study: MoveStudy) -> None:
    _draw_pnl(ax, study.curve)
    at, point = float(study.point.move[0]), study.point
    across = ax.get_xaxis_transform()
    draw_line(ax, [at, at], [0, 1], color="#333333", linewidth=1, zorder=1, transform=across)
    dot: dict[str, Any] = {"marker": "o", "clip_on": False}
    for _, colour, values in _parts(point):
        draw_line(ax, [at], values, color=colour, markersize=6, zorder=4, **dot)
    total = COLOURS["total"]
    draw_line(ax, [at], point.total_pnl_usd, color=total, markersize=9, zorder=5, **dot)
    coin = study.plan.contract.coin
    ax.set_title(
        f"{coin} {percent(at, signed=True, digits=_digits(at))}: "
        f"{usd(point.total_pnl_usd[0], signed=True)} with the hedge, "
        f"{usd(point.unhedged_pnl_usd[0], signed=True)} without",
    )


def _alt_pnl_at(study: MoveStudy) -> str:
    plan, coin, at = study.plan, study.plan.contract.coin, study.point.rows()[0]
    parts = [f"altcoins {usd(at['spot_pnl_usd'], signed=True)}"]
    if plan.holds_coin:
        parts.append(f"{coin} margin {usd(at['collateral_pnl_usd'], signed=True)}")
    parts.append(f"short {usd(at['hedge_pnl_usd'], signed=True)}")
    if plan.open_fee_usd:
        parts.append(f"fee {usd(at['fees_usd'], signed=True)}")
    move = percent(at["move"], signed=True, digits=_digits(at["move"]))
    danger = "the short is liquidated" if at["liquidated"] else _liquidation_words(plan)
    return (
        f"{coin} {move}, to {usd(at['price_usd'])}: {', '.join(parts)}; together "
        f"{usd(at['total_pnl_usd'], signed=True)}, against "
        f"{usd(at['unhedged_pnl_usd'], signed=True)} without the hedge. "
        f"Leverage {plan.leverage:.2f}x; {danger}."
    )


PNL_OVER_MOVES: Picture[Scenario] = Picture(
    name="profit and loss over moves", draw=_draw_pnl, alt=_alt_pnl
)
PNL_AT_MOVE: Picture[MoveStudy] = Picture(
    name="profit and loss at a move", draw=_draw_pnl_at, alt=_alt_pnl_at
)


# The parts of several plans side by side


def _draw_parts(ax: Axes, cases: Mapping[str, Scenario]) -> None:
    parts = {name: _case_parts(scenario) for name, scenario in cases.items()}
    reach = max(float(np.abs(np.cumsum(values, axis=0)).max()) for values in parts.values())
    for case, (name, scenario) in enumerate(cases.items()):
        left = case * _GROUP
        _draw_waterfall(ax, left, parts[name], reach)
        _head_of_case(ax, left + 1.5, name, scenario.plan)
    coin, moves = _same_market(cases)
    for move in moves:
        ax.annotate(
            f"{coin}\n{percent(move, signed=True)}",
            (-1.0, np.sign(move) * reach * 0.5),
            ha="center",
            va="center",
            fontsize=11.5,
            color=COLOURS["grey"],
            annotation_clip=False,
        )
    ax.axhline(0, color="#444444", linewidth=1.0, zorder=1)
    ax.set_xlim(-0.6, (len(cases) - 1) * _GROUP + 3.6)
    ax.set_ylim(-reach * 1.06, reach * 1.06)
    ticks = [case * _GROUP + i for case in range(len(cases)) for i in range(4)]
    ax.set_xticks(ticks, ["altcoins", "margin", "short", "total"] * len(cases))
    ax.set_xlabel("profit or loss of each part, one after the other, and their total (USD)")
    ax.tick_params(axis="x", length=0, labelsize=9.5)
    ax.set_yticks([])
    ax.grid(visible=False)
    for side in ("bottom", "left"):
        ax.spines[side].set_visible(False)
    low = int(np.argmin(moves))
    left_over = ", ".join(
        f"{name.split(':')[0]} {usd(scenario.total_pnl_usd[low], signed=True)}"
        for name, scenario in cases.items()
    )
    ax.figure.suptitle(
        f"{coin} {percent(moves[low], signed=True)}, everything added up: {left_over}",
        x=0.02,
        ha="left",
        fontsize=13,
        fontweight="bold",
    )


_GROUP = 4.5
"""Distance between the bars of one case and the next, in bars."""


def _same_market(cases: Mapping[str, Scenario]) -> tuple[str, FloatArray]:
    first, *others = cases.values()
    for other in others:
        if other.plan.contract.coin != first.plan.contract.coin or not np.array_equal(
            other.move, first.move
        ):
            raise InvalidInput("the cases must be of one coin and the same moves")
    return first.plan.contract.coin, first.move


def _case_parts(scenario: Scenario) -> FloatArray:
    return np.array([scenario.spot_pnl_usd, scenario.collateral_pnl_usd, scenario.hedge_pnl_usd])


def _draw_waterfall(ax: Axes, left: float, parts: FloatArray, reach: float) -> None:
    """Draw each part from where the one before ended, and the sum from zero."""
    keys = ("altcoins", "margin", "short", "total")
    ends = np.cumsum(parts, axis=0)
    starts = np.vstack([np.zeros(parts.shape[1]), ends[:-1], np.zeros(parts.shape[1])])
    values = np.vstack([parts, ends[-1]])
    for i, key in enumerate(keys):
        for start, value in zip(starts[i], values[i], strict=True):
            if abs(value) < 0.004 * reach:
                ax.plot([left + i - 0.46, left + i + 0.46], [0, 0], color=COLOURS[key], linewidth=3)
            ax.bar(left + i, value, bottom=start, width=0.92, color=COLOURS[key], zorder=2)
            _label_bar(ax, left + i, start, value, reach, "white" if key in _DEEP else "black")
        if i < 3:
            for level in ends[min(i, 2)]:
                ax.plot(
                    [left + i + 0.46, left + i + 0.54], [level, level], color="#666666", linewidth=1
                )


_DEEP = ("altcoins", "total")
"""Bars dark enough for white text."""


def _label_bar(ax: Axes, x: float, start: float, value: float, reach: float, inside: str) -> None:
    text = usd(value, signed=True).replace("$", "")
    if abs(value) > 0.09 * reach:
        ax.text(
            x, start + value / 2, text, ha="center", va="center", color=inside, fontsize=9, zorder=4
        )
        return
    below = start + value < 0 or (start + value == 0 and start < 0)
    ax.annotate(
        text,
        (x, start + value),
        xytext=(0, -4 if below else 4),
        textcoords="offset points",
        ha="center",
        va="top" if below else "bottom",
        fontsize=9.5,
        zorder=4,
    )


def _head_of_case(ax: Axes, middle: float, name: str, plan: HedgePlan) -> None:
    coin = plan.contract.coin
    lines = (
        f"keeps {usd(plan.kept_usd)} of altcoins,",
        f"posts {usd(plan.collateral_usd)} of {coin if plan.holds_coin else 'stablecoin'},",
        f"shorts {usd(plan.notional_usd)}",
    )
    anchor: dict[str, Any] = {
        "xycoords": ("data", "axes fraction"),
        "textcoords": "offset points",
        "ha": "center",
    }
    ax.annotate(
        name, (middle, 1), xytext=(0, 52), va="bottom", fontweight="bold", fontsize=11, **anchor
    )
    ax.annotate("\n".join(lines), (middle, 1), xytext=(0, 48), va="top", fontsize=9.5, **anchor)


def _alt_parts(cases: Mapping[str, Scenario]) -> str:
    coin, moves = _same_market(cases)
    low = int(np.argmin(moves))
    told = []
    for name, scenario in cases.items():
        spot, margin, short = (usd(v, signed=True) for v in _case_parts(scenario)[:, low])
        told.append(
            f"{name}: altcoins {spot}, margin {margin}, short {short}, "
            f"total {usd(scenario.total_pnl_usd[low], signed=True)}, "
            f"with {usd(scenario.plan.kept_usd)} of altcoins kept"
        )
    others = " and ".join(percent(m, signed=True) for m in np.delete(moves, low))
    mirror = f" {others} mirrors it." if others and _mirrors(cases) else ""
    return f"{coin} {percent(moves[low], signed=True)}. {'. '.join(told)}.{mirror}"


def _mirrors(cases: Mapping[str, Scenario]) -> bool:
    return all(
        scenario.move.size == 2 and np.allclose(_case_parts(scenario).sum(axis=1), 0, atol=0.5)
        for scenario in cases.values()
    )


PARTS_BY_CASE: Picture[Mapping[str, Scenario]] = Picture(
    name="parts by case",
    draw=_draw_parts,
    alt=_alt_parts,
    size=(9.4, 5.4),
    margins=(0.07, 0.995, 0.095, 0.765),
)


# Beta


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaScatter:
    """Returns and the line fitted through them.

    Parameters
    ----------
    y, x : array_like, shape (n,)
        Returns of the book and of the coin on the same dates, decimals.
    fit : BetaEstimate
        Of `y` on `x`.
    period : str
        What one return covers, for the axes: ``"daily"``.

    Raises
    ------
    InvalidInput
        Missing values, or unequal lengths.
    """

    y: FloatArray
    x: FloatArray
    fit: BetaEstimate
    period: str = "daily"

    def __post_init__(self) -> None:
        object.__setattr__(self, "y", series("y", self.y))
        object.__setattr__(self, "x", series("x", self.x))
        if self.y.size != self.x.size:
            raise InvalidInput(f"y and x must be of one length, got {self.y.size}, {self.x.size}")

    def band(self, x: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Evaluate the fitted line and the 95% band of the mean around it.

        Parameters
        ----------
        x : array_like, shape (m,)
            Returns of the coin.

        Returns
        -------
        fitted, low, high : ndarray, shape (m,)
            All the same where the estimate has no standard error.

        Notes
        -----
        **Source:** the variance of the fitted mean is ``s2/n + se^2 (x - mean)^2``.
        """
        fit = self.fit
        (x,) = numbers(x=(x, FINITE))
        fitted = np.asarray(fit.alpha + fit.beta * x)
        if not fit.se:
            return fitted, fitted, fitted
        t = (fit.interval()[1] - fit.beta) / fit.se
        half = t * np.sqrt(fit.residual_sd**2 / fit.n + fit.se**2 * (x - self.x.mean()) ** 2)
        return fitted, fitted - half, fitted + half


def _draw_beta(ax: Axes, scatter: BetaScatter) -> None:
    fit = scatter.fit
    ax.scatter(
        scatter.x, scatter.y, s=14, color=COLOURS["altcoins"], alpha=0.45, linewidths=0, zorder=2
    )
    low, high = float(scatter.x.min()), float(scatter.x.max())
    x = np.linspace(low, high, 50)
    fitted, below, above = scatter.band(x)
    ax.fill_between(x, below, above, color=COLOURS["unhedged"], alpha=0.25, linewidth=0, zorder=3)
    ax.plot(x, fitted, color=COLOURS["unhedged"], zorder=4)
    ax.axhline(0, color="#888888", linewidth=1, zorder=1)
    ax.axvline(0, color="#888888", linewidth=1, zorder=1)
    for axis in (ax.xaxis, ax.yaxis):
        # Steps of 2.5% would be rounded in the labels.
        axis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda v, _: percent(v, signed=True)))
    ax.set_xlabel(f"{scatter.period} return of {fit.x_name}")
    ax.set_ylabel(f"{scatter.period} return of {fit.y_name}")
    ax.annotate(
        f"slope {fit.beta:.2f}",
        (high, float(fitted[-1])),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=readable(COLOURS["unhedged"]),
        fontweight="bold",
        annotation_clip=False,
    )
    ax.set_title(
        f"{fit.x_name} explains {percent(max(fit.r2, 0.0))} of the variance of {fit.y_name}"
    )


def _alt_beta(scatter: BetaScatter) -> str:
    fit = scatter.fit
    beta = f"beta {fit.beta:.2f}"
    if fit.se is not None:
        low, high = fit.interval()
        beta += f", 95% interval {low:.2f} to {high:.2f}"
    return (
        f"{fit.n} {scatter.period} returns of {fit.y_name} against those of {fit.x_name}, with the "
        f"fitted line: {beta}; {fit.x_name} explains {percent(max(fit.r2, 0.0))} of the variance."
    )


BETA_SCATTER: Picture[BetaScatter] = Picture(
    name="beta scatter",
    draw=_draw_beta,
    alt=_alt_beta,
    margins=(0.115, 0.87, 0.135, 0.89),
)
