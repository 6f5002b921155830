"""What a folder of published documents says of itself: how far it has come."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

NAME = ".published.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a bulletin's folder holds: up to which number, and by which recipe.

    ``unwell`` is what its page says of a source that is not well.
    """

    number: int = 0
    recipe: str = ""
    unwell: str = ""

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
            unwell=str(found.get("unwell", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Manifest()
