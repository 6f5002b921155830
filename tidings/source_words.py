"""How a source is, in a word and in a sentence, for the verb and the desk. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidings.turns import repaired_words, silence_words

if TYPE_CHECKING:
    from feeds.records import SourceState


def health_word(source: SourceState) -> str:
    """Return how a source is, in a few words."""
    if source.paused:
        return "paused"
    if source.problem:
        return "held" if source.held else f"failing ({source.failures})"
    if not source.checked:
        return "not read yet"
    if source.repaired:
        return "ok, by new rules"
    return "silent" if source.is_silent else "ok"


def said_of(source: SourceState) -> str:
    """Return what is to be said of a source: its problem, or what is no failure."""
    if source.problem or not (source.repaired or source.is_silent):
        return source.problem
    if source.repaired:
        return repaired_words(source.repaired)
    return silence_words(source.habit) if source.habit else ""
