import os
import stat
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from minigraph.base.atomic import write_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and pipes of POSIX")


def test_the_new_content_replaces_the_old_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content in (b"long old content", b"", b"new"):
        write_atomically(path, content)
        assert path.read_bytes() == content
        assert names(tmp_path) == ["a"]


def test_nothing_of_a_likely_name_is_touched(tmp_path: Path) -> None:
    for name in (".a.tmp", "a.tmp", "a~", ".a"):
        (tmp_path / name).write_bytes(b"precious")
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    for name in (".a.tmp", "a.tmp", "a~", ".a"):
        assert (tmp_path / name).read_bytes() == b"precious"


@pytest.mark.parametrize("length", [251, 255])
def test_names_of_any_length_that_the_system_takes(length: int, tmp_path: Path) -> None:
    name = "n" * length
    for content in (b"old", b"new"):
        write_atomically(tmp_path / name, content)
        assert (tmp_path / name).read_bytes() == content
    assert names(tmp_path) == [name]


@needs_posix
def test_names_of_characters_of_several_bytes(tmp_path: Path) -> None:
    name = "Θ" * 127  # 254 bytes
    write_atomically(tmp_path / name, b"new")
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_error_keeps_the_old_file_and_leaves_no_litter(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    monkeypatch.setattr(Path, "replace", fail if step == "replace" else Path.replace)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_an_error() -> None:
    with pytest.raises(OSError, match="No space left"):
        write_atomically("/dev/full", b"new")


@needs_posix
def test_a_limit_on_the_size_of_files_keeps_the_old_one(tmp_path: Path) -> None:
    """The nearest thing to a full disk that needs no disk of its own: the system cuts the write short."""
    import resource
    import signal

    path = tmp_path / "a"
    path.write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write_atomically(path, bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_missing_folder_and_a_folder_in_place_of_a_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "missing" / "a", b"new")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
        write_atomically(tmp_path / "folder", b"new")
    assert names(tmp_path) == ["folder"]


@needs_posix
def test_read_only_folders_and_files_are_errors() -> None:
    root, nobody = os.geteuid() == 0, 65534
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "a"
        path.write_bytes(b"old")
        if root:  # who may write anywhere
            for each in (folder, path):
                os.chown(each, nobody, nobody)
            os.seteuid(nobody)
        try:
            path.chmod(0o400)
            with pytest.raises(PermissionError):
                write_atomically(path, b"new")
            path.chmod(0o600)
            folder.chmod(0o500)
            with pytest.raises(PermissionError):
                write_atomically(path, b"new")
            folder.chmod(0o700)
        finally:
            if root:
                os.seteuid(0)
        assert path.read_bytes() == b"old"
        assert names(folder) == ["a"]


@needs_posix
def test_links_are_followed_and_modes_are_kept(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    real = tmp_path / "there" / "real"
    real.write_bytes(b"old")
    real.chmod(0o640)
    (tmp_path / "link").symlink_to(real)
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    umask = os.umask(0o027)
    try:
        write_atomically(tmp_path / "fresh", b"new")
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o640


@pytest.fixture
def guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The name of the temporary file, were it guessed."""
    monkeypatch.setattr(os, "urandom", bytes)
    return tmp_path / ".minigraph-0000000000000000.tmp"


@needs_posix
@pytest.mark.parametrize("kind", ["file", "symbolic link", "dangling link", "hard link", "pipe"])
def test_what_lies_under_the_name_of_the_temporary_file_is_refused_untouched(
    kind: str, tmp_path: Path, guessed: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    if kind == "file":
        guessed.write_bytes(b"precious")
    elif kind == "symbolic link":
        guessed.symlink_to(victim)
    elif kind == "dangling link":
        guessed.symlink_to(tmp_path / "missing")
    elif kind == "hard link":
        guessed.hardlink_to(victim)
    else:
        os.mkfifo(guessed)
    before = names(tmp_path)
    with pytest.raises(FileExistsError):
        write_atomically(tmp_path / "a", b"new")
    assert victim.read_bytes() == b"precious"
    assert names(tmp_path) == before


@needs_posix
def test_another_name_of_the_file_keeps_the_old_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "b").read_bytes() == b"old"


def test_no_two_temporary_files_have_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    replace = Path.replace

    def spy(path: Path, target: Path) -> Path:
        seen.append(path.name)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", spy)
    for _ in range(20):
        write_atomically(tmp_path / "a", b"new")
    assert len(set(seen)) == 20


@needs_posix
def test_the_temporary_file_of_a_private_file_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o600)
    modes = []
    fsync = os.fsync

    def spy(descriptor: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    umask = os.umask(0)
    try:
        write_atomically(path, b"new")
    finally:
        os.umask(umask)
    assert modes[0] == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@needs_posix
def test_the_data_are_on_the_disk_before_the_name_and_the_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = []
    fsync, replace = os.fsync, Path.replace

    def spy_fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        events.append("folder" if stat.S_ISDIR(status.st_mode) else status.st_size)
        fsync(descriptor)

    def spy_replace(path: Path, target: Path) -> Path:
        events.append("replace")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    write_atomically(tmp_path / "a", bytes(1000))
    assert events == [1000, "replace", "folder"]


@needs_posix
def test_a_pipe_is_written_directly(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    write_atomically(pipe, b"new")
    reader.join()
    assert received == [b"new"]
    assert names(tmp_path) == ["pipe"]


def test_writers_at_once_leave_one_whole_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    contents = [bytes([value]) * 300_000 for value in range(8)]
    failures: list[BaseException] = []

    def write(content: bytes) -> None:
        try:
            for _ in range(5):
                write_atomically(path, content)
                assert path.read_bytes() in contents
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert path.read_bytes() in contents
    assert names(tmp_path) == ["a"]
