"""Take the README's picture out of the lesson that draws it (run by `make notebooks`)."""

from __future__ import annotations

import base64
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
LESSON = ROOT / "notebooks" / "07_alice_walkthrough.ipynb"
CELL = "picture"
PICTURE = ROOT / "docs" / "alice.png"


def picture() -> bytes:
    """Read the picture as the lesson has it.

    Returns
    -------
    bytes
        PNG.
    """
    notebook = nbformat.read(LESSON, as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.id == CELL)
    (png,) = (out.data["image/png"] for out in cell.outputs if "image/png" in out.get("data", {}))
    return base64.b64decode(png)


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(picture())
