"""What mails that come back say: every shape that we know, and every shape that nobody knows."""

from __future__ import annotations

import pytest
from bounce_mails import (
    MESSAGE_ID,
    VERP,
    complaint,
    exchange_report,
    exim_report,
    leaving,
    letter,
    qmail_report,
    report,
    vacation,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.bounces import MOST_BYTES, Kind, Report, Weight, read_report, weigh

TOKEN = "0123456789abcdefghijklmno"  # noqa: S105 - the shape of one


@pytest.mark.parametrize(
    ("mail", "status"),
    [
        (report(), "5.1.1"),
        (report(returned="text/rfc822-headers"), "5.1.1"),
        (report().replace(b"\n", b"\r\n"), "5.1.1"),
        (report("5.0.0", "smtp; 550-5.1.1 nobody 550 5.1.1 here"), "5.1.1"),
        (report("5.0.0", "smtp; 550 nobody here"), "5.0.0"),
        (report("", "smtp; 552 too full"), "5.0.0"),
        (report("5.2.2", "smtp; 552 5.2.2 full"), "5.2.2"),
        (report("4.4.1 (no answer)", "smtp; no answer"), "4.4.1"),
        (report().replace(b"message/delivery-status", b"message/global-delivery-status"), "5.1.1"),
        (exchange_report(), "5.1.10"),
        (exim_report(), "5.1.1"),
        (qmail_report(), "5.1.1"),
        (qmail_report(code="4.3.2"), "4.3.2"),
    ],
)
def test_a_bounce_is_read_in_every_shape(mail: bytes, status: str) -> None:
    """Its kind, its code, and both marks of ours by which its delivery is found."""
    found = read_report(mail)

    assert (found.kind, found.status) == (Kind.BOUNCE, status)
    assert VERP in found.addresses
    assert found.message_ids == (MESSAGE_ID,)
    assert "\n" not in found.words


@pytest.mark.parametrize(
    ("mail", "kind"),
    [
        (report("4.4.1", action="delayed"), Kind.DELAY),
        (report("2.0.0", "smtp; 250 ok", action="delivered"), Kind.RECEIPT),
        (report("2.0.0", action="relayed (to another system)"), Kind.RECEIPT),
        (report(action="FAILED"), Kind.BOUNCE),
        (complaint(), Kind.COMPLAINT),
        (complaint(kind="not-spam"), Kind.RECEIPT),
        (vacation(), Kind.ANSWER),
        (vacation().replace(b"Auto-Submitted: auto-replied (vacation)\n", b""), Kind.ANSWER),
        (letter(), Kind.FOREIGN),
        (letter(VERP), Kind.FOREIGN),
        (leaving(TOKEN), Kind.UNSUBSCRIBE),
        (b"", Kind.FOREIGN),
    ],
)
def test_what_is_no_bounce_is_not_taken_for_one(mail: bytes, kind: Kind) -> None:
    """A notice of delay, a receipt, a note of somebody who is away, a person's letter."""
    assert read_report(mail).kind is kind


def test_a_complaint_names_the_mail_it_is_about() -> None:
    """It comes to an address that says nothing; what it quotes does."""
    found = read_report(complaint())

    assert VERP in found.addresses
    assert found.message_ids == (MESSAGE_ID,)


def test_the_id_of_an_envelope_comes_before_that_of_the_mail() -> None:
    """Servers give it back as it was, or as it is written on the wire."""
    plain = read_report(report(envelope="edition.77@example.org"))
    wire = read_report(report(envelope="edition+2E77@example.org"))

    assert plain.message_ids == wire.message_ids == ("<edition.77@example.org>", MESSAGE_ID)


def test_who_leaves_by_mail_is_known_by_the_token_alone() -> None:
    """In the address, or in the subject where a mail program has lost the rest."""
    assert read_report(leaving(TOKEN)).tokens == (TOKEN,)
    assert read_report(leaving("", subject=f"unsubscribe {TOKEN}")).tokens == (TOKEN,)


def test_the_mail_that_came_back_is_not_read_as_the_report() -> None:
    """A report of a delay about a mail that itself holds a bounce stays a report of a delay."""
    inner = report().decode().replace("B1", "B2")
    outer = report("4.4.1", action="delayed").decode().replace("\nText\n", f"\n{inner}\n")

    assert read_report(outer.encode()).kind is Kind.DELAY


@pytest.mark.parametrize(
    ("status", "words", "weight"),
    [
        ("5.1.1", "", Weight.HARD),
        ("5.1.10", "", Weight.HARD),
        ("5.2.1", "", Weight.HARD),
        ("5.4.1", "", Weight.HARD),
        ("5.0.0", "550 no such user here", Weight.HARD),
        ("", "550 User unknown", Weight.HARD),
        ("5.2.2", "552 mailbox full", Weight.SOFT),
        ("5.2.3", "", Weight.SOFT),
        ("5.3.4", "", Weight.SOFT),
        ("4.4.1", "", Weight.SOFT),
        ("4.2.2", "", Weight.SOFT),
        ("5.0.0", "550 something", Weight.SOFT),
        ("", "", Weight.SOFT),
        ("5.7.1", "", Weight.OURS),
        ("5.7.26", "user unknown", Weight.OURS),
        ("4.7.28", "", Weight.OURS),
        ("5.1.8", "", Weight.OURS),
        ("5.0.0", "554 your IP is on a blocklist of spamhaus", Weight.OURS),
    ],
)
def test_a_code_says_what_follows(status: str, words: str, weight: Weight) -> None:
    """Nobody there: no more mail. Full or away: patience. Our name or our mail: never theirs."""
    assert weigh(Report(kind=Kind.BOUNCE, status=status, words=words)) is weight


# --- hostile mails -------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [report(), complaint(), exim_report(), qmail_report(), exchange_report(), vacation()]
)
_ODD = st.sampled_from(
    [b"\n\n", b"--B1\n", b"--B1--\n", b"\x00", b"\xff\xfe", b"=?x?b?", b"Content-Type: ", b"; ="]
)


# A busy machine is no slow reader.
@settings(deadline=None)
@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_read(mail: bytes) -> None:
    """Noise is foreign, not an error."""
    assert read_report(mail).kind in Kind


@settings(deadline=None)
@given(_PIECES, st.lists(st.tuples(st.floats(0, 1), st.one_of(_ODD, st.binary(max_size=9)))))
def test_a_report_that_was_damaged_anywhere_is_read(
    mail: bytes, wounds: list[tuple[float, bytes]]
) -> None:
    """Whatever bytes stand in the middle of a report, there is an answer, and it can be weighed."""
    for place, odd in wounds:
        at = int(place * len(mail))
        mail = mail[:at] + odd + mail[at + len(odd) :]

    found = read_report(mail)

    assert weigh(found) in Weight
    assert len(found.addresses) <= 20
    assert len(found.words) <= 500


@pytest.mark.parametrize(
    "mail",
    [
        b"".join(
            b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000)
        ),
        b"Content-Type: message/rfc822\n\n" * 3000,
        b"Content-Type: multipart/report; boundary=x\n\n" + b"--x\n\n" * 50_000,
        report().replace(b"us-ascii", b"no-such-charset"),
        report().replace(b"Content-Type: text/plain", b"Content-Transfer-Encoding: no-such-one"),
        b"To: " + b"a@b.test, " * 50_000 + b"\n\n",
        b"Subject: " + b"x" * 2_000_000,
        b"Subject: " + b"<" * 200_000 + b"\n\n" + b"@" * 200_000,
    ],
    ids=range(8),
)
def test_mails_made_to_break_readers_are_read(mail: bytes) -> None:
    """Without end in depth, number, length or folly."""
    assert read_report(mail).kind in Kind


def test_a_huge_mail_behind_a_report_does_not_hide_it() -> None:
    """What came back may be long; the report stands before it."""
    mail = report().replace(b"\nText\n", b"\n" + b"x" * (2 * MOST_BYTES) + b"\n")

    assert read_report(mail).kind is Kind.BOUNCE
