"""Subscriptions as CSV: read with the consent that they need, and written as they are read."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from feeds.filters import ItemFilter
from notifier.address import parse_address
from notifier.cadence import check_cadence
from notifier.model import Form, Rule
from notifier.wishes import Unwanted, words_from
from tidings.cli import USAGE, CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from config.settings import BulletinSettings, Settings
    from notifier.model import Subscription

COLUMNS = (
    "address",
    "bulletin",
    "cadence",
    "time_zone",
    "language",
    "form",
    "words",
    "without",
    "categories",
    "sources",
    "languages",
    "consent_source",
    "consent_date",
)
_LISTS = ("words", "without", "categories", "sources", "languages")
# What a spreadsheet would take for a formula when it opens the file.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a file: who gets what, and since when they wanted it."""

    line: int
    address: str
    bulletin: BulletinSettings
    rules: tuple[Rule, ...]
    time_zone: ZoneInfo
    language: str
    form: Form
    consent: tuple[str, datetime]


class RowError(ValueError):
    """A line of the file cannot be used; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a line is taken to say where it is silent."""

    bulletin: str
    consent_source: str
    consent_date: str


def read_rows(
    text: Iterable[str], name: str, settings: Settings, defaults: Defaults, *, now: datetime
) -> Iterator[Row | RowError]:
    """Yield the lines of a file of that name, those that cannot be used as errors.

    Several lines of one address and bulletin are rules of one subscription, in their order.
    Raises CommandError where the file is none.
    """
    for line, fields in _lines(text, name):
        try:
            yield _row(line, fields, settings, defaults, now=now)
        except (ValueError, LookupError) as error:
            reason = f"the column {error.field}" if isinstance(error, Unwanted) else str(error)
            yield RowError(f"{name}:{line}: {reason}")


def _lines(text: Iterable[str], name: str) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        reader = csv.DictReader(text)
        names = reader.fieldnames or []
        if "address" not in names or set(names) - set(COLUMNS):
            raise CommandError(
                f"{name}: the first line must name columns, address among them; "
                f"known are: {', '.join(COLUMNS)}",
                code=USAGE,
            )
        for fields in reader:
            yield (
                reader.line_num,
                {column: (value or "").strip() for column, value in fields.items() if column},
            )
    except (OSError, UnicodeError, csv.Error) as error:
        raise unreadable(name, error) from error


def unreadable(name: str, error: Exception) -> CommandError:
    """Return the error of a file that is no list."""
    return CommandError(f"{name}: cannot be read as CSV in UTF-8 ({error})", code=USAGE)


def _row(
    line: int,
    fields: Mapping[str, str],
    settings: Settings,
    defaults: Defaults,
    *,
    now: datetime,
) -> Row:
    slug = fields.get("bulletin") or defaults.bulletin
    bulletin = settings.bulletin(slug)
    if bulletin is None:
        raise LookupError(f"no bulletin {slug!r}; write the column or --bulletin")
    zone = fields.get("time_zone") or bulletin.time_zone.key
    try:
        time_zone = ZoneInfo(zone)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError(f"no time zone {zone!r}") from error
    return Row(
        line=line,
        address=parse_address(_plain(fields["address"])),
        bulletin=bulletin,
        rules=(
            Rule(
                cadence=check_cadence(fields.get("cadence") or "weekly"),
                wanted=filter_of({name: _plain(fields.get(name, "")) for name in _LISTS}),
            ),
        ),
        time_zone=time_zone,
        language=fields.get("language") or bulletin.language,
        form=Form(fields.get("form") or Form.HTML),
        consent=(
            _plain(fields.get("consent_source", "")) or defaults.consent_source,
            _date(fields.get("consent_date") or defaults.consent_date, now=now),
        ),
    )


def filter_of(lists: Mapping[str, str]) -> ItemFilter:
    """Read a filter from lists of words, separated by commas. Raises ValueError."""
    return ItemFilter(**{name: words_from(name, lists.get(name, "")) for name in _LISTS})


def _plain(text: str) -> str:
    """Return a text without the sign that keeps a spreadsheet from taking it for a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA else text


def _date(text: str, *, now: datetime) -> datetime:
    if not text:
        raise ValueError("no date of consent; write the column consent_date or --consent-date")
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"not a date of consent: {text!r}; write it as 2026-11-23") from None
    made = made if made.tzinfo else made.replace(tzinfo=UTC)
    if made > now:
        raise ValueError(f"the consent of {text} lies in the future")
    return made


def written(
    subscriptions: Iterable[tuple[Subscription, tuple[str, datetime | None]]],
) -> Iterator[str]:
    """Yield the lines of a file, one for each rule, with the consent."""
    yield _line(COLUMNS)
    for subscription, (source, made) in subscriptions:
        for rule in subscription.rules:
            yield _line(
                (
                    subscription.address,
                    subscription.bulletin,
                    rule.cadence,
                    subscription.time_zone.key,
                    subscription.language,
                    subscription.form.value,
                    *(", ".join(getattr(rule.wanted, name)) for name in _LISTS),
                    source,
                    made.isoformat() if made else "",
                )
            )


def _line(values: Iterable[str]) -> str:
    line = io.StringIO()
    safe = [f"'{value}" if value.startswith(_FORMULA) else value for value in values]
    csv.writer(line, lineterminator="").writerow(safe)
    return line.getvalue()
