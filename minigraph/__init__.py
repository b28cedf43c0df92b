"""Neural networks whose every number can be seen, traced, drawn and trusted.

>>> import minigraph as mg
>>> net = mg.mlp([2, 3, 1], seed=0)
>>> J, gradient = net.cost_and_gradient([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
>>> net.node(2).delta.shape
(4, 3)
"""

import ast
from functools import cache
from importlib import import_module

from minigraph.diagram.draw import diagram as diagram  # now: loading the folder later would hide the function

__version__ = "0.2.0"


@cache
def _public_names() -> dict[str, str]:
    """Return the module of every public name, as `__init__.pyi` lists them for type checkers."""
    stub = ast.parse(__loader__.get_data(f"{__file__}i"))
    imports = [statement for statement in stub.body if isinstance(statement, ast.ImportFrom)]
    return {alias.name: str(statement.module) for statement in imports for alias in statement.names}


def __getattr__(name: str) -> object:
    if name == "__all__":
        return sorted(_public_names())
    if name.startswith("__") or name not in _public_names():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_public_names()[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_public_names()})
