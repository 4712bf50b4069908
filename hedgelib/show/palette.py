"""Colours by meaning, in a light and a dark theme."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["DARK", "LIGHT", "ROLES", "Role", "css"]

Role = Literal["altcoins", "margin", "short", "total", "unhedged", "good", "grey"]
ROLES: tuple[Role, ...] = get_args(Role)

# Okabe and Ito's colours; people of any colour vision can tell them apart. Text needs more
# contrast with its background than a line does, so each has a second, readable one.
LIGHT: dict[str, str] = {
    "altcoins": "#0072B2",
    "margin": "#E69F00",
    "short": "#CC79A7",
    "total": "#111111",
    "unhedged": "#D55E00",
    "good": "#009E73",
    "grey": "#6B6B6B",
    "altcoins-text": "#00629A",
    "margin-text": "#855B00",
    "short-text": "#A0437A",
    "total-text": "#111111",
    "unhedged-text": "#A84A00",
    "good-text": "#00704F",
    "grey-text": "#5F5F5F",
    "paper": "#FFFFFF",
    "frame": "#888888",
    "grid": "#E4E4E4",
    "text": "#222222",
    # Words on a bar.
    "altcoins-ink": "#FFFFFF",
    "margin-ink": "#111111",
    "short-ink": "#111111",
    "total-ink": "#FFFFFF",
    "unhedged-ink": "#111111",
    "good-ink": "#111111",
    "grey-ink": "#FFFFFF",
}
DARK: dict[str, str] = LIGHT | {
    "altcoins": "#4DA6DC",
    "margin": "#E8A824",
    "short": "#D68DB5",
    "total": "#F2F2F2",
    "unhedged": "#E8632E",
    "good": "#2DB98F",
    "grey": "#9C9C9C",
    "altcoins-text": "#74BDE8",
    "margin-text": "#F0B94A",
    "short-text": "#E3A9C8",
    "total-text": "#F2F2F2",
    "unhedged-text": "#F59A5C",
    "good-text": "#57CFA9",
    "grey-text": "#B4B4B4",
    "paper": "#151515",
    "frame": "#8A8A8A",
    "grid": "#333333",
    "text": "#E0E0E0",
    **{f"{role}-ink": "#111111" for role in ROLES},
}
_DARK_PAGES = '[data-jp-theme-light="false"], [data-theme="dark"]'


def css() -> str:
    """Return both themes as custom properties of the elements that show a scene."""

    def block(selector: str, theme: dict[str, str]) -> str:
        return f"{selector}{{{''.join(f'--{name}:{colour};' for name, colour in theme.items())}}}"

    return "\n".join(
        [
            block(".hedge-scene", LIGHT),
            block(f":is({_DARK_PAGES}) .hedge-scene", DARK),
        ]
    )
