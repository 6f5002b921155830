"""Month and weekday names of a language, as the CLDR has them, ready for lookup.

Babel is the only source; a language is loaded when a page is written in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

_SHORTEST_PREFIX = 3
_QUOTED = re.compile(r"'([^']+)'")
_WORD = re.compile(r"[^\W\d_]+")
# Where the CLDR has one usage of a language that is written in several.
_FURTHER = {"ar": ("ar_SY", "ar_DZ", "ar_IQ"), "sr": ("sr_Latn",), "no": ("nb", "nn")}
# Arithmetic of eras: the Thai year runs 543 ahead.
_YEAR_AHEAD = {"th": 543}


@dataclass(frozen=True, slots=True)
class Names:
    """What a language calls months and weekdays, and in which order it writes numbers."""

    months: dict[str, int]
    weekdays: frozenset[str]
    links: frozenset[str]
    order: str
    years_ahead: int = 0


@lru_cache(maxsize=32)
def names_of(language: str) -> Names | None:
    """Return the names of a language (BCP 47), None where the CLDR does not know it."""
    locale = _locale(language)
    if locale is None:
        return None
    months: dict[str, int] = {}
    weekdays: set[str] = set()
    links: set[str] = set()
    further = (_locale(name) for name in _FURTHER.get(locale.language, ()))
    for each in (locale, *further):
        if each is not None:
            _collect(each, months, weekdays, links)
    return Names(
        months=months,
        weekdays=frozenset(weekdays),
        links=frozenset(links),
        order=_order(locale),
        years_ahead=_YEAR_AHEAD.get(locale.language, 0),
    )


def _locale(language: str) -> Locale | None:
    from babel import Locale, UnknownLocaleError

    parts = language.replace("-", "_").split("_")
    for count in range(len(parts), 0, -1):
        try:
            return Locale.parse("_".join(parts[:count]))
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return None


def _collect(locale: Locale, months: dict[str, int], weekdays: set[str], links: set[str]) -> None:
    for usage in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in locale.months[usage][width].items():
                # A month that is called by its number is read as a number.
                if not re.fullmatch(r"\d+\W?", str(name)):
                    months.setdefault(_plain(str(name)), int(number))
            weekdays.update(_plain(str(name)) for name in locale.days[usage][width].values())
    _add_prefixes(months)
    for width in ("full", "long", "medium"):
        pattern = str(locale.date_formats[width].pattern)
        for literal in _QUOTED.findall(pattern):
            links.update(_WORD.findall(literal.lower()))


def _add_prefixes(months: dict[str, int]) -> None:
    """People cut names where they like ("Sept"): every beginning that names one month only."""
    found: dict[str, set[int]] = {}
    for name, number in months.items():
        if not _WORD.fullmatch(name):
            continue
        for end in range(_SHORTEST_PREFIX, len(name)):
            found.setdefault(name[:end], set()).add(number)
    for prefix, numbers in found.items():
        if len(numbers) == 1:
            months.setdefault(prefix, next(iter(numbers)))


def _plain(name: str) -> str:
    name = name.lower().strip().rstrip(".")
    return re.sub(r"^(?:de |d['\u2019])", "", name)


def _order(locale: Locale) -> str:
    pattern = str(locale.date_formats["short"].pattern).lower()
    letters = [letter for letter in dict.fromkeys(pattern) if letter in "dmy"]
    return "".join(letters)
