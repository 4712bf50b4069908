"""A flight: what is seen on a day, the pilots that answer to it, and the landing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from hedgelib._check import FloatArray, instance
from hedgelib.beta import BetaEstimate
from hedgelib.errors import InvalidInput
from hedgelib.flight.day import (
    FACE_USD,
    MAINTENANCE,
    RAISED_MAINTENANCE,
    Margin,
    Orders,
    Position,
    Weather,
    night,
    start,
    trade,
)
from hedgelib.flight.episodes import HISTORY_DAYS, Course, Mandate, book_beta

__all__ = ["Card", "Day", "Flight", "Pilot", "fly_course"]

CAP = 2.0
NEAR = (0.25, 0.4)
FUNDING_EXTREME, BOOK_UP, COIN_GONE, WEEK = 0.001, 0.25, -0.9, 7
VIOLENT, DEEP = 0.12, -0.20
SLOW_DAYS = 2
ASKED = {"leverage": "higher", "size": "smaller", "funding": "receive"}
RISE, FALL, RATE = 0.1, 0.2, 0.0003
"""What the questions of marked days suppose for the day after."""
_DRAWN_AT = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Card:
    """Something that happened, by its id in text.toml, with the values of its words."""

    id: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Day:
    """Everything that a pilot knows at the close of a day; nothing in it is of a later one.

    - day, days: today, counted from 0, and the last one
    - coin_usd, coins_usd: closes up to today, 60 days before the flight among them
    - funding_rate: settled on the days flown, decimal a day
    - cards: what happened since yesterday
    - question: the question of a marked day, empty on others
    """

    day: int
    days: int
    mandate: Mandate
    coin_usd: FloatArray
    coins_usd: FloatArray
    book_usd: FloatArray
    wealth_usd: FloatArray
    funding_rate: FloatArray
    position: Position
    cards: tuple[Card, ...]
    notes: tuple[str, ...]
    withdrawals: bool
    question: str

    @property
    def price_usd(self) -> float:
        """Close of the hedge coin, rebased."""
        return float(self.coin_usd[-1])

    @cached_property
    def beta(self) -> BetaEstimate:
        """Beta of today's book over the last 60 days."""
        return book_beta(self.coin_usd, self.coins_usd)

    @property
    def exposure_usd(self) -> float:
        """Dollar delta of the book: its beta times its value."""
        return self.beta.beta * self.position.book_usd

    @property
    def asked_usd(self) -> float:
        """Short that hedges book and margin completely."""
        own = self.position.margin_delta_usd(self.price_usd)
        return max(self.exposure_usd + own, 0.0)

    def plan(self, margin: Margin) -> tuple[float, float]:
        """Return the margin to add and the short: the whole hedge, or what cash secures at 2x.

        Coins that are added are exposure too, and the short covers them.
        """
        asked, equity = self.asked_usd, self.equity_usd
        coin = margin == "coin"
        needed = asked - CAP * equity
        needed /= CAP - 1 if coin else CAP
        cash = FACE_USD * math.floor(max(self.position.cash_usd, 0.0) / FACE_USD)
        add = min(max(FACE_USD * math.ceil(needed / FACE_USD), 0.0), cash)
        short = min(asked + add * coin, CAP * (equity + add))
        return add, FACE_USD * math.floor(max(short, 0.0) / FACE_USD)

    @property
    def equity_usd(self) -> float:
        """Value of the futures accounts."""
        return self.position.equity_usd(self.price_usd)

    @property
    def leverage(self) -> float:
        """Short over equity; 0 without a short."""
        short = self.position.short_usd
        return short / self.equity_usd if short > 0 else 0.0

    @property
    def distance(self) -> float:
        """Rise of the coin that liquidates, a decimal; inf where none does."""
        return self.position.liquidation_usd() / self.price_usd - 1

    @property
    def alerts(self) -> tuple[Card, ...]:
        """What is wrong today, the worst first."""
        cards = []
        if self.distance <= NEAR[1]:
            cards.append(Card("near", {"distance": self.distance}))
        if self.leverage > CAP * 1.5:
            cards.append(Card("leverage", {"leverage": self.leverage, "cap": CAP}))
        if self.position.cash_usd < -1e-6:
            cards.append(Card("borrowed", {"amount": -self.position.cash_usd}))
        return tuple(cards)

    @property
    def stops(self) -> bool:
        """Whether a pilot who lets days pass is called back today."""
        urgent = self.distance <= NEAR[0] or any(card.id != "book_up" for card in self.cards)
        return urgent or bool(self.question) or self.day == self.days


Pilot: TypeAlias = Callable[[Day], Orders | None]


@dataclass(frozen=True, kw_only=True)
class Flight:
    """A course with the days flown so far: made by :meth:`begin`, and never changed.

    `past` holds the position at each close, the orders of that day carried out.
    """

    course: Course
    past: tuple[Position, ...]
    orders: tuple[Orders | None, ...]
    today: Day

    @classmethod
    def begin(cls, course: Course) -> Flight:
        """Stand at the first close, with a book and cash."""
        position = start()
        return cls(
            course=course, past=(), orders=(), today=_day(course, None, (), position, (), ())
        )

    @property
    def landed(self) -> bool:
        """Whether the last day is over."""
        return self.today.day == self.course.days

    def next(self, orders: Orders | None) -> Flight:
        """Carry out orders at today's close, and let a night pass."""
        if self.landed:
            raise InvalidInput("the flight is over; begin another one")
        if orders is not None:
            instance("orders", orders, Orders)
        notes: tuple[str, ...] = ()
        after = self.today.position
        if orders is not None:
            after, notes = trade(
                after, orders, self.today.price_usd, withdrawals=self.today.withdrawals
            )
        weather = _weather(self.course, self.today, after)
        position = night(after, weather)
        past = (*self.past, after)
        cards = _cards(self.course, self.today.day + 1, after, position, weather)
        return replace(
            self,
            past=past,
            orders=(*self.orders, orders),
            today=_day(self.course, self.today, past, position, cards, notes),
        )

    @property
    def positions(self) -> tuple[Position, ...]:
        """Positions after the orders of each day, and at the last close."""
        return (*self.past, self.today.position)


def _day(
    course: Course,
    before: Day | None,
    past: tuple[Position, ...],
    position: Position,
    cards: tuple[Card, ...],
    notes: tuple[str, ...],
) -> Day:
    day = len(past)
    seen = slice(None, HISTORY_DAYS + day + 1)
    price = course.price_usd
    book, wealth = position.book_usd, position.wealth_usd(price[day])
    books, wealths = np.array([book]), np.array([wealth])
    if before is not None:
        # What an order of yesterday cost is part of yesterday's close.
        ordered = past[-1].wealth_usd(price[day - 1])
        books = np.append(before.book_usd, book)
        wealths = np.append(before.wealth_usd, wealth)
        wealths[-2] = ordered
    return Day(
        day=day,
        days=course.days,
        mandate=course.mandate,
        coin_usd=course.coin_usd[seen],
        coins_usd=course.coins_usd[seen],
        book_usd=books,
        wealth_usd=wealths,
        funding_rate=course.funding_rate[:day],
        position=position,
        cards=cards,
        notes=notes,
        withdrawals=not course.fails or not course.fails - SLOW_DAYS <= day or position.failed,
        question=_question(course, day, position),
    )


def _question(course: Course, day: int, position: Position) -> str:
    marked = [round(share * course.days) for share in _DRAWN_AT]
    if day not in marked or position.short_usd <= 0:
        return ""
    return list(ASKED)[(course.seed + marked.index(day)) % len(ASKED)]


def _weather(course: Course, today: Day, position: Position) -> Weather:
    """Return what the coming night brings; it looks one day ahead, and no pilot sees it."""
    at, then = today.day, today.day + 1
    price, book = course.price_usd, course.book_usd
    move = price[then] / price[at] - 1
    return Weather(
        was_usd=price[at],
        price_usd=price[then],
        high_usd=course.high_usd[then],
        funding_rate=course.funding_rate[at],
        book_growth=book[then] / book[at],
        venue_fails=course.fails == then,
        shorts_closed=course.strict and move <= DEEP and position.short_usd > 0,
        maintenance=RAISED_MAINTENANCE if course.strict and _violent(today) else MAINTENANCE,
    )


def _violent(today: Day) -> bool:
    moves = today.coin_usd[HISTORY_DAYS:]
    return moves.size > 1 and abs(moves[-1] / moves[-2] - 1) >= VIOLENT


def _cards(
    course: Course, day: int, before: Position, position: Position, weather: Weather
) -> tuple[Card, ...]:
    cards = []
    move = weather.price_usd / weather.was_usd - 1
    if position.liquidations > before.liquidations:
        cards.append(Card("liquidated", {"high": weather.high_usd}))
    if position.failed and not before.failed:
        rest = "" if len(position.accounts) == 1 else "; what is at the other venue is safe"
        cards.append(Card("venue_failed", {"rest": rest}))
    elif course.fails and day == course.fails - SLOW_DAYS:
        cards.append(Card("withdrawals_slow"))
    if weather.shorts_closed and position.liquidations == before.liquidations:
        cards.append(Card("shorts_closed", {"move": -move}))
    if position.maintenance > before.maintenance:
        moved = weather.was_usd / course.price_usd[day - 2] - 1
        values = {"move": moved, "maintenance": position.maintenance, "before": MAINTENANCE}
        cards.append(Card("margin_raised", values))
    if abs(weather.funding_rate) >= FUNDING_EXTREME and before.short_usd > 0:
        amount = weather.funding_rate * before.short_usd
        who = "your short received" if amount > 0 else "your short paid"
        cards.append(
            Card(
                "funding_extreme",
                {"rate": weather.funding_rate, "who": who, "amount": abs(amount)},
            )
        )
    if day >= WEEK:
        book, coins = course.book_usd, course.coins_usd[HISTORY_DAYS:]
        week = book[day] / book[day - WEEK] - 1
        if week >= BOOK_UP and book[day - 1] / book[max(day - 1 - WEEK, 0)] - 1 < BOOK_UP:
            cards.append(Card("book_up", {"move": week}))
        for i, (now, was) in enumerate(zip(coins[day], coins[day - WEEK], strict=True)):
            earlier = coins[day - 1, i] / coins[max(day - 1 - WEEK, 0), i] - 1
            if now / was - 1 <= COIN_GONE < earlier:
                cards.append(Card("coin_gone", {"coin": "ABCDE"[i], "move": 1 - now / was}))
    return tuple(cards)


def fly_course(course: Course, pilot: Pilot) -> Flight:
    """Have a pilot fly a course to its end."""
    flight = Flight.begin(course)
    while not flight.landed:
        flight = flight.next(pilot(flight.today))
    return flight
