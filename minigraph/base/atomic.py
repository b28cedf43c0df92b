"""Files that are written whole or not at all: whoever reads finds the old content or the new one."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], data: bytes | bytearray | memoryview) -> None:
    """Write a file so that an error, a full disk or a killed process leaves the old content untouched.

    The data go to a new file of a random name in the same folder, onto the disk, and then under the file's name
    in one step. An error removes the new file; a killed process can leave it behind, as `.minigraph-….tmp`. Of
    two writers of one file, the last one wins. A pipe or a device, which has no old content, is written directly.

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
    # Nobody can have put a file, a link or a pipe under a name that nobody knew; "x" refuses it even so.
    temporary = target.with_name(f".minigraph-{os.urandom(8).hex()}.tmp")
    with open(
        temporary, "xb", opener=lambda name, flags: os.open(name, flags, 0o666 if mode is None else 0o600)
    ) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            file.close()  # Windows renames no open file
            if mode is not None:
                temporary.chmod(mode)
            temporary.replace(target)
        except BaseException:
            file.close()
            temporary.unlink(missing_ok=True)
            raise
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Bring the new name onto the disk too, where the system lets a folder be opened for that."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
