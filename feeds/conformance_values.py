"""What is read back of a document of any format, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Broken(Exception):  # noqa: N818 - says what is wrong, as part of a sentence
    """A document that cannot be read at all; the message says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a document breaks, in words that follow its name.

    ``item`` is the id of the item that causes it, empty where it is the whole document.
    """

    rule: str
    item: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedItem:
    """An item as a reader of the format sees it; empty where the document says nothing.

    ``files`` are address and type of each; ``updated`` is None where the format has no place for
    it, or the item says nothing.
    """

    id: str
    title: str
    url: str
    content: str
    published: datetime | None
    updated: datetime | None
    author: str
    categories: tuple[str, ...]
    language: str
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A document as a reader sees it.

    ``head`` has the values of what the head names, by name; ``faults`` are rules of the format
    itself that it breaks.
    """

    head: dict[str, tuple[str, ...]]
    items: tuple[ParsedItem, ...]
    faults: tuple[Fault, ...] = field(default=())
