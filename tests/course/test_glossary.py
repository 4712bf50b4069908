"""Every term is there once, and every name of code in the glossary is one."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass

import pytest

import hedgelib
from hedgelib import InvalidInput, market, replay
from hedgelib.course.glossary import (
    FIELDS,
    NOTATION,
    TERMS,
    find_terms,
    say_notation,
    say_terms,
    terms,
)


def names():
    """Every public name of the library, of its arguments and of the fields of its results."""
    found = set()
    for module in (hedgelib, market, replay):
        for name in module.__all__:
            thing = getattr(module, name)
            found.add(name)
            if is_dataclass(thing):
                found |= {field.name for field in fields(thing)}
            if inspect.isfunction(thing):
                found |= set(inspect.signature(thing).parameters)
    return found


def test_names_of_code_exist():
    known = names()
    for one in (*TERMS, *NOTATION):
        for name in one.code.split(", "):
            assert name == "-" or name in known, name


def test_each_term_and_letter_stands_once():
    assert len({term.word for term in TERMS}) == len(TERMS)
    assert len({one.symbol for one in NOTATION}) == len(NOTATION)
    assert {term.field for term in TERMS} == set(FIELDS)


def test_terms_are_found_by_either_language():
    assert [term.word for term in terms(words="gearing")] == ["leverage"]
    assert "basis" in [term.word for term in terms("carry", "futures PREMIUM")]
    assert terms() == TERMS
    with pytest.raises(InvalidInput, match="field must be one of"):
        terms("nowhere")


def test_a_short_word_is_found_at_the_start_of_words_only():
    assert [term.word for term in terms(words="OI")] == ["open interest"]
    assert "liquidation" in [term.word for term in terms(words="liq")]
    assert "PnL" in [term.word for term in terms(words="P&L")]
    assert "PnL" in [term.word for term in terms(words="pnl")]


def rows(finder):
    return list(finder.scene.table.rows) if finder.scene.table else []


def test_tables_have_every_line(capsys):
    say_notation()
    assert capsys.readouterr().out.count("\n| ") == len(NOTATION)
    for field in FIELDS:
        say_terms(field)
        assert capsys.readouterr().out.count("\n| ") == len(terms(field))


def test_finder_of_terms():
    finder = find_terms()
    assert rows(finder) == [term.row for term in TERMS]
    assert finder.sentence == f"{len(TERMS)} of {len(TERMS)} terms."
    finder.set(field="margin", words="short")
    assert rows(finder) == [term.row for term in terms("margin", "short")]
    finder.reset()
    assert rows(finder) == [term.row for term in TERMS]


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("liquidation", "liquidation price"),
        ("liquidated", "liquidation"),
        ("haircut", "haircut"),
        ("contango", "contango, backwardation"),
        ("ADL", "auto-deleveraging"),
        ("mark price", "mark"),
        ("open interest", "open interest"),
        ("OI", "open interest"),
        ("perps", "perpetual"),
        ("index price", "index"),
        ("entry price", "average entry"),
        ("margin call", "margin call"),
        ("cross margin", "cross"),
        ("isolated margin", "isolated"),
        ("funding fees", "funding"),
        ("APY", "annualised"),
        ("max drawdown", "maximum drawdown"),
        ("delta neutral", "synthetic dollar"),
        ("R2", "R²"),
        ("hedging", "hedge"),
        ("order ticket", "order ticket"),
        ("order form", "order ticket"),
        ("reduce-only", "reduce only"),
        ("reduce only", "reduce only"),
        ("no-trade zone", "band"),
        ("deadband", "band"),
        ("depegged", "depeg"),
        ("top up", "top-up"),
        ("survivorship bias", "survivorship bias"),
        ("lookahead", "look-ahead bias"),
        ("look-ahead", "look-ahead bias"),
        ("block bootstrap", "block bootstrap"),
        ("delisted", "delisting"),
        ("exchange", "venue"),
        ("rekt", "liquidation"),
        ("liq price", "liquidation price"),
        ("unrealised PnL", "PnL"),
        ("uPnL", "PnL"),
        ("spread", "bid, ask"),
        ("rolling", "window"),
        ("insurance fund", "insurance fund"),
        ("idiosyncratic risk", "residual"),
        ("OLS", "regression"),
        ("VIF", "VIF"),
        ("implied volatility", "implied volatility"),
        ("market neutral", "beta-neutral"),
        ("exchange risk", "venue risk"),
        ("basis risk", "basis risk"),
        ("clamp", "clamp"),
        ("under-hedged", "over-hedged, under-hedged"),
    ],
)
def test_delivery_4_the_glossary_is_searched_whole_and_knows_what_traders_say(typed, word):
    finder = find_terms()
    finder.set(words=typed)
    assert word in [row[0] for row in rows(finder)]


def test_delivery_4_a_field_without_the_word_says_which_fields_have_it():
    finder = find_terms()
    finder.set(field="contracts", words="haircut")
    count = len(terms("margin", "haircut"))
    assert count
    told = f"0 of {len(TERMS)} terms. There are some in: {FIELDS['margin']} ({count})."
    assert finder.sentence == told
    bundle, _ = finder._repr_mimebundle_()
    assert told in bundle["text/plain"]
    assert told in bundle["text/html"]
    # Nothing is promised that is not there, and nothing is said where something is found.
    finder.set(words="wallaby")
    assert finder.sentence == f"0 of {len(TERMS)} terms."
    finder.set(field="margin", words="haircut")
    assert finder.sentence == f"{count} of {len(TERMS)} terms."
