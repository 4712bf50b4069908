"""The museum: what exposes an exhibit, what does not and why, and how tests and fixes are told."""

from __future__ import annotations

import inspect
import tomllib
from math import inf, isclose
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgelib as hl
from hedgelib import museum
from hedgelib._text import usd
from hedgelib.ask.widget import HEARD
from hedgelib.course.contents import LESSONS
from hedgelib.course.how_far import _go_on, questions_done
from hedgelib.course.progress import Progress
from hedgelib.flight import EPISODES
from hedgelib.museum import exhibit, expose, judge_fix, judge_input, judge_test
from hedgelib.museum.beliefs import TIERS
from hedgelib.museum.exhibits import HALLS, POSITION_USD, SAYINGS, exhibits, find_exhibit
from tests.labtools import ROOT

ALL = exhibits()
each = pytest.mark.parametrize("slug", ALL)

EXPOSING = {
    "face_left_out": [(-100, 3_500, 3_000, 10), (5, 2_000, 2_500, 100), (1, 1_000, 999, 0.5)],
    "quanto_as_inverse": [(-100, 200, 220, 10_000), (7, 3_500, 2_000, 60_000), (1, 1, 2, 3)],
    "fee_rounded": [(500, 100_000, 0.0005, 100), (-1, 3_500, 0.001, 10), (1, 1, 0.001, 1)],
    "funding_sign": [(-1_000, 3_500, 0.0001, 10), (10, 100, -0.01, 1), (-1, 50_000, 0.001, 100)],
    "help_page_sign": [(-100, 3_500, 3_000, 10), (1, 100, 200, 1), (50, 1_000, 900, 100)],
    "clamp_swapped": [(0, 0.0001), (-0.002, 0.0001), (0.0003, 0)],
    "average_entry": [([1_000, 2_000], [5_000, 6_000]), ([-1, -1], [3, 2]), ([5, 5, 5], [1, 2, 3])],
    "bankruptcy_below_entry": [(-50_000, 3_500, 2), (-100, 1_000, 0.05), (-10_000, 3_500, 5)],
    "no_liquidation": [(-10_000, 3_500, 3, 0.005), (-1, 1, 1, 0.01), (-500, 50, 20, 0.02)],
    "tier_at_entry": [(-1e7, 40_000, 125), (-5e6, 50_000, 60), (-50_000, 8_000, 3.125)],
    "two_divisors": [
        ([0.01, -0.02, 0.03], [0.01, -0.01, 0.02]),
        ([0.1, 0.2, -0.1, 0.05], [0.1, 0.1, -0.1, 0]),
        ([1, 2, 4, 8], [1, 2, 3, 4]),
    ],
    "history_as_cash": [(1_000, 10_000, 0.99), (0, 5, 1), (50_000, 1, -0.5)],
    "price_change_ratio": [
        (0.7777, 2e6, 1.94, 1.99, 42_000),
        (0.004, 3_000, 15, 3_500, 1),
        (1, 1, 1, 2, 1),
    ],
    "margin_forgotten": [(50_000, 1, 49_000), (0, 1, 10), (1_000, 0, 1_000)],
    "cover_scaled": [(50_000, 1, 50_000, 0.5), (0, 1, 100, 0), (10_000, 1.3, 5_000, 1.5)],
}
SAME = {
    "face_left_out": {
        "no_position": (0, 3_500, 3_000, 10),
        "no_move": (-100, 3_500, 3_500, 10),
        "face_is_one": (-100, 3_500, 3_000, 1),
    },
    "quanto_as_inverse": {
        "no_position": (0, 200, 220, 10_000),
        "no_move": (-100, 200, 200, 10_000),
        "one_dollar": (-100, 100, 150, 10_000),
    },
    "fee_rounded": {
        "no_position": (0, 3_500, 0.0005, 10),
        "no_fee": (500, 3_500, 0, 10),
        "even": (10_000, 1_000, 0.0005, 10),
    },
    "funding_sign": {"no_position": (0, 3_500, 0.0001, 10), "no_rate": (-1_000, 3_500, 0, 10)},
    "help_page_sign": {"no_position": (0, 3_500, 3_000, 10), "no_move": (-9, 3_500, 3_500, 10)},
    "clamp_swapped": {"far_above": (0.001, 0.0001)},
    "average_entry": {"one_fill": ([1_000], [5_000]), "one_price": ([1, 2, 3], [5, 5, 5])},
    "bankruptcy_below_entry": {"no_margin": (-50_000, 3_500, 0)},
    "no_liquidation": {"has_price": (-10_000, 3_500, 1, 0.005)},
    "tier_at_entry": {"no_price": (-50_000, 50_000, 1), "same_tier": (-50_000, 50_000, 0.5)},
    "two_divisors": {
        "flat_book": ([0.01, 0.01, 0.01], [0.01, -0.02, 0.03]),
        "unrelated": ([0.01, -0.01, -0.01, 0.01], [0.02, 0.02, -0.02, -0.02]),
    },
    "history_as_cash": {"all_measured": (1_000, 0, 0.99), "no_beta": (1_000, 5_000, 0)},
    "price_change_ratio": {
        "nothing_to_hedge": (0.5, 0, 15, 3_500, 1),
        "one_price": (0.5, 100, 3_500, 3_500, 1),
    },
    "margin_forgotten": {"no_margin": (50_000, 1, 0)},
    "cover_scaled": {"no_margin": (50_000, 1, 0, 0.5), "whole_hedge": (50_000, 1, 9_000, 1)},
}
MORE_SAME = {
    "funding_sign": [(0, 1, -0.1, 1)],
    "help_page_sign": [(5, 1, 1, 100)],
    "clamp_swapped": [(0.0006, 0.0001), (0.01, 0)],
    "average_entry": [([7, 9], [2_000, 2_000])],
    "bankruptcy_below_entry": [(-1, 1, 0), (-1e6, 90_000, 0)],
    "no_liquidation": [(-1, 1, 0.5, 0.01), (-500, 50, 9, 0.02)],
    "tier_at_entry": [(-1e5, 50_000, 0.4)],
    "two_divisors": [([0, 0, 0, 0], [0.1, 0.2, 0.3, -0.1])],
    "history_as_cash": [(0, 0, 2)],
    "price_change_ratio": [(0, 10, 1, 2, 1)],
    "margin_forgotten": [(0, 1, 0), (10_000, -0.3, 0)],
    "cover_scaled": [(1_000, 2, 0, 1.5)],
}


@pytest.fixture
def heard():
    answers: list[tuple[str, str]] = []

    def hear(name, outcome, _):
        answers.append((name, outcome))

    HEARD.append(hear)
    yield answers
    HEARD.remove(hear)


def test_there_are_enough_in_every_hall():
    assert len(ALL) >= 12
    assert {one.hall for one in ALL.values()} == set(HALLS)
    assert list(dict.fromkeys(one.hall for one in ALL.values())) == list(HALLS)
    assert set(EXPOSING) == set(SAME) == set(ALL)


@each
def test_words_are_whole(slug):
    one = ALL[slug]
    assert set(one.text) == {"title", "belief", "source", "hint", "cost", "same"}
    assert set(one.text["same"]) == set(one.same) == set(SAME[slug])
    for name in ("title", "belief", "source", "hint"):
        assert one.text[name].strip().endswith((".", "?")), name
    assert set(one.ranges) == set(inspect.signature(one.wrong).parameters) == set(one.labels)
    assert one.code.startswith(f"def {one.wrong.__name__}(")
    assert len(one.code.splitlines()) <= 10


def test_every_text_belongs_to_something():
    text = tomllib.loads(
        (ROOT / "hedgelib" / "course" / "text" / "museum.toml").read_text(encoding="utf-8")
    )
    assert set(text) == {"halls", "labels", "sayings", *ALL}
    assert set(text["labels"]) == {name for one in ALL.values() for name in one.ranges}


@each
def test_inputs_that_expose_are_accepted(slug):
    assert len(EXPOSING[slug]) >= 3
    for given_ in EXPOSING[slug]:
        finding = judge_input(ALL[slug], *given_)
        assert (finding.kind, finding.outcome) == ("exposed", "right"), (given_, finding)


@each
def test_inputs_that_expose_nothing_are_refused_with_the_reason(slug):
    refused = [*SAME[slug].values(), *MORE_SAME.get(slug, [])]
    assert len(refused) >= 3
    for given_ in refused:
        finding = judge_input(ALL[slug], *given_)
        assert (finding.kind, finding.outcome) == ("same", "wrong"), (given_, finding)
    for reason, given_ in SAME[slug].items():
        why = ALL[slug].text["same"][reason].strip()
        assert judge_input(ALL[slug], *given_).text.endswith(why), reason


@each
@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_a_drawn_input_is_judged_one_way_or_the_other(slug, seed):
    one = ALL[slug]
    arguments = one.drawn(Random(seed))
    finding = judge_input(one, **arguments)
    assert finding.kind in ("exposed", "same")
    if finding.kind == "same":
        assert any(holds(**arguments) for holds in one.same.values())


@each
def test_wrong_and_right_differ_on_a_good_share_of_inputs(slug):
    one, random = ALL[slug], Random(5)
    kinds = [judge_input(one, **one.drawn(random)).kind for _ in range(200)]
    assert kinds.count("exposed") >= 80


def _short_end(contracts, entry, wallet, rate):
    left = -contracts / entry - wallet
    return -contracts * (1 - rate) / left if left > 1e-9 else inf


def _beta_by_hand(y, x):
    mean_y, mean_x = sum(y) / len(y), sum(x) / len(x)
    over = sum((b - mean_x) * (a - mean_y) for a, b in zip(y, x, strict=True))
    return over / sum((b - mean_x) ** 2 for b in x)


BY_HAND = {
    "face_left_out": lambda n, e, x, face: n * face / e - n * face / x,
    "quanto_as_inverse": lambda n, e, x, btc: n * (x - e) / 1_000_000 * btc,
    "fee_rounded": lambda n, p, rate, face: abs(n) * face * rate / p,
    "funding_sign": lambda n, p, rate, face: -n * face * rate / p,
    "help_page_sign": lambda n, e, x, face: n * face / e - n * face / x,
    "clamp_swapped": lambda p, i: p + sorted((-0.0005, i - p, 0.0005))[1],
    "average_entry": lambda n, e: sum(n) / sum(a / b for a, b in zip(n, e, strict=True)),
    "bankruptcy_below_entry": lambda n, e, w: _short_end(n, e, w, 0),
    "no_liquidation": _short_end,
    "two_divisors": _beta_by_hand,
    "history_as_cash": lambda known, unknown, beta: beta * known + beta * unknown,
    "price_change_ratio": lambda h, q, _s, _f, size: -h * q / size,
    "margin_forgotten": lambda v, beta, c: beta * v + c,
    "cover_scaled": lambda v, beta, c, h: h * beta * v + c,
}


@each
def test_right_is_right_by_hand(slug):
    one, random = ALL[slug], Random(7)
    for _ in range(50):
        arguments = one.drawn(random)
        right = float(one.right(**arguments))
        if slug == "tier_at_entry":
            # Put back: equity is the maintenance margin of the tier at that price.
            size, entry = -arguments["contracts"], arguments["entry_usd"]
            equity = arguments["wallet_coin"] - size / entry + size / right
            assert isclose(equity, TIERS.maintenance_margin(size / right), rel_tol=1e-6)
        else:
            hand = BY_HAND[slug](*arguments.values())
            assert right == hand or isclose(right, hand, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize(
    ("slug", "cost"),
    [
        ("face_left_out", 4_500), ("quanto_as_inverse", 5_000), ("fee_rounded", 2_500),
        ("funding_sign", 10_950), ("help_page_sign", 10_000), ("clamp_swapped", 2_700),
        ("average_entry", 2_000), ("bankruptcy_below_entry", 10_000), ("no_liquidation", 7_500),
        ("two_divisors", 50_000 * 0.15 / 13), ("history_as_cash", 12_300),
        ("price_change_ratio", 7_500 * (1 - 15 / 3_500)), ("margin_forgotten", 7_500),
        ("cover_scaled", 3_750),
    ],
)  # fmt: skip
def test_costs_on_fifty_thousand(slug, cost):
    assert POSITION_USD == 50_000
    assert ALL[slug].price()["cost"] == pytest.approx(cost)
    assert f"**${cost:,.0f}**" in ALL[slug].costs()


def test_the_tier_hardly_costs_a_small_position_and_a_large_one_does_pay():
    values = ALL["tier_at_entry"].price()
    assert 0 < values["cost"] < 50
    assert values["large_cost"] == pytest.approx(1e7 * (77_163.90 / 76_016.72 - 1), rel=1e-4)
    assert "76,016.72" in ALL["tier_at_entry"].costs()


@each
def test_every_cost_is_a_loss(slug):
    assert ALL[slug].price()["cost"] > 0


# Inputs as people give them


def test_numbers_are_read_as_people_write_them():
    one = ALL["funding_sign"]
    assert judge_input(one, "−1,000", "3 500", "0.01%", "10").kind == "exposed"
    assert judge_input(ALL["average_entry"], "1,000, 2,000", "[5000; 6000]").kind == "exposed"
    assert judge_input(one, -1, 3_500, multiplier_usd=10, funding_rate=0.1).kind == "exposed"


@pytest.mark.parametrize(
    ("slug", "given_", "why"),
    [
        ("funding_sign", (-1, 3_500), "give contracts, mark_usd, funding_rate, multiplier_usd"),
        ("funding_sign", (-1, "a lot", 0.1, 1), "a number"),
        ("funding_sign", (-1, 0, 0.1, 1), "mark_usd"),
        ("average_entry", (5, 3_000), "several numbers"),
        ("average_entry", ([], []), "there is none"),
        ("average_entry", ([1, 2], [3_000]), "as many"),
        ("no_liquidation", (-10_000, 3_500, 0.001, 0.005), "maintenance"),
        ("two_divisors", ([0.1, 0.2, 0.3], [0.1, 0.1, 0.1]), "x"),
    ],
)
def test_what_cannot_be_judged_says_why(slug, given_, why):
    finding = judge_input(ALL[slug], *given_)
    assert (finding.kind, finding.outcome) == ("refused", "unread")
    assert why in finding.text


def test_an_input_with_which_the_wrong_function_fails_exposes_it():
    with_zero = judge_input(ALL["bankruptcy_below_entry"], 0, 3_500, 1)
    assert with_zero.kind == "exposed"
    assert "fails" in with_zero.text


# Tests


def _test_with(slug, index=0):
    """Return a right test of an exhibit, made of an input that exposes it."""
    one, given_ = ALL[slug], EXPOSING[slug][index]
    expected = float(one.right(*given_))

    def test(function):
        assert function(*given_) == pytest.approx(expected, rel=1e-6)

    return test


def _never(_):
    raise AssertionError


@each
def test_tests_are_told_apart(slug):
    one, given_ = ALL[slug], EXPOSING[slug][0]
    believed = float(one.wrong(*given_))

    def wrong_thing(function):
        assert function(*given_) == pytest.approx(believed, rel=1e-9)

    def harmless(function):
        call = next(iter(SAME[slug].values()))
        assert function(*call) == pytest.approx(float(one.right(*call)), abs=1e-9)

    def accepts_both(function):
        assert function(*given_) is not None

    def broken(_):
        raise ValueError("no such price")

    kinds = {
        "right": _test_with(slug), "empty": lambda _: None, "always_fails": _never,
        "wrong_thing": wrong_thing, "raises": broken,
    }  # fmt: skip
    for kind, test in kinds.items():
        assert judge_test(one, test).kind == kind
    assert judge_test(one, _test_with(slug, 2)).outcome == "right"
    assert judge_test(one, kinds["empty"]).outcome == "unread"
    told = judge_test(one, harmless)
    assert told.kind == "blind"
    assert one.text["same"][next(iter(SAME[slug]))].strip() in told.text
    blind = judge_test(one, accepts_both)
    assert (blind.kind, blind.outcome) == ("blind", "wrong")
    assert "exposes the error" in blind.text
    assert "ValueError: no such price" in judge_test(one, broken).text


def test_a_test_may_name_the_arguments_and_change_its_lists():
    def test(average):
        contracts, prices = [1_000, 2_000], [5_000, 6_000]
        assert abs(average(entry_usd=prices, contracts=contracts) - 5_625) < 0.01
        prices.clear()

    assert judge_test(ALL["average_entry"], test).kind == "right"


@pytest.mark.parametrize(("test", "kind"), [(..., "gap"), (5, "refused")])
def test_what_is_no_test_yet(test, kind):
    finding = judge_test(ALL["average_entry"], test)
    assert (finding.kind, finding.outcome) == (kind, "unread")


# Fixes


@each
def test_fixes_are_told_apart(slug):
    one = ALL[slug]
    assert judge_fix(one, one.right).kind == "right"
    off = judge_fix(one, one.wrong)
    assert off.kind == "off"
    assert f"{next(iter(one.ranges))}=" in off.text
    assert judge_fix(one, lambda **_: 1 / 0).kind == "raises"
    nothing = judge_fix(one, lambda **_: None)
    assert (nothing.kind, nothing.outcome) == ("gap", "unread")
    assert "returns nothing" in nothing.text
    assert judge_fix(one, lambda **_: "much").kind == "off"


def test_the_input_that_a_fix_is_off_for_is_named_and_repeats():
    def halfway(contracts, **_):
        contracts.pop()
        return 0.0

    one = ALL["average_entry"]
    told = judge_fix(one, halfway).text
    assert told == judge_fix(one, halfway).text
    first = one.drawn(Random(one.slug))
    assert f"contracts=[{first['contracts'][0]:.10g}" in told
    assert f"{hl.inverse_average_entry(**first):,.8g} is right" in told


@pytest.mark.parametrize(("fix", "kind"), [(..., "gap"), (5, "refused")])
def test_what_is_no_fix_yet(fix, kind):
    assert judge_fix(ALL["average_entry"], fix).kind == kind


# What is shown, and kept


def test_a_gap_shows_what_is_asked_and_keeps_nothing(capsys, heard):
    expose("average_entry", ...)
    museum.try_test("average_entry", ...)
    museum.try_fix("average_entry", ...)
    told = capsys.readouterr().out
    assert SAYINGS["ask"] in told
    assert "`contracts`, `entry_usd`" in told
    assert {outcome for _, outcome in heard} <= {"unread"}


def test_results_are_shown_and_noted(capsys, heard):
    expose("average_entry", [1_000, 2_000], [5_000, 6_000])
    museum.try_test("average_entry", _test_with("average_entry"))
    museum.try_fix("average_entry", hl.inverse_average_entry)
    told = capsys.readouterr().out
    assert "5,666.6667; 5,625 is right" in told
    assert "**$2,000**" in told
    names = ("museum.average_entry", "museum.average_entry.test", "museum.average_entry.fix")
    assert heard == [(name, "right") for name in names]


def test_the_cost_is_not_told_before_it_is_exposed(capsys):
    expose("average_entry", [1_000], [5_000])
    assert "$2,000" not in capsys.readouterr().out


def test_an_unknown_exhibit_is_named(capsys):
    expose("average_exit", 1)
    assert exhibit("average_exit") is None
    told = capsys.readouterr().out
    assert "average_entry" in told
    assert "average_exit" in told
    with pytest.raises(hl.HedgeError):
        find_exhibit(["average_entry"])


def test_an_exhibit_shows_belief_code_and_source(capsys):
    widget = exhibit("average_entry")
    told = capsys.readouterr().out
    assert "def average_entry(" in told
    assert "nautilus_trader" in told
    page = widget._repr_mimebundle_()[0]["text/html"]
    assert "<code>entry_usd</code>: entry price, USD per coin, several" in page
    assert page.count("<details>") == 2


def test_the_widget_shows_both_results_only_after_a_commit(heard):
    widget = exhibit("average_entry")
    assert widget.told == {"answer": None}
    assert [name for _, name in widget.spec["inputs"]] == ["contracts", "entry_usd"]
    widget._hear(None, {"answer": "1000, 2000\n5000, 6000"}, None)
    assert widget.told["outcome"] == "right"
    assert "5,625" in widget.told["verdict"]
    widget._hear(None, {"answer": "1000\n<b>"}, None)
    assert widget.told["outcome"] == "unread"
    assert "<b>" not in widget.told["verdict"].replace("<b>This input", "")
    assert [outcome for _, outcome in heard] == ["right", "unread"]


def test_an_exhibit_is_done_when_all_three_are_right():
    progress = Progress()
    for part in ("", ".test"):
        progress.add(f"museum.average_entry{part}", "right")
    assert questions_done(progress)["museum"] == (0, len(ALL))
    progress.add("museum.average_entry.fix", "wrong")
    assert questions_done(progress)["museum"][0] == 0
    progress.add("museum.average_entry.fix", "right")
    assert questions_done(progress)["museum"][0] == 1


def test_the_map_counts_exhibits_and_leaves_the_museum_for_when_one_likes():
    progress = Progress()
    for part in ("", ".test", ".fix"):
        progress.add(f"museum.average_entry{part}", "right")
    counts = questions_done(progress)
    assert counts["museum"] == (1, len(ALL))
    assert counts["claims"] == (0, 0)
    assert "**Go on here:** [01]" in _go_on(progress, counts)
    finished = {lesson: (of, of) for lesson, (_, of) in counts.items()}
    assert _go_on(progress, finished | {"museum": (1, 2)}) == "Every question is done."


def test_costs_are_listed_hall_by_hall(capsys):
    museum.say_costs()
    rows = capsys.readouterr().out.strip().splitlines()[2:]
    assert len(rows) == len(ALL)
    assert rows[0].split("|")[1:4] == [" Units ", " The face left out ", " $4,500 "]


def test_the_museum_is_a_lesson_after_the_claims():
    order = list(LESSONS)
    assert order.index("museum") == order.index("claims") + 1


def test_the_readme_counts_what_there_is():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    words = {12: "twelve", 15: "fifteen"}
    assert f"shows {words[len(exhibits())]} errors" in text
    assert f"all {words[len(EPISODES)]} episodes" in text
    assert f"on {usd(POSITION_USD)}" in text
