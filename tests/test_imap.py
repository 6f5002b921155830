"""A mailbox on a real IMAP server: what is new is read once, and only our own is touched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from bounce_mails import letter, report
from dovecot import LOGIN, Dovecot
from relay import trusting

from config.bounce_settings import BounceSettings
from notifier.imap import ImapMailbox
from notifier.mailboxes import MailboxError, Read
from notifier.report_source_store import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

NOWHERE = Place(name="imap", lease=0, validity=0, uid=0)


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    """A server, started once."""
    with Dovecot() as server:
        yield server


def settings_of(server: Dovecot) -> BounceSettings:
    """The settings of its mailbox."""
    return BounceSettings(
        imap_host="127.0.0.1",
        imap_port=server.tls_port,
        imap_user=LOGIN[0],
        imap_password=LOGIN[1],
    )


def read(settings: BounceSettings, place: Place = NOWHERE) -> tuple[list[bytes], Read]:
    """Read a mailbox, taking reports for ours; return all mails that it showed."""
    shown: list[bytes] = []

    def take(_name: str, mail: bytes) -> bool:
        shown.append(mail)
        return b"multipart/report" in mail

    return shown, ImapMailbox(settings, trusting()).read(place, take, lambda: False)


def named(name: str, mail: bytes) -> bytes:
    """A mail that is known again under whatever name a server keeps it."""
    return b"X-Name: " + name.encode() + b"\n" + mail


def test_what_is_new_is_read_once_and_foreign_mail_stays_as_it_was(server: Dovecot) -> None:
    """Ours is marked as read; the letter stays unread; the next reading begins behind both."""
    server.deliver("1.a", named("first", report()))
    server.deliver("2.b", named("letter", letter()))
    settings = settings_of(server)

    shown, first = read(settings)
    place = replace(NOWHERE, validity=first.validity, uid=first.uid)
    nothing, same = read(settings, place)
    server.deliver("3.c", named("second", report()))
    after, second = read(settings, place)
    again, _ = read(settings, replace(place, validity=place.validity + 1))

    assert (len(shown), first.ours, nothing, same.ours) == (2, 1, [], 0)
    assert (len(after), second.ours) == (1, 1)
    assert len(again) == 3
    assert server.flags() == {"first": "S", "letter": "", "second": "S"}


def test_ours_is_moved_where_a_folder_is_named(server: Dovecot) -> None:
    """And nothing else is."""
    server.deliver("4.d", named("moved", report()))
    server.deliver("5.e", named("kept", letter()))

    read(replace(settings_of(server), imap_done="Done"))

    assert "moved" in server.flags(".Done")
    assert "moved" not in server.flags()
    assert server.flags()["kept"] == ""


def test_it_is_read_over_starttls(server: Dovecot) -> None:
    """On the open port, which is secured before the password goes out."""
    settings = replace(settings_of(server), imap_port=server.port, imap_security="starttls")

    assert read(settings)[1].validity > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"imap_password": "wrong"},
        {"imap_folder": "No such"},
        {"imap_folder": 'Wei"rd\\ Übung & more'},
        {"imap_port": 1},
        {"imap_host": "no-such-host.invalid"},
    ],
)
def test_what_is_wrong_is_said_with_its_place(server: Dovecot, wrong: dict[str, Any]) -> None:
    """The server, the folder, the setting; no traceback, and no password."""
    with pytest.raises(MailboxError, match=r"^IMAP server .+; see \[bounces\] imap_host$") as told:
        read(replace(settings_of(server), **wrong))

    assert "wrong" not in str(told.value)


def test_a_server_that_nobody_vouches_for_gets_no_password(server: Dovecot) -> None:
    """Its certificate is held against the system's authorities."""
    with pytest.raises(MailboxError, match="certificate"):
        ImapMailbox(settings_of(server)).read(NOWHERE, lambda *_: True, lambda: False)
