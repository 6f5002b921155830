"""Opening a conversation with a relay: connect, encrypt, log in; every failure is about us."""

from __future__ import annotations

import smtplib
import socket
import ssl
from functools import cache
from typing import TYPE_CHECKING

from notifier.replies import Step, enhanced_code, judge
from notifier.transport import TransportError

if TYPE_CHECKING:
    from config.settings import RelaySettings

Conversation = smtplib.SMTP


def open_conversation(
    settings: RelaySettings, *, timeout_s: float, trusted: ssl.SSLContext | None = None
) -> Conversation:
    """Return a conversation that is ready for mails. Raises TransportError."""
    place = settings.place
    try:
        return _open(settings, timeout_s, trusted)
    except smtplib.SMTPAuthenticationError as error:
        raise _refused(
            error.smtp_code,
            f"{place} refuses the login ({words_of(error.smtp_error)}); "
            "see [mail] username and password",
            words_of(error.smtp_error),
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise TransportError(
            f"{place}: {error}; see [mail] security, username and password", about_us=True
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(
            error.smtp_code,
            f"{place} refuses us ({error.smtp_code} {words_of(error.smtp_error)}); "
            "see [mail] host, port and security",
            words_of(error.smtp_error),
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


def _refused(code: int, message: str, words: str) -> TransportError:
    return TransportError(
        message,
        code=code,
        enhanced=enhanced_code(words),
        verdict=judge(Step.CONNECT, code, words),
        about_us=True,
    )


def _open(
    settings: RelaySettings, timeout_s: float, trusted: ssl.SSLContext | None
) -> Conversation:
    name = _own_name()
    conversation = (
        smtplib.SMTP_SSL(
            settings.host,
            settings.port,
            name,
            timeout=timeout_s,
            context=trusted or _context(),
        )
        if settings.security == "tls"
        else smtplib.SMTP(settings.host, settings.port, name, timeout=timeout_s)
    )
    try:
        if settings.security == "starttls":
            conversation.starttls(context=trusted or _context())
        conversation.ehlo_or_helo_if_needed()
        if settings.username:
            _log_in(conversation, settings)
        if conversation.sock is not None:
            # Else the last bytes of a mail wait until all before them are acknowledged.
            conversation.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        conversation.close()
        raise
    return conversation


@cache
def _context() -> ssl.SSLContext:
    """Return whom we trust; to read all authorities takes longer than a mail."""
    return ssl.create_default_context()


@cache
def _own_name() -> str:
    """Return how this machine says hello; to find it out may ask the DNS."""
    return smtplib.SMTP().local_hostname


def _log_in(conversation: Conversation, settings: RelaySettings) -> None:
    name, password = settings.username, settings.password
    if not (name + password).isascii():
        raise smtplib.SMTPNotSupportedError("a login that is not ASCII cannot be sent")
    conversation.login(name, password)


def words_of(answer: bytes | str) -> str:
    """Return what a relay said, on one line."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
