"""A report on paper: Chromium prints the page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hedgelib._check import one_of
from hedgelib.errors import HedgeError

PAPERS = ("A4", "Letter")
_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_PATIENCE_SECONDS = 180


class PdfFailed(HedgeError):
    """The page is there, but it could not be printed."""


def find_chromium() -> str | None:
    """Find a browser that prints: Chromium, or one built on it."""
    named = os.environ.get("HEDGELIB_CHROMIUM")
    return next((path for path in map(shutil.which, [named] if named else _NAMES) if path), None)


def write_pdf(page: Path, target: Path, *, paper: str = "A4") -> Path:
    """Print a page; the PDF appears complete or not at all."""
    one_of("paper", paper, PAPERS)
    chromium = find_chromium()
    if chromium is None:
        named = os.environ.get("HEDGELIB_CHROMIUM")
        raise PdfFailed(
            (
                f"HEDGELIB_CHROMIUM is {named}, which is no program here"
                if named
                else "Chromium was not found, and it is what prints the PDF; install it, or set "
                "HEDGELIB_CHROMIUM to its path"
            )
            + f"; or open {page} in a browser and print it there"
        )
    # Beside the target: a confined browser may see nothing of the folder for temporary files.
    with tempfile.TemporaryDirectory(
        prefix="printing-", dir=target.parent, ignore_cleanup_errors=True
    ) as name:
        folder = Path(name).absolute()
        source, made = folder / "page.html", folder / "page.pdf"
        html = page.read_text(encoding="utf-8")
        size = f"<style>@page {{ size: {paper}; }}</style></head>"
        source.write_text(html.replace("</head>", size, 1), encoding="utf-8")
        told = _print(chromium, source, made, folder / "profile")
        if not made.is_file() or not made.stat().st_size:
            raise PdfFailed(
                f"{chromium} made no PDF: {told or 'it said nothing'}; open {page} in a browser "
                "and print it there"
            )
        os.replace(made, target)
    return target


def _print(chromium: str, source: Path, made: Path, profile: Path) -> str:
    """Run the browser and return the last thing that it said."""
    command = [
        chromium,
        "--headless",
        "--disable-gpu",
        "--disable-extensions",
        "--no-first-run",
        "--no-default-browser-check",
        f"--user-data-dir={profile}",
        "--no-pdf-header-footer",
        f"--print-to-pdf={made}",
        source.as_uri(),
    ]
    if sys.platform.startswith("linux") and os.geteuid() == 0:
        # Its sandbox refuses to work for root.
        command.insert(1, "--no-sandbox")
    said = source.with_name("said")
    try:
        with said.open("wb") as errors:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                timeout=_PATIENCE_SECONDS,
                check=False,
            )
    except OSError as error:
        return str(error.strerror)
    except subprocess.TimeoutExpired:
        return f"it did not end within {_PATIENCE_SECONDS} seconds"
    lines = said.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
