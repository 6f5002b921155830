"""What an operation of the API is, and one use of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.settings import BulletinSettings
    from feeds.model import Item
    from tidings.app import App
    from tidings.desk.errands import Errands
    from tidings.desk.visit import Desk, Visit


class MissingError(Exception):
    """What the address names is not there; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One use of an operation: what was asked, by whom, and what it works with."""

    desk: Desk
    errands: Errands
    visit: Visit
    asked: Any = None
    body: Any = None

    @property
    def app(self) -> App:
        """What all works with."""
        return self.desk.app

    def bulletin(self) -> BulletinSettings:
        """Return the bulletin that the address names. Raises MissingError."""
        slug = self.visit.place["bulletin"]
        found = self.app.settings.bulletin(slug)
        if found is None:
            raise MissingError(f"no bulletin {slug!r} is configured")
        return found

    def item(self) -> Item:
        """Return the item that the address names. Raises MissingError."""
        token = self.visit.place["item"]
        found = self.app.item_admin.named(token)
        if len(found) != 1:
            raise MissingError(f"there is no item {token!r}")
        return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that the API does.

    ``asked`` is the type of its query, ``body`` of what is sent, ``answer`` of what comes back.
    It ``names_something`` where that may not be there, besides what its path names.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    does: str
    work: Callable[[Call], object]
    answer: Any
    asked: type | None = None
    body: type | None = None
    status: int = 200
    names_something: bool = False

    @property
    def changes(self) -> bool:
        """Whether it changes anything, and so wants a token that may."""
        return self.method != "GET"
