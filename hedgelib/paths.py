"""Price paths for a replay: history, resampled history, or a model.

Each result says in its label which of the three it is, and the label goes with it into the replay,
so that a picture of modelled prices cannot pass for one of real ones.

Arguments and errors are as in :mod:`hedgelib.contracts`. `n_paths` and `n_steps` are >= 1,
`hours_per_step` > 0, and the same `seed` gives the same paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hedgelib._check import (
    ABOVE_MINUS_ONE,
    FINITE,
    NONNEGATIVE,
    POSITIVE,
    RATE,
    FloatArray,
    Rule,
    instance,
    numbers,
    one_of,
    scalars,
    series,
)
from hedgelib._result import whole
from hedgelib._text import Table
from hedgelib.errors import InvalidInput, NotEnoughData

__all__ = ["Gbm", "Paths", "block_bootstrap", "fit_gbm", "gbm_paths", "history"]

Dates: TypeAlias = NDArray[np.datetime64]
Blocks = Literal["stationary", "moving"]

_MOST_VALUES = 2**28
_DAY_HOURS = 24.0


def _frugal(rule: Rule, low: float, *, closed: bool = False) -> Rule:
    """Return a rule that asks for each value, at the cost of memory, only when one breaks it."""

    def holds(x: FloatArray) -> NDArray[np.bool_]:
        least, most = (x.min(), x.max()) if x.size else (np.nan, np.nan)
        fine = (least >= low if closed else least > low) and most < np.inf
        return np.asarray(True) if fine else rule.holds(x)

    return Rule(rule.text, holds)


_PRICES = _frugal(POSITIVE, 0.0)
_CORRELATION = Rule("from -1 to 1", lambda x: np.abs(x) <= 1)
_VALUES = _frugal(NONNEGATIVE, 0.0, closed=True)


def fixed(array: np.ndarray) -> np.ndarray:
    """Return a contiguous view that cannot be written to."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Prices of the hedge coin along one path or many, with book and funding on the same dates.

    - label: where they come from, in words
    - prices_usd: shape (n_paths, n_steps + 1), > 0; at least one path and one step
    - book_usd: value of the book on the same dates, in any unit, >= 0 and at the start > 0
    - funding_rate: shape (n_paths, n_steps), decimal per step; above zero shorts receive
    - dates: shape (n_steps + 1,), ascending and evenly spaced; kept in UTC where they have a time
      zone, as `utc` then says
    - hours_per_step: taken from the dates where there are some, and 24 otherwise
    """

    label: str
    prices_usd: FloatArray
    book_usd: FloatArray | None = None
    funding_rate: FloatArray | None = None
    dates: Dates | None = None
    hours_per_step: float | None = None
    utc: bool = False

    def __post_init__(self) -> None:
        instance("label", self.label, str)
        if not self.label.strip():
            raise InvalidInput("label must say where the prices come from, got an empty one")
        prices = _table("prices_usd", self.prices_usd, _PRICES)
        set_field = object.__setattr__
        set_field(self, "prices_usd", prices)
        if self.book_usd is not None:
            book = _table("book_usd", self.book_usd, _VALUES, prices.shape)
            numbers(**{"book_usd at the start": (book[:, 0], POSITIVE)})
            set_field(self, "book_usd", book)
        if self.funding_rate is not None:
            shape = (prices.shape[0], prices.shape[1] - 1)
            set_field(self, "funding_rate", _table("funding_rate", self.funding_rate, RATE, shape))
        hours = self.hours_per_step
        if hours is not None:
            (hours,) = scalars(hours_per_step=(hours, POSITIVE))
        if self.dates is not None:
            dates, aware = _moments("dates", self.dates)
            if dates.size != prices.shape[1]:
                raise InvalidInput(f"{dates.size} dates for {prices.shape[1]} prices; one for each")
            set_field(self, "dates", fixed(dates))
            set_field(self, "utc", self.utc or aware)
            hours = _spacing(dates, hours)
        set_field(self, "hours_per_step", _DAY_HOURS if hours is None else hours)

    def __len__(self) -> int:
        return self.n_paths

    def __iter__(self) -> Iterator[Paths]:
        return (self.one(i) for i in range(self.n_paths))

    @property
    def n_paths(self) -> int:
        """Number of paths."""
        return int(self.prices_usd.shape[0])

    @property
    def n_steps(self) -> int:
        """Number of steps, one less than prices."""
        return int(self.prices_usd.shape[1]) - 1

    @property
    def step_hours(self) -> float:
        """Length of a step in hours."""
        return float(self.hours_per_step or _DAY_HOURS)

    def one(self, i: int) -> Paths:
        """Return path i, counted from 0."""
        i = whole("i", i, least=-self.n_paths)
        if i >= self.n_paths:
            raise InvalidInput(f"path {i} is not there: they are counted 0 to {self.n_paths - 1}")
        return replace(
            self,
            prices_usd=self.prices_usd[i][None],
            book_usd=None if self.book_usd is None else self.book_usd[i][None],
            funding_rate=None if self.funding_rate is None else self.funding_rate[i][None],
        )

    def starting_at(self, price_usd: float) -> Paths:
        """Scale every path to start at a price: the same returns from another level.

        Examples
        --------
        >>> history([100, 50]).starting_at(3500).prices_usd
        array([[3500., 1750.]])
        """
        (price_usd,) = scalars(price_usd=price_usd)
        return replace(
            self,
            prices_usd=self.prices_usd / self.prices_usd[:, :1] * price_usd,
            label=f"{self.label}, scaled to start at ${price_usd:,.10g}",
        )

    def __str__(self) -> str:
        count = "1 path" if self.n_paths == 1 else f"{self.n_paths:,} paths"
        return f"{self.label}: {count} of {self.n_steps:,} steps of {self.step_hours:g} h"

    def _repr_html_(self) -> str:
        ends = self.prices_usd[:, -1] / self.prices_usd[:, 0] - 1
        rows = {
            "Paths": str(self),
            "From": "" if self.dates is None else f"{self.dates[0]} to {self.dates[-1]}",
            "Return to the end": " / ".join(
                f"{q:+.0%}" for q in np.quantile(ends, (0.05, 0.5, 0.95))
            )
            + " (5%, 50% and 95% quantiles)",
            "Besides the coin": ", ".join(
                name
                for name, column in (("book", self.book_usd), ("funding", self.funding_rate))
                if column is not None
            ),
        }
        return Table(
            ("of these paths", "value"), [(name, text) for name, text in rows.items() if text]
        ).html()


def _table(
    name: str, value: ArrayLike, rule: Rule, shape: tuple[int, ...] | None = None
) -> FloatArray:
    (array,) = numbers(**{name: (value, rule)})
    if np.ndim(array) != 2 and np.size(array):
        raise InvalidInput(
            f"{name} must have a row for each path, so two dimensions, got {np.ndim(array)}"
        )
    if shape is None and (array.size == 0 or array.shape[1] < 2):
        raise NotEnoughData(f"{name} needs at least one path of 2 prices, got shape {array.shape}")
    if shape is not None and array.shape != shape:
        raise InvalidInput(f"{name} must have shape {shape}, got {array.shape}")
    return fixed(array)


def _moments(name: str, dates: ArrayLike) -> tuple[Dates, bool]:
    """Return dates as datetime64, and whether they had a time zone (they are in UTC then)."""
    if not isinstance(dates, list | tuple):
        array = np.asarray(dates)
        if array.ndim != 1:
            raise InvalidInput(f"{name} must be one-dimensional, got shape {array.shape}")
        # As objects, because a list of datetime64 in nanoseconds would be one of plain integers.
        dates = list(array.astype("datetime64[us]") if array.dtype.kind == "M" else array)
    read = [_moment(name, value) for value in dates]
    zones = {moment.tzinfo is not None for moment in read}
    if len(zones) > 1:
        raise InvalidInput(f"{name} mix dates with a time zone and without; choose one")
    utc = [
        moment.astimezone(UTC).replace(tzinfo=None) if True in zones else moment for moment in read
    ]
    return np.array(utc, dtype="datetime64[us]"), True in zones


def _moment(name: str, value: object) -> datetime:
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise InvalidInput(f"{name} must be dates, got {value!r}; write 2020-03-12") from error
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    # pandas has a datetime for "no date", which is not equal to itself.
    if not isinstance(value, datetime) or value != value:
        raise InvalidInput(f"{name} must be dates, got {value!r}")
    return value


def _spacing(dates: Dates, hours: float | None) -> float:
    """Return the hours between dates, and refuse dates that do not ascend evenly."""
    gaps = np.diff(dates)
    uneven = (gaps != gaps[0]) | (gaps <= np.timedelta64(0, "us"))
    if uneven.any():
        at = int(np.argmax(uneven))
        raise InvalidInput(
            f"dates must ascend evenly, got {dates[at]} then {dates[at + 1]} after a first step of "
            f"{gaps[0]}; sort them, and fill or cut gaps"
        )
    spacing = float(gaps[0] / np.timedelta64(1, "h"))
    if hours is not None and hours != spacing:
        raise InvalidInput(f"hours_per_step is {hours:g}, but the dates are {spacing:g} h apart")
    return spacing


def _dates_in(name: str, column: object) -> tuple[Dates, bool] | None:
    """Return the dates that a column brings along as its index, if it does."""
    index = getattr(column, "index", None)
    kind = getattr(getattr(index, "dtype", None), "kind", "")
    return _moments(f"dates of {name}", index) if kind == "M" else None  # type: ignore[arg-type]


def common_dates(
    dates: ArrayLike | None, utc: bool = False, **columns: object
) -> tuple[Dates, bool] | None:
    """Return the one calendar of all columns; a column that is a value short starts a step later.

    `utc` says that the dates had a time zone, which is lost in datetime64.
    """
    calendars = [(name, _dates_in(name, column)) for name, column in columns.items()]
    if dates is not None:
        moments, aware = _moments("dates", dates)
        calendars.insert(0, ("dates", (moments, aware or utc)))
    known = [(name, *pair) for name, pair in calendars if pair is not None]
    if not known:
        return None
    first, calendar, zoned = known[0]
    for name, other, other_zoned in known[1:]:
        if zoned != other_zoned:
            zone, none = (first, name) if zoned else (name, first)
            raise InvalidInput(
                f"the dates of {zone} have a time zone and those of {none} have none; "
                "give both one, or neither"
            )
        expected = calendar[1:] if other.size == calendar.size - 1 else calendar
        if other.size != expected.size or (other != expected).any():
            raise InvalidInput(f"the dates of {first} and of {name} differ; align them first")
    return calendar, zoned


def _row(name: str, column: ArrayLike | None, rule: Rule) -> FloatArray | None:
    return None if column is None else series(name, column, rule=rule)[None].copy()


def history(
    prices_usd: ArrayLike,
    *,
    book_usd: ArrayLike | None = None,
    funding_rate: ArrayLike | None = None,
    dates: ArrayLike | None = None,
    hours_per_step: float | None = None,
    label: str = "history",
) -> Paths:
    """Make one path of historical prices.

    A row of each is as for :class:`Paths`. A pandas series brings its dates along, which must be
    those of the other columns; the first and the last are added to the label. **Source:** the data
    themselves: nothing is filled, dropped or moved.

    Examples
    --------
    >>> str(history([100, 90, 95], dates=["2020-03-11", "2020-03-12", "2020-03-13"]))
    'history 2020-03-11 to 2020-03-13: 1 path of 2 steps of 24 h'
    """
    calendar, utc = common_dates(
        dates, prices_usd=prices_usd, book_usd=book_usd, funding_rate=funding_rate
    ) or (None, False)
    if calendar is not None and calendar.size:
        label = f"{label} {calendar[0].astype('M8[D]')} to {calendar[-1].astype('M8[D]')}"
    return Paths(
        label=label,
        prices_usd=series("prices_usd", prices_usd, at_least=2, rule=POSITIVE)[None].copy(),
        book_usd=_row("book_usd", book_usd, NONNEGATIVE),
        funding_rate=_row("funding_rate", funding_rate, RATE),
        dates=calendar,
        hours_per_step=hours_per_step,
        utc=utc,
    )


def _counts(n_paths: int, n_steps: int) -> tuple[int, int]:
    """Refuse counts that are no whole numbers above zero, or too many for any memory."""
    paths, steps = whole("n_paths", n_paths, least=1), whole("n_steps", n_steps, least=1)
    if paths * steps > _MOST_VALUES:
        raise InvalidInput(
            f"n_paths x n_steps must be at most {_MOST_VALUES:,}, got {paths:,} x {steps:,}; make "
            "several with a seed each"
        )
    return paths, steps


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(whole("seed", seed, least=0))


def block_bootstrap(
    coin_returns: ArrayLike,
    n_paths: int,
    n_steps: int,
    *,
    block: float,
    seed: int,
    price_usd: float,
    book_returns: ArrayLike | None = None,
    funding_rate: ArrayLike | None = None,
    kind: Blocks = "stationary",
    hours_per_step: float = _DAY_HOURS,
) -> Paths:
    """Resample history in blocks, which keeps its crashes and its calm together.

    Book and funding are drawn with the coin, date by date, so what moved together still does.

    - coin_returns: simple returns of the hedge coin per step, shape (n,), decimals above -1
    - kind: ``"stationary"``, blocks of random length that wrap around the end, or ``"moving"``, of
      fixed length, which do not
    - block: length of a block in steps, 1 to n: the mean one, or of every one, a whole number then
    - price_usd: where every path starts
    - book_returns, funding_rate: on the same dates, shape (n,): simple returns of the book, whose
      value starts at 1; decimal per step

    **Source:** Politis and Romano, The Stationary Bootstrap, JASA 89 (1994); Künsch, The Jackknife
    and the Bootstrap for General Stationary Observations, Annals of Statistics 17 (1989).

    Examples
    --------
    >>> paths = block_bootstrap([0.1, -0.2, 0.05], 1000, 30, block=2, seed=1, price_usd=3500)
    >>> str(paths)
    'stationary block bootstrap of 3 returns, mean block 2: 1,000 paths of 30 steps of 24 h'
    """
    one_of("kind", kind, ("stationary", "moving"))
    n_paths, n_steps = _counts(n_paths, n_steps)
    common_dates(
        None, coin_returns=coin_returns, book_returns=book_returns, funding_rate=funding_rate
    )
    coin = series("coin_returns", coin_returns, at_least=2, rule=ABOVE_MINUS_ONE)
    n, columns = coin.size, {"book_returns": book_returns, "funding_rate": funding_rate}
    rules = {"book_returns": ABOVE_MINUS_ONE, "funding_rate": RATE}
    given = {k: series(k, v, rule=rules[k]) for k, v in columns.items() if v is not None}
    for name, column in given.items():
        if column.size != n:
            raise InvalidInput(f"{n} coin_returns but {column.size} {name}; align them first")
    price_usd, block = scalars(price_usd=price_usd, block=(block, POSITIVE))
    if not 1 <= block <= n or (kind == "moving" and block != int(block)):
        kind_of = "a whole number " if kind == "moving" else ""
        raise InvalidInput(f"block must be {kind_of}from 1 to {n}, the returns, got {block!r}")
    draw = _stationary if kind == "stationary" else _moving
    picked = draw(_generator(seed), n, n_paths, n_steps, block)
    length = f"mean block {block:g}" if kind == "stationary" else f"block {block:g}"
    book = given.get("book_returns")
    funding = given.get("funding_rate")
    return Paths(
        label=f"{kind} block bootstrap of {n:,} returns, {length}",
        prices_usd=_compound(coin, picked, price_usd),
        book_usd=None if book is None else _compound(book, picked, 1.0),
        funding_rate=None if funding is None else funding[picked],
        hours_per_step=hours_per_step,
    )


def _stationary(
    rng: np.random.Generator, n: int, n_paths: int, n_steps: int, block: float
) -> NDArray[np.intp]:
    """Pick dates: go on to the next one, or with a chance of 1 / block jump to any."""
    step = np.arange(n_steps)
    jumps = rng.random((n_paths, n_steps)) < 1 / block
    jumps[:, 0] = True
    since = np.maximum.accumulate(np.where(jumps, step, 0), axis=1)
    landed = np.take_along_axis(rng.integers(n, size=(n_paths, n_steps)), since, axis=1)
    return np.asarray((landed + step - since) % n, dtype=np.intp)


def _moving(
    rng: np.random.Generator, n: int, n_paths: int, n_steps: int, block: float
) -> NDArray[np.intp]:
    """Pick dates: whole blocks one after the other, the last one cut."""
    length = int(block)
    starts = rng.integers(n - length + 1, size=(n_paths, -(-n_steps // length), 1))
    return np.asarray((starts + np.arange(length)).reshape(n_paths, -1)[:, :n_steps])


def _compound(returns: FloatArray, picked: NDArray[np.intp], start: float) -> FloatArray:
    path = np.empty((picked.shape[0], picked.shape[1] + 1))
    path[:, 0] = start
    path[:, 1:] = (1 + returns)[picked]
    with np.errstate(over="ignore", under="ignore"):
        return np.cumprod(path, axis=1, out=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gbm:
    """A geometric Brownian motion of the coin, and of a book with it: made by :func:`fit_gbm`.

    - drift, volatility: of the coin per step: the logarithm of its mean gross return, and the
      standard deviation of its logarithmic returns, >= 0
    - n: number of returns it was fitted to
    - book_drift, book_volatility: of the book, if one was fitted
    - correlation: of the logarithmic returns of the two, -1 to 1
    """

    drift: float
    volatility: float
    n: int
    hours_per_step: float = _DAY_HOURS
    book_drift: float | None = None
    book_volatility: float | None = None
    correlation: float = 0.0

    def __post_init__(self) -> None:
        if (self.book_drift is None) != (self.book_volatility is None):
            raise InvalidInput("book_drift and book_volatility must be given both, or neither")
        rules = {"drift": FINITE, "volatility": NONNEGATIVE, "hours_per_step": POSITIVE}
        if self.book_drift is not None:
            rules |= {"book_drift": FINITE, "book_volatility": NONNEGATIVE}
        for name, rule in (rules | {"correlation": _CORRELATION}).items():
            object.__setattr__(self, name, *scalars(**{name: (getattr(self, name), rule)}))
        object.__setattr__(self, "n", whole("n", self.n, least=1))

    @property
    def se_drift(self) -> float:
        """Standard error of the drift per step: only a longer history makes it smaller."""
        return float(self.volatility / np.sqrt(self.n))

    @property
    def annual_volatility(self) -> float:
        """Volatility of the coin over 365 days, a decimal."""
        return float(self.volatility * np.sqrt(8760 / self.hours_per_step))

    @property
    def annual_drift(self) -> float:
        """Drift of the coin over 365 days, a decimal."""
        return self.drift * 8760 / self.hours_per_step

    def __str__(self) -> str:
        return (
            f"geometric Brownian motion, drift {self.annual_drift:+.0%} "
            f"± {1.96 * self.se_drift * 8760 / self.hours_per_step:.0%} and volatility "
            f"{self.annual_volatility:.0%} a year, fitted to {self.n:,} returns"
        )


def _log_returns(name: str, prices: ArrayLike) -> FloatArray:
    values = series(name, prices, at_least=3, rule=POSITIVE)
    return np.diff(np.log(values))


def fit_gbm(
    prices_usd: ArrayLike,
    *,
    book_usd: ArrayLike | None = None,
    hours_per_step: float = _DAY_HOURS,
) -> Gbm:
    """Fit a geometric Brownian motion to prices, and to a book on the same dates.

    Formula: with logarithmic returns ``x``, volatility ``s = sd(x)`` (n - 1) and drift
    ``mean(x) + s**2 / 2``, so that prices grow by ``exp(drift)`` a step on average. **Source:**
    Hull, Options, Futures, and Other Derivatives, "Estimating volatility from historical data". The
    model has no crashes, no clusters and no fat tails: crypto has all three. Prices and book have
    shape (n + 1,), n >= 2, and are > 0 and evenly spaced.

    Examples
    --------
    >>> round(fit_gbm([100, 110, 99, 105]).volatility, 6)
    0.106896
    """
    common_dates(None, prices_usd=prices_usd, book_usd=book_usd)
    coin = _log_returns("prices_usd", prices_usd)
    fit = Gbm(
        drift=float(coin.mean() + coin.var(ddof=1) / 2),
        volatility=float(coin.std(ddof=1)),
        n=coin.size,
        hours_per_step=hours_per_step,
    )
    if book_usd is None:
        return fit
    book = _log_returns("book_usd", book_usd)
    if book.size != coin.size:
        raise InvalidInput(f"{coin.size + 1} prices_usd but {book.size + 1} book_usd; align them")
    spread = np.sqrt(
        (coin - coin.mean()) @ (coin - coin.mean()) * ((book - book.mean()) ** 2).sum()
    )
    shared = float((coin - coin.mean()) @ (book - book.mean()))
    return replace(
        fit,
        book_drift=float(book.mean() + book.var(ddof=1) / 2),
        book_volatility=float(book.std(ddof=1)),
        correlation=float(np.clip(shared / spread, -1, 1)) if spread > 0 else 0.0,
    )


def gbm_paths(model: Gbm, n_paths: int, n_steps: int, *, seed: int, price_usd: float) -> Paths:
    """Draw paths from a geometric Brownian motion.

    Formula: ``S exp((drift - volatility**2 / 2) t + volatility W_t)``. **Source:** Hull, Options,
    Futures, and Other Derivatives, "The lognormal property of stock prices". Every path starts at
    the price, and the book, if the model has one, at 1.

    Examples
    --------
    >>> model = Gbm(drift=0.0, volatility=0.04, n=1460)
    >>> paths = gbm_paths(model, 2000, 30, seed=7, price_usd=3500)
    >>> round(float(paths.prices_usd[:, -1].mean()) / 3500, 2)
    1.0
    """
    instance("model", model, Gbm)
    n_paths, n_steps = _counts(n_paths, n_steps)
    (price_usd,) = scalars(price_usd=price_usd)
    rng = _generator(seed)
    shocks = rng.standard_normal((n_paths, n_steps))
    book = None
    if model.book_drift is not None and model.book_volatility is not None:
        own = rng.standard_normal((n_paths, n_steps))
        own *= np.sqrt(1 - model.correlation**2)
        own += model.correlation * shocks
        book = _exponential(own, model.book_drift, model.book_volatility, 1.0)
    return Paths(
        label=f"modelled: {model}",
        prices_usd=_exponential(shocks, model.drift, model.volatility, price_usd),
        book_usd=book,
        hours_per_step=model.hours_per_step,
    )


def _exponential(shocks: FloatArray, drift: float, volatility: float, start: float) -> FloatArray:
    path = np.empty((shocks.shape[0], shocks.shape[1] + 1))
    path[:, 0] = np.log(start)
    np.multiply(shocks, volatility, out=path[:, 1:])
    path[:, 1:] += drift - volatility**2 / 2
    np.cumsum(path, axis=1, out=path)
    with np.errstate(over="ignore", under="ignore"):
        np.exp(path, out=path)
    path[:, 0] = start  # exp(log(x)) is not quite x
    return path
