"""The package's front door: every public name is there, and opening it costs next to nothing."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hedgelib


@pytest.mark.parametrize("floor", hedgelib.FLOORS)
def test_front_door_has_what_a_floor_offers(floor):
    module = importlib.import_module(f"hedgelib.{floor}")
    assert set(module.__all__) <= set(hedgelib.__all__)
    for name in module.__all__:
        assert getattr(hedgelib, name) is getattr(module, name)


def test_no_two_floors_and_no_module_have_the_same_public_name():
    modules = {name for name in dir(hedgelib) if name not in hedgelib.__all__}
    assert len(set(hedgelib.__all__)) == len(hedgelib.__all__)
    assert {"market", "replay", "report", "errors", "plan"} <= modules


def test_type_checkers_see_the_same_floors():
    text = Path(hedgelib.__file__).read_text()
    assert re.findall(r"from hedgelib\.(\w+) import \*", text) == sorted(hedgelib.FLOORS)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'hedgelib' has no attribute 'pnl'"):
        _ = hedgelib.pnl
    with pytest.raises(ImportError, match="cannot import name 'pnl' from 'hedgelib'"):
        from hedgelib import pnl  # noqa: F401


def test_star_import_brings_the_public_names_of_the_floors():
    names: dict[str, object] = {}
    exec("from hedgelib import *", names)
    assert set(names) - {"__builtins__"} == set(hedgelib.__all__)


@pytest.mark.parametrize("before", ["", "hedgelib.plan_hedge; "])
def test_dir_and_completion_list_names_and_modules(before):
    code = (
        f"import hedgelib, rlcompleter; {before}d = set(dir(hedgelib)); "
        "c = rlcompleter.Completer({'hedgelib': hedgelib}); "
        "print({'plan_hedge', 'market', '__version__'} <= d, c.complete('hedgelib.plan_h', 0))"
    )
    answer = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert answer.startswith("True hedgelib.plan_hedge(")


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sorted(m.split('.')[0] for m in sys.modules))"
    return set(subprocess.check_output([sys.executable, "-c", code], text=True).split())


def test_import_of_the_package_loads_nothing_heavy():
    assert not loaded_by("import hedgelib") & {"numpy", "pandas", "matplotlib", "scipy", "numba"}


def test_a_look_for_a_private_name_loads_nothing():
    assert "numpy" not in loaded_by("import hedgelib; hasattr(hedgelib, '_repr_html_')")


def test_finance_floors_load_numpy_and_nothing_above_it():
    heavy = loaded_by("import " + ", ".join(f"hedgelib.{floor}" for floor in hedgelib.FLOORS))
    assert "numpy" in heavy
    assert not heavy & {"pandas", "matplotlib", "IPython", "ipywidgets", "numba", "ccxt"}
