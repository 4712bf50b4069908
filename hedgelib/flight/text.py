"""The words of a flight: text.toml, with the rules of the engine filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hedgelib.ask.text import fill, read_toml
from hedgelib.flight.day import FEE_RATE, MOST_LEVERAGE, SLIPPAGE_RATE
from hedgelib.flight.episodes import CASH_USD, UPSIDE
from hedgelib.flight.flight import CAP, FALL, RATE, RISE

__all__ = ["LESSONS", "TEXT"]

_RULES = {
    "upside": UPSIDE, "cash": CASH_USD, "most": MOST_LEVERAGE, "cost": FEE_RATE + SLIPPAGE_RATE,
    "cap": CAP, "rise": RISE, "fall": FALL, "rate": RATE,
}  # fmt: skip


def _read() -> dict[str, Any]:
    text = read_toml(Path(__file__).with_name("text.toml"))
    for name in ("mandates", "notes", "rules"):
        text[name] = {key: fill(words, _RULES) for key, words in text[name].items()}
    text["page"]["plan"] = fill(text["page"]["plan"], _RULES)
    for question in text["questions"].values():
        question["ask"] = fill(question["ask"], _RULES)
    return text


TEXT = _read()
LESSONS: dict[str, list[str]] = TEXT["lessons"]
