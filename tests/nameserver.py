"""A real DNS server on loopback, over UDP, that says what a test lets it say."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from relay import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType


class Nameserver:
    """Answers from ``records``: (name, kind) to values; one that is None gets a server failure."""

    def __init__(self, records: Mapping[tuple[str, str], list[str] | None]) -> None:
        self.records = records

    def __enter__(self) -> Self:
        """Listen."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, 0))
        self.address = f"{LOOPBACK}:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop: an empty packet says so."""
        host, port = self._socket.getsockname()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.sendto(b"", (host, port))
        self._thread.join(timeout=5)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            packet, caller = self._socket.recvfrom(4096)
            if not packet:
                return
            self._socket.sendto(self._answer(packet), caller)

    def _answer(self, packet: bytes) -> bytes:
        asked = dns.message.from_wire(packet)
        (question,) = asked.question
        kind = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text(omit_final_dot=True)
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        values = self.records.get((name, kind), [])
        if values is None:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif values:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
        elif not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()
