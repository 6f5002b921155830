"""An SMTP relay on loopback that takes, refuses or loses mails as a test tells it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from aiosmtpd.smtp import Envelope, Session

    from config.kinds import MailSecurity

LOOPBACK = "127.0.0.1"
# What openssl makes valid for this address and signed by itself.
_CERTIFICATE = (
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
    "-subj /CN=relay.test -addext subjectAltName=IP:127.0.0.1 "
    "-addext keyUsage=digitalSignature,keyCertSign"
)

Step = Literal["", "greeting", "EHLO", "MAIL", "RCPT", "DATA", "mail", "answer"]


def free_port() -> int:
    """Return a port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@cache
def certificate() -> bytes:
    """Return a key and its certificate, as PEM."""
    with tempfile.TemporaryDirectory(prefix="tidings-relay-") as folder:
        key, path = Path(folder) / "key.pem", Path(folder) / "certificate.pem"
        command = ["openssl", *_CERTIFICATE.split(), "-keyout", str(key), "-out", str(path)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - the words above
        return key.read_bytes() + path.read_bytes()


@cache
def _contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the relay's side and the side of a client that trusts it."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(prefix="tidings-relay-") as file:
        file.write(certificate())
        file.flush()
        server.load_cert_chain(file.name)
        return server, ssl.create_default_context(cafile=file.name)


def trusting() -> ssl.SSLContext:
    """Return the context of a client that trusts the relay's certificate."""
    return _contexts()[1]


@dataclass
class Mailbox:
    """A relay with what it does; all of it may be changed while it runs.

    ``security`` is what it demands. ``login`` is the only name and password it takes.
    ``refuses_us`` is its greeting where it serves nobody, ``refuses`` gives the reply to a
    recipient, ``refuses_sender`` the one to every sender, ``refuses_mail`` the one to every
    whole mail. At ``hangs_up_at`` it closes the connection
    without an answer: "mail" is in the middle of one, "answer" is after the whole of it.
    """

    security: MailSecurity = "none"
    login: tuple[str, str] | None = None
    refuses: Mapping[str, str] = field(default_factory=dict)
    refuses_us: str = ""
    refuses_sender: str = ""
    refuses_mail: str = ""
    hangs_up_at: Step = ""
    smtputf8: bool = True
    pipelining: bool = True
    received: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        """Listen."""
        self.port = free_port()
        self._controller = _Controller(self)
        self._controller.start()
        # Its own, by which it learns that it is there.
        self.connections = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the port and of every connection."""
        self.hang_up()
        self._controller.stop()

    def hang_up(self) -> None:
        """Close all connections, as a relay does with idle ones."""
        closing = asyncio.run_coroutine_threadsafe(
            self._controller.close_all(), self._controller.loop
        )
        closing.result(timeout=5)

    def recipients(self) -> list[str]:
        """Return who was written to, in order."""
        return [recipient for _, recipients, _ in self.received for recipient in recipients]


class _Hooks:
    """What aiosmtpd asks while it speaks."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_EHLO(  # noqa: N802 - its name
        self,
        server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self._hang_up(server, "EHLO")
        # aiosmtpd can do it, for it reads line after line, but does not say so.
        return [*(["250-PIPELINING"] if self._mailbox.pipelining else []), *responses]

    async def handle_MAIL(  # noqa: N802
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        self._hang_up(server, "MAIL")
        if self._mailbox.login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self._mailbox.refuses_sender:
            return self._mailbox.refuses_sender
        envelope.mail_from = address
        return "250 2.1.0 sender ok"

    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        self._hang_up(server, "RCPT")
        if address in self._mailbox.refuses:
            return self._mailbox.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self._mailbox.refuses_mail:
            return self._mailbox.refuses_mail
        content = envelope.original_content
        assert content is not None
        self._mailbox.received.append((envelope.mail_from or "", envelope.rcpt_tos, content))
        self._hang_up(server, "answer")
        return "250 2.0.0 taken"

    def _hang_up(self, server: SMTP, step: Step) -> None:
        """Close the connection, and with it end the conversation, where that is wanted here."""
        if self._mailbox.hangs_up_at == step:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            raise ConnectionResetError


class _Smtp(SMTP):
    """The conversation, with the steps at which aiosmtpd asks nobody."""

    def __init__(self, mailbox: Mailbox, connections: set[asyncio.Transport]) -> None:
        super().__init__(
            _Hooks(mailbox),
            enable_SMTPUTF8=mailbox.smtputf8,
            hostname="relay.test",
            tls_context=_contexts()[0] if mailbox.security == "starttls" else None,
            require_starttls=mailbox.security == "starttls",
            authenticator=self._check_login,
            auth_require_tls=mailbox.login is None,
        )
        self._mailbox = mailbox
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        self._connections.add(transport)
        if self._mailbox.refuses_us:
            transport.write(f"{self._mailbox.refuses_us}\r\n".encode())
        if self._mailbox.refuses_us or self._mailbox.hangs_up_at == "greeting":
            transport.close()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        assert isinstance(self.transport, asyncio.Transport)
        if self._mailbox.hangs_up_at == "mail":
            await self.push("354 go on")
            await self._reader.readline()
            self.transport.abort()
        elif self._mailbox.hangs_up_at == "DATA":
            self.transport.abort()
        else:
            await super().smtp_DATA(arg)

    def _check_login(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._mailbox.login, handled=False)


class _Controller(Controller):
    """The thread that listens."""

    def __init__(self, mailbox: Mailbox) -> None:
        context = _contexts()[0] if mailbox.security == "tls" else None
        super().__init__(_Hooks(mailbox), LOOPBACK, mailbox.port, ssl_context=context)
        self._mailbox = mailbox
        self._connections: set[asyncio.Transport] = set()

    def factory(self) -> SMTP:
        self._mailbox.connections += 1
        return _Smtp(self._mailbox, self._connections)

    async def close_all(self) -> None:
        """Close every connection, and wait until each has said so to its conversation."""
        for transport in self._connections:
            transport.abort()
        self._connections.clear()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
