"""Where published documents are put: the one way in which the publisher reads and writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from feeds.files import locked, replace_file

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

_LOCK = ".lock"


class Output(Protocol):
    """A place of published documents, each known by its path below the site.

    Every method raises OSError where the place cannot be reached.
    """

    def read(self, path: str) -> bytes | None:
        """Return a document; None where there is none."""

    def write(self, path: str, content: bytes) -> bool:
        """Put a document in place, whole or not at all; False where it said so already."""

    def remove(self, path: str) -> None:
        """Take a document away, if it is there."""

    def lock(self) -> AbstractContextManager[None]:
        """Let one process at a time write."""


class FolderOutput:
    """A folder on this machine, which any web server can serve."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """Return a document; None where there is none."""
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes) -> bool:
        """Replace the file as a whole; False where it said so already."""
        return replace_file(self._folder / path, content)

    def remove(self, path: str) -> None:
        """Take the file away, if it is there."""
        (self._folder / path).unlink(missing_ok=True)

    def lock(self) -> AbstractContextManager[None]:
        """Hold a lock that processes of this machine respect."""
        return locked(self._folder / _LOCK)
