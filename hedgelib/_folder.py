"""Where the files are that come with the code."""

from __future__ import annotations

from pathlib import Path

from hedgelib.errors import HedgeError


def shipped(*place: str) -> Path:
    """Find a file or folder of the repository, which an installed wheel carries with it."""
    package = Path(__file__).resolve().parent
    paths = [root.joinpath(*place) for root in (package / "_bundled", package.parent)]
    for path in paths:
        if path.exists():
            return path
    looked = " and ".join(map(str, paths))
    raise HedgeError(f"a part of hedgelib is missing: looked for {looked}; install it again")


def data_folder() -> Path:
    """Find the folder of the data files.

    **Source:** the wheel carries the repository's ``data`` folder with it.
    """
    return shipped("data", "prices.csv").parent
