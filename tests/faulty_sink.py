"""An SMTP server on loopback that fails once: at a chosen step, in a chosen way.

It takes pipelined commands, remembers every mail that came whole, and may kill the process that
speaks to it, hang up, or fall silent.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Literal, Self, get_args

if TYPE_CHECKING:
    from types import TracebackType

LOOPBACK = "127.0.0.1"
Step = Literal["banner", "EHLO", "MAIL", "RCPT", "DATA", "middle", "dot", "answer", "QUIT"]
Way = Literal["kill", "close", "stall"]
STEPS: tuple[Step, ...] = get_args(Step)
WAYS: tuple[Way, ...] = get_args(Way)
_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)\r$", re.MULTILINE)


class _EndedError(Exception):
    """The conversation is over, as was planned."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong: when a step is reached for the nth time."""

    step: Step
    way: Way
    nth: int = 1


@dataclass
class FaultySink:
    """A server with at most one fault; ``pid`` is whom it kills, once that is known.

    ``received`` holds recipient and Message-ID of every mail that came whole.
    """

    fault: Fault | None = None
    received: list[tuple[str, str]] = field(default_factory=list)
    pid: int = 0
    struck: bool = False
    _reached: int = 0

    def __enter__(self) -> Self:
        """Listen."""
        self._guard = threading.Lock()
        self._known = threading.Event()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = int(self._listener.getsockname()[1])
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop; every conversation ends with its client."""
        self._over.set()
        self._known.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=10)

    def serves(self, pid: int) -> None:
        """Say who speaks to it."""
        self.pid = pid
        self._known.set()

    def _start(self, work: object, *values: object) -> None:
        thread = threading.Thread(target=work, args=values, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._start(self._converse, connection)

    def _converse(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines, suppress(OSError, _EndedError):
            self._at("banner", connection)
            connection.sendall(b"220 sink.test\r\n")
            recipient = ""
            while line := lines.readline():
                verb = line[:4].upper().decode("latin-1")
                if verb not in ("RSET", "NOOP"):
                    self._at(verb, connection)
                if verb == "EHLO":
                    connection.sendall(b"250-sink.test\r\n250-PIPELINING\r\n250 SIZE\r\n")
                elif verb == "DATA":
                    self._take(connection, lines, recipient)
                elif verb == "QUIT":
                    connection.sendall(b"221 bye\r\n")
                    return
                else:
                    if verb == "RCPT":
                        recipient = line.partition(b"<")[2].partition(b">")[0].decode()
                    connection.sendall(b"250 2.0.0 ok\r\n")

    def _take(self, connection: socket.socket, lines: IO[bytes], recipient: str) -> None:
        """Take one mail, line by line."""
        connection.sendall(b"354 go on\r\n")
        mail = bytearray()
        while (line := lines.readline()) != b".\r\n":
            if not line:
                raise _EndedError
            if not mail:
                self._at("middle", connection)
            mail += line
        found = _MESSAGE_ID.search(mail)
        assert found is not None
        with self._guard:
            self.received.append((recipient, found.group(1).decode()))
        self._at("dot", connection)
        connection.sendall(b"250 2.0.0 taken\r\n")
        self._at("answer", connection)

    def _at(self, step: str, connection: socket.socket) -> None:
        """Fail, where that is planned for here."""
        fault = self.fault
        if fault is None or fault.step != step or self.struck:
            return
        with self._guard:
            self._reached += 1
            self.struck = self._reached == fault.nth
            if not self.struck:
                return
        if fault.way == "kill":
            self._known.wait()
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            raise _EndedError
        if fault.way == "stall":
            # Until the client has lost its patience, or the test is over.
            connection.settimeout(0.1)
            while not self._over.is_set():
                try:
                    if not connection.recv(65536):
                        break
                except TimeoutError:
                    continue
        raise _EndedError
