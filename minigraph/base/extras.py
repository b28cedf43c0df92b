"""Optional dependencies, imported where they are used."""

from __future__ import annotations

import importlib
from types import ModuleType

from minigraph.errors import MissingExtraError


def require(module: str, extra: str) -> ModuleType:
    """Import an optional dependency.

    Args:
        module: name of the module, as in an import statement.
        extra: the extra of this package that provides it.

    Raises:
        MissingExtraError: the module is not installed; the message says how to install it.

    >>> require("scipy_of_another_name", "scipy")
    Traceback (most recent call last):
    minigraph.errors.MissingExtraError: scipy_of_another_name is not installed: pip install 'minigraph[scipy]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise  # a missing dependency of the package itself is a different error
        raise MissingExtraError(f"{package} is not installed: pip install 'minigraph[{extra}]'") from error
