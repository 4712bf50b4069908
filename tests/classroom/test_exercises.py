"""The exercises: for ten thousand students, right is far from wrong, and nobody's is another's."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hedgelib as hl
from hedgelib.ask.form import Form
from hedgelib.ask.marking import PERCENT, TURNED, Key, Mark, judge
from hedgelib.ask.misconceptions import misconception, misconceptions
from hedgelib.classroom.personal import Numbers, draw, row
from hedgelib.classroom.scenarios import ASSIGNMENTS, scenario
from hedgelib.classroom.source import (
    BEGIN_HIDDEN,
    Source,
    SourceError,
    exercises_folder,
    grade_info,
    read_source,
)
from hedgelib.course.contents import LESSONS
from hedgelib.errors import InvalidInput
from tests.classtools import cell_of

STUDENTS = 10_000
SECRET = b"a secret of thirty-two bytes ..."
each = pytest.mark.parametrize("name", ASSIGNMENTS)


@cache
def source(name: str) -> Source:
    return read_source(exercises_folder() / f"{name}.ipynb")


@cache
def columns(name: str):
    return draw(scenario(name), SECRET, [f"s{i}" for i in range(STUDENTS)])


@cache
def keys(name: str):
    """Everybody's keys, worked out at once."""
    return source(name).keys(Numbers(columns(name)))


def wide(value) -> np.ndarray:
    return np.broadcast_to(np.asarray(value), (STUDENTS,))


def relative(value, right) -> np.ndarray:
    return np.abs(wide(value) - wide(right)) / np.abs(wide(right))


def numbers_and_functions(name):
    """Yield each question that has numbers for an answer, with those of right and wrong."""
    for question in source(name).questions:
        key = keys(name).get(question.id)
        if key is None or key.kind == "choice":
            continue
        one = key.kind == "number"
        right = [key.right] if one else key.right
        yield question, key, right, {m: [v] if one else v for m, v in key.wrong.items()}


@each
def test_right_is_a_plain_number_of_sensible_size(name):
    for question, _, right, _ in numbers_and_functions(name):
        for values in right:
            size = np.abs(wide(values))
            assert np.isfinite(size).all(), question.id
            assert size.min() > 1e-4, question.id
            assert size.max() < 1e7, question.id


@each
def test_every_wrong_model_is_far_from_right_for_everybody(name):
    for question, key, right, wrong in numbers_and_functions(name):
        turned = {TURNED: [-np.asarray(v) for v in right]}
        percent = {f"{PERCENT}{by}": [np.asarray(v) * by for v in right] for by in (100, 0.01)}
        for model, values in {**wrong, **turned, **percent}.items():
            # A function is told apart by the call that tells most.
            apart = np.max([relative(v, r) for v, r in zip(values, right, strict=True)], axis=0)
            assert apart.min() > 2.5 * key.within, f"{question.id}: {model}"
            if question.form.kind == "number" or model in wrong:
                assert apart.min() > 0.005, f"{question.id}: {model}"


@each
def test_wrong_models_are_told_apart(name):
    """One may be taken for another in one case of two hundred, no more, and never for right."""
    for question, key, _, wrong in numbers_and_functions(name):
        models = list(wrong)
        for i, one in enumerate(models):
            for other in models[:i]:
                pairs = zip(wrong[one], wrong[other], strict=True)
                with np.errstate(divide="ignore", invalid="ignore"):
                    apart = np.nanmax([relative(a, b) for a, b in pairs], axis=0)
                assert (apart < key.within).mean() < 0.005, f"{question.id}: {one}, {other}"


@each
def test_no_two_students_have_the_same_answers(name):
    """None of ten thousand has all numbers within the accepted error of another's."""
    rights = [
        (wide(key.right), key.within)
        for question, key, *_ in numbers_and_functions(name)
        if question.form.kind == "number"
    ]
    assert len(rights) >= 5
    order = np.argsort(rights[0][0])
    values = np.stack([right[order] for right, _ in rights])
    within = np.array([w for _, w in rights])[:, None]
    for ahead in range(1, STUDENTS):
        one, other = values[:, ahead:], values[:, :-ahead]
        near = np.abs(one - other) <= within * np.maximum(np.abs(one), np.abs(other))
        if not near[0].any():
            break
        assert not near.all(axis=0).any()


@each
def test_answers_to_a_question_are_many(name):
    """Of ten thousand students, few have the very same number, question by question."""
    for question, key, *_ in numbers_and_functions(name):
        if question.form.kind == "number":
            different = len(np.unique(wide(key.right)))
            assert different > 4_500, f"{question.id}: only {different} different answers"


@each
def test_choices_differ_from_student_to_student(name):
    for question in source(name).questions:
        if question.form.kind == "choice":
            key = keys(name)[question.id]
            says, because = key.right
            places = (
                place_of(value, texts, columns(name)[f"_{question.id}_{part}"])
                for value, texts, part in (
                    (says, key.form.options, "says"),
                    (because, key.form.reasons, "because"),
                )
            )
            pairs, counts = np.unique(np.stack([*places]), axis=1, return_counts=True)
            assert pairs.shape[1] == 12
            assert counts.min() > STUDENTS / 12 * 0.8
            for its_says, its_because in key.wrong.values():
                same = np.ones(STUDENTS, dtype=bool)
                for its, right in ((its_says, says), (its_because, because)):
                    same &= np.asarray(its == "") | (np.asarray(its) == right)
                assert not same.any()


def place_of(value, texts, orders) -> np.ndarray:
    """Return at which place each student finds the option with a value."""
    wanted = np.vectorize([*texts].index)(wide(value))
    return np.argmax(orders == wanted, axis=0)


def test_no_scenario_is_degenerate():
    """No ratio of one, no margin of nil, no short that cannot be liquidated, no dead market."""
    c = {name: columns(name) for name in ASSIGNMENTS}
    values, betas = c["sizing"]["values_usd"], c["sizing"]["betas"]
    beta = (values * betas).sum(axis=0) / values.sum(axis=0)
    assert np.abs(beta - 1).min() > 0.05
    assert c["sizing"]["margin_usd"].min() > 0
    assert c["alice"]["margin_usd"].min() > 0
    for size, posted, rate in (
        (
            c["sizing"]["open_short_usd"],
            c["sizing"]["posted_eth"] * c["sizing"]["eth_usd"],
            c["sizing"]["maintenance_rate"],
        ),
        (c["alice"]["short_usd"], c["alice"]["margin_usd"], c["alice"]["maintenance_rate"]),
    ):
        assert (size / posted).min() > 1.2
        assert (posted / size - rate).min() > 0.1, "liquidated as soon as it is opened"
    move = c["inverse_maths"]["exit_usd"] / c["inverse_maths"]["entry_usd"] - 1
    assert np.abs(move).min() > 0.09
    assert {*np.sign(move)} == {-1, 1}
    assert {*np.sign(c["carry"]["mean_rate"])} == {-1, 1}
    assert np.abs(c["carry"]["mean_rate"]).min() > 1e-5
    returns = np.diff(c["beta_hedging"]["eth_closes_usd"], axis=0)
    assert np.abs(returns).max(axis=0).min() > 10


@each
def test_one_by_one_is_as_all_at_once(name):
    for place in (3, 4_711):
        mine = source(name).keys(Numbers(row(columns(name), place)))
        for question, key in keys(name).items():
            one, many = mine[question], key
            if key.kind == "choice":
                assert one.right == tuple(str(wide(values)[place]) for values in many.right)
                continue
            pairs = [(one.right, many.right), *((one.wrong[m], v) for m, v in many.wrong.items())]
            for a, b in pairs:
                a, b = (a, b) if key.kind == "function" else ([a], [b])
                expected = [wide(values)[place] for values in b]
                assert a == pytest.approx(expected, rel=1e-12), question
        for question, key in mine.items():
            assert judge(key.right, key).share == 1
            for model, value in key.wrong.items():
                if key.kind != "choice":
                    assert judge(value, key).share == 0
                    assert judge(value, key).model in key.wrong, f"{question}: {model}"


def test_8_whole_number_of_settlements_is_right_for_everybody():
    """Exact and rounded up count; no wrong model does, for ten thousand students."""
    mine = keys("carry")["q6"]
    assert mine.counted
    for place in range(STUDENTS):
        right = float(mine.right[place])
        wrong = {model: float(values[place]) for model, values in mine.wrong.items()}
        key = Key(form=Form("number"), right=right, wrong=wrong, within=mine.within, counted=True)
        whole = math.ceil(right - 1e-9)
        for answer in (right, whole, float(whole)):
            assert judge(answer, key) == Mark(share=1.0), (place, answer)
        for answer in (math.floor(right - 0.1), whole + 1, right * 1.0025):
            assert judge(answer, key).share < 1, (place, answer)
        for answer in (math.floor(right - 1.1), whole + 2, *wrong.values()):
            assert judge(answer, key).share == 0, (place, answer)
        for model, value in wrong.items():
            assert judge(value, key).model == model, place
        assert judge(math.ceil(wrong["one_trade"] - 1e-9), key).model in wrong, place
    counted = [(name, q) for name in ASSIGNMENTS for q, key in keys(name).items() if key.counted]
    assert counted == [("carry", "q6"), ("alice", "q5")]


@each
def test_whole_contracts_are_right_for_everybody(name):
    """Of questions that are not `counted`, a whole number is as near as any right answer."""
    for key in keys(name).values():
        if key.form.kind == "number" and key.form.unit == "contracts" and not key.counted:
            right = wide(key.right)
            assert (abs(np.round(right) - right) <= key.within * abs(right)).all()


@pytest.mark.parametrize("place", range(12))
@each
def test_keys_agree_with_hedgelib(name, place):
    """What the solutions work out by hand, the finance floors work out too."""
    my = Numbers(row(columns(name), place))
    right = {question: key.right for question, key in source(name).keys(my).items()}
    expected = BY_HEDGELIB[name](my)
    assert {question: right[question] for question in expected} == pytest.approx(expected)


def inverse_maths(n):
    prices = n.entry_usd, n.exit_usd
    contracts = -hl.round_contracts(n.short_usd / n.face_usd)
    return {
        "q1": -contracts,
        "q2": hl.inverse_pnl_coin(contracts, *prices, n.face_usd),
        "q3": hl.inverse_pnl_usd(contracts, *prices, n.face_usd),
        "q4": hl.inverse_average_entry([-c for c in n.fill_contracts], n.fill_prices_usd),
        "q6": sum(hl.inverse_fee_coin(n.short_usd, price, n.fee_rate) for price in prices),
    }


def sizing(n):
    value = sum(n.values_usd)
    beta = hl.portfolio_beta(n.values_usd, n.betas)
    whole = hl.hedge_notional(value, beta, n.margin_usd)
    return {
        "q1": hl.hedge_notional(value, beta),
        "q2": whole / n.face_usd,
        "q4": whole / n.margin_usd,
        "q6": hl.smallest_collateral(value, beta, n.most_leverage),
        "q7": hl.inverse_liquidation_price(
            -n.open_short_usd, n.eth_usd, n.posted_eth, maintenance_rate=n.maintenance_rate
        ),
    }


def carry(n):
    contracts = -n.short_usd / n.face_usd
    stepping_aside = hl.close_reopen_break_even(
        n.short_usd, n.low_rate, n.fee_rate, n.slippage_rate
    )
    squeezed = hl.inverse_short_with_basis(
        n.short_usd, n.sold_at_usd, n.spot_usd, n.bought_at_usd, n.spot_usd
    )
    days = [n.mean_rate] * (3 * int(n.days))
    price = n.spot_usd
    return {
        "q2": hl.inverse_funding_total_coin(contracts, [price] * len(days), days, n.face_usd)
        * price,
        "q3": hl.inverse_funding_total_coin(contracts, n.prices_usd, n.rates, n.face_usd),
        "q4": 100 * hl.annualise_funding(n.interval_rate, n.interval_hours).simple,
        "q5": squeezed.pnl_usd_at_spot,
        "q6": stepping_aside.break_even_intervals,
        "q7": hl.unhedged_sigma_usd(n.book_usd, n.beta, n.daily_sigma, n.hours_out),
    }


def beta_hedging(n):
    fit = hl.ols_beta(hl.simple_returns(n.book_closes_usd), hl.simple_returns(n.eth_closes_usd))
    interval = hl.notional_interval(n.beta, n.standard_error, n.book_usd, z=1.96)
    return {
        "q1": fit.beta,
        "q2": hl.hedge_notional(n.book_usd, n.beta) / n.face_usd,
        "q3": interval.high_usd - interval.low_usd,
        "q4": 100 * hl.effectiveness_from_ratio(n.r2, n.share_of_best),
        "q5": 100 * hl.volatility_reduction(n.r2),
        "q7": hl.hedge_notional(n.book_usd, n.beta_eth, n.eth_margin_usd) / n.face_usd,
    }


def alice(n):
    coins, contracts = n.margin_usd / n.eth_usd, -n.short_usd / n.face_usd
    after = n.eth_usd * (1 + n.fall)
    exact = hl.hedge_notional(n.book_usd, n.beta, n.margin_usd)
    end = hl.inverse_liquidation_price(
        -n.short_usd, n.eth_usd, coins, maintenance_rate=n.maintenance_rate
    )
    moved = hl.move_pnl(n.book_usd, n.beta, coins, contracts, n.eth_usd, n.fall, n.face_usd)
    resized = hl.rebalance(n.book_usd, n.beta, n.margin_usd, exact, n.fall)
    return {
        "q1": moved.total_usd,
        "q2": exact / n.face_usd,
        "q3": coins + hl.inverse_pnl_coin(contracts, n.eth_usd, after, n.face_usd),
        "q4": 100 * (end / n.eth_usd - 1),
        "q5": -resized.change_usd / n.face_usd,
    }


BY_HEDGELIB = {
    "inverse_maths": inverse_maths,
    "sizing": sizing,
    "carry": carry,
    "beta_hedging": beta_hedging,
    "alice": alice,
}


@each
def test_source_has_its_form(name):
    found = source(name)
    assert 6 <= len(found.questions) <= 10
    kinds = {question.form.kind for question in found.questions}
    assert kinds == {"number", "choice", "function", "written"}
    assert sum(question.form.kind == "written" for question in found.questions) == 1
    for number, question in enumerate(found.questions, 1):
        assert question.id == f"q{number}"
        heading = found.cells[f"{question.id}_ask"].source.splitlines()[0]
        points = "1 point" if question.points == 1 else f"{question.points:g} points"
        assert heading == f"## {number}. {question.title} ({points})"
        if question.form.kind != "written":
            assert question.models, question.id
    for cell in found.notebook.cells:
        info = grade_info(cell)
        assert info["locked"] != info["solution"]
        assert cell.source.count(BEGIN_HIDDEN) == int(info["grade"] and cell.cell_type == "code")
        assert not cell.get("outputs")
    top = found.cells["title"].source
    assert f"# Exercise {ASSIGNMENTS.index(name) + 1}: {found.title}\n" in top
    assert re.search(r"\*\*Time\*\* about \d+ minutes", top)


def test_every_wrong_model_is_known_and_used():
    used = {m for name in ASSIGNMENTS for q in source(name).questions for m in q.models}
    assert {TURNED, PERCENT} <= set(misconceptions())
    lessons = set(LESSONS)
    for model in map(misconception, used):
        assert model.lesson in lessons
        assert model.why.endswith((".", "?"))
        assert len(model.title) <= 45
    with pytest.raises(InvalidInput, match="add it to"):
        misconception("no_such_model")


@pytest.mark.parametrize(
    "model",
    [
        "collateral_left_out",
        "funding_sign",
        "contract_is_coin",
        "arithmetic_average",
        "entry_maintenance",
        "volatility_ratio",
        "price_levels",
        "ddof_mixed",
        "dollars_for_coins",
        "leverage_multiplies_profit",
    ],
)
def test_errors_that_move_money_are_each_asked_for(model):
    assert any(model in q.models for name in ASSIGNMENTS for q in source(name).questions)


def test_broken_source_is_refused(tmp_path: Path):
    good = json.loads((exercises_folder() / "carry.ipynb").read_text(encoding="utf-8"))
    path = tmp_path / "carry.ipynb"

    def refused(message: str) -> None:
        path.write_text(json.dumps(good), encoding="utf-8")
        with pytest.raises(SourceError, match=message):
            read_source(path)

    def edited(grade_id: str, old: str, new: str) -> dict[str, Any]:
        changed: dict[str, Any] = json.loads(json.dumps(good))
        cell = cell_of(changed, grade_id)
        text = "".join(cell["source"])
        assert old in text
        cell["source"] = text.replace(old, new)
        return changed

    whole = good
    for broken, message in [
        (edited("q2", "my.short_usd", "my.short"), "AttributeError: there is no number 'short'"),
        (edited("q3", "q3 = sum", "q3 = (sum"), "fix it: SyntaxError"),
        (edited("q3_mark", '"funding_sign"', '"funding"'), "no misconception 'funding'; add it to"),
    ]:
        good = broken
        refused(message)
        good = whole
    good["cells"][3]["metadata"]["nbgrader"]["grade_id"] = "title"
    refused("grade_id of its own: 'title'")
    good["metadata"]["hedgelib"]["assignment"] = "cary"
    refused("must be one of inverse_maths, sizing")
    path.write_text("{", encoding="utf-8")
    with pytest.raises(SourceError, match="not a notebook"):
        read_source(path)
    with pytest.raises(SourceError, match="cannot be read"):
        read_source(tmp_path / "none.ipynb")
