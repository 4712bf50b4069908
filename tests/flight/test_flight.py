"""A flight is a replay day by day: no look-ahead, exact parts, and a log that gives it again."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgelib._result import drawdown
from hedgelib.ask.text import fill
from hedgelib.errors import HedgeError, InvalidInput
from hedgelib.flight import (
    EPISODES,
    GHOSTS,
    Day,
    Flight,
    FlightLog,
    Orders,
    debrief,
    drawn,
    fly,
    land,
    lay_out,
    read_log,
)
from hedgelib.flight.day import FEE_RATE, MAINTENANCE, MOST_LEVERAGE, SLIPPAGE_RATE
from hedgelib.flight.debrief import PARTS
from hedgelib.flight.episodes import BOOK_USD, CASH_USD, HISTORY_DAYS, MANDATES
from hedgelib.flight.flight import CAP, fly_course
from hedgelib.flight.ghosts import BAND, CONTRACT, RULE_TOP_UP, by_rule, naive, never, rule_plan
from hedgelib.flight.text import LESSONS, TEXT
from hedgelib.paths import history
from hedgelib.plan import plan_hedge
from hedgelib.replay import replay
from tests.strategies import refused

each_episode = pytest.mark.parametrize("name", EPISODES)


def wealth(flight):
    price = flight.course.price_usd
    return np.array([p.wealth_usd(price[i]) for i, p in enumerate(flight.positions)])


def paths(course):
    return history(course.price_usd, book_usd=course.book_usd, funding_rate=course.funding_rate)


def before_the_last_trade(run):
    """A replay trades on its last date too; a flight is over by then."""
    costs = run.fees_usd + run.slippage_usd
    values = run.wealth_usd - run.top_ups_usd
    values[-1] -= costs[-1] - costs[-2]
    return values


@each_episode
@pytest.mark.parametrize("seed", range(3))
def test_the_ghost_by_rule_is_the_replay(name, seed):
    course = lay_out(name, seed).without_hazards()
    plan = rule_plan(Flight.begin(course).today)
    run = replay(
        plan,
        paths(course),
        band=BAND,
        top_up=RULE_TOP_UP,
        slippage_rate=SLIPPAGE_RATE,
        maintenance_rate=MAINTENANCE,
        max_leverage=MOST_LEVERAGE,
    )
    flight = fly_course(course, by_rule())
    expected = before_the_last_trade(run) + CASH_USD - plan.collateral_usd
    assert np.allclose(wealth(flight), expected, rtol=0, atol=1e-6)
    assert np.max(np.abs(wealth(flight) / expected - 1)) < 1e-9
    assert flight.today.position.liquidations == (run.liquidated_at is not None)


@each_episode
def test_the_naive_ghost_is_the_naive_hedge(name):
    course = lay_out(name, 5).without_hazards()
    plan = plan_hedge(
        BOOK_USD, 1.0, CONTRACT, course.price_usd[0], collateral_usd=CASH_USD,
        max_leverage=MOST_LEVERAGE, maintenance_rate=MAINTENANCE,
    )  # fmt: skip
    run = replay(
        plan,
        paths(course),
        sizing="naive",
        slippage_rate=SLIPPAGE_RATE,
        maintenance_rate=MAINTENANCE,
    )
    flown = wealth(fly_course(course, naive))
    assert np.max(np.abs(flown / (run.wealth_usd - run.top_ups_usd) - 1)) < 1e-9


@each_episode
def test_never_hedged_is_the_book_and_cash(name):
    course = lay_out(name, 2)
    flown = wealth(fly_course(course, never))
    assert np.max(np.abs(flown / (course.book_usd + CASH_USD) - 1)) < 1e-12


def random_pilot(rng):
    def pilot(day):
        assert isinstance(day, Day)
        if rng.random() < 0.4:
            return None
        return Orders(
            short_usd=float(rng.random() * rng.choice([0, 5e4, 2e5, 1e6]))
            if rng.random() < 0.7
            else None,
            add_usd=float(rng.normal() * 2e4),
            margin=(None, "coin", "stablecoin")[rng.integers(3)],
            venues=(None, 1, 2)[rng.integers(3)],
        )

    return pilot


@each_episode
@pytest.mark.parametrize("seed", range(4))
def test_parts_sum_to_the_profit_and_every_score_is_bounded(name, seed):
    for pilot in (by_rule(), random_pilot(np.random.default_rng(seed))):
        landing = fly(name, pilot, seed=seed)
        assert tuple(landing.parts) == PARTS
        assert abs(sum(landing.parts.values()) - landing.pnl_usd) < 0.005
        scores = [landing.fulfilled, *landing.ghosts_fulfilled.values()]
        scores += [landing.skill.luck, landing.skill.skill]
        assert all(0 <= score <= 1 for score in scores)
        assert np.isfinite([w for one in landing.wealth_usd.values() for w in one]).all()
        assert all(one.loss_usd < 0 for one in landing.worst)
        assert len(set(landing.lessons)) == 2


def test_ten_thousand_random_pilots():
    courses = [lay_out(name, seed) for name in EPISODES for seed in range(2)]
    rng = np.random.default_rng(8)
    most = 0.0
    for number in range(10_000):
        flight = fly_course(courses[number % len(courses)], random_pilot(rng))
        end = flight.today
        assert np.isfinite(end.wealth_usd).all()
        assert end.position.cash_usd >= -CASH_USD - 1e-6
        most = max(most, end.position.most_borrowed_usd)
    assert most == pytest.approx(CASH_USD)


@given(name=st.sampled_from(list(EPISODES)), seed=st.integers(0, 50), draw=st.integers(0, 10_000))
def test_wealth_is_book_cash_and_what_the_accounts_made(name, seed, draw):
    course = lay_out(name, seed)
    flight = Flight.begin(course)
    pilot = random_pilot(np.random.default_rng(draw))
    while not flight.landed:
        flight = flight.next(pilot(flight.today))
        position, price = flight.today.position, flight.today.price_usd
        made = sum(
            t.collateral + t.hedge + t.funding - t.lost - t.turnover * (FEE_RATE + SLIPPAGE_RATE)
            for t in position.totals
        )
        alone = course.book_usd[flight.today.day]
        assert position.wealth_usd(price) == pytest.approx(alone + CASH_USD + made, abs=1e-4)


def screen(day: Day) -> str:
    """Everything that a pilot can see, to the last digit."""
    seen = {field.name: getattr(day, field.name) for field in dataclasses.fields(day)}
    derived = (day.beta, day.asked_usd, day.leverage, day.distance, day.alerts, day.stops)
    arrays = {k: v.tobytes() for k, v in seen.items() if isinstance(v, np.ndarray)}
    return repr({k: v for k, v in seen.items() if k not in arrays} | arrays) + repr(derived)


@each_episode
@pytest.mark.parametrize("seed", [0, 7])
def test_no_day_knows_the_days_after(name, seed):
    course = lay_out(name, seed)
    rng = np.random.default_rng(seed)
    for k in rng.integers(1, course.days, size=4).tolist():
        ahead = HISTORY_DAYS + k + 1
        coin, coins, high = (x.copy() for x in (course.coin_usd, course.coins_usd, course.high_usd))
        coin[ahead:] *= rng.uniform(0.3, 3, coin[ahead:].shape)
        coins[ahead:] *= rng.uniform(0.3, 3, coins[ahead:].shape)
        high[k + 1 :] = coin[ahead:] * 1.5
        changed = dataclasses.replace(course, coin_usd=coin, coins_usd=coins, high_usd=high)
        screens = []
        for one in (course, changed):
            flight, pilot = Flight.begin(one), random_pilot(np.random.default_rng(seed))
            seen = [screen(flight.today)]
            while flight.today.day < k:
                flight = flight.next(pilot(flight.today))
                seen.append(screen(flight.today))
            screens.append(seen)
        assert screens[0] == screens[1]


def test_a_day_names_no_date_coin_or_raw_price():
    for name in EPISODES:
        course = lay_out(name, 1)
        day = fly_course(course, by_rule()).today
        assert day.coin_usd[HISTORY_DAYS] == 1_000
        assert np.allclose(day.coins_usd[HISTORY_DAYS], 100)
        text = screen(day) + FlightLog.of(Flight.begin(course)).to_json()
        for word in (*course.names, name, "ETH", str(course.dates[0]), str(course.dates[0])[:4]):
            assert f"'{word}'" not in text
        for field in dataclasses.fields(day):
            assert field.name not in ("course", "dates", "names", "episode")


@each_episode
def test_a_log_gives_the_flight_again(name, tmp_path):
    course = lay_out(name, 11)
    flight = fly_course(course, random_pilot(np.random.default_rng(3)))
    text = FlightLog.of(flight, {3: "higher"}).to_json()
    assert name not in text
    path = tmp_path / "flight.json"
    path.write_text(text)
    log = read_log(path)
    assert log.answers == {3: "higher"}
    again = log.fly()
    assert again.today.position == flight.today.position
    assert np.array_equal(wealth(again), wealth(flight))
    assert log.to_json() == text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 12}, "the log belongs to no episode"),
        ({"course": "0" * 16}, "the log belongs to no episode"),
        ({"orders": [None] * 200}, "the log has orders of 200 days"),
        ({"orders": [{"short_usd": -1}]}, "the order of day 0 is none: short_usd must be >= 0"),
        ({"orders": [{"short_usd": "1e5"}]}, "the order of day 0 is none"),
        ({"orders": [{"pnl_usd": 1e9}]}, "the order of day 0 is none"),
        ({"orders": 3}, "its orders must be a list"),
        ({"hedgelib_flight": 9}, "a log of version 9"),
        ({"wealth_usd": 1e9}, "not the log of a flight"),
        ({"seed": True}, "seed"),
    ],
)
def test_a_forged_log_is_refused(tmp_path, change, said):
    flight = Flight.begin(lay_out("June 2020", 11)).next(Orders(short_usd=10_000, add_usd=9_000))
    path = tmp_path / "flight.json"
    path.write_text(json.dumps(json.loads(FlightLog.of(flight).to_json()) | change))
    with pytest.raises(HedgeError, match=said):
        read_log(path).fly()


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"1" * 300_000])
def test_what_is_no_log_is_refused_by_its_name(tmp_path, content):
    path = tmp_path / "flight.json"
    path.write_bytes(content)
    with pytest.raises(HedgeError, match=r"^flight\.json: "):
        read_log(path)


def test_orders_that_cannot_be_done_are_trimmed_and_said():
    flight = Flight.begin(lay_out("June 2020", 0))
    flight = flight.next(Orders(short_usd=1e6, add_usd=1e6, margin="stablecoin", venues=2))
    position = flight.today.position
    assert flight.today.notes == ("no_more_money", "too_much_leverage")
    assert position.cash_usd == -CASH_USD
    assert position.short_usd == pytest.approx(MOST_LEVERAGE * 2 * CASH_USD, abs=10)
    assert position.accounts[0] == position.accounts[1]
    flight = flight.next(Orders(add_usd=-1e6, margin="coin"))
    assert flight.today.notes == ("chosen_already", "margin_is_needed")
    assert set(flight.today.notes) | {"no_venue"} <= set(TEXT["notes"])


def test_a_venue_that_fails_takes_its_margin_and_two_venues_half():
    course = lay_out("November 2022", 0)
    lost = {}
    for venues in (1, 2):

        def pilot(day, venues=venues):
            if day.day:
                return None
            return Orders(short_usd=40_000, add_usd=20_000, margin="stablecoin", venues=venues)

        end = fly_course(course, pilot).today.position
        assert end.failed
        lost[venues] = sum(total.lost for total in end.totals)
    assert lost[2] == pytest.approx(lost[1] / 2, rel=1e-3)
    assert lost[1] > 15_000


def test_withdrawals_stop_before_a_venue_fails():
    course = lay_out("November 2022", 0)
    flight = Flight.begin(course).next(Orders(short_usd=10_000, add_usd=20_000))
    while flight.today.day < course.fails - 1:
        flight = flight.next(None)
    assert not flight.today.withdrawals
    after = flight.next(Orders(add_usd=-10_000))
    assert "withdrawals_stopped" in after.today.notes


def test_a_crash_can_close_the_short_at_no_cost():
    course = next(c for s in range(20) if (c := lay_out("March 2020", s)).strict)
    flight = Flight.begin(course)
    flight = flight.next(Orders(short_usd=40_000, add_usd=20_000, margin="stablecoin"))
    while not any(card.id == "shorts_closed" for card in flight.today.cards):
        flight = flight.next(None)
    assert flight.today.position.short_usd == 0
    assert flight.today.equity_usd > 25_000
    assert sum(t.turnover for t in flight.today.position.totals) == 40_000


def test_a_high_between_two_closes_liquidates():
    course = lay_out("June 2020", 0).without_hazards()
    high = course.high_usd.copy()
    high[3] *= 1.6
    spiked = dataclasses.replace(course, high_usd=high)
    order = Orders(short_usd=60_000, add_usd=20_000, margin="stablecoin")
    for one, liquidations in ((course, 0), (spiked, 1)):
        flight = Flight.begin(one).next(order)
        while flight.today.day < 3:
            flight = flight.next(None)
        assert flight.today.position.liquidations == liquidations
    assert [card.id for card in flight.today.cards] == ["liquidated"]
    assert flight.today.equity_usd == 0


def test_a_liquidation_price_is_where_equity_is_maintenance():
    for margin in ("coin", "stablecoin"):
        order = Orders(short_usd=50_000, add_usd=20_000, margin=margin)
        position = Flight.begin(lay_out("June 2020", 0)).next(order).today.position
        at = position.liquidation_usd()
        assert position.equity_usd(at) == pytest.approx(MAINTENANCE * position.short_usd)


def test_half_of_the_episodes_hold_no_crash_and_rallies_end_a_hedge_at_3x():
    kinds = [episode.kind for episode in EPISODES.values()]
    counts = {kind: kinds.count(kind) for kind in kinds}
    assert counts == {"crash": 4, "rally": 3, "quiet": 3, "false alarm": 2}
    for name, episode in EPISODES.items():
        for seed in range(5):
            course = lay_out(name, seed)
            price = course.price_usd
            fall = float(np.max(1 - price / np.maximum.accumulate(price)))
            assert 45 <= course.days <= 90
            assert (episode.kind == "crash") <= (fall > 0.25), name
            if episode.kind == "rally":
                flight = Flight.begin(course.without_hazards())
                flight = flight.next(Orders(short_usd=60_000, add_usd=20_000, margin="stablecoin"))
                while not flight.landed:
                    flight = flight.next(None)
                assert flight.today.position.liquidations == 1, name
            if episode.kind == "quiet":
                assert fall < 0.2, name


def test_a_seed_draws_every_episode_and_mandate():
    assert {drawn(seed).name for seed in range(100)} == set(EPISODES)
    assert {lay_out("June 2020", seed).mandate for seed in range(20)} == set(MANDATES)
    assert set(TEXT["mandates"]) == set(MANDATES)
    assert set(TEXT["parts"]) == set(TEXT["lessons"]) == set(PARTS)


def test_what_is_not_accepted():
    with refused("seed must be >= 0, got -1"):
        lay_out("June 2020", -1)
    with pytest.raises(InvalidInput, match="episode must be one of March 2020, May 2021"):
        lay_out("April 2020")
    with refused("venues must be 1 or 2, got 3"):
        Orders(venues=3)
    with refused("orders must be a Orders, got 5"):
        Flight.begin(lay_out("June 2020")).next(5)
    with refused("the flight is over; begin another one"):
        fly_course(lay_out("June 2020"), never).next(None)
    with pytest.raises(InvalidInput, match="short_usd"):
        Orders(short_usd=float("nan"))


def test_skill_ranks_the_same_average_size():
    """A hedge that is on in the fall beats most of its average size; one put on after, few."""
    course = lay_out("May-June 2022", 0)
    half = course.days // 2

    def pilot(early):
        def orders(day):
            share = float((day.day < half) == early)
            add = 20_000 if day.day == 0 else 0
            return Orders(short_usd=share * 40_000, add_usd=add, margin="stablecoin")

        return orders

    first, second = (land(fly_course(course, pilot(early))).skill.skill for early in (True, False))
    price = course.price_usd
    early_fall = price[half] / price[0] < price[-1] / price[half]
    assert (first > second) == early_fall


@each_episode
def test_others_are_judged_as_the_flight_itself_was(name):
    """A flight with its margin posted at the start is what the comparison makes of its sizes."""
    ways = [(0.8, "coin", 1), (1.0, "stablecoin", 2), (1.5, "stablecoin", 1)]
    share, margin, venues = ways[list(EPISODES).index(name) % len(ways)]

    def pilot(day):
        first = {"add_usd": 20_000, "margin": margin, "venues": venues} if day.day == 0 else {}
        return Orders(short_usd=share * day.asked_usd, **first)

    for seed in (0, 3):
        course = lay_out(name, seed)
        flight = fly_course(course, pilot)
        wealth = debrief.wealth_of(flight)
        own = debrief._Path(
            course.price_usd.tolist(),
            course.high_usd.tolist(),
            course.book_usd.tolist(),
            course.funding_rate.tolist(),
            course.fails,
        )
        judged = debrief._judged(own, flight, debrief._shares(flight), 20_000.0)
        # The costs of the first day are in the wealth that it begins with.
        assert judged == pytest.approx(wealth[-1] - wealth[0] - drawdown(wealth), abs=250)


def test_who_was_liquidated_is_not_praised_for_leaving_early():
    def reckless(day):
        if day.day == 0:
            return Orders(short_usd=1e6, add_usd=50_000, margin="coin")
        return Orders(short_usd=1e6)

    landing = fly("March 2020", reckless, seed=3)
    assert landing.flight.today.position.liquidations
    assert landing.skill.skill < 0.1
    assert landing.lessons[0] == LESSONS["liquidation"][0]


@each_episode
def test_what_a_venue_kept_is_no_gain(name):
    def look_away(day):
        return None if day.day else Orders(short_usd=40_000, add_usd=20_000, margin="stablecoin")

    assert fly(name, look_away, seed=1).parts["liquidation"] <= 0


def test_every_card_and_alert_has_its_words():
    seen = set()
    for name in EPISODES:
        for seed in range(6):
            flight = Flight.begin(lay_out(name, seed))
            flight = flight.next(Orders(short_usd=90_000, add_usd=30_000, margin="stablecoin"))
            while not flight.landed:
                for card in (*flight.today.cards, *flight.today.alerts):
                    part = "cards" if card.id in TEXT["cards"] else "alerts"
                    assert "{" not in fill(TEXT[part][card.id], card.values)
                    seen.add(card.id)
                flight = flight.next(None)
    assert seen == {*TEXT["cards"], *TEXT["alerts"]}


def test_ghosts_are_those_of_the_landing():
    landing = fly("October 2020", by_rule(), seed=1)
    assert set(landing.wealth_usd) == {"you", *GHOSTS}
    assert np.array_equal(landing.wealth_usd["you"], landing.wealth_usd["by rule"])


@given(name=st.sampled_from(list(EPISODES)), seed=st.integers(0, 30), draw=st.integers(0, 1_000))
def test_the_plan_that_is_offered_keeps_to_its_own_leverage(name, seed, draw):
    """And is the whole hedge wherever cash secures it."""
    course = lay_out(name, seed)
    flight, pilot = Flight.begin(course), random_pilot(np.random.default_rng(draw))
    for _ in range(draw % 12):
        flight = flight.next(pilot(flight.today))
    day = flight.today
    margin = day.position.margin
    add, short = day.plan(margin)
    assert 0 <= add <= max(day.position.cash_usd, 0)
    assert short <= max(CAP * (day.equity_usd + add), 0) + 1e-6
    whole = max(day.asked_usd + add * (margin == "coin"), 0)
    secured = CAP * (day.equity_usd + add) >= whole
    assert short == pytest.approx(whole, abs=10.01) or not secured
    assert secured or add == pytest.approx(max(day.position.cash_usd, 0), abs=10.01)
