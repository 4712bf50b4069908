"""What axe finds on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page


def violations(page: Page, ours: str) -> list[str]:
    """Return what axe holds against the part of a page that a selector names."""
    options = {"resultTypes": ["violations"]}
    found = Axe().run(page, context={"include": [[ours]]}, options=options).response["violations"]
    return [
        f"{one['id']}: {node['failureSummary']} {node['html'][:160]}"
        for one in found
        for node in one["nodes"]
    ]
