"""Input checks and plain results for the finance floors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgelib.errors import InvalidInput, NotEnoughData

FloatArray: TypeAlias = NDArray[np.float64]
Result: TypeAlias = Any
"""A float where every argument was a scalar, a float64 array otherwise (as numpy types ufuncs)."""

Numeric: TypeAlias = Any
"""What a formula takes: whatever numpy takes for numbers. In its body it is checked float64."""

P = ParamSpec("P")


@dataclass(frozen=True)
class Rule:
    """An interval that contains the accepted numbers, and its wording in a message."""

    text: str
    holds: Callable[[Any], Any]


FINITE = Rule("a finite number", lambda x: np.isfinite(x))
POSITIVE = Rule("> 0", lambda x: (x > 0) & np.isfinite(x))
POSITIVE_OR_INF = Rule("> 0, or inf for none", lambda x: x > 0)
NONNEGATIVE = Rule(">= 0", lambda x: (x >= 0) & np.isfinite(x))
ABOVE_MINUS_ONE = Rule("> -1 (a loss of 100% is -1)", lambda x: (x > -1) & np.isfinite(x))
RATE = Rule("a decimal between -1 and 1 (1% is 0.01)", lambda x: np.abs(x) < 1)
FRACTION = Rule("a decimal from 0 to below 1 (1% is 0.01)", lambda x: (x >= 0) & (x < 1))
SHARE = Rule("a decimal from 0 to 1", lambda x: (x >= 0) & (x <= 1))

RULES = {
    name: rule
    for rule, names in (
        (
            FINITE,
            "base_rate_daily beta contracts contracts_exact exposure_units h interest "
            "other_pnl_coin other_pnl_usd premium previous_rate prior_mean quote_rate_daily "
            "ratio_to_optimal ratio_units target_beta x y",
        ),
        (
            POSITIVE,
            "contract_units contract_usd days entry_usd exit_usd futures_usd horizon_days "
            "impact_ask_usd impact_bid_usd index_usd interval_hours intervals_per_day leverage "
            "lot mark_usd max_leverage multiplier multiplier_coin multiplier_usd perp_entry_usd "
            "perp_exit_usd price_usd prices_usd settle_usd spot_entry_usd spot_exit_usd spot_usd",
        ),
        (
            NONNEGATIVE,
            "book_usd cash_usd coin collateral_coin collateral_usd daily_vol damper hedge_ratio "
            "held_usd hours hours_to_funding maintenance_amount_coin maintenance_amount_usd "
            "max_step notional_usd other_maintenance_coin other_maintenance_usd prior_sd se "
            "value_usd wallet wallet_coin wallet_usd",
        ),
        (RATE, "expected_funding_rate fee_rate funding_rate"),
        (FRACTION, "maintenance_rate slippage slippage_rate taker_fee"),
        (ABOVE_MINUS_ONE, "entry_basis exit_basis move moves"),
        (SHARE, "pairwise r2 share"),
    )
    for name in names.split()
}
"""What a parameter of that name accepts; a function in which it differs says so in its call."""

Checked: TypeAlias = "ArrayLike | tuple[ArrayLike, Rule]"
"""A value to be checked by the rule of its name, or by the one given with it."""


def _as_floats(name: str, value: object) -> FloatArray:
    if type(value) is np.ndarray and value.dtype == np.float64:  # the usual case, at no cost
        return value
    # numpy would turn a masked entry of a list into NaN, and a bool into 0 or 1.
    items = value if isinstance(value, (list, tuple)) else ()
    if np.ma.is_masked(value) or any(item is np.ma.masked for item in items):
        raise InvalidInput(f"{name} has masked entries; drop them first")
    for i, item in enumerate(items):
        if isinstance(item, (bool, np.bool_)):
            raise InvalidInput(f"{name} must be numbers, got {item!r} at [{i}]")
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            value = float(value)
        except OverflowError as error:
            raise InvalidInput(f"{name} is too large to compute with") from error
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InvalidInput(f"{name} must be numbers in a regular shape: {error}") from error
    if array.dtype.kind not in "iuf":
        shown = (
            repr(value) if len(repr(value)) <= 60 else f"{type(value).__name__} of {array.dtype}"
        )
        raise InvalidInput(f"{name} must be numbers, got {shown}; convert it with float() first")
    with np.errstate(over="ignore"):
        return array.astype(np.float64, copy=False)


def _parts(array: FloatArray, piece: int = 32_768) -> Iterator[FloatArray]:
    """Cut a long array into pieces that stay in the cache while they are read twice."""
    if array.size <= piece or not array.flags.forc:
        return iter([array] if array.size else [])
    flat = array.ravel(order="K")
    return (flat[start : start + piece] for start in range(0, flat.size, piece))


def _refuse(name: str, array: FloatArray, rule: Rule) -> None:
    # An interval holds all when it holds the ends; NaN becomes both of them and fails.
    if all(rule.holds(part.min()) and rule.holds(part.max()) for part in _parts(array)):
        return
    good = rule.holds(array)
    if array.ndim == 0:
        raise InvalidInput(f"{name} must be {rule.text}, got {float(array)!r}")
    first = tuple(int(i) for i in np.argwhere(~good)[0])
    where = str(first[0]) if len(first) == 1 else str(first)
    raise InvalidInput(f"{name} must be {rule.text}, got {float(array[first])!r} at [{where}]")


def _labels(value: object) -> tuple[Any, ...]:
    """Return the row labels of a pandas object, and the column labels of a table."""
    if type(value) is np.ndarray:
        return ()
    axes = getattr(value, "axes", None)
    if not isinstance(axes, list) or not all(hasattr(axis, "equals") for axis in axes):
        return ()
    return tuple(axes)


def aligned(values: Mapping[str, object], *, rows_only: bool = False) -> None:
    """Refuse pandas objects whose labels do not match, because they are paired by position.

    A table is compared with tables, and also with series where only rows are paired.
    """
    labelled = [
        (name, labels[:1] if rows_only else labels)
        for name, value in values.items()
        if (labels := _labels(value))
    ]
    for name, labels in labelled[1:]:
        first, expected = next(pair for pair in labelled if len(pair[1]) == len(labels))
        for mine, other in zip(labels, expected, strict=True):
            if len(mine) != len(other) or mine.equals(other):
                continue
            at = next((i for i, (a, b) in enumerate(zip(mine, other, strict=True)) if a != b), 0)
            raise InvalidInput(
                f"{first} and {name} are labelled differently, at [{at}] {other[at]} and "
                f"{mine[at]}: align them first (pandas.concat([...], axis=1, join='inner')), or "
                "pass .to_numpy() of each to pair them by position"
            )


def ascending(**values: object) -> None:
    """Refuse pandas objects whose dates are not in ascending order."""
    for name, value in values.items():
        for dates in _labels(value)[:1]:
            if dates.dtype.kind == "M" and not dates.is_monotonic_increasing:
                at = next(i for i in range(1, len(dates)) if not dates[i] >= dates[i - 1])
                raise InvalidInput(
                    f"the dates of {name} must ascend, got {dates[at - 1]} then {dates[at]}; sort "
                    "it first (sort_index())"
                )


_CHOSEN = 0.1


def evenly(*, chosen: bool = False, **values: object) -> None:
    """Refuse pandas objects whose dates have a hole: one step would then be taken for many.

    With `chosen`, days picked here and there pass: more than a tenth of their steps are uneven.
    """
    ascending(**values)
    for name, value in values.items():
        for dates in _labels(value)[:1]:
            if dates.dtype.kind != "M" or len(dates) < 3:
                continue
            steps = np.diff(dates.to_numpy())
            usual = np.median(steps)
            # Months are of unequal length.
            wide = steps > 1.5 * usual
            at = int(np.argmax(wide))
            if wide[at] and not (chosen and wide.mean() > _CHOSEN):
                raise InvalidInput(
                    f"the dates of {name} have a hole between {dates[at]} and {dates[at + 1]}; "
                    "fill it, or compute the parts before and after it apart, or pass .to_numpy() "
                    "where the dates do not matter"
                )


def _has_rule(value: object) -> bool:
    return type(value) is tuple and len(value) == 2 and type(value[1]) is Rule


def numbers(**values: Checked) -> tuple[FloatArray, ...]:
    """Check arguments, and that they broadcast, and return them as float64 in the order given."""
    pairs: dict[str, Any] = {
        name: value if _has_rule(value) else (value, RULES[name]) for name, value in values.items()
    }
    aligned({name: value for name, (value, _) in pairs.items()})
    arrays: list[Any] = []
    for name, (given, rule) in pairs.items():
        if isinstance(given, float) and rule.holds(number := np.float64(given)):  # the usual case
            arrays.append(number)
            continue
        array = _as_floats(name, given)
        _refuse(name, array, rule)
        # A 0-d array decays to a scalar in arithmetic; [()] makes it one from the start.
        arrays.append(array[()])
    if len(arrays) == 1:
        return tuple(arrays)
    try:
        np.broadcast_shapes(*(np.shape(array) for array in arrays))
    except ValueError as error:
        shapes = ", ".join(f"{n} {np.shape(a)}" for n, a in zip(values, arrays, strict=True))
        raise InvalidInput(f"the shapes do not go together: {shapes}") from error
    return tuple(arrays)


def scalars(**values: Checked) -> tuple[float, ...]:
    """Check arguments that must be one number each, and return them as floats."""
    floats = []
    for name, pair in values.items():
        (number,) = numbers(**{name: pair})
        if np.ndim(number):
            raise InvalidInput(f"{name} must be a single number, got shape {np.shape(number)}")
        floats.append(float(number))
    return tuple(floats)


def plain(result: FloatArray) -> Result:
    """Return a 0-d array as a float and any other as it is."""
    return float(result) if np.ndim(result) == 0 else result


def series(name: str, value: ArrayLike, *, at_least: int = 1, rule: Rule = FINITE) -> FloatArray:
    """Check a one-dimensional sequence of numbers and return it as float64."""
    ascending(**{name: value})
    array = _as_floats(name, value)
    if array.ndim != 1:
        raise InvalidInput(f"{name} must be one-dimensional, got shape {array.shape}")
    if array.size < at_least:
        raise NotEnoughData(f"{name} needs at least {at_least} values, got {array.size}")
    _refuse(name, array, rule)
    return array


def in_pieces(
    formula: Callable[..., FloatArray], *arrays: FloatArray, piece: int = 16_384
) -> FloatArray:
    """Compute a formula over long arrays in pieces that fit the cache.

    The steps of a formula leave an array each; for a million numbers it is writing those to memory,
    not computing them, that takes the time.
    """
    size = max(np.size(array) for array in arrays)
    if size <= piece or any(np.ndim(array) > 1 for array in arrays):
        return formula(*arrays)
    result = np.empty(size)
    for start in range(0, size, piece):
        part = slice(start, start + piece)
        result[part] = formula(*(a[part] if np.size(a) == size else a for a in arrays))
    return result


def one_of(name: str, value: object, accepted: tuple[str, ...]) -> None:
    """Refuse a choice that is not in the list."""
    if not isinstance(value, str) or value not in accepted:
        raise InvalidInput(f"{name} must be one of {', '.join(accepted)}, got {value!r}")


def instance(name: str, value: object, kind: type) -> None:
    """Refuse an argument that is not a `kind`."""
    if not isinstance(value, kind):
        raise InvalidInput(f"{name} must be a {kind.__name__}, got {value!r}")


@contextmanager
def extremes(name: str) -> Iterator[None]:
    """Turn an overflow into an error that names the function."""
    try:
        with np.errstate(all="raise", under="ignore"):
            yield
    except FloatingPointError as error:
        raise InvalidInput(f"{name}: the numbers are too large or too small") from error


def vectorised(function: Callable[P, Any]) -> Callable[P, Any]:
    """Make a function return a float for scalars, and never NaN.

    An argument of an extreme size may overflow on the way. Infinity can be an answer ("no such
    price"), but not one that an overflow gave, and NaN is none: both become an error here instead
    of travelling on.
    """

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> Any:
        with extremes(function.__name__):
            result = np.asarray(function(*args, **kwargs))
            # Not every platform reports what happens in its floating point.
            if np.isnan(result).any():
                raise FloatingPointError
        return plain(result)

    return checked


def formula(function: Callable[P, Any]) -> Callable[P, Any]:
    """Check every argument by the rule of its name, and do what :func:`vectorised` does."""
    bind = signature(function).bind
    compute: Callable[..., Any] = vectorised(function)

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> Any:
        given = bind(*args, **kwargs)
        given.apply_defaults()
        values = given.arguments
        return compute(**dict(zip(values, numbers(**values), strict=True)))

    return checked
