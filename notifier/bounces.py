"""What a mail that came back says: a bounce, a complaint, a way out, an answer of a machine. Pure.

Whatever is no report of a form that we know is foreign, and nobody touches it. What a report
says of itself proves nothing: it counts where it names a delivery by a mark that only its mail
carried (an address with our token, or our Message-ID), which is for the caller to look up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from enum import StrEnum
from typing import TYPE_CHECKING

from feeds.text import clean_text
from notifier.replies import About, Step, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A report stands at the beginning of its mail; what follows is the mail that came back.
MOST_BYTES = 1 << 20
_MOST_WORDS = 500
_MOST_PARTS = 50
_MOST_MARKS = 20
# Where the address to which a mail really went is noted on its way, the surest first.
_ADDRESSED = (
    "Delivered-To",
    "X-Original-To",
    "X-Delivered-To",
    "Envelope-To",
    "X-Envelope-To",
    "To",
)
_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]]+@[^\s<>,;:\"()\[\]]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")
# A token of a subscription, as it stands in an address or in a subject.
_TOKEN = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Za-z]{25}|[0-9A-Za-z]{22})(?![0-9A-Za-z])")
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_TYPES = (
    "message/rfc822",
    "message/global",
    "message/rfc822-headers",
    "text/rfc822-headers",
    "message/global-headers",
)
# How reports without a form of their own begin: qmail (QSBMF), and Exim of before 4.73.
_QMAIL = re.compile(r"\s*Hi\. This is the ")
_EXIM = "X-Failed-Recipients"
# From here a report of that kind shows the mail that came back; its words are not the report's.
_RETURNED_BELOW = re.compile(
    r"^-{2,} ?(Below this line is a copy|This is a copy of)|^-+ Original message|^Return-Path: ",
    re.MULTILINE | re.IGNORECASE,
)


class Kind(StrEnum):
    """What a mail is."""

    BOUNCE = "bounce"
    DELAY = "delay"
    RECEIPT = "receipt"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    ANSWER = "answer"
    FOREIGN = "foreign"


class Weight(StrEnum):
    """What follows of a bounce for the address that it is about."""

    HARD = "hard"
    SOFT = "soft"
    OURS = "ours"

    def outweighs(self, other: Weight) -> bool:
        """Whether it changes what is known: servers say first that they wait, then that it is over.

        What is said of us is the operator's affair, whatever was said of the mailbox before.
        """
        order = (Weight.SOFT, Weight.OURS, Weight.HARD)
        return order.index(self) > order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a mail says.

    ``addresses`` and ``message_ids`` are where a mark of ours may stand, the surest first;
    ``tokens`` may be those of subscriptions. ``status`` is the enhanced code, empty without one,
    ``words`` what the receiving server said.
    """

    kind: Kind
    addresses: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    status: str = ""
    words: str = ""


def weigh(report: Report) -> Weight:
    """Tell what a bounce says of the address.

    What passes by itself, a full mailbox and what nobody can tell is soft. What is said of us,
    of our name or our mail, never counts against the reader.
    """
    if report.status.startswith("4"):
        return Weight.OURS if report.status.startswith("4.7.") else Weight.SOFT
    # A code that says nothing leaves it to the words.
    code = "" if report.status.endswith(".0.0") else report.status
    verdict = judge(Step.DATA, 500, f"{code} {report.words}".strip())
    if verdict.dead:
        return Weight.HARD
    return Weight.OURS if verdict.about is About.US else Weight.SOFT


def read_report(mail: bytes) -> Report:
    """Read a mail, whatever is in it."""
    try:
        return _read(BytesParser(policy=compat32).parsebytes(mail[:MOST_BYTES]))
    except RecursionError:
        # Parts within parts without end: no server sends that.
        return Report(kind=Kind.FOREIGN)


def _read(message: Message) -> Report:
    parts = list(_parts(message))
    kinds = {part.get_content_type() for part in parts}
    if "message/feedback-report" in kinds:
        return _complaint(message, parts)
    if kinds & set(_STATUS_TYPES):
        return _status_report(message, parts)
    text = _first_text(parts)
    if _QMAIL.match(text) or (_field(message, _EXIM) and _is_from_nobody(message)):
        return _worded_report(message, text)
    if _is_answer(message):
        return Report(kind=Kind.ANSWER, addresses=_addresses(message, (), ()))
    tokens = _tokens(message)
    if tokens:
        return Report(kind=Kind.UNSUBSCRIBE, tokens=tokens)
    return Report(kind=Kind.FOREIGN)


def _parts(message: Message) -> Iterator[Message]:
    """Yield a mail's parts, but none of what is in the mail that came back."""
    waiting: list[Message] = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting = [inner for inner in payload if isinstance(inner, Message)] + waiting


# --- the forms of reports ------------------------------------------------------------------


def _complaint(message: Message, parts: Iterable[Message]) -> Report:
    """Read a report of abuse (RFC 5965)."""
    parts = list(parts)
    fields = [
        block
        for part in parts
        if part.get_content_type() == "message/feedback-report"
        for block in _blocks(part)
    ]
    feedback = " ".join(filter(None, (_field(block, "Feedback-Type") for block in fields)))
    if feedback.strip().lower() == "not-spam":
        # Somebody has taken it back, or never meant it.
        return Report(kind=Kind.RECEIPT)
    said = [_field(block, "Original-Mail-From") for block in fields]
    return Report(
        kind=Kind.COMPLAINT,
        addresses=_addresses(message, said, parts),
        message_ids=_message_ids(fields, parts),
        words=_short(f"feedback-type {feedback or 'abuse'}"),
    )


def _status_report(message: Message, parts: Iterable[Message]) -> Report:
    """Read a report on a delivery (RFC 3464)."""
    parts = list(parts)
    blocks = [
        block
        for part in parts
        if part.get_content_type() in _STATUS_TYPES
        for block in _blocks(part)
    ]
    action, status, words = _worst(blocks)
    kind = {"failed": Kind.BOUNCE, "delayed": Kind.DELAY}.get(action, Kind.RECEIPT)
    return Report(
        kind=kind,
        addresses=_addresses(message, (), parts),
        message_ids=_message_ids(blocks, parts),
        status=status,
        words=_short(words),
    )


def _worst(blocks: Iterable[Message]) -> tuple[str, str, str]:
    """Return action, status and words of the recipient who fared worst: one mail has but one."""
    found: dict[str, tuple[str, str, str]] = {}
    for block in blocks:
        action = (_field(block, "Action").split() or [""])[0].lower()
        if not action:
            continue
        words = _field(block, "Diagnostic-Code")
        found.setdefault(action, (action, _status(_field(block, "Status"), words), words))
    for action in ("failed", "delayed"):
        if action in found:
            return found[action]
    return next(iter(found.values()), ("", "", ""))


def _status(stated: str, words: str) -> str:
    """Return the code that says most: servers state 5.0.0 and say 5.1.1."""
    codes = _ENHANCED.findall(stated)
    code = codes[0] if codes else ""
    said = _ENHANCED.findall(words)
    if said and (not code or (code.endswith(".0.0") and said[0][0] == code[0])):
        return str(said[0])
    if code:
        return str(code)
    plain = _CODE.search(words)
    return f"{plain.group(1)}.0.0" if plain else ""


def _worded_report(message: Message, text: str) -> Report:
    """Read a report in words, of the two programs whose words are a form."""
    own = text
    below = _RETURNED_BELOW.search(text)
    returned = ""
    if below:
        own, returned = text[: below.start()], text[below.start() :]
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", own)]
    told = next((part for part in paragraphs if _ADDRESS.match(part.lstrip("<"))), "")
    words = told or " ".join(paragraphs)
    return Report(
        kind=Kind.BOUNCE,
        addresses=_addresses(message, _ADDRESS.findall(_line(returned, "Return-Path")), ()),
        message_ids=tuple(_MESSAGE_ID.findall(_line(returned, "Message-ID")))[:1],
        status=_status("", words),
        words=_short(words),
    )


def _line(text: str, name: str) -> str:
    found = re.search(rf"^\s*{name}:(.*)$", text, re.MULTILINE | re.IGNORECASE)
    return found.group(1) if found else ""


def _is_answer(message: Message) -> bool:
    """Tell whether a machine wrote it in answer to a mail (RFC 3834, and habits before it)."""
    submitted = _field(message, "Auto-Submitted").lower()
    return (
        submitted.startswith("auto-replied")
        or any(_field(message, name) for name in ("X-Autoreply", "X-Autorespond", "X-Vacation"))
        or _field(message, "Precedence").lower() in ("auto_reply", "auto-reply")
        or _is_from_nobody(message)
    )


def _is_from_nobody(message: Message) -> bool:
    """Tell whether a mail has the empty sender, or that of a mail system."""
    if _field(message, "Return-Path").replace(" ", "") == "<>":
        return True
    sender = _field(message, "From").lower()
    return "mailer-daemon" in sender or "postmaster@" in sender


def _tokens(message: Message) -> tuple[str, ...]:
    """Return what may be the token of a subscription: behind the plus of an address of ours."""
    places = [address.rpartition("@")[0] for address in _own_addresses(message)]
    found = [token for place in places for token in _TOKEN.findall(place.partition("+")[2])]
    found += _TOKEN.findall(_field(message, "Subject"))
    return tuple(dict.fromkeys(found))[:_MOST_MARKS]


# --- the marks of ours ---------------------------------------------------------------------


def _own_addresses(message: Message) -> list[str]:
    return [
        address
        for name in _ADDRESSED
        for value in message.get_all(name, [])
        for address in _ADDRESS.findall(str(value)[:_MOST_WORDS])
    ]


def _addresses(message: Message, said: Iterable[str], parts: Iterable[Message]) -> tuple[str, ...]:
    """Return the addresses to which a report came, and from which the mail in it came."""
    found = _own_addresses(message)
    for text in (*said, *(_field(inner, "Return-Path") for inner in _returned(parts))):
        found += _ADDRESS.findall(text)
    return tuple(dict.fromkeys(found))[:_MOST_MARKS]


def _message_ids(blocks: Iterable[Message], parts: Iterable[Message]) -> tuple[str, ...]:
    """Return what names the mail: the id of its envelope, which is ours, then its own."""
    found = [
        f"<{envelope.strip('<>')}>"
        for block in blocks
        if (envelope := _xtext(_field(block, "Original-Envelope-Id")))
    ]
    for inner in _returned(parts):
        found += _MESSAGE_ID.findall(_field(inner, "Message-ID"))
    return tuple(dict.fromkeys(found))[:_MOST_MARKS]


def _xtext(value: str) -> str:
    """Return the text of an envelope's id, which some servers leave as it was sent (RFC 3461)."""
    return re.sub(r"\+([0-9A-F]{2})", lambda found: chr(int(found.group(1), 16)), value.strip())


def _returned(parts: Iterable[Message]) -> Iterator[Message]:
    """Yield the heads of the mails that came back."""
    for part in parts:
        if part.get_content_type() in _RETURNED_TYPES:
            yield from _blocks(part)


# --- what is in a part ---------------------------------------------------------------------


def _blocks(part: Message) -> list[Message]:
    """Return the groups of fields in a part, however the parser took it."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return _groups(_text(part))
    found: list[Message] = []
    for inner in payload:
        if isinstance(inner, Message):
            encoded = _field(part, "Content-Transfer-Encoding").lower()
            if encoded in ("base64", "quoted-printable") and not inner.keys():
                found += _groups(_decoded(inner, encoded))
                continue
            found.append(inner)
            if part.get_content_type() == "message/global-delivery-status":
                found += _groups(_text(inner))
    return found


def _groups(text: str) -> list[Message]:
    """Return groups of fields that empty lines part."""
    groups = re.split(r"\r?\n[ \t]*\r?\n", text.strip())[:_MOST_PARTS]
    parser = BytesParser(policy=compat32)
    return [
        parser.parsebytes(group.encode("utf-8", "replace"), headersonly=True) for group in groups
    ]


def _decoded(part: Message, encoding: str) -> str:
    """Return the text of a part whose parent names the encoding."""
    holder = Message()
    holder["Content-Transfer-Encoding"] = encoding
    payload = part.get_payload()
    holder.set_payload(payload if isinstance(payload, str) else "")
    return _text(holder)


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _first_text(parts: Iterable[Message]) -> str:
    for part in parts:
        if part.get_content_maintype() == "text":
            return _text(part)
    return ""


def _field(message: Message, name: str) -> str:
    """Return a field, on one line and no longer than a person reads; empty without it."""
    value = message.get(name)
    return "" if value is None else " ".join(str(value)[: 4 * _MOST_WORDS].split())


def _short(words: str) -> str:
    """Return words of a server as they may stand in a table: one line, no control characters."""
    return clean_text(re.sub(r"^(?i:smtp|x-\w+);\s*", "", words))[:_MOST_WORDS]
