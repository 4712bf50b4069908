"""Where the data files are."""

from __future__ import annotations

from pathlib import Path

from hedgelib.errors import HedgeError


def data_folder() -> Path:
    """Find the folder of the data files.

    **Source:** the wheel carries the repository's ``data`` folder with it.
    """
    package = Path(__file__).resolve().parent
    candidates = (package / "_bundled" / "data", package.parent / "data")
    for folder in candidates:
        if (folder / "prices.csv").is_file():
            return folder
    raise HedgeError(
        "the data that ship with hedgelib are missing; looked for prices.csv in "
        + " and ".join(str(folder) for folder in candidates)
    )
