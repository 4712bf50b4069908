"""Cells of a lesson that are folded, because their code teaches nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["kind_of_cell"]

_SENTENCE = (ast.Assign, ast.For, ast.Expr)


def kind_of_cell(source: str) -> str:
    """Return the purpose of a cell whose code teaches nothing.

    Returns
    -------
    str
        ``"imports"``, ``"question"``, ``"explorer"``, ``"table"``, ``"sentence"`` or ``"finder"``;
        empty for a cell whose code is to be read.
    """
    body = ast.parse(source).body
    if not body:
        return ""
    called = {name for statement in body for name in _calls(statement)}
    if any(isinstance(statement, ast.Import | ast.ImportFrom) for statement in body):
        return "imports"
    if "ask" in called:
        return "question"
    shown = body[-1].value if isinstance(body[-1], ast.Expr) else None
    if called & {"Explorer", "Slider", "Choice"} or (
        isinstance(shown, ast.Name) and shown.id == "explorer"
    ):
        return "explorer"
    last = next(_calls(shown), "") if isinstance(shown, ast.Call) else ""
    if last == "Table":
        return "table"
    if last.startswith("find_") or last in ("lesson_map", "next_lesson", "check_environment"):
        return "finder"
    told = last in ("say", "seen") or last.startswith("say_")
    return "sentence" if told and all(isinstance(s, _SENTENCE) for s in body) else ""


def _calls(node: ast.AST) -> Iterator[str]:
    """Return the names of the called functions, the outermost first."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            if isinstance(call.func, ast.Name):
                yield call.func.id
            elif isinstance(call.func, ast.Attribute):
                yield call.func.attr
