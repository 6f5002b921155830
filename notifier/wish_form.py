"""Wishes as the fields of a form, and the fields as a page shows them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifier.cadence import DAYS_OF_MONTH, DEFAULT_HOUR, WEEKDAYS
from notifier.wishes import MOST_RULES, cadence_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from notifier.model import Rule

_TEXTS = ("words", "without", "categories", "languages")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """One rule as a form shows it; ``wrong`` are the parts of it that cannot be used.

    ``cadence`` is empty where the rule is left out; ``kept`` is a cadence that no field can
    express, and that can only be kept.
    """

    number: int
    cadence: str = ""
    kept: str = ""
    weekday: str = WEEKDAYS[0]
    monthday: str = DAYS_OF_MONTH[0]
    hour: str = str(DEFAULT_HOUR)
    words: str = ""
    without: str = ""
    categories: str = ""
    languages: str = ""
    sources: frozenset[str] = frozenset()
    wrong: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether more than words is asked for, or something is wrong there."""
        texts = self.without + self.categories + self.languages
        return bool(texts.strip() or self.sources or self.wrong - {"cadence", "words"})


def fields_of(rules: Sequence[Rule]) -> dict[str, str]:
    """Return rules as the fields of a form."""
    fields: dict[str, str] = {}
    for number, rule in enumerate(rules):
        parts = cadence_parts(rule.cadence)
        is_kept = parts.kind == "cron"
        fields[f"cadence-{number}"] = rule.cadence if is_kept else parts.kind
        fields[f"hour-{number}"] = str(parts.hour)
        if parts.kind in ("weekly", "monthly"):
            day = "weekday" if parts.kind == "weekly" else "monthday"
            fields[f"{day}-{number}"] = parts.day
        for name in _TEXTS:
            fields[f"{name}-{number}"] = ", ".join(getattr(rule.wanted, name))
        fields |= {f"source-{number}-{name}": "on" for name in rule.wanted.sources}
    return fields


def rule_views(
    fields: Mapping[str, str],
    *,
    sources: Collection[str] = (),
    kept: Sequence[str] = (),
    wrong: Collection[str] = (),
    blanks: int = 0,
) -> tuple[RuleView, ...]:
    """Return the rules that the fields of a form hold, and some blank ones after them."""
    given = [number for number in range(MOST_RULES) if fields.get(f"cadence-{number}")]
    shown = min((max(given) + 1 if given else 0) + blanks, MOST_RULES)
    return tuple(_view(fields, number, sources, kept, wrong) for number in range(max(shown, 1)))


def _view(
    fields: Mapping[str, str],
    number: int,
    sources: Collection[str],
    kept: Sequence[str],
    wrong: Collection[str],
) -> RuleView:
    def field(name: str, default: str = "") -> str:
        return fields.get(f"{name}-{number}", default)

    suffix = f"-{number}"
    return RuleView(
        number=number,
        cadence=field("cadence"),
        kept=field("cadence") if field("cadence") in kept else "",
        weekday=field("weekday", WEEKDAYS[0]),
        monthday=field("monthday", DAYS_OF_MONTH[0]),
        hour=field("hour", str(DEFAULT_HOUR)),
        words=field("words"),
        without=field("without"),
        categories=field("categories"),
        languages=field("languages"),
        sources=frozenset(name for name in sources if fields.get(f"source-{number}-{name}")),
        wrong=frozenset(name.removesuffix(suffix) for name in wrong if name.endswith(suffix)),
    )
