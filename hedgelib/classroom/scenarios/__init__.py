"""Scenarios of the assignments: the numbers that each student gets, and their bounds.

The questions, their solutions and the wrong models are in ``notebooks/exercises``, once.
"""

from __future__ import annotations

import importlib
from typing import cast

from hedgelib.classroom.personal import Scenario
from hedgelib.errors import InvalidInput

__all__ = ["ASSIGNMENTS", "scenario"]

ASSIGNMENTS = ("inverse_maths", "sizing", "carry", "beta_hedging", "alice")
"""In the order in which students do them."""


def scenario(assignment: str) -> Scenario:
    """Return the scenario of an assignment."""
    if assignment not in ASSIGNMENTS:
        raise InvalidInput(f"no assignment {assignment!r}; there are {', '.join(ASSIGNMENTS)}")
    module = importlib.import_module(f"{__name__}.{assignment}")
    return cast(Scenario, module.SCENARIO)
