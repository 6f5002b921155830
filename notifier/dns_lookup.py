"""Questions to the DNS: the one door of dnspython. That there is nothing is an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_TIMEOUT_S = 5.0


class DnsError(Exception):
    """The DNS gives no answer; the message says of what."""


class Lookup:
    """Asks the resolver of this machine, or a server that is named as ADDRESS or ADDRESS:PORT."""

    def __init__(self, server: str = "") -> None:
        from dns.exception import DNSException
        from dns.resolver import Resolver

        try:
            self._resolver = Resolver(configure=not server)
        except (DNSException, OSError) as error:
            raise DnsError(f"no resolver is configured on this machine ({error})") from error
        if server:
            address, _, port = (
                server.rpartition(":") if server.count(":") == 1 else (server, "", "")
            )
            self._resolver.nameservers = [address]
            self._resolver.port = int(port) if port.isdigit() else 53
        self._resolver.lifetime = _TIMEOUT_S

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the TXT records of a name. Raises DnsError, as all questions do."""
        return tuple(
            b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")
        )

    def mail_hosts(self, name: str) -> tuple[str, ...]:
        """Return the hosts that take mail for a name."""
        return tuple(
            record.exchange.to_text(omit_final_dot=True) for record in self._ask(name, "MX")
        )

    def addresses(self, name: str) -> tuple[str, ...]:
        """Return the addresses of a host."""
        return tuple(record.address for kind in ("A", "AAAA") for record in self._ask(name, kind))

    def names(self, address: str) -> tuple[str, ...]:
        """Return the names that an address says of itself."""
        from dns.reversename import from_address

        name = from_address(address).to_text()
        return tuple(
            record.target.to_text(omit_final_dot=True) for record in self._ask(name, "PTR")
        )

    def _ask(self, name: str, kind: str) -> Iterable[Any]:
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, NoAnswer

        try:
            return self._resolver.resolve(name, kind, search=False)
        except (NXDOMAIN, NoAnswer):
            return ()
        except (DNSException, OSError, UnicodeError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise DnsError(f"no answer about {kind} of {name}: {reason}") from error
