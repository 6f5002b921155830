"""The headers of a digest's mail, to the letter (RFC 5322, 2369, 2919, 5064, 8058).

The values of one recipient stand in them as marks, whose places ``notifier.mail`` fills.
"""

from __future__ import annotations

import re
from email.header import Header
from email.headerregistry import Address
from email.policy import EmailPolicy
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from feeds.text import clean_text, shorten

if TYPE_CHECKING:
    from config.settings import MailSettings
    from notifier.model import Digest

# Python folds a header token of over 78 characters into encoded words, and receivers then see
# no List-Unsubscribe: these are written as they stand, on as few lines as they have parts.
_VERBATIM = frozenset(
    "list-id list-unsubscribe list-unsubscribe-post list-help list-subscribe list-post "
    "list-archive archived-at message-id to feedback-id".split()
)
_LABEL = re.compile(r"[^a-z0-9-]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
# RFC 2919 allows 255 octets, and RFC 5322 would have lines of 78.
_LONGEST_PHRASE = 60
_SHORTER = 5
_LONGEST_PLAIN = 78
_LONGEST_LIST_ID = 255
_LONGEST_LINE = 500
# The sender's part of a Feedback-ID (Gmail): constant, of 5 to 15 characters.
_SENDER_ID = range(5, 16)


class HeaderPolicy(EmailPolicy):
    """Folds headers as Python does, but for those that receivers read by their letters."""

    def fold(self, name: str, value: Any) -> str:  # noqa: ANN401 - a header of Python's
        """Return a header as it is written."""
        if name.lower() in _VERBATIM:
            return f"{name}: {value}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:  # noqa: ANN401 - as above
        """Return the bytes of a header."""
        if name.lower() in _VERBATIM:
            return self.fold(name, value).encode()
        return bytes(super().fold_binary(name, value))

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:  # noqa: ANN401 - as above
        """Keep what is written as it stands; let Python read the rest."""
        if name.lower() in _VERBATIM:
            return name, value
        return super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: str) -> Any:  # noqa: ANN401 - as above
        """Return a header as it was stored."""
        if name.lower() in _VERBATIM:
            return value
        return super().header_fetch_parse(name, value)


HEADERS = HeaderPolicy(linesep="\r\n")


def list_headers(
    digest: Digest,
    settings: MailSettings,
    *,
    way_out: str,
    mailbox: str,
    preferences: str,
) -> list[tuple[str, str]]:
    """Return what tells receivers and readers about the list.

    ``mailbox`` takes mails of those who leave; empty where nothing is read.
    """
    domain = sender_domain(settings)
    ways = [f"<{way_out}>", *([f"<mailto:{mailbox}?subject=unsubscribe>"] if mailbox else [])]
    return [
        ("List-Id", list_id(digest.title, digest.bulletin, domain)),
        ("List-Unsubscribe", ",\r\n ".join(ways)),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Help", f"<{preferences}>"),
        ("List-Subscribe", f"<{uri(digest.subscribe_url)}>"),
        ("List-Post", "NO"),
        ("List-Archive", f"<{uri(digest.archive_url)}>"),
        *([("Archived-At", f"<{uri(digest.own_url)}>")] if digest.own_url else []),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Feedback-ID", feedback_id(digest, domain)),
    ]


def sender_headers(title: str, settings: MailSettings) -> list[tuple[str, str]]:
    """Return who writes, by the title of the bulletin where no name is set; who takes answers."""
    name, sender = parseaddr(settings.sender)
    return [
        ("From", str(Address(one_line(name or title), addr_spec=sender))),
        *([("Reply-To", settings.reply_to)] if settings.reply_to else []),
    ]


def one_line(text: str) -> str:
    """Return a text as one line that a person can read, whatever it holds."""
    return shorten(clean_text(" ".join(text.split())), _LONGEST_LINE)


def sender_domain(settings: MailSettings) -> str:
    """Return the domain under which the lists have their names."""
    return parseaddr(settings.sender)[1].rpartition("@")[2].lower()


def list_id(title: str, slug: str, domain: str) -> str:
    """Return the name of the list that a person reads, and the one that a filter goes by."""
    label = _LABEL.sub("-", slug.lower()).strip("-")
    identifier = f"<{label}.{domain}>"
    limit = _LONGEST_PHRASE
    while limit:
        phrase = _phrase(shorten(one_line(title), limit))
        value = f"{phrase} {identifier}".lstrip()
        # Of two encoded words in a row some readers make two words.
        if "\r\n" not in phrase and len(value) <= _LONGEST_LIST_ID:
            is_long = len(f"List-Id: {value}") > _LONGEST_PLAIN
            return f"{phrase}\r\n {identifier}" if is_long else value
        limit -= _SHORTER
    return identifier


def _phrase(text: str) -> str:
    if not text.isascii() or "=?" in text:
        return Header(text, "utf-8", maxlinelen=75).encode(linesep="\r\n")
    if _ATOMS.fullmatch(text):
        return text
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def feedback_id(digest: Digest, domain: str) -> str:
    """Return by what Gmail counts complaints: of an edition, a list, a kind, and a sender."""
    label = _LABEL.sub("-", digest.bulletin.lower()).strip("-")
    sender = re.sub("[^a-z0-9]", "", domain.lower())[: _SENDER_ID[-1]]
    if len(sender) < _SENDER_ID[0]:
        sender = f"tidings{sender}"
    return f"{label}-{digest.number}:{label}:digest:{sender}"


def uri(address: str) -> str:
    """Return an address as headers may hold it: letters of ASCII, and none that ends it."""
    parts = urlsplit(address)
    host = parts.netloc
    if not host.isascii():
        name, colon, port = host.partition(":")
        host = f"{name.encode('idna').decode()}{colon}{port}"
    keep = "%:/?#[]@!$&'()*+,;=~"
    path, query = quote(parts.path, safe=keep), quote(parts.query, safe=keep)
    return urlunsplit((parts.scheme, host, path, query, quote(parts.fragment, safe=keep)))
