"""Configuration as text: what ``tidings init`` writes, and the example of every key.

``python -m config.write`` prints the example as it stands in ``config/example.toml``.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from config.channel_settings import AlertSettings, ChannelSettings
from config.load import SECTIONS
from config.schedule import Interval, format_duration
from config.selection_settings import MergeSettings, ViewSettings
from config.settings import (
    BulletinSettings,
    RelaySettings,
    RuleSettings,
    SourceSettings,
)

_HEAD = """\
# Configuration of Tidings. Every key, with its default: tidings init --example
# Paths count from this file's folder; times are written as 30s, 15m, 1h or 7d.

[site]
# Public address of the pages and feeds, as readers reach it. Set it before you publish:
# base_url = "https://news.example.org"

[mail]
# The From of digests, and the relay that they leave through. Without a host they are
# written to the data folder and shown by the running service.
# sender = "News <news@example.org>"
# host = "smtp.example.org"
# username = "news"          # the password: TIDINGS_MAIL_PASSWORD_FILE=/path/to/file

"""


def new_configuration(bulletin_table: str) -> str:
    """Return a whole configuration around the table of its first bulletin."""
    return _HEAD + bulletin_table


def bulletin_toml(  # noqa: PLR0913 - the keys of a bulletin and its source
    *,
    slug: str,
    title: str,
    description: str = "",
    language: str = "en",
    time_zone: str = "UTC",
    url: str = "",
    file: str = "",
    kind: str = "auto",
    every: str = "1h",
    found_rules: dict[str, str] | None = None,
) -> str:
    """Return the tables of a bulletin with one source; keys that say nothing are left out.

    Rules that were found are written as comments: a page is read better by itself as long as it
    is read rightly, for then it may change.
    """
    head = {
        "title": title,
        "description": description,
        "language": language,
        "time_zone": time_zone,
    }
    source = {
        "url": url,
        "file": file,
        "kind": "" if kind == "auto" else kind,
        "every": every,
    }
    tables = f"[bulletins.{slug}]\n{_keys(head)}\n[bulletins.{slug}.sources.main]\n{_keys(source)}"
    if not found_rules:
        return tables
    rules = f"[bulletins.{slug}.sources.main.rules]\n{_keys(found_rules)}"
    return f"{tables}\n{_RULES_HEAD}" + "".join(f"# {line}\n" for line in rules.splitlines())


def rules_toml(bulletin: str, source: str, rules: RuleSettings) -> str:
    """Return the table of a source's rules, to be put into the configuration as it stands."""
    head = ".".join(map(_key, ("bulletins", bulletin, "sources", source, "rules")))
    return f"[{head}]\n{_keys(given_rules(rules))}"


def rules_line(rules: RuleSettings) -> str:
    """Return the same on one line, for the table of the source."""
    pairs = ", ".join(f"{name} = {_quoted(value)}" for name, value in given_rules(rules).items())
    return f"rules = {{ {pairs} }}" if pairs else "rules = {}"


def given_rules(rules: RuleSettings) -> dict[str, str]:
    """Return the rules that say something."""
    return {field.name: value for field in fields(rules) if (value := getattr(rules, field.name))}


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _quoted(name)


def _keys(values: dict[str, str]) -> str:
    return "".join(f"{key} = {_quoted(value)}\n" for key, value in values.items() if value)


def _quoted(text: str) -> str:
    """Return a TOML basic string: JSON's escapes are TOML's, but for DEL and surrogates."""
    legal = text.encode("utf-8", "ignore").decode()
    return json.dumps(legal, ensure_ascii=False).replace("\x7f", "\\u007f")


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_RULES_HEAD = """\
# How it was read just now, found by itself. Where that goes wrong one day, take away the hashes
# of these lines and change what is wrong; what is left out is found by itself again.
"""
_EXAMPLE_HEAD = """\
# Every key of Tidings with its default and a line of why. What is commented out is the default.
# Paths count from the folder of this file; times are written as 30s, 15m, 1h30m, 7d.
# A key of [store], [site], [bucket], [server], [fetch], [mail], [bounces] and [desk] may come
# from the environment as well: TIDINGS_MAIL_HOST, or TIDINGS_MAIL_PASSWORD_FILE for a value that
# has a file of its own; so may the address of a channel.
"""
# Fields that are tables of their own.
_TABLES = ("rules", "relays")
_EXAMPLE_VALUES: dict[str, object] = {
    "title": "Harbour news",
    "url": "https://harbour.example/news",
    "bulletins": ("harbour",),
    "address": "ntfy://ntfy.example.org/harbour-news",
}
_EXAMPLE_TITLES: dict[type, str] = {ViewSettings: "Ferries", MergeSettings: "Port and airport"}


def example_configuration() -> str:
    """Return a configuration with every key: two sources, each default beside its reason."""
    parts = [_EXAMPLE_HEAD]
    parts += [f"[{name}]\n{_explained(owner)}" for name, owner in SECTIONS.items()]
    parts.append(f"[mail.relays.backup]\n{_explained(RelaySettings)}")
    parts.append(
        "# A way by which the operator hears of what is wrong, also where no mail leaves.\n"
        f"[alerts.phone]\n{_explained(AlertSettings, given=('address',))}"
    )
    parts.append(f"[bulletins.harbour]\n{_explained(BulletinSettings, given=('title',))}")
    source = "bulletins.harbour.sources"
    parts.append(f"[{source}.main]\n{_explained(SourceSettings, given=('url',))}")
    parts.append(f"[{source}.main.rules]\n{_explained(RuleSettings)}")
    parts.append(
        f"# A second source of the same bulletin.\n[{source}.file]\n"
        f"{_keys({'file': 'bulletin.txt'})}"
    )
    parts.append(
        "# A feed of some of its items, at harbour/ferries/.\n[bulletins.harbour.views.ferries]\n"
        f"{_explained(ViewSettings, given=('title',))}"
    )
    parts.append(
        "# A chat, a push service or a webhook that is told of its new items.\n"
        "[bulletins.harbour.channels.chat]\n"
        f"{_explained(ChannelSettings, given=('address',))}"
    )
    parts.append(
        "# Several bulletins as one feed, at port/.\n[merges.port]\n"
        f"{_explained(MergeSettings, given=('title', 'bulletins'))}"
    )
    return "\n".join(parts)


def _explained(owner: type, *, given: tuple[str, ...] = ()) -> str:
    """Return each key of a class with its reason above it; commented out unless it is given."""
    lines: list[str] = []
    for field in fields(owner):
        if "why" not in field.metadata or field.name in _TABLES:
            continue
        line = (
            f"{field.name} = {literal(_example(owner, field.name))}"
            if field.name in given
            else f"# {_default(owner, field.name)}"
        )
        lines.append(f"# {field.metadata['why']}\n{line}\n")
    return "".join(lines)


def _example(owner: type, name: str) -> object:
    titles = _EXAMPLE_TITLES if name == "title" else {}
    return titles.get(owner, _EXAMPLE_VALUES[name])


def _default(owner: type, name: str) -> str:
    field = next(field for field in fields(owner) if field.name == name)
    if isinstance(field.default, Interval):
        return f"every = {_quoted(format_duration(field.default.every))}"
    if owner is SourceSettings and name == "time_zone":
        return 'time_zone = ""'
    return f"{name} = {literal({} if name == 'headers' else field.default)}"


def literal(value: object) -> str:
    """Return the value of a setting as TOML has it; but for tables JSON has it so, too."""
    match value:
        case dict() | tuple():
            # What is no text or number in a list is written as one, such as a network.
            return json.dumps(value, ensure_ascii=False, default=str)
        case int() | float():
            return str(value).lower()
        case timedelta():
            return _quoted(format_duration(value))
        case Path() | str():
            return _quoted(str(value))
        case ZoneInfo():
            return _quoted(value.key)
        case _:
            return _quoted("")


if __name__ == "__main__":
    sys.stdout.write(example_configuration())
