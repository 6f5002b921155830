"""Documents that are checked before they replace what stands there; the last good one stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feeds.conformance import faults_of
from feeds.conformance_values import Fault
from feeds.json_feed import write_json_feed
from feeds.rss_atom import write_atom, write_rss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from feeds.feed import Feed, FeedUrls
    from feeds.output import Output

_WRITERS: dict[str, Callable[[Feed], bytes]] = {
    "rss": write_rss,
    "atom": write_atom,
    "json": write_json_feed,
}


# What writing libraries say of what they cannot write.
_UNWRITABLE = (ValueError, TypeError)


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """A document that was not published as it should be, for one reason.

    ``item`` is the id of the item that was left out of it for that; where it is empty, the whole
    document was refused and the last good one stays.
    """

    document: str
    rule: str
    item: str = ""

    def __str__(self) -> str:
        """Say it to the operator."""
        if self.item:
            return f"{self.document} is published without {self.item}: {self.rule}"
        return f"{self.document} is not published, its last good one stays: {self.rule}"


def write_checked(feed: Feed, paths: FeedUrls, output: Output) -> tuple[Refusal, ...]:
    """Write a feed in its three formats to their paths; return what was refused, and why."""
    return tuple(
        refusal for kind in _WRITERS for refusal in _write(feed, kind, getattr(paths, kind), output)
    )


def _write(feed: Feed, kind: str, path: str, output: Output) -> Iterator[Refusal]:
    document, faults = _written(feed, kind)
    guilty = {fault.item for fault in faults} - {""}
    if guilty:
        yield from (Refusal(path, fault.rule, fault.item) for fault in faults if fault.item)
        # One bad item must not cost the others: they are tried without it.
        rest = tuple(item for item in feed.items if item.id not in guilty)
        if rest:
            document, faults = _written(replace(feed, items=rest), kind)
    if faults:
        yield from (Refusal(path, fault.rule) for fault in faults)
    else:
        output.write(path, document)


def _written(feed: Feed, kind: str) -> tuple[bytes, tuple[Fault, ...]]:
    try:
        document = _WRITERS[kind](feed)
    except _UNWRITABLE as error:
        guilty = tuple(_unwritable(feed, kind))
        return b"", guilty or (Fault(f"it cannot be written ({error})"),)
    return document, faults_of(document, kind, feed)


def _unwritable(feed: Feed, kind: str) -> Iterator[Fault]:
    """Yield the items that cannot be written even alone: no library says which one it was."""
    for item in feed.items:
        try:
            _WRITERS[kind](replace(feed, items=(item,)))
        except _UNWRITABLE as error:
            yield Fault(f"it cannot be written ({error})", item=item.id)
