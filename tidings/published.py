"""Published files over HTTP: validators, conditional requests, types (RFC 9110)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

_TYPES = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
}
_TYPES_BY_SUFFIX = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8"}
# Names that we publish: no dot in front, so no hidden file and no way up the tree.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
# Also how long a reader may wait for a correction; many take it for their polling interval.
_MAX_AGE_S = 300
# Documents kept in memory: the few that are polled, not the archive.
_KEPT = 32
# No script anywhere, and nothing from other sites but the pictures of items.
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src https: http: data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def is_file(path: Path) -> bool:
    """Tell whether a file stands there; none does under a name that is too long for one."""
    try:
        return path.is_file()
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Document:
    """One file as it was read: what is sent and what it is known by."""

    stamp: tuple[int, int]
    content: bytes
    etag: str
    last_modified: str


class Published:
    """The folder of published files; those asked for last are kept in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[Path, Document] = {}

    def path(self, address: str) -> Path | None:
        """Return the file of an address; None where it cannot be one of ours."""
        names = address.split("/")
        if names[-1] == "":
            names[-1] = "index.html"
        if not all(_NAME.fullmatch(name) for name in names):
            return None
        path = self._folder.joinpath(*names)
        return path if is_file(path) else None

    def is_folder(self, address: str) -> bool:
        """Tell whether the address lacks only its final slash."""
        return bool(address) and self.path(f"{address}/") is not None

    def document(self, path: Path) -> Document:
        """Return the file, from memory where it has not changed. Raises OSError."""
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        kept = self._kept.get(path)
        if kept is not None and kept.stamp == stamp:
            return kept
        content = path.read_bytes()
        # Weak: it stands for the content whatever coding a proxy gives it on the way.
        etag = f'W/"{hashlib.sha256(content).hexdigest()[:20]}"'
        document = Document(stamp, content, etag, formatdate(status.st_mtime, usegmt=True))
        if len(self._kept) >= _KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[path] = document
        return document


def published_response(files: Published, request: Request) -> Response:
    """Answer GET or HEAD of a published file. Raises HTTPException where there is none."""
    address = request.path_params["path"]
    path = files.path(address)
    if path is None:
        if files.is_folder(address):
            # Relative, so that it is right below any address and for any name of this host.
            return RedirectResponse(f"{address.rpartition('/')[2]}/", 301)
        raise HTTPException(404, "There is no such page here.")
    try:
        document = files.document(path)
    except FileNotFoundError as error:
        raise HTTPException(404, "There is no such page here any more.") from error
    headers = {
        "ETag": document.etag,
        "Last-Modified": document.last_modified,
        "Cache-Control": f"public, max-age={_MAX_AGE_S}",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    if _is_known(request, document):
        return Response(status_code=304, headers=headers)
    headers["Content-Type"] = _TYPES.get(path.name) or _TYPES_BY_SUFFIX.get(
        path.suffix, "application/octet-stream"
    )
    headers["Content-Length"] = str(len(document.content))
    return Response(b"" if request.method == "HEAD" else document.content, headers=headers)


def _is_known(request: Request, document: Document) -> bool:
    """Evaluate the preconditions (RFC 9110, 13.2.2): If-None-Match decides where it is present.

    A date counts only where it is the very one that we sent: a reader that makes one up from
    its own clock must not miss an item.
    """
    tags = request.headers.get("if-none-match")
    if tags is not None:
        opaque = document.etag.removeprefix("W/")
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return tags.strip() == "*" or opaque in known
    return request.headers.get("if-modified-since") == document.last_modified
