"""Text with places for computed values, and the little Markdown that questions are written in."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Formatter
from typing import Any

from hedgelib._text import percent, safe_prose, usd
from hedgelib.errors import InvalidInput

_NAMED = re.compile(r"(\+?)(usd|percent|number)(?:\.(\d))?")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file of texts."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"{path}: cannot be read as TOML: {error}") from error


class _Filler(Formatter):
    def get_value(self, key: int | str, _: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if key not in kwargs:
            raise InvalidInput(f"no value for {{{key}}}; there are {', '.join(kwargs)}")
        return kwargs[str(key)]

    def format_field(self, value: Any, format_spec: str) -> str:
        named = _NAMED.fullmatch(format_spec)
        if not named:
            text = str(super().format_field(value, format_spec))
            return text if isinstance(value, str) else text.replace("-", "−")
        value, digits, signed = float(value), named[3], bool(named[1])
        if named[2] == "usd":
            return usd(value, cents=digits == "2", signed=signed)
        if named[2] == "percent":
            exact = len(f"{100 * value:.8f}".rstrip("0").partition(".")[2])
            return percent(value, digits=int(digits or exact), signed=signed)
        text = f"{value:,.{digits}f}" if digits else f"{value:,.10g}"
        return ("+" if signed and value > 0 else "") + text.replace("-", "−")


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Return a text with its placeholders filled.

    ``{margin:usd}`` is $1,200, ``{margin:usd.2}`` $1,200.00, ``{fall:percent}`` −12.5% with all its
    digits, ``{fall:percent.0}`` −12%, ``{size:number}`` 1,234.5, and a plus before the name puts a
    plus before gains: ``{gain:+usd}``. Anything else is a format of Python's.
    """
    return _Filler().vformat(text, (), values)


_CODE = re.compile(r"`([^`]+)`")
_INLINE = {r"\*\*([^*]+)\*\*": "b", r"\*([^*]+)\*": "i"}
_HOLD = "\0"


def _inline(text: str) -> str:
    html = safe_prose(" ".join(text.split()))
    # In code a star is a star.
    held = iter(_CODE.findall(html))
    html = _CODE.sub(_HOLD, html)
    for mark, element in _INLINE.items():
        html = re.sub(mark, rf"<{element}>\1</{element}>", html)
    return re.sub(_HOLD, lambda _: f"<code>{next(held)}</code>", html)


def to_html(text: str) -> str:
    """Write paragraphs, lists, bold, italics and code as HTML; anything else is text."""
    return "".join(map(_block, re.split(r"\n\s*\n", text.strip())))


def _block(text: str) -> str:
    if not text.startswith("- "):
        return f"<p>{_inline(text)}</p>"
    items = re.split(r"^- ", text, flags=re.MULTILINE)[1:]
    return f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ul>"
