"""Where published documents are put: the one way in which the publisher reads and writes them.

Here is the folder on this machine; the bucket of a storage service is ``feeds.output_bucket``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from feeds.files import locked, replace_file
from feeds.headers import content_type, has_twins
from feeds.twins import SUFFIXES, deserves_twins, make_twin

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

_LOCK = ".lock"
_SECOND_NS = 1_000_000_000


class Output(Protocol):
    """A place of published documents, each known by its path below the site.

    Every method raises OSError where the place cannot be reached.
    """

    def recipe_of(self, slug: str) -> str:
        """Return by what else a bulletin's documents are made here: where it moves, write all."""

    def read(self, path: str) -> bytes | None:
        """Return a document; None where there is none."""

    def write(self, path: str, content: bytes) -> bool:
        """Put a document in place, whole or not at all; False where it said so already."""

    def remove(self, path: str) -> None:
        """Take a document away, if it is there."""

    def lock(self) -> AbstractContextManager[None]:
        """Let one process at a time write."""


class FolderOutput:
    """A folder on this machine, which any web server can serve.

    Beside a document of some size stand its compressed twins, with the document's own time of
    change: a twin of another time was made of another content. They are taken away before the
    document changes and made after it, so that a server that looks at no time is right too.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recipe_of(self, slug: str) -> str:  # noqa: ARG002 - the same for all
        """Return that documents have twins, which older releases did not make."""
        return "folder with twins"

    def read(self, path: str) -> bytes | None:
        """Return a document; None where there is none."""
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes) -> bool:
        """Replace the file as a whole; False where it said so already."""
        file = self._folder / path
        former = _modified_ns(file)
        is_new = self.read(path) != content
        if is_new:
            for twin in twins(file).values():
                twin.unlink(missing_ok=True)
            replace_file(file, content, modified_ns=_next_time(former))
        if deserves_twins(content) and has_twins(content_type(file.name)):
            _complete_twins(file, content)
        return is_new

    def remove(self, path: str) -> None:
        """Take the file away, if it is there."""
        file = self._folder / path
        for each in (*twins(file).values(), file):
            each.unlink(missing_ok=True)

    def lock(self) -> AbstractContextManager[None]:
        """Hold a lock that processes of this machine respect."""
        return locked(self._folder / _LOCK)


def twins(file: Path) -> dict[str, Path]:
    """Return where the twins of a document stand, by their codings."""
    return {coding: file.with_name(file.name + suffix) for coding, suffix in SUFFIXES.items()}


def _complete_twins(file: Path, content: bytes) -> None:
    """Make those twins that are not there or are of another document."""
    modified = file.stat().st_mtime_ns
    for coding, path in twins(file).items():
        if _modified_ns(path) != modified:
            twin = make_twin(coding, content)
            if twin is not None:
                path.unlink(missing_ok=True)
                replace_file(path, twin, modified_ns=modified)


def _modified_ns(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _next_time(former_ns: int) -> int:
    """Return now, or the second after the former change where that is later.

    Times in HTTP have whole seconds: what changes twice in one, or when the clock was set back,
    would keep its Last-Modified, and with some servers its ETag.
    """
    return max(time.time_ns(), (former_ns // _SECOND_NS + 1) * _SECOND_NS)
