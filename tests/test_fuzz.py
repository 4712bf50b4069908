"""Every public function of contracts and margin, found by looking, fed with anything.

Finite valid input never gives NaN; anything else is a HedgeError that names the argument. A new
function is tested as soon as it is public: an argument of a new name must be added to `KINDS`.
"""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgelib as h
from hedgelib import contracts, margin
from tests.strategies import BAD_ANYWHERE, floats, linear_terms, terms, tiers

FUNCTIONS = {
    name: getattr(module, name)
    for module in (contracts, margin)
    for name in module.__all__
    if inspect.isfunction(getattr(module, name))
}
PARAMETERS = {name: inspect.signature(f).parameters for name, f in FUNCTIONS.items()}

# What takes lists of fills, and what takes single numbers only.
FILLS = {"inverse_average_entry", "linear_average_entry", "run_ledger"}
SINGLE = {"leverage_allowed", "liquidation_price", "margin_tiers"}
# What may refuse numbers that are each in range: no such position, no such margin, no such fill.
CHOOSY = FILLS | {name for name in FUNCTIONS if "liquidation_price" in name or "break_even" in name}
CHOOSY |= {"cross_wallet_coin", "cross_wallet_usd"}
# What answers with infinity where there is no such price.
ENDLESS = {name for name in FUNCTIONS if "liquidation" in name or "bankruptcy" in name}
ENDLESS |= {"leverage_allowed"}

BIG = 1.7976931348623157e308
signed = floats(-1e9, 1e9)
positive = floats(1e-6, 1e9)
at_least_0 = st.just(0.0) | floats(1e-9, 1e9)
rate = floats(-0.5, 0.5)
fraction = floats(0, 0.45)

# Of each argument: what is usual, the edge of what may be, and what may not though it is a number.
KINDS: dict[str, tuple[Any, Any, list[float]]] = {
    "contracts": (signed, floats(-BIG, BIG), [math.inf]),
    "contracts_exact": (signed, floats(-BIG, BIG), [math.inf]),
    "other_pnl_usd": (signed, floats(-BIG, BIG), [math.inf]),
    "other_pnl_coin": (signed, floats(-BIG, BIG), [math.inf]),
    **dict.fromkeys(
        [
            "price_usd", "entry_usd", "exit_usd", "mark_usd", "spot_usd", "multiplier_usd",
            "multiplier_coin", "multiplier", "lot", "leverage", "daily_volatility",
        ],
        (positive, floats(5e-324, BIG), [0.0, -0.0, -1.0, math.inf]),
    ),
    "liquidation_price_usd": (
        positive | st.just(math.inf),
        floats(5e-324, BIG) | st.just(math.inf),
        [0.0, -1.0],
    ),
    **dict.fromkeys(
        [
            "wallet", "wallet_coin", "wallet_usd", "maintenance_amount_coin",
            "maintenance_amount_usd", "other_maintenance_coin", "other_maintenance_usd",
        ],
        (at_least_0, floats(0, BIG), [-1e-300, -1.0, math.inf]),
    ),
    **dict.fromkeys(
        ["fee_rate", "open_fee_rate", "close_fee_rate", "funding_rate"],
        (rate, floats(-1, 1, exclude_min=True, exclude_max=True), [-1.0, 1.0, 5.0, math.inf]),
    ),
    **dict.fromkeys(
        ["maintenance_rate", "taker_fee"],
        (fraction, floats(0, 1, exclude_max=True), [-1e-300, 1.0, 5.0, math.inf]),
    ),
}  # fmt: skip

CHOICES: dict[str, st.SearchStrategy[Any]] = {
    "basis": st.sampled_from(["mark", "entry"]),
    "kind": st.sampled_from(["inverse", "linear"]),
    "rounding": st.sampled_from(["nearest", "down", "up"]),
    "stablecoin": st.booleans(),
    "tiers": tiers(),
    "terms": st.builds(
        lambda make, basis, unit, ladder: make(
            maintenance_basis=basis,
            tier_unit=unit,
            maintenance_floors=ladder.floors,
            maintenance_rates=ladder.rates,
        ),
        st.sampled_from([terms, linear_terms]),
        st.sampled_from(["mark", "entry", None]),
        st.sampled_from(["coin", "usd"]),
        tiers(),
    ),
}
# An argument that may be left out by None.
OPTIONAL = {
    ("inverse_pnl_usd", "spot_usd"),
    ("inverse_break_even_price", "close_fee_rate"),
    ("linear_break_even_price", "close_fee_rate"),
    ("liquidation_price", "maintenance_rate"),
    ("margin_tiers", "contracts"),
}

VALID = {
    "contracts": -1000.0,
    "wallet": 1e9,
    "wallet_coin": 1e9,
    "wallet_usd": 1e9,
    "basis": "mark",
    "kind": "inverse",
    "rounding": "nearest",
    "tiers": h.MarginTiers(floors=(0, 1), rates=(0.01, 0.02)),
    "stablecoin": False,
    "terms": terms(),
}
ARGUMENTS = [
    (name, argument)
    for name, parameters in PARAMETERS.items()
    for argument in parameters
    if argument in KINDS
]


def test_every_argument_is_known():
    assert len(FUNCTIONS) >= 28
    for name, parameters in PARAMETERS.items():
        assert set(parameters) <= set(KINDS) | set(CHOICES), name
        assert FUNCTIONS[name].__doc__


def valid(name):
    """Arguments that the function takes, each a plain number in the middle of its range."""
    found = {p: VALID.get(p, 0.25 if p in KINDS else None) for p in PARAMETERS[name]}
    return (
        {p: [x, x] for p, x in found.items() if p in KINDS}
        | {p: x for p, x in found.items() if p not in KINDS}
        if name in FILLS
        else found
    )


def leaves(result):
    if isinstance(result, tuple):
        return [leaf for part in result for leaf in leaves(part)]
    if isinstance(result, (h.Ledger, h.MarginTiers)):
        numbers_of = [getattr(result, field) for field in result.__slots__]
        return [np.asarray(x) for x in numbers_of if not isinstance(x, str)]
    return [] if result is None else [np.asarray(result)]


def check(name, result):
    for leaf in leaves(result):
        assert leaf.dtype == np.float64
        assert not np.isnan(leaf).any()
        if name not in ENDLESS | {"run_ledger"}:
            assert np.isfinite(leaf).all()
        if "price" in name:
            assert np.all(leaf >= 0)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_middle_of_every_range_has_an_answer(name):
    arguments = valid(name)
    if name == "run_ledger":
        arguments["multiplier"] = 10.0
    check(name, FUNCTIONS[name](**arguments))


def drawn(draw, name, edge):
    found = {}
    size = draw(st.integers(1, 4))
    for argument in PARAMETERS[name]:
        if argument in CHOICES:
            found[argument] = draw(CHOICES[argument])
            continue
        one = KINDS[argument][edge]
        if name in FILLS and argument != "multiplier":
            found[argument] = draw(st.lists(one, min_size=size, max_size=size))
        elif name in SINGLE or argument == "multiplier" or draw(st.booleans()):
            found[argument] = draw(one)
        else:
            found[argument] = draw(st.lists(one, min_size=size, max_size=size))
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=40)
@given(data=st.data())
def test_usual_numbers_give_numbers(name, data):
    arguments = drawn(data.draw, name, 0)
    try:
        result = FUNCTIONS[name](**arguments)
    except h.HedgeError:
        assert name in CHOOSY
    else:
        check(name, result)
        shapes = [np.shape(arguments[p]) for p in arguments if p in KINDS]
        if name not in FILLS | SINGLE:
            for leaf in leaves(result):
                assert leaf.shape == np.broadcast_shapes(*shapes)
            if not any(shapes):
                parts = result if isinstance(result, tuple) else (result,)
                assert {type(part) for part in parts} == {float}


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=40)
@given(data=st.data())
def test_extreme_numbers_give_numbers_or_a_typed_error(name, data):
    arguments = drawn(data.draw, name, 1)
    try:
        result = FUNCTIONS[name](**arguments)
    except h.HedgeError as error:
        told = str(error)
    else:
        told = "numbers"
        check(name, result)
    assert told


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - FILLS - SINGLE))
@settings(max_examples=15)
@given(data=st.data())
def test_many_at_once_are_each_one(name, data):
    size = 3
    choices = {p: data.draw(CHOICES[p]) for p in PARAMETERS[name] if p in CHOICES}
    columns = {
        p: data.draw(st.lists(KINDS[p][0], min_size=size, max_size=size))
        for p in PARAMETERS[name]
        if p in KINDS
    }

    def call(values):
        try:
            result = FUNCTIONS[name](**choices, **values)
        except h.HedgeError:
            return None
        return result if isinstance(result, tuple) else (result,)

    each = [call({p: column[i] for p, column in columns.items()}) for i in range(size)]
    many = call(columns)
    grid = call({p: np.reshape(column, (size, 1)) for p, column in columns.items()})
    if None in each:
        assert many is None
    else:
        assert [part.tolist() for part in many] == [list(part) for part in zip(*each, strict=True)]
        assert [part.ravel().tolist() for part in grid] == [part.tolist() for part in many]


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
def test_bad_input_is_refused_by_name(name, argument):
    wrong = {**BAD_ANYWHERE, **{str(x): x for x in KINDS[argument][2]}}
    if (name, argument) in OPTIONAL:
        del wrong["none"]
    usual = valid(name) | ({"multiplier": 10.0} if name == "run_ledger" else {})
    for what, bad in wrong.items():
        values = [bad]
        if not isinstance(bad, (list, np.ndarray, dict, set)) and name not in SINGLE:
            values.append([0.25, bad])
        for value in values:
            with pytest.raises(h.InvalidInput) as error:
                FUNCTIONS[name](**(usual | {argument: value}))
            assert argument in str(error.value), what
            if isinstance(bad, float) and value is bad and name not in FILLS:
                assert repr(bad) in str(error.value), what


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bad_choices_are_refused_by_name(name):
    usual = valid(name) | ({"multiplier": 10.0} if name == "run_ledger" else {})
    for argument in set(PARAMETERS[name]) & set(CHOICES):
        for bad in BAD_ANYWHERE.values():
            if isinstance(bad, bool) and isinstance(usual[argument], bool):
                continue
            with pytest.raises(h.InvalidInput, match=argument):
                FUNCTIONS[name](**(usual | {argument: bad}))


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - FILLS - SINGLE))
def test_shapes_and_emptiness(name):
    usual = valid(name)
    able = [p for p in PARAMETERS[name] if p in KINDS]
    for argument in able:
        result = FUNCTIONS[name](**(usual | {argument: []}))
        for leaf in leaves(result):
            assert leaf.shape == (0,)
        for other in set(able) - {argument}:
            clash = usual | {argument: [usual[argument]] * 2, other: [usual[other]] * 3}
            if usual[argument] is not None and usual[other] is not None:
                with pytest.raises(h.InvalidInput, match="shapes do not go together"):
                    FUNCTIONS[name](**clash)


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_what_takes_single_numbers_takes_no_arrays(name):
    usual = valid(name)
    for argument in set(PARAMETERS[name]) & set(KINDS):
        for many in ([], [0.5], np.full((2, 2), 0.5)):
            with pytest.raises(h.InvalidInput, match=f"{argument} must be a single number"):
                FUNCTIONS[name](**(usual | {argument: many}))


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - SINGLE - {"run_ledger"}))
def test_input_is_left_as_it_was(name):
    usual = valid(name)
    arrays = {p: np.full(2, x) for p, x in usual.items() if p in KINDS and np.ndim(x) == 0}
    arrays |= {p: np.array(x) for p, x in usual.items() if p in KINDS and np.ndim(x) == 1}
    before = {p: a.copy() for p, a in arrays.items()}
    for array in arrays.values():
        array.flags.writeable = False
    result = FUNCTIONS[name](**(usual | arrays))
    for p, array in arrays.items():
        assert np.array_equal(array, before[p])
        for leaf in leaves(result):
            assert not np.shares_memory(leaf, array)
