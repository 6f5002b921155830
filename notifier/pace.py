"""How fast mails may leave: over all, and to each recipient domain.

A domain that puts mail off is written to at half its rate (RFC 5321 leaves the pace to us), and
then faster again by steady steps, until no limit is left: additive increase, multiplicative
decrease. Nothing here reads a clock or sleeps; what was learned is kept by ``pace_store``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Six mails a minute: slower would be no attempt, and the pauses of each delivery grow beside it.
_SLOWEST = 0.1
# A domain that takes so many each second needs no limit of ours.
_FASTEST = 50.0
# Mails per second that a domain is trusted with more, after each second in which it took some.
_STEP = 0.02
# Answers to mails that were on their way together are one answer.
_TOGETHER = timedelta(seconds=10)
_BURST = timedelta(seconds=1)
_SECOND = timedelta(seconds=1)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Meter:
    """One rate: when the next mail may go, and the places that were given to later ones."""

    rate: float
    free: datetime = _NEVER
    last_place: datetime = _NEVER

    def free_at(self, now: datetime) -> datetime | None:
        """Return when a mail may go; None where it may go now."""
        return self.free if self.free > now else None

    def count(self, now: datetime, senders: int) -> None:
        """Count a mail that goes now; what was not used of the last second may be used yet."""
        start = max(self.free, now - _BURST)
        self.free = start + _SECOND * senders / self.rate

    def place(self, now: datetime, senders: int) -> datetime:
        """Return a time for a mail that may not go now: each gets one of its own."""
        self.last_place = max(self.free, self.last_place, now) + _SECOND * senders / self.rate
        return self.last_place


@dataclass(slots=True)
class _Domain:
    """What is known of one domain; ``meter`` is None while it has no limit."""

    meter: _Meter | None = None
    began: datetime = _NEVER
    taken: int = 0
    slowed: datetime = _NEVER
    quickened: datetime = _NEVER


@dataclass(slots=True)
class Pace:
    """The limits of one run: ``rate`` over all and ``domain_rate`` to each domain, 0 for none.

    ``learned`` are the rates that earlier runs came to. All are those of the whole house: of so
    many ``senders`` each has its share.
    """

    rate: float = 0.0
    domain_rate: float = 0.0
    learned: Mapping[str, float] = field(default_factory=dict)
    senders: int = 1
    _all: _Meter | None = None
    _domains: dict[str, _Domain] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Start with what is configured and what was learned."""
        if self.rate:
            self._all = _Meter(self.rate)
        for domain, rate in self.learned.items():
            self._domains[domain] = _Domain(meter=_Meter(self._capped(rate)))

    def next_of_all(self, now: datetime) -> datetime | None:
        """Return when any mail may go; None where one may go now."""
        return self._all.free_at(now) if self._all else None

    def next_to(self, domain: str, now: datetime) -> datetime | None:
        """Count a mail to a domain that goes now; else return a time that is its own."""
        known = self._domain(domain, now)
        if known.meter is not None and known.meter.free_at(now) is not None:
            return known.meter.place(now, self.senders)
        known.taken += 1
        for meter in (known.meter, self._all):
            if meter is not None:
                meter.count(now, self.senders)
        return None

    def slow_down(self, domain: str, now: datetime) -> None:
        """Halve the rate of a domain that put a mail off, once for all that went out together."""
        known = self._domain(domain, now)
        if now - known.slowed < _TOGETHER:
            return
        lasted = max((now - known.began) / _SECOND, 1.0)
        before = known.meter.rate if known.meter else known.taken * self.senders / lasted
        known.meter = _Meter(self._capped(max(before / 2, _SLOWEST)), free=now)
        known.slowed = known.quickened = now
        self._changed.add(domain)

    def speed_up(self, domain: str, now: datetime) -> None:
        """Trust a domain that took a mail with a little more, until no limit is left."""
        known = self._domains.get(domain)
        if known is None or known.meter is None or known.meter.rate == self.domain_rate:
            return
        since = min(now - known.quickened, _TOGETHER)
        known.quickened = now
        rate = known.meter.rate + _STEP * (since / _SECOND)
        self._changed.add(domain)
        if rate < (self.domain_rate or _FASTEST):
            known.meter.rate = rate
        elif self.domain_rate:
            known.meter.rate = self.domain_rate
        else:
            known.meter = None

    def changed(self) -> dict[str, float]:
        """Return the rates that this run came to, 0 where no limit is left; forget that it did."""
        rates = {domain: self._learned_rate(domain) for domain in self._changed}
        self._changed.clear()
        return rates

    def _learned_rate(self, domain: str) -> float:
        meter = self._domains[domain].meter
        return 0.0 if meter is None or meter.rate == self.domain_rate else meter.rate

    def _domain(self, domain: str, now: datetime) -> _Domain:
        known = self._domains.get(domain)
        if known is None:
            meter = _Meter(self.domain_rate) if self.domain_rate else None
            known = self._domains[domain] = _Domain(meter=meter)
        if known.began is _NEVER:
            known.began = now
        return known

    def _capped(self, rate: float) -> float:
        return min(rate, self.domain_rate) if self.domain_rate else rate
