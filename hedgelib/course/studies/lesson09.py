"""The learner's file, a stress test, and the checklist, as lesson 09 shows them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from hedgelib import market
from hedgelib._check import (
    ABOVE_MINUS_ONE,
    FINITE,
    FRACTION,
    POSITIVE,
    FloatArray,
    one_of,
    scalars,
)
from hedgelib._text import Table, percent, usd
from hedgelib.choice import Candidate, HedgeChoice, rank_hedges
from hedgelib.course.prose import Prediction, predict
from hedgelib.errors import InvalidInput, NotEnoughData, PortfolioFileError
from hedgelib.plan import Collateral, HedgePlan, rebalance
from hedgelib.portfolio import Holding, Portfolio, betas_text, read_portfolio
from hedgelib.report import HedgeReport, find_portfolio
from hedgelib.scenario import run_scenario
from hedgelib.show.moves import MoveStudy

__all__ = [
    "BROKEN",
    "ENOUGH",
    "Loaded",
    "Sample",
    "broken_files",
    "checklist",
    "closed_from",
    "complaint",
    "drift_usd",
    "guess_rallies",
    "guess_reports",
    "guess_swing",
    "highest_leverage",
    "load_book",
    "own_copy",
    "own_swing_usd",
    "sample_book",
    "stress",
    "work_folder",
]

ENOUGH = 0.5
"""Least share of the variance, out of sample, at which this course recommends a hedge."""

BENCHMARKS = ("BTC", "ETH")

BROKEN: dict[str, tuple[str, str]] = {
    "a thousands separator": (
        'coin,usd_value\nLINK,"20,000"\n',
        "Write 20000. With a comma and three digits it could also mean twenty.",
    ),
    "another name for a column": (
        "coin,dollars\nLINK,20000\n",
        "Rename the column in the first line.",
    ),
    "a coin in two lines": (
        "coin,usd_value\nLINK,12000\nAVAX,10000\nlink,8000\n",
        "Keep one line, with the sum of the two.",
    ),
    "a quantity without a price": (
        "coin,quantity\nUNI,900\n",
        "Give its price_usd or its usd_value. A bare quantity will do for the coins of our data.",
    ),
    "a short among the holdings": (
        "coin,usd_value\nLINK,20000\nAVAX,-5000\n",
        "List what you own. A short that you already have is part of the plan, not of the book.",
    ),
}
"""Faulty files by fault: the text, and how to fix it."""


# The file


def work_folder() -> Path:
    """Return the folder for the learner's own files; it need not be there.

    Returns
    -------
    Path
        ``work`` next to the notebooks of a copy of the workbook, else in the working directory.
    """
    root = Path(__file__).resolve().parents[2]
    return root / "work" if (root / "notebooks").is_dir() else Path("work")


def _found(file: str) -> Path:
    path = Path(file)
    mine = work_folder().parent / path
    if not path.exists() and not path.is_absolute() and mine.exists():
        return mine
    return find_portfolio(path)[0]


def complaint(error: PortfolioFileError, name: str) -> str:
    """Return the fault of a file, with the file's name as its owner gave it.

    Parameters
    ----------
    error : PortfolioFileError
    name : str

    Returns
    -------
    str
    """
    return str(error).replace(str(error.path), name, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A portfolio file or its fault, as :func:`load_book` returns it.

    Parameters
    ----------
    file : str
        As the learner named it.
    path : Path, optional
        Where it was found.
    read : Portfolio, optional
        None where it could not be read.
    problem : str
        What is wrong with it; empty where nothing is.
    """

    file: str
    path: Path | None
    read: Portfolio | None
    problem: str = ""

    @property
    def book(self) -> Portfolio:
        """The book.

        Raises
        ------
        InvalidInput
            The file could not be read, with the reason.
        """
        if self.read is None:
            raise InvalidInput(self.problem)
        return self.read

    @property
    def source(self) -> str:
        """The path as text, for the parameters of a report."""
        return str(self.path)

    def _rows(self) -> list[tuple[str, str, str]]:
        book = self.book
        rows = [
            (h.coin, usd(h.value_usd), f"{betas_text(h)}, yours" if h.has_own_beta else "")
            for h in book
        ]
        return [*rows, ("together", usd(book.value_usd), "")]

    def _taken(self) -> list[str]:
        """Return which columns and coins were read as what, for their owner to check."""
        names = [f"{name} for {ours}" for name, ours in self.book.read_as]
        lines = [f"Taken: {', '.join(names)}"] if names else []
        return lines + [reading.text for reading in self.book.coins_read_as]

    def _repr_html_(self) -> str:
        if self.read is None:
            mend = "Open the file, change that place, save, run this again."
            rows = [("What is wrong", self.problem), ("How to fix it", mend)]
            return Table(("question", "answer"), rows, "ll").html()
        caption = ". ".join([self.file, *self._taken()])
        return Table(("coin", "value", "beta"), self._rows(), caption=caption).html()

    def __repr__(self) -> str:
        if self.read is None:
            return self.problem
        lines = [f"{coin}: {worth} {beta}".rstrip() for coin, worth, beta in self._rows()]
        return "\n".join([*lines, *self._taken()])


def load_book(file: str) -> Loaded:
    """Return a portfolio file, or its fault with a way to fix it.

    Parameters
    ----------
    file : str
        From the working directory, from the folder of the workbook, or one that ships with it.

    Returns
    -------
    Loaded

    Examples
    --------
    >>> load_book("data/portfolios/defi_mix.csv").book.value_usd
    50000.0
    >>> load_book("nowhere.csv")
    nowhere.csv: there is no such file, ...
    """
    path = None
    try:
        path = _found(file)
        book = read_portfolio(path, market.latest_prices())
    except PortfolioFileError as error:
        return Loaded(file=file, path=path, read=None, problem=complaint(error, file))
    return Loaded(file=file, path=path, read=book)


def own_copy(file: str, name: str = "my_portfolio.csv", *, make: bool = False) -> str:
    """Copy a portfolio file into the learner's folder, when asked to.

    Parameters
    ----------
    file : str
    name : str
        Of the copy, a bare file name. A file that is there already is never written over.
    make : bool
        Nothing is written without it.

    Returns
    -------
    str
        What was done, in a sentence.

    Raises
    ------
    InvalidInput
        A name with a folder in it.
    PortfolioFileError
        There is no file to copy.
    """
    if not name or Path(name).name != name:
        raise InvalidInput(f"name must be a bare file name such as mine.csv, got {name!r}")
    target = work_folder() / name
    if not make:
        return f"Nothing written. With make=True this copies {file} to work/{name}."
    text = _found(file).read_bytes()
    try:
        target.parent.mkdir(exist_ok=True)
        with target.open("xb") as out:
            out.write(text)
    except FileExistsError:
        return f"work/{name} is there already and stays as it is."
    return f"Copied to work/{name}. Open it, put in your coins, and name it in the cell above."


def broken_files() -> list[tuple[str, str, str]]:
    """Return the message that each file in :data:`BROKEN` gives.

    Returns
    -------
    list of (str, str, str)
        The fault, the message, the fix.
    """
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.csv"
        for fault, (text, mend) in BROKEN.items():
            path.write_text(text, encoding="utf-8")
            try:
                read_portfolio(path, market.latest_prices())
            except PortfolioFileError as error:
                rows.append((fault, complaint(error, path.name), mend))
    missing = load_book("work/no_such_file.csv")
    rows.append(("no file", missing.problem, "Check the name, or make a copy as above."))
    return rows


# What the book tracks


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The part of a book that has a price history, as :func:`sample_book` returns it.

    Parameters
    ----------
    coins : tuple of str
        With a history and no beta of their owner's.
    value_usd : float
        Of those.
    own : tuple of Holding
        Those that have a beta of their owner's.
    cash : tuple of (str, float)
        Ticker and USD of dollars and stablecoins.
    unknown : tuple of (str, float)
        Coin and USD of those of which nothing is known.
    book : ndarray, shape (n,)
        Daily returns of the part with history, decimals.
    hedges : dict of str to ndarray
        Of BTC and ETH on the same days.
    """

    coins: tuple[str, ...]
    value_usd: float
    own: tuple[Holding, ...]
    cash: tuple[tuple[str, float], ...]
    unknown: tuple[tuple[str, float], ...]
    book: FloatArray
    hedges: dict[str, FloatArray]

    def own_usd(self, coin: str) -> float:
        """Owner's betas to a hedge coin times values, USD; 0 where the file gives none to it."""
        return sum(h.value_usd * (h.beta_to(coin) or 0.0) for h in self.own)

    def ranked(self) -> HedgeChoice:
        """Return BTC and ETH ranked by out-of-sample variance reduction.

        Returns
        -------
        HedgeChoice
        """
        each = [(coin,) for coin in self.hedges]
        return rank_hedges(self.book, self.hedges, self.value_usd, candidates=each, enough=ENOUGH)

    def rows(self) -> list[tuple[str, str, str]]:
        """Return how the beta of each part is known.

        Returns
        -------
        list of (str, str, str)
        """
        rows = [(", ".join(self.coins), usd(self.value_usd), "measured on prices")]
        rows += [
            (h.coin, usd(h.value_usd), f"{betas_text(h)}, from the file, not checked")
            for h in self.own
        ]
        rows += [(c, usd(v), "0, cash") for c, v in self.cash]
        return rows + [(c, usd(v), "unknown, so not hedged") for c, v in self.unknown]


def sample_book(book: Portfolio, window: int = 365) -> Sample:
    """Return a book split by how its betas are known, with its returns.

    Parameters
    ----------
    book : Portfolio
    window : int
        Last days to take.

    Returns
    -------
    Sample

    Raises
    ------
    NotEnoughData
        No coin has a price history for the window.
    """
    returns = market.returns(window=window)
    whole = {coin for coin in returns.columns if returns[coin].notna().all()}
    held = [h for h in book if h.value_usd > 0]
    known = [h for h in held if h.coin in whole and not h.has_own_beta and not h.is_cash]
    if not known:
        raise NotEnoughData(
            f"none of {', '.join(book.coins)} has a price history of {window} days; this lesson "
            f"needs one of {', '.join(sorted(whole))}"
        )
    value = sum(h.value_usd for h in known)
    weights = np.array([h.value_usd / value for h in known])
    return Sample(
        coins=tuple(h.coin for h in known),
        value_usd=value,
        own=tuple(h for h in held if h.has_own_beta),
        cash=tuple((h.coin, h.value_usd) for h in held if h.is_cash),
        unknown=tuple(
            (h.coin, h.value_usd)
            for h in held
            if h.coin not in whole and not h.has_own_beta and not h.is_cash
        ),
        book=returns[[h.coin for h in known]].to_numpy(dtype=np.float64) @ weights,
        hedges={coin: returns[coin].to_numpy(dtype=np.float64) for coin in BENCHMARKS},
    )


# Decisions


def highest_leverage(
    rally: float, maintenance_rate: float, *, collateral: Collateral = "new_money"
) -> float:
    """Return the leverage at which an inverse short is liquidated just beyond a rally.

    Formula: ``L = (1 + r) / (r + m)`` where the margin is coin, ``1 / (r + m)`` where it is a
    stablecoin; maintenance at the mark price.

    Parameters
    ----------
    rally : float
        Return of the coin that the short must survive, decimal, > 0.
    maintenance_rate : float
        Decimal.
    collateral : {"new_money", "from_portfolio", "stablecoin"}
        The last does not grow in the rally.

    Returns
    -------
    float

    Raises
    ------
    InvalidInput
        Values out of range, another collateral.

    Notes
    -----
    **Source:** equity ``C (1 + r) - N r``, with a stablecoin ``C - N r``, set equal to the
    maintenance ``m N``, with ``C = N / L``.

    Examples
    --------
    >>> highest_leverage(1.0, 0.0), highest_leverage(1.0, 0.0, collateral="stablecoin")
    (2.0, 1.0)
    """
    rally, maintenance_rate = scalars(
        rally=(rally, POSITIVE), maintenance_rate=(maintenance_rate, FRACTION)
    )
    one_of("collateral", collateral, get_args(Collateral))
    grown = 1.0 if collateral == "stablecoin" else 1 + rally
    return grown / (rally + maintenance_rate)


def closed_from(closes_usd: FloatArray, move: float, days: int = 30) -> tuple[int, int, float]:
    """Return how many days had a given rise at a close within some days after.

    Parameters
    ----------
    closes_usd : ndarray, shape (n,)
    move : float
        Decimal.
    days : int

    Returns
    -------
    reached, starts : int
    largest : float
        The largest such rise, decimal.
    """
    windows = np.lib.stride_tricks.sliding_window_view(closes_usd, days + 1)
    best = windows[:, 1:].max(axis=1) / windows[:, 0] - 1
    return int((best >= move).sum()), int(best.size), float(best.max())


def own_swing_usd(
    plan: HedgePlan, sample: Sample, residual_sd: float, held_usd: float = 0.0
) -> float:
    """Return the residual volatility of the book, one standard deviation a day, USD.

    Parameters
    ----------
    plan : HedgePlan
    sample : Sample
    residual_sd : float
        Of the part with history per day, decimal.
    held_usd : float
        Hedge coin that the book held already; it is posted before anything is sold.

    Returns
    -------
    float
        Of the measured coins only, after those sold for margin.
    """
    others_usd = plan.book_usd - held_usd - sum(value for _, value in sample.cash)
    share_sold = plan.sold_usd / others_usd if plan.sold_usd else 0.0
    return sample.value_usd * residual_sd * (1 - share_sold)


def stress(plan: HedgePlan, move: float, *, shock: float = 0.0, true_beta: float) -> MoveStudy:
    """Return the profit after a move in which the book's beta differs from the plan's.

    Formula: residual ``= shock + (true beta - beta) r``.

    Parameters
    ----------
    plan : HedgePlan
    move : float
        Return of the coin, decimal above -1.
    shock : float
        Return of the book that has nothing to do with the coin, decimal.
    true_beta : float

    Returns
    -------
    MoveStudy
    """
    move, shock, true_beta = scalars(
        move=(move, ABOVE_MINUS_ONE), shock=(shock, FINITE), true_beta=(true_beta, FINITE)
    )
    moves = np.linspace(min(-0.6, move), max(1.2, move), 121)
    at = plan.liquidation_move
    if moves[0] < at < moves[-1]:
        moves = np.sort(np.append(moves, [at - 1e-9, at + 1e-9]))
    error = true_beta - plan.beta
    return MoveStudy(
        curve=run_scenario(plan, moves, residual=shock + error * moves),
        point=run_scenario(plan, [move], residual=shock + error * move),
    )


def drift_usd(plan: HedgePlan, move: float) -> float:
    """Return the change of the right short after a move.

    Parameters
    ----------
    plan : HedgePlan
        A full hedge.
    move : float
        Decimal above -1.

    Returns
    -------
    float
        USD; more to short where positive.
    """
    if plan.holds_coin:
        changed = rebalance(plan.kept_usd, plan.kept_beta, plan.wallet_usd, plan.notional_usd, move)
        return float(changed.change_usd)
    after = plan.kept_usd * (1 + plan.kept_beta * move)
    return plan.kept_beta * after - plan.notional_usd


def checklist(report: HedgeReport, *, rally: float, band_usd: float) -> list[Sequence[str]]:
    """Return each of the eight rules with a report's verdict.

    Parameters
    ----------
    report : HedgeReport
    rally : float
        Rise of the coin that the short must survive, decimal.
    band_usd : float
        Change of the right size that is worth a trade, USD.

    Returns
    -------
    list of (str, str, str)
        Rule; what the numbers say; ``"holds"``, ``"look"`` or ``"yours"``.
    """
    plan, coin, tracked = report.plan, report.hedge_coin, report.tracked
    low, high = tracked.book_beta_low, tracked.book_beta_high
    removed = tracked.out_of_sample
    sources = {
        "new_money": f"{coin} bought: the short covers it too",
        "from_portfolio": f"{usd(plan.sold_usd)} of altcoins sold for it; the short covers it too",
        "stablecoin": "stablecoin: no risk of its own to cover",
    }
    far = plan.liquidation_move
    drift = max((drift_usd(plan, move) for move in (-0.2, 0.2)), key=abs)
    past = None if report.funding is None else report.funding.history
    return [
        (
            "1 Measure beta",
            f"{tracked.book_beta:.2f}, 95% interval {low:.2f} to {high:.2f}",
            "holds" if tracked.estimate is not None else "look",
        ),
        (
            "2 Enough variance removed? If not, hold less",
            "not measured"
            if removed is None
            else f"{percent(removed)} of the variance removed out of sample; "
            f"at least {percent(ENOUGH)} wanted",
            "holds" if removed is not None and removed >= ENOUGH else "look",
        ),
        ("3 Margin, and its own risk", sources[plan.collateral], "yours"),
        (
            f"4 Survives {percent(rally, signed=True)}?",
            f"{plan.leverage:.2f}x, liquidated at {percent(far, signed=True)}"
            if np.isfinite(far)
            else f"{plan.leverage:.2f}x, no price liquidates it",
            "holds" if far > rally else "look",
        ),
        (
            "5 Round, and state the residual",
            f"{abs(plan.contracts):,.10g} contracts; "
            f"{usd(plan.residual_delta_usd, signed=True, cents=True)} left",
            "holds" if abs(plan.residual_delta_usd) <= plan.contract.multiplier else "look",
        ),
        (
            "6 Carry",
            "no funding history"
            if past is None
            else f"30 days: {usd(past.month_usd, signed=True)} at the mean, "
            f"{usd(past.worst_month_usd, signed=True)} in the worst month; "
            f"opening {usd(-plan.open_fee_usd, signed=True)}",
            "yours",
        ),
        (
            f"7 Adjust beyond {usd(band_usd)}",
            f"{coin} 20% away changes the right size by {usd(drift, signed=True)}",
            "holds" if abs(drift) <= band_usd else "look",
        ),
        (
            "8 Close by contracts",
            f"{'buy' if plan.contracts < 0 else 'sell'} {abs(plan.contracts):,.10g}, "
            "whatever the price is then",
            "yours",
        ),
    ]


# Predictions


def guess_swing(best: Candidate) -> Prediction:
    """Ask how much volatility a given variance reduction removes.

    Parameters
    ----------
    best : Candidate

    Returns
    -------
    Prediction
    """
    variance = percent(best.effectiveness)
    swing = percent(best.volatility_removed)
    root = percent(float(np.sqrt(max(best.effectiveness, 0.0))))
    return predict(
        f"Out of sample, a hedge with {best.name} removed {variance} of the variance of the part "
        "with prices. By how much did that reduce its daily volatility?",
        {
            variance: "Variance counts squares. Volatility is its root, and falls by less.",
            root: "That is the root of what was removed. Take the root of what is left.",
            swing: f"The root of the variance that is left is the volatility that is left; "
            f"{swing} is removed.",
        },
        answer=swing,
    )


def guess_rallies(reached: int, starts: int, move: float, coin: str) -> Prediction:
    """Ask how often a rise came within a month.

    Parameters
    ----------
    reached, starts : int
    move : float
        Decimal.
    coin : str

    Returns
    -------
    Prediction
    """
    right = round(100 * reached / starts)
    others = {0: "It feels far for a month. Look at the record.", 25: "Not that often."}
    options = {f"about {n} in 100": reason for n, reason in others.items() if abs(n - right) > 1}
    answer = f"about {right} in 100"
    options[answer] = f"From {reached:,} of {starts:,} days a close within 30 days was that high."
    return predict(
        f"The short is liquidated at a rise of {coin} of {percent(move)}. From how many days "
        "of the record did a close within the next 30 days reach such a rise?",
        dict(sorted(options.items(), key=lambda item: int(item[0].split()[1]))),
        answer=answer,
    )


def guess_reports(first: HedgeReport, second: HedgeReport) -> Prediction:
    """Ask whether two reports on one file size the same short.

    Parameters
    ----------
    first, second : HedgeReport
        Of one file.

    Returns
    -------
    Prediction
    """
    one, other = first.plan.notional_usd, second.plan.notional_usd
    same, less, more = "the same short", "a smaller short", "a larger short"
    answer = same if abs(one - other) < 0.02 * one else less if other < one else more
    why = (
        f"{usd(one)} with the default settings, {usd(other)} with yours. Both include the "
        "margin in the size."
    )
    reasons = {
        same: "The book and its beta are the same. But the margin is not.",
        less: "Think of what is sold, and of how much margin a leverage needs.",
        more: "A lower leverage needs more margin. But see where it comes from.",
    }
    return predict(
        "The same file again, with your two decisions (source of the margin, cap) in place of the "
        "defaults of the command. Compared with the first page, the second says:",
        reasons | {answer: why},
        answer=answer,
    )
