"""An IMAP mailbox of reports: what is new is read, our own is marked or moved, nothing is deleted.

The one door of imaplib. Mails are read without being marked as read (BODY.PEEK), by the numbers
that the server gave them (UID), which count as long as its UIDVALIDITY is the same.
"""

from __future__ import annotations

import imaplib
import ssl
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from notifier.bounces import MOST_BYTES
from notifier.mailboxes import MailboxError, Read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from config.bounce_settings import BounceSettings
    from notifier.report_source_store import Place

_TIMEOUT_S = 60
# Of one go; the rest is read at the next.
_MOST = 500


class ImapMailbox:
    """A mailbox on a server. ``trust`` is what its certificate is held against."""

    def __init__(self, settings: BounceSettings, trust: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._trust = trust
        self._where = (
            f"IMAP server {settings.imap_host} port {settings.imap_port}, "
            f"folder {settings.imap_folder}"
        )

    def read(
        self, place: Place, take: Callable[[str, bytes], bool], stopping: Callable[[], bool]
    ) -> Read:
        """Give each mail that came since to ``take``; those for which it says True were ours.

        Raises MailboxError.
        """
        with self._told(), self._opened() as connection:
            validity = _validity(connection)
            last = place.uid if place.validity == validity else 0
            ours: list[int] = []
            for number in self._numbers(connection, after=last):
                if stopping():
                    break
                mail = self._mail(connection, number)
                if mail is not None and take(str(number), mail):
                    ours.append(number)
                last = number
            # Those who only look take nothing, and nothing is changed for them.
            if ours:
                self._done(connection, ours)
            return Read(ours=len(ours), validity=validity, uid=last)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what went wrong as an operator reads it."""
        try:
            yield
        except (imaplib.IMAP4.error, OSError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise MailboxError(f"{self._where}: {reason}; see [bounces] imap_host") from error

    @contextmanager
    def _opened(self) -> Iterator[imaplib.IMAP4]:
        """Open the folder, for reading and for marking our own."""
        settings = self._settings
        connection = self._connected()
        try:
            connection.login(settings.imap_user, settings.imap_password)
            status, said = connection.select(_quoted(settings.imap_folder))
            if status != "OK":
                raise imaplib.IMAP4.error(_text(said))
            yield connection
        finally:
            # Not CLOSE, which would remove what others have marked as deleted.
            with suppress(imaplib.IMAP4.error, OSError):
                connection.logout()

    def _connected(self) -> imaplib.IMAP4:
        settings = self._settings
        host, port = settings.imap_host, settings.imap_port
        trust = self._trust or ssl.create_default_context()
        if settings.imap_security == "tls":
            return imaplib.IMAP4_SSL(host, port, ssl_context=trust, timeout=_TIMEOUT_S)
        connection = imaplib.IMAP4(host, port, timeout=_TIMEOUT_S)
        if settings.imap_security == "starttls":
            connection.starttls(trust)
        return connection

    def _numbers(self, connection: imaplib.IMAP4, *, after: int) -> list[int]:
        """Return the numbers of the mails after one, in their order."""
        found = self._asked(connection, "SEARCH", "UID", f"{after + 1}:*")
        numbers = {
            int(number) for line in found if isinstance(line, bytes) for number in line.split()
        }
        # A range that ends in a star has the last mail in it always.
        return sorted(number for number in numbers if number > after)[:_MOST]

    def _mail(self, connection: imaplib.IMAP4, number: int) -> bytes | None:
        """Return the beginning of a mail, None where it is gone; it is as unread as before."""
        wanted = f"(BODY.PEEK[]<0.{MOST_BYTES}>)"
        for answer in self._asked(connection, "FETCH", str(number), wanted):
            if isinstance(answer, tuple) and len(answer) > 1:
                return bytes(answer[1])
        return None

    def _done(self, connection: imaplib.IMAP4, numbers: list[int]) -> None:
        """Mark our own as read; move it where a folder is named for it."""
        folder = self._settings.imap_done
        for start in range(0, len(numbers), 100):
            some = ",".join(map(str, numbers[start : start + 100]))
            self._asked(connection, "STORE", some, "+FLAGS.SILENT", r"(\Seen)")
            if folder:
                self._asked(connection, "MOVE", some, _quoted(folder))

    def _asked(self, connection: imaplib.IMAP4, command: str, *words: str) -> list[object]:
        status, said = connection.uid(command, *words)
        if status != "OK":
            raise imaplib.IMAP4.error(f"{command} was refused: {_text(said)}")
        return [line for line in said if line]


def _validity(connection: imaplib.IMAP4) -> int:
    """Return the number by which the server says whether its numbers still count."""
    values = connection.response("UIDVALIDITY")[1]
    value = values[0] if values else None
    return int(value) if isinstance(value, bytes) and value.isdigit() else 0


def _quoted(folder: str) -> str:
    """Write the name of a folder, in the alphabet of IMAP (RFC 3501, 5.1.3)."""
    written = "".join(
        "&-" if part == "&" else part if part.isascii() else _encoded(part)
        for part in _runs(folder)
    )
    escaped = written.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _runs(text: str) -> Iterator[str]:
    """Yield the letters of a name, those that are not ASCII together."""
    run = ""
    for letter in text:
        if not letter.isascii():
            run += letter
            continue
        if run:
            yield run
            run = ""
        yield letter
    if run:
        yield run


def _encoded(text: str) -> str:
    from base64 import b64encode

    return f"&{b64encode(text.encode('utf-16-be')).decode().rstrip('=').replace('/', ',')}-"


def _text(said: Iterable[object]) -> str:
    return " ".join(line.decode("utf-8", "replace") for line in said if isinstance(line, bytes))
