"""What every report would do again, done once: imports, fonts, caches.

The fork server imports this before it forks, see :mod:`hedgelib.report.run`.
"""

import gc

from hedgelib import market
from hedgelib.report.run import Job, make

# What fails here fails in each report too, which then says so.
_draft = market.data_folder() / "portfolios" / "layer1.csv"
make(Job(parameters={"portfolio": str(_draft), "as_of_data": True}))

# A collection in a fork would copy every page that it looks at.
gc.freeze()
