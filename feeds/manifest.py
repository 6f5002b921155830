"""What a folder of published documents says of itself: how far it has come."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from feeds.publish_checked import Refusal

if TYPE_CHECKING:
    from feeds.records import BulletinState

NAME = ".published.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a bulletin's folder holds: up to which number, and by which recipe.

    ``unwell`` is what its page says of a source that is not well, ``archived`` the newest part of
    the archive that stands there, and ``refused`` what is not published as it should be.
    """

    number: int = 0
    recipe: str = ""
    unwell: str = ""
    archived: str = ""
    refused: tuple[Refusal, ...] = ()

    def is_up_to(self, state: BulletinState, recipe: str) -> bool:
        """Tell whether all of a bulletin's items are published, by this recipe."""
        return (self.number, self.recipe) == (state.number, recipe)

    def is_behind(self, state: BulletinState, recipe: str) -> bool:
        """Tell whether what came since can be added to what stands there.

        A folder that is ahead was written from a store that an older copy has replaced.
        """
        return self.recipe == recipe and self.number <= state.number

    def to_bytes(self) -> bytes:
        """Write it."""
        return json.dumps(asdict(self)).encode()


def manifest_from(content: bytes | None) -> Manifest:
    """Read a manifest; one from the beginning where nothing readable is there."""
    try:
        found = json.loads(content or b"")
        return Manifest(
            number=int(found["number"]),
            recipe=str(found["recipe"]),
            unwell=str(found["unwell"]),
            archived=str(found["archived"]),
            refused=tuple(Refusal(**refusal) for refusal in found["refused"]),
        )
    except (ValueError, KeyError, TypeError):
        return Manifest()
