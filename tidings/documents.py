"""Published files as they are kept in memory, with their compressed twins and their answers.

What is sent of each is made once: a poll is a look-up, and no file is touched for it more than
a few times in a second. How a request chooses among the answers stands in ``tidings.published``.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from feeds.headers import ALWAYS, CORS, has_twins
from feeds.output import twins
from feeds.twins import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from feeds.headers import DocumentHeaders, SiteHeaders

# Headers as the server takes them.
Fields = list[tuple[bytes, bytes]]

# The form of an answer that has no body, beside those of the codings.
KNOWN = "known"
# Names that we publish: no dot in front, so no hidden file and no way up the tree.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
# A document that changed is seen after this time at the latest.
_FRESH_S = 0.2
# Documents kept in memory: the few that are polled, not the archive.
_KEPT_BYTES = 8_000_000
_LARGEST_KEPT = 1_000_000
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """One file as it was read: what it is known by, and what is sent in each coding.

    ``bodies`` and ``fields`` have the plain document under the empty coding; under ``KNOWN``
    stand the headers that say it has not changed. ``heads`` are the same as they go over the
    wire, up to the dates, which are in neither.
    """

    stamp: tuple[tuple[int, int], ...]
    tag: str
    modified_s: int
    last_modified: bytes
    bodies: Mapping[str, bytes]
    sizes: Mapping[str, int]
    fields: Mapping[str, Fields]
    heads: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """How much memory it takes, about."""
        return sum(len(body) for body in self.bodies.values())


class Documents:
    """The folder of published files; those asked for last are kept in memory."""

    def __init__(
        self, folder: Path, headers: SiteHeaders, *, kept_bytes: int = _KEPT_BYTES
    ) -> None:
        self._folder = folder
        self._headers = headers
        self._kept_bytes = kept_bytes
        self._kept: dict[str, tuple[float, Document]] = {}
        self.size = 0

    def forget(self) -> None:
        """Keep nothing of what was read before."""
        self._kept.clear()
        self.size = 0

    def find(self, address: str) -> Document | None:
        """Return the document of an address; None where there is none, or none of ours."""
        now = time.monotonic()
        kept = self._kept.get(address)
        if kept is not None and now < kept[0]:
            return kept[1]
        path = document_path(address)
        if path is None:
            return None
        document = self._read(path, kept[1] if kept else None)
        self._keep(address, document, now)
        return document

    def is_folder(self, address: str) -> bool:
        """Tell whether the address lacks only its final slash."""
        path = document_path(f"{address}/") if address else None
        return path is not None and is_file(self._folder / path)

    def _keep(self, address: str, document: Document | None, now: float) -> None:
        former = self._kept.pop(address, None)
        if former is not None:
            self.size -= former[1].size
        if document is None or document.size > _LARGEST_KEPT:
            return
        while self._kept and self.size + document.size > self._kept_bytes:
            _, oldest = self._kept.pop(next(iter(self._kept)))
            self.size -= oldest.size
        self._kept[address] = (now + _FRESH_S, document)
        self.size += document.size

    def _read(self, path: str, former: Document | None) -> Document | None:
        """Read a file and its twins, unless they are those that were read before."""
        file = self._folder / path
        try:
            stamp = (_stamp(file), *(_stamp(twin) for twin in twins(file).values()))
            if former is not None and former.stamp == stamp:
                return former
            modified_ns, content = _read(file)
        except OSError:
            # Not there, a folder, or under a name that is too long for a file.
            return None
        said = self._headers.of(path)
        bodies = {"": content}
        if has_twins(said.content_type):
            bodies |= _read_twins(file, modified_ns)
        return _document(stamp, modified_ns // _NS, bodies, said, self._headers.transport)


def is_file(path: Path) -> bool:
    """Tell whether a file stands there; none does under a name that is too long for one."""
    try:
        return path.is_file()
    except OSError:
        return False


def document_path(address: str) -> str | None:
    """Return the path of what stands at an address; None where it can be none of ours."""
    names = address.split("/")
    if names[-1] == "":
        names[-1] = "index.html"
    if names[-1].endswith(tuple(SUFFIXES.values())):
        # A twin is a form of a document and none itself.
        return None
    return "/".join(names) if all(_NAME.fullmatch(name) for name in names) else None


def _stamp(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except FileNotFoundError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def _read(file: Path) -> tuple[int, bytes]:
    """Return when a file changed, and its content of that very time."""
    with file.open("rb") as opened:
        return os.fstat(opened.fileno()).st_mtime_ns, opened.read()


def _read_twins(file: Path, modified_ns: int) -> dict[str, bytes]:
    """Return those twins that are of the document of that time."""
    found = {}
    for coding, path in twins(file).items():
        with suppress(OSError):
            modified, body = _read(path)
            if modified == modified_ns:
                found[coding] = body
    return found


def _document(
    stamp: tuple[tuple[int, int], ...],
    modified_s: int,
    bodies: Mapping[str, bytes],
    said: DocumentHeaders,
    transport: Mapping[str, str],
) -> Document:
    tag = hashlib.sha256(bodies[""]).hexdigest()[:20]
    shared = {
        # Weak: it stands for the content, whatever its coding.
        "ETag": f'W/"{tag}"',
        "Cache-Control": said.cache_control,
        **({"Vary": said.vary} if said.vary else {}),
        **CORS,
    }
    whole = {
        **shared,
        "Content-Type": said.content_type,
        **({"Link": said.link} if said.link else {}),
        **ALWAYS,
        "Content-Security-Policy": said.policy,
        **transport,
    }
    sizes = {coding: len(body) for coding, body in bodies.items()}
    fields = {
        coding: fields_of(
            whole | ({"Content-Encoding": coding} if coding else {}) | {"Content-Length": str(size)}
        )
        for coding, size in sizes.items()
    }
    fields[KNOWN] = fields_of(shared)
    return Document(
        stamp=stamp,
        tag=tag,
        modified_s=modified_s,
        last_modified=formatdate(modified_s, usegmt=True).encode(),
        bodies=bodies,
        sizes={coding: size for coding, size in sizes.items() if coding},
        fields=fields,
        heads={form: _head(form, each) for form, each in fields.items()},
    )


def _head(form: str, fields: Fields) -> bytes:
    status = b"304 Not Modified" if form == KNOWN else b"200 OK"
    lines = b"".join(b"%s: %s\r\n" % field for field in fields)
    return b"HTTP/1.1 %s\r\n%s" % (status, lines)


def fields_of(headers: Mapping[str, str]) -> Fields:
    """Return headers as the server takes them."""
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
