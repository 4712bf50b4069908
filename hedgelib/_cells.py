"""Names of columns and numbers in cells: what they mean, where they have one meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from math import isfinite
from typing import Any

from hedgelib._folder import data_folder
from hedgelib._sheet import Cell, Place

COLUMNS = ("coin", "usd_value", "quantity", "price_usd", "beta")
BETA_TO = "beta_"
"""Before the hedge coin, in the name of a column of betas to that coin."""

COMMENT = "comment"
IN_USD = ("usd_value", "price_usd")

_USD = {"usd", "us", "$"}
_BETA = re.compile(r"beta (?:to |vs )?([a-z][a-z0-9]{1,9})", re.ASCII)
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?", re.ASCII)
_POINT_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?", re.ASCII)
_BLANK_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}([ \u00a0\u202f'’]\d{3})+([.,]\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_DOLLARS = re.compile(
    r"(?P<sign>[+-]?)(?:US\$|\$|USD)\s?(?P<amount>.+)|(?P<before>.+?)\s?(?:US\$|\$|USD)", re.I
)
_NOTHING = {"", "-", "–", "—", "n/a"}
_LONGEST_SHOWN = 60
_THREE = 3


@cache
def layouts() -> Mapping[str, Any]:
    """Read what is known of files: ``data/layouts.toml``."""
    import tomllib

    with (data_folder() / "layouts.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _meaning(group: str) -> dict[str, str]:
    return {word: name for name, words in layouts()[group].items() for word in words}


@cache
def _money() -> tuple[dict[str, str], re.Pattern[str]]:
    """Return the code of each sign and code of money, in small letters, and its place in a cell."""
    money = layouts()["money"]
    codes = {code.casefold(): code for code in money["codes"]} | money["signs"]
    any_of = "|".join(map(re.escape, codes))
    form = rf"(?P<sign>[+-]?)(?P<a>{any_of})\s?(?P<amount>.+)|(?P<before>.+?)\s?(?P<b>{any_of})"
    return codes, re.compile(form, re.I)


def money_of(text: str) -> str:
    """Return the code of a currency other than dollars, as an exchange may write it; else empty."""
    codes, _ = _money()
    bare = re.sub(r"\.(hold|m|f)$", "", text.strip().casefold())
    return codes.get(bare) or (codes.get(bare[1:], "") if bare[:1] == "z" else "")


def words_of(name: str) -> str:
    """Return the words of a name in small letters."""
    return " ".join(_words(name))


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+|[$€£¥]", name.casefold())


def column_of(name: str, *, otherwise: bool = False) -> tuple[str | None, str]:
    """Find what a column of that name holds, and the currency that the name gives.

    The second is USD, the code of another currency, or empty where there is none.
    """
    words, codes = _words(name), _money()[0]
    foreign = [codes[word] for word in words if word in codes]
    dollars = not _USD.isdisjoint(words)
    money = "USD" if dollars else foreign[0] if foreign else ""
    bare = [w for w in words if w not in _USD and w not in codes and not (money and w == "in")]
    column = _meaning("otherwise" if otherwise else "columns").get(" ".join(bare))
    if not money:
        to = _BETA.fullmatch(" ".join(words)) if column is None else None
        return (BETA_TO + to[1] if to else column), ""
    if column == "quantity":
        return "usd_value", money
    return (column if column in IN_USD else None), money


def shown(text: str) -> str:
    """Quote a text of a file, and cut it where it is long."""
    return repr(text) if len(text) <= _LONGEST_SHOWN else repr(text[:_LONGEST_SHOWN]) + "..."


def listed(names: Iterable[str]) -> str:
    """List quoted names."""
    *first, last = map(shown, names)
    return f"{', '.join(first)} and {last}" if first else last


def is_number(cell: Cell) -> bool:
    """Tell whether a cell of a header is a number, which no name is."""
    return isinstance(cell, Decimal) or bool(_PLAIN.fullmatch(cell))


def is_nothing(cell: Cell) -> bool:
    """Tell whether a cell says nothing."""
    return isinstance(cell, str) and cell.strip().casefold() in _NOTHING


# Numbers


def _readings(text: str) -> dict[str, str]:
    """Find every way to read a number: what is decimal in it, and the number plainly."""
    if _BLANK_GROUPS.fullmatch(text):
        text = re.sub(r"[\s'’]", "", text)
    readings = {}
    if _PLAIN.fullmatch(text):
        readings["."] = text
        if "." not in text:
            readings[","] = text
    if _COMMA_GROUPS.fullmatch(text):
        readings["."] = text.replace(",", "")
    if _POINT_GROUPS.fullmatch(text):
        readings[","] = text.replace(".", "").replace(",", ".")
    if _DECIMAL_COMMA.fullmatch(text):
        readings[","] = text.replace(",", ".")
    return readings


def decimal(text: str) -> Decimal:
    """Read digits; an exponent of twenty digits is too much even for a Decimal."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("inf")


def _without_money(text: str) -> tuple[str, str]:
    """Take the currency off a number; return its code, USD for dollars."""
    if dollars := _DOLLARS.fullmatch(text):
        return dollars["before"] or dollars["sign"] + dollars["amount"], "USD"
    codes, form = _money()
    if found := form.fullmatch(text):
        code = codes[(found["a"] or found["b"]).casefold()]
        return found["before"] or found["sign"] + found["amount"], code
    return text, ""


def decimal_marks(cells: Iterable[Cell]) -> dict[str, int]:
    """Return what is decimal in the numbers of a column that can be read in one way.

    With each, the most decimals that there are behind it.
    """
    marks: dict[str, int] = {}
    for cell in cells:
        if isinstance(cell, str):
            readings = _readings(_without_money(cell)[0])
            if len(readings) == 1:
                ((mark, plain),) = readings.items()
                marks[mark] = max(marks.get(mark, 0), len(plain.partition(".")[2]))
    return marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """How the numbers of a column are read.

    marks : what is decimal where there is no doubt, and the most decimals behind it.
    point : whether 1.234 without more is a number with three decimals.
    """

    marks: Mapping[str, int] = field(default_factory=dict)
    point: bool = True

    def _chosen(self, readings: dict[str, str]) -> str | None:
        if len(set(readings.values())) == 1:
            return next(iter(readings.values()))
        if len(self.marks) == 1:
            ((mark, most),) = self.marks.items()
            decimals = "." in readings[mark]
            # Where all others have two decimals, three digits are no decimals.
            fits = not decimals or most >= _THREE or (mark == "." and self.point)
            return readings[mark] if fits else None
        plain = readings.get(".", "")
        return plain if not self.marks and self.point and "." in plain else None

    def read(
        self, at: Place, column: str, name: str | None, cell: Cell, coin: str = ""
    ) -> tuple[Decimal, str]:
        """Read a number that can be read in one way only; return its currency, if any, too."""
        if isinstance(cell, Decimal):
            return self._sized(at, name, cell, str(cell)), ""
        amount, money = _without_money(cell)
        if money and column not in IN_USD:
            kind = "of coins; a value in USD goes into usd_value" if column == "quantity" else ""
            raise at.error(
                f"must be a number {kind or 'without currency'}, got {shown(cell)}", name
            )
        if coin and column == "quantity" and amount.casefold().endswith(coin.casefold()):
            amount = amount[: -len(coin)].rstrip()
        readings = _readings(amount)
        if not readings:
            bare = _readings(re.sub(r"[\s'’_]", "", amount))
            fix = f"; write {bare['.']}" if len(set(bare.values())) == 1 and "." in bare else ""
            raise at.error(f"must be a plain number such as 1250.50, got {shown(cell)}{fix}", name)
        plain = self._chosen(readings)
        if plain is None:
            # With a zero more at the end, three decimals are no thousands.
            forms = [form + "0" if not self.point and "." in form else form
                     for form in dict.fromkeys(readings.values())]  # fmt: skip
            raise at.error(
                f"{shown(cell)} can be read as {' or as '.join(forms)}; write the one that is "
                "meant",
                name,
            )
        return self._sized(at, name, decimal(plain), cell), money

    @staticmethod
    def _sized(at: Place, name: str | None, value: Decimal, text: str) -> Decimal:
        if not isfinite(float(value)):
            raise at.error(f"{shown(text)} is too large", name)
        return value
