"""Instants as columns: UTC text of one length, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


def to_column(instant: datetime) -> str:
    """Write an aware instant as ``2026-11-23T08:00:00.000000Z``."""
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {instant!r}")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


@overload
def from_column(text: str) -> datetime: ...
@overload
def from_column(text: None) -> None: ...
def from_column(text: str | None) -> datetime | None:
    """Read what to_column wrote; None stays None."""
    return None if text is None else datetime.fromisoformat(text)
