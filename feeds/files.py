"""Files that others read while they are written: whole or not at all."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_READABLE_BY_ALL = 0o644


def replace_file(path: Path, content: bytes, *, modified_ns: int | None = None) -> bool:
    """Write a file under a temporary name and put it in place; False where it said so already.

    It has ``modified_ns`` for its time of change from the first moment, where that is given.
    Raises OSError; then the old file stands as it was.
    """
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), _READABLE_BY_ALL)
            if modified_ns is not None:
                file.flush()
                os.utime(file.fileno(), ns=(modified_ns, modified_ns))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that processes of this machine respect; the kernel lets go when one dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
