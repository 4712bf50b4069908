"""Some moments of those at which ``make soak`` kills `hedgelib grade`."""

from __future__ import annotations

import pytest

from tests.benchmarks.kill_grading import kill


@pytest.mark.usefixtures("bubblewrap")
def test_a_run_that_was_killed_is_taken_up(tmp_path):
    faults, at_work, _ = kill(tmp_path, times=2, seed=3)
    assert faults == []
    assert at_work > 0
