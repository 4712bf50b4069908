"""One round of ``make fuzz-class``."""

from __future__ import annotations

import pytest

from tests.benchmarks.fuzz_class import WAYS, fuzz


@pytest.mark.usefixtures("bubblewrap")
def test_strange_submissions_change_nobody_else_s_marks(tmp_path):
    assert fuzz(tmp_path, rounds=1, bad=len(WAYS), seed=8) == []
