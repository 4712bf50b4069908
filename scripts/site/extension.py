"""What Sphinx does on this site besides its own."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

from docutils import nodes
from docutils.utils.math import latex2mathml
from pygments.lexers.special import TextLexer
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from scripts.site.glossary import Glossary

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hedgelib"]


def in_repository(name: str) -> str:
    """Return the address of a file or folder, named from the root of the repository."""
    kind = "tree" if (ROOT / name).is_dir() else "blob"
    return f"{PUBLISHED['repository']}/{kind}/{PUBLISHED['branch']}/{name}"


class RepositoryLinks(SphinxPostTransform):
    """Let links to files that are no page of the site lead to the repository."""

    default_priority = 8  # before MyST, which would call them missing

    def run(self, **_: Any) -> None:
        """Replace the links of a page."""
        folder = PurePosixPath(self.env.docname).parent
        for node in list(self.document.findall(pending_xref)):
            name = normpath(folder / node["reftarget"])
            if node["reftype"] == "myst" and not node["refdomain"] and (ROOT / name).exists():
                address = in_repository(name)
                node.replace_self(nodes.reference("", "", *node, internal=False, refuri=address))


def _write_formula(page: Any, node: nodes.math | nodes.math_block) -> None:
    """Write a formula as MathML, which browsers show without a script."""
    block = isinstance(node, nodes.math_block)
    formula = latex2mathml.tex2mathml(node.astext(), as_block=block)
    page.body.append(f'<div class="formula">{formula}</div>' if block else formula)
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register all of it."""
    app.add_html_math_renderer("mathml", (_write_formula, None), (_write_formula, None))
    app.add_lexer("csv", TextLexer)
    app.add_post_transform(RepositoryLinks)
    app.add_post_transform(Glossary)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
