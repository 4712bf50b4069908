"""The header of a table: what its columns are, by their names or by the export that has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from hedgelib._cells import (
    BETA_TO,
    COLUMNS,
    COMMENT,
    IN_USD,
    column_of,
    layouts,
    listed,
    words_of,
)

_OF_TRADES = ("quote", "pair", "fee_coin", "fee", "status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the columns of a table are.

    roles : of the columns that are read, by name: those of `COLUMNS`, betas to a coin, and money;
        of a list of trades those in ``data/layouts.toml``.
    money : the code of the currency that the name of a column gives, where it is not dollars.
    ignored : columns that are not read.
    times : those of them that hold a day or a time.
    problem : why it cannot be used, and the column at fault; empty where it can.
    layout : the export that it is known to be; empty where it is none.
    log : the columns that only a list of trades has, or that its export has.
    """

    roles: dict[str, str]
    money: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    problem: tuple[str, str | None] = ("", None)
    layout: str = ""
    log: list[str] = field(default_factory=list)
    ids: bool = False

    def of(self, role: str) -> str | None:
        """Return the name of the column of a role."""
        return next((name for name, other in self.roles.items() if other == role), None)

    @property
    def is_one(self) -> bool:
        """Whether it is the header of a table of holdings or of trades."""
        known = set(self.roles.values())
        return bool(self.log) or ("coin" in known and not known.isdisjoint(VALUES))

    @property
    def read_as(self) -> list[tuple[str, str]]:
        """Names that are not our own, and what they were taken for."""
        order = {column: i for i, column in enumerate(COLUMNS)}
        pairs = [(n, role) for n, role in self.roles.items() if n.casefold() != role]
        return sorted(pairs, key=lambda pair: (order.get(pair[1], len(order)), pair[1], pair[0]))


VALUES = ("usd_value", "quantity")


def header_of(names: Sequence[str], written: Sequence[str] | None = None) -> Header:
    """Find what columns of these names are; as they are written, one may be there several times."""
    written = written or names
    words = dict(zip(names, _numbered(map(words_of, written)), strict=True))
    for layout in layouts()["layout"]:
        if set(layout["needs"]) <= set(words.values()):
            roles = {n: layout["columns"][w] for n, w in words.items() if w in layout["columns"]}
            return Header(
                roles=roles,
                ignored=[n for n, w in words.items() if n not in roles],
                layout=layout["name"],
                log=list(roles) if layout.get("trades") else [],
                ids=layout.get("ids", False),
            )
    trades = _log_columns(words)
    header = _of_trades(words, trades) if trades else _of_holdings(words)
    twice = [n for n, times in Counter(written).items() if times > 1 and n in header.roles]
    return replace(header, problem=("this column appears twice", twice[0])) if twice else header


def _numbered(words: Iterable[str]) -> list[str]:
    seen: Counter[str] = Counter()
    numbered = []
    for word in words:
        seen[word] += 1
        numbered.append(word if seen[word] == 1 else f"{word} {seen[word]}")
    return numbered


def _log_columns(words: dict[str, str]) -> list[str]:
    """Find the names that only a list of trades has; none where it may be one of holdings."""
    known = layouts()["trades"]
    sure, times, more = (
        [name for name, word in words.items() if word in known[group]]
        for group in ("columns", "times", "with_a_time")
    )
    return [n for n in words if n in {*sure, *times, *more}] if sure or (times and more) else []


def _of_holdings(words: dict[str, str]) -> Header:
    roles, money, problem = _roles(words)
    if "coin" in roles.values() and "money" not in roles.values():
        columns = layouts()["money"]["columns"]
        roles |= {n: "money" for n, w in words.items() if n not in roles and w in columns}
    times = layouts()["trades"]["times"]
    return Header(
        roles={n: role for n, role in roles.items() if role != COMMENT},
        money=money,
        ignored=[n for n in words if n not in roles],
        times=[n for n, w in words.items() if w in times],
        problem=problem,
    )


def _of_trades(words: dict[str, str], log: list[str]) -> Header:
    known = layouts()["trades"]
    roles, _, problem = _roles(words)
    roles = {name: role for name, role in roles.items() if role in ("coin", "quantity")}
    # Of the names in a list the first that the table has, whatever its place in the table.
    for role in ("kind", *_OF_TRADES, *(["quantity"] if "quantity" not in roles.values() else [])):
        first = [n for word in known[role] for n, w in words.items() if w == word]
        roles |= {name: role for name in first[:1] if name not in roles}
    ignored = [n for n in words if n not in roles]
    return Header(roles=roles, ignored=ignored, log=log, problem=problem)


def _roles(words: dict[str, str]) -> tuple[dict[str, str], dict[str, str], tuple[str, str | None]]:
    """Find a column for each meaning: of several the one in dollars, or by the better name."""
    named: dict[str, list[tuple[int, str, str]]] = {}
    comments = {}
    for name in words:
        column, code = column_of(name)
        if column == COMMENT:
            comments[name] = COMMENT
        elif column:
            rank = {"USD": 0, "": 1}.get(code, 2) if column in IN_USD else 0
            named.setdefault(column, []).append((rank, name, code))
        else:
            column, code = column_of(name, otherwise=True)
            if column and not code:
                named.setdefault(column, []).append((3, name, code))
    roles, money, problem = dict(comments), {}, ("", None)
    for column, candidates in named.items():
        best = min(rank for rank, *_ in candidates)
        chosen = [(name, code) for rank, name, code in candidates if rank == best]
        roles[chosen[0][0]] = column
        if best == 2:
            money[chosen[0][0]] = chosen[0][1]
        if len(chosen) > 1 and not problem[0]:
            both = listed([name for name, _ in chosen])
            problem = (
                f"{both} all mean {column}; keep one, and rename the rest to comment"
                if len(chosen) > 2
                else f"{both} both mean {column}; keep one, and rename the other to comment",
                None,
            )
    return roles, money, problem


def is_beta(column: str) -> bool:
    """Tell whether a column holds betas of the owner's."""
    return column == "beta" or column.startswith(BETA_TO)
