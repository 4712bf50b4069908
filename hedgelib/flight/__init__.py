"""The flight simulator: hedge a real stretch of history day by day, without knowing its dates.

A pilot is a function of a :class:`Day` that returns :class:`Orders`, or ``None`` for no order.
"""

from __future__ import annotations

from typing import Any

from hedgelib.flight.day import Orders
from hedgelib.flight.debrief import Landing, land
from hedgelib.flight.episodes import EPISODES, Episode, drawn, lay_out
from hedgelib.flight.flight import Day, Flight, Pilot, fly_course
from hedgelib.flight.ghosts import GHOSTS
from hedgelib.flight.log import FlightLog, read_log
from hedgelib.flight.trial import Trial, try_pilot

__all__ = [
    "EPISODES",
    "GHOSTS",
    "Day",
    "Episode",
    "Flight",
    "FlightLog",
    "FlightWidget",
    "Landing",
    "Orders",
    "Pilot",
    "Trial",
    "drawn",
    "fly",
    "land",
    "lay_out",
    "read_log",
    "try_pilot",
]


def fly(episode: Episode | str, pilot: Pilot, seed: int = 0) -> Landing:
    """Have a pilot fly an episode, and return the landing.

    The pilot is asked at every close, and sees nothing of the days after. The same seed lays out
    the same flight. **Source:** the steps are those of :func:`hedgelib.replay.replay`.

    Parameters
    ----------
    episode : Episode or str
        One of :data:`EPISODES`, or its name.
    pilot : callable
        Takes the :class:`Day` and returns :class:`Orders`, or ``None`` for no order.
    seed : int
        >= 0; draws the first day, the book, the mandate, and what happens beside the closes.

    Examples
    --------
    >>> landing = fly("June 2020", lambda day: None, seed=1)
    >>> bool(landing.pnl_usd == landing.wealth_usd["never hedged"][-1] - 75_000)
    True
    """
    return land(fly_course(lay_out(episode, seed), pilot))


def __getattr__(name: str) -> Any:
    # A pilot needs no widget.
    if name == "FlightWidget":
        from hedgelib.flight.widget import FlightWidget

        return FlightWidget
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
