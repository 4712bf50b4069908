"""Rules for opening and closing the hedge: the usual advice, made executable.

A rule looks at the data up to a date and fires there or not; what it says is acted on at that same
close. None sees the future: changing tomorrow's price changes no answer of today. Whether any of
them helps is a question for :func:`hedgelib.replay.replay`, and that is what they are here for.

Prices are USD per coin, > 0, of shape (n_steps + 1,) or (n_paths, n_steps + 1). None at all raises
:class:`hedgelib.errors.NotEnoughData`, and what is not accepted
:class:`hedgelib.errors.InvalidInput`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgelib._check import (
    FINITE,
    NONNEGATIVE,
    POSITIVE,
    RATE,
    FloatArray,
    Rule,
    ascending,
    instance,
    numbers,
    scalars,
)
from hedgelib._result import whole
from hedgelib.errors import InvalidInput, NotEnoughData

__all__ = [
    "after_rally",
    "always_on",
    "calm_again",
    "funding_too_negative",
    "hedge_when",
    "trend_break",
]

Signal: TypeAlias = NDArray[np.bool_]
"""True where a rule fires, one value for each date: shape (n_steps + 1,), or a row for a path."""


def _columns(name: str, value: ArrayLike, rule: Rule) -> FloatArray:
    ascending(**{name: value})
    (array,) = numbers(**{name: (value, rule)})
    if np.ndim(array) not in (1, 2):
        raise InvalidInput(f"{name} must have one or two dimensions, got {np.ndim(array)}")
    if array.size == 0:
        raise NotEnoughData(f"{name} needs at least 1 value, got 0")
    return np.asarray(array)


def _rolling_mean(values: FloatArray, window: int) -> FloatArray:
    """Mean of each value and those before it in the window; infinite until there are enough.

    Summed in one order for every date, so that no value outside the window can touch it.
    """
    mean = np.full(values.shape, np.inf)
    count = values.shape[-1] - window + 1
    if count > 0:
        total = np.zeros((*values.shape[:-1], count))
        for lag in range(window):
            total += values[..., lag : lag + count]
        mean[..., window - 1 :] = total / window
    return mean


def always_on(prices_usd: ArrayLike) -> Signal:
    """Fire on every date.

    **Source:** the plain hedge, to judge the others by.

    Examples
    --------
    >>> always_on([100, 90])
    array([ True,  True])
    """
    return np.ones(_columns("prices_usd", prices_usd, POSITIVE).shape, dtype=bool)


def after_rally(prices_usd: ArrayLike, lookback: int, threshold: float) -> Signal:
    """Fire after a rise: the advice to lock in gains.

    Formula: ``price_t / price_(t - lookback) - 1 >= threshold``. **Source:** "lock in significant
    gains", the usual reason to hedge. It locks in the part that moves with the coin, and gives up
    the rest of the rally. Before as many steps, >= 1, it does not fire.

    Examples
    --------
    >>> after_rally([100, 110, 130, 120], 2, 0.25)
    array([False, False,  True, False])
    """
    prices = _columns("prices_usd", prices_usd, POSITIVE)
    lookback = whole("lookback", lookback, least=1)
    (threshold,) = scalars(threshold=(threshold, FINITE))
    fired = np.zeros(prices.shape, dtype=bool)
    with np.errstate(over="ignore"):
        fired[..., lookback:] = prices[..., lookback:] / prices[..., :-lookback] - 1 >= threshold
    return fired


def trend_break(prices_usd: ArrayLike, window: int) -> Signal:
    """Fire below the moving average: "anticipate a correction" in figures.

    Formula: ``price_t < mean(price_(t - window + 1) .. price_t)``. **Source:** "anticipate a
    correction" cannot be tested as such; a moving average is the most common substitute, and it is
    always late. Before there are as many prices as the window, >= 2, it does not fire.

    Examples
    --------
    >>> trend_break([100, 110, 105, 90], 3)
    array([False, False, False,  True])
    """
    prices = _columns("prices_usd", prices_usd, POSITIVE)
    window = whole("window", window, least=2)
    mean = _rolling_mean(prices, window)
    return np.asarray((prices < mean) & np.isfinite(mean))


def calm_again(prices_usd: ArrayLike, window: int, threshold: float) -> Signal:
    """Fire when the returns have calmed down: the perceived risk has passed.

    Formula: root of the mean square of the last `window` simple returns, at most `threshold`.
    **Source:** "when the perceived risk has passed" cannot be tested as such; volatility is the
    observable measure of it. The mean is not taken out: a steady fall is no calm. Before there are
    as many returns as the window, >= 1, it does not fire; the threshold is a decimal >= 0.

    Examples
    --------
    >>> calm_again([100, 80, 100, 101, 101], 2, 0.02)
    array([False, False, False, False,  True])
    """
    prices = _columns("prices_usd", prices_usd, POSITIVE)
    window = whole("window", window, least=1)
    (threshold,) = scalars(threshold=(threshold, NONNEGATIVE))
    with np.errstate(over="ignore"):
        squares = (prices[..., 1:] / prices[..., :-1] - 1) ** 2
        calm = _rolling_mean(squares, window) <= np.square(threshold)
    return np.concatenate([np.zeros((*prices.shape[:-1], 1), dtype=bool), calm], axis=-1)


def funding_too_negative(funding_rate: ArrayLike, threshold: float, window: int = 1) -> Signal:
    """Fire when a short has been paying too much funding: the cost is prohibitive.

    Formula: mean of the last `window` rates settled ``<= -threshold``; on the first date none is
    known, so it does not fire there. **Source:** the only one of the usual advice on funding with
    the sign the right way round: a negative rate is what a short pays. Rates, of shape (n_steps,)
    or (n_paths, n_steps), and threshold, >= 0, are decimals per step.

    Examples
    --------
    >>> funding_too_negative([0.0001, -0.002, 0.0001], 0.001)
    array([False, False,  True, False])
    """
    rates = _columns("funding_rate", funding_rate, RATE)
    window = whole("window", window, least=1)
    (threshold,) = scalars(threshold=(threshold, NONNEGATIVE))
    fired = _rolling_mean(rates, window) <= -threshold
    return np.concatenate([np.zeros((*rates.shape[:-1], 1), dtype=bool), fired], axis=-1)


def hedge_when(
    put_on: Sequence[Signal] | Signal,
    take_off: Sequence[Signal] | Signal = (),
    *,
    start: bool = False,
) -> Signal:
    """Combine rules: the hedge is on since one of them put it on and none took it off.

    The rules are of one shape, at least one in all; where both fire on a date, it comes off, and
    `start` says whether it is on until one first fires. The result is for ``active`` of a replay.
    **Source:** the state of a switch is that of its last throw.

    Examples
    --------
    >>> on, off = np.array([0, 1, 0, 0, 1], bool), np.array([0, 0, 0, 1, 0], bool)
    >>> hedge_when(on, off)
    array([False,  True,  True, False,  True])
    """
    on, off = _signals("put_on", put_on), _signals("take_off", take_off)
    instance("start", start, bool)
    shapes = {signal.shape for signal in (*on, *off)}
    if not shapes:
        raise InvalidInput("at least one rule is needed; always_on(prices_usd) is one")
    if len(shapes) > 1:
        raise InvalidInput(f"the rules have different shapes: {sorted(shapes)}; use one path")
    (shape,) = shapes
    step = np.arange(shape[-1])
    never = np.zeros(shape, dtype=bool)
    last = [
        np.maximum.accumulate(np.where(np.logical_or.reduce([never, *some]), step, before), axis=-1)
        for some, before in ((on, -1 if start else -2), (off, -2 if start else -1))
    ]
    return np.asarray(last[0] > last[1])


def _signals(name: str, given: Sequence[Signal] | Signal) -> list[Signal]:
    if not isinstance(given, np.ndarray | list | tuple):
        raise InvalidInput(f"{name} must be a rule's array or a list of them, got {given!r}")
    signals = [given] if isinstance(given, np.ndarray) else list(given)
    for signal in signals:
        if not isinstance(signal, np.ndarray) or signal.dtype != bool or signal.ndim not in (1, 2):
            raise InvalidInput(f"{name} must be arrays of true and false, made by a rule")
        if signal.size == 0:
            raise InvalidInput(f"{name} must have a value for each date, got none")
    return signals
