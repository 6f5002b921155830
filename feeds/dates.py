"""Dates in text: found, read and rolled to a year, in the languages of a page.

Pure: ``now`` and the zone come in. A form that may be read two ways (03/04) is kept open until
the evidence of the whole page has settled the order. What is a relative form or a machine's
form stands in ``feeds.dates_forms``; the names stand in ``feeds.dates_names``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from feeds.dates_forms import machine_date, plain_digits, relative_date, time_after
from feeds.dates_names import Names, names_of
from feeds.model import When

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

_LONGEST_LINE = 160
# Dates further on in a line are not looked for: nobody reads so far for one.
_LONGEST_SEARCHED = 2_000
_FIRST_YEAR = 1970
_LAST_YEAR = 2199
_PIVOT = 70
_CENTURY = 100
_MONTHS = 12
_LONGEST_LABEL = 20
_THAI_YEARS = range(2490, 2643)
_DASH = r"\s*(?:[-\u2010-\u2015~\u301c]|\bto\b|\bbis\b|\bal?\b|\bau\b)\s*"
_ORDINAL = r"(?:st|nd|rd|th|er|ère|\u00ba|\u00aa|[.:])?"
_NUMBERS = (
    # 2020-09-14, 2020/9/14, 2020.09.14, 2020. 9. 14.
    (
        "ymd",
        (
            r"(?<![\d.,/-])(?P<y>\d{4})\s?[-/.\u2010-\u2015]\s?(?P<m>\d{1,2})\s?[-/.\u2010-\u2015]"
            r"\s?(?P<d>\d{1,2})(?![\d/]|[.,-]\d)"
        ),
    ),
    # 2020年9月14日, 2020년 9월 14일, 9月14日, 9월 14, 2020
    (
        "cjk",
        (
            r"(?<!\d)(?:(?P<y>\d{4})\s?[年년]\s?)?(?P<m>\d{1,2})\s?[月월]\s?(?P<d>\d{1,2})(?!\d)"
            r"\s?(?:[日일號号],?)?(?:,?\s(?P<y2>\d{4})(?!\d))?"
        ),
    ),
    # 14.09.2020, 14/9/20, 9-14-2020
    (
        "open",
        (
            r"(?<![\d.,/:-])(?P<a>\d{1,2})(?P<sep>[./-])\s?(?P<b>\d{1,2})(?P=sep)\s?"
            r"(?P<y>\d{4}|\d{2})(?![\d/]|[.,-]\d|\.\w)"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Spot:
    """A date in a text: where it stands, what it says, how sure it is."""

    start: int
    end: int
    when: When
    has_year: bool = True
    # Both readings of a number pair, where the order is open: (first, second).
    pair: tuple[int, int] | None = None


@dataclass(slots=True)
class DateReader:
    """Reads the dates of one page; remembers what the page's numbers say about their order."""

    zone: ZoneInfo
    now: datetime
    language: str = ""
    also: str = ""
    order: str = ""
    settled: str = field(default="", init=False)
    _cache: dict[str, tuple[Spot, ...]] = field(default_factory=dict, init=False)
    _vocabulary: _Vocabulary = field(init=False)

    def __post_init__(self) -> None:
        self._vocabulary = _vocabulary(self.language.lower(), self.also.lower())
        if not self.order:
            self.order = self._vocabulary.order

    def settle(self, texts: Iterable[str]) -> None:
        """Decide the order of day and month from every number form of the page together."""
        pairs: list[tuple[int, int]] = []
        for text in texts:
            if any(character.isdigit() for character in text):
                # Gaps between words match blanks in more ways than one.
                line = " ".join(text[:_LONGEST_SEARCHED].split())
                pairs += [spot.pair for spot in self.spots(line) if spot.pair]
        first = sum(a > _MONTHS for a, _ in pairs)
        second = sum(b > _MONTHS for _, b in pairs)
        if first != second:
            self.order = "dmy" if first > second else "mdy"
            self.settled = (
                f"day before month: {first} numbers allow nothing else"
                if first > second
                else f"month before day: {second} numbers allow nothing else"
            )
            self._cache.clear()

    def spots(self, text: str) -> tuple[Spot, ...]:
        """Return the dates in a text, in its order; nothing overlaps."""
        known = self._cache.get(text)
        if known is None:
            known = self._cache[text] = tuple(self._find(text))
        return known

    def first(self, text: str) -> Spot | None:
        """Return the first date in a text."""
        spots = self.spots(text)
        return spots[0] if spots else None

    def whole(self, text: str) -> When | None:
        """Return the date of a text that says nothing but a date, its weekday, time or label."""
        text = text.strip()
        if not text or len(text) > _LONGEST_LINE:
            return None
        spots = self.spots(text)
        if not spots:
            return relative_date(text, now=self.now.astimezone(self.zone), language=self.language)
        rest = text[: spots[0].start] + " " + text[spots[-1].end :]
        between = text[spots[0].end : spots[-1].start] if len(spots) > 1 else ""
        return spots[0].when if self._is_dressing(rest) and self._is_dressing(between) else None

    @staticmethod
    def is_label(text: str) -> bool:
        """Return whether a text says nothing but that a date of posting follows: "Posted on"."""
        words = _WORD.findall(text.lower())
        return bool(words) and all(word in _LABELS for word in words)

    def machine(self, text: str) -> When | None:
        """Return the date of an attribute or a structured value, None where it is none."""
        text = " ".join(text[:_LONGEST_SEARCHED].split())
        when = machine_date(text, self.zone)
        if when is None and len(text) <= _LONGEST_LINE:
            spot = self.first(text)
            return spot.when if spot else None
        return when if when is None or self._plausible(when.day) else None

    def _is_dressing(self, text: str) -> bool:
        """Return whether what stands beside a date adds nothing but weekday, time and label."""
        text = _CLOCK_TIME.sub(" ", text.lower()).replace("\u00b7", " ").strip()
        for word in _WORD.findall(text):
            if word in _LABELS or word in self._vocabulary.links:
                continue
            if word in self._vocabulary.weekdays or word in _TIME_WORDS:
                continue
            return (
                text.endswith((":", "\uff1a")) and len(text) <= _LONGEST_LABEL and " " not in text
            )
        return not re.search(r"\d{3,}|[!?]", text)

    def _find(self, text: str) -> list[Spot]:
        text = plain_digits(text[:_LONGEST_SEARCHED])
        if not _HAS_DIGIT.search(text):
            return []
        found: list[Spot] = []
        for form, pattern in self._vocabulary.patterns:
            for match in pattern.finditer(text):
                spot = self._spot(form, match)
                if spot and not any(s.start < spot.end and spot.start < s.end for s in found):
                    found.append(self._with_weekday(text, self._with_time(text, spot)))
        return sorted(found, key=lambda spot: spot.start)

    def _with_weekday(self, text: str, spot: Spot) -> Spot:
        """Take the weekday beside a date for a part of it."""
        before = _WORD_BEFORE.search(text, max(spot.start - 20, 0), spot.start)
        after = _WORD_AFTER.match(text, spot.end)
        start = before.start() if before and self._is_weekday(before.group(1)) else spot.start
        end = after.end() if after and self._is_weekday(after.group(1)) else spot.end
        return replace(spot, start=start, end=end)

    def _is_weekday(self, word: str) -> bool:
        return word.lower() in self._vocabulary.weekdays

    def _with_time(self, text: str, spot: Spot) -> Spot:
        after = time_after(text, spot.end)
        if after is None:
            return spot
        end, clock = after
        day = spot.when.day
        zone = clock.tzinfo or self.zone
        try:
            instant = datetime.combine(day, clock.replace(tzinfo=None), tzinfo=zone).astimezone(UTC)
        except (OverflowError, ValueError):
            return spot
        return Spot(spot.start, end, When(day, instant), spot.has_year, spot.pair)

    def _spot(self, form: str, match: re.Match[str]) -> Spot | None:
        parts = match.groupdict()
        pair = None
        if form == "open":
            a, b = int(parts["a"]), int(parts["b"])
            pair = (a, b)
            month_first = self.order.find("m") < self.order.find("d") and parts["sep"] != "."
            month, day = (a, b) if (month_first and a <= _MONTHS) or b > _MONTHS else (b, a)
        else:
            month = self._vocabulary.month(parts.get("n") or parts.get("n2") or "") or int(
                parts.get("m") or 0
            )
            day = int(parts.get("d") or parts.get("d2") or 0)
        year = self._year(parts.get("y") or parts.get("y2") or "")
        if year is None:
            return None
        value = self._day(year, month, day)
        if value is None:
            return None
        return Spot(match.start(), match.end(), When(value), has_year=bool(year), pair=pair)

    def _year(self, text: str) -> int | None:
        """Return the year, 0 where none is written, None where it is no year."""
        if not text:
            return 0
        year = int(text)
        if year < _CENTURY:
            year += 1900 if year >= _PIVOT else 2000
        if year in _THAI_YEARS:
            year -= self._vocabulary.years_ahead
        return year if _FIRST_YEAR <= year <= _LAST_YEAR else None

    def _day(self, year: int, month: int, day: int) -> date | None:
        today = self.now.astimezone(self.zone).date()
        try:
            if year:
                return date(year, month, day)
            # Without a year it is the last such day; a page is written in the past.
            for back in range(5):
                if (month, day) == (2, 29) and not _is_leap(today.year - back):
                    continue
                value = date(today.year - back, month, day)
                if value <= today + timedelta(days=1):
                    return value
        except ValueError:
            return None
        return None

    def _plausible(self, day: date) -> bool:
        return _FIRST_YEAR <= day.year <= _LAST_YEAR


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The words of the page's language and of English, and the patterns made of them."""

    months: dict[str, int]
    weekdays: frozenset[str]
    links: frozenset[str]
    order: str
    years_ahead: int
    patterns: tuple[tuple[str, re.Pattern[str]], ...]

    def month(self, name: str) -> int:
        return self.months.get(name.lower().rstrip("."), 0)


@lru_cache(maxsize=32)
def _vocabulary(language: str, also: str) -> _Vocabulary:
    own = names_of(language or also) if language or also else None
    other = names_of(also) if also else None
    known: list[Names] = [names for names in (own, other, names_of("en")) if names]
    months: dict[str, int] = {}
    for names in known:
        for name, number in names.months.items():
            months.setdefault(name, number)
    links = frozenset(_LINKS).union(*(names.links for names in known))
    return _Vocabulary(
        months=months,
        weekdays=frozenset().union(*(_words(names.weekdays) for names in known)),
        links=links,
        order=own.order if own else "mdy",
        years_ahead=own.years_ahead if own else 0,
        patterns=_patterns(months, links),
    )


def _words(names: Iterable[str]) -> frozenset[str]:
    return frozenset(word for name in names for word in _WORD.findall(name))


def _patterns(
    months: dict[str, int], links: frozenset[str]
) -> tuple[tuple[str, re.Pattern[str]], ...]:
    names = "|".join(re.escape(name) for name in sorted(months, key=len, reverse=True))
    link = "|".join(re.escape(word) for word in sorted(links, key=len, reverse=True))
    month = rf"(?:(?<![^\W\d_])(?P<n>{names})(?![^\W\d_])\.?)"
    again = month.replace("(?P<n>", "(?P<n2>")
    gap = rf"(?:[\s.,\u2019'/-]|\b(?:{link})\b)*"
    year = r"(?P<y>\d{4})(?![\d.,]\d|\d)"
    day = r"(?<![\d.,:/])(?P<d>\d{1,2})(?![\d:])"
    until = rf"(?:{_DASH}\d{{1,2}}{_ORDINAL})?"
    # "28 April - 3 May 2020": the second day and month are the range's end.
    until_month = rf"(?:{_DASH}\d{{1,2}}{_ORDINAL}{gap}(?:{names})(?![^\W\d_])\.?)?"
    worded = (
        ("named", rf"(?<![\d.,])(?P<y>\d{{4}}){gap}{month}{gap}{day}(?!\d)"),
        ("named", rf"{day}{_ORDINAL}{until}{gap}{month}{until_month}(?:{gap}{year})?"),
        (
            "named",
            (
                rf"{again}{gap}{day.replace('<d>', '<d2>')}{_ORDINAL}"
                rf"(?:{_DASH}(?:(?:{names})(?![^\W\d_])\.?\s?)?\d{{1,2}}{_ORDINAL}(?!\d))?"
                rf"(?:{gap}{year})?"
            ),
        ),
    )
    return tuple(
        (form, re.compile(pattern, re.IGNORECASE)) for form, pattern in (*_NUMBERS, *worded)
    )


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


_HAS_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W_]+")
_CLOCK_TIME = re.compile(r"\d{1,2}[:h.]\d{2}(?::\d{2})?")
_WORD_BEFORE = re.compile(r"([^\W\d_]+)[.,]{0,2}\s*(?:den |the )?$")
_WORD_AFTER = re.compile(r"\s*[(\uff08,]\s*([^\W\d_]+)\.?[)\uff09]?")
_LINKS = (
    "de",
    "del",
    "of",
    "den",
    "the",
    "le",
    "du",
    "di",
    "г",
    "года",
    "року",
    "р",
    "ng\u00e0y",
    "n\u0103m",
)
_TIME_WORDS = frozenset("am pm a p m h uhr utc gmt cet cest est edt pst pdt z at um à".split())
_LABELS = frozenset(
    "date dated published posted updated created on issued released release news added modified "
    "datum veröffentlicht aktualisiert vom am stand publié publiée le mis à jour "
    "fecha publicado publicada el actualizado em data pubblicato il geplaatst op "
    "publicerad den opublikowano dnia опубликовано дата yayınlandı tarih 日期 发布 发布于 発売日 "
    "公開日 更新日 投稿日 時間 时间 년 日 月 火 水 木 金 土 星期 작성일 게시일".split()
)
