"""What every report would do again, done once: imports, fonts, caches.

The fork server imports this before it forks, see :mod:`hedgelib.report.run`.
"""

from contextlib import suppress

from hedgelib import market
from hedgelib.report.cells import run_notebook
from hedgelib.report.parameters import ReportParameters
from hedgelib.report.render import make_pages

# What fails here fails in each report too, which then says so.
with suppress(Exception):
    _draft = market.data_folder() / "portfolios" / "layer1.csv"
    make_pages(*run_notebook(ReportParameters(portfolio=str(_draft), as_of_data=True)))
