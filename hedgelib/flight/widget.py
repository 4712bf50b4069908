"""The simulator's widget: briefing, days, and landing in one place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import anywidget
import traitlets

from hedgelib._result import drawdown, whole
from hedgelib._text import safe
from hedgelib.ask.text import fill
from hedgelib.course.contents import LESSONS, number_of
from hedgelib.course.progress import learners_folder
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.flight.day import Margin, Orders
from hedgelib.flight.debrief import PATHS, Landing, land
from hedgelib.flight.episodes import BOOK_USD, CASH_USD, HEDGE_COIN, Episode, drawn, lay_out
from hedgelib.flight.flight import ASKED, FALL, RATE, RISE, Card, Day, Flight
from hedgelib.flight.log import FlightLog, read_log, sealed
from hedgelib.flight.screen import day_of, parts_scene, scene, wealth_scene, words, worst_table
from hedgelib.flight.text import TEXT
from hedgelib.show.explorer import STYLE, view
from hedgelib.show.plot import picture_html

__all__ = ["FlightWidget"]

_HERE = Path(__file__).parent
_SHOW = _HERE.parent / "show"
_SCRIPTS = (_SHOW / "page.js", _SHOW / "scene.js", _SHOW / "explorer.js", _HERE / "flight.js")
_FOLDER = "flights"
_MOST_DAYS = 7


class FlightWidget(anywidget.AnyWidget):
    """A flight that a learner flies by hand.

    Without a seed it goes on with the first flight of the learner's folder that has not landed.
    The log is kept there after each day, so that closing the page loses nothing.

    Parameters
    ----------
    seed : int, optional
        >= 0; the same seed is the same flight.
    episode : Episode or str, optional
        One of :data:`hedgelib.flight.EPISODES`; drawn by the seed if omitted.

    Examples
    --------
    >>> widget = FlightWidget(7)
    >>> widget.act("takeoff")
    >>> widget.act("days", days=1, short=30_000, add=15_000, margin="stablecoin")
    >>> widget.flight.today.day, widget.flight.today.position.short_usd
    (1, 30000.0)
    """

    _esm = "\n".join(
        [
            *(path.read_text(encoding="utf-8") for path in _SCRIPTS),
            "export default { render: flight };",
        ]
    )
    _css = f"{STYLE}\n{(_HERE / 'flight.css').read_text(encoding='utf-8')}"
    spec = traitlets.Dict().tag(sync=True)
    screen = traitlets.Dict().tag(sync=True)

    def __init__(self, seed: int | None = None, episode: Episode | str | None = None) -> None:
        self._episode = episode
        self._serial = 0
        self._begin(_first_open() if seed is None else whole("seed", seed, least=0))
        super().__init__(spec=TEXT["page"], screen=self._screen())
        self.on_msg(self._hear)

    def _begin(self, seed: int) -> None:
        course = lay_out(drawn(seed) if self._episode is None else self._episode, seed)
        self.flight, self.answers = Flight.begin(course), dict[int, str]()
        self._off, self._problem = False, ""
        self._happened: list[tuple[int, str]] = []
        self._landing: Landing | None = None
        seal = sealed(course.episode, seed)
        folder = learners_folder()
        name = f"{seed}.json" if self._episode is None else f"{seed}-{seal[:6]}.json"
        self.log_path = folder / _FOLDER / name if folder else None
        if self.log_path is None or not self.log_path.exists():
            return
        try:
            log = read_log(self.log_path)
            if (log.course, log.seed) != (seal, seed):
                raise InvalidInput(f"{name}: the log of another flight")
            self.flight, self.answers = log.fly(), log.answers
        except HedgeError as error:
            self.log_path = None
            self._problem = fill(TEXT["problems"]["not_kept"], {"error": str(error)})
        else:
            self._off = bool(self.flight.past)
            self._happened = _cards(self.flight.today)

    def act(self, act: str, **values: Any) -> None:
        """Do what a button of the page does: "takeoff", "days", "answer" or "again"."""
        self._do(act, values)
        self._tell()

    def _do(self, act: str, values: dict[str, Any]) -> None:
        self._problem = ""
        try:
            if act not in _ACTS:
                raise InvalidInput(f"act must be one of {', '.join(_ACTS)}, got {act!r}")
            _ACTS[act](self, **values)
        except HedgeError as error:
            self._problem = str(error)

    def _hear(self, _: object, asked: dict[str, Any], __: object) -> None:
        values = dict(asked)
        number = {name: values.pop(name, None) for name in ("view", "serial")}
        # A page that shows another day than today's is told what day it is.
        if (values.pop("day", None), values.pop("seed", None)) == self._now:
            self._do(str(values.pop("act", "")), values)
        self._tell(**number)

    @property
    def _now(self) -> tuple[int, int]:
        return self.flight.today.day, self.flight.course.seed

    def _take_off(self) -> None:
        self._off = True

    def _days(
        self, days: int = 1, short: float | None = None, add: float | None = None,
        margin: str | None = None, venues: int | None = None,
    ) -> None:  # fmt: skip
        if self._open_question:
            raise InvalidInput(TEXT["problems"]["answer_first"])
        self._off = True
        orders = _orders(self.flight.today, short, add, margin, venues)
        flight = self.flight.next(orders)
        self._happened = [(flight.today.day, TEXT["notes"][note]) for note in flight.today.notes]
        self._happened += _cards(flight.today)
        for _ in range(whole("days", days, least=1, most=_MOST_DAYS) - 1):
            if flight.today.stops or flight.landed:
                break
            flight = flight.next(None)
            self._happened += _cards(flight.today)
        self.flight = flight
        self._keep()

    @property
    def _open_question(self) -> str:
        today = self.flight.today
        return "" if today.day in self.answers else today.question

    def _answer(self, answer: str) -> None:
        today = self.flight.today
        if not self._open_question or answer not in TEXT["questions"][today.question]["options"]:
            raise InvalidInput(TEXT["page"]["choose"])
        self.answers[today.day] = answer
        self._keep()

    def _again(self) -> None:
        self._begin(self.flight.course.seed + 1)

    def _keep(self) -> None:
        """Write the log; the file is replaced whole."""
        if self.log_path is None:
            return
        new = self.log_path.with_suffix(f".{os.getpid()}")
        try:
            self.log_path.parent.mkdir(exist_ok=True)
            new.write_text(FlightLog.of(self.flight, self.answers).to_json(), encoding="utf-8")
            os.replace(new, self.log_path)
        except OSError as error:
            self._problem = f"{self.log_path.name} cannot be written: {error.strerror}"

    def _tell(self, **number: Any) -> None:
        self._serial += 1
        self.screen = {**self._screen(), **number, "told": self._serial}

    def _screen(self) -> dict[str, Any]:
        """Return what the page shows: nothing of later days, and before the landing no name."""
        today, course = self.flight.today, self.flight.course
        shown: dict[str, Any] = {
            "name": fill(TEXT["page"]["name"], {"seed": course.seed}),
            "seed": course.seed, "day": today.day, "problem": self._problem, "phase": "day",
        }  # fmt: skip
        if not self._off:
            return {**shown, "phase": "briefing", **_briefing(today)}
        shown |= _day(today) | {
            "happened": [
                fill(TEXT["page"]["happened"], {"day": day, "text": text})
                for day, text in self._happened
            ]
        }
        if self.flight.landed:
            self._landing = self._landing or land(self.flight)
            return {**shown, "phase": "landing", "landing": _landed(self._landing, self._kept)}
        if today.question:
            shown["question"] = _question(today, self.answers.get(today.day))
        return shown

    @property
    def _kept(self) -> str:
        name = f"{_FOLDER}/{self.log_path.name}" if self.log_path else ""
        return fill(TEXT["landing"]["kept" if name else "not_kept"], {"log": name})

    def still(self) -> str:
        """Write the flight for a page without a kernel: the briefing and the screen of today."""
        today = self.flight.today
        brief, rules = _briefing(today), list(TEXT["rules"].values())
        parts = [f"<p><b>{safe(brief['title'])}</b></p>"]
        parts += [f"<p>{safe(text)}</p>" for text in brief["lines"]]
        parts += [picture_html(scene(today)), *(f"<p>{safe(text)}</p>" for text in words(today))]
        items = "".join(f"<li>{safe(text)}</li>" for text in rules)
        parts.append(
            f"<details><summary>{safe(TEXT['page']['rules'])}</summary><ul>{items}</ul></details>"
            f"<p>{safe(TEXT['page']['no_kernel'])}</p>"
        )
        return f'<div class="mathjax_ignore">{"".join(parts)}</div>'

    def __repr__(self) -> str:
        today = self.flight.today
        return "\n".join([*_briefing(today)["lines"], " ".join(words(today))])

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        return {**view(self), "text/html": self.still(), "text/plain": repr(self)}, {}


_ACTS: dict[str, Callable[..., None]] = {
    "takeoff": FlightWidget._take_off,
    "days": FlightWidget._days,
    "answer": FlightWidget._answer,
    "again": FlightWidget._again,
}


def _first_open() -> int:
    """Return the first seed from 1 whose flight has not landed in the learner's folder."""
    folder, seed = learners_folder(), 1
    while folder and (path := folder / _FOLDER / f"{seed}.json").is_file():
        try:
            log = read_log(path)
            if len(log.orders) < log.lay_out().days:
                break
        except HedgeError:
            pass
        seed += 1
    return seed


def _orders(today: Day, short: Any, add: Any, margin: Any, venues: Any) -> Orders | None:
    """Return what was ordered; what stays as it is is none."""
    position = today.position
    orders = Orders(
        short_usd=None if short is None or short == round(position.short_usd) else short,
        add_usd=add or 0.0,
        margin=None if margin == position.margin else margin,
        venues=None if venues == len(position.accounts) else venues,
    )
    return None if orders == Orders() else orders


def _cards(today: Day) -> list[tuple[int, str]]:
    return [(today.day, _said(card)) for card in today.cards]


def _said(card: Card) -> str:
    return fill(TEXT["cards" if card.id in TEXT["cards"] else "alerts"][card.id], card.values)


def _briefing(today: Day) -> dict[str, Any]:
    text = TEXT["briefing"]
    values = {
        "book": BOOK_USD, "cash": CASH_USD, "days": today.days,
        "mandate": TEXT["mandates"][today.mandate],
    }  # fmt: skip
    lines = [fill(text[name], values) for name in ("book", "mandate", "unknown")]
    return {"title": text["title"], "lines": lines, "take_off": text["take_off"],
            "rules": list(TEXT["rules"].values())}  # fmt: skip


def _day(today: Day) -> dict[str, Any]:
    position, text = today.position, TEXT["page"]
    posted = position.short_usd > 0 or abs(today.equity_usd) > 1e-6 or position.failed
    venues = len(position.accounts)
    chosen = {
        "margin": text[position.margin],
        "venues": "two venues" if venues > 1 else "one venue",
    }
    return {
        "heading": fill(text["today"], {"day": today.day, "days": today.days}),
        "mandate": TEXT["mandates"][today.mandate],
        "alerts": [_said(card) for card in today.alerts],
        "words": words(today),
        "scene": scene(today).data(),
        "short": round(position.short_usd),
        "plan": {margin: today.plan(margin) for margin in get_args(Margin)},
        "cash": max(position.cash_usd, 0.0),
        "margin": position.margin,
        "venues": venues,
        "open": not posted,
        "chosen": fill(text["chosen"], chosen),
        "rules": list(TEXT["rules"].values()),
    }


def _question(today: Day, answer: str | None) -> dict[str, Any]:
    text, right = TEXT["questions"][today.question], ASKED[today.question]
    asked = {"ask": text["ask"], "options": list(text["options"].items()), "answer": answer}
    if answer is not None:
        verdict = "✔ Right." if answer == right else f"It is “{text['options'][right]}”."
        asked |= {"right": answer == right,
                  "verdict": f"{verdict} {_why(today)}"}  # fmt: skip
    return asked


def _then(today: Day) -> dict[str, Any]:
    """Return what the question of a marked day leads to."""
    short, position = today.position.short_usd, today.position
    rise = position.equity_usd((1 + RISE) * today.price_usd)
    book = position.book_usd * (1 - FALL * today.beta.beta)
    values: dict[str, dict[str, Any]] = {
        "leverage": {
            "now": today.leverage,
            "then": short / rise if rise > position.maintenance * short else 0.0,
        },
        "size": {"now": today.exposure_usd, "then": today.beta.beta * book},
        "funding": {"amount": RATE * short},
    }
    return {"short": short, **values[today.question]}


def _why(today: Day) -> str:
    text, values = TEXT["questions"][today.question], _then(today)
    ended = today.question == "leverage" and not values["then"]
    return fill(text["ended" if ended else "why"], values)


def _landed(landing: Landing, kept: str) -> dict[str, Any]:
    text, course = TEXT["landing"], landing.flight.course
    alone = landing.wealth_usd["never hedged"]
    ghosts = [
        fill(text["ghost"], {"name": name, "fulfilled": share})
        for name, share in landing.ghosts_fulfilled.items()
    ]
    values = {
        "episode": course.episode.name, "first": day_of(landing, 0),
        "last": day_of(landing, course.days), "coin": HEDGE_COIN,
        "names": ", ".join(course.names), "mandate": TEXT["mandates"][landing.mandate],
        "fulfilled": landing.fulfilled, "ghosts": ", ".join(ghosts),
        "pnl": landing.pnl_usd, "drawdown": landing.max_drawdown_usd,
        "pnl_alone": float(alone[-1] - alone[0]),
        "drawdown_alone": drawdown(alone),
        "paths": PATHS, "skill": 100 * landing.skill.skill, "luck": 100 * landing.skill.luck,
    }  # fmt: skip
    table = worst_table(landing)
    return {
        "title": fill(text["title"], values),
        "lines": [fill(text[name], values) for name in ("when", "mandate", "profit")],
        "judged": [fill(text[name], values) for name in ("skill", "luck")],
        "scenes": [wealth_scene(landing).data(), parts_scene(landing).data()],
        "worst": table.data() if table.rows else None,
        "no_worst": text["no_worst"],
        "read": text["lessons"],
        "lessons": [
            [f"{number_of(slug)} {LESSONS[slug][1]}", f"{LESSONS[slug][0]}.ipynb"]
            for slug in landing.lessons
        ],
        "kept": kept,
        "again": text["again"],
    }
