"""What only the lessons need: words and tables, predictions, answer checks, widgets."""

from __future__ import annotations

from hedgelib._text import Table, percent, usd
from hedgelib.workbook.contents import lesson_map, next_lesson
from hedgelib.workbook.environment import check_environment
from hedgelib.workbook.exercises import check
from hedgelib.workbook.explorer import Choice, Explorer, Slider
from hedgelib.workbook.prose import predict, say

__all__ = [
    "Choice",
    "Explorer",
    "Slider",
    "Table",
    "check",
    "check_environment",
    "lesson_map",
    "next_lesson",
    "percent",
    "predict",
    "say",
    "usd",
]
