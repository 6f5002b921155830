"""A digest becomes the bytes of a mail (RFC 5322, 2369, 2919, 8058), the same each time.

Rendering is done once for an edition; a recipient's own lines are put into finished bytes.
"""

from __future__ import annotations

import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.quoprimime import body_encode
from email.utils import format_datetime, parseaddr
from html import escape
from typing import TYPE_CHECKING

from notifier.dkim import relaxed_body
from notifier.model import Form

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import MailSettings
    from feeds.render import Renderer
    from notifier.dkim import Signer
    from notifier.model import Digest

# Python folds a header token of over 78 characters into encoded words, and receivers then see
# no List-Unsubscribe. Lines of headers may be as long as RFC 5322 allows, encoded lines of
# bodies as RFC 2045 does.
_HEADERS = SMTP.clone(max_line_length=998)
_BODIES = SMTP.clone(max_line_length=76)
# Stand in the rendered text for what differs between recipients; letters only, so that neither
# quoted-printable nor escaping touches them.
_WAY_OUT = "https://unsubscribe.invalid/TidingsWayOut"
_WAY_OUT_HTML = "https://unsubscribe.invalid/TidingsHtmlWayOut"
_TO = "tidings-recipient@invalid.invalid"
_ID = "<tidings-message-id@invalid.invalid>"
_DATE = "Thu, 01 Jan 1970 00:00:00 +0000"
_LABEL = re.compile(r"[^a-z0-9-]+")


class DigestMail:
    """The mail of one digest, to be addressed to any number of recipients."""

    def __init__(  # noqa: PLR0913 - what a mail is made of
        self,
        digest: Digest,
        *,
        settings: MailSettings,
        base_url: str,
        renderer: Renderer,
        form: Form = Form.HTML,
        signer: Signer | None = None,
    ) -> None:
        """Render subject and bodies; one body where plain text is wanted. Raises TemplateError."""
        values = {"digest": digest, "unsubscribe_url": _WAY_OUT, "base_url": base_url}
        subject = " ".join(renderer.render("digest/subject.txt", **values).split())
        values["subject"] = subject
        message = EmailMessage(policy=_BODIES)
        for name, value in _headers(digest, subject, settings):
            message[name] = value
        message.set_content(renderer.render("digest/body.txt", **values), cte="quoted-printable")
        if form is Form.HTML:
            values["unsubscribe_url"] = _WAY_OUT_HTML
            html = _inlined(renderer.render("digest/body.html", **values))
            message.add_alternative(html, subtype="html", cte="quoted-printable")
            # The boundary is random by default, and the bytes would differ from try to try.
            message.set_boundary(_boundary(digest))
        # Setting the content drops what was said about it before.
        message["Content-Language"] = digest.language
        head, _, bodies = message.as_bytes(policy=_HEADERS).partition(b"\r\n\r\n")
        self._signer = signer
        self._head = _split(head, (_TO, _ID, _DATE, _WAY_OUT))
        bodies, marks = _joined_marks(bodies), (_WAY_OUT_HTML, _WAY_OUT)
        self._bodies = _split(bodies, marks)
        self._canonical = _split(relaxed_body(bodies), marks) if signer else ()

    def for_recipient(
        self, *, address: str, unsubscribe_url: str, message_id: str, sent_at: datetime
    ) -> bytes:
        """Return the mail to one recipient; ``sent_at`` is the time of this try.

        The address was checked where it was stored; its letters may be any (RFC 6532).
        """
        head = _filled(
            self._head,
            {
                _TO: address.encode(),
                _ID: message_id.encode(),
                _DATE: format_datetime(sent_at.replace(microsecond=0)).encode(),
                _WAY_OUT: unsubscribe_url.encode(),
            },
        )
        ways = {
            _WAY_OUT: _encoded(unsubscribe_url),
            _WAY_OUT_HTML: _encoded(escape(unsubscribe_url)),
        }
        bodies = _filled(self._bodies, ways)
        signatures = b""
        if self._signer is not None:
            canonical = _filled(self._canonical, ways)
            signatures = self._signer.signatures(head, [canonical], at=sent_at)
        return b"".join((signatures, head, b"\r\n\r\n", bodies))


def _joined_marks(bodies: bytes) -> bytes:
    """Put each mark in a body on a line of its own: breaks of the encoding may run through it."""
    joined = bodies.replace(b"=\r\n", b"\x00")
    for mark in (_WAY_OUT_HTML.encode(), _WAY_OUT.encode()):
        spread = b"\x00?".join(re.escape(bytes([byte])) for byte in mark)
        joined = re.sub(spread, b"\x00" + mark + b"\x00", joined)
    return joined.replace(b"\x00", b"=\r\n")


# Finished bytes, and marks (text) in whose places a recipient's own values come.
Pieces = tuple[bytes | str, ...]


def _split(whole: bytes, marks: tuple[str, ...]) -> Pieces:
    """Split bytes at their marks, once for all recipients."""
    pattern = b"(" + b"|".join(re.escape(mark.encode()) for mark in marks) + b")"
    pieces = re.split(pattern, whole)
    return tuple(piece.decode() if place % 2 else piece for place, piece in enumerate(pieces))


def _filled(pieces: Pieces, values: dict[str, bytes]) -> bytes:
    return b"".join(values[piece] if isinstance(piece, str) else piece for piece in pieces)


def _encoded(value: str) -> bytes:
    """Return a value as it stands in a quoted-printable body.

    It stands on lines of its own, which the receiver joins with those around them: so no line
    grows too long.
    """
    return body_encode(value.encode().decode("latin-1"), eol="\r\n").encode()


def _headers(digest: Digest, subject: str, settings: MailSettings) -> list[tuple[str, str]]:
    name, sender = parseaddr(settings.sender)
    domain = sender.rpartition("@")[2]
    label = _LABEL.sub("-", digest.bulletin).strip("-")
    return [
        ("Date", _DATE),
        ("From", str(Address(name or " ".join(digest.title.split()), addr_spec=sender))),
        ("To", _TO),
        *([("Reply-To", settings.reply_to)] if settings.reply_to else []),
        ("Subject", subject),
        ("Message-ID", _ID),
        ("List-Id", f"<{label}.{domain}>"),
        ("List-Unsubscribe", f"<{_WAY_OUT}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Post", "NO"),
        ("List-Archive", f"<{digest.page_url}>"),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
    ]


def _boundary(digest: Digest) -> str:
    text = f"{digest.bulletin}/{digest.number}"
    return f"=_tidings_{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _inlined(html: str) -> str:
    """Put the styles onto the elements: many readers drop the style sheet."""
    import css_inline

    # Its default would fetch style sheets that a template names, from our own server.
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
    return str(inliner.inline(html))
