"""The difference of two texts word by word. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Between what two texts begin and end with alike, so many words are compared; of more, all is
# said to be removed and added.
MOST_WORDS = 5_000
# Words that an excerpt shows of what changed, and on either side of it.
_SHOWN = 40
_AROUND = 4

# A word with the blanks after it; where a script sets none between words, each character.
_WIDE = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"(?:[{_WIDE}]|[^\s{_WIDE}]+|^(?=\s))\s*")


class Kind(StrEnum):
    """What became of a piece of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words, with the blanks between them, and what became of them."""

    kind: Kind
    text: str


def word_diff(old: str, new: str) -> tuple[Piece, ...]:
    """Return the pieces that lead from one text to the other; what is removed stands first.

    All that is kept and added is the new text, but for blanks; no two pieces in a row are of one
    kind, and none is empty. Words are compared without the blanks after them.
    """
    before, after = _WORD.findall(old), _WORD.findall(new)
    pieces: list[Piece] = []
    for kind, text in _runs(before, after):
        if not text:
            continue
        if pieces and pieces[-1].kind is kind:
            pieces[-1] = Piece(kind, pieces[-1].text + text)
        else:
            pieces.append(Piece(kind, text))
    return tuple(pieces)


def excerpt(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return the pieces cut to what a line can show: what changed, with some words around it."""
    last = len(pieces) - 1
    return tuple(
        Piece(piece.kind, _cut(piece, is_first=place == 0, is_last=place == last))
        for place, piece in enumerate(pieces)
    )


def _cut(piece: Piece, *, is_first: bool, is_last: bool) -> str:
    words = _WORD.findall(piece.text)
    if piece.kind is not Kind.KEPT:
        return piece.text if len(words) <= _SHOWN else f"{''.join(words[:_SHOWN])}… "
    head = 0 if is_first else _AROUND
    tail = 0 if is_last else _AROUND
    if len(words) <= head + tail + 1:
        return piece.text
    return f"{''.join(words[:head])}… {''.join(words[len(words) - tail :])}"


def is_changed(pieces: Sequence[Piece]) -> bool:
    """Whether any word differs."""
    return any(piece.kind is not Kind.KEPT for piece in pieces)


def _runs(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[Kind, str]]:
    old = [word.rstrip() for word in before]
    new = [word.rstrip() for word in after]
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    old_end, new_end = len(old) - tail, len(new) - tail
    yield Kind.KEPT, _kept(before[:head], after[:head])
    if max(old_end, new_end) - head > MOST_WORDS:
        yield Kind.REMOVED, "".join(before[head:old_end])
        yield Kind.ADDED, "".join(after[head:new_end])
    else:
        # Its shortcut for frequent words keeps a text of a few words, again and again, cheap.
        matcher = SequenceMatcher(None, old[head:old_end], new[head:new_end])
        for tag, from_old, to_old, from_new, to_new in matcher.get_opcodes():
            if tag == "equal":
                both = (
                    before[head + from_old : head + to_old],
                    after[head + from_new : head + to_new],
                )
                yield Kind.KEPT, _kept(*both)
                continue
            yield Kind.REMOVED, "".join(before[head + from_old : head + to_old])
            yield Kind.ADDED, "".join(after[head + from_new : head + to_new])
    yield Kind.KEPT, _kept(before[old_end:], after[new_end:])


def _kept(before: Sequence[str], after: Sequence[str]) -> str:
    """Join words with the blanks after them in the new text, in the old one where it ends."""
    pairs = zip(before, after, strict=True)
    return "".join(new if new[-1].isspace() else old for old, new in pairs)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the words that two texts begin with alike."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
