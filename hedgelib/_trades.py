"""A list of trades: what came and went of each coin, with its sign."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

from hedgelib._cells import is_nothing, layouts, listed, money_of, shown
from hedgelib._header import Header
from hedgelib._sheet import Cell, Place
from hedgelib.coins import read_coin
from hedgelib.errors import PortfolioFileError

REFUSED = (
    "a list of trades, not of holdings: {}; add up what you hold of each coin now, buys less "
    "sales, and give one line a coin: coin,quantity"
)
_NAMED = re.compile(r"(?P<ticker>[^\s(]+)\s*\(.+\)")


class Trades:
    """What the rows of one list of trades say, one after the other."""

    def __init__(self, header: Header, number: Callable[[Place, str, Cell], Decimal]) -> None:
        self._header, self._number = header, number
        self._names = {role: name for name, role in header.roles.items()}
        self._words = layouts()["trades"]
        self.rows, self.unbooked = 0, 0
        self.paid_in: Counter[str] = Counter()
        self.fees_left_out = False

    def problem(self) -> str:
        """Say why the list cannot be summed by its columns; empty where it can."""
        roles = self._names.keys()
        if {"coin", "change"} <= roles or {"in", "in_coin", "out", "out_coin"} <= roles:
            return ""
        missing = {
            "a coin": roles & {"coin", "pair"},
            "a quantity": roles & {"quantity"},
            "whether coins came or went": roles & {"kind"},
        }
        lacks = [what for what, there in missing.items() if not there]
        columns = self._header.log
        word = "column" if len(columns) == 1 else "columns"
        told = f"it has the {word} {listed(columns)}"
        return f"{told}, and no column says {' and '.join(lacks)}" if lacks else ""

    def moved(self, at: Place, cells: dict[str, Cell]) -> Iterator[tuple[str, Decimal, str]]:
        """Yield coin, signed quantity and the column at fault of what one row moved."""
        if not self._booked(at, cells):
            self.unbooked += 1
            return
        self.rows += 1
        if "change" in self._names:
            yield self._coin(at, cells, "coin"), self._amount(at, cells, "change"), "change"
        elif "in" in self._names:
            for leg, sign in (("in", 1), ("out", -1)):
                if amount := self._unsigned(at, cells, leg):
                    yield self._coin(at, cells, f"{leg}_coin"), sign * amount, leg
        else:
            yield self._one_leg(at, cells)
        if "fee_here" in self._names:
            fee = self._amount(at, cells, "fee_here")
            yield self._coin(at, cells, "coin"), -fee, "fee_here"
        elif fee := self._unsigned(at, cells, "fee"):
            if is_nothing(cells.get(self._names.get("fee_coin", ""), "")):
                self.fees_left_out = True
            else:
                yield self._coin(at, cells, "fee_coin"), -fee, "fee"

    def _booked(self, at: Place, cells: dict[str, Cell]) -> bool:
        """Tell whether a row has come about: an order may have failed, a transfer be on its way."""
        if "id" in self._names and is_nothing(cells[self._names["id"]]):
            return False
        name = self._names.get("status")
        if name is None or is_nothing(cells.get(name, "")):
            return True
        word = str(cells[name]).casefold()
        if word not in self._words["done"] and word not in self._words["not_done"]:
            raise at.error(f"{shown(str(cells[name]))} does not say whether it has come about; "
                           "write completed or failed", name)  # fmt: skip
        return word in self._words["done"]

    def _one_leg(self, at: Place, cells: dict[str, Cell]) -> tuple[str, Decimal, str]:
        name = self._names["kind"]
        kind = " ".join(str(cells.get(name, "")).casefold().split())
        came = kind in self._words["came"]
        if not came and kind not in self._words["went"]:
            raise at.error(
                f"{shown(str(cells.get(name, '')))} does not say whether coins came or went; write "
                "buy, sell, deposit or withdrawal, or remove the line",
                name,
            )
        quantity = self._amount(at, cells, "quantity")
        if quantity < 0 and came:
            raise at.error(
                f"a {kind} of {quantity}: one of them says that coins came", self._names["quantity"]
            )
        coin = self._coin(at, cells, "coin") if "coin" in self._names else ""
        traded = kind in self._words["trade_words"]
        for role in ("quote", "pair"):
            if traded and not is_nothing(cells.get(self._names.get(role, ""), "")):
                coin = self._priced_in(at, coin, str(cells[self._names[role]]), self._names[role])
        if not coin:
            raise at.error("no coin", self._names["pair"])
        return coin, abs(quantity) if came else -abs(quantity), "quantity"

    def _priced_in(self, at: Place, coin: str, text: str, name: str) -> str:
        """Check that a trade was paid in money; of a market without a coin, return its coin.

        Whether a coin that was paid with is taken out of what is held, no such list says.
        """
        quote = text.upper().replace(" ", "")
        if coin and quote.startswith(coin.upper()) and quote != coin.upper():
            quote = quote[len(coin) :].lstrip("-/_")
        if read_coin(quote).is_cash or money_of(quote):
            self.paid_in[quote] += 1
            return coin
        market = read_coin(quote, ())
        if not coin and market.kind == "pair":
            self.paid_in["dollars"] += 1
            return market.coin
        raise at.error(
            f"paid in {shown(text)}, and the list does not say whether that was taken out of what "
            "you hold; give two lines, one for each coin",
            name,
        )

    def _coin(self, at: Place, cells: dict[str, Cell], role: str) -> str:
        name = self._names.get(role, "")
        text = str(cells.get(name, "")).strip()
        if not text:
            raise at.error("no coin", name or None)
        named = _NAMED.fullmatch(text)
        return named["ticker"] if named else text

    def _amount(self, at: Place, cells: dict[str, Cell], role: str) -> Decimal:
        name = self._names[role]
        if is_nothing(cells.get(name, "")):
            if role == "quantity":
                raise at.error("no quantity", name)
            return Decimal(0)
        return self._number(at, name, cells[name])

    def _unsigned(self, at: Place, cells: dict[str, Cell], role: str) -> Decimal:
        if role not in self._names:
            return Decimal(0)
        amount = self._amount(at, cells, role)
        if amount < 0:
            raise at.error(f"must be >= 0, got {shown(str(amount))}", self._names[role])
        return amount


def refuse_words(header: Header, rows: list[tuple[Place, dict[str, Cell]]], at: Place) -> None:
    """Refuse what has no column of a list of trades and says buy or sell all the same."""
    words = layouts()["trades"]["trade_words"]
    coin = header.of("coin")
    for _, cells in rows:
        for name, value in cells.items():
            if name != coin and isinstance(value, str) and value.strip().casefold() in words:
                raise refused(at, f"{shown(name)} says {shown(value.strip())}")


def refused(at: Place, why: str) -> PortfolioFileError:
    """Return the error of a list that cannot be summed."""
    return at.error(REFUSED.format(why))
