"""The landing: what a flight came to, where it came from, and what was skill and what luck."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgelib import _walk
from hedgelib._check import FloatArray
from hedgelib._result import drawdown
from hedgelib.flight.day import (
    FEE_RATE,
    MAINTENANCE,
    MOST_LEVERAGE,
    RAISED_MAINTENANCE,
    SLIPPAGE_RATE,
    terms,
)
from hedgelib.flight.episodes import BOOK_USD, CASH_USD, HALF, UPSIDE, Mandate
from hedgelib.flight.flight import DEEP, VIOLENT, Flight, fly_course
from hedgelib.flight.ghosts import GHOSTS, rule_plan
from hedgelib.flight.text import LESSONS

__all__ = ["Landing", "Skill", "Worst", "land"]

PARTS = ("market", "residual", "size", "timing", "liquidation", "funding", "costs")
PATHS = 500
WORST_DAYS, BLOCK_DAYS = 3, 10
TOLERATED_USD = 5_000.0
MOST_SHARE = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """One of the most expensive days: what it cost, and what part was hedged by whom.

    `day` is the close at which it ended; the shares are of the exposure of the book, net of the
    margin's own delta, at the close before. `hindsight` is 1 where the book fell with the coin.
    """

    day: int
    loss_usd: float
    coin_move: float
    share: float
    rule_share: float
    hindsight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """A flight among others, by profit less maximum drawdown.

    - luck: percentile of this path among 500 resampled ones, the sizes decided being the same
    - skill: percentile among 500 random policies of the same average size on this path, on which
      the same can end them: highs within the day, raised margin, a venue that fails
    """

    luck: float
    skill: float


@dataclass(frozen=True, kw_only=True)
class Landing:
    """What a flight came to: made by :func:`land`.

    - wealth_usd: after the orders of each day, by pilot; yours is first
    - parts: profit by where it came from, USD; they sum to the profit
    - fulfilled: how far the mandate is met, from 0 to 1
    - lessons: slugs of two lessons worth another look
    """

    flight: Flight
    wealth_usd: dict[str, FloatArray]
    parts: dict[str, float]
    fulfilled: float
    ghosts_fulfilled: dict[str, float]
    worst: tuple[Worst, ...]
    skill: Skill
    lessons: tuple[str, str]

    @property
    def mandate(self) -> Mandate:
        """What the flight was asked to do."""
        return self.flight.course.mandate

    @property
    def pnl_usd(self) -> float:
        """Profit of the flight."""
        return float(self.wealth_usd["you"][-1] - BOOK_USD - CASH_USD)

    @property
    def max_drawdown_usd(self) -> float:
        """Maximum drawdown of everything, USD."""
        return drawdown(self.wealth_usd["you"])


def land(flight: Flight) -> Landing:
    """Judge a flight that is over."""
    course = flight.course
    flights = {"you": flight} | {
        name: fly_course(course, maker()) for name, maker in GHOSTS.items()
    }
    wealth = {name: wealth_of(one) for name, one in flights.items()}
    alone = wealth["never hedged"]
    met = {name: _fulfilled(one, wealth[name], alone) for name, one in flights.items()}
    parts = _parts(flight)
    return Landing(
        flight=flight,
        wealth_usd=wealth,
        parts=parts,
        fulfilled=met.pop("you"),
        ghosts_fulfilled=met,
        worst=_worst(flight, flights["by rule"], wealth["you"]),
        skill=_skill(flight, wealth["you"]),
        lessons=_lessons(parts, ended=flight.today.position.liquidations > 0),
    )


def wealth_of(flight: Flight) -> FloatArray:
    """Return what there was at each close, orders carried out, USD."""
    price = flight.course.price_usd
    return np.array([p.wealth_usd(price[i]) for i, p in enumerate(flight.positions)])


def _fulfilled(flight: Flight, wealth: FloatArray, alone: FloatArray) -> float:
    fall, most = drawdown(wealth), drawdown(alone)
    if flight.course.mandate == "halve_the_drawdown":
        met = (most - fall) / (HALF * most)
    elif flight.course.mandate == "keep_the_upside":
        gain, profit = alone[-1] - alone[0], wealth[-1] - BOOK_USD - CASH_USD
        # Where there was nothing to keep, a loss like that of the book is none of the hedge.
        met = profit / (UPSIDE * gain) if gain > 0 else 1 + (profit - gain) / TOLERATED_USD
    else:
        end = flight.today.position
        met = (0.4 * (end.most_borrowed_usd <= 0) + 0.3 * (end.liquidations == 0)) + 0.3 * (
            fall < most
        )
    return float(min(max(met, 0.0), 1.0))


def _deltas(flight: Flight) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the book's exposure and the net short delta at each close, and the coin's moves."""
    course = flight.course
    exposure = np.empty(course.days)
    net = np.empty(course.days)
    for day, after in enumerate(flight.past):
        price = course.price_usd[day]
        exposure[day] = course.betas[day] * after.book_usd
        net[day] = after.short_usd - after.margin_delta_usd(price)
    return exposure, net, course.price_usd[1:] / course.price_usd[:-1] - 1


def _parts(flight: Flight) -> dict[str, float]:
    """Split the profit; exact, since equity is a straight line in the price between two trades."""
    exposure, net, move = _deltas(flight)
    planned = rule_plan(Flight.begin(flight.course).today).hedge_ratio
    whole = exposure.sum()
    average = net.sum() / whole if whole > 0 else 0.0
    book = [after.book_usd for after in flight.past]
    moved = np.diff(flight.course.book_usd) * np.array(book) / flight.course.book_usd[:-1]
    end = flight.today.position.totals
    # What an account is below zero at the close after its liquidation is the venue's to bear: the
    # short was off from the high on, which is timing.
    lost = sum(total.lost for total in end)
    kept = max(lost, 0.0)
    return {
        "market": float(((1 - planned) * exposure) @ move),
        "residual": float(np.sum(moved - exposure * move)),
        "size": float(((planned - average) * exposure) @ move),
        "timing": float((average * exposure - net) @ move) + kept - lost,
        "liquidation": 0.0 - kept,
        "funding": sum(total.funding for total in end),
        "costs": -sum(total.turnover for total in end) * (FEE_RATE + SLIPPAGE_RATE),
    }


def _worst(flight: Flight, rule: Flight, wealth: FloatArray) -> tuple[Worst, ...]:
    exposure, net, move = _deltas(flight)
    rule_exposure, rule_net, _ = _deltas(rule)

    def share(short: FloatArray, of: FloatArray, at: int) -> float:
        return float(short[at] / of[at]) if of[at] > 0 else 0.0

    change = np.diff(wealth)
    return tuple(
        Worst(
            day=at + 1,
            loss_usd=float(change[at]),
            coin_move=float(move[at]),
            share=share(net, exposure, at),
            rule_share=share(rule_net, rule_exposure, at),
            hindsight=float(move[at] < 0 < exposure[at]),
        )
        for at in np.argsort(change)[:WORST_DAYS].tolist()
        if change[at] < 0
    )


def _lessons(parts: dict[str, float], *, ended: bool) -> tuple[str, str]:
    worst = sorted(PARTS, key=lambda name: (not (ended and name == "liquidation"), parts[name]))
    slugs = list(dict.fromkeys(slug for name in worst for slug in LESSONS[name]))
    return slugs[0], slugs[1]


@dataclass(frozen=True, slots=True)
class _Path:
    """Closes, and the high before each; the day on which a venue fails, 0 for none."""

    price_usd: list[float]
    high_usd: list[float]
    book_usd: list[float]
    funding_rate: list[float]
    fails: int = 0


def _skill(flight: Flight, wealth: FloatArray) -> Skill:
    """Compare a flight with its sizes on other paths, and with others of their average on this."""
    course, shares = flight.course, _shares(flight)
    rng = np.random.default_rng([course.seed, 500])
    own = _Path(
        course.price_usd.tolist(),
        course.high_usd.tolist(),
        course.book_usd.tolist(),
        course.funding_rate.tolist(),
        course.fails,
    )
    posted = max(sum(total.added for total in after.totals) for after in flight.past)

    def judged(path: _Path, sizes: list[float]) -> float:
        return _judged(path, flight, sizes, posted)

    this = float(wealth[-1] - wealth[0]) - drawdown(wealth)
    resampled = [judged(path, shares) for path in _resampled(own, rng)]
    others = [judged(own, sizes) for sizes in _policies(shares, rng)]
    return Skill(luck=_percentile(this, resampled), skill=_percentile(this, others))


def _percentile(value: float, among: list[float]) -> float:
    """Return the share of others that are below, those equal counted half."""
    others, room = np.array(among), 1e-9 * max(1.0, abs(value))
    below, equal = others < value - room, np.abs(others - value) <= room
    return float(below.mean() + equal.mean() / 2)


def _shares(flight: Flight) -> list[float]:
    """Return the short of each day as a share of what the plan asked for, orders carried out.

    A short that the venue took was not decided: there the size before it counts on.
    """
    shares: list[float] = []
    for day, (after, orders) in enumerate(zip(flight.past, flight.orders, strict=True)):
        price = flight.course.price_usd[day]
        taken = not after.short_usd and (after.liquidations or after.failed)
        if taken and shares and (orders is None or orders.short_usd != 0):
            shares.append(shares[-1])
            continue
        asked = flight.course.betas[day] * after.book_usd + after.margin_delta_usd(price)
        shares.append(min(after.short_usd / asked, MOST_SHARE) if asked > 0 else 0.0)
    return shares


def _resampled(path: _Path, rng: np.random.Generator) -> list[_Path]:
    """Draw paths from blocks of ten days of this one, around its end."""
    price, book = (np.array(x) for x in (path.price_usd, path.book_usd))
    highs = np.array(path.high_usd)[1:] / price[1:]
    steps = np.stack([price[1:] / price[:-1], book[1:] / book[:-1]])
    n = steps.shape[1]
    paths = []
    for _ in range(PATHS):
        starts = rng.integers(n, size=-(-n // BLOCK_DAYS))
        at = (starts[:, None] + np.arange(BLOCK_DAYS)).ravel()[:n] % n
        grown = np.cumprod(steps[:, at], axis=1)
        closes = price[0] * grown[0]
        paths.append(
            _Path(
                [price[0], *closes.tolist()],
                [price[0], *(closes * highs[at]).tolist()],
                [book[0], *(book[0] * grown[1]).tolist()],
                [path.funding_rate[i] for i in at],
            )
        )
    return paths


def _policies(shares: list[float], rng: np.random.Generator) -> list[list[float]]:
    """Draw sizes that change at random about once in five days and have the same average."""
    n, average = len(shares), float(np.mean(shares))
    policies = []
    for _ in range(PATHS):
        changes = rng.random(n) < 0.2
        levels = rng.random(n)[np.maximum.accumulate(np.where(changes, np.arange(n), 0))]
        policies.append((levels * (average / max(levels.mean(), 1e-9))).tolist())
    return policies


def _judged(path: _Path, flight: Flight, shares: list[float], posted: float) -> float:
    """Return profit less maximum drawdown, the margin posted at the start and never added to."""
    course, end = flight.course, flight.today.position
    k, maintenance, venues = terms(end.margin), MAINTENANCE, len(end.accounts)
    bar = _walk.bar_at(k, path.price_usd[0], 1.0)
    account = _walk.EMPTY._replace(wallet=posted / bar.wallet)
    total, peak, fall, wealth, alive = _walk.NOTHING, 0.0, 0.0, 0.0, posted > 0
    before = path.price_usd[0]
    for day, share in enumerate(shares):
        price, then = path.price_usd[day], path.price_usd[day + 1]
        if alive:
            equity = _walk.equity_usd(bar, account)
            own = equity if end.margin == "coin" else equity - account.wallet
            asked = max(share * (float(course.betas[day]) * path.book_usd[day] + own), 0.0)
            most = max(MOST_LEVERAGE * equity, account.short)
            if face := _walk.whole_lots(k, min(asked, most)) - account.short:
                account, total = _walk.fill(k, bar, account, total, face)
        was, bar = bar, _walk.bar_at(k, then, 1.0)
        if alive:
            high = _walk.equity_usd(_walk.bar_at(k, path.high_usd[day + 1], 1.0), account)
            account, total = _walk.hold(k, was, bar, path.funding_rate[day], account, total)
            equity = _walk.equity_usd(bar, account)
            failing = path.fails == day + 1
            due = account.short > 0 and min(high, equity) <= maintenance * account.short
            if due or (failing and venues == 1):
                alive = False
            elif failing:
                left = 1 - 1 / venues
                account = _walk.Account(*(left * part for part in account))
            elif course.strict and account.short > 0 and then / price - 1 <= DEEP:
                account, total = _walk.fill(
                    terms(end.margin, cost_rate=0.0), bar, account, total, -account.short
                )
            if not alive:
                account, total = _walk.lose(equity, total)
        if course.strict and abs(price / before - 1) >= VIOLENT:
            maintenance = RAISED_MAINTENANCE
        before = price
        held = _walk.equity_usd(bar, account)
        wealth = path.book_usd[day + 1] - path.book_usd[0] + held - posted
        peak = max(peak, wealth)
        fall = max(fall, peak - wealth)
    return wealth - fall
