"""Whether a mail keeps the rules by which receivers judge it: its bytes, as they go out. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from notifier.findings import failure, ok, warning

if TYPE_CHECKING:
    from notifier.findings import Finding

# Beyond it Gmail clips a mail, and with it the way out at its end.
MOST_BYTES = 100_000
_LONGEST_LINE = 998
_ONCE = ("Date", "From", "To", "Subject", "Message-ID", "List-Unsubscribe", "MIME-Version")
_FIELD = re.compile(rb"^([!-9;-~]+):[ \t]*((?:.*)(?:\r\n[ \t].*)*)", re.MULTILINE)


def lint(about: str, mail: bytes) -> list[Finding]:
    """Return what is wrong with a mail; that all is well where nothing is."""
    head, _, _ = mail.partition(b"\r\n\r\n")
    fields = [(name.decode().lower(), value) for name, value in _FIELD.findall(head)]
    found = [*_form(about, mail), *_headers(about, fields)]
    return found or [ok(about, f"{len(mail):,} bytes, headers as receivers want them")]


def _form(about: str, mail: bytes) -> list[Finding]:
    found: list[Finding] = []
    if re.search(rb"(?<!\r)\n|\r(?!\n)", mail):
        found.append(failure(about, "has bare line breaks", "report it as a fault of Tidings"))
    if max(map(len, mail.split(b"\r\n"))) > _LONGEST_LINE:
        found.append(
            failure(about, f"has lines of more than {_LONGEST_LINE} bytes", "shorten the template")
        )
    if len(mail) > MOST_BYTES:
        found.append(
            warning(
                about,
                f"has {len(mail):,} bytes; Gmail clips it, and with it the way out",
                "tell fewer items at once, or shorten the template",
            )
        )
    return found


def _headers(about: str, fields: list[tuple[str, bytes]]) -> list[Finding]:
    names = [name for name, _ in fields]
    found = [
        failure(about, f"has {many} header lines {name}", "report it as a fault of Tidings")
        for name in _ONCE
        if (many := names.count(name.lower())) != 1
    ]
    values = dict(fields)
    way_out = values.get("list-unsubscribe", b"")
    if b"=?" in way_out:
        found.append(failure(about, "encodes List-Unsubscribe", "report it as a fault of Tidings"))
    if b"<https://" not in way_out or "list-unsubscribe-post" not in names:
        found.append(
            warning(
                about,
                "has no one-click way out, which needs https (RFC 8058)",
                "set [site] base_url to an address that begins with https://",
            )
        )
    return found
