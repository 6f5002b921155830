"""Mails leave over a real relay or into a folder, and every way of failing is told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from relay import LOOPBACK, Mailbox, free_port, trusting
from worlds import Clock

from config.settings import MailSettings, RelaySettings
from notifier.relays import RelaysTransport, ways_out
from notifier.smtp import SmtpLimits, SmtpTransport, xtext
from notifier.transport import FolderTransport, TransportError

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from relay import Step

    from config.kinds import MailSecurity

SENDER = "tidings@example.org"
ANN = "ann@example.org"
MAIL = b"Message-ID: <1.2@example.org>\r\nSubject: News\r\n\r\nHello.\r\n"


def _settings(
    mailbox: Mailbox | None = None,
    *,
    host: str = LOOPBACK,
    security: MailSecurity = "none",
    login: tuple[str, str] = ("", ""),
) -> RelaySettings:
    return RelaySettings(
        host=host,
        port=mailbox.port if mailbox else free_port(),
        security=security,
        username=login[0],
        password=login[1],
    )


def _transport(settings: RelaySettings, *, trusted: ssl.SSLContext | None = None) -> SmtpTransport:
    return SmtpTransport(settings, SmtpLimits(timeout_s=5, messages=50), trusted=trusted)


def _failure(
    settings: RelaySettings, *, recipient: str = ANN, message: bytes = MAIL
) -> TransportError:
    transport = _transport(settings, trusted=trusting())
    with pytest.raises(TransportError) as caught:
        transport.send(SENDER, recipient, message)
    transport.close()
    return caught.value


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_mail_goes_out(security: MailSecurity) -> None:
    """Over each kind of connection it comes whole, and the answer is the relay's."""
    with Mailbox(security=security) as mailbox:
        transport = _transport(_settings(mailbox, security=security), trusted=trusting())
        answer = transport.send(SENDER, ANN, MAIL)
        transport.close()

    assert answer == "250 2.0.0 taken"
    assert mailbox.received == [(SENDER, [ANN], MAIL)]


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_login_is_used(security: MailSecurity) -> None:
    """A relay that wants a name and a password gets them."""
    login = ("tidings", "right")
    with Mailbox(security=security, login=login) as mailbox:
        settings = _settings(mailbox, security=security, login=login)
        transport = _transport(settings, trusted=trusting())
        transport.send(SENDER, ANN, MAIL)
        transport.close()

    assert mailbox.recipients() == [ANN]


def test_a_wrong_password_is_about_us() -> None:
    """No mail would leave, and the message names the settings but not the password."""
    with Mailbox(login=("tidings", "right")) as mailbox:
        error = _failure(_settings(mailbox, login=("tidings", "wrong")))

    assert (error.code, error.about_us, error.uncertain) == (535, True, False)
    assert str(error) == (
        f"relay 127.0.0.1 port {mailbox.port} refuses the login "
        "(5.7.8 Authentication credentials invalid); see [mail] username and password"
    )


@pytest.mark.parametrize("login", [("tidings", "zażółć"), ("jürgen", "right")])
def test_a_login_that_is_not_ascii_is_about_us(login: tuple[str, str]) -> None:
    """It cannot be sent, and the message gives nothing of it away."""
    with Mailbox(login=login) as mailbox:
        error = _failure(_settings(mailbox, login=login))

    assert error.about_us
    assert str(error) == (
        f"relay 127.0.0.1 port {mailbox.port}: a login that is not ASCII cannot be sent; "
        "see [mail] security, username and password"
    )


def test_a_login_that_nobody_asks_for_is_about_us() -> None:
    """A relay without AUTH is told apart from a wrong password."""
    with Mailbox() as mailbox:
        error = _failure(_settings(mailbox, login=("tidings", "right")))

    assert error.about_us
    assert str(error).endswith("see [mail] security, username and password")


def test_without_starttls_nothing_is_said() -> None:
    """A relay that does not offer encryption gets no mail in the clear."""
    with Mailbox() as mailbox:
        error = _failure(_settings(mailbox, security="starttls"))

    assert (error.about_us, error.uncertain, mailbox.received) == (True, False, [])
    assert str(error) == (
        f"relay 127.0.0.1 port {mailbox.port}: STARTTLS extension not supported by server.; "
        "see [mail] security, username and password"
    )


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_unknown_certificate_is_refused(security: MailSecurity) -> None:
    """Encryption to anybody at all protects nothing."""
    with Mailbox(security=security) as mailbox:
        transport = _transport(_settings(mailbox, security=security))
        with pytest.raises(TransportError) as caught:
            transport.send(SENDER, ANN, MAIL)

    assert (caught.value.about_us, mailbox.received) == (True, [])
    assert str(caught.value) == (
        f"relay 127.0.0.1 port {mailbox.port}: no encrypted connection "
        "(CERTIFICATE_VERIFY_FAILED); see [mail] security, port and host"
    )


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_another_name_is_refused(security: MailSecurity) -> None:
    """It is trusted for 127.0.0.1 alone, not for localhost."""
    with Mailbox(security=security) as mailbox:
        error = _failure(_settings(mailbox, host="localhost", security=security))

    assert (error.about_us, mailbox.received) == (True, [])
    assert "CERTIFICATE_VERIFY_FAILED" in str(error)


def test_tls_where_none_is_spoken_is_about_us() -> None:
    """The message names security and port, which are seldom right one by one."""
    with Mailbox() as mailbox:
        error = _failure(_settings(mailbox, security="tls"))

    assert (error.about_us, error.permanent) == (True, False)
    assert str(error).endswith("see [mail] security, port and host")


@pytest.mark.parametrize(
    ("reply", "permanent", "about_us"),
    [
        ("550 5.1.1 no such user", True, False),
        ("552 5.2.2 mailbox full", True, False),
        ("553 no", True, False),
        ("450 4.2.1 greylisted", False, False),
        ("451 4.7.1 try later", False, False),
        ("550 5.7.1 policy", True, True),
        ("530 5.7.0 Authentication required", True, True),
        ("554 Client host rejected: authentication needed", True, True),
    ],
)
def test_a_refused_recipient(reply: str, *, permanent: bool, about_us: bool) -> None:
    """The code says whether another try helps, the words whether it concerns all mails."""
    with Mailbox(refuses={ANN: reply}) as mailbox:
        error = _failure(_settings(mailbox))

    assert (error.permanent, error.about_us, error.uncertain) == (permanent, about_us, False)
    assert error.code == int(reply[:3])
    assert str(error) == f"the relay refuses recipient {ANN}: {reply}"


@pytest.mark.parametrize(
    ("reply", "about_us"), [("553 5.1.8 sender unknown", True), ("451 4.3.0 busy", False)]
)
def test_a_refused_sender(reply: str, *, about_us: bool) -> None:
    """It is the same for every mail, unless it passes."""
    with Mailbox(refuses_sender=reply) as mailbox:
        error = _failure(_settings(mailbox))

    assert (error.about_us, error.uncertain) == (about_us, False)
    assert str(error) == f"the relay refuses sender {SENDER}: {reply}"


@pytest.mark.parametrize(
    ("reply", "permanent", "about_us"),
    [
        ("554 5.6.0 spam", True, False),
        ("452 4.3.1 disk full", False, False),
        ("550 5.7.26 SPF fails", True, True),
    ],
)
def test_a_refused_mail(reply: str, *, permanent: bool, about_us: bool) -> None:
    """An answer to the whole mail is an answer: nothing is uncertain."""
    with Mailbox(refuses_mail=reply) as mailbox:
        error = _failure(_settings(mailbox))

    assert (error.permanent, error.about_us, error.uncertain) == (permanent, about_us, False)
    assert str(error) == f"the relay refuses the mail: {reply}"


def test_a_lost_answer_is_uncertain() -> None:
    """The relay has the mail, and nobody but the relay knows."""
    with Mailbox(hangs_up_at="answer") as mailbox:
        error = _failure(_settings(mailbox))

    assert (error.uncertain, error.about_us, error.permanent) == (True, False, False)
    assert mailbox.recipients() == [ANN]


@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_connection_lost_before_the_mail_is_not_uncertain(step: Step) -> None:
    """What was not handed over cannot have arrived, and another try may help."""
    with Mailbox(hangs_up_at=step) as mailbox:
        error = _failure(_settings(mailbox))

    assert (error.uncertain, error.permanent) == (False, False)
    assert error.about_us is (step in {"greeting", "EHLO"})


def test_a_connection_lost_within_the_mail_is_not_uncertain() -> None:
    """The end of the mail never left: this one is larger than what the kernel keeps."""
    with Mailbox(hangs_up_at="mail") as mailbox:
        error = _failure(_settings(mailbox), message=MAIL + b"line\r\n" * 4_000_000)

    assert (error.uncertain, error.permanent, error.about_us) == (False, False, False)


def test_a_relay_that_serves_nobody_is_about_us() -> None:
    """Its own words are passed on."""
    with Mailbox(refuses_us="554 5.3.2 not today") as mailbox:
        error = _failure(_settings(mailbox))

    assert (error.about_us, error.code, error.uncertain) == (True, 554, False)
    assert str(error) == (
        f"relay 127.0.0.1 port {mailbox.port} refuses us (554 5.3.2 not today); "
        "see [mail] host, port and security"
    )


def test_a_relay_that_is_not_there_is_about_us() -> None:
    """The message names place and settings."""
    settings = _settings()
    error = _failure(settings)

    assert (error.about_us, error.code, error.uncertain) == (True, None, False)
    assert str(error) == (
        f"relay 127.0.0.1 port {settings.port} cannot be reached (Connection refused); "
        "see [mail] host and port"
    )


@pytest.mark.parametrize("host", ["relay.invalid", "relay..example", "a" * 64 + ".example"])
def test_a_wrong_host_is_about_us(host: str) -> None:
    """Whether nobody has the name or nobody can have it."""
    error = _failure(_settings(host=host))

    assert (error.about_us, error.uncertain) == (True, False)
    assert str(error).startswith(f"relay {host} port ")
    assert str(error).endswith("see [mail] host and port")


def test_a_connection_is_used_for_many_mails() -> None:
    """And closed after fifty, before relays lose patience."""
    with Mailbox() as mailbox:
        transport = _transport(_settings(mailbox))
        for _ in range(50):
            transport.send(SENDER, ANN, MAIL)
        first = mailbox.connections
        transport.send(SENDER, ANN, MAIL)
        transport.close()

    assert (first, mailbox.connections, len(mailbox.received)) == (1, 2, 51)


def test_a_connection_closed_meanwhile_is_opened_again() -> None:
    """An idle connection that the relay closed costs no mail."""
    with Mailbox() as mailbox:
        transport = _transport(_settings(mailbox))
        transport.send(SENDER, ANN, MAIL)
        mailbox.hang_up()
        transport.send(SENDER, ANN, MAIL)
        transport.close()

    assert (mailbox.connections, len(mailbox.received)) == (2, 2)


def test_the_next_mail_goes_out_after_a_refused_one() -> None:
    """A refusal leaves nothing behind."""
    with Mailbox(refuses={ANN: "550 5.1.1 no such user"}) as mailbox:
        transport = _transport(_settings(mailbox))
        with pytest.raises(TransportError):
            transport.send(SENDER, ANN, MAIL)
        transport.send(SENDER, "ben@example.org", MAIL)
        transport.close()

    assert mailbox.recipients() == ["ben@example.org"]


@pytest.mark.parametrize(
    "body",
    [
        b".\r\n",
        b"..\r\n.. two\r\n",
        b"one\r\n.\r\ntwo\r\n",
        b"\r\n\r\n",
        b".hidden\r\n" + b"x" * 998 + b"\r\n",
        b"From here\r\n",
        "é\r\n".encode(),
    ],
)
def test_lines_arrive_byte_for_byte(body: bytes) -> None:
    """Also those with a dot at their start, which SMTP gives a meaning."""
    with Mailbox() as mailbox:
        transport = _transport(_settings(mailbox))
        transport.send(SENDER, ANN, MAIL + body)
        transport.close()

    assert mailbox.received == [(SENDER, [ANN], MAIL + body)]


def test_an_address_that_is_not_ascii() -> None:
    """A relay with SMTPUTF8 takes it, and an ordinary one after it."""
    with Mailbox() as mailbox:
        transport = _transport(_settings(mailbox))
        transport.send(SENDER, "jürgen@example.org", MAIL)
        transport.send(SENDER, ANN, MAIL)
        transport.close()

    assert mailbox.recipients() == ["jürgen@example.org", ANN]


def test_an_address_that_the_relay_cannot_write_to() -> None:
    """Without SMTPUTF8 that address fails for good, and only that one."""
    with Mailbox(smtputf8=False) as mailbox:
        error = _failure(_settings(mailbox), recipient="jürgen@example.org")

    assert (error.permanent, error.about_us, error.uncertain) == (True, False, False)
    assert str(error) == (
        "the relay cannot write to jürgen@example.org: it does not offer SMTPUTF8"
    )


def test_a_mail_in_a_folder_is_named_by_its_id(tmp_path: Path) -> None:
    """A second try replaces the first, and nothing else lies there."""
    transport = FolderTransport(tmp_path / "mails")
    transport.send(SENDER, ANN, MAIL)
    answer = transport.send(SENDER, ANN, MAIL + b"again\r\n")
    transport.close()

    (file,) = (tmp_path / "mails").iterdir()
    assert file.name == "1.2@example.org.eml"
    assert file.read_bytes() == MAIL + b"again\r\n"
    assert answer == f"written to {file}"


def test_a_mail_in_a_folder_stays_there(tmp_path: Path) -> None:
    """No Message-ID leads out of the folder."""
    FolderTransport(tmp_path / "mails").send(SENDER, ANN, b"Message-ID: <../up/1@x>\r\n\r\n")

    assert [path.name for path in (tmp_path / "mails").iterdir()] == [".._up_1@x.eml"]


def test_a_folder_that_cannot_be_written_is_about_us(tmp_path: Path) -> None:
    """The message names the path and the setting."""
    (tmp_path / "mails").write_text("a file")
    with pytest.raises(TransportError) as caught:
        FolderTransport(tmp_path / "mails").send(SENDER, ANN, MAIL)

    assert (caught.value.about_us, caught.value.permanent) == (True, False)
    assert str(caught.value) == (
        f"{tmp_path}/mails/1.2@example.org.eml: Not a directory; see [store] data"
    )


def test_a_mail_without_an_id_has_no_file(tmp_path: Path) -> None:
    """That is a fault of ours, and no mail is lost by it."""
    with pytest.raises(TransportError) as caught:
        FolderTransport(tmp_path).send(SENDER, ANN, b"Subject: x\r\n\r\n")

    assert (caught.value.about_us, list(tmp_path.iterdir())) == (True, [])


def test_the_folder_is_used_where_no_relay_is_configured(tmp_path: Path) -> None:
    """It is the way of trying the whole thing out."""
    relay = MailSettings(host=LOOPBACK)

    assert isinstance(ways_out(MailSettings(), tmp_path, Clock())(), FolderTransport)
    assert isinstance(ways_out(relay, tmp_path, Clock())(), RelaysTransport)


@pytest.mark.parametrize(
    ("text", "coded"),
    [("1234", "1234"), ("ann@example.org", "ann@example.org"), ("a+b=c d", "a+2Bb+3Dc+20d")],
)
def test_a_parameter_of_smtp(text: str, coded: str) -> None:
    """As xtext (RFC 3461, 4): it ends no command and begins no other parameter."""
    assert xtext(text) == coded


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_refusal_leaves_the_connection_usable(*, pipelining: bool) -> None:
    """Whether the commands went out together or one by one."""
    refuses = {ANN: "550 5.1.1 no such user"}
    with Mailbox(refuses=refuses, pipelining=pipelining) as mailbox:
        transport = _transport(_settings(mailbox))
        for _ in range(2):
            with pytest.raises(TransportError):
                transport.send(SENDER, ANN, MAIL)
            transport.send(SENDER, "ben@example.org", MAIL)
        transport.close()

    assert (mailbox.recipients(), mailbox.connections) == (["ben@example.org"] * 2, 1)
