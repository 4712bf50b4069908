"""How wide words are, and where they are broken into lines."""

from __future__ import annotations

from functools import lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import text_to_path

__all__ = ["LABEL", "LINE_HEIGHT", "TICK", "TITLE", "drawable", "width_px", "wrap"]

TITLE, LABEL, TICK = 17.0, 14.0, 13.0
"""Sizes of type, pixels."""
LINE_HEIGHT = 1.2


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def drawable(text: str) -> str:
    """Put a box for each character that the font of the pictures has not."""
    return "".join(c if ord(c) in _letters() or c == "\n" else "□" for c in text)


@lru_cache(maxsize=4096)
def width_px(text: str, size: float = 14.0, bold: bool = False) -> float:
    """Return the width of one line of text in pixels, in the font of the pictures.

    Parameters
    ----------
    text : str
    size : float
        Pixels.
    bold : bool

    Returns
    -------
    float
    """
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=100)
    width, _, _ = text_to_path.get_text_width_height_descent(drawable(text), font, ismath=False)
    return float(width) * size / 100


def wrap(text: str, room: float, *, size: float = 14.0, bold: bool = False) -> str:
    """Break a text into lines that fit.

    Parameters
    ----------
    text : str
        Breaks that it has stay.
    room : float
        Pixels.
    size : float
        Of the type, pixels.
    bold : bool

    Returns
    -------
    str
    """
    lines = []
    for whole in text.split("\n"):
        # Measuring takes long, and most texts fit as they are.
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
