"""Every address of the published project, made from the one setting in pyproject.toml.

``python scripts/addresses.py https://github.com/OWNER/NAME [BRANCH]`` writes a new address into
every file that has the old one. Hatchling reads the package page from here.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hatchling.metadata.plugin.interface import MetadataHookInterface

ROOT = Path(__file__).resolve().parents[1]
HOLDERS = (
    "pyproject.toml",
    "CITATION.cff",
    ".github/ISSUE_TEMPLATE/config.yml",
    "notebooks/*.ipynb",
)
"""The files that cannot compute an address, and hold it as text."""

_REPOSITORY = re.compile(r"https://github\.com/(?P<owner>[\w-]+)/(?P<name>[\w.-]+)")
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)[^)#\s]+")
_PICTURES = (".png", ".svg")


def setting(root: Path = ROOT) -> tuple[str, str]:
    """Return the repository's address and its main branch."""
    values = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["hedgelib"]
    return values["repository"], values["branch"]


def is_set() -> bool:
    """Tell whether the address is a real one: GitHub gives no owner a double hyphen."""
    return "--" not in _parts(setting()[0])["owner"]


def _parts(repository: str) -> dict[str, str]:
    match = _REPOSITORY.fullmatch(repository)
    if match is None:
        raise SystemExit(f"{repository} is no address of the form https://github.com/OWNER/NAME")
    return match.groupdict()


def source(path: str = "", root: Path = ROOT) -> str:
    """Return where a file or folder is to be read."""
    repository, branch = setting(root)
    return f"{repository}/blob/{branch}/{quote(path)}" if path else repository


def archive() -> str:
    """Return what pip installs the newest workbook from."""
    repository, branch = setting()
    return f"{repository}/archive/refs/heads/{branch}.zip"


def site(repository: str = "") -> str:
    """Return the address of the published site."""
    parts = _parts(repository or setting()[0])
    return f"https://{parts['owner'].lower()}.github.io/{parts['name']}/"


def colab(notebook: str) -> str:
    """Return the address that opens a notebook, named from the project's folder, in Colab."""
    place = source(notebook).removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{place}"


def binder(lesson: str = "00_start_here.ipynb") -> str:
    """Return the address that opens a learner's copy of a lesson in Binder."""
    repository, branch = setting()
    place = repository.removeprefix("https://github.com/")
    page = quote(f"lab/tree/work/{lesson}", safe="")
    return f"https://mybinder.org/v2/gh/{place}/{branch}?urlpath={page}"


INSTALL = "install"
"""The id of the first code cell of each lesson."""


def install_cell(*, in_browser: bool = False) -> str:
    """Return the code by which a lesson gets the workbook where it is not installed.

    In JupyterLite it comes from the site's own index, by a magic that only that kernel understands;
    everywhere else a lesson is plain Python, also as a script.
    """
    if in_browser:
        return "# Gets the workbook from this site.\n%pip install -q hedgelib"
    return f'''\
# Installs the workbook where it is missing, as on Colab. Elsewhere it does nothing.
from importlib.util import find_spec

if not find_spec("hedgelib"):
    workbook = "{archive()}"
    get_ipython().run_line_magic("pip", f"install -q {{workbook}}")'''


def package_page(text: str, root: Path = ROOT) -> str:
    """Return the README with links that lead somewhere from a page of a package index."""

    def absolute(link: re.Match[str]) -> str:
        address = source(link[0], root)
        return address.replace("/blob/", "/raw/", 1) if link[0].endswith(_PICTURES) else address

    return _LINK.sub(absolute, text)


class PackagePage(MetadataHookInterface):
    """Hatchling's hook: the README and the addresses of the package page."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill the two fields that pyproject.toml calls dynamic."""
        root = Path(self.root)
        repository, _ = setting(root)
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": package_page((root / "README.md").read_text("utf-8"), root),
        }
        metadata["urls"] = {
            "Homepage": repository,
            "Documentation": site(repository),
            "Source": repository,
            "Issues": f"{repository}/issues",
            "Changelog": source("CHANGELOG.md", root),
        }


def main(arguments: Sequence[str]) -> int:
    """Write a new address into every file that has the old one."""
    repository, branch = (*arguments, setting()[1])[:2]
    _parts(repository)
    old, old_branch = setting()
    for path in (path for pattern in HOLDERS for path in sorted(ROOT.glob(pattern))):
        text = path.read_text("utf-8")
        new = text.replace(old, repository)
        new = new.replace(f"heads/{old_branch}.zip", f"heads/{branch}.zip")
        new = new.replace(f'branch = "{old_branch}"', f'branch = "{branch}"')
        if new != text:
            path.write_text(new, "utf-8")
            print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    if not sys.argv[1:]:
        raise SystemExit(__doc__)
    sys.exit(main(sys.argv[1:]))
