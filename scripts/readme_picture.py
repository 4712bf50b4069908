"""Take the README's picture out of the lesson that draws it (run by `make notebooks`)."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
LESSON = ROOT / "notebooks" / "09_alice.ipynb"
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
    shown = "".join(out.data.get("text/html", "") for out in cell.outputs if "data" in out)
    (png,) = re.findall(r'src="data:image/png;base64,([^"]+)"', shown)
    return base64.b64decode(png)


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(picture())
