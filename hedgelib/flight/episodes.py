"""The twelve stretches of history that can be flown, and what a seed makes of one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from hashlib import sha256
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from hedgelib import market
from hedgelib._check import FloatArray, one_of
from hedgelib._result import whole
from hedgelib.beta import BetaEstimate, ols_beta

__all__ = ["EPISODES", "MANDATES", "Course", "Episode", "drawn", "lay_out"]

HISTORY_DAYS = 60
"""Days before the first, which a beta is estimated from."""
START_PRICE = 1_000.0
BOOK_USD, CASH_USD = 50_000.0, 25_000.0
UPSIDE, HALF = 0.7, 0.5
"""Of the gain kept and of the drawdown left, by the mandates that ask for it."""
HEDGE_COIN = "ETH"
SHIFTS = 5
SETTLEMENTS = 3
Mandate = Literal["halve_the_drawdown", "keep_the_upside", "stay_within_the_cash"]
MANDATES: tuple[Mandate, ...] = get_args(Mandate)

_LARGE = ("ADA", "BNB", "LINK", "MATIC", "XRP", "ALGO", "DOGE")
_EXCURSION, _CALM_DAYS = 0.5, 20
_MAY_FAIL = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A stretch of the bundled prices.

    - first: the earliest first day; a seed starts up to five days later
    - held: a coin that the book holds besides four of the large ones
    - fails: day of the flight on which a venue fails, None where it never does; a negative one is
      drawn by the seed, and may be none at all
    """

    name: str
    kind: Literal["crash", "rally", "quiet", "false alarm"]
    first: date
    days: int
    held: str = ""
    fails: int | None = None


_LISTED = (
    ("March 2020", "crash", date(2020, 3, 1), 48, "", None),
    ("May 2021", "crash", date(2021, 4, 20), 60, "", None),
    ("May-June 2022", "crash", date(2022, 4, 20), 70, "LUNA", None),
    ("November 2022", "crash", date(2022, 10, 20), 60, "", 20),
    ("December 2020", "rally", date(2020, 12, 8), 50, "", None),
    ("Spring 2021", "rally", date(2021, 3, 22), 45, "", -1),
    ("Summer 2021", "rally", date(2021, 7, 15), 50, "", None),
    ("June 2020", "quiet", date(2020, 6, 1), 45, "", None),
    ("October 2020", "quiet", date(2020, 9, 28), 45, "", None),
    ("Autumn 2023", "quiet", date(2023, 8, 20), 50, "", -1),
    ("September 2020", "false alarm", date(2020, 8, 22), 60, "", None),
    ("March 2023", "false alarm", date(2023, 2, 13), 55, "", None),
)
EPISODES: dict[str, Episode] = {
    name: Episode(name=name, kind=kind, first=first, days=days, held=held, fails=fails)  # type: ignore[arg-type]
    for name, kind, first, days, held, fails in _LISTED
}
"""Every episode by its name, which nobody is told before the landing."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """An episode as a seed has it: all of its days. A pilot sees it only up to today.

    - coin_usd, coins_usd: the hedge coin and the five of the book, shapes (history + days + 1,) and
      (history + days + 1, 5); rebased to 1,000 and 100 on the first day
    - high_usd: the highest price within each day, shape (days + 1,)
    - funding_rate: decimal a day, shape (days,): above zero shorts receive
    - fails: day on which the first venue fails, 0 for never
    - strict: whether venues raise the margin after a violent day and close shorts after a crash
    - dates, names: told at the landing
    """

    episode: Episode
    seed: int
    mandate: Mandate
    coin_usd: FloatArray
    coins_usd: FloatArray
    high_usd: FloatArray
    funding_rate: FloatArray
    fails: int
    strict: bool
    dates: NDArray[np.datetime64]
    names: tuple[str, ...]

    @property
    def days(self) -> int:
        """Number of days flown."""
        return int(self.funding_rate.size)

    @cached_property
    def price_usd(self) -> FloatArray:
        """Closes of the hedge coin from the first day on."""
        return self.coin_usd[HISTORY_DAYS:]

    @cached_property
    def book_usd(self) -> FloatArray:
        """Value of the book on each day, nothing traded."""
        coins = self.coins_usd[HISTORY_DAYS:]
        return np.asarray((coins / coins[0]).mean(axis=1) * BOOK_USD)

    @cached_property
    def betas(self) -> FloatArray:
        """Beta of the book on each day flown, as a pilot sees it there."""
        seen = [HISTORY_DAYS + day + 1 for day in range(self.days)]
        return np.array([book_beta(self.coin_usd[:n], self.coins_usd[:n]).beta for n in seen])

    def without_hazards(self) -> Course:
        """Return the same closes and funding, with nothing else that can happen."""
        calm = np.maximum(self.price_usd, np.append(self.price_usd[:1], self.price_usd[:-1]))
        return replace(self, high_usd=calm, fails=0, strict=False)


def book_beta(coin_usd: FloatArray, coins_usd: FloatArray) -> BetaEstimate:
    """Estimate the beta of the book as it is on the last day, over the 60 days before."""
    coins, coin = (prices[-HISTORY_DAYS - 1 :] for prices in (coins_usd, coin_usd))
    held = coins_usd[-1] / coins_usd[HISTORY_DAYS]
    y = (coins[1:] / coins[:-1] - 1) @ (held / held.sum())
    return ols_beta(y, coin[1:] / coin[:-1] - 1, errors="newey-west")


def drawn(seed: int) -> Episode:
    """Return the episode that belongs to a seed."""
    digest = sha256(f"hedgelib flight {whole('seed', seed, least=0)}".encode()).digest()
    return list(EPISODES.values())[int.from_bytes(digest[:8], "big") % len(EPISODES)]


def lay_out(episode: Episode | str, seed: int = 0) -> Course:
    """Draw a flight over an episode; the same seed draws the same one."""
    if isinstance(episode, str):
        one_of("episode", episode, tuple(EPISODES))
        episode = EPISODES[episode]
    rng = np.random.default_rng([whole("seed", seed, least=0), *episode.name.encode()])
    shift = int(rng.integers(SHIFTS))
    names = _book(episode, rng)
    table = _prices()
    first = np.datetime64(episode.first, "D") + np.timedelta64(shift, "D")
    at = int(np.searchsorted(table["days"], first))
    rows = slice(at - HISTORY_DAYS, at + episode.days + 1)
    closes = np.stack([table[name][rows] for name in names], axis=1)
    coin = table[HEDGE_COIN][rows]
    coin = coin / coin[HISTORY_DAYS] * START_PRICE
    dates = table["days"][at : at + episode.days + 1]
    fails = episode.fails or 0
    draw = int(rng.integers(episode.days // 3, episode.days - 5))
    if fails < 0:
        fails = draw if rng.random() < _MAY_FAIL else 0
    return Course(
        episode=episode,
        seed=seed,
        mandate=MANDATES[int(rng.integers(len(MANDATES)))],
        coin_usd=coin,
        coins_usd=closes / closes[HISTORY_DAYS] * 100.0,
        high_usd=_highs(coin, rng),
        funding_rate=_funding(dates, rng),
        fails=max(fails - shift, 1) if fails else 0,
        strict=bool(rng.random() < _MAY_FAIL),
        dates=dates,
        names=names,
    )


@cache
def _prices() -> dict[str, Any]:
    """Return every column of the bundled prices; a coin that ended keeps its last price."""
    table = market.prices([*_LARGE, "LUNA", HEDGE_COIN]).ffill()
    return {
        "days": table.index.to_numpy("datetime64[D]"),
        **{str(name): table[name].to_numpy() for name in table},
    }


def _book(episode: Episode, rng: np.random.Generator) -> tuple[str, ...]:
    large = rng.permutation(_LARGE).tolist()
    chosen = [*large[: 5 - bool(episode.held)], *filter(None, [episode.held])]
    return tuple(chosen[i] for i in rng.permutation(5))


def _highs(coin: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw the high of each day: beyond both closes by a share of what a usual day moves."""
    moves = coin[1:] / coin[:-1] - 1
    usual = np.array(
        [moves[i - _CALM_DAYS : i].std() for i in range(HISTORY_DAYS - 1, moves.size + 1)]
    )
    closes = np.maximum(coin[HISTORY_DAYS:], coin[HISTORY_DAYS - 1 : -1])
    excess = np.abs(rng.standard_normal(closes.size)) * _EXCURSION * usual[: closes.size]
    return np.asarray(closes * (1 + excess))


def _funding(dates: NDArray[np.datetime64], rng: np.random.Generator) -> FloatArray:
    """Draw the funding of each day: a worst one in each month, and the month's mean kept."""
    rows = {
        (row["month"].strftime("%Y-%m"), row["coin"]): row
        for row in market.funding_monthly().to_dict("records")
    }
    months = dates[1:].astype("datetime64[M]")
    rates = np.empty(months.size)
    for month in np.unique(months):
        row = rows[str(month), HEDGE_COIN]
        days = np.flatnonzero(months == month)
        mean, worst = SETTLEMENTS * row["mean_8h"], SETTLEMENTS * row["min_8h"]
        rates[days] = mean
        if days.size > 1:
            at = rng.choice(days)
            rates[days] += (mean - worst) / (days.size - 1)
            rates[at] = worst
    return rates
