"""What a fetch shows while it is at work: one line in a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hedgelib.live.fetching import Progress

_FORMAT = (
    "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} days [{elapsed}<{remaining}{postfix}]"
)


class _Bar(Progress):
    def __init__(self, venue: str, show: bool | None) -> None:
        from tqdm import tqdm

        self.venue = venue
        # Without a number of days there is no bar yet, only the line that says what goes on.
        self.bar: Any = tqdm(
            desc=venue,
            file=sys.stderr,
            disable=None if show is None else not show,
            bar_format="{desc}: asking for its markets{postfix}",
            leave=False,
        )

    def start(self, days: int) -> None:
        self.bar.bar_format = _FORMAT
        self.bar.reset(days)

    def at(self, label: str) -> None:
        self.bar.set_description_str(f"{self.venue} {label}")

    def step(self, days: int) -> None:
        self.bar.update(days)

    def hint(self, text: str) -> None:
        self.bar.set_postfix_str(text)

    def say(self, text: str) -> None:
        if not self.bar.disable:
            self.bar.write(f"hedgelib: {text}", file=sys.stderr)


@contextmanager
def bar(venue: str, show: bool | None) -> Iterator[Progress]:
    """Show how far a fetch is.

    Parameters
    ----------
    venue : str
        Name for people.
    show : bool, optional
        In a terminal only when omitted.
    """
    shown = _Bar(venue, show)
    try:
        yield shown
    finally:
        shown.bar.close()
