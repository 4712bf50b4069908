"""The package's front door: every public name is there, and opening it costs next to nothing."""

import importlib
import subprocess
import sys

import pytest

import hedgelib
from hedgelib._names import FLOOR_OF, MODULES


@pytest.mark.parametrize("floor", sorted(set(FLOOR_OF.values())))
def test_front_door_lists_what_a_floor_offers(floor):
    module = importlib.import_module(f"hedgelib.{floor}")
    # A name that is also a module's stays with the module.
    offered = {name for name in module.__all__ if name not in MODULES}
    assert {name for name, home in FLOOR_OF.items() if home == floor} == offered
    for name in offered:
        assert getattr(hedgelib, name) is getattr(module, name)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'hedgelib' has no attribute 'pnl'"):
        _ = hedgelib.pnl


def test_dir_lists_names_and_modules():
    assert {"plan_hedge", "market", "__version__"} <= set(dir(hedgelib))


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sorted(m.split('.')[0] for m in sys.modules))"
    return set(subprocess.check_output([sys.executable, "-c", code], text=True).split())


def test_import_of_the_package_loads_nothing_heavy():
    assert not loaded_by("import hedgelib") & {"numpy", "pandas", "matplotlib", "scipy", "numba"}


def test_finance_floors_load_numpy_and_nothing_above_it():
    floors = sorted(set(FLOOR_OF.values()))
    heavy = loaded_by("import " + ", ".join(f"hedgelib.{floor}" for floor in floors))
    assert "numpy" in heavy
    assert not heavy & {"pandas", "matplotlib", "IPython", "ipywidgets", "numba", "ccxt"}
