"""How old the prices of a report are."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

from hedgelib.errors import InvalidInput

OLD_DAYS = 7
"""Prices older than this many days make the plan an exercise."""

TODAY_VARIABLE = "HEDGELIB_TODAY"
"""Environment variable with an ISO day that stands for today, so that tests do not age."""


def today() -> date:
    """Return today's day in UTC, or the day that `HEDGELIB_TODAY` names."""
    given = os.environ.get(TODAY_VARIABLE)
    if not given:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise InvalidInput(
            f"{TODAY_VARIABLE} must be a day such as 2026-01-31, got {given!r}; unset it to take "
            "the clock's"
        ) from error


def age_in_days(last_day: date) -> int:
    """Return the number of days from the last day of prices to today, at least 0."""
    return max(0, (today() - last_day).days)
