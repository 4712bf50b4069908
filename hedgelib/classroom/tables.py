"""Tables for a spreadsheet, in which no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from hedgelib._text import printable
from hedgelib.classroom.course import write_text

__all__ = ["defused", "write_table"]

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%", "＝", "＋", "－", "＠")


def defused(text: str) -> str:
    """Write a text so that no spreadsheet takes it for a formula (OWASP, CSV injection)."""
    text = printable(text)
    return f"'{text}" if text.lstrip().startswith(_STARTS_A_FORMULA) else text


def write_table(path: Path, head: Sequence[str], rows: Iterable[Sequence[str | float]]) -> None:
    """Write a CSV file in UTF-8 that spreadsheets open correctly."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in (head, *rows):
        writer.writerow(defused(cell) if isinstance(cell, str) else f"{cell:.10g}" for cell in row)
    # Excel takes a file without this mark for one in the machine's old encoding.
    write_text(path, "\ufeff" + buffer.getvalue())
