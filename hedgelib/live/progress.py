"""What a fetch shows while it is at work: one line in a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

_FORMAT = (
    "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} days [{elapsed}<{remaining}{postfix}]"
)


class Progress:
    """How far a fetch is; in a terminal only, unless `show` says otherwise."""

    def __init__(self, venue: str, show: bool | None = None) -> None:
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
        """Say how many days of data are to be asked for."""
        self.bar.bar_format = _FORMAT
        self.bar.reset(days)

    def at(self, label: str) -> None:
        """Say what is asked for now."""
        self.bar.set_description_str(f"{self.venue} {label}")

    def step(self, days: int) -> None:
        """Say that so many days have come."""
        self.bar.update(days)

    def hint(self, text: str) -> None:
        """Say why it takes longer; empty when it goes on."""
        self.bar.set_postfix_str(text)

    def say(self, text: str) -> None:
        """Say something that is to stay on the screen."""
        if not self.bar.disable:
            self.bar.write(f"hedgelib: {text}", file=sys.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.bar.close()
