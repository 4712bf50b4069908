"""Width of words, and line breaks."""

from __future__ import annotations

from functools import lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import text_to_path

__all__ = [
    "BASELINE",
    "LABEL",
    "LINE_HEIGHT",
    "TICK",
    "TITLE",
    "drawable",
    "width_px",
    "wrap",
    "wrap_title",
]

TITLE, LABEL, TICK = 17.0, 14.0, 13.0
"""Sizes of type, pixels."""
LINE_HEIGHT = 1.2
BASELINE = {"top": 0.93, "middle": 0.35, "bottom": -0.22}
"""Offset of the baseline below a place, for text aligned by top, middle or bottom, in sizes."""


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def drawable(text: str) -> str:
    """Replace each character that the font of the pictures does not have by a box."""
    return "".join(c if ord(c) in _letters() or c == "\n" else "□" for c in text)


@lru_cache(maxsize=4096)
def _word_px(word: str, bold: bool) -> float:
    """Return the width of a word at a size of 100 pixels; an empty one stands for a space."""
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=100)
    letters = drawable(word or " ")
    return float(text_to_path.get_text_width_height_descent(letters, font, ismath=False)[0])


def width_px(text: str, size: float = 14.0, bold: bool = False) -> float:
    """Return the width of one line of text in the font of the pictures, pixels.

    Measuring takes long, and words come back: in this font a line is as wide as they and their
    spaces are.
    """
    words = text.split(" ")
    width = sum(_word_px(word, bold) for word in words if word)
    return (width + (len(words) - 1) * _word_px("", bold)) * size / 100


def wrap(text: str, room: float, *, size: float = 14.0, bold: bool = False) -> str:
    """Break a text into lines that fit; the breaks that it has stay."""
    lines = []
    for whole in text.split("\n"):
        if width_px(whole, size, bold) <= room:
            lines.append(whole)
            continue
        line = ""
        for word in whole.split(" "):
            longer = f"{line} {word}" if line else word
            if line and width_px(longer, size, bold) > room:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return "\n".join(lines)


def wrap_title(text: str, room: float) -> str:
    """Break a title into lines that fit; two lines where the sense breaks, else evenly."""
    broken = wrap(text, room, size=TITLE, bold=True)
    if "\n" in text or broken.count("\n") != 1:
        return broken
    words = text.split(" ")
    found = []
    for i in range(1, len(words)):
        lines = " ".join(words[:i]), " ".join(words[i:])
        wide = max(width_px(line, TITLE, bold=True) for line in lines)
        if wide <= room:
            # For a stop, the longer line may be half as long again.
            found.append((wide / (1.5 if lines[0][-1] in ".:;" else 1.0), "\n".join(lines)))
    return min(found)[1] if found else broken
