"""The words of a flight: text.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hedgelib.ask.text import read_toml

__all__ = ["LESSONS", "TEXT"]

TEXT: dict[str, Any] = read_toml(Path(__file__).with_name("text.toml"))
LESSONS: dict[str, list[str]] = TEXT["lessons"]
