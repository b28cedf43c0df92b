"""Files that are written whole or not at all: whoever reads finds the old content or the new one."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], data: bytes | bytearray | memoryview) -> None:
    """Write a file so that an error, a full disk or a killed process leaves the old content untouched.

    The data go to `.NAME.tmp` beside the file, onto the disk, and then under the file's name in one step.
    What a killed process leaves behind is always called that, and the next writer takes it over. Two
    writers of one file take turns. A pipe or a device, which has no old content, is written directly.

    Args:
        path: of the file; through a symbolic link the file it points to is replaced, and its mode is kept.
        data: the whole new content.

    Raises:
        OSError: the folder or the file is read-only, the disk is full, …; the file is as it was.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "greeting.txt")
    ...     write_atomically(path, b"hello")
    ...     path.read_bytes(), os.listdir(folder)
    (b'hello', ['greeting.txt'])
    """
    target = Path(os.path.realpath(path))
    mode = None
    if target.exists():
        if not target.is_file():
            target.write_bytes(data)
            return
        os.close(os.open(target, os.O_WRONLY))  # a file that may not be written to may not be replaced either
        mode = stat.S_IMODE(target.stat().st_mode)
    temporary = target.with_name(f".{target.name}.tmp")
    descriptor = _open_alone(temporary)
    try:
        with open(descriptor, "wb", closefd=sys.platform == "win32") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # Windows renames no open file; elsewhere the lock is held until the new name is there.
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        if sys.platform != "win32":
            os.close(descriptor)
    _flush_folder(target.parent)


if sys.platform == "win32":

    def _open_alone(temporary: Path) -> int:
        # What another writer has open cannot be removed here: that is an error, and its file is safe.
        temporary.unlink(missing_ok=True)
        return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_BINARY)

else:
    import fcntl

    def _open_alone(temporary: Path) -> int:
        """Open the temporary file, empty, for this writer alone; the caller closes the descriptor."""
        while True:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if _is_same_file(descriptor, temporary):
                    os.ftruncate(descriptor, 0)
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # while this writer waited, the one before renamed or removed its file


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat(follow_symlinks=False))
    except FileNotFoundError:
        return False


def _flush_folder(folder: Path) -> None:
    """Bring the new name onto the disk too, where the system lets a folder be opened for that."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
