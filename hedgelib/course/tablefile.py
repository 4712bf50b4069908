"""Read the tables of a Markdown file, with one row for each item."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

from hedgelib.errors import HedgeError, InvalidInput

__all__ = ["TableFile"]

T = TypeVar("T")

_BAR = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r":?-+:?")


class TableFile:
    r"""The tables of a Markdown file, each under its heading; a ``|`` in a text is ``\|``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tables: dict[str, list[tuple[int, list[str]]]] = {}
        faults, title, inside = [], "", False
        for number, line in enumerate(self._text().splitlines(), start=1):
            text = line.strip()
            if text.startswith("#"):
                title = text.lstrip("#").strip()
            elif text.startswith("|") or (inside and text):
                before, *cells, after = _BAR.split(text) if "|" in text else (text, "")
                if before or after:
                    faults.append((number, "a row must be in one line that begins and ends with |"))
                cells = [cell.strip().replace(r"\|", "|") for cell in cells]
                self._tables.setdefault(title, []).append((number, cells))
            inside = text.startswith("|")
        self._refuse(faults)

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{self.path}: cannot be read as UTF-8 text: {error}") from error

    def _refuse(self, faults: Collection[tuple[int, str]]) -> None:
        if faults:
            raise InvalidInput(
                "\n".join(f"{self.path}, line {line}: {fault}" for line, fault in faults)
            )

    def read(
        self,
        title: str,
        columns: Collection[str],
        make: Callable[..., T],
        *,
        optional: Collection[str] = (),
    ) -> tuple[T, ...]:
        """Make an object from each row of a table, and report all faults at once."""
        if title not in self._tables:
            raise InvalidInput(f"{self.path}: there is no table under the heading {title!r}")
        (line, header), *rows = self._tables[title]
        if sorted(header) != sorted(columns):
            names = ", ".join(columns)
            self._refuse([(line, f"the columns must be {names}, got {', '.join(header)}")])
        if not rows or not all(_RULE.fullmatch(cell) for cell in rows[0][1]):
            self._refuse([(line, "a line such as |:--|:--| must follow the names of the columns")])
        things, faults, seen = [], [], dict[str, int]()
        for line, cells in rows[1:]:
            try:
                if len(cells) != len(header):
                    raise InvalidInput(
                        f"{len(cells)} cells for {len(header)} columns; write a | in a text as \\|"
                    )
                for name, cell in zip(header, cells, strict=True):
                    if not cell and name not in optional:
                        raise InvalidInput(f"{name} is empty")
                if (first := seen.setdefault(cells[0], line)) != line:
                    raise InvalidInput(f"{header[0]} {cells[0]!r} is in line {first} already")
                things.append(make(**dict(zip(header, cells, strict=True))))
            except HedgeError as error:
                faults.append((line, str(error)))
        self._refuse(faults)
        return tuple(things)
