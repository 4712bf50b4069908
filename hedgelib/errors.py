"""The one family of errors: what was found, what is accepted, and the fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = [
    "HedgeError",
    "InfeasibleHedge",
    "InvalidInput",
    "NotEnoughData",
    "NothingToHedge",
    "PortfolioFileError",
    "UnknownCoin",
    "UnknownContract",
    "UnknownParameter",
    "UnsupportedContract",
    "VenueError",
]


class HedgeError(ValueError):
    """Base of every error that hedgelib raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross from worker processes, and pickle knows nothing of keyword-only arguments.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[HedgeError], args: tuple[Any, ...], state: dict[str, Any]) -> HedgeError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InvalidInput(HedgeError):
    """A number, a date or a choice that the function cannot take."""


class NotEnoughData(HedgeError):
    """Too few, or no common, observations for the estimate asked for."""


class NothingToHedge(HedgeError):
    """A book that needs no hedge; `orders` take off what is on all the same."""

    orders: tuple[Any, ...] = ()


class UnknownCoin(HedgeError):
    """A coin that the data in use do not have."""


class UnknownContract(HedgeError):
    """A contract whose terms are not listed."""


class UnknownParameter(HedgeError):
    """A parameter name that the report does not have."""


class UnsupportedContract(HedgeError):
    """A contract whose payoff this library does not compute, such as a quanto."""


class VenueError(HedgeError):
    """A venue that does not answer, or whose answer cannot be used."""


class InfeasibleHedge(HedgeError):
    """A plan whose conditions cannot all hold.

    `smallest_collateral_usd` is the least with which they would; ``inf`` where no amount suffices.
    """

    def __init__(self, message: str, *, smallest_collateral_usd: float) -> None:
        super().__init__(message)
        self.smallest_collateral_usd = smallest_collateral_usd


class PortfolioFileError(HedgeError):
    """A portfolio file that cannot be read, with the place of the fault.

    Lines are counted from 1; `place` is a path in a JSON file, ``$.holdings[2].beta``. Of several
    faults these are those of the first, and ``faults`` holds all.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | Path,
        line: int | None = None,
        column: str | None = None,
        place: str | None = None,
    ) -> None:
        where = str(path)
        if line is not None:
            where += f", line {line}"
        if column is not None:
            where += f", column {column!r}"
        if place is not None:
            where += f", {place}"
        super().__init__(f"{where}: {message}")
        self.path, self.line, self.column, self.place = Path(path), line, column, place
        self.faults: tuple[PortfolioFileError, ...] = ()
