"""Atomic file writes: readers see either the old content or the new content."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], data: bytes | bytearray | memoryview) -> None:
    """Write a file such that an error, a full disk or a killed process leaves the old content intact.

    The data are written to a temporary file in the same folder, flushed to disk, and renamed in a single step.
    An error removes the temporary file; a killed process may leave it behind, as `.minigraph-….tmp`. If two
    processes write the same file, the last one wins. Pipes and devices are written to directly.

    Args:
        path: path of the file; if it is a symbolic link, its target is replaced. The mode is preserved.
        data: the complete new content.

    Raises:
        OSError: the folder or the file is read-only, the disk is full, …; the file is unchanged.

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
        os.close(os.open(target, os.O_WRONLY))  # a read-only file must not be replaced either
        mode = stat.S_IMODE(target.stat().st_mode)
    # The name is random, so nothing can exist under it; mode "x" makes sure.
    temporary = target.with_name(f".minigraph-{os.urandom(8).hex()}.tmp")
    with open(
        temporary, "xb", opener=lambda name, flags: os.open(name, flags, 0o666 if mode is None else 0o600)
    ) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            file.close()  # Windows cannot rename an open file
            if mode is not None:
                temporary.chmod(mode)
            temporary.replace(target)
        except BaseException:
            file.close()
            temporary.unlink(missing_ok=True)
            raise
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Flush the new name to disk too, where the system allows a folder to be opened for that."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
