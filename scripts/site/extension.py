"""What Sphinx does on this site besides its own."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

from docutils import nodes
from docutils.utils.math import latex2mathml
from pygments.lexers.special import TextLexer
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from scripts.addresses import binder, colab, source
from scripts.site import alive
from scripts.site.glossary import Glossary

ROOT = Path(__file__).resolve().parents[2]


class RepositoryLinks(SphinxPostTransform):
    """Let links to files that are no page of the site lead to the repository."""

    default_priority = 8  # before MyST, which would call them missing

    def run(self, **_: Any) -> None:
        """Replace the links of a page."""
        folder = PurePosixPath(self.env.docname).parent
        for node in list(self.document.findall(pending_xref)):
            name = normpath(folder / node["reftarget"])
            if node["reftype"] == "myst" and not node["refdomain"] and (ROOT / name).exists():
                node.replace_self(_link(source(name), *node))


class OpenIn(SphinxPostTransform):
    """Offer each lesson where it runs, under its title."""

    default_priority = 8

    def run(self, **_: Any) -> None:
        """Add the links, if the page is a lesson."""
        lesson = re.fullmatch(r"notebooks/(\w+)", self.env.docname)
        title = next(self.document.findall(nodes.title), None)
        if lesson is None or title is None:
            return
        file = f"{lesson[1]}.ipynb"
        links = nodes.paragraph(classes=["open-in"], ids=["open-in"])
        links += nodes.Text("Open it alive: ")
        links += _link(f"../lite/lab/index.html?path={file}", nodes.Text("in this browser"))
        links += nodes.Text(", ")
        links += _link(colab(f"notebooks/{file}"), nodes.Text("on Colab"))
        links += nodes.Text(", ")
        links += _link(binder(file), nodes.Text("on Binder"))
        title.parent.insert(title.parent.index(title) + 1, links)


def _link(address: str, *content: nodes.Node) -> nodes.reference:
    return nodes.reference("", "", *content, internal=False, refuri=address)


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
    app.connect("builder-inited", alive.add_folder)
    app.connect("html-page-context", alive.use)
    app.add_post_transform(RepositoryLinks)
    app.add_post_transform(OpenIn)
    app.add_post_transform(Glossary)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
