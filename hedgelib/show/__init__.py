"""Display: scenes, and the two renderers that draw them on paper and on screen."""

from hedgelib._text import Table
from hedgelib.show.layout import Scale, columns_of, days, panel, picture
from hedgelib.show.scene import (
    Area,
    Band,
    Bars,
    Guess,
    Line,
    Panel,
    Points,
    Rule,
    Scene,
    Text,
)

__all__ = [
    "Area",
    "Band",
    "Bars",
    "Guess",
    "Line",
    "Panel",
    "Points",
    "Rule",
    "Scale",
    "Scene",
    "Table",
    "Text",
    "columns_of",
    "days",
    "panel",
    "picture",
]
