"""Asking a venue politely: one request at a time, with waits, bounded tries, and its own clock.

ccxt keeps to each venue's rate limit; here is what it leaves to its caller. A request that failed
for a passing reason is made again after a wait that doubles, or after the wait that the venue asks
for; an answer cut short is no answer; and a venue that does not come back is given up, in a line.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from hedgelib._extras import needed
from hedgelib.errors import HedgeError, VenueError
from hedgelib.live.limits import Left, TooLarge, TooMuch, limited_session

_PASSING = {408, 418, 425, 429}
"""Statuses below 500 that a later request may not get."""

_CLOSED_DOOR = {401, 403, 407, 451}
"""Statuses that the next request to the same venue will get too."""

_LONGEST_BAN = 366 * 86_400.0
"""No venue's wait is taken for longer: a date has to come of it."""

_FIRST_TRIES = 3
"""Tries for a venue that has not been reached at all: the fault is likely on this side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patiently a venue is asked, and the clock that is waited on.

    tries : times that one request is made at most
    first_wait_seconds, longest_wait_seconds : the wait after the first failure, doubled after each
        further one, and its limit; a venue that asks for a longer wait is given up
    timeout_seconds : how long the venue may be silent
    answer_seconds, answer_bytes : how long one answer may take, and how large it may be unpacked
    total_seconds, total_bytes : the same of all requests of one fetch together
    now, sleep, chance : seconds since 1970, waiting, and a random number from 0 to 1
    """

    tries: int = 6
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 120.0
    timeout_seconds: float = 20.0
    answer_seconds: float = 60.0
    answer_bytes: int = 64_000_000
    total_seconds: float = 1800.0
    total_bytes: int = 1_000_000_000
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def left(self) -> Left:
        """Return what a fetch that begins now has in all."""
        return Left(ends=self.now() + self.total_seconds, size=self.total_bytes)

    def wait_seconds(self, failures: int, asked_seconds: float | None) -> float:
        """Return how long to wait after so many failures.

        At least what the venue asked for; else between half and all of a time that doubles, so that
        many who failed together do not come back together.
        """
        if asked_seconds is not None:
            return asked_seconds + self.chance()
        longest = min(self.longest_wait_seconds, self.first_wait_seconds * 2.0 ** (failures - 1))
        return longest * (0.5 + 0.5 * self.chance())


@dataclass(slots=True)
class Answer:
    """Status and headers of an answer."""

    status: int
    headers: Mapping[str, str]

    def asked_wait_seconds(self, now: float) -> float | None:
        """Read Retry-After: a number of seconds, or a date."""
        text = self.headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            return min(float(text), _LONGEST_BAN)
        try:
            asked = parsedate_to_datetime(text).timestamp() - now if text else None
            return asked if asked is None else min(max(0.0, asked), _LONGEST_BAN)
        except ValueError:
            return None

    def seconds(self) -> float | None:
        """Read the venue's clock from the Date header."""
        try:
            return parsedate_to_datetime(self.headers.get("Date", "")).timestamp()
        except ValueError:
            return None


def load_ccxt() -> Any:
    """Import ccxt, or say how to install it."""
    return needed("ccxt", "live data")


def open_exchange(
    name: str,
    options: Mapping[str, Any],
    *,
    venue: str,
    pace: Pace,
    hint: Callable[[str], None],
    left: Left | None = None,
) -> Any:
    """Make the ccxt exchange of this name; it asks politely, or raises a VenueError.

    `venue` is its name for people; `hint` is told in a few words why it takes longer; `left` is
    shared by the exchanges of one fetch.
    """
    whole = left or pace.left()
    ccxt = load_ccxt()
    kind = getattr(ccxt, name, None)
    if kind is None:
        raise HedgeError(f"ccxt {ccxt.__version__} has no exchange {name!r}; install ccxt 4.5.90")

    class Polite(kind):  # type: ignore[misc, valid-type]
        answer: Answer | None = None
        reached = False

        def on_rest_response(
            self, code: int, reason: str, url: str, method: str, headers: Any, *rest: Any
        ) -> Any:
            self.answer, self.reached = Answer(code, headers), True
            return super().on_rest_response(code, reason, url, method, headers, *rest)

        def once(self, url: str, *args: Any, **kwargs: Any) -> tuple[Any, Exception | None]:
            self.answer = None
            try:
                return super().fetch(url, *args, **kwargs), None
            except Exception as error:
                return None, error

        def fetch(self, url: str, *args: Any, **kwargs: Any) -> Any:
            failures = 0
            while True:
                if pace.now() >= whole.ends:
                    raise _too_long(venue, pace)
                got, error = self.once(url, *args, **kwargs)
                # ccxt hands on the text of an answer that it cannot read as JSON.
                if error is None and not isinstance(got, str):
                    hint("")
                    return got
                answer, failures = self.answer, failures + 1
                problem = _problem(answer, error, ccxt)
                if error and not _worth_repeating(answer, error, ccxt):
                    if isinstance(error, TooMuch):
                        raise _too_much(venue, pace) from error
                    if isinstance(error, TooLarge):
                        raise _given_up(venue, f"{problem}, {_place(url)}") from error
                    if answer is None or answer.status in _CLOSED_DOOR:
                        raise VenueError(
                            f"{venue} refuses: {problem}, {_place(url)}{_elsewhere(answer)}"
                        ) from error
                    raise error
                tries = pace.tries if self.reached else min(pace.tries, _FIRST_TRIES)
                if failures >= tries:
                    raise _given_up(venue, f"{problem}, {_place(url)}, {tries} times") from error
                asked = answer.asked_wait_seconds(pace.now()) if answer else None
                if asked is not None and asked > pace.longest_wait_seconds:
                    until = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(pace.now() + asked))
                    left = f"{problem}; it asks to be left alone until {until}"
                    raise _given_up(venue, left) from error
                wait = pace.wait_seconds(failures, asked)
                if pace.now() + wait >= whole.ends:
                    raise _too_long(venue, pace) from error
                hint(f"{problem}: try {failures + 1} of {tries} in {wait:.0f} s")
                pace.sleep(wait)

    exchange = Polite(
        {
            "enableRateLimit": True,
            "timeout": round(1000 * pace.timeout_seconds),
            # Those behind a proxy have told Python so in the usual way.
            "requests_trust_env": True,
            "options": dict(options),
            "session": limited_session(pace.answer_seconds, pace.answer_bytes, whole, pace.now),
        }
    )
    # Currencies are asked for with a key, which nobody has given.
    exchange.has["fetchCurrencies"] = False
    return exchange


def _given_up(venue: str, problem: str) -> VenueError:
    return VenueError(
        f"{venue} cannot be asked: {problem}; try again later, or use what is in the cache "
        "(--offline)"
    )


_GOES_ON = "what came is kept, so ask again and it goes on from there, or ask for fewer coins"


def _too_long(venue: str, pace: Pace) -> VenueError:
    minutes = f"{pace.total_seconds / 60:g} minutes"
    return VenueError(f"{venue} takes longer than {minutes} for one whole fetch; {_GOES_ON}")


def _too_much(venue: str, pace: Pace) -> VenueError:
    size = f"{pace.total_bytes / 1e6:g} MB"
    return VenueError(f"{venue} sends more than {size} in one whole fetch; {_GOES_ON}")


def _elsewhere(answer: Answer | None) -> str:
    """Say what to do where a venue is not served, such as in some countries."""
    if answer is None or answer.status not in (403, 451):
        return ""
    return (
        "; it is likely not served where you are: try another venue, such as kraken or okx, or "
        "use what is in the cache (--offline)"
    )


def _worth_repeating(answer: Answer | None, error: Exception, ccxt: Any) -> bool:
    # By its status: with a body in JSON, ccxt gives "busy" the class of a lasting error.
    if isinstance(error, ccxt.DDoSProtection | ccxt.RateLimitExceeded | ccxt.RequestTimeout):
        return True
    if answer is None or answer.status < 400:
        # No connection; or a status of success with an error in the answer, such as "busy".
        return isinstance(error, ccxt.NetworkError)
    return answer.status >= 500 or answer.status in _PASSING


def _problem(answer: Answer | None, error: Exception | None, ccxt: Any) -> str:
    if error is None:
        return "an answer cut short"
    if isinstance(error, TooLarge):
        return "an answer too large to be one"
    if answer is None:
        if isinstance(error, ccxt.RequestTimeout):
            return "no answer in time"
        known = isinstance(error, ccxt.NetworkError)
        return "no connection" if known else f"no connection ({type(error).__name__})"
    if answer.status in (418, 429) or isinstance(error, ccxt.RateLimitExceeded):
        return f"too many requests ({answer.status})"
    if answer.status >= 400:
        return f"status {answer.status}"
    return f"the error {type(error).__name__}"


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def server_seconds(exchange: Any) -> float | None:
    """Ask a venue that has answered before what time it is, if it tells."""
    if exchange.has.get("fetchTime") is True:
        milliseconds = exchange.fetch_time()
        if isinstance(milliseconds, int | float):
            return float(milliseconds) / 1000
    return None if exchange.answer is None else exchange.answer.seconds()
