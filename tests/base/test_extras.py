import json
import sys
from pathlib import Path

import pytest

from minigraph.base import extras
from minigraph.errors import MissingExtraError


def test_what_is_installed_is_returned() -> None:
    assert extras.require("json", "none") is json
    assert extras.require("json.decoder", "none") is sys.modules["json.decoder"]


@pytest.mark.parametrize("module", ["no_such_package", "no_such_package.part"])
def test_what_is_missing_is_named_with_its_extra(module: str) -> None:
    with pytest.raises(MissingExtraError, match=r"no_such_package is not installed: pip install 'minigraph\[plot\]'"):
        extras.require(module, "plot")


def test_what_an_installed_package_misses_itself_is_not_blamed_on_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_package.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="No module named 'no_such_package'") as caught:
        extras.require("broken_package", "plot")
    assert not isinstance(caught.value, MissingExtraError)
