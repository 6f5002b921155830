"""Finished bytes with places for what differs: made once, filled for each recipient. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Bytes that are the same for all, and marks (text) in whose places values come.
Pieces = tuple[bytes | str, ...]


def split(whole: bytes, marks: Sequence[str]) -> Pieces:
    """Split bytes at their marks."""
    if not marks:
        return (whole,)
    pattern = b"(" + b"|".join(re.escape(mark.encode()) for mark in marks) + b")"
    pieces = re.split(pattern, whole)
    return tuple(piece.decode() if place % 2 else piece for place, piece in enumerate(pieces))


def filled(pieces: Pieces, values: Mapping[str, bytes]) -> bytes:
    """Return the whole with values in the places of the marks."""
    return b"".join(
        [values[piece] if isinstance(piece, str) else piece for piece in pieces],
    )
