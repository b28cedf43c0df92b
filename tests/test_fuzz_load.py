from pathlib import Path

import pytest

import fuzz_load
import kill_save
from minigraph.persistence import to_bytes


def test_a_share_of_the_mutated_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz_load.main(["--count", "1000", "--seed", "1"]) == 0
    assert "(another network)" in capsys.readouterr().out


def test_a_network_that_is_not_the_original_would_be_noticed(tmp_path: Path) -> None:
    large, small = fuzz_load.networks()
    with pytest.raises(AssertionError, match="another network"):
        fuzz_load.check(to_bytes(small), large, tmp_path / "net")


def test_a_share_of_the_kills(capsys: pytest.CaptureFixture[str]) -> None:
    assert kill_save.main(["--count", "4", "--megabytes", "8"]) == 0
