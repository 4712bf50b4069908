"""What CONTRIBUTING says a newcomer has to touch is all there is to touch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.labtools import ROOT, own_environment

ESTIMATOR = """

def median_beta(book_returns: ArrayLike, coin_returns: ArrayLike) -> BetaEstimate:
    \"\"\"Return the median of the daily ratios as a beta.

    **Source:** the median of ``y / x`` on the days on which the coin moved.

    Examples
    --------
    >>> median_beta([0.02, -0.04, 0.06], [0.01, -0.02, 0.03]).beta
    2.0
    \"\"\"
    y, x = pair(book_returns, coin_returns, "book_returns", "coin_returns")
    fit = ols_beta(y, x)
    return replace(fit, beta=float(np.median(y[x != 0] / x[x != 0])), method="median", se=None)
"""
CHECKED = "median or names or dir or star or usual or type_checkers"
ITS_TEST = """import hedgelib


def test_median_beta():
    assert hedgelib.median_beta([0.02, -0.04, 0.06], [0.01, -0.02, 0.03]).beta == 2.0
    assert "median_beta" in hedgelib.__all__
"""
SECTION = """

@part("fees", "Fees", data=lambda report: {"fees": {"rate": report.plan.fee_rate}})
def fees(report: HedgeReport) -> Section:
    \"\"\"Show the rate of the fees.\"\"\"
    return Section([Text(f"The rate is {report.plan.fee_rate}.")])
"""
ITS_TEST_OF_A_SECTION = """import json

from hedgelib.report import ReportParameters, build_report, section, write_json, write_report


def test_fees(tmp_path):
    report = build_report(ReportParameters(portfolio="layer1.csv"))
    said = str(section(report, "fees")).strip()
    assert said == f"The rate is {report.plan.fee_rate}."
    page, _ = write_report(report, tmp_path)
    assert f"<h2>Fees</h2>\\n<div" in page.read_text()
    assert said in page.read_text()
    assert json.loads(write_json(report, tmp_path).read_text())["fees"]["rate"] > 0
"""


def copied(folder: Path) -> Callable[..., None]:
    """Copy the repository, and return what runs a module of Python there."""
    for name in ("hedgelib", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "CONTRIBUTING.md", "data"):
        (folder / name).symlink_to(ROOT / name)

    def run(*command: str) -> None:
        ran = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=folder,
            env=own_environment() | {"PYTHONPATH": str(folder), "HYPOTHESIS_PROFILE": "quick"},
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, (ran.stdout + ran.stderr)[-3000:]

    return run


@pytest.mark.slow
def test_an_estimator_is_a_function_and_its_test(tmp_path):
    """In a copy: a function and its name in `beta`, and its test; the checks of the floors pass."""
    run = copied(tmp_path)
    beta = tmp_path / "hedgelib" / "beta.py"
    text = beta.read_text().rstrip().replace('    "multi_', '    "median_beta",\n    "multi_', 1)
    beta.write_text(f"{text}\n{ESTIMATOR}")
    (tmp_path / "tests" / "test_median.py").write_text(ITS_TEST)
    tests = (f"tests/test_{name}.py" for name in ("median", "names", "bad_input", "beta"))
    run("pytest", "-q", "-p", "no:cacheprovider", *tests, "hedgelib/beta.py", "-k", CHECKED)
    run("ruff", "check", "hedgelib")
    run("ruff", "format", "--check", "hedgelib")


@pytest.mark.slow
def test_a_section_of_the_report_is_a_function_and_its_test(tmp_path):
    """In a copy: a function in `report/risks.py`, its test, and the notebook that is written."""
    run = copied(tmp_path)
    notebooks = tmp_path / "notebooks" / "reports"
    notebooks.mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / "reports" / "hedge_report.ipynb", notebooks)
    risks = tmp_path / "hedgelib" / "report" / "risks.py"
    risks.write_text(f"{risks.read_text().rstrip()}\n{SECTION}")
    (tmp_path / "tests" / "report" / "test_fees.py").write_text(ITS_TEST_OF_A_SECTION)
    run("hedgelib.report.notebook")
    tests = (f"tests/report/test_{name}.py" for name in ("fees", "registry"))
    run("pytest", "-q", "-p", "no:cacheprovider", *tests)
    run("ruff", "check", "hedgelib")
    run("ruff", "format", "--check", "hedgelib")
    run("mypy", "hedgelib/report/risks.py")
