"""`import hedgelib` in a fresh interpreter: against `import numpy` alone."""

from __future__ import annotations

import subprocess
import sys

from tests.benchmarks.measure import Row, cost, medians


def fresh(statement: str) -> None:
    subprocess.run([sys.executable, "-c", statement], check=True)


def rows() -> list[Row]:
    taken = medians(
        {
            "ours": lambda: fresh("import hedgelib"),
            "numpy": lambda: fresh("import numpy"),
            "used": lambda: fresh("import hedgelib; hedgelib.plan_hedge"),
        },
        repeat=15,
    )
    return [
        cost(
            "import of the package, interpreter start included",
            ("import hedgelib", taken["ours"]),
            ("import numpy", taken["numpy"]),
            same="not applicable",
            at_most=1.15,
        ),
        cost(
            "import and first use of a plan, which loads the finance floors",
            ("import hedgelib; hedgelib.plan_hedge", taken["used"]),
            ("import numpy", taken["numpy"]),
            same="not applicable",
            at_most=2.0,
        ),
    ]
