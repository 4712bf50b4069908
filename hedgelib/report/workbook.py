"""The tables of a report as a workbook, a sheet for each section."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from hedgelib._extras import needed
from hedgelib.report.blocks import Facts, Section, Table, printable
from hedgelib.report.registry import sections

if TYPE_CHECKING:
    from hedgelib.report.results import HedgeReport

PACKAGE, KIND = "openpyxl", "report.xlsx"
"""The package that writes it, and the end of its name: plain .xlsx may be somebody's portfolio."""

_LONGEST_TITLE, _LONGEST_TEXT, _WIDEST = 31, 32_767, 60
_NUMBER = re.compile(r"([+−-]?)(\$?)(\d{1,3}(?:,\d{3})*|\d+)(?:\.(\d+))?(%?)", re.ASCII)


def workbook(report: HedgeReport) -> bytes:
    """Write every table of a report; a section without a heading is on the sheet before it."""
    openpyxl = needed(PACKAGE, "--xlsx")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for part in sections():
        tables = _tables(part.show(report))
        if part.title or not book.worksheets:
            sheet = book.create_sheet(_title(part.title or part.name.capitalize()))
        for table in tables:
            _write(sheet, table)
    for sheet in book.worksheets:
        if sheet.max_row == 1 and sheet["A1"].value is None:
            book.remove(sheet)
        _widen(sheet)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _tables(shown: Any) -> list[Table]:
    """Return the tables of a section or of a picture; tiles are one too."""
    if not isinstance(shown, Section):
        return [shown.table] if shown.table else []
    return [
        Table(["What", "Value", "Note"], block.items, "lrl") if isinstance(block, Facts) else block
        for block in shown.blocks
        if isinstance(block, Table | Facts)
    ]


def _title(text: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", text)[:_LONGEST_TITLE].strip(" '")


def _write(sheet: Any, table: Table) -> None:
    """Add a table below what the sheet has, numbers as numbers."""
    row = sheet.max_row + 2 if sheet["A1"].value is not None else 1
    for text in filter(None, [table.caption]):
        _put(sheet.cell(row, 1), text, bold=True)
        row += 1
    for line, cells in enumerate((table.head, *table.rows), row):
        for column, (text, side) in enumerate(zip(cells, table.align, strict=True), 1):
            head = line == row
            _put(sheet.cell(line, column), text, bold=head, number=side == "r" and not head)


def _put(cell: Any, text: str, *, bold: bool = False, number: bool = False) -> None:
    if bold:
        cell.style = "Headline 4"
    if not text:
        return
    parts = _NUMBER.fullmatch(text) if number else None
    if parts is None:
        cell.value = printable(text)[:_LONGEST_TEXT]
        # A name that begins with = or @ is text, and stays text when somebody edits the cell.
        cell.data_type, cell.quotePrefix = "s", True
        return
    sign, dollar, whole, decimals, per_cent = parts.groups()
    value = float(f"{whole.replace(',', '')}.{decimals or 0}") / (100 if per_cent else 1)
    cell.value = -value if sign in ("−", "-") else value
    form = ("#,##0" if "," in whole or dollar else "0") + ("." + "0" * len(decimals or ""))
    form = (dollar + form).rstrip(".") + per_cent
    cell.number_format = f"+{form};-{form};{form}" if sign == "+" else form


def _widen(sheet: Any) -> None:
    for column in sheet.columns:
        widest = max(len(str(cell.value or "")) for cell in column)
        sheet.column_dimensions[column[0].column_letter].width = min(widest + 2, _WIDEST)
