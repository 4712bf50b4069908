"""The parameters of a report, each checked by name and by value.

papermill hands a notebook whatever it was given: a misspelt name is ignored, and text may be
given where a number is meant. Both are refused here, with what is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from difflib import get_close_matches
from types import NoneType
from typing import Any, TypeAlias

from hedgelib._check import (
    FINITE,
    FRACTION,
    NONNEGATIVE,
    POSITIVE,
    RATE,
    SHARE,
    Rule,
    numbers,
    one_of,
)
from hedgelib.desk.position import read_fills
from hedgelib.errors import InvalidInput, UnknownParameter
from hedgelib.live import VENUE_KEYS
from hedgelib.plan import DEFAULT_MAX_LEVERAGE

SMALLEST_WINDOW = 30
"""Fewest days of history; a beta from fewer says next to nothing."""

SMALLEST_BLOCKS = 12
"""Fewest returns over several days; there are fewer of them, and each says more."""

ACCOUNT = "account"
"""The position that is read at the venue of `live`, with the keys of its owner."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_PLAIN = (str, bytes, bool, int, float, complex, list, tuple, dict, set, date, NoneType)
_SHELL = {"In", "Out"}

_Check: TypeAlias = Callable[[str, Any], Any]
"""Takes the name and the value of a parameter, and returns the value as it is used."""


def _parameter(
    rule: _Check, metavar: str, meaning: str, *, repeated: bool = False, **default: Any
) -> Any:
    """Make a field of a parameter: what it accepts, and what the help and the notebook say."""
    metadata = {"rule": rule, "metavar": metavar, "help": meaning, "repeated": repeated}
    return field(**default, metadata=metadata)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise InvalidInput(
            f"{name} must be text, got {value!r}; quote it, and use papermill -r "
            "where the text looks like a number"
        )
    return value


def _file(name: str, value: object) -> str:
    text = _text(name, value)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"{name} must be named in UTF-8, got {text!a}; rename the file"
        ) from error
    return text


def _title(name: str, value: object) -> str:
    if not (isinstance(value, str) and 0 < len(value.strip()) <= 200 and value.isprintable()):
        raise InvalidInput(
            f"{name} must be text of at most 200 printable characters, got {value!r}; "
            "use papermill -r where it looks like a number"
        )
    return value


def names_a_file(position: str) -> bool:
    """Tell whether a position is a file of positions, and not written out."""
    return position.lower().endswith(".csv")


def _position(name: str, value: object) -> str:
    """Take fills, a list of them, the path of a CSV file, or the account of a venue."""
    if isinstance(value, list | tuple):
        value = " ".join(_text(name, one) for one in value)
    text = _file(name, value).strip()
    if text != ACCOUNT and not names_a_file(text):
        read_fills(text)
    return text


def _one_of(*accepted: str) -> _Check:
    def check(name: str, value: Any) -> str:
        one_of(name, value, accepted)
        return str(value)

    return check


TWO_LEGS = "BTC,ETH"
"""The benchmark of a hedge with two legs."""


def _benchmark(name: str, value: object) -> str:
    if value not in ("auto", "BTC", "ETH", TWO_LEGS):
        raise InvalidInput(
            f"{name} must be one of auto, BTC, ETH, or {TWO_LEGS} for two legs, got {value!r}"
        )
    return str(value)


def _number(rule: Rule) -> _Check:
    def check(name: str, value: Any) -> float:
        if isinstance(value, str):
            if not _NUMBER.fullmatch(value):
                raise InvalidInput(
                    f"{name} must be {rule.text}, got {value!r}; write a plain number such as 2.5"
                )
            value = float(value)
        (checked,) = numbers(**{name: (value, rule)})
        if checked.ndim:
            raise InvalidInput(f"{name} must be one number, got {value!r}")
        return float(checked)

    return check


def _or_history(rule: Rule) -> _Check:
    def check(name: str, value: object) -> float | str:
        if value == "history":
            return "history"
        try:
            return float(_number(rule)(name, value))
        except InvalidInput as error:
            raise InvalidInput(f"{error}; or history") from error

    return check


def _days(least: int) -> _Check:
    def check(name: str, value: object) -> int:
        days = _number(FINITE)(name, value)
        if days < least or days != int(days):
            raise InvalidInput(f"{name} must be a whole number of days >= {least}, got {value!r}")
        return int(days)

    return check


def _yes_or_no(name: str, value: object) -> bool:
    """Take a bool, or one as a manifest or papermill's ``-r`` writes it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise InvalidInput(f"{name} must be true or false, got {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportParameters:
    """The parameters of one report; :data:`PARAMETER_HELP` says what each means.

    A parameter is written here and nowhere else: the command line and the notebook take its name,
    its default and its meaning from here. Numbers may be given as text, ``"2.5"``, which is how
    papermill's ``-r`` and a command line pass them; text that is no plain number is refused.

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
    hedgelib.errors.InvalidInput: benchmark must be one of auto, BTC, ETH, or BTC,ETH for two legs,
    got 'eth'
    """

    # From the working directory, or one that ships with hedgelib.
    portfolio: str = _parameter(
        _file,
        "PORTFOLIO",
        "CSV, Excel or JSON file, your own or as a tool exports it: coin, usd_value or quantity, "
        "and beta_btc or beta_eth where you have your own",
    )
    benchmark: str = _parameter(
        _benchmark,
        "COIN",
        "coin to hedge with: auto (the one that tracks the book best), BTC or ETH; BTC,ETH adds a "
        "hedge with both",
        default="auto",
    )
    venue: str = _parameter(
        _text,
        "NAME",
        "venue at which to short the inverse perpetual on the benchmark; auto: that of live, or "
        "Binance",
        default="auto",
    )
    contract: str = _parameter(
        _text,
        "ID",
        "contract to short, such as bybit:ETHUSD, binance:ETHUSDT (linear) or "
        "binance:ETHUSD_261225 (dated); auto: the venue's inverse perpetual on the benchmark",
        default="auto",
    )
    collateral: str = _parameter(
        _one_of("new_money", "from_portfolio", "stablecoin"),
        "SOURCE",
        "margin: new_money (coin is bought), from_portfolio or stablecoin",
        default="new_money",
    )
    collateral_usd: float | None = _parameter(
        _number(POSITIVE),
        "USD",
        "USD of margin to post; None: the least that max_leverage allows",
        default=None,
    )
    # With bought coin as margin a short survives a rise of about 1 / (cap - 1): at 2 the coin has
    # to double, and at 3 a rise of 50% liquidates it, which happened in some months of the data.
    max_leverage: float = _parameter(
        _number(POSITIVE), "NUMBER", "cap on notional over margin", default=DEFAULT_MAX_LEVERAGE
    )
    rounding: str = _parameter(
        _one_of("nearest", "down", "up"),
        "HOW",
        "how to round to whole contracts: nearest, down or up",
        default="nearest",
    )
    window_days: int = _parameter(
        _days(SMALLEST_WINDOW), "DAYS", "days of history that beta is estimated on", default=365
    )
    horizon_days: int = _parameter(
        _days(1),
        "DAYS",
        "hedge horizon in days; beta is estimated on returns of this length",
        default=1,
    )
    hedge_ratio: float = _parameter(
        _number(POSITIVE),
        "NUMBER",
        "share of the book's exposure to hedge; coin margin is covered whole",
        default=1.0,
    )
    target_beta: float = _parameter(
        _number(FINITE), "NUMBER", "beta of the book to leave on purpose", default=0.0
    )
    funding_rate_8h: str | float = _parameter(
        _or_history(RATE),
        "RATE",
        "funding rate to assume, 0.0001 is 0.01% per 8 hours; history: its mean",
        default="history",
    )
    slippage: float = _parameter(
        _number(FRACTION),
        "RATE",
        "loss to the spread assumed in each trade, decimal of its size; 0.0005 is 0.05%",
        default=0.0005,
    )
    venue_fails_day: int | None = _parameter(
        _days(1),
        "DAYS",
        "day of each path of history on which the venue fails and keeps the margin; None: never",
        default=None,
    )
    maintenance_rate: float | None = _parameter(
        _number(FRACTION),
        "RATE",
        "flat maintenance rate, 0.005 is 0.5%; None: the venue's own",
        default=None,
    )
    price_usd: float | None = _parameter(
        _number(POSITIVE),
        "USD",
        "price of the hedge coin; None: its last close in the data",
        default=None,
    )
    futures_price_usd: float | None = _parameter(
        _number(POSITIVE),
        "USD",
        "price of the dated contract, for its basis; None: not known",
        default=None,
    )
    budget_usd: float | None = _parameter(
        _number(POSITIVE),
        "USD",
        "margin that you have: the report says what it can do; None: not asked",
        default=None,
    )
    live: str | None = _parameter(
        _one_of(*VENUE_KEYS),
        "VENUE",
        "venue to take the data from as they are today, such as bybit; None: the bundled data",
        default=None,
    )
    max_age: float = _parameter(
        _number(NONNEGATIVE),
        "HOURS",
        "live data in the cache that are no older are used as they are",
        default=1.0,
    )
    offline: bool = _parameter(
        _yes_or_no,
        "",
        "ask no venue: use the live data that are in the cache, however old",
        default=False,
    )
    position: str | None = _parameter(
        _position,
        "POSITION",
        "what is on: VENUE:SYMBOL:CONTRACTS@ENTRY, contracts below zero for a short (several: "
        "repeat it); a CSV file with contract, contracts, entry_usd, wallet; or account: read "
        "at the venue of live with read-only keys; None: nothing is on",
        repeated=True,
        default=None,
    )
    wallet: float | None = _parameter(
        _number(NONNEGATIVE),
        "AMOUNT",
        "balance of the futures wallet, unrealised profit left out: coins, or USD where the "
        "margin is dollars; None: not known, or in the file",
        default=None,
    )
    band: float = _parameter(
        _number(SHARE),
        "SHARE",
        "difference from the plan that is not traded, 0.05 is 5% of the short",
        default=0.05,
    )
    unwind: bool = _parameter(
        _yes_or_no, "", "write the order ticket that takes the whole position off", default=False
    )
    fx: float | None = _parameter(
        _number(POSITIVE),
        "USD",
        "USD for one unit of the other currency in the file, such as 1.08 for EUR; None: values in "
        "another currency are refused",
        default=None,
    )
    prices: str | None = _parameter(
        _file,
        "FILE",
        "CSV or Excel file of your own daily closes in USD, date,SOL,ADA or date,coin,close; they "
        "replace the closes of the data for these coins; None: those of the data",
        default=None,
    )
    # Without it, quantities are not valued at prices more than 7 days old, unless the file ships.
    as_of_data: bool = _parameter(
        _yes_or_no,
        "",
        "accept old prices as an exercise; quantities are then valued at them",
        default=False,
    )
    no_alias: bool = _parameter(
        _yes_or_no,
        "",
        "read every ticker as written: WETH is then not ETH, and XXBT is not BTC",
        default=False,
    )
    title: str | None = _parameter(
        _title, "TEXT", "heading of the report; None: made from the name of the file", default=None
    )

    def __post_init__(self) -> None:
        for parameter in fields(self):
            value = getattr(self, parameter.name)
            if value is not None or parameter.default is not None:
                checked = parameter.metadata["rule"](parameter.name, value)
                object.__setattr__(self, parameter.name, checked)
        if self.benchmark == TWO_LEGS:
            defaults = {"contract": "auto", "collateral_usd": None, "target_beta": 0.0}
            for name, default in (defaults | {"price_usd": None}).items():
                if getattr(self, name) != default:
                    raise InvalidInput(
                        f"{name} is for a hedge with one leg, and benchmark {TWO_LEGS} has two; "
                        "leave it out, or set benchmark to BTC or ETH"
                    )
        if self.live is None and (self.offline or self.position == ACCOUNT):
            what = "offline" if self.offline else f"position {ACCOUNT}"
            raise InvalidInput(f"{what} needs a venue: give --live VENUE (live)")
        if self.unwind and self.position is None and self.wallet is None:
            raise InvalidInput("unwind needs what is on: give --position (position) or --wallet")
        blocks = self.window_days // self.horizon_days
        if self.horizon_days > 1 and blocks < SMALLEST_BLOCKS:
            raise InvalidInput(
                f"horizon_days must leave at least {SMALLEST_BLOCKS} returns, got {blocks} of "
                f"{self.horizon_days} days in a window_days of {self.window_days}; lengthen the "
                "window, or shorten the horizon"
            )

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of all parameters, in order."""
        return tuple(field.name for field in fields(cls))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> ReportParameters:
        """Make parameters from names and values, as papermill takes them, and refuse others."""
        unknown = [str(name) for name in values if name not in cls.names()]
        if unknown:
            raise UnknownParameter(_unknown(unknown, cls.names()))
        if "portfolio" not in values:
            raise InvalidInput("portfolio must be given: the path of a CSV, Excel or JSON file")
        return cls(**values)

    @classmethod
    def from_namespace(cls, namespace: Mapping[str, Any]) -> ReportParameters:
        """Make parameters from the variables of a notebook, called first of all in it.

        papermill assigns every name that it was given, known or not. So in a fresh notebook each
        variable that holds plain data must be a parameter. In one that has run before, where the
        reader may have variables too, only names close to a parameter's are refused.
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


PARAMETER_HELP = {one.name: one.metadata["help"] for one in fields(ReportParameters)}
"""What each parameter means, in a line; the command line and the notebook show the same."""


def _unknown(strange: Iterable[str], names: tuple[str, ...]) -> str:
    told = []
    for name in strange:
        close = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
        told.append(f"{name!r}" + (f" (did you mean {close[0]}?)" if close else ""))
    plural = "s" if len(told) > 1 else ""
    return f"unknown parameter{plural} {', '.join(told)}; the parameters are {', '.join(names)}"
