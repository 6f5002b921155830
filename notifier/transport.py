"""How a mail leaves: through an SMTP relay, or into a folder where there is none.

Exactly once is not to be had over SMTP (RFC 1047): what a lost answer means is said by the error
and decided by the outbox.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from typing import TYPE_CHECKING, Protocol

from feeds.files import replace_file

if TYPE_CHECKING:
    from pathlib import Path

    from config.settings import MailSettings

# Mails sent over one connection: many receivers and relays close it after some dozens.
_MOST_PER_CONNECTION = 50
_PERMANENT = 500
_UNSAFE = re.compile(r"[^A-Za-z0-9_.@+-]")
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)
# Enhanced status codes (RFC 3463): X.7.* is policy and authentication, which concern us.
_ABOUT_US = re.compile(r"^5\.7\.\d")


class TransportError(Exception):
    """A mail did not leave, or nobody knows whether it did.

    ``code`` is the relay's answer, None where it gave none. ``about_us`` says that no mail would
    leave now: the fault lies with the relay, the login or the sender, not with this recipient.
    ``policy`` says that it seems so, but was said of this recipient or this mail only.
    ``uncertain`` says that the whole mail was handed over and no answer came.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        about_us: bool = False,
        policy: bool = False,
        uncertain: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.about_us = about_us or policy
        self.policy = policy
        self.uncertain = uncertain

    @property
    def permanent(self) -> bool:
        """Whether another try would get the same answer."""
        return self.code is not None and self.code >= _PERMANENT


class Transport(Protocol):
    """A way for mails to leave."""

    def send(self, sender: str, recipient: str, message: bytes) -> str:
        """Hand over one mail; return the answer. Raises TransportError."""

    def close(self) -> None:
        """Let go of connections; the next mail opens them again."""


def open_transport(settings: MailSettings, folder: Path) -> Transport:
    """Return the relay where one is configured, else the folder."""
    return SmtpTransport(settings) if settings.host else FolderTransport(folder)


class FolderTransport:
    """Writes each mail as an .eml file named by its Message-ID: a second try replaces the first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, sender: str, recipient: str, message: bytes) -> str:  # noqa: ARG002
        """Write the file, whole or not at all."""
        found = _MESSAGE_ID.search(message)
        if found is None:
            raise TransportError("the mail has no Message-ID", about_us=True)
        path = self._folder / f"{_UNSAFE.sub('_', found.group(1).decode())}.eml"
        try:
            replace_file(path, message)
        except OSError as error:
            raise TransportError(
                f"{path}: {error.strerror}; see [store] data", about_us=True
            ) from error
        return f"written to {path}"

    def close(self) -> None:
        """Nothing is held open."""


class SmtpTransport:
    """One connection to a relay, used for many mails and opened again when it is lost."""

    def __init__(self, settings: MailSettings, *, trusted: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._trusted = trusted
        self._connection: smtplib.SMTP | None = None
        self._sent = 0

    def send(self, sender: str, recipient: str, message: bytes) -> str:
        """Send over the open connection, or over a new one where it was closed meanwhile."""
        if self._connection is not None and not self._is_alive():
            self.close()
        connection = self._connection or self._connect()
        try:
            answer = self._deliver(connection, sender, recipient, message)
        except TransportError:
            self.close()
            raise
        self._sent += 1
        if self._sent >= _MOST_PER_CONNECTION:
            self.close()
        return answer

    def close(self) -> None:
        """Say goodbye; what the relay answers no longer matters."""
        connection, self._connection, self._sent = self._connection, None, 0
        if connection is not None:
            try:
                connection.quit()
            except OSError:
                connection.close()

    def _is_alive(self) -> bool:
        """Ask before a mail is at stake: an idle connection may have been closed."""
        try:
            code, _ = self._connection.rset() if self._connection else (0, b"")
        except OSError:
            return False
        return 200 <= code < 300  # noqa: PLR2004 - the class of positive answers

    def _connect(self) -> smtplib.SMTP:
        """Open, encrypt and log in; every failure here is about us."""
        settings = self._settings
        place = f"relay {settings.host} port {settings.port}"
        try:
            connection = self._open()
        except smtplib.SMTPAuthenticationError as error:
            raise TransportError(
                f"{place} refuses the login ({_reply(error.smtp_error)}); "
                "see [mail] username and password",
                code=error.smtp_code,
                about_us=True,
            ) from error
        except smtplib.SMTPNotSupportedError as error:
            raise TransportError(
                f"{place}: {error}; see [mail] security, username and password", about_us=True
            ) from error
        except smtplib.SMTPResponseException as error:
            raise TransportError(
                f"{place} refuses us ({error.smtp_code} {_reply(error.smtp_error)}); "
                "see [mail] host, port and security",
                code=error.smtp_code,
                about_us=True,
            ) from error
        except ssl.SSLError as error:
            raise TransportError(
                f"{place}: no encrypted connection ({error.reason or error}); "
                "see [mail] security, port and host",
                about_us=True,
            ) from error
        except OSError as error:
            raise TransportError(
                f"{place} cannot be reached ({error.strerror or error}); see [mail] host and port",
                about_us=True,
            ) from error
        except UnicodeError as error:
            raise TransportError(
                f"{place} cannot be reached (that is no host name); see [mail] host and port",
                about_us=True,
            ) from error
        self._connection = connection
        return connection

    def _open(self) -> smtplib.SMTP:
        settings = self._settings
        timeout = settings.timeout.total_seconds()
        context = self._trusted or ssl.create_default_context()
        connection = (
            smtplib.SMTP_SSL(settings.host, settings.port, timeout=timeout, context=context)
            if settings.security == "tls"
            else smtplib.SMTP(settings.host, settings.port, timeout=timeout)
        )
        try:
            if settings.security == "starttls":
                connection.starttls(context=context)
            connection.ehlo_or_helo_if_needed()
            if settings.username:
                self._log_in(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _log_in(self, connection: smtplib.SMTP) -> None:
        name, password = self._settings.username, self._settings.password
        if not (name + password).isascii():
            raise smtplib.SMTPNotSupportedError("a login that is not ASCII cannot be sent")
        connection.login(name, password)

    def _deliver(
        self, connection: smtplib.SMTP, sender: str, recipient: str, message: bytes
    ) -> str:
        """Speak MAIL, RCPT and DATA ourselves, to know at which step an answer failed to come."""
        options = _options(connection, recipient, message)
        try:
            self._expect(connection.mail(sender, options), f"sender {sender}", about_us=True)
            self._expect(connection.rcpt(recipient), f"recipient {recipient}")
            self._expect(connection.docmd("DATA"), "the mail", wanted=354)
            # Where this fails, the end of the mail did not leave, and the relay drops the rest.
            connection.send(_dotted(message))
        except smtplib.SMTPServerDisconnected as error:
            raise TransportError(f"the relay closed the connection ({error})") from error
        except OSError as error:
            raise TransportError(f"the relay does not answer ({error})") from error
        try:
            answer = connection.getreply()
        except OSError as error:
            raise TransportError(
                f"no answer came after the whole mail was handed over ({error})", uncertain=True
            ) from error
        return self._expect(answer, "the mail", whole=True)

    def _expect(
        self,
        answer: tuple[int, bytes],
        what: str,
        *,
        wanted: int = 250,
        about_us: bool = False,
        whole: bool = False,
    ) -> str:
        """Return the relay's words where it agrees. Raises TransportError where it does not.

        ``whole`` says that the mail was handed over: then no answer leaves its fate unknown.
        """
        code, words = answer
        text = _reply(words)
        if code == wanted or (wanted == 250 and code == 251):  # noqa: PLR2004 - RFC 5321, 4.2.3
            return f"{code} {text}"
        if code < 0:
            raise TransportError(f"the relay gave no answer about {what}", uncertain=whole)
        policy = bool(_ABOUT_US.match(text)) or "authentication" in text.lower()
        permanent = code >= _PERMANENT
        raise TransportError(
            f"the relay refuses {what}: {code} {text}",
            code=code,
            about_us=permanent and about_us,
            policy=permanent and policy and not about_us,
        )


def _options(connection: smtplib.SMTP, recipient: str, message: bytes) -> list[str]:
    """Return what MAIL says about the message (RFC 1870, 6531)."""
    options = [f"size={len(message)}"] if connection.has_extn("size") else []
    if not recipient.isascii():
        if not connection.has_extn("smtputf8"):
            raise TransportError(
                f"the relay cannot write to {recipient}: it does not offer SMTPUTF8", code=553
            )
        connection.command_encoding = "utf-8"
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    return options


def _dotted(message: bytes) -> bytes:
    """Return the message as DATA carries it (RFC 5321, 4.5.2)."""
    dotted = re.sub(rb"(?m)^\.", b"..", message)
    return dotted + (b"" if dotted.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _reply(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.split())
