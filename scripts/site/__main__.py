"""Build the published site: ``python -m scripts.site``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.addresses import is_set
from scripts.site.build import BOOK, ROOT, build

NO_CHROMIUM = "Chromium was not found; install it, or set HEDGELIB_CHROMIUM to its path"
NO_ADDRESS = (
    "its links to Colab, Binder and the repository lead nowhere until pyproject.toml says where "
    "the project is published: python scripts/addresses.py ADDRESS"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the site into a folder and say where it is."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.site", description="Build the published site."
    )
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "site", help="folder to write")
    options = parser.parse_args(arguments)
    warnings = build(options.out)
    if warnings:
        print(f"the site has {len(warnings)} warning(s):\n" + "\n".join(warnings), file=sys.stderr)
        return 1
    if not (options.out / BOOK).is_file():
        print(f"NO PDF: {NO_CHROMIUM}", file=sys.stderr)
    if not is_set():
        print(NO_ADDRESS)
    print(f"the site: {options.out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
