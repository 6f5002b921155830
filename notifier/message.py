"""A digest becomes the short message that a channel takes. Pure but for its template.

Titles are of strangers, and chats read signs in them: links with other words, calls to everybody.
Such signs are parted by a character that nobody sees, which every service shows as plain text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feeds.text import clean_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feeds.render import Renderer
    from notifier.model import Digest, DigestItem

# Word joiner: it has no width, and parts no word from the next.
_APART = "\u2060"
_SIGNS = (
    # Markdown: [words](address), ![picture](address), [words][name].
    (re.compile(r"\](?=[(\[])"), "]" + _APART),
    # Slack and Discord: <@person>, <!channel>, <#room>, <address|words>, and tags of HTML.
    (re.compile(r"<(?=[@!#:&/A-Za-z])"), "<" + _APART),
    # Calls to everybody. An address of mail has letters before the sign.
    (re.compile(r"(?<![\w.])@(?=\w)"), "@" + _APART),
    # Code, in which a chat would show what follows as a block.
    (re.compile(r"`(?=`)"), "`" + _APART),
)
# What turns the direction of what follows, or hides what it is.
_HIDING = re.compile("[\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
# The least that services take is less than this, but they cut by themselves.
_LONGEST = 3_500
_LONGEST_TITLE = 300
_SUMMARIES = (700, 280, 0)


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is told: a title of one line, and the text."""

    title: str
    text: str


def plain_words(text: str) -> str:
    """Return a text of a stranger in which no chat finds signs of its own."""
    words = _HIDING.sub("", clean_text(text))
    for sign, apart in _SIGNS:
        words = sign.sub(apart, words)
    return words


def message_of(
    digest: Digest, *, renderer: Renderer, template: str, longest: int
) -> Message | None:
    """Return the message of an edition, of as many items as there is room for.

    None where nothing of it holds any more. ``longest`` is what the service takes, in characters;
    services that count octets take as many. Raises TemplateError.
    """
    items = tuple(item for item in digest.items if not item.is_withdrawn)
    if not items:
        return None
    longest = min(longest, _LONGEST)
    language = digest.language
    for shown in _shorter(replace(digest, items=items)):
        text = renderer.render(f"channel/{template}", digest=shown, language=language).strip()
        if len(text.encode()) <= longest:
            break
    else:
        text = _cut(text, longest)
    title = renderer.render("channel/title.txt", digest=shown, language=language)
    return Message(title=shorten(" ".join(title.split()), _LONGEST_TITLE), text=text)


def _shorter(digest: Digest) -> Iterator[Digest]:
    """Yield what may be told, each time less: first the summaries go, then the last items."""
    items = digest.items
    for longest in _SUMMARIES:
        yield replace(
            digest,
            title=plain_words(digest.title),
            items=tuple(_plain(item, longest) for item in items),
        )
    kept = len(items)
    while kept > 1:
        kept = kept * 3 // 4
        yield replace(
            digest,
            title=plain_words(digest.title),
            items=tuple(_plain(item, 0) for item in items[:kept]),
            more=digest.count - kept,
        )


def _plain(item: DigestItem, longest: int) -> DigestItem:
    summary = shorten(plain_words(item.summary_text), longest) if longest else ""
    return replace(
        item,
        title=shorten(plain_words(item.title), _LONGEST_TITLE),
        summary_text=summary,
        author=plain_words(item.author),
    )


def _cut(text: str, longest: int) -> str:
    """Cut what no shorter form makes short enough: a template that says much by itself."""
    return text.encode()[: longest - 3].decode(errors="ignore") + "…"
