"""Returns of a book against those of a coin, with the fitted line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hedgelib._check import FINITE, FloatArray, numbers, series
from hedgelib._text import Table, percent
from hedgelib.beta import BetaEstimate
from hedgelib.errors import InvalidInput
from hedgelib.show.layout import Scale, panel
from hedgelib.show.scene import Area, Line, Mark, Panel, Points, Rule, Scene

__all__ = ["BetaScatter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaScatter:
    """Returns of a book (y) and of a coin (x), decimals, with the fitted line."""

    y: FloatArray
    x: FloatArray
    fit: BetaEstimate
    period: str = "daily"

    def __post_init__(self) -> None:
        object.__setattr__(self, "y", series("y", self.y))
        object.__setattr__(self, "x", series("x", self.x))
        if self.y.size != self.x.size:
            raise InvalidInput(f"y and x must be of one length, got {self.y.size}, {self.x.size}")

    def band(self, x: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the fitted line at returns of the coin, and the 95% band of the mean around it.

        The variance of the fitted mean is ``s2/n + se^2 (x - mean)^2``; without a standard error
        the band is the line.
        """
        fit = self.fit
        (x,) = numbers(x=(x, FINITE))
        fitted = np.asarray(fit.alpha + fit.beta * x)
        if not fit.se:
            return fitted, fitted, fitted
        t = (fit.interval()[1] - fit.beta) / fit.se
        half = t * np.sqrt(fit.residual_sd**2 / fit.n + fit.se**2 * (x - self.x.mean()) ** 2)
        return fitted, fitted - half, fitted + half

    def panel(self, *more: Mark) -> Panel:
        """Return the panel, with further marks over the points and the line."""
        x = np.linspace(float(self.x.min()), float(self.x.max()), 50)
        fitted, below, above = self.band(x)
        marks = [
            Rule(at=0.0),
            Rule(at=0.0, direction="x"),
            Points(x=self.x, y=self.y, role="altcoins", size=6, opacity=0.45),
            Area(x=x, low=below, high=above, role="unhedged"),
            Line(x=x, y=fitted, role="unhedged", name=f"slope {self.fit.beta:.2f}", bold=True),
            *more,
        ]
        return panel(
            marks,
            Scale(
                label=f"{self.period} return of {self.fit.x_name}", unit="share", signed=True,
                margin=0.02,
            ),
            Scale(
                label=f"{self.period} return of {self.fit.y_name}", unit="share", signed=True,
                margin=0.05,
            ),
        )  # fmt: skip

    def table(self) -> Table:
        """Return the estimate as a table."""
        fit = self.fit
        rows = [("beta", f"{fit.beta:.2f}"), ("R²", f"{fit.r2:.2f}"), ("returns", f"{fit.n:,}")]
        if fit.se is not None:
            low, high = fit.interval()
            rows.insert(1, ("95% confidence interval", f"{low:.2f} to {high:.2f}"))
        return Table(("estimate", f"{fit.y_name} on {fit.x_name}"), rows)

    def scene(self, *more: Mark, told: str = "") -> Scene:
        """Draw the returns, the line and its band, with further marks and a sentence on them."""
        fit = self.fit
        explained = percent(max(fit.r2, 0.0))
        return Scene(
            title=f"{fit.x_name} explains {explained} of the variance of {fit.y_name}",
            alt=self.alt() + told,
            panels=(self.panel(*more),),
            table=self.table(),
        )

    def alt(self) -> str:
        """Return the finding in a sentence."""
        fit = self.fit
        beta = f"beta {fit.beta:.2f}"
        if fit.se is not None:
            low, high = fit.interval()
            beta += f", 95% confidence interval {low:.2f} to {high:.2f}"
        return (
            f"{fit.n} {self.period} returns of {fit.y_name} against returns of {fit.x_name}, with "
            f"the fitted line: {beta}; {fit.x_name} explains {percent(max(fit.r2, 0.0))} of the "
            "variance."
        )
