"""Where the data files are."""

from __future__ import annotations

from pathlib import Path

from hedgelib.errors import HedgeError


def data_folder() -> Path:
    """Find the folder of the data files.

    Returns
    -------
    Path
        Inside the package when it was installed from a wheel, else ``data`` of the repository.

    Raises
    ------
    HedgeError
        There is no such folder.

    Notes
    -----
    **Source:** the wheel carries the repository's ``data`` folder with it.

    Examples
    --------
    >>> (data_folder() / "prices.csv").is_file()
    True
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
