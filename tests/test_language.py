"""Text that people read uses the field's words, one word for one thing.

`AREAS` holds the parts of the project that are held to it. Who has gone over another
part adds it there; a sentence that rightly uses a listed word goes to `ALLOWED`.
"""

import ast
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

# Globs from the root of the repository; one that matches nothing is an error.
AREAS: dict[str, tuple[str, ...]] = {
    "report and commands": (
        *(
            f"hedgelib/{name}.py"
            for name in (
                *("__main__", "_cells", "_datafiles", "_header", "_own_prices", "_portfolio_file"),
                *("_sheet", "_trades", "choice", "coins", "errors"),
                *("market", "paths", "plan", "portfolio", "replay", "rules", "scenario"),
            )
        ),
        "hedgelib/commands/*.py",
        "hedgelib/live/*.py",
        "hedgelib/report/*.py",
        "hedgelib/report/schema.json",
        "data/README.md",
        "notebooks/reports/hedge_report.ipynb",
    ),
    "classroom": (
        "hedgelib/classroom/**/*.py",
        "hedgelib/ask/misconceptions.toml",
        "notebooks/exercises/*.ipynb",
    ),
    "docs": ("docs/instructor.md", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "tasks.py"),
    "finance floors": tuple(
        f"hedgelib/{name}.py"
        for name in (
            *("_check", "_result", "_walk", "beta", "carry", "contracts", "margin"),
            *("ratio", "returns"),
        )
    ),
    "show": (
        "hedgelib/show/*.py",
        "hedgelib/ask/*.py",
        *(f"hedgelib/course/{name}.py" for name in ("contents", "environment", "finder", "prose")),
    ),
    "lessons": (
        "hedgelib/course/studies/*.py",
        "hedgelib/course/questions/*.py",
        "hedgelib/course/text/*.toml",
        "notebooks/*.ipynb",
    ),
}

# Phrases, as they stand in the text, in which a listed word is the right one.
ALLOWED: tuple[str, ...] = ("worth as many dollars",)

# What to write: what is not written for it (case does not matter; any white space is one blank).
WORDS = {
    "value, market value": (
        r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bbeen )(?<!\bbeing )"
        r"(?<!\bnot )(?<!\bstill )(?<!\bnow )(?<!\beach )(?<!\bonly )worth\b"
    ),
    "volatility, one standard deviation": r"swings?\b",
    "residual volatility, idiosyncratic risk": r"own moves?\b",
    "maximum drawdown": r"deepest falls?\b",
    "maintenance margin": r"what must be there\b",
    "margin call, top-up": r"(?:something|anything|nothing|amount) to be sent\b",
    "assume, estimate, compute, calculate": r"reckon\w*",
    "beta-neutral, delta-neutral": r"(?:laid|lay|lays|laying|lies|lie) (?:it )?(?:flat|level)\b",
    "reduction (of variance), removes": r"(?:variance|risk|gains?|loss(?:es)?) taken off\b",
    "neutralise the exposure": r"(?:take|takes|took|taking) (?:the |its |all )?exposure off\b",
    "backtest of a rule": r"(?:live|lives|lived|living) by\b",
    "equity reaches zero": r"nil\b",
    "expensive": r"dear(?:er|est|ly)?\b",
    "is, has": r"(?:stands?|stood|standing)\b(?! (?:in )?for\b)|lies\b",
    "besides, next to, alongside": r"beside\b",
    "out-of-sample": r"days (?:it|they) had not seen\b",
    "over-hedged, under-hedged": r"hedge\w* (?:is|was|are|were|be) too (?:large|small|big)\b",
    "insurance": r"an insurance\b(?! (?:fund|premium|contract|policy)\b)",
    "which student a file belongs to": r"whose (?:a|the) file is\b",
}


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """Place and text of everything in the file that somebody may read."""
    source = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".py":
            yield from texts_of_python(source)
        case ".ipynb":
            yield from texts_of_notebook(json.loads(source))
        case ".md":
            yield "", without_code(source)
        case ".j2" | ".html":
            yield "", without_tags(source)
        case _:
            yield from ((str(n), line) for n, line in enumerate(source.splitlines(), 1))


def texts_of_python(source: str) -> Iterator[tuple[str, str]]:
    """Docstrings of what is public, and every literal that is more than a key or a name."""
    tree = ast.parse(source)
    skipped = set[ast.AST]()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_") and ast.get_docstring(node) is not None:
                skipped |= {node.body[0], *ast.walk(node.body[0])}
        elif isinstance(node, ast.JoinedStr):
            skipped |= set(ast.iter_child_nodes(node)) - {
                part for part in node.values if isinstance(part, ast.FormattedValue)
            }
            yield (
                str(node.lineno),
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "0"
                    for part in node.values
                ),
            )
        elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            skipped |= set(ast.walk(node.format_spec))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and not re.fullmatch(r"[a-z_][a-z0-9_.-]*", node.value)
        ):
            yield str(node.lineno), without_code(node.value)


def texts_of_notebook(notebook: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Markdown cells, and what the code cells show."""
    for n, cell in enumerate(notebook["cells"]):
        place = f"cell {n}"
        if cell["cell_type"] == "markdown":
            yield place, without_code("".join(cell["source"]))
        for output in cell.get("outputs", []):
            yield place, "".join(output.get("text", []))
            for kind, data in output.get("data", {}).items():
                if kind == "text/html":
                    yield place, without_tags("".join(data))
                elif kind in {"text/plain", "text/markdown"}:
                    yield place, "".join(data)


def without_code(text: str) -> str:
    """Markdown without its code: names of fields and functions are not prose."""
    return re.sub(r"```.*?```|``.*?``|`[^`\n]*`", "0", text, flags=re.DOTALL)


def without_tags(text: str) -> str:
    """Return the words of a page, and those of its pictures and controls."""
    text = re.sub(r"<(style|script)\b.*?</\1>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    spoken = re.findall(r"\b(?:alt|title|aria-label)=\"([^\"]*)\"", text)
    return unescape(" ".join([re.sub(r"<[^>]*>", " ", text), *spoken]))


def faults(text: str, allowed: tuple[str, ...] = ALLOWED) -> list[str]:
    """Each word of the text that another one should stand for, with its surroundings."""
    text = re.sub(r"\s+", " ", text)
    for phrase in allowed:
        text = re.sub(re.escape(phrase), "0", text, flags=re.IGNORECASE)
    return [
        f"'…{text[max(0, hit.start() - 40) : hit.end() + 30]}…': write {better}"
        for better, worse in WORDS.items()
        for hit in re.finditer(rf"\b(?:{worse})", text, flags=re.IGNORECASE)
    ]


def files(area: str) -> list[Path]:
    """Return the files of an area."""
    return sorted({path for glob in AREAS[area] for path in ROOT.glob(glob) if path.is_file()})


@pytest.mark.parametrize("area", AREAS)
def test_text_uses_the_words_of_the_field(area: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{place}: {fault}"
        for path in files(area)
        for place, text in texts(path)
        for fault in faults(text)
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("glob", [glob for globs in AREAS.values() for glob in globs])
def test_every_glob_matches_a_file(glob: str) -> None:
    assert any(path.is_file() for path in ROOT.glob(glob))


def test_every_allowed_phrase_is_needed() -> None:
    read = [
        re.sub(r"\s+", " ", text).casefold()
        for area in AREAS
        for path in files(area)
        for _, text in texts(path)
    ]
    for phrase in ALLOWED:
        assert faults(phrase, allowed=()), f"{phrase!r} holds no listed word"
        assert any(phrase.casefold() in text for text in read), f"{phrase!r} is nowhere"


@pytest.mark.parametrize(
    "text",
    [
        "The worth of the coins",
        "net\nworth in USD",
        "Reckoned at the mark price",
        "Usual swing over a month",
        "the coins' own moves",
        "the deepest fall from a peak",
        "variance taken off",
        "a rule lived by",
        "the equity is nil",
        "a dearer hedge",
        "The option stands beside the future",
        "The risk lies in the collateral",
        "the hedge is too small",
        "Buy an insurance",
        "whose a file is",
    ],
)
def test_a_word_that_is_not_ours_is_found(text: str) -> None:
    assert faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "What the coins are worth is worthwhile to know.",
        "The symbol stands for a coin; besides, you understand it.",
        "Payments go to an insurance fund.",
        "Families, vanilla and Brownlies",
    ],
)
def test_a_word_that_looks_alike_is_left_alone(text: str) -> None:
    assert not faults(text)


def test_python_is_read_for_its_sentences_only() -> None:
    source = '''
def _hidden():
    """The worth of a private docstring."""
    raise ValueError(f"a swing of {1:,} USD")

def shown(row):
    """Return the deepest fall, as `worth` holds it."""
    return row["worth"]
'''
    read = [text for _, text in texts_of_python(source)]
    assert sorted(read) == ["Return the deepest fall, as 0 holds it.", "a swing of 0 USD"]


def test_a_notebook_is_read_for_its_prose_and_outputs() -> None:
    notebook = {
        "cells": [
            {"cell_type": "markdown", "source": ["A **swing**\n", "of `worth`"]},
            {
                "cell_type": "code",
                "source": ["worth = 1"],
                "outputs": [
                    {"data": {"text/html": ['<b title="own moves">nil</b><style>dear</style>']}},
                    {"text": ["beside\n"]},
                ],
            },
        ]
    }
    found = [fault for _, text in texts_of_notebook(notebook) for fault in faults(text)]
    assert len(found) == 4
