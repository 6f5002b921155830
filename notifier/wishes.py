"""What somebody asks of us, read from texts that come from outside. Pure.

Every text is hostile: it is bounded, cleaned and held against what is allowed before it is kept.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from feeds.filters import ItemFilter
from feeds.text import clean_text
from notifier.cadence import Cadence, check_cadence, parse_cadence
from notifier.model import Form, Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

# Enough for anybody, and few enough for each item to be held against all of them.
MOST_RULES = 5
MOST_WORDS = 40
LONGEST_WORD = 80
_LONGEST_PAUSE = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody wants of one bulletin, and how it is to be written."""

    rules: tuple[Rule, ...]
    time_zone: ZoneInfo
    language: str
    form: Form = Form.HTML

    def to_json(self) -> str:
        """Write them for keeping until they are confirmed."""
        return json.dumps(
            {
                "rules": [
                    {"cadence": rule.cadence, "wanted": asdict(rule.wanted)} for rule in self.rules
                ],
                "time_zone": self.time_zone.key,
                "language": self.language,
                "form": self.form.value,
            },
            ensure_ascii=False,
        )


def wishes_from(text: str) -> Wishes:
    """Read what to_json wrote."""
    kept = json.loads(text)
    return Wishes(
        rules=tuple(
            Rule(
                cadence=rule["cadence"],
                wanted=ItemFilter(
                    **{name: tuple(values) for name, values in rule["wanted"].items()}
                ),
            )
            for rule in kept["rules"]
        ),
        time_zone=ZoneInfo(kept["time_zone"]),
        language=kept["language"],
        form=Form(kept["form"]),
    )


class Unwanted(ValueError):  # noqa: N818 - says which field is wrong, as a form does
    """A field of a form cannot be used; ``field`` is its name."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def words_from(field: str, text: str) -> tuple[str, ...]:
    """Read words or phrases, separated by commas or lines, each of them once. Raises Unwanted."""
    if len(text) > MOST_WORDS * (LONGEST_WORD + 2):
        raise Unwanted(field)
    words = (clean_text(word) for word in text.replace("\n", ",").split(","))
    found = tuple(dict.fromkeys(word for word in words if word))
    if len(found) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in found):
        raise Unwanted(field)
    return found


def rule_from(
    form: Mapping[str, str], number: int, *, sources: Collection[str], kept: Sequence[str] = ()
) -> Rule | None:
    """Read one rule of a form; None where it is left out. Raises Unwanted.

    ``sources`` are the names that there are, ``kept`` the cadences that no form can express and
    that stay where nothing else is chosen.
    """
    kind = form.get(f"cadence-{number}", "")
    if not kind:
        return None
    chosen = tuple(name for name in sorted(sources) if form.get(f"source-{number}-{name}"))
    return Rule(
        cadence=_cadence(form, kind, number, kept),
        wanted=ItemFilter(
            words=words_from(f"words-{number}", form.get(f"words-{number}", "")),
            without=words_from(f"without-{number}", form.get(f"without-{number}", "")),
            categories=words_from(f"categories-{number}", form.get(f"categories-{number}", "")),
            languages=_languages(f"languages-{number}", form.get(f"languages-{number}", "")),
            sources=chosen if len(chosen) < len(sources) else (),
        ),
    )


def rules_from_form(
    form: Mapping[str, str], *, sources: Collection[str], kept: Sequence[str] = ()
) -> tuple[Rule, ...]:
    """Read the rules of a form, at least one. Raises Unwanted."""
    rules = [
        rule
        for number in range(MOST_RULES)
        if (rule := rule_from(form, number, sources=sources, kept=kept)) is not None
    ]
    if not rules:
        raise Unwanted("cadence-0")
    return tuple(rules)


def _cadence(form: Mapping[str, str], kind: str, number: int, kept: Sequence[str]) -> str:
    if kind in kept:
        return kind
    parts = [kind]
    if kind == "weekly":
        parts.append(form.get(f"weekday-{number}", "mon"))
    elif kind == "monthly":
        parts.append(form.get(f"monthday-{number}", "1"))
    if kind != "instant":
        parts.append(form.get(f"hour-{number}", "8"))
    try:
        cadence = parse_cadence(" ".join(parts))
    except ValueError:
        raise Unwanted(f"cadence-{number}") from None
    # A cron expression of a stranger could be due each minute.
    if cadence.kind == "cron" or len(parts) != len(" ".join(parts).split()):
        raise Unwanted(f"cadence-{number}")
    return str(cadence)


def _languages(field: str, text: str) -> tuple[str, ...]:
    tags = words_from(field, text)
    if not all(tag.replace("-", "").isascii() and tag.replace("-", "").isalnum() for tag in tags):
        raise Unwanted(field)
    return tags


def zone_from(text: str) -> ZoneInfo:
    """Read a time zone. Raises Unwanted."""
    if text not in zone_names():
        raise Unwanted("time_zone")
    return ZoneInfo(text)


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the zones by the names of their places, and UTC."""
    places = (
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))
    )
    return ("UTC", *sorted(places))


def language_from(text: str, known: Sequence[str]) -> str:
    """Read one of the languages that there are. Raises Unwanted."""
    if text not in known:
        raise Unwanted("language")
    return text


def form_from(text: str) -> Form:
    """Read how mail is to be written. Raises Unwanted."""
    if text not in {form.value for form in Form}:
        raise Unwanted("form")
    return Form(text)


def pause_from(text: str, *, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Read until when somebody pauses: the beginning of a day in their zone; None where empty.

    Raises Unwanted for what is no day, has gone by, or lies more than a year ahead.
    """
    if not text.strip():
        return None
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a day
        until = datetime.combine(day, time(), zone)
    except ValueError:
        raise Unwanted("until") from None
    if not now < until <= now + _LONGEST_PAUSE:
        raise Unwanted("until")
    return until


def cadence_parts(cadence: str) -> Cadence:
    """Return a stored cadence in its parts, for a form."""
    return parse_cadence(check_cadence(cadence))
