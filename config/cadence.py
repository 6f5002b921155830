"""How often somebody is told: a cadence as people write it, and as a value. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from config.schedule import Cron, parse_cron

INSTANT = "instant"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LAST_DAY = "last"
# Every month has these; for the rest there is the last day.
DAYS_OF_MONTH = (*map(str, range(1, 29)), LAST_DAY)
# In the subscriber's own zone. Eight in the morning is before most people's day begins.
DEFAULT_HOUR = 8

Kind = Literal["instant", "daily", "weekly", "monthly", "cron"]
_HOUR = re.compile(r"(?:[01]?\d|2[0-3])(?::00)?")
_DAYS: dict[str, tuple[str, ...]] = {
    "instant": (),
    "daily": (),
    "weekly": WEEKDAYS,
    "monthly": DAYS_OF_MONTH,
}
_ALLOWED = (
    "a cadence is instant, daily, weekly or monthly, with a day and an hour where wanted, such as "
    "'daily 7', 'weekly fri 18' or 'monthly last 9', or a cron expression such as "
    "'0 7 * * mon,thu'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How often: at once, at an hour of each day, of one weekday or of one day of the month.

    ``day`` is a weekday (mon), a day of the month (1 to 28, or last), else empty; ``cron`` is
    the expression of a cadence that is none of these.
    """

    kind: Kind
    day: str = ""
    hour: int = DEFAULT_HOUR
    cron: str = ""

    def __str__(self) -> str:
        """Write it as it is stored: what is left out is the default."""
        if self.kind == "cron":
            return self.cron
        default = self.day == (_DAYS[self.kind] or ("",))[0] and self.hour == DEFAULT_HOUR
        if default or self.kind == INSTANT:
            return self.kind
        return " ".join(part for part in (self.kind, self.day, str(self.hour)) if part)

    def schedule(self) -> Cron | None:
        """Return when it is due; None where each new item is an occasion."""
        match self.kind:
            case "instant":
                return None
            case "daily":
                return Cron(f"0 {self.hour} * * *")
            case "weekly":
                return Cron(f"0 {self.hour} * * {self.day}")
            case "monthly":
                return Cron(f"0 {self.hour} {'L' if self.day == LAST_DAY else self.day} * *")
            case "cron":
                return Cron(self.cron)


def parse_cadence(text: str) -> Cadence:
    """Read a cadence. Raises ValueError, with what is allowed."""
    kind, *rest = text.split() or [""]
    if kind not in _DAYS:
        return _cron(text)
    days = _DAYS[kind]
    day = days[0] if days else ""
    # "monthly 15" is a day, "weekly 15" is an hour: a weekday is no number.
    if rest and rest[0] in days:
        day = rest.pop(0)
    hour = DEFAULT_HOUR
    if rest and kind != INSTANT and _HOUR.fullmatch(rest[0]):
        hour = int(rest.pop(0).removesuffix(":00"))
    if rest:
        raise ValueError(f"not a cadence: {text!r}; {_ALLOWED}")
    return Cadence(kind=_kind(kind), day=day, hour=hour)


def _kind(text: str) -> Kind:
    kinds: dict[str, Kind] = {
        "instant": "instant",
        "daily": "daily",
        "weekly": "weekly",
        "monthly": "monthly",
    }
    return kinds[text]


def _cron(text: str) -> Cadence:
    try:
        return Cadence(kind="cron", cron=parse_cron(text).expression)
    except ValueError as error:
        raise ValueError(f"{error}; {_ALLOWED}") from None


def check_cadence(cadence: str) -> str:
    """Return a cadence in the form in which it is stored. Raises ValueError."""
    return str(parse_cadence(cadence))
