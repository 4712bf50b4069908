"""Which contract to hedge with: candidates ranked by the risk they removed out of sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import (
    NONNEGATIVE,
    POSITIVE,
    RATE,
    SHARE,
    FloatArray,
    Rule,
    aligned,
    evenly,
    extremes,
    instance,
    numbers,
    scalars,
    series,
)
from hedgelib._result import whole
from hedgelib._text import Table, safe, usd
from hedgelib.errors import InvalidInput, NotEnoughData, UnknownCoin
from hedgelib.ratio import bootstrap_effectiveness

__all__ = ["Candidate", "HedgeChoice", "rank_hedges", "walk_forward_residual"]

_SETTLEMENTS_PER_DAY = 3
_BLOCK_DAYS = 10
_SAME_COST = 0.001
"""Share of the book below which a difference in cost settles nothing."""
_ENDS = (2.5, 97.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One hedge coin, or several together, judged out of sample.

    Parameters
    ----------
    coins : tuple of str
        Coins shorted.
    betas : tuple of float
        Over the whole sample: USD to short in each for a USD of book.
    effectiveness, volatility_removed : float
        Share of the book's variance, and of its standard deviation, removed out of sample; below
        zero where the hedge added some.
    effectiveness_low, effectiveness_high : float
        95% confidence interval of `effectiveness`, from a block bootstrap.
    avoided_usd, fees_usd, funding_usd : float
        Over the horizon: one standard deviation without the hedge less that with it; fees of
        opening and closing; funding received, below zero where it is paid.
    behind, behind_low, behind_high : float
        Effectiveness of the most effective candidate less that of this one, with its 95% interval.
    chance : float
        Share of the draws in which this one was at least as effective as that.
    """

    coins: tuple[str, ...]
    betas: tuple[float, ...]
    effectiveness: float
    volatility_removed: float
    avoided_usd: float
    fees_usd: float
    funding_usd: float
    effectiveness_low: float
    effectiveness_high: float
    behind: float
    behind_low: float
    behind_high: float
    chance: float

    @property
    def name(self) -> str:
        """The coins, joined by a plus sign."""
        return " + ".join(self.coins)

    @property
    def cost_usd(self) -> float:
        """Fees less funding received."""
        return self.fees_usd - self.funding_usd

    @property
    def tied(self) -> bool:
        """Whether the data cannot tell it from the most effective one."""
        return self.behind_low <= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeChoice:
    """Candidates from best to worst: made by :func:`rank_hedges`.

    Those that are `tied` come first, in an order that `effectiveness` did not decide.

    Parameters
    ----------
    enough, n_test : float, int
        Least share of variance for which hedging is advised; days on which they were judged.
    """

    candidates: tuple[Candidate, ...]
    book_usd: float
    horizon_days: float
    enough: float
    n_test: int

    @property
    def best(self) -> Candidate:
        """The first candidate."""
        return self.candidates[0]

    @property
    def worthwhile(self) -> bool:
        """Whether the first removes enough variance, and a standard deviation above its cost."""
        return self.best.effectiveness >= self.enough and self.best.avoided_usd > self.best.cost_usd

    def sentence(self) -> str:
        """Say which is first and why, or that none will do."""
        first = self.best
        judged = (
            f"over {self.n_test} days out of sample, {first.name} removed "
            f"{first.effectiveness:.0%} of the book's variance (95% confidence interval "
            f"{first.effectiveness_low:.0%} to {first.effectiveness_high:.0%})"
        )
        if not self.worthwhile:
            return (
                f"Hedge less, sell some: {judged}, and a hedge should remove at least "
                f"{self.enough:.0%} to justify its cost. Only holding less of the book removes "
                "the risk that the hedge coins do not explain."
            )
        text = (
            f"{first.name} comes first: {judged}. Over {self.horizon_days:g} days that is "
            f"{usd(first.avoided_usd)} less of a one-sigma loss, and fees and funding "
            f"{'bring' if first.cost_usd <= 0 else 'cost'} {usd(abs(first.cost_usd))}."
        )
        if len(self.candidates) > 1:
            second = self.candidates[1]
            text += f" Next is {second.name} with {second.effectiveness:.0%}"
            text += (
                ": a tie, which the coin held, the cost and the order given settle."
                if second.tied
                else f", {second.behind * 100:.0f} points behind ({second.behind_low * 100:.0f} to "
                f"{second.behind_high * 100:.0f})."
            )
        return text

    def _repr_html_(self) -> str:
        head = (
            "hedge",
            "beta",
            "variance removed",
            "95% confidence interval",
            "volatility removed",
            f"one sigma avoided, {self.horizon_days:g} days",
            "fees",
            "funding received",
            "verdict",
        )
        several = sum(c.tied for c in self.candidates) > 1
        rows = [
            (
                c.name,
                ", ".join(f"{beta:.2f}" for beta in c.betas),
                f"{c.effectiveness:.1%}",
                f"{c.effectiveness_low:.0%} to {c.effectiveness_high:.0%}",
                f"{c.volatility_removed:.1%}",
                usd(c.avoided_usd),
                usd(c.fees_usd),
                usd(c.funding_usd, signed=True),
                ("tie" if several else "most removed") if c.tied else "less removed",
            )
            for c in self.candidates
        ]
        words = f"<p class='mathjax_ignore'>{safe(self.sentence())}</p>"
        return Table(head, rows).html() + words


def _by_coin(name: str, value: Any) -> dict[str, Any]:
    """Read a mapping from the names of coins, a pandas table or series being one as well."""
    if isinstance(value, type) or not callable(getattr(value, "items", None)):
        raise InvalidInput(f"{name} must map the name of each coin to its values, got {value!r}")
    by_coin = dict(value.items())
    for coin in by_coin:
        instance(f"each name in {name}", coin, str)
    return by_coin


def _number_by_coin(name: str, value: Any, rule: Rule) -> dict[str, float]:
    by_coin = {} if value is None else _by_coin(name, value)
    return {
        coin: scalars(**{f"{name}[{coin!r}]": (number, rule)})[0]
        for coin, number in by_coin.items()
    }


def _candidates(
    given: Sequence[Sequence[str]] | None, coins: Mapping[str, FloatArray]
) -> list[tuple[str, ...]]:
    """Return the coins to try together; by default each alone, and the two largest."""
    if given is None:
        chosen: list[tuple[str, ...]] = [(name,) for name in coins]
        chosen += [("BTC", "ETH")] if {"BTC", "ETH"} <= coins.keys() else []
    elif isinstance(given, list | tuple) and all(isinstance(each, list | tuple) for each in given):
        chosen = [tuple(each) for each in given]
    else:
        raise InvalidInput(f"candidates must be a list of lists of coins, got {given!r}")
    if not chosen:
        raise InvalidInput("there is no hedge coin to choose from")
    for names in chosen:
        missing = [name for name in names if not isinstance(name, str) or name not in coins]
        if missing or not names:
            raise UnknownCoin(f"no returns of {missing or 'no coin'}; there are {sorted(coins)}")
    return chosen


def _fit(y: FloatArray, x: FloatArray) -> FloatArray:
    design = np.column_stack([np.ones(len(y)), x])
    coefficients, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    if rank < design.shape[1]:
        raise InvalidInput("two of the coins move as one, or one does not move: drop it")
    return np.asarray(coefficients[1:])


def walk_forward_residual(y: ArrayLike, x: ArrayLike, *, train: int, refit: int = 30) -> FloatArray:
    """Compute returns of a hedged book when each beta is known only from the days before.

    Formula: ``y_t - x_t . beta(days before the block of t)``, the beta fitted anew, on all days
    before, every `refit` days. **Source:** walk-forward evaluation; in sample, more coins always
    look better.

    Parameters
    ----------
    y, x : array_like, shape (n,) and (n,) or (n, k)
        Returns of the book and of the hedge coins, decimals; no two coins may move as one.
    train, refit : int
        Days before the first bet, at least k + 3 and below n - 1; days between fits, >= 1.

    Examples
    --------
    >>> x = [0.01, -0.02, 0.03, -0.01, 0.02, -0.03, 0.01, 0.02]
    >>> walk_forward_residual([2 * r for r in x], x, train=5).round(12) + 0.0
    array([0., 0., 0.])
    """
    evenly(y=y, x=x)
    aligned({"y": y, "x": x}, rows_only=True)
    y = series("y", y)
    (x,) = numbers(x=x)
    if np.ndim(x) not in (1, 2) or len(x) != len(y):
        raise InvalidInput(f"x must have a row for each of the {len(y)} returns of y")
    x = x[:, None] if x.ndim == 1 else x
    train, refit = whole("train", train, least=1), whole("refit", refit, least=1)
    if train < x.shape[1] + 3 or len(y) - train < 2:
        raise NotEnoughData(
            f"{len(y)} days cannot be split at {train}: {x.shape[1] + 3} to train on and 2 to "
            "test on are the least"
        )
    residual = np.empty(len(y) - train)
    with extremes("walk_forward_residual"):
        for start in range(train, len(y), refit):
            block = slice(start, min(start + refit, len(y)))
            beta = _fit(y[:start], x[:start])
            residual[block.start - train : block.stop - train] = y[block] - x[block] @ beta
        # Not every library reports what happens in its floating point.
        if not np.isfinite(residual).all():
            raise FloatingPointError
    return residual


def rank_hedges(
    book_returns: ArrayLike,
    coin_returns: Mapping[str, ArrayLike],
    book_usd: float,
    *,
    candidates: Sequence[Sequence[str]] | None = None,
    funding_rate_8h: Mapping[str, float] | None = None,
    fee_rate: float = 0.0005,
    horizon_days: float = 30.0,
    train_share: float = 0.5,
    refit: int = 30,
    enough: float = 0.5,
    holdings_usd: Mapping[str, float] | None = None,
) -> HedgeChoice:
    """Rank hedge coins by the share of variance that they removed out of sample.

    Formula: effectiveness ``1 - Var(hedged) / Var(unhedged)``, out of sample, with a bootstrap of
    blocks of 10 days (:func:`hedgelib.bootstrap_effectiveness`). Candidates whose difference from
    the most effective has a 95% interval that includes 0 are tied. A tie is settled by the coin
    that the book holds most of; then by cost, ``2 fee N - N funding 3 days`` with ``N`` the sum of
    the betas times the book, where it differs by 0.1% of the book; then by the order of the
    candidates: name the one with the deepest market first. **Source:** Ederington (1979). A risk
    and an expense are different kinds of dollars and are not added up.

    Parameters
    ----------
    book_returns : array_like, shape (n,)
        Daily simple returns of the book, decimals.
    coin_returns : mapping of str to array_like, shape (n,)
        Of each coin that has a contract, on the same days.
    book_usd : float
        > 0.
    candidates : sequence of sequences of str, optional
        Coins to try alone or together; each alone, and BTC with ETH, when omitted.
    funding_rate_8h : mapping of str to float, optional
        Expected rate of each coin, decimal per 8 hours; a short receives it where positive. 0 for a
        coin that is left out.
    fee_rate, horizon_days, train_share : float
        Taker fee and slippage a side, decimal; time that the hedge is held, > 0; share of the days
        before the first bet.
    refit : int
        Days between fits.
    enough : float
        Least share of variance for which hedging is advised; at 0.5 volatility falls by 29%.
    holdings_usd : mapping of str to float, optional
        Hedge coin that the book holds already, USD; none when omitted.

    Raises
    ------
    UnknownCoin
        A candidate without returns.
    NotEnoughData
        Too few days.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> btc, eth, own = rng.normal(0, 0.03, (3, 400))
    >>> choice = rank_hedges(1.2 * eth + 0.2 * own, {"BTC": btc, "ETH": eth}, 10_000)
    >>> choice.best.name, choice.worthwhile
    ('ETH', True)
    """
    book_usd, fee_rate, horizon_days, train_share, enough = scalars(
        book_usd=(book_usd, POSITIVE),
        fee_rate=fee_rate,
        horizon_days=horizon_days,
        train_share=(train_share, SHARE),
        enough=(enough, SHARE),
    )
    coin_returns = _by_coin("coin_returns", coin_returns)
    funding = _number_by_coin("funding_rate_8h", funding_rate_8h, RATE)
    held = _number_by_coin("holdings_usd", holdings_usd, NONNEGATIVE)
    aligned({"book_returns": book_returns, **coin_returns})
    evenly(book_returns=book_returns)
    y = series("book_returns", book_returns, at_least=8)
    coins = {name: series(name, values) for name, values in coin_returns.items()}
    for name, values in coins.items():
        if values.size != y.size:
            raise InvalidInput(f"{name} has {values.size} returns and the book {y.size}")
    train = round(train_share * y.size)
    tested = y[train:]
    if tested.size < 2 or np.ptp(tested) == 0:
        raise NotEnoughData("the book does not move in the days to test on")
    with extremes("rank_hedges"):
        unhedged_sd = float(np.std(tested, ddof=1))

    tried = _candidates(candidates, coins)
    residuals = np.column_stack(
        [
            walk_forward_residual(
                y, np.column_stack([coins[name] for name in names]), train=train, refit=refit
            )
            for names in tried
        ]
    )
    with extremes("rank_hedges"):
        sds = np.std(residuals, axis=0, ddof=1)
    found = 1 - (sds / unhedged_sd) ** 2
    first = int(found.argmax())
    block = min(_BLOCK_DAYS, max(1, tested.size // 3))
    drawn = bootstrap_effectiveness(tested, residuals, block=block)
    behind = drawn[:, [first]] - drawn
    lows, highs = np.percentile(drawn, _ENDS, axis=0)
    behind_lows, behind_highs = np.percentile(behind, _ENDS, axis=0)
    judged = []
    for i, names in enumerate(tried):
        betas = _fit(y, np.column_stack([coins[name] for name in names]))
        shorts = betas * book_usd
        rates = np.array([funding.get(name, 0.0) for name in names])
        judged.append(
            Candidate(
                coins=names,
                betas=tuple(betas.tolist()),
                effectiveness=float(found[i]),
                volatility_removed=1 - float(sds[i]) / unhedged_sd,
                avoided_usd=book_usd * (unhedged_sd - float(sds[i])) * float(np.sqrt(horizon_days)),
                fees_usd=2 * fee_rate * float(np.abs(shorts).sum()),
                funding_usd=float(shorts @ rates) * _SETTLEMENTS_PER_DAY * horizon_days,
                effectiveness_low=float(lows[i]),
                effectiveness_high=float(highs[i]),
                behind=float(found[first] - found[i]),
                behind_low=float(behind_lows[i]),
                behind_high=float(behind_highs[i]),
                chance=float((behind[:, i] <= 0).mean()),
            )
        )
    return HedgeChoice(
        candidates=_in_order(judged, held, _SAME_COST * book_usd),
        book_usd=book_usd,
        horizon_days=horizon_days,
        enough=enough,
        n_test=y.size - train,
    )


def _in_order(
    judged: Sequence[Candidate], held_usd: Mapping[str, float], same_cost_usd: float
) -> tuple[Candidate, ...]:
    """Put those tied first, settled by the coin held and by cost."""
    cheapest = min(one.cost_usd for one in judged if one.tied)

    def order(one: Candidate) -> tuple[float, ...]:
        if not one.tied:
            return 1.0, -one.effectiveness
        more = one.cost_usd - cheapest
        same = more <= same_cost_usd
        return 0.0, -sum(held_usd.get(name, 0.0) for name in one.coins), 0.0 if same else more

    return tuple(sorted(judged, key=order))
