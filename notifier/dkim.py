"""DKIM signatures (RFC 6376, 8463): relaxed/relaxed, over the header fields that matter.

The one door of the library of keys, which signs through OpenSSL: in pure Python a signature costs
more than all the rest of a mail. What a canonical form is, is done here, so that the parts that
all mails of an edition share are brought into it once.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifier.pieces import filled, split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from config.settings import MailSettings
    from notifier.pieces import Pieces

# Named once more than they are there: nobody can add another of them to a signed mail.
_TWICE = ("From", "To", "Subject", "Date")
# Those that are not there are signed as absent. RFC 8058 wants both of List-Unsubscribe.
_ONCE = (
    "Message-ID MIME-Version Content-Type Content-Transfer-Encoding Reply-To In-Reply-To "
    "References List-Id List-Unsubscribe List-Unsubscribe-Post List-Help List-Subscribe "
    "List-Post List-Archive Archived-At Feedback-ID CFBL-Address Auto-Submitted"
).split()
_FIELD = re.compile(rb"([^:\s]+)[ \t]*:((?:.|\r\n[ \t])*)(?:\r\n|$)")
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AT_END = re.compile(rb"[ \t]+(?=\r\n|$)")
_BREAKS_AT_END = re.compile(rb"(\r\n)+$")
_BITS = 2048
# Of the base64 in a folded line; a header line is best kept below 78.
_LINE = 72
# Stand in a signature for what differs between mails.
_AT = "TidingsSignedAt"
_HASH = "TidingsBodyHash"


class DkimError(Exception):
    """A key cannot be read or used; the message names the file and the setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """One key with its name in the DNS."""

    algorithm: str
    selector: str
    sign: Callable[[bytes], bytes]


class Signer:
    """Signs mails for one domain, with one key or two."""

    def __init__(self, domain: str, keys: Sequence[_Key]) -> None:
        self._domain = domain.encode("idna").decode() if domain else domain
        self._keys = tuple(keys)

    def signed(self, message: bytes, *, at: datetime) -> bytes:
        """Return a whole mail with its signatures on top."""
        return self.outline(message).signatures({}, {}, at=at) + message

    def outline(
        self, message: bytes, *, head_marks: Sequence[str] = (), body_marks: Sequence[str] = ()
    ) -> Outline:
        """Return what signs all mails that are this one but for what stands for the marks.

        No mark holds blanks, and each is a part of one line.
        """
        head, _, body = message.partition(b"\r\n\r\n")
        names, fields = _signed_fields(head)
        return Outline(
            fields=split(fields, head_marks),
            body=split(relaxed_body(body), body_marks),
            stamps=[self._stamp(key, names) for key in self._keys],
        )

    def _stamp(self, key: _Key, names: bytes) -> _Stamp:
        field = (
            f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed; d={self._domain};\r\n"
            f" s={key.selector}; t={_AT};\r\n h="
        ).encode()
        field += names + f";\r\n bh={_HASH};\r\n b=".encode()
        marks = (_AT, _HASH)
        return _Stamp(
            sign=key.sign,
            field=split(field, marks),
            canonical=split(relaxed_field(field), marks),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stamp:
    """The signature field of one key, but for when, of which body, and the signature."""

    sign: Callable[[bytes], bytes]
    field: Pieces
    canonical: Pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What many mails have in common, in canonical form: each costs a hash and a signature."""

    fields: Pieces
    body: Pieces
    stamps: Sequence[_Stamp]

    def signatures(
        self, head: Mapping[str, bytes], body: Mapping[str, bytes], *, at: datetime
    ) -> bytes:
        """Return the signature fields of one mail, by what stands for the marks in it.

        A value of the head is a part of one line; one of the body has its canonical form.
        """
        signed = filled(self.fields, {mark: _BLANKS.sub(b" ", head[mark]) for mark in head})
        digest = hashlib.sha256(filled(self.body, body)).digest()
        values = {_AT: str(int(at.timestamp())).encode(), _HASH: b64encode(digest)}
        return b"".join([_stamped(stamp, signed, values) for stamp in self.stamps])


def _stamped(stamp: _Stamp, signed: bytes, values: Mapping[str, bytes]) -> bytes:
    value = b64encode(stamp.sign(signed + filled(stamp.canonical, values)))
    lines = [value[start : start + _LINE] for start in range(0, len(value), _LINE)]
    return filled(stamp.field, values) + b"\r\n ".join(lines) + b"\r\n"


def _signed_fields(head: bytes) -> tuple[bytes, bytes]:
    """Return the names that a signature covers, folded, and the canonical text of their fields."""
    fields: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for found in _FIELD.finditer(head):
        fields[found.group(1).lower()].append(relaxed_field(found.group().rstrip(b"\r\n")))
    names: list[str] = []
    for name in (*_TWICE, *_ONCE):
        there = len(fields[name.lower().encode()])
        names += [name] * (there + 1 if name in _TWICE else max(there, 1))
    texts = [
        # Of several fields of a name the last one is the first that is signed.
        fields[key].pop() + b"\r\n"
        for name in names
        if fields[key := name.lower().encode()]
    ]
    return b":\r\n  ".join(_rows(names)), b"".join(texts)


def _rows(names: Sequence[str]) -> list[bytes]:
    """Join names to lines of a bearable length."""
    rows = [""]
    for name in names:
        if len(rows[-1]) + len(name) > _LINE:
            rows.append("")
        rows[-1] += f":{name}" if rows[-1] else name
    return [row.encode() for row in rows]


def relaxed_field(field: bytes) -> bytes:
    """Return a header field in relaxed form (RFC 6376, 3.4.2), without a line break at its end."""
    name, _, value = field.partition(b":")
    unfolded = _BLANKS.sub(b" ", value.replace(b"\r\n", b""))
    return name.strip().lower() + b":" + unfolded.strip(b" \t")


def relaxed_body(body: bytes) -> bytes:
    """Return a body in relaxed form (RFC 6376, 3.4.4)."""
    text = _BLANKS.sub(b" ", _BLANKS_AT_END.sub(b"", body))
    text = _BREAKS_AT_END.sub(b"", text)
    return text + b"\r\n" if text else b""


# --- keys --------------------------------------------------------------------------------------


def open_signer(settings: MailSettings, domain: str) -> Signer | None:
    """Return what signs with the configured keys; None where there are none. Raises DkimError."""
    keys: list[_Key] = []
    if settings.dkim_key is not None:
        keys.append(_rsa_key(settings.dkim_key, settings.dkim_selector))
    if settings.dkim_ed25519_key is not None:
        keys.append(_ed25519_key(settings.dkim_ed25519_key, settings.dkim_ed25519_selector))
    return Signer(domain, keys) if keys else None


def _rsa_key(path: Path, selector: str) -> _Key:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

    key = _read(path, "dkim_key")
    if not isinstance(key, RSAPrivateKey) or key.key_size < _BITS // 2:
        raise DkimError(f"{path}: [mail] dkim_key wants an RSA key of at least 1024 bits")
    padding, digest = PKCS1v15(), SHA256()
    return _Key(
        algorithm="rsa-sha256",
        selector=selector,
        sign=lambda text: key.sign(text, padding, digest),
    )


def _ed25519_key(path: Path, selector: str) -> _Key:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = _read(path, "dkim_ed25519_key")
    if not isinstance(key, Ed25519PrivateKey):
        raise DkimError(f"{path}: [mail] dkim_ed25519_key wants an Ed25519 key")
    return _Key(
        algorithm="ed25519-sha256",
        selector=selector,
        # RFC 8463, 3: what is signed is the digest.
        sign=lambda text: key.sign(hashlib.sha256(text).digest()),
    )


def _read(path: Path, name: str) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise DkimError(f"{path}: cannot be read ({error.strerror}); see [mail] {name}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise DkimError(
            f"{path}: is no private key in PEM without a password; see [mail] {name}"
        ) from error


def make_key(*, ed25519: bool = False) -> bytes:
    """Return a new private key as PEM."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key: Ed25519PrivateKey | RSAPrivateKey = (
        Ed25519PrivateKey.generate() if ed25519 else generate_private_key(65537, _BITS)
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def dns_name(selector: str, domain: str) -> str:
    """Return where in the DNS the key of a selector is looked for."""
    return f"{selector}._domainkey.{domain}"


def dns_record(private_key: bytes) -> str:
    """Return the text of the TXT record that belongs to a private key (PEM).

    A DNS server may want it in strings of at most 255 characters.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    key = load_pem_private_key(private_key, password=None)
    if isinstance(key, Ed25519PrivateKey):
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={b64encode(public).decode()}"
    if not isinstance(key, RSAPrivateKey):
        raise DkimError("a DKIM key is an RSA key or an Ed25519 key")
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"
