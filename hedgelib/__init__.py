"""Hedge an altcoin portfolio with inverse (coin-margined) futures.

Every public name of the finance floors in :data:`FLOORS` is here, and loads its floor when it is
first used, so that ``import hedgelib`` costs no more than ``import numpy``. Every module is here
too, loaded likewise; a name that both have is the module.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

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

    __all__: list[str]

__version__ = "0.1.0"

# From the bottom up, so that a name loads no more than the floors below its own.
FLOORS = (
    "errors",
    "contracts",
    "margin",
    "carry",
    "returns",
    "beta",
    "ratio",
    "coins",
    "portfolio",
    "choice",
    "plan",
    "scenario",
)


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return [name for floor in map(_module, FLOORS) for name in floor.__all__]
    if not name.startswith("_"):
        if importlib.util.find_spec(f"hedgelib.{name}"):
            return _module(name)
        for floor in map(_module, FLOORS):
            if name in floor.__all__:
                globals()[name] = value = getattr(floor, name)
                return value
    raise AttributeError(f"module 'hedgelib' has no attribute {name!r}")


def __dir__() -> list[str]:
    import pkgutil  # needed only here

    modules = [module.name for module in pkgutil.iter_modules(__path__)]  # noqa: F405
    return sorted({*globals(), *__getattr__("__all__"), *modules})


def _module(name: str) -> Any:
    return importlib.import_module(f"hedgelib.{name}")
