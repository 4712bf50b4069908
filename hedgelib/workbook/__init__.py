"""What only the lessons need: words and tables, predictions, answer checks, widgets."""

from __future__ import annotations

from hedgelib._text import percent, usd
from hedgelib.workbook.contents import lesson_map, next_lesson
from hedgelib.workbook.environment import check_environment
from hedgelib.workbook.exercises import check
from hedgelib.workbook.prose import predict, say, table
from hedgelib.workbook.widgets import Choice, Explorer, Slider

__all__ = [
    "Choice",
    "Explorer",
    "Slider",
    "check",
    "check_environment",
    "lesson_map",
    "next_lesson",
    "percent",
    "predict",
    "say",
    "table",
    "usd",
]
