"""A digest becomes the bytes of a mail (RFC 5322, 2369, 2919, 8058), the same each time.

Rendering is done once for an edition; a recipient's own lines are put into finished bytes.
What the headers say stands in ``notifier.mail_headers``.
"""

from __future__ import annotations

import hashlib
import re
from email.message import EmailMessage
from email.policy import SMTP
from email.quoprimime import body_encode
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING

from notifier.compose import LARGEST_BYTES, shortened
from notifier.mail_headers import HEADERS, list_headers, one_line, sender_headers
from notifier.model import Form
from notifier.pieces import filled, split

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import MailSettings
    from feeds.render import Renderer
    from notifier.dkim import Signer
    from notifier.model import Digest

# Encoded lines of bodies are as long as RFC 2045 allows.
_BODIES = SMTP.clone(max_line_length=76)
# Stand in the rendered text for what differs between recipients; letters only, so that neither
# quoted-printable nor escaping touches them.
_WAY_OUT = "https://unsubscribe.invalid/TidingsWayOut"
_WAY_OUT_HTML = "https://unsubscribe.invalid/TidingsHtmlWayOut"
_WISHES = "https://preferences.invalid/TidingsWishes"
_WISHES_HTML = "https://preferences.invalid/TidingsHtmlWishes"
_IN_BODIES = (_WAY_OUT_HTML, _WAY_OUT, _WISHES_HTML, _WISHES)
_MAILBOX = "tidings-way-out@invalid.invalid"
_TO = "tidings-recipient@invalid.invalid"
_ID = "<tidings-message-id@invalid.invalid>"
_DATE = "Thu, 01 Jan 1970 00:00:00 +0000"
_IN_HEAD = (_TO, _ID, _DATE, _WAY_OUT, _WISHES, _MAILBOX)
# What an estimate was wrong by, a mail is made shorter by; it is right at the second try.
_MOST_TRIES = 12
_SPARE = 0.97


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
        """Render subject and bodies; one body where plain text is wanted. Raises TemplateError.

        Where bounces have a mailbox, a mail to it ends the subscription too.
        """
        self._settings, self._base_url, self._renderer = settings, base_url, renderer
        self._mailbox = _MAILBOX if settings.bounce else ""
        whole = self._written(digest, form)
        for _ in range(_MOST_TRIES):
            if len(whole) <= LARGEST_BYTES:
                break
            digest = shortened(digest, LARGEST_BYTES / len(whole) * _SPARE)
            whole = self._written(digest, form)
        head, _, bodies = whole.partition(b"\r\n\r\n")
        bodies = _joined_marks(bodies)
        self._head, self._bodies = split(head, _IN_HEAD), split(bodies, _IN_BODIES)
        self._outline = signer and signer.outline(
            head + b"\r\n\r\n" + bodies, head_marks=_IN_HEAD, body_marks=_IN_BODIES
        )

    def _written(self, digest: Digest, form: Form) -> bytes:
        """Return the whole mail, with marks where it differs between recipients."""
        values = {
            "digest": digest,
            "language": self._renderer.translations.best(digest.language),
            "unsubscribe_url": _WAY_OUT,
            "preferences_url": _WISHES,
            "base_url": self._base_url,
        }
        values["subject"] = one_line(self._renderer.render("digest/subject.txt", **values))
        message = EmailMessage(policy=_BODIES)
        text = self._renderer.render("digest/body.txt", **values)
        message.set_content(text, cte="quoted-printable")
        if form is Form.HTML:
            values |= {"unsubscribe_url": _WAY_OUT_HTML, "preferences_url": _WISHES_HTML}
            html = _inlined(self._renderer.render("digest/body.html", **values))
            message.add_alternative(html, subtype="html", cte="quoted-printable")
            # The boundary is random by default, and the bytes would differ from try to try.
            message.set_boundary(_boundary(digest))
        head = self._head_of(digest, str(values["subject"]), str(values["language"]))
        return head + message.as_bytes()

    def _head_of(self, digest: Digest, subject: str, language: str) -> bytes:
        """Return the headers that stand before those of the content."""
        lists = list_headers(
            digest,
            self._settings,
            way_out=_WAY_OUT,
            mailbox=self._mailbox,
            preferences=_WISHES,
        )
        headers = EmailMessage(policy=HEADERS)
        for name, value in [
            ("Date", _DATE),
            *sender_headers(digest.title, self._settings),
            ("To", _TO),
            ("Subject", subject),
            ("Message-ID", _ID),
            *lists,
            ("Content-Language", language),
        ]:
            headers[name] = value
        return headers.as_bytes().removesuffix(b"\r\n")

    def for_recipient(  # noqa: PLR0913 - one for each thing that is a recipient's own
        self,
        *,
        address: str,
        unsubscribe_url: str,
        message_id: str,
        sent_at: datetime,
        preferences_url: str,
        unsubscribe_mailbox: str = "",
    ) -> bytes:
        """Return the mail to one recipient; ``sent_at`` is the time of this try.

        The address was checked where it was stored; its letters may be any (RFC 6532).
        """
        head = {
            _TO: address.encode(),
            _ID: message_id.encode(),
            _DATE: format_datetime(sent_at.replace(microsecond=0)).encode(),
            _WAY_OUT: unsubscribe_url.encode(),
            _WISHES: preferences_url.encode(),
            _MAILBOX: unsubscribe_mailbox.encode(),
        }
        body = {
            _WAY_OUT: _encoded(unsubscribe_url),
            _WAY_OUT_HTML: _encoded(escape(unsubscribe_url)),
            _WISHES: _encoded(preferences_url),
            _WISHES_HTML: _encoded(escape(preferences_url)),
        }
        signatures = self._outline.signatures(head, body, at=sent_at) if self._outline else b""
        return b"".join(
            (signatures, filled(self._head, head), b"\r\n\r\n", filled(self._bodies, body))
        )


def _joined_marks(bodies: bytes) -> bytes:
    """Put each mark in a body on a line of its own: breaks of the encoding may run through it."""
    joined = bodies.replace(b"=\r\n", b"\x00")
    for mark in (mark.encode() for mark in _IN_BODIES):
        spread = b"\x00?".join(re.escape(bytes([byte])) for byte in mark)
        joined = re.sub(spread, b"\x00" + mark + b"\x00", joined)
    return joined.replace(b"\x00", b"=\r\n")


def _encoded(value: str) -> bytes:
    """Return a value as it stands in a quoted-printable body.

    It stands on lines of its own, which the receiver joins with those around them: so no line
    grows too long.
    """
    return body_encode(value.encode().decode("latin-1"), eol="\r\n").encode()


def _boundary(digest: Digest) -> str:
    text = f"{digest.bulletin}/{digest.number}"
    return f"=_tidings_{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _inlined(html: str) -> str:
    """Put the styles onto the elements: many readers drop the style sheet."""
    import css_inline

    # Its default would fetch style sheets that a template names, from our own server.
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
    return str(inliner.inline(html))
