"""The loop that tells WebSub hubs which feeds have changed: claim, ask, record.

Apart from publishing, which has only written the rows: a hub that is down, slow or lost keeps
no document and no mail waiting.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from feeds.backoff import parse_retry_after, retry_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from feeds.ping_store import Ping, PingStore

log = logging.getLogger("tidings.push")

_CONNECT_S = 5
_ANSWER_S = 10
# Longer than a request may take.
_LEASE = timedelta(minutes=2)
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=2)
# What subscribers have not been pushed for so long they have polled long since.
_GIVE_UP = timedelta(days=1)
# A hub that fails so often in one run will not be better a moment later.
_MOST_FAILURES = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a hub was not told, and how long it asked to be left alone."""

    problem: str
    retry_after: timedelta | None = None


@dataclass(slots=True, kw_only=True)
class Pinger:
    """Tells each hub what is due, one topic after the other."""

    pings: PingStore
    hubs: Sequence[str]
    user_agent: str
    clock: Callable[[], datetime]

    def run(self, stopping: Callable[[], bool]) -> int:
        """Tell until nothing is due; return how many topics a hub was told of."""
        return sum(self._tell(hub, stopping) for hub in self.hubs)

    def _tell(self, hub: str, stopping: Callable[[], bool]) -> int:
        told = failures = 0
        while failures < _MOST_FAILURES and not stopping():
            ping = self.pings.claim(hub, now=self.clock(), lease=_LEASE)
            if ping is None:
                break
            refusal = ask_hub(hub, ping.topic, user_agent=self.user_agent, now=self.clock())
            if refusal is None:
                self.pings.told(ping)
                told += 1
            else:
                self._failed(ping, refusal)
                failures += 1
        if told:
            log.info("hub %s was told of %d changed feeds", hub, told)
        return told

    def _failed(self, ping: Ping, refusal: Refusal) -> None:
        again = next_attempt(ping, refusal, now=self.clock(), jitter=random.random())  # noqa: S311 - no secret
        if again is None:
            self.pings.given_up(ping, refusal.problem)
            log.error(
                "hub %s was not told that %s changed: %s; given up after %d attempts, "
                "see that [site] hubs is right",
                ping.hub,
                ping.topic,
                refusal.problem,
                ping.attempts,
            )
            return
        self.pings.later(ping, again, refusal.problem)
        # Once is worth a word, and the end; not each try between.
        level = logging.WARNING if ping.attempts == 1 else logging.DEBUG
        log.log(level, "hub %s: %s; tried again later", ping.hub, refusal.problem)


def next_attempt(ping: Ping, refusal: Refusal, *, now: datetime, jitter: float) -> datetime | None:
    """Return when to try again; None where it has been tried for long enough."""
    if now - ping.changed >= _GIVE_UP:
        return None
    return retry_at(
        now,
        failures=ping.attempts,
        interval=_FIRST_PAUSE,
        longest=_LONGEST_PAUSE,
        retry_after=refusal.retry_after,
        jitter=jitter,
    )


def ask_hub(hub: str, topic: str, *, user_agent: str, now: datetime) -> Refusal | None:
    """Tell a hub that a topic has changed; return why it was not told, None where it was.

    Hubs agree on this form, which the standard leaves open. A redirect is not followed: a hub
    that has moved would be named wrongly in every feed.
    """
    import requests

    try:
        response = requests.post(
            hub,
            # Some read the one name for the topic, some the other.
            data={"hub.mode": "publish", "hub.url": topic, "hub.topic": topic},
            headers={"User-Agent": user_agent},
            timeout=(_CONNECT_S, _ANSWER_S),
            allow_redirects=False,
            # Its text is of no use, however long.
            stream=True,
            # No login of ~/.netrc.
            auth=lambda request: request,
        )
    except (requests.RequestException, ValueError) as error:
        return Refusal(_unreachable(error))
    response.close()
    status = response.status_code
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Refusal(f"it has moved (HTTP {status}); put its new address into [site] hubs")
    asked = parse_retry_after(response.headers.get("Retry-After", ""), now=now)
    return Refusal(f"it answered with HTTP {status}", asked)


def _unreachable(error: Exception) -> str:
    import requests

    if isinstance(error, requests.Timeout):
        return "it did not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "it cannot be reached"
    return f"it cannot be asked ({type(error).__name__})"
