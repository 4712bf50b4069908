"""Tables for a spreadsheet, in which no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from hedgelib.classroom.course import write_text
from hedgelib.report.blocks import printable

__all__ = ["defused", "write_table"]

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%", "＝", "＋", "－", "＠")


def defused(text: str) -> str:
    """Write a text so that no spreadsheet takes it for a formula.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        With an apostrophe before it where a spreadsheet would compute something.

    Notes
    -----
    **Source:** OWASP, CSV injection; full-width signs are read as formulas by some programs too.

    Examples
    --------
    >>> defused("=1+1"), defused("Ada"), defused(" -2")
    ("'=1+1", 'Ada', "' -2")
    """
    text = printable(text)
    return f"'{text}" if text.lstrip().startswith(_STARTS_A_FORMULA) else text


def write_table(path: Path, head: Sequence[str], rows: Iterable[Sequence[str | float]]) -> None:
    """Write a CSV file in UTF-8 that spreadsheets open correctly.

    Parameters
    ----------
    path : Path
    head : sequence of str
    rows : iterable of sequences
        Texts are defused; numbers are written as numbers.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in (head, *rows):
        writer.writerow(defused(cell) if isinstance(cell, str) else f"{cell:.10g}" for cell in row)
    # Excel takes a file without this mark for one in the machine's old encoding.
    write_text(path, "\ufeff" + buffer.getvalue())
