"""Who may be asked: only the public internet, and the networks that an operator lists.

A guard looks up a name once, judges every address that it has, and gives back those very
addresses to connect to: what the DNS says a moment later changes nothing. How a host is spelt
does not matter, since what is judged is what would be connected to.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feeds.networks import no_public_place, read_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from feeds.networks import Network

    Resolve = Callable[[str, int], tuple[str, ...]]

# Where pages are served; what listens elsewhere expects other guests.
PAGE_PORTS = frozenset({80, 443, 8080, 8443})
_TO_ALLOW = "add it to [desk] private_networks to allow it"
_TO_NAME = "if that is right, give it as the source's url"


class GuardError(Exception):
    """A host that is not asked; the message says why and what to do."""


def look_up(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses that this machine knows a name by. Raises OSError, ValueError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(_written(where) for *_, where in found))


def _written(where: tuple[object, ...]) -> str:
    """Return a socket's address as text, with the scope that an IPv6 one may need."""
    address, scope = str(where[0]), where[3:]
    return f"{address}%{scope[0]}" if any(scope) and "%" not in address else address


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """Which ports a public host may be asked at (None: all), and what to do about a refusal."""

    ports: frozenset[int] | None
    remedy: str


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets a fetch reach public hosts at the ports of pages, and ``allowed`` networks whole."""

    allowed: tuple[Network, ...] = ()
    resolve: Resolve = look_up
    rule: _Rule = _Rule(ports=PAGE_PORTS, remedy=_TO_ALLOW)

    def addresses(self, host: str, port: int, *, within: float) -> tuple[str, ...]:
        """Return the addresses to connect to for a host, looked up in so many seconds.

        Raises GuardError where one of them is out of bounds, else OSError or ValueError where
        there is none.
        """
        found = in_time(self.resolve, host, port, within=within)
        for address in found:
            self.judge(address, port)
        return found

    def judge(self, address: str, port: int) -> None:
        """Raise GuardError where this address and port are not to be connected to."""
        place = read_address(address)
        if any(place in network for network in self.allowed):
            return
        if kind := no_public_place(place):
            raise GuardError(f"leads to {place}, which is {kind}; {self.rule.remedy}")
        if self.rule.ports is not None and port not in self.rule.ports:
            usual = ", ".join(map(str, sorted(self.rule.ports)))
            raise GuardError(
                f"asks for port {port}, where pages do not stand (they do at {usual}); "
                "write the source into the configuration if that is right"
            )

    def for_public_page(self) -> Guard:
        """Return the guard for where a public page leads: no network of the operator's."""
        return replace(self, allowed=(), rule=replace(self.rule, remedy=_TO_NAME))


# What a public page of a source that the operator configured may lead to.
PUBLIC_ONLY = Guard(rule=_Rule(ports=None, remedy=_TO_NAME))


def refuse_private(home: str, target: str, resolve: Resolve = look_up) -> bool:
    """Raise GuardError where a public host points into a network of the operator's.

    What stands there was not meant for publication, and it is not the operator who asked.
    Returns whether the target is public, and so must be when it is connected to.
    """
    here, there = urlsplit(home).hostname or "", urlsplit(target).hostname or ""
    if not _in_private(there, resolve):
        return True
    if here == there or _in_private(here, resolve):
        return False
    raise GuardError(
        f"leads to {target}, an address of a private network, which is not followed; {_TO_NAME}"
    )


def _in_private(host: str, resolve: Resolve) -> bool:
    """Say whether a host has an address that is not of the public internet."""
    try:
        found = resolve(host, 0)
    except (OSError, ValueError):
        return False  # the request itself says so better
    return any(no_public_place(read_address(address)) for address in found)


def in_time(resolve: Resolve, host: str, port: int, *, within: float) -> tuple[str, ...]:
    """Return an answer of the system's resolver, which knows no time-out of ours."""
    answers: SimpleQueue[tuple[str, ...] | Exception] = SimpleQueue()

    def work() -> None:
        try:
            answers.put(resolve(host, port))
        except (OSError, ValueError) as error:
            answers.put(error)

    threading.Thread(target=work, name="look-up", daemon=True).start()
    try:
        answer = answers.get(timeout=max(within, 0))
    except Empty:
        raise TimeoutError("the name was not found in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer
