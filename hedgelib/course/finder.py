"""Lists of entries, and drop-downs and a box for words that filter them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from hedgelib._check import one_of
from hedgelib.errors import InvalidInput
from hedgelib.show import Scene, Table
from hedgelib.show.explorer import Choice, Explorer, Words

_TOKEN = re.compile(r"\w+")
# The longest first. Endings that would make one word of two in this field are left out: "ity" of
# liquidity and liquidation, and the "ing" of funding, which has nothing to do with a fund.
_ENDINGS = (
    *("ations", "ements", "ation", "ating", "ement", "ates", "ated", "ings", "ions"),
    *("ate", "ing", "ion", "ies", "ied", "es", "ed", "e", "y"),
)
_WHOLE = {"funding"}
_SHORTEST = 4


def stem(word: str) -> str:
    """Return the stem that the forms of an English word have in common.

    >>> [stem(word) for word in ("liquidation", "liquidated", "rallies", "rally", "fees", "loss")]
    ['liquid', 'liquid', 'rall', 'rall', 'fee', 'loss']
    """
    if word in _WHOLE:
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word.removesuffix(ending)
    if word.endswith("s") and not word.endswith("ss") and len(word) >= _SHORTEST:
        return word.removesuffix("s")
    return word


def occurs(words: str, text: str) -> bool:
    """Tell whether a text contains all of the words, each in any form or as the start of one.

    >>> occurs("liquidation rally", "Rallies liquidate shorts."), occurs("crash", "A rally.")
    (True, False)
    """
    words, text = (unicodedata.normalize("NFKC", one).casefold() for one in (words, text))
    stems = {stem(token) for token in _TOKEN.findall(text)}
    return all(
        stem(word) in stems or re.search(rf"(?<![^\W_]){re.escape(word)}", text)
        for word in words.split()
    )


T = TypeVar("T")


def read_entries(
    kind: Callable[..., T], rows: Sequence[Mapping[str, Any]], **among: Collection[str]
) -> tuple[T, ...]:
    """Make an entry of each row of a text, and report all faults at once.

    The fields in `among` must have one of those values; the first field is an entry's name.
    """
    entries, faults, names = [], [], set[object]()
    for row in rows:
        name = next(iter(row.values()))
        try:
            for field, values in among.items():
                one_of(field, row.get(field), tuple(values))
            if "" in row.values() or name in names:
                raise InvalidInput("is there twice" if name in names else "a text is empty")
            entries.append(kind(**row))
        except (InvalidInput, TypeError) as error:
            faults.append(f"{kind.__name__} {name!r}: {error}")
        names.add(name)
    if faults:
        raise InvalidInput("\n".join(faults))
    return tuple(entries)


class _Entry(Protocol):
    """A claim or a term: a row of a table that is found by words."""

    @property
    def row(self) -> tuple[str, ...]: ...

    def has(self, words: str) -> bool: ...


E = TypeVar("E", bound=_Entry)


def choose(entries: Sequence[E], words: str, **wanted: str | None) -> tuple[E, ...]:
    """Choose entries by words, each in any form, and by the values of fields, None for any."""
    for name, value in wanted.items():
        if value is not None:
            one_of(name, value, tuple(dict.fromkeys(getattr(one, name) for one in entries)))
    return tuple(
        one
        for one in entries
        if all(value in (None, getattr(one, name)) for name, value in wanted.items())
        and one.has(words)
    )


def finder(
    noun: str,
    head: Sequence[str],
    find: Callable[..., Sequence[_Entry]],
    **choices: tuple[str, Mapping[str, str]],
) -> Explorer:
    """Make drop-downs, each a label and its options, and a box for words that filter a table."""

    def elsewhere(words: str, chosen: dict[str, Any]) -> str:
        """Say where the words occur, if the choices leave no rows."""
        counts = [
            f"{label} ({count})"
            for name, (_, options) in choices.items()
            if chosen[name] is not None
            for label, value in options.items()
            if (count := len(find(**(chosen | {name: value}), words=words)))
        ]
        if not counts and (count := len(find(words=words))):
            counts = [f"all ({count})"]
        return f" There are some in: {', '.join(counts)}." if counts else ""

    def show(words: str, **chosen: Any) -> Scene:
        rows = [one.row for one in find(**chosen, words=words)]
        sentence = f"{len(rows)} of {len(find())} {noun}."
        table = Table(head, rows, "l" * len(head)) if rows else None
        alt = sentence if rows else sentence + elsewhere(words, chosen)
        return Scene(title="", alt=alt, panels=(), table=table)

    hint = "each word must occur, in any form"
    return Explorer(
        show,
        *(
            Choice(name=name, label=label, options={"all": None, **options}, start="all")
            for name, (label, options) in choices.items()
        ),
        Words(name="words", label="Words", hint=hint),
    )
