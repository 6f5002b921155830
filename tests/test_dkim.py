"""Signatures that other implementations verify, over every field that a receiver looks at."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import program

from config.settings import MailSettings
from feeds.render import Renderer, package_templates
from notifier.dkim import (
    DkimError,
    Signer,
    dns_name,
    dns_record,
    make_key,
    open_signer,
    relaxed_body,
    relaxed_field,
)
from notifier.mail import DigestMail
from notifier.model import Digest, DigestItem, Form

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DOMAIN = "example.org"
MAIL = (
    b"From: News <news@example.org>\r\nTo: ann@example.net\r\nSubject: Two  items,\r\n"
    b"\tand more\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
    b"List-Unsubscribe: <https://news.example.org/u/t>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello  there. \r\n\r\n.\r\n\r\n\r\n"
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[MailSettings, dict[str, str]]:
    """A key of each kind in files, and the records of the DNS that belong to them."""
    folder = tmp_path_factory.mktemp("keys")
    rsa, ed25519 = make_key(), make_key(ed25519=True)
    (folder / "rsa.pem").write_bytes(rsa)
    (folder / "ed25519.pem").write_bytes(ed25519)
    settings = MailSettings(
        dkim_key=folder / "rsa.pem",
        dkim_selector="n2026",
        dkim_ed25519_key=folder / "ed25519.pem",
        dkim_ed25519_selector="e2026",
    )
    records = {
        dns_name("n2026", DOMAIN): dns_record(rsa),
        dns_name("e2026", DOMAIN): dns_record(ed25519),
    }
    return settings, records


def _signer(settings: MailSettings) -> Signer:
    signer = open_signer(settings, DOMAIN)
    assert signer is not None
    return signer


def _holds(mail: bytes, records: Mapping[str, str]) -> bool:
    """Whether dkimpy believes both signatures."""

    def look_up(name: bytes, timeout: int = 5) -> bytes:  # noqa: ARG001 - dkimpy gives it
        return records[name.decode().rstrip(".")].encode()

    try:
        return all(dkim.DKIM(mail).verify(idx=index, dnsfunc=look_up) for index in range(2))
    except dkim.DKIMException:
        return False


def test_dkimpy_believes_both_signatures(keys: tuple[MailSettings, dict[str, str]]) -> None:
    """And no more when a letter of the mail is another."""
    settings, records = keys
    signed = _signer(settings).signed(MAIL, at=NOW)

    assert signed.endswith(MAIL)
    assert _holds(signed, records)
    assert not _holds(signed.replace(b"Hello", b"Hallo"), records)
    assert not _holds(signed.replace(b"One-Click", b"Two-Click"), records)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize(
    ("title", "address", "way_out"),
    [
        ("Ferry  runs again ", "ann@example.net", "https://news.example.org/unsubscribe/abc"),
        ("=" * 200, "a+b=c@example.net", "https://news.example.org/" + "under/a/path/" * 20),
        ("Über  \t alles \u2028.", "jürgen@example.net", "https://news.example.org/u?a=1&b=<2>"),
        ("..\r\n.", "ann@example.net", "https://news.example.org/u/~"),
    ],
)
def test_every_recipients_mail_is_signed(
    keys: tuple[MailSettings, dict[str, str]], title: str, address: str, way_out: str, form: Form
) -> None:
    """Though what all of them share is brought into its canonical form but once; in each form."""
    settings, records = keys
    mail = DigestMail(
        Digest(
            bulletin="harbour",
            title="Harbour",
            page_url="https://news.example.org/harbour/",
            language="en",
            number=7,
            items=(
                DigestItem(
                    id="1",
                    title=title,
                    url="https://harbour.example/1",
                    day=None,
                    summary_html=f"<p>{title}</p>",
                    summary_text=title,
                ),
            ),
        ),
        settings=replace(settings, sender="News <news@example.org>"),
        base_url="https://news.example.org",
        renderer=Renderer(package_templates("notifier")),
        signer=_signer(settings),
        form=form,
    )
    mails = [
        mail.for_recipient(
            address=to,
            unsubscribe_url=url,
            preferences_url=url,
            unsubscribe_mailbox="b+abc@bounce.example.org",
            message_id="<7.1@example.org>",
            sent_at=NOW,
        )
        for to, url in ((address, way_out), ("ben@example.net", "https://news.example.org/u/b"))
    ]

    assert all(_holds(mail, records) for mail in mails)
    # Byte for byte as if the whole of it were signed alone.
    unsigned = mails[0][mails[0].index(b"Date: ") :]
    assert mails[0] == _signer(settings).signed(unsigned, at=NOW)
    assert not _holds(mails[0].replace(address.encode(), b"eve@example.net"), records)


@pytest.mark.parametrize("field", ["From", "To", "Subject", "Date", "Reply-To", "List-Help"])
def test_nobody_adds_a_field(keys: tuple[MailSettings, dict[str, str]], field: str) -> None:
    """Neither a second of those that are there, nor one of those that are not."""
    settings, records = keys
    signed = _signer(settings).signed(MAIL, at=NOW)

    assert not _holds(f"{field}: <https://evil.example>\r\n".encode() + signed, records)


def test_perl_believes_the_signature(keys: tuple[MailSettings, dict[str, str]]) -> None:
    """With the records as they are to stand in the DNS; of Ed25519 it knows nothing yet."""
    perl = program("perl", tests="DKIM by a second implementation")
    modules = [perl, "-MMail::DKIM", "-e", "1"]
    if subprocess.run(modules, check=False, capture_output=True).returncode:  # noqa: S603 - ours
        pytest.skip("libmail-dkim-perl is not installed: DKIM by Mail::DKIM is NOT tested")
    settings, records = keys
    words = [word for record in records.items() for word in record]
    script = str(Path(__file__).with_name("dkim_verify.pl"))
    signed = _signer(settings).signed(MAIL, at=NOW)

    command = [perl, script, *words]
    told = subprocess.run(command, check=True, capture_output=True, input=signed)  # noqa: S603

    assert "rsa-sha256 pass\n" in told.stdout.decode()


def test_a_signature_has_short_lines(keys: tuple[MailSettings, dict[str, str]]) -> None:
    """And says for whom, when and by which key it was made."""
    head = _signer(keys[0]).signed(MAIL, at=NOW).removesuffix(MAIL).decode()

    assert max(map(len, head.split("\r\n"))) <= 78
    assert head.count("DKIM-Signature: v=1; a=") == 2
    assert f"d={DOMAIN};\r\n s=n2026; t={int(NOW.timestamp())};" in head


_BODIES = st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b".", b"  ", b"x y"])).map(
    lambda parts: b"".join([*parts, b"\r\n"])
)


@given(_BODIES)
def test_a_body_in_relaxed_form(body: bytes) -> None:
    """As dkimpy makes it; and to make it twice changes nothing."""
    from dkim.canonicalization import Relaxed

    canonical = relaxed_body(body)

    assert canonical == Relaxed.canonicalize_body(body)
    assert relaxed_body(canonical) == canonical


@pytest.mark.parametrize(
    ("field", "canonical"),
    [
        (b"Subject: a  b\r\n\tc ", b"subject:a b c"),
        (b"SUBJECT \t:\t x", b"subject:x"),
        (b"X: a: b", b"x:a: b"),
        (b"X:", b"x:"),
    ],
)
def test_a_field_in_relaxed_form(field: bytes, canonical: bytes) -> None:
    """In small letters, unfolded, with single blanks (RFC 6376, 3.4.2)."""
    assert relaxed_field(field) == canonical


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read (No such file or directory); see [mail] dkim_key"),
        (b"nonsense", "is no private key in PEM without a password; see [mail] dkim_key"),
        (make_key(ed25519=True), "[mail] dkim_key wants an RSA key of at least 1024 bits"),
    ],
)
def test_a_key_that_cannot_be_used(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """The message names the file and the setting."""
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DkimError) as caught:
        open_signer(MailSettings(dkim_key=path), DOMAIN)

    assert str(caught.value) == f"{path}: {reason}"


def test_without_a_key_nothing_is_signed() -> None:
    """Most relays sign themselves."""
    assert open_signer(MailSettings(), DOMAIN) is None
