"""Files that belong to an item: the type of one that states none, and its name on pages. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from feeds.text import clean_text, shorten

if TYPE_CHECKING:
    from feeds.model import Attachment

UNKNOWN = "application/octet-stream"
_LONGEST_NAME = 160
# A table of our own: that of the machine differs from one to another, and so would the bytes.
_TYPES = {
    "aac": "audio/aac",
    "avif": "image/avif",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "epub": "application/epub+zip",
    "flac": "audio/flac",
    "gif": "image/gif",
    "htm": "text/html",
    "html": "text/html",
    "ics": "text/calendar",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "svg": "image/svg+xml",
    "torrent": "application/x-bittorrent",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,100}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")


def media_type(stated: str, url: str) -> str:
    """Return the type of a file: as it is stated, else by the ending of its name."""
    bare = stated.partition(";")[0].strip().lower()
    if _TYPE.fullmatch(bare):
        return bare
    name = urlsplit(url).path.rpartition("/")[2]
    return _TYPES.get(name.rpartition(".")[2].lower(), UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file as the page of its item shows it; ``size`` counts bytes, 0 where nobody says."""

    url: str
    name: str
    mime: str
    size: int


def file_view(attachment: Attachment) -> FileView:
    """Return a file under its title, or else under its name."""
    parts = urlsplit(attachment.url)
    name = clean_text(attachment.title or unquote(parts.path.rpartition("/")[2]))
    mime = media_type(attachment.mime, attachment.url)
    return FileView(
        url=attachment.url,
        name=shorten(name or parts.netloc, _LONGEST_NAME),
        mime="" if mime == UNKNOWN else mime,
        size=attachment.size,
    )
