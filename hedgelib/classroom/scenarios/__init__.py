"""The stories of the assignments: which numbers a student gets, and within which bounds.

The questions, their solutions and the wrong models are in ``notebooks/exercises``, once.
"""

from __future__ import annotations

import importlib
from typing import cast

from hedgelib.classroom.personal import Scenario
from hedgelib.errors import InvalidInput

__all__ = ["ASSIGNMENTS", "scenario"]

ASSIGNMENTS = ("inverse_maths", "sizing", "carry", "beta_hedging", "alice")
"""In the order in which they are set."""


def scenario(assignment: str) -> Scenario:
    """Find the story of an assignment.

    Parameters
    ----------
    assignment : str

    Returns
    -------
    Scenario

    Raises
    ------
    InvalidInput
        No such assignment, with those that there are.
    """
    if assignment not in ASSIGNMENTS:
        raise InvalidInput(f"no assignment {assignment!r}; there are {', '.join(ASSIGNMENTS)}")
    module = importlib.import_module(f"{__name__}.{assignment}")
    return cast(Scenario, module.SCENARIO)
