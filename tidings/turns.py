"""What turned with a source, in words: one line for the log, and a part of the operator's mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.settings import RuleSettings
from config.write import rules_toml
from feeds.repair_rules import with_selectors
from feeds.turn_store import TurnKind
from tidings.terminal import say

if TYPE_CHECKING:
    from datetime import timedelta

    from config.settings import Settings
    from feeds.habit import Habit
    from feeds.model import Repair
    from feeds.records import HeldNews, Repaired, SourceState
    from feeds.turn_store import Turn


def headline(turn: Turn) -> str:
    """Say in a few words what turned."""
    words = {
        TurnKind.UNWELL: ("is unwell", "is well again"),
        TurnKind.REPAIRED: ("is read by new rules", "is read as configured again"),
        TurnKind.SILENT: ("is silent", "is not silent any more"),
    }
    begins, ends = words[turn.kind]
    return f"{turn.bulletin}/{turn.source} {begins if turn.has_begun else ends}"


def line(turn: Turn) -> str:
    """Say on one line what turned, and why."""
    if not turn.has_begun:
        return headline(turn)
    state = turn.state
    why = state.problem
    if turn.kind is TurnKind.REPAIRED and state.repaired:
        why = repaired_words(state.repaired)
    elif turn.kind is TurnKind.SILENT and state.habit:
        why = silence_words(state.habit)
    return f"{headline(turn)}: {why}"


def paragraph(turn: Turn, settings: Settings) -> str:
    """Return what the operator's mail says of a turn."""
    if not turn.has_begun:
        return f"{headline(turn)}.\n"
    state = turn.state
    if turn.kind is TurnKind.REPAIRED and state.repaired:
        table = repaired_toml(state, settings)
        return (
            f"{headline(turn)}: {repaired_words(state.repaired)}\n"
            f"To keep them, put them into the configuration:\n\n{table}"
        )
    if turn.kind is TurnKind.SILENT:
        return f"{line(turn)}\n"
    told = f"{headline(turn)}; its last good feed stays:\n{state.problem}\n"
    return told + (held_words(state.held_news) if state.held else "")


def repaired_words(repaired: Repaired) -> str:
    """Say why a page is read by new rules."""
    return (
        "the page was rebuilt and is not read as configured any more, but the known items stand on "
        f"it still: {repaired.evidence}. The new rules hold until the configured ones read again "
        "or are changed"
    )


def repaired_toml(state: SourceState, settings: Settings) -> str:
    """Return the rules by which a rebuilt page is read, to be put into the configuration."""
    bulletin = settings.bulletin(state.bulletin)
    sources = bulletin.sources if bulletin else ()
    rules = next((each.rules for each in sources if each.name == state.name), RuleSettings())
    selectors = state.repaired.selectors if state.repaired else {}
    table = rules_toml(state.bulletin, state.name, with_selectors(rules, selectors))
    if any(selectors.values()):
        return table
    return f"{table}# without a selector: the page is read rightly by itself\n"


def silence_words(habit: Habit) -> str:
    """Say why a source is taken for silent; it is no failure."""
    return (
        f"nothing new since {habit.last:%Y-%m-%d}, where {_length(habit.usual)} without news are "
        f"usual and {_length(habit.longest)} were the longest so far. It is read without an error; "
        "look whether it has ended or moved"
    )


def _length(pause: timedelta) -> str:
    days = round(pause.total_seconds() / 86_400)
    if days:
        return f"{days} day{'s' * (days != 1)}"
    hours = max(round(pause.total_seconds() / 3_600), 1)
    return f"{hours} hour{'s' * (hours != 1)}"


def held_words(news: HeldNews) -> str:
    """Return a short list of what a held reading would bring; empty where it brings nothing new."""
    if not news.count:
        return ""
    titles = "".join(f"  - {title}\n" for title in news.titles)
    more = news.count - len(news.titles)
    rest = f"  and {more} more (tidings check --dry-run shows all)\n" if more else ""
    return f"It would bring {news.count} new item{'s' * (news.count != 1)}:\n{titles}{rest}"


def say_repair(name: str, repair: Repair | None) -> None:
    """Print by which rules a rebuilt page is read, or could be; nothing where it was not."""
    if repair is None:
        return
    what = "read by new rules" if repair.in_force else "would be read by new rules"
    say(f"{name}: {what}: {repair.evidence}")
    bulletin, _, source = name.partition("/")
    say(rules_toml(bulletin, source, repair.rules).rstrip())
