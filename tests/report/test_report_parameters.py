"""Every parameter is checked by name and by value, whoever passes it."""

from __future__ import annotations

import argparse
import math
from datetime import date

import papermill
import pytest

from hedgelib.commands.report import GROUPS, add_parameters
from hedgelib.errors import HedgeError, InvalidInput, UnknownParameter
from hedgelib.report import PARAMETER_HELP, ReportParameters, report_notebook

NAMES = ReportParameters.names()


def test_notebook_help_lists_every_parameter_with_its_default_and_meaning():
    shown = papermill.inspect_notebook(report_notebook())
    assert tuple(shown) == NAMES == tuple(PARAMETER_HELP)
    defaults = ReportParameters(portfolio="data/portfolios/layer1.csv").to_dict()
    types = {str: "str", float: "float", int: "int", bool: "bool", type(None): "None"}
    for name, parameter in shown.items():
        assert parameter["help"] == PARAMETER_HELP[name]
        assert parameter["default"] == repr(defaults[name]).replace("'", '"')
        assert types[type(defaults[name])] in parameter["inferred_type_name"]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("portfolio", "", "must be text"),
        ("portfolio", 7, "papermill -r"),
        ("portfolio", "a\0b", "must be text"),
        ("portfolio", "a\udcff.csv", "'a\\udcff.csv'; rename the file"),
        ("benchmark", "eth", "one of auto, BTC, ETH, or BTC,ETH for two legs, got 'eth'"),
        ("benchmark", ["ETH"], "one of auto"),
        ("contract", None, "must be text"),
        ("collateral", "bitcoin", "one of new_money, from_portfolio, stablecoin"),
        ("collateral_usd", 0, "collateral_usd must be > 0, got 0.0"),
        ("max_leverage", 0, "max_leverage must be > 0, got 0.0"),
        ("max_leverage", "3x", "plain number such as 2.5"),
        ("max_leverage", None, "max_leverage"),
        ("max_leverage", True, "max_leverage"),
        ("max_leverage", [1.0, 2.0], "one number"),
        ("max_leverage", math.nan, "got nan"),
        ("max_leverage", "nan", "plain number"),
        ("rounding", "UP", "one of nearest, down, up"),
        ("window_days", 29, "whole number of days >= 30"),
        ("window_days", 30.5, "whole number"),
        ("window_days", math.inf, "finite"),
        ("venue", "", "must be text"),
        ("venue", 7, "papermill -r"),
        ("horizon_days", 0, "whole number of days >= 1"),
        ("horizon_days", 1.5, "whole number of days >= 1"),
        ("horizon_days", 31, "at least 12 returns, got 11 of 31 days in a window_days of 365"),
        ("funding_rate_8h", 1, "between -1 and 1 (1% is 0.01), got 1.0; or history"),
        ("funding_rate_8h", "0.01%", "write a plain number such as 2.5; or history"),
        ("funding_rate_8h", None, "or history"),
        ("funding_rate_8h", "History", "or history"),
        ("no_alias", 1, "no_alias must be true or false, got 1"),
        ("no_alias", "yes", "no_alias must be true or false, got 'yes'"),
        ("hedge_ratio", -1, "> 0"),
        ("target_beta", math.inf, "finite"),
        ("target_beta", "0,5", "plain number"),
        ("maintenance_rate", 1, "0 to below 1"),
        ("price_usd", 0, "price_usd must be > 0, got 0.0"),
        ("price_usd", "-3500", "got -3500.0"),
        ("as_of_data", "maybe", "must be true or false, got 'maybe'"),
        ("as_of_data", 1, "must be true or false, got 1"),
        ("as_of_data", None, "must be true or false, got None"),
        ("title", 2024, "papermill -r"),
        ("title", "a\nb", "printable"),
        ("title", "x" * 201, "200"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_and_what_is_accepted(name, value, says):
    with pytest.raises(InvalidInput) as caught:
        ReportParameters(**({"portfolio": "my.csv"} | {name: value}))
    assert name in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(("text", "flag"), [("true", True), (" False ", False), (True, True)])
def test_flags_given_as_text_become_flags(text, flag):
    assert ReportParameters(portfolio="x.csv", no_alias=text).no_alias is flag


def test_numbers_given_as_text_become_numbers():
    got = ReportParameters(
        portfolio="p.csv",
        max_leverage="2.50",
        window_days="120",
        target_beta="-1e-1",
        collateral_usd="10000",
        horizon_days="7",
        funding_rate_8h="-1e-4",
    )
    assert (got.horizon_days, got.funding_rate_8h) == (7, -0.0001)
    assert (got.max_leverage, got.window_days, got.target_beta) == (2.5, 120, -0.1)
    assert isinstance(got.window_days, int)
    assert got.collateral_usd == 10_000
    assert got == ReportParameters(**got.to_dict())


def test_a_misspelt_name_is_refused_with_the_close_match_and_the_list():
    with pytest.raises(UnknownParameter) as caught:
        ReportParameters.from_mapping({"portfolio": "p.csv", "max_levrage": 2, "zzz": 1})
    assert "'max_levrage' (did you mean max_leverage?)" in str(caught.value)
    assert "'zzz'" in str(caught.value)
    assert ", ".join(NAMES) in str(caught.value)
    with pytest.raises(InvalidInput, match="portfolio must be given"):
        ReportParameters.from_mapping({})


def fresh(**more: object) -> dict[str, object]:
    """Return what a kernel's namespace holds when papermill has set its parameters."""
    return {
        "__name__": "__main__",
        "_i1": "…",
        "In": [""],
        "Out": {},
        "exit": object(),
        "ReportParameters": ReportParameters,
        "math": math,
        "portfolio": "p.csv",
        **more,
    }


@pytest.mark.parametrize("value", [1, "x", None, True, 2.5, [1], {"a": 1}, date(2024, 1, 1)])
def test_a_notebook_refuses_any_variable_that_is_no_parameter(value):
    with pytest.raises(UnknownParameter, match=r"unknown parameter 'Window_Days' .*window_days"):
        ReportParameters.from_namespace(fresh(Window_Days=value))


def test_a_notebook_takes_its_parameters_from_its_variables():
    got = ReportParameters.from_namespace(fresh(max_leverage="2", title=None))
    assert got == ReportParameters(portfolio="p.csv", max_leverage=2.0)


def test_a_notebook_that_ran_before_may_hold_other_variables_but_no_near_misses():
    ran = fresh(x=3, report=ReportParameters(portfolio="p.csv"))
    assert ReportParameters.from_namespace(ran).portfolio == "p.csv"
    with pytest.raises(UnknownParameter, match="max_levrage"):
        ReportParameters.from_namespace({**ran, "max_levrage": 2})


def test_the_errors_are_of_the_one_family():
    assert issubclass(UnknownParameter, HedgeError)


def test_the_help_groups_the_options_and_leaves_none_out():
    names = " ".join(GROUPS.values()).split()
    assert sorted(names) == sorted(set(ReportParameters.names()) - {"portfolio"})
    parser = argparse.ArgumentParser()
    add_parameters(parser)
    said = parser.format_help()
    places = [said.index(f"\n{heading}:\n") for heading in GROUPS]
    assert places == sorted(places)
