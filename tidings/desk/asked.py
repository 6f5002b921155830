"""What addresses and forms of the desk say, read with care: nothing of it is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIGITS = 18


def number_in(values: Mapping[str, str], name: str) -> int | None:
    """Return a whole number of a query or a form; None where none stands there."""
    text = values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
