"""Link the first use of each term in a lesson to its row in the glossary."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from hedgelib.course.contents import LESSONS, number_of
from hedgelib.course.glossary import TERMS, Term

GLOSSARY = f"notebooks/{LESSONS['glossary'][0]}"

# Words that mostly mean something else, unless they are plainly a noun and have been taught.
_EVERYDAY = {
    *("ask", "band", "bid", "book", "clamp", "cross", "face", "fill", "future", "horizon", "index"),
    *("inverse", "isolated", "linear", "long", "mark", "maker", "premium", "put", "replay"),
    *("residual", "return", "short", "taker", "window"),
}
_BEFORE = r"(?<=\b(?:the|its|her|his) )|(?<=\b(?:an|of) )|(?<=\ba )|(?<=\b(?:your|each) )"
_AFTER = r"(?=[,.;:)]|$| (?:and|at|by|for|from|has|in|is|of|on|or|that|to|with)\b)"
_NOT_IN = (
    *(nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.math),
    *(nodes.math_block, nodes.raw, nodes.table),
)


def anchor(term: Term) -> str:
    """Return the name of a term's row.

    >>> anchor(TERMS[0])
    'term-spot'
    """
    return "term-" + re.sub(r"\W+", "-", term.word.casefold()).strip("-")


def _pattern(word: str) -> str:
    first, rest = word[0], re.escape(word[1:])
    pattern = f"[{first.upper()}{first.lower()}]{rest}s?" if first.isalpha() else re.escape(word)
    return f"(?:{_BEFORE}){pattern}{_AFTER}" if word in _EVERYDAY else rf"\b{pattern}(?!\w|-\w)"


_WORDS = sorted(
    ((word, term) for term in TERMS for word in term.word.split(", ")),
    key=lambda pair: -len(pair[0]),
)
_USE = re.compile("|".join(f"({_pattern(word)})" for word, _ in _WORDS))


class Glossary(SphinxPostTransform):
    """Name the rows of the glossary, and link the lessons to them."""

    default_priority = 900  # when all other links of the page are made

    def run(self, **_: Any) -> None:
        """Change a page, if it is the glossary or a lesson."""
        if self.env.docname == GLOSSARY:
            self._name_rows()
        elif re.match(r"notebooks/\d", self.env.docname):
            self._link_uses()

    def _name_rows(self) -> None:
        rows = {row[0].astext(): row for row in self.document.findall(nodes.row) if len(row)}
        for term in TERMS:
            rows[term.word][0]["ids"].append(anchor(term))

    def _link_uses(self) -> None:
        builder = self.app.builder
        glossary = builder.get_relative_uri(self.env.docname, GLOSSARY)
        linked, here = set[Term](), self.env.docname.removeprefix("notebooks/")
        for text in list(self.document.findall(nodes.Text)):
            above = _ancestors(text)
            if any(isinstance(node, _NOT_IN) for node in above) or not any(
                isinstance(node, nodes.paragraph) for node in above
            ):
                continue
            parts, end, words = [], 0, text.astext()
            for use in _USE.finditer(words):
                term = _WORDS[use.lastindex - 1][1] if use.lastindex else TERMS[0]
                if term in linked or (use[0] in _EVERYDAY and number_of(term.lesson) > here):
                    continue
                linked.add(term)
                link = nodes.reference(
                    "", use[0], internal=True, classes=["term"], reftitle=term.meaning
                )
                link["refuri"] = f"{glossary}#{anchor(term)}"
                parts += [nodes.Text(words[end : use.start()]), link]
                end = use.end()
            if parts:
                text.parent.replace(text, [*parts, nodes.Text(words[end:])])


def _ancestors(node: nodes.Node) -> list[nodes.Node]:
    above = []
    while node.parent is not None:
        node = node.parent
        above.append(node)
    return above
