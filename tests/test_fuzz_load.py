from pathlib import Path

import pytest

import fuzz_load
import kill_save
from minigraph.persistence import to_bytes


def test_a_share_of_the_mutated_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz_load.main(["--models", "1000", "--checkpoints", "800", "--seed", "1"]) == 0
    output = capsys.readouterr().out
    assert "(another network)" in output
    assert "(another checkpoint)" in output


def test_a_network_that_is_not_the_original_would_be_noticed(tmp_path: Path) -> None:
    large, small = fuzz_load.networks()
    with pytest.raises(AssertionError, match="another network"):
        fuzz_load.check_model(to_bytes(small), large, tmp_path / "net")


def test_a_checkpoint_that_is_not_the_original_would_be_noticed(tmp_path: Path) -> None:
    early, late = fuzz_load.checkpoints(tmp_path)
    with pytest.raises(AssertionError, match="another checkpoint"):
        fuzz_load.check_checkpoint(early, late, tmp_path / "run")


def test_what_leaks_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    def leak(content: bytes, original: object, path: Path) -> str:
        raise KeyError("secret")

    content = to_bytes(fuzz_load.networks()[1])
    assert not fuzz_load.fuzz([(None, content)], leak, 5, seed=3)
    assert "file 0 of seed 3: KeyError: 'secret'" in capsys.readouterr().out


def test_a_share_of_the_kills(capsys: pytest.CaptureFixture[str]) -> None:
    assert kill_save.main(["--count", "4", "--megabytes", "8"]) == 0
