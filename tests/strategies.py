"""Settings and strategies of the property tests, and bad values that no function may take."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

import hedgelib as h

# Machines are noisy and a run must be repeatable: no deadline, the same examples every time.
settings.register_profile(
    "hedgelib",
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
# For every save (`make check`); `make test` tries all examples.
settings.register_profile("quick", settings.get_profile("hedgelib"), max_examples=10)
# For mutation testing: a failure is enough, its smallest example is not wanted. Most mutants fall
# to a few examples; what is left is tried with all of them.
for profile, examples in (
    ("mutants-first", 5),
    ("mutants", settings.get_profile("hedgelib").max_examples),
):
    settings.register_profile(
        profile,
        settings.get_profile("hedgelib"),
        phases=[Phase.explicit, Phase.generate],
        max_examples=examples,
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "hedgelib"))


@contextmanager
def refused(message: str, kind: type[h.HedgeError] = h.InvalidInput) -> Iterator[None]:
    """Expect an error of exactly this kind and with exactly this message."""
    with pytest.raises(h.HedgeError) as caught:
        yield
    assert (type(caught.value), str(caught.value)) == (kind, message)


def check_value_object(kind: type) -> None:
    """Check that a result or a table of terms is frozen, slotted and made by keywords only."""
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen
    assert set(kind.__slots__) == {field.name for field in dataclasses.fields(kind)}
    assert all(field.kw_only for field in dataclasses.fields(kind))


class _Page(HTMLParser):
    """Collects the tags of a page and the text of each element that has any."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.open = False
        self.outermost: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name.startswith("on") or name == "src" for name, _ in attrs)
        if tag == "span":  # keeps a date or an amount in one line
            return
        if not self.tags:
            self.outermost = [value for name, value in attrs if name == "class"]
        self.tags.add(tag)
        self.open = False
        if tag in ("td", "th", "li", "p", "caption"):
            self.texts.append("")
            self.open = True

    def handle_data(self, data: str) -> None:
        assert self.open or not data.strip()
        self.texts[-1] += data


def shown(result: Any) -> list[str]:
    """Return the texts that a notebook shows for `result`: plain table markup, nothing else."""
    page = _Page()
    page.feed(result._repr_html_())
    page.close()
    assert page.tags <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "ul", "li", "p"}
    # JupyterLab takes two dollar signs for a formula, anywhere but in this class.
    outermost = (page.outermost[0] or "").split() if page.outermost else []
    assert "".join(page.texts).count("$") < 2 or "mathjax_ignore" in outermost
    return page.texts


def floats(low: float, high: float, **kwargs: Any) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_infinity=False, **kwargs)


prices = floats(1e-4, 1e6)
multipliers = st.sampled_from([0.001, 0.1, 1.0, 10.0, 100.0])
sizes = floats(1e-2, 1e7)
signed = st.builds(math.copysign, sizes, st.sampled_from([-1.0, 1.0]))
fees = floats(-0.001, 0.01)
kinds = st.sampled_from(["inverse", "linear"])
bases = st.sampled_from(["mark", "entry"])


@st.composite
def tiers(draw: st.DrawFn, scale: float = 1.0) -> h.MarginTiers:
    """A ladder of one to five tiers, its floors of the order of `scale`."""
    n = draw(st.integers(1, 5))
    steps = draw(st.lists(floats(0.05, 2.0), min_size=n - 1, max_size=n - 1))
    rates = sorted(draw(st.lists(floats(0.001, 0.3), min_size=n, max_size=n)))
    floors = (0.0, *(float(x) * scale for x in np.cumsum(steps)))
    return h.MarginTiers(floors=floors, rates=tuple(rates))


def terms(**changes: Any) -> h.ContractTerms:
    """Plain inverse ETH terms, or what the changes make of them."""
    plain: dict[str, Any] = {
        "venue": "Test",
        "symbol": "ETHUSD",
        "kind": "inverse",
        "coin": "ETH",
        "settle": "ETH",
        "multiplier": 10.0,
        "maintenance_basis": "mark",
        "maintenance_floors": (0.0,),
        "maintenance_rates": (0.005,),
        "taker_fee": 0.0005,
    }
    return h.ContractTerms(**(plain | changes))


def linear_terms(**changes: Any) -> h.ContractTerms:
    plain = {"symbol": "ETHUSDT", "kind": "linear", "settle": "USDT", "multiplier": 0.01}
    return terms(**(plain | changes))


class Awkward:
    """Numbers by its own account, and none by ours."""

    def __float__(self) -> float:
        return 1.0


BAD_ANYWHERE: dict[str, Any] = {
    "nan": math.nan,
    "minus infinity": -math.inf,
    "none": None,
    "text": "3",
    "empty text": "",
    "bytes": b"3",
    "true": True,
    "false": False,
    "numpy bool": np.True_,
    "complex": 1j,
    "huge int": 10**400,
    "huge negative int": -(10**400),
    "decimal": Decimal(3),
    "fraction": Fraction(1, 3),
    "date": date(2025, 1, 1),
    "datetime64": np.datetime64("2025-01-01"),
    "timedelta64": np.timedelta64(1, "D"),
    "aware time": pd.Timestamp("2025-01-01", tz="UTC"),
    "pandas NA": pd.NA,
    "object": Awkward(),
    "dict": {"a": 1},
    "set": {1.0},
    "function": len,
    "long double infinity": np.longdouble("inf") * -1,
    "masked": np.ma.masked,
    "masked array": np.ma.array([1.0, 2.0], mask=[False, True]),
    "list with masked": [1.0, np.ma.masked],
    "list with nan": [0.5, math.nan],
    "list with none": [0.5, None],
    "list with bool": [0.5, True],
    "list with text": [0.5, "0.5"],
    "list with huge int": [10**400],
    "ragged": [[0.5], [0.5, 0.5]],
    "objects": np.array([0.5, 0.5], dtype=object),
    "texts": np.array(["0.5"]),
    "bools": np.array([True, False]),
    "complexes": np.array([0.5 + 0j]),
    "dates": np.array(["2025-01-01"], dtype="datetime64[D]"),
    "records": np.array([(1.0, 2.0)], dtype=[("a", float), ("b", float)]),
    "frame of text": pd.DataFrame({"a": ["x"]}),
}
