"""The parameters of a report, each checked by name and by value.

papermill hands a notebook whatever it was given: a misspelt name is ignored, and text may be
given where a number is meant. Both are refused here, with what is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from difflib import get_close_matches
from types import NoneType
from typing import Any

from hedgelib._check import FINITE, FRACTION, POSITIVE, RATE, Rule, numbers, one_of
from hedgelib.errors import InvalidInput, UnknownParameter
from hedgelib.live import VENUE_KEYS

__all__ = ["PARAMETER_HELP", "SMALLEST_BLOCKS", "SMALLEST_WINDOW", "ReportParameters"]

SMALLEST_WINDOW = 30
"""Fewest days of history; a beta from fewer says next to nothing."""

SMALLEST_BLOCKS = 12
"""Fewest returns over several days; there are fewer of them, and each says more."""

PARAMETER_HELP = {
    "portfolio": "CSV or JSON file: coin, usd_value or quantity, and beta_btc or beta_eth where "
    "you have your own",
    "benchmark": "coin to hedge with: auto (the one that tracks the book best), BTC or ETH",
    "venue": "venue at which to short the inverse perpetual on the benchmark; auto: that of live, "
    "or Binance",
    "contract": "contract to short, such as bybit:ETHUSD; auto: the venue's on the benchmark",
    "collateral": "margin: new_money (coin is bought), from_portfolio or stablecoin",
    "collateral_usd": "USD of margin to post; None: the least that max_leverage allows",
    "max_leverage": "cap on notional over margin",
    "rounding": "how to round to whole contracts: nearest, down or up",
    "window_days": "days of history that beta is estimated on",
    "horizon_days": "hedge horizon in days; beta is estimated on returns of this length",
    "hedge_ratio": "share of the book's exposure to hedge; coin margin is covered whole",
    "target_beta": "beta of the book to leave on purpose",
    "funding_rate_8h": "funding rate to assume, 0.0001 is 0.01% per 8 hours; history: its mean",
    "maintenance_rate": "flat maintenance rate, 0.005 is 0.5%; None: the venue's own",
    "price_usd": "price of the hedge coin; None: its last close in the data",
    "live": "venue to take the data from as they are today, such as bybit; None: the bundled data",
    "as_of_data": "accept old prices as an exercise; quantities are then valued at them",
    "no_alias": "read every ticker as written: WETH is then not ETH, and XXBT is not BTC",
    "title": "heading of the report; None: made from the name of the file",
}
"""What each parameter means, in a line; the command line and the notebook show the same."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_PLAIN = (str, bytes, bool, int, float, complex, list, tuple, dict, set, date, NoneType)
_SHELL = {"In", "Out"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportParameters:
    """The parameters of one report.

    Numbers may be given as text, ``"2.5"``, which is how papermill's ``-r`` and a command line
    pass them; text that is no plain number is refused.

    Parameters
    ----------
    portfolio : str
        CSV or JSON file, from the working directory; a bare file name or one under
        ``data/portfolios`` may also be that of a portfolio that ships with hedgelib.
    benchmark : {"auto", "BTC", "ETH"}
        Coin to hedge with.
    venue : str
        Key or name of a venue, ``"bybit"``, or ``"auto"``: its inverse perpetual on the benchmark
        is shorted. Auto is that of `live`, or Binance.
    contract : str
        Id or symbol of a contract, or ``"auto"``.
    collateral : {"new_money", "from_portfolio", "stablecoin"}
        Where the margin comes from.
    collateral_usd : float, optional
        USD, > 0; the least that `max_leverage` allows when None.
    max_leverage : float
        Cap on notional over collateral, > 0. With bought coin as margin a short survives a rise
        of about ``1 / (cap - 1)``: at 2 the coin has to double, and at 3 a rise of 50% liquidates
        it, which happened in some months of the data. So 2 is the default.
    rounding : {"nearest", "down", "up"}
        How contracts become whole.
    window_days : int
        Days of history that beta is estimated on, >= 30.
    horizon_days : int
        Hedge horizon, >= 1: days that one return covers, and until the hedge is looked at again.
        The window must hold at least 12 such returns, which do not overlap.
    hedge_ratio : float
        Share of the exposure of the book to hedge, > 0; coin margin is hedged in full besides.
    target_beta : float
        Beta of the book that is to be left.
    funding_rate_8h : float or "history"
        Rate per 8 hours that the cost is calculated with, decimal; ``"history"`` takes the mean
        of the data.
    maintenance_rate : float, optional
        Decimal from 0 to below 1; the venue's own ladder when None.
    price_usd : float, optional
        Price of the hedge coin, > 0; its last close in the data when None.
    live : {"binance", "bybit", "okx", "deribit", "kraken"}, optional
        Venue to take prices, funding and contract terms from as they are today, through its cache;
        those that ship with hedgelib when None.
    as_of_data : bool
        Whether an exercise at the prices of the data's last day is meant, however old they are.
        Without it, quantities are not valued at prices more than 7 days old, unless the file is one
        that ships with hedgelib.
    no_alias : bool
        Take every ticker of the file as it is written, see :func:`hedgelib.read_coin`.
    title : str, optional
        At most 200 printable characters.

    Raises
    ------
    InvalidInput
        A value that is not accepted, with what is.

    Examples
    --------
    >>> ReportParameters(portfolio="my.csv", max_leverage="2.5").max_leverage
    2.5
    >>> ReportParameters(portfolio="my.csv", benchmark="eth")
    Traceback (most recent call last):
    hedgelib.errors.InvalidInput: benchmark must be one of auto, BTC, ETH, got 'eth'
    """

    portfolio: str
    benchmark: str = "auto"
    venue: str = "auto"
    contract: str = "auto"
    collateral: str = "new_money"
    collateral_usd: float | None = None
    max_leverage: float = 2.0
    rounding: str = "nearest"
    window_days: int = 365
    horizon_days: int = 1
    hedge_ratio: float = 1.0
    target_beta: float = 0.0
    funding_rate_8h: float | str = "history"
    maintenance_rate: float | None = None
    price_usd: float | None = None
    live: str | None = None
    as_of_data: bool = False
    no_alias: bool = False
    title: str | None = None

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        for name in ("portfolio", "venue", "contract"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip() or "\0" in value:
                raise InvalidInput(
                    f"{name} must be text, got {value!r}; quote it, and use papermill -r "
                    "where the text looks like a number"
                )
        try:
            self.portfolio.encode()
        except UnicodeEncodeError as error:
            raise InvalidInput(
                f"portfolio must be named in UTF-8, got {self.portfolio!a}; rename the file"
            ) from error
        one_of("benchmark", self.benchmark, ("auto", "BTC", "ETH"))
        one_of("collateral", self.collateral, ("new_money", "from_portfolio", "stablecoin"))
        one_of("rounding", self.rounding, ("nearest", "down", "up"))
        if self.live is not None:
            one_of("live", self.live, VENUE_KEYS)
        set_(self, "no_alias", _yes_or_no("no_alias", self.no_alias))
        for name, rule in (
            ("max_leverage", POSITIVE),
            ("hedge_ratio", POSITIVE),
            ("target_beta", FINITE),
        ):
            set_(self, name, _number(name, getattr(self, name), rule))
        for name, rule in (
            ("collateral_usd", POSITIVE),
            ("maintenance_rate", FRACTION),
            ("price_usd", POSITIVE),
        ):
            if getattr(self, name) is not None:
                set_(self, name, _number(name, getattr(self, name), rule))
        if self.funding_rate_8h != "history":
            set_(self, "funding_rate_8h", _funding(self.funding_rate_8h))
        set_(self, "window_days", _days("window_days", self.window_days, SMALLEST_WINDOW))
        set_(self, "horizon_days", _days("horizon_days", self.horizon_days, 1))
        blocks = self.window_days // self.horizon_days
        if self.horizon_days > 1 and blocks < SMALLEST_BLOCKS:
            raise InvalidInput(
                f"horizon_days must leave at least {SMALLEST_BLOCKS} returns, got {blocks} of "
                f"{self.horizon_days} days in a window_days of {self.window_days}; lengthen the "
                "window, or shorten the horizon"
            )
        set_(self, "as_of_data", _yes_or_no("as_of_data", self.as_of_data))
        if self.title is not None and not (
            isinstance(self.title, str)
            and 0 < len(self.title.strip()) <= 200
            and self.title.isprintable()
        ):
            raise InvalidInput(
                f"title must be text of at most 200 printable characters, got {self.title!r}; "
                "use papermill -r where it looks like a number"
            )

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of all parameters, in order."""
        return tuple(field.name for field in fields(cls))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> ReportParameters:
        """Make parameters from names and values, as papermill takes them.

        Parameters
        ----------
        values : mapping of str to object

        Returns
        -------
        ReportParameters

        Raises
        ------
        UnknownParameter
            A name that no parameter has, with those there are.
        InvalidInput
            A value that is not accepted, or no portfolio.

        Examples
        --------
        >>> ReportParameters.from_mapping({"portfolio": "my.csv", "max_levrage": 2})
        Traceback (most recent call last):
        hedgelib.errors.UnknownParameter: unknown parameter 'max_levrage' (did you mean
        max_leverage?); the parameters are portfolio, benchmark, ...
        """
        unknown = [str(name) for name in values if name not in cls.names()]
        if unknown:
            raise UnknownParameter(_unknown(unknown, cls.names()))
        if "portfolio" not in values:
            raise InvalidInput("portfolio must be given: the path of a CSV or JSON file")
        return cls(**values)

    @classmethod
    def from_namespace(cls, namespace: Mapping[str, Any]) -> ReportParameters:
        """Make parameters from the variables of a notebook, called first of all in it.

        papermill assigns every name that it was given, known or not. So in a fresh notebook each
        variable that holds plain data must be a parameter. In one that has run before, where the
        reader may have variables too, only names close to a parameter's are refused.

        Parameters
        ----------
        namespace : mapping of str to object
            ``globals()``.

        Returns
        -------
        ReportParameters

        Raises
        ------
        UnknownParameter, InvalidInput
            As `from_mapping`.
        """
        names = cls.names()
        strange = [
            name
            for name, value in namespace.items()
            if name not in names
            and not name.startswith("_")
            and name not in _SHELL
            and isinstance(value, _PLAIN)
        ]
        if any(isinstance(value, cls) for value in namespace.values()):
            strange = [name for name in strange if get_close_matches(name, names, 1, 0.8)]
        if strange:
            raise UnknownParameter(_unknown(strange, names))
        return cls.from_mapping({name: namespace[name] for name in names if name in namespace})

    def to_dict(self) -> dict[str, Any]:
        """Return names and values, ready for JSON and for papermill."""
        return asdict(self)


def _number(name: str, value: object, rule: Rule) -> float:
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise InvalidInput(
                f"{name} must be {rule.text}, got {value!r}; write a plain number such as 2.5"
            )
        value = float(value)
    (checked,) = numbers(**{name: (value, rule)})  # type: ignore[arg-type]
    if checked.ndim:
        raise InvalidInput(f"{name} must be one number, got {value!r}")
    return float(checked)


def _yes_or_no(name: str, value: object) -> bool:
    """Take a bool, or one as a manifest or papermill's ``-r`` writes it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise InvalidInput(f"{name} must be true or false, got {value!r}")


def _funding(value: object) -> float:
    try:
        return _number("funding_rate_8h", value, RATE)
    except InvalidInput as error:
        raise InvalidInput(f"{error}; or history") from error


def _days(name: str, value: object, least: int) -> int:
    days = _number(name, value, FINITE)
    if days < least or days != int(days):
        raise InvalidInput(f"{name} must be a whole number of days >= {least}, got {value!r}")
    return int(days)


def _unknown(strange: Iterable[str], names: tuple[str, ...]) -> str:
    told = []
    for name in strange:
        close = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
        told.append(f"{name!r}" + (f" (did you mean {close[0]}?)" if close else ""))
    plural = "s" if len(told) > 1 else ""
    return f"unknown parameter{plural} {', '.join(told)}; the parameters are {', '.join(names)}"
