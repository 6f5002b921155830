"""Mails that come back, in the shapes in which servers write them; all words are our own."""

from __future__ import annotations

VERP = "b+1-abcdefghijkl@bounce.example.org"
MESSAGE_ID = "<edition.0123456789abcdef01234567@example.org>"
_RETURNED = (
    "Return-Path: <{verp}>\nFrom: news@example.org\nMessage-ID: {message_id}\nSubject: News\n"
)


def report(  # noqa: PLR0913 - the parts of a report
    status: str = "5.1.1",
    words: str = "smtp; 550 5.1.1 nobody of that name",
    *,
    to: str = VERP,
    action: str = "failed",
    message_id: str = MESSAGE_ID,
    envelope: str = "",
    extra: str = "",
    returned: str = "message/rfc822",
    verp: str = "",
) -> bytes:
    """A report as Postfix writes it."""
    envelope_line = f"Original-Envelope-Id: {envelope}\n" if envelope else ""
    body = _RETURNED.format(verp=verp or to, message_id=message_id)
    text = (
        f"Return-Path: <>\nDelivered-To: {to}\nFrom: MAILER-DAEMON@mx.test (Mail system)\n"
        f"To: {to}\nSubject: Not delivered\nAuto-Submitted: auto-replied\n"
        f"{extra}MIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B1"\n\n'
        "A mail in parts.\n\n--B1\nContent-Type: text/plain; charset=us-ascii\n\n"
        "The mail could not be handed over.\n\n--B1\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.test\n{envelope_line}"
        "Arrival-Date: Mon, 23 Nov 2026 08:00:00 +0000\n"
        f"\nFinal-Recipient: rfc822; ann@example.net\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: {words}\n\n--B1\nContent-Type: {returned}\n\n{body}\nText\n\n--B1--\n"
    )
    return text.encode()


def exchange_report(to: str = VERP) -> bytes:
    """A report as Exchange writes it: alternative texts, long words that are folded, base64."""
    return (
        f"From: postmaster@corp.test\nTo: <{to}>\nSubject: Undeliverable: News\n"
        "MIME-Version: 1.0\nX-MS-Exchange-Message-Is-Ndr: yes\nAuto-Submitted: auto-replied\n"
        'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="=_outer"\n\n'
        '--=_outer\nContent-Type: multipart/alternative; boundary="=_inner"\n\n'
        "--=_inner\nContent-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n\n"
        "//5OAG8A\n\n--=_inner\nContent-Type: text/html\n\n<p>No</p>\n\n--=_inner--\n\n"
        "--=_outer\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns;mail.corp.test\n\nFinal-recipient: RFC822;ann@corp.test\n"
        "Action: failed\nStatus: 5.1.10\nDiagnostic-code: smtp;550 5.1.10 nobody has\n"
        "\tthis address here\nX-Display-Name: Ann\n\n"
        f"--=_outer\nContent-Type: message/rfc822\n\nMessage-ID: {MESSAGE_ID}\n\n"
        "Text\n--=_outer--\n"
    ).encode()


def exim_report(to: str = VERP) -> bytes:
    """A report as Exim wrote it before it had the form: words, and a field of its own."""
    return (
        f"Return-path: <>\nEnvelope-to: {to}\nX-Failed-Recipients: ann@example.net\n"
        "Auto-Submitted: auto-replied\nFrom: Mail Delivery System <Mailer-Daemon@mx.test>\n"
        f"To: {to}\nSubject: Mail delivery failed\n\n"
        "What you wrote could not be handed to one of those it is for.\n\n"
        "  ann@example.net\n    RCPT: host mx.example.net said: 550 5.1.1 unknown user\n\n"
        "------ This is a copy of the mail, with all its headers. ------\n\n"
        f"Return-path: <{to}>\nMessage-ID: {MESSAGE_ID}\nSubject: News\n\nText\n"
    ).encode()


def qmail_report(to: str = VERP, code: str = "5.1.1") -> bytes:
    """A report in words as qmail's form has it: a greeting, a paragraph for each recipient."""
    return (
        f"Return-Path: <>\nDelivered-To: {to}\nFrom: MAILER-DAEMON@mx.test\nTo: {to}\n"
        "Subject: failure notice\n\n"
        "Hi. This is the mail program of mx.test.\nYour mail did not get through.\n\n"
        f"<ann@example.net>:\nSorry, no mailbox here by that name. (#{code})\n\n"
        "--- Below this line is a copy of the message.\n\n"
        f"Return-Path: <{to}>\nMessage-ID: {MESSAGE_ID}\n\nText\n"
    ).encode()


def complaint(to: str = "fbl@example.org", verp: str = VERP, *, kind: str = "abuse") -> bytes:
    """A complaint as providers send it, with the mail's head alone."""
    return (
        f"From: feedback@provider.test\nTo: {to}\nSubject: FW: News\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="F"\n\n'
        "--F\nContent-Type: text/plain\n\nSomebody called this mail a nuisance.\n\n"
        "--F\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: {kind}\nUser-Agent: Provider/1\nVersion: 1\n"
        f"Original-Mail-From: <{verp}>\n"
        "Arrival-Date: Mon, 23 Nov 2026 08:00:00 +0000\n\n"
        f"--F\nContent-Type: text/rfc822-headers\n\nMessage-ID: {MESSAGE_ID}\n"
        "Subject: News\n\n--F--\n"
    ).encode()


def vacation(to: str = VERP) -> bytes:
    """An answer of somebody who is away."""
    return (
        f"Return-Path: <>\nFrom: ann@example.net\nTo: {to}\nSubject: Away: News 550 5.1.1\n"
        f"Auto-Submitted: auto-replied (vacation)\nIn-Reply-To: {MESSAGE_ID}\n\n"
        "I am away; user unknown 5.1.1 until Monday.\n"
    ).encode()


def leaving(token: str, *, subject: str = "unsubscribe") -> bytes:
    """A mail that a mail program writes at its button for leaving."""
    return (
        f"Return-Path: <ann@example.net>\nFrom: Ann <ann@example.net>\nTo: u+{token}@example.org\n"
        f"Subject: {subject}\nMessage-ID: <1@example.net>\n\n\n"
    ).encode()


def letter(to: str = "office@example.org") -> bytes:
    """A mail that a person wrote."""
    return (
        f"From: Bob <bob@example.net>\nTo: {to}\nSubject: A question\n"
        "Message-ID: <2@example.net>\n\nWhen does the ferry go?\n"
    ).encode()
