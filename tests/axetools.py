"""What axe finds on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page


def violations(page: Page, ours: str, *, besides: tuple[str, ...] = ()) -> list[str]:
    """Return what axe holds against the parts of a page that a selector names.

    Rules named in `besides` are left out.
    """
    rules = {rule: {"enabled": False} for rule in besides}
    options = {"resultTypes": ["violations"], "rules": rules}
    found = Axe().run(page, context={"include": [[ours]]}, options=options).response["violations"]
    return [
        f"{one['id']}: {node['failureSummary']} {node['html'][:160]}"
        for one in found
        for node in one["nodes"]
    ]
