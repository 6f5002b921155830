"""A local file becomes a page."""

from __future__ import annotations

import hashlib
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING

from feeds.fetch_body import BodyError, read_body
from feeds.page import FetchError, NotModified, Page, Validators

if TYPE_CHECKING:
    from pathlib import Path

_STEP = 65_536


def read_file(path: Path, validators: Validators, *, limit: int) -> Page | NotModified:
    """Return the file as a page, or that it is still the one of the validators.

    Raises FetchError.
    """
    try:
        mode = path.stat().st_mode
        if not S_ISREG(mode):
            kind = "a folder" if S_ISDIR(mode) else "a device or a pipe"
            raise FetchError(str(path), f"is {kind}, no file; correct the source's file")
        with path.open("rb") as file:
            body = read_body(iter(lambda: file.read(_STEP), b""), coding="", limit=limit)
    except BodyError as error:
        raise FetchError(str(path), str(error)) from error
    except (OSError, ValueError) as error:
        raise FetchError(str(path), _file_problem(error)) from error
    digest = hashlib.sha256(body).hexdigest()
    fresh = Validators(digest=digest)
    if digest == validators.digest:
        return NotModified(status=None, validators=fresh)
    uri = path.absolute().as_uri()
    return Page(body=body, url=uri, content_type="", status=None, validators=fresh)


def _file_problem(error: Exception) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such file; correct the source's file"
        case PermissionError():
            return "may not be read by this account; change the permissions of file and folders"
        case OSError(strerror=str(words)):
            return f"cannot be read ({words}); correct the source's file"
    return "is no name of a file; correct the source's file"
