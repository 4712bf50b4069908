"""Tables for a spreadsheet, in which no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from hedgelib._text import spreadsheet_text
from hedgelib.classroom.course import write_text

__all__ = ["write_table"]


def write_table(path: Path, head: Sequence[str], rows: Iterable[Sequence[str | float]]) -> None:
    """Write a CSV file in UTF-8 that spreadsheets open correctly."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in (head, *rows):
        writer.writerow(
            spreadsheet_text(cell) if isinstance(cell, str) else f"{cell:.10g}" for cell in row
        )
    # Excel takes a file without this mark for one in the machine's old encoding.
    write_text(path, "\ufeff" + buffer.getvalue())
