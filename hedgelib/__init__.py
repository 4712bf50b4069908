"""Hedge an altcoin portfolio with inverse (coin-margined) futures.

Every public name of the finance floors is here, and loads its floor when it is first used, so that
``import hedgelib`` costs no more than ``import numpy``. The floors above them (`market`, `report`,
`show`, `workbook`) are modules, loaded likewise, and so are `paths`, `rules` and `replay`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import hedgelib._names as _names

if TYPE_CHECKING:
    from hedgelib.beta import *  # noqa: F403
    from hedgelib.carry import *  # noqa: F403
    from hedgelib.choice import *  # noqa: F403
    from hedgelib.coins import *  # noqa: F403
    from hedgelib.contracts import *  # noqa: F403
    from hedgelib.errors import *  # noqa: F403
    from hedgelib.margin import *  # noqa: F403
    from hedgelib.plan import *  # noqa: F403
    from hedgelib.portfolio import *  # noqa: F403
    from hedgelib.ratio import *  # noqa: F403
    from hedgelib.returns import *  # noqa: F403
    from hedgelib.scenario import *  # noqa: F403

__version__ = "0.1.0"

__all__ = list(_names.FLOOR_OF)


def __getattr__(name: str) -> Any:
    if name in _names.FLOOR_OF:
        return getattr(importlib.import_module(f"hedgelib.{_names.FLOOR_OF[name]}"), name)
    if name in _names.MODULES:
        return importlib.import_module(f"hedgelib.{name}")
    raise AttributeError(f"module 'hedgelib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_names.MODULES})
