"""What the page of a package index shows: the README, and where the project is published."""

import sys
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class PackagePage(MetadataHookInterface):
    """Fills the fields that pyproject.toml calls dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Write them into the metadata of the package."""
        sys.path.insert(0, self.root)
        from scripts.addresses import package_page, package_urls

        root = Path(self.root)
        text = package_page((root / "README.md").read_text("utf-8"), root)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = package_urls(root)
