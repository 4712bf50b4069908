"""What lesson 11 computes: the learner's file, a stress test, the checklist and the runbook."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hedgelib import market
from hedgelib._check import POSITIVE, FloatArray, scalars
from hedgelib._text import Table, percent, usd
from hedgelib.ask.text import fill
from hedgelib.choice import HedgeChoice, rank_hedges
from hedgelib.course.questions import questions_of
from hedgelib.errors import InvalidInput, NotEnoughData, PortfolioFileError
from hedgelib.plan import Collateral, HedgePlan, rebalance
from hedgelib.portfolio import Holding, Portfolio, betas_text, read_portfolio
from hedgelib.report import HedgeReport, find_portfolio
from hedgelib.report.desk import step_words
from hedgelib.report.phrases import coin_price, listed_names
from hedgelib.scenario import run_scenario
from hedgelib.show.moves import MoveStudy, study_move

ENOUGH = 0.5
"""Least share of the variance, out of sample, at which this course recommends a hedge."""
_SHOWN = 12
"""Holdings that a table names; the rest of a long file is one line."""


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


class Loaded(NamedTuple):
    """A portfolio file as the learner named it, or what is wrong with it; shown as a table."""

    file: str
    path: str = ""
    read: Portfolio | None = None
    problem: str = ""

    @property
    def book(self) -> Portfolio:
        """The book; an error says why there is none."""
        if self.read is None:
            raise InvalidInput(self.problem)
        return self.read

    def table(self) -> Table:
        """Return the coins with their values and how the file was read, or how to fix a fault."""
        book = self.read
        if book is None:
            mend = "Open the file, change that place, save, run this again."
            rows = [("What is wrong", self.problem), ("How to fix it", mend)]
            return Table(("question", "answer"), rows, "ll")
        largest = sorted(book, key=lambda h: -h.value_usd)
        shown = list(book) if len(largest) <= _SHOWN + 1 else largest[:_SHOWN]
        betas = (f"{betas_text(h)}, yours" if h.has_own_beta else "" for h in shown)
        holdings = [(h.coin, usd(h.value_usd), b) for h, b in zip(shown, betas, strict=True)]
        if rest := largest[len(shown) :]:
            holdings.append((f"{len(rest):,} more", _value(rest), ""))
        holdings.append(("together", usd(book.value_usd), ""))
        columns = ", ".join(f"{name} for {ours}" for name, ours in book.read_as)
        notes = [f"Taken: {columns}"] * bool(columns) + [text for _, text in book.notes]
        caption = ". ".join([self.file, *notes, *(coin.text for coin in book.coins_read_as)])
        return Table(("coin", "value", "beta"), holdings, caption=caption)

    def _repr_html_(self) -> str:
        return self.table().html()

    def __repr__(self) -> str:
        return repr(self.table())


def load_book(file: str) -> Loaded:
    """Read a portfolio file from here, from the workbook's folder, or one that ships with it."""
    try:
        path = _find(file)
        book = read_portfolio(path, market.latest_prices())
    except PortfolioFileError as error:
        # By the name that its owner gave.
        return Loaded(file=file, problem=str(error).replace(str(error.path), file, 1))
    return Loaded(file=file, path=str(path), read=book)


def own_copy(file: str, name: str = "my_portfolio.csv", *, make: bool = False) -> str:
    """Copy a portfolio file into the learner's folder, never over another; say what was done."""
    if not name or Path(name).name != name:
        raise InvalidInput(f"name must be a bare file name such as mine.csv, got {name!r}")
    target = work_folder() / name
    if not make:
        return f"Nothing written. With make=True this copies\n{file} to work/{name}."
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
    texts, rows = questions_of("own").texts, []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.csv"
        for broken in texts["own.broken"]:
            path.write_text(broken["file"], encoding="utf-8")
            told = load_book(str(path)).problem.replace(str(path), path.name, 1)
            rows.append((broken["fault"], told, broken["fix"]))
    missing = load_book("work/no_such_file.csv").problem
    return [*rows, ("no file", missing, texts["own.missing"]["fix"])]


class Sample(NamedTuple):
    """A book split by how its betas are known, and daily returns: measured part, BTC and ETH."""

    measured: list[Holding]
    own: list[Holding]
    cash: list[Holding]
    unknown: list[Holding]
    book: FloatArray
    hedges: dict[str, FloatArray]

    @property
    def value_usd(self) -> float:
        """Value of the measured part, USD."""
        return sum(h.value_usd for h in self.measured)

    def own_usd(self, coin: str) -> float:
        """Owner's betas to a hedge coin times values, USD; 0 where the file gives none to it."""
        return sum(h.value_usd * (h.beta_to(coin) or 0.0) for h in self.own)

    def ranked(self) -> HedgeChoice:
        """Return BTC and ETH ranked by out-of-sample variance reduction."""
        each = [(coin,) for coin in self.hedges]
        return rank_hedges(self.book, self.hedges, self.value_usd, candidates=each, enough=ENOUGH)

    def rows(self) -> list[tuple[str, str, str]]:
        """Return how the beta of each part is known."""
        parts = {"measured on prices": self.measured}
        for h in self.own:
            parts.setdefault(f"{betas_text(h)}, from the file, not checked", []).append(h)
        parts |= {"0, cash": self.cash, "unknown, so not hedged": self.unknown}
        return [
            (listed_names([h.coin for h in part]), _value(part), how)
            for how, part in parts.items()
            if part
        ]


def _value(holdings: list[Holding]) -> str:
    return usd(sum(h.value_usd for h in holdings))


def sample_book(book: Portfolio, window: int = 365) -> Sample:
    """Split a book by how its betas are known, with the returns of the last `window` days."""
    returns = market.returns(window=window)
    whole = set(returns.columns[returns.notna().all()])
    held = [h for h in book if h.value_usd > 0]
    rest = [h for h in held if not h.has_own_beta and not h.is_cash]
    measured = [h for h in rest if h.coin in whole]
    if not rest and book.cash_usd == book.value_usd:
        raise InvalidInput(
            f"{book.name} is all cash ({', '.join(book.coins)}): nothing in it moves with BTC or "
            "ETH, so there is nothing to hedge; name a file with other coins"
        )
    if not measured:
        raise NotEnoughData(
            f"none of {', '.join(book.coins)} has a price history of {window} days; this lesson "
            f"needs one of {', '.join(sorted(whole))}"
        )
    values = np.array([h.value_usd for h in measured])
    return Sample(
        measured=measured, own=[h for h in held if h.has_own_beta],
        cash=[h for h in held if h.is_cash], unknown=[h for h in rest if h.coin not in whole],
        book=returns[[h.coin for h in measured]].to_numpy() @ (values / values.sum()),
        hedges={coin: returns[coin].to_numpy() for coin in ("BTC", "ETH")},
    )  # fmt: skip


def highest_leverage(
    rally: float, maintenance_rate: float, *, collateral: Collateral = "new_money"
) -> float:
    """Return the leverage at which an inverse short is liquidated just beyond a rally (decimal).

    Equity ``C (1 + r) - N r`` equals maintenance ``m N``; a stablecoin does not grow in the rally.
    """
    (rally,) = scalars(rally=(rally, POSITIVE))
    return (1.0 if collateral == "stablecoin" else 1 + rally) / (rally + maintenance_rate)


def residual_sd_usd(
    plan: HedgePlan, sample: Sample, residual_sd: float, held_usd: float = 0.0
) -> float:
    """Return a day's residual standard deviation, USD; hedge coin held is posted before sales."""
    others_usd = plan.book_usd - held_usd - sum(h.value_usd for h in sample.cash)
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


def checklist(
    report: HedgeReport, interval: tuple[float, float], *, rally: float, band_usd: float
) -> list[tuple[str, str, str]]:
    """Return each of the eight rules, what a report says of it, and "holds", "look" or "yours"."""
    plan, tracked = report.plan, report.tracked
    removed, move, margin = tracked.out_of_sample, plan.liquidation_move, str(plan.collateral)
    if margin == "from_portfolio" and plan.sold_usd < 1:
        margin = "from_held"
    past = report.funding.history if report.funding else None
    drift = max((drift_usd(plan, move) for move in (-0.2, 0.2)), key=abs)
    found: list[tuple[str, bool | None]] = [
        ("beta", tracked.estimate is not None),
        ("removed" if removed is not None else "not_measured", (removed or 0.0) >= ENOUGH),
        (margin, None),
        ("liquidated" if np.isfinite(move) else "never_liquidated", move > rally),
        ("rounded", abs(plan.residual_delta_usd) <= plan.contract.multiplier),
        ("funding" if past else "no_funding", None),
        ("drift", abs(drift) <= band_usd),
        ("close" if plan.contracts < 0 else "close_long", None),
    ]
    values = {
        "coin": report.hedge_coin, "plan": plan, "tracked": tracked, "past": past, "rally": rally,
        "interval": interval, "band": band_usd, "drift": drift, "enough": ENOUGH,
        "contracts": abs(plan.contracts), "opening": -plan.open_fee_usd,
    }  # fmt: skip
    texts = questions_of("own").texts["own.rules"]
    verdicts = {True: "holds", False: "look", None: "yours"}
    return [
        (fill(rule, values), fill(texts["says"][name], values), verdicts[holds])
        for rule, (name, holds) in zip(texts["rules"], found, strict=True)
    ]


def runbook(report: HedgeReport, ends: str) -> list[tuple[str, str]]:
    """Return when to do what with the hedge of a report; the day it ends is its owner's words."""
    plan, coin, desk = report.plan, report.hedge_coin, report.desk
    rows = [(f"Open, step {order.step}", step_words(order)) for order in desk.ticket.orders]
    rows.append(("Every evening", f"compare the price of {coin} with the lines below"))
    unit, later = plan.contract.coin if plan.holds_coin else "USD", []
    for alert in sorted(desk.alerts, key=lambda alert: alert.kind == "funding"):
        if alert.kind == "distance":
            todo = "no margin is enough: close a part"
            if np.isfinite(alert.add_usd):
                todo = f"add {usd(alert.add_usd)} of margin ({alert.add:,.4g} {unit})"
            rows.append((f"{coin} at {coin_price(alert.price_usd)}", todo))
        elif alert.kind == "funding":
            when = f"Funding below {percent(alert.level, digits=2)} per 8 hours"
            later.append((when, f"30 days of it cost {usd(alert.add_usd)}: stay, or close"))
        elif alert.kind.startswith("beta") and abs(alert.contracts) >= 1:
            when = f"Beta {'above' if alert.kind == 'beta_high' else 'below'} {alert.level:.2f}"
            trade = "sell" if alert.contracts < 0 else "buy"
            later.append((when, f"{trade} {abs(alert.contracts):,.0f} contracts"))
    if np.isfinite(plan.liquidation_price_usd):
        todo = "the hedge is gone with its margin: nothing covers the book, decide anew that day"
        rows.append((f"{coin} at {coin_price(plan.liquidation_price_usd)}", todo))
    band = usd(desk.ticket.band_usd)
    rows.append((f"The right size is off by more than {band}", "trade the difference"))
    count = f"{abs(plan.contracts):,.10g} of {plan.contract.symbol}"
    close = f"buy back {count}, reduce-only, then take the margin out"
    return [*rows, *later, (ends or "When it ends (not written yet)", close)]
