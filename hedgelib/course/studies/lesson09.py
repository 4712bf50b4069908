"""What lesson 09 computes: the learner's file, a stress test, and the checklist."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hedgelib import market
from hedgelib._check import POSITIVE, FloatArray, scalars
from hedgelib._text import Table, percent, usd
from hedgelib.choice import HedgeChoice, rank_hedges
from hedgelib.errors import InvalidInput, NotEnoughData, PortfolioFileError
from hedgelib.plan import Collateral, HedgePlan, rebalance
from hedgelib.portfolio import Holding, Portfolio, betas_text, read_portfolio
from hedgelib.report import HedgeReport, find_portfolio
from hedgelib.scenario import run_scenario
from hedgelib.show.moves import MoveStudy, study_move

__all__ = [
    "BROKEN",
    "ENOUGH",
    "Loaded",
    "Sample",
    "broken_files",
    "checklist",
    "drift_usd",
    "highest_leverage",
    "load_book",
    "own_copy",
    "residual_sd_usd",
    "sample_book",
    "stress",
    "work_folder",
]

ENOUGH = 0.5
"""Least share of the variance, out of sample, at which this course recommends a hedge."""

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
    """Return the folder for the learner's own files; it need not be there."""
    root = Path(__file__).resolve().parents[3]
    return root / "work" if (root / "notebooks").is_dir() else Path("work")


def _find(file: str) -> Path:
    path = Path(file)
    mine = work_folder().parent / path
    if not path.exists() and not path.is_absolute() and mine.exists():
        return mine
    return find_portfolio(path)[0]


def _complaint(error: PortfolioFileError, name: str) -> str:
    """Return the fault of a file, with the file's name as its owner gave it."""
    return str(error).replace(str(error.path), name, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A portfolio file as the learner named it, or what is wrong with it."""

    file: str
    path: Path | None
    read: Portfolio | None
    problem: str = ""

    @property
    def book(self) -> Portfolio:
        """The book; an error says why there is none."""
        if self.read is None:
            raise InvalidInput(self.problem)
        return self.read

    @property
    def source(self) -> str:
        """The path as text, for the parameters of a report."""
        return str(self.path)

    def _taken(self) -> list[str]:
        """Return which columns and coins were read as what, for their owner to check."""
        names = [f"{name} for {ours}" for name, ours in self.book.read_as]
        lines = [f"Taken: {', '.join(names)}"] if names else []
        return lines + [reading.text for reading in self.book.coins_read_as]

    def table(self) -> Table:
        """Return the coins with their values, or the fault with a way to fix it."""
        if self.read is None:
            mend = "Open the file, change that place, save, run this again."
            rows = [("What is wrong", self.problem), ("How to fix it", mend)]
            return Table(("question", "answer"), rows, "ll")
        holdings = [
            (h.coin, usd(h.value_usd), f"{betas_text(h)}, yours" if h.has_own_beta else "")
            for h in self.read
        ]
        together = ("together", usd(self.read.value_usd), "")
        caption = ". ".join([self.file, *self._taken()])
        return Table(("coin", "value", "beta"), [*holdings, together], caption=caption)

    def _repr_html_(self) -> str:
        return self.table().html()

    def __repr__(self) -> str:
        if self.read is None:
            return self.problem
        lines = [f"{coin}: {value} {beta}".rstrip() for coin, value, beta in self.table().rows]
        return "\n".join([*lines, *self._taken()])


def load_book(file: str) -> Loaded:
    """Read a portfolio file from here, from the workbook's folder, or one that ships with it."""
    path = None
    try:
        path = _find(file)
        book = read_portfolio(path, market.latest_prices())
    except PortfolioFileError as error:
        return Loaded(file=file, path=path, read=None, problem=_complaint(error, file))
    return Loaded(file=file, path=path, read=book)


def own_copy(file: str, name: str = "my_portfolio.csv", *, make: bool = False) -> str:
    """Copy a portfolio file into the learner's folder, never over another; say what was done."""
    if not name or Path(name).name != name:
        raise InvalidInput(f"name must be a bare file name such as mine.csv, got {name!r}")
    target = work_folder() / name
    if not make:
        return f"Nothing written. With make=True this copies {file} to work/{name}."
    text = _find(file).read_bytes()
    try:
        target.parent.mkdir(exist_ok=True)
        with target.open("xb") as out:
            out.write(text)
    except FileExistsError:
        return f"work/{name} is there already and stays as it is."
    return f"Copied to work/{name}. Open it, put in your coins, and name it in the cell above."


def broken_files() -> list[tuple[str, str, str]]:
    """Return the fault, the message and the fix of each faulty file."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.csv"
        for fault, (text, mend) in BROKEN.items():
            path.write_text(text, encoding="utf-8")
            try:
                read_portfolio(path, market.latest_prices())
            except PortfolioFileError as error:
                rows.append((fault, _complaint(error, path.name), mend))
    missing = load_book("work/no_such_file.csv")
    return [*rows, ("no file", missing.problem, "Check the name, or make a copy as above.")]


# What the book follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A book split by how its betas are known.

    - coins, value_usd: those with a price history and no beta of their owner's
    - own: those with a beta of their owner's
    - cash, unknown: ticker and USD of stablecoins, and of coins of which nothing is known
    - book, hedges: daily returns of the part with a history, and of BTC and ETH on the same days
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
        """Return BTC and ETH ranked by out-of-sample variance reduction."""
        each = [(coin,) for coin in self.hedges]
        return rank_hedges(self.book, self.hedges, self.value_usd, candidates=each, enough=ENOUGH)

    def rows(self) -> list[tuple[str, str, str]]:
        """Return how the beta of each part is known."""
        from_file = "from the file, not checked"
        return [
            (", ".join(self.coins), usd(self.value_usd), "measured on prices"),
            *((h.coin, usd(h.value_usd), f"{betas_text(h)}, {from_file}") for h in self.own),
            *((coin, usd(value), "0, cash") for coin, value in self.cash),
            *((coin, usd(value), "unknown, so not hedged") for coin, value in self.unknown),
        ]


def sample_book(book: Portfolio, window: int = 365) -> Sample:
    """Split a book by how its betas are known, with the returns of the last `window` days."""
    returns = market.returns(window=window)
    whole = {coin for coin in returns.columns if returns[coin].notna().all()}
    held = [h for h in book if h.value_usd > 0]
    rest = [h for h in held if not h.has_own_beta and not h.is_cash]
    known = [h for h in rest if h.coin in whole]
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
        unknown=tuple((h.coin, h.value_usd) for h in rest if h.coin not in whole),
        book=returns[[h.coin for h in known]].to_numpy(dtype=np.float64) @ weights,
        hedges={coin: returns[coin].to_numpy(dtype=np.float64) for coin in ("BTC", "ETH")},
    )


# Decisions


def highest_leverage(
    rally: float, maintenance_rate: float, *, collateral: Collateral = "new_money"
) -> float:
    """Return the leverage at which an inverse short is liquidated just beyond a rally (decimal).

    Equity ``C (1 + r) - N r`` equals maintenance ``m N`` where ``N / C = (1 + r) / (r + m)``. A
    stablecoin does not grow in the rally: there it is ``1 / (r + m)``.

    Examples
    --------
    >>> highest_leverage(1.0, 0.0), highest_leverage(1.0, 0.0, collateral="stablecoin")
    (2.0, 1.0)
    """
    (rally,) = scalars(rally=(rally, POSITIVE))
    grown = 1.0 if collateral == "stablecoin" else 1 + rally
    return grown / (rally + maintenance_rate)


def residual_sd_usd(
    plan: HedgePlan, sample: Sample, residual_sd: float, held_usd: float = 0.0
) -> float:
    """Return one standard deviation a day of what the hedge coin does not explain, USD.

    It covers the measured coins only, after those sold for margin. Hedge coin that the book held
    already, `held_usd`, is posted before anything is sold.
    """
    others_usd = plan.book_usd - held_usd - sum(value for _, value in sample.cash)
    share_sold = plan.sold_usd / others_usd if plan.sold_usd else 0.0
    return sample.value_usd * residual_sd * (1 - share_sold)


def stress(plan: HedgePlan, move: float, *, shock: float = 0.0, true_beta: float) -> MoveStudy:
    """Return a plan's profit after a move, a residual shock (decimal) and another true beta."""
    error, moves = true_beta - plan.beta, study_move(plan, move).curve.move
    return MoveStudy(
        curve=run_scenario(plan, moves, residual=shock + error * moves),
        point=run_scenario(plan, [move], residual=shock + error * move),
    )


def drift_usd(plan: HedgePlan, move: float) -> float:
    """Return how much more a full hedge must be short after a move, USD; negative: less."""
    if plan.holds_coin:
        changed = rebalance(plan.kept_usd, plan.kept_beta, plan.wallet_usd, plan.notional_usd, move)
        return float(changed.change_usd)
    after = plan.kept_usd * (1 + plan.kept_beta * move)
    return plan.kept_beta * after - plan.notional_usd


def checklist(report: HedgeReport, *, rally: float, band_usd: float) -> list[Sequence[str]]:
    """Return each of the eight rules, what a report says of it, and "holds", "look" or "yours".

    The short must survive a `rally` (decimal); a change of the right size beyond the band is worth
    a trade.
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
