"""What an examination finds: each thing with its state and, where it is not well, the remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How something is."""

    OK = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one thing is; ``remedy`` is empty where nothing is to be done."""

    about: str
    level: Level
    said: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record that is wanted in the DNS."""

    name: str
    kind: str
    value: str

    def __str__(self) -> str:
        """Write it as a line of a zone; a text in strings of at most 255 letters."""
        value = self.value
        if self.kind == "TXT":
            parts = [value[start : start + 255] for start in range(0, len(value), 255)]
            value = " ".join(f'"{part}"' for part in parts)
        return f"{self.name}. IN {self.kind} {value}"


def ok(about: str, said: str) -> Finding:
    """Return that something is well."""
    return Finding(about=about, level=Level.OK, said=said)


def skipped(about: str, said: str) -> Finding:
    """Return that something was not looked at, and why."""
    return Finding(about=about, level=Level.SKIPPED, said=said)


def warning(about: str, said: str, remedy: str) -> Finding:
    """Return that something may do harm."""
    return Finding(about=about, level=Level.WARNING, said=said, remedy=remedy)


def failure(about: str, said: str, remedy: str) -> Finding:
    """Return that something does not work."""
    return Finding(about=about, level=Level.FAILURE, said=said, remedy=remedy)
