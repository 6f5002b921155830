"""Several relays in order: the next one takes what the one before refuses to take from us.

A relay that is down or refuses us is left alone for a while, by all connections of the process.
What was handed over whole without an answer is never handed to another.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, TypeVar

from notifier.replies import About
from notifier.smtp import SmtpLimits, SmtpTransport
from notifier.transport import FolderTransport, TransportError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from pathlib import Path

    from config.settings import MailSettings
    from notifier.transport import Transport

Answer = TypeVar("Answer")

log = logging.getLogger("tidings.mail")


class Bench:
    """Which relays are left alone, and until when; shared by the connections of a process."""

    def __init__(self, pause: timedelta, clock: Callable[[], datetime]) -> None:
        self._pause = pause
        self._clock = clock
        self._until: dict[str, datetime] = {}
        self._guard = threading.Lock()

    def rests(self, relay: str) -> bool:
        """Whether a relay is to be left alone now."""
        until = self._until.get(relay)
        return until is not None and self._clock() < until

    def put(self, relay: str, problem: str) -> None:
        """Leave a relay alone for a while."""
        with self._guard:
            news = not self.rests(relay)
            self._until[relay] = self._clock() + self._pause
        if news:
            log.warning("the next relay takes over from %s: %s", relay, problem)


class RelaysTransport:
    """A conversation with the first relay that takes our mail."""

    def __init__(self, relays: list[SmtpTransport], bench: Bench) -> None:
        self._relays = relays
        self._bench = bench
        self._last = relays[0]

    @property
    def relay(self) -> str:
        """The relay that was spoken to last."""
        return self._last.relay

    def connect(self) -> None:
        """Open a conversation with the first relay that lets us in."""
        self._first_of(lambda relay: relay.connect())

    def send(self, sender: str, recipient: str, message: bytes, *, envelope_id: str = "") -> str:
        """Hand the mail to the first relay that takes it from us."""
        return self._first_of(
            lambda relay: relay.send(sender, recipient, message, envelope_id=envelope_id)
        )

    def _first_of(self, ask: Callable[[SmtpTransport], Answer]) -> Answer:
        """Return what the first relay answers that does not refuse us."""
        relays = [relay for relay in self._relays if not self._bench.rests(relay.relay)]
        relays = relays or self._relays
        for relay in relays:
            self._last = relay
            try:
                return ask(relay)
            except TransportError as error:
                if relay is relays[-1] or not _may_another(error):
                    raise
                if not error.policy:
                    self._bench.put(relay.relay, str(error))
        raise RuntimeError("no relay is configured")

    def close(self) -> None:
        """Say goodbye to all."""
        for relay in self._relays:
            relay.close()


def _may_another(error: TransportError) -> bool:
    """Whether another relay may take what this one refused: it is about us, or about itself."""
    about_relay = error.verdict is not None and error.verdict.about is About.RELAY
    return not error.uncertain and (error.about_us or about_relay)


def ways_out(
    settings: MailSettings,
    folder: Path,
    clock: Callable[[], datetime],
    *,
    trusted: ssl.SSLContext | None = None,
) -> Callable[[], Transport]:
    """Return what opens conversations: with the relays that are configured, else the folder."""
    if not settings.host:
        return lambda: FolderTransport(folder)
    limits = SmtpLimits(
        timeout_s=settings.timeout.total_seconds(), messages=settings.messages_per_connection
    )
    bench = Bench(settings.retry, clock)
    return lambda: RelaysTransport(
        [SmtpTransport(relay, limits, trusted=trusted) for relay in settings.all_relays], bench
    )
