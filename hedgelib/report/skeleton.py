"""The HTML around what a page shows: nothing in it comes from a network."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from pathlib import Path

from hedgelib.report.blocks import printable

_TEMPLATES = Path(__file__).resolve().parent / "template"


def whole_page(title: str, body: str, *, styles: tuple[str, ...], script: str = "") -> str:
    """Return a page that runs one script at most, and shows no pictures but its own."""
    style = "".join(_read(name) for name in styles)
    policy, code = "default-src 'none'; img-src data:; style-src 'unsafe-inline'", ""
    if script:
        code = _read(script)
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'"
        code = f"<script>{code}</script>\n"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{escape(printable(title))}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n{code}</body>\n</html>\n"
    )


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
