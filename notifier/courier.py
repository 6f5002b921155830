"""One connection at work, in a thread of its own: ask for a letter, hand it over, say how it went.

It never holds more than one letter, and gets no other before the end of the last one is on disk.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

from notifier.transport import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from notifier.model import Delivery
    from notifier.transport import Transport


class UnwrittenError(Exception):
    """There is no letter for a delivery now, and there may be one later; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A delivery that has begun: what is to be handed over, and from whom to whom."""

    delivery: Delivery
    sender: str
    write: Callable[[datetime], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one attempt went: the relay's reply, or why there is none."""

    delivery: Delivery
    relay: str
    reply: str = ""
    error: TransportError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A courier asks for its next letter, and says how the last one went.

    With ``problem`` it could not even connect, with ``fault`` a fault of ours ended it; then it
    asks no more.
    """

    courier: Courier
    ended: Ended | None = None
    problem: TransportError | None = None
    fault: BaseException | None = None

    @property
    def leaves(self) -> bool:
        """Whether it asks no more."""
        return self.problem is not None or self.fault is not None


class Courier(threading.Thread):
    """One connection at work."""

    def __init__(
        self, transport: Transport, desk: SimpleQueue[Request], clock: Callable[[], datetime]
    ) -> None:
        super().__init__(name="courier", daemon=True)
        self.transport = transport
        self._desk = desk
        self._clock = clock
        self._letters: SimpleQueue[Letter | None] = SimpleQueue()

    def give(self, letter: Letter | None) -> None:
        """Give it the next letter; None sends it home."""
        self._letters.put(letter)

    def run(self) -> None:
        """Work until there are no more letters."""
        try:
            self.transport.connect()
            self._work()
        except TransportError as error:
            self._desk.put(Request(courier=self, problem=error))
        except BaseException as error:  # noqa: BLE001 - raised again where it is heard
            self._desk.put(Request(courier=self, fault=error))
        finally:
            self.transport.close()

    def _work(self) -> None:
        ended: Ended | None = None
        while True:
            self._desk.put(Request(courier=self, ended=ended))
            letter = self._letters.get()
            if letter is None:
                return
            ended = self._hand_over(letter)

    def _hand_over(self, letter: Letter) -> Ended:
        delivery = letter.delivery
        message = letter.write(self._clock())
        try:
            reply = self.transport.send(
                letter.sender,
                delivery.address,
                message,
                # Reports give it back; unlike the id of the row, nobody can guess it.
                envelope_id=delivery.message_id.strip("<>"),
            )
        except TransportError as error:
            return Ended(delivery=delivery, relay=self.transport.relay, error=error)
        return Ended(delivery=delivery, relay=self.transport.relay, reply=reply)
