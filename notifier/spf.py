"""What an SPF record says of an address, resolved to its end (RFC 7208). Asks, and decides nothing.

Macros in names (RFC 7208, 7) and ``ptr`` and ``exists`` depend on the mail: what stands behind
them counts as a question and as unknown.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# RFC 7208, 4.6.4: questions in all, those without an answer, and hosts of one MX.
MOST_QUESTIONS = 10
MOST_VOID = 2
_MOST_HOSTS = 10
_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_MECHANISM = re.compile(r"([+?~-]?)([a-zA-Z][a-zA-Z0-9]*)(?::([^/\s][^\s]*?))?((?:/[0-9/]+)?)$")
_MODIFIER = re.compile(r"([a-zA-Z][a-zA-Z0-9._-]*)=(.*)$")


class Questions(Protocol):
    """Who asks the DNS; there being nothing is an answer."""

    def texts(self, name: str) -> Sequence[str]:
        """Return the TXT records of a name."""

    def mail_hosts(self, name: str) -> Sequence[str]:
        """Return the hosts that take mail for a name."""

    def addresses(self, name: str) -> Sequence[str]:
        """Return the addresses of a host."""


class SpfError(Exception):
    """The record counts as an error for every receiver (permerror); the message says why."""


@dataclass(slots=True)
class Spf:
    """One evaluation of a domain's record, for an address or for none.

    ``questions`` and ``void`` count what was asked; ``unsure`` are words that only a mail decides.
    """

    lookup: Questions
    address: Address | None = None
    questions: int = 0
    void: int = 0
    unsure: list[str] = field(default_factory=list)

    def result(self, domain: str) -> str:
        """Return pass, fail, softfail, neutral or none. Raises SpfError, and what a lookup raises.

        Without an address every word is followed, and nothing passes.
        """
        records = spf_records(self.lookup.texts(domain))
        if len(records) > 1:
            raise SpfError(f"{domain} has {len(records)} records")
        if not records:
            return "none"
        redirect = ""
        for word in records[0].split()[1:]:
            modifier = _MODIFIER.match(word)
            if modifier is not None:
                redirect = modifier[2] if modifier[1].lower() == "redirect" else redirect
                continue
            found = self._judged(word, domain)
            if found:
                return found
        if not redirect:
            return "neutral"
        self._ask(domain)
        if "%" in redirect:
            self.unsure.append(f"redirect={redirect}")
            return "neutral"
        result = self.result(redirect.rstrip("."))
        if result == "none":
            raise SpfError(f"redirect={redirect} leads to no record")
        return result

    def _judged(self, word: str, domain: str) -> str:
        """Return the result of a word that matches the address; empty where it does not."""
        parts = _MECHANISM.match(word)
        if parts is None:
            raise SpfError(f"{domain} has a word that is none: {word}")
        sign, name, target, length = parts.groups()
        kind = name.lower()
        result = _RESULTS[sign or "+"]
        if kind == "all":
            return result
        if kind in ("ip4", "ip6"):
            return result if self._within(f"{target or ''}{length}", word, domain) else ""
        if kind not in ("a", "mx", "include", "exists", "ptr"):
            raise SpfError(f"{domain} has a word that nobody knows: {word}")
        self._ask(domain)
        if kind in ("exists", "ptr") or "%" in (target or ""):
            self.unsure.append(word)
            return ""
        if kind == "include":
            return result if self._included(target, word, domain) else ""
        hosts = self._hosts(kind, (target or domain).rstrip("."))
        return result if any(self._is_in(each, length, word) for each in hosts) else ""

    def _included(self, target: str | None, word: str, domain: str) -> bool:
        if not target:
            raise SpfError(f"{domain} includes nothing: {word}")
        found = self.result(target.rstrip("."))
        if found == "none":
            raise SpfError(f"{word} leads to no record")
        return found == "pass"

    def _hosts(self, kind: str, name: str) -> list[str]:
        """Return the addresses that ``a`` or ``mx`` stands for."""
        if kind == "a":
            return list(self._heard(self.lookup.addresses(name)))
        hosts = self._heard(self.lookup.mail_hosts(name))
        if len(hosts) > _MOST_HOSTS:
            raise SpfError(f"mx of {name} has more than {_MOST_HOSTS} hosts")
        return [address for host in hosts for address in self.lookup.addresses(host)]

    def _heard(self, answer: Sequence[str]) -> Sequence[str]:
        if not answer:
            self.void += 1
            if self.void > MOST_VOID:
                raise SpfError(f"more than {MOST_VOID} of its names have no records")
        return answer

    def _ask(self, domain: str) -> None:
        self.questions += 1
        if self.questions > MOST_QUESTIONS:
            raise SpfError(f"{domain} asks more than {MOST_QUESTIONS} questions in all")

    def _within(self, network: str, word: str, domain: str) -> bool:
        try:
            known = ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise SpfError(f"{domain} has a word that is no network: {word}") from error
        return self.address is not None and self.address in known

    def _is_in(self, host: str, length: str, word: str) -> bool:
        """Tell whether the address is in the network of a host: a/24, a//64 or a/24//64."""
        if self.address is None:
            return False
        known = ipaddress.ip_address(host)
        four, _, six = length.removeprefix("/").partition("//")
        if length.startswith("//"):
            four, six = "", length.removeprefix("//")
        bits = (four or "32") if known.version == 4 else (six or "128")  # noqa: PLR2004 - IPv4
        return known.version == self.address.version and self._within(f"{host}/{bits}", word, host)


def spf_records(texts: Sequence[str]) -> list[str]:
    """Return the records of SPF among the texts of a name."""
    return [text for text in texts if re.match(r"v=spf1( |$)", text, re.IGNORECASE)]
