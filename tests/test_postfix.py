"""What a real Postfix says is understood, and what it takes arrives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from postfix import LOGIN, Postfix
from relay import LOOPBACK, Mailbox, trusting

from config.settings import RelaySettings
from notifier.replies import About
from notifier.smtp import SmtpLimits, SmtpTransport
from notifier.transport import TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator

SENDER, ANN = "news@example.org", "ann@example.net"
MAIL = b"Message-ID: <%d@example.org>\r\nFrom: news@example.org\r\nSubject: N\r\n\r\nHello.\r\n"


@pytest.fixture(scope="module")
def inbox() -> Iterator[Mailbox]:
    """Where Postfix hands on what it has taken."""
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def relay(inbox: Mailbox) -> Iterator[Postfix]:
    """A running Postfix."""
    with Postfix(inbox.port) as postfix:
        yield postfix


def _transport(port: int, *, security: str = "none", password: str = "") -> SmtpTransport:
    settings = RelaySettings(
        host=LOOPBACK,
        port=port,
        security="starttls" if security == "starttls" else "none",
        username=LOGIN[0] if password else "",
        password=password,
    )
    return SmtpTransport(settings, SmtpLimits(timeout_s=30, messages=50), trusted=trusting())


def _arrived(inbox: Mailbox, number: int) -> bytes:
    """Wait until a mail was handed on; return it."""
    deadline = time.monotonic() + 60
    wanted = f"Message-ID: <{number}@example.org>".encode()
    while time.monotonic() < deadline:
        for _, _, mail in list(inbox.received):
            if wanted in mail:
                return mail
        time.sleep(0.02)
    raise AssertionError(f"mail {number} did not arrive")


def test_mails_are_relayed_over_one_pipelined_connection(relay: Postfix, inbox: Mailbox) -> None:
    """The answer names the queue, and the mail comes out at the other end."""
    transport = _transport(relay.port)
    answers = [
        transport.send(SENDER, ANN, MAIL % number, envelope_id=str(number)) for number in (1, 2, 3)
    ]
    transport.close()

    assert all(answer.startswith("250 2.0.0 Ok: queued as ") for answer in answers)
    for number in (1, 2, 3):
        assert _arrived(inbox, number).endswith(b"\r\n\r\nHello.\r\n")
    assert inbox.recipients()[:3] == [ANN] * 3


def test_encrypted_and_logged_in(relay: Postfix, inbox: Mailbox) -> None:
    """With STARTTLS and a password; Postfix demands both."""
    transport = _transport(relay.secure_port, security="starttls", password=LOGIN[1])
    transport.send(SENDER, ANN, MAIL % 4)
    transport.close()

    assert _arrived(inbox, 4)


@pytest.mark.parametrize(
    ("security", "password", "reason"),
    [
        ("starttls", "wrong", "refuses the login"),
        ("starttls", "", "Access denied"),
        ("none", "", "Must issue a STARTTLS command first"),
    ],
)
def test_who_may_not_send_is_told_so(
    relay: Postfix, security: str, password: str, reason: str
) -> None:
    """It is about us, and stops the run."""
    transport = _transport(relay.secure_port, security=security, password=password)
    with pytest.raises(TransportError, match=reason) as caught:
        transport.send(SENDER, ANN, MAIL % 5)
    transport.close()

    assert (caught.value.about_us, caught.value.uncertain) == (True, False)


@pytest.mark.parametrize(
    ("recipient", "code", "about", "permanent", "dead"),
    [
        ("nobody@example.net", 550, About.RECIPIENT, True, True),
        ("full@example.net", 552, About.RECIPIENT, True, False),
        ("grey@example.net", 450, About.RECIPIENT, False, False),
        ("blocked@example.net", 550, About.US, True, False),
        ("busy@example.net", 451, About.RELAY, False, False),
    ],
)
def test_a_policy_is_understood(  # noqa: PLR0913 - the columns of the table
    *, relay: Postfix, recipient: str, code: int, about: About, permanent: bool, dead: bool
) -> None:
    """And the next mail goes out over the same connection."""
    transport = _transport(relay.port)
    with pytest.raises(TransportError) as caught:
        transport.send(SENDER, recipient, MAIL % 6)
    answer = transport.send(SENDER, ANN, MAIL % 7)
    transport.close()
    verdict = caught.value.verdict

    assert caught.value.code == code
    assert verdict is not None
    assert (verdict.about, verdict.permanent, verdict.dead) == (about, permanent, dead)
    assert answer.startswith("250 ")


def test_a_refused_sender_is_about_us(relay: Postfix) -> None:
    """By an access map of Postfix."""
    transport = _transport(relay.port)
    with pytest.raises(TransportError, match=r"553 5\.1\.8") as caught:
        transport.send("forged@example.org", ANN, MAIL % 8)
    transport.close()

    assert caught.value.about_us


def test_a_mail_that_is_too_long_is_not_even_begun(relay: Postfix) -> None:
    """Postfix says how long one may be."""
    transport = _transport(relay.port)
    with pytest.raises(TransportError, match="and the relay takes 200000") as caught:
        transport.send(SENDER, ANN, MAIL % 9 + b"line\r\n" * 50_000)
    transport.close()

    assert (caught.value.permanent, caught.value.about_us) == (True, False)


def test_an_address_in_other_letters(relay: Postfix, inbox: Mailbox) -> None:
    """Postfix offers SMTPUTF8, and the mail arrives with the address as it is."""
    transport = _transport(relay.port)
    transport.send(SENDER, "jürgen@example.net", MAIL % 10)
    transport.close()

    assert _arrived(inbox, 10)
    assert "jürgen@example.net" in inbox.recipients()
