"""Structured data of a page, laid beside what the page shows.

What a person sees decides which items there are, and in which order. Structured data gives
them dates, links and what else they lack; it stands in where the page shows no items, or only
ones without any date and link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.keys import title_key
from feeds.read_completed import Joining
from feeds.read_stated import propose

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from selectolax.lexbor import LexborHTMLParser

    from feeds.model import Candidate, Entry
    from feeds.read_fields import Place
    from feeds.read_stated import Proposal

_FEW = 2
_MICROFORMATS = ("h-entry", "hentry", "h-event", "vevent")
_STATES = ("application/json", "window.", "window[", "self.", "globalThis.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The entries after the decision; ``stands_in`` names the proposal that they are, if any."""

    entries: tuple[Entry, ...]
    stands_in: str = ""
    candidates: tuple[Candidate, ...] = ()


def find_stated(
    page: LexborHTMLParser, text: str, place: Place, *, page_url: str
) -> tuple[Proposal, ...]:
    """Return a proposal for each kind of structured data that a page has; never raises.

    A page that has none pays for a search in its text.
    """
    found: list[Proposal] = []
    if "ld+json" in text:
        from feeds.read_jsonld import jsonld_nodes
        from feeds.read_schema_org import things

        stated = things(jsonld_nodes(page), "JSON-LD")
        found.append(propose("JSON-LD", stated, place, page_url=page_url))
    found += _in_markup(page, text, place, page_url)
    return tuple(proposal for proposal in found if proposal.entries)


def _in_markup(
    page: LexborHTMLParser, text: str, place: Place, page_url: str
) -> Iterable[Proposal]:
    microdata, rdfa = "itemprop" in text, "typeof=" in text
    microformat = any(name in text for name in _MICROFORMATS)
    if page.body is None or not (microdata or rdfa or microformat):
        return
    from feeds.read_microdata import microdata_nodes, rdfa_nodes
    from feeds.read_microformats import microformats
    from feeds.read_schema_org import things
    from feeds.read_tree import build_tree

    # What is stated for machines often stands in elements that nobody is shown.
    tree = build_tree(page.body, hidden=True)
    if microdata:
        stated = things(microdata_nodes(tree), "microdata")
        yield propose("microdata", stated, place, page_url=page_url)
    if rdfa:
        yield propose("RDFa", things(rdfa_nodes(tree), "RDFa"), place, page_url=page_url)
    if microformat:
        yield propose("microformats", microformats(tree), place, page_url=page_url)


def find_state(
    page: LexborHTMLParser, text: str, place: Place, *, page_url: str
) -> tuple[Proposal, ...]:
    """Return the proposal of an application's state: for pages that show no list themselves."""
    if not any(word in text for word in _STATES):
        return ()
    from feeds.read_state import state

    found = propose("application state", state(page, page_url=page_url), place, page_url=page_url)
    return (found,) if found.entries else ()


def is_bare(entries: Sequence[Entry]) -> bool:
    """Whether no entry has a date or a link: nothing, or nothing that is known to be items."""
    return not any(entry.when or entry.url for entry in entries)


def join(shown: Sequence[Entry], proposals: Sequence[Proposal]) -> Joined:
    """Decide on the entries of a page: what it shows, completed; or what it states, whole."""
    if not proposals:
        return Joined(entries=tuple(shown))
    ranked = sorted(proposals, key=_rank, reverse=True)
    joining = Joining(list(shown))
    for proposal in ranked:
        joining.complete(proposal)
    base = next((each for each in ranked if _may_stand_in(each, joining.entries)), None)
    if base is None:
        return Joined(entries=tuple(joining.entries), candidates=joining.lines(ranked))
    joining = Joining(list(base.entries), base=base)
    for proposal in ranked:
        if proposal is not base:
            joining.complete(proposal)
    return Joined(
        entries=tuple(joining.entries), stands_in=base.name, candidates=joining.lines(ranked)
    )


def _rank(proposal: Proposal) -> tuple[float, float, int]:
    """Rank by evidence: how many things are dated, how many linked, how many there are."""
    count = len(proposal.entries)
    return (count >= _FEW and proposal.dated / count, proposal.linked / count, count)


def _may_stand_in(proposal: Proposal, shown: Sequence[Entry]) -> bool:
    """Whether a proposal may be the items of a page: several things, where the page has none.

    Over items that are shown, bare as they are, only things with dates may stand in.
    """
    several = len({title_key(entry.title) for entry in proposal.entries}) >= _FEW
    if not several or not is_bare(shown):
        return False
    return not shown or proposal.dated * 2 >= len(proposal.entries)
