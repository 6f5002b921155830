"""Reports by HTTP: believed when they are signed and fresh, at the running service too."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests
from bounce_mails import MESSAGE_ID, VERP
from hypothesis import given, settings
from hypothesis import strategies as st
from relay import free_port
from running import Service, wait, write_configuration
from test_service import BULLETIN, subscribe
from worlds import NOON

from config.load import load
from config.write import bulletin_toml
from notifier.bounce_hook import FRESH, HookError, read_hook, sign
from notifier.bounces import Kind
from notifier.ledger_store import LedgerStore
from notifier.suppression_store import Reason
from tidings.app import open_app

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "shared"  # noqa: S105 - of a test
BOUNCE = {"kind": "bounce", "address": VERP, "status": "5.1.1", "words": "nobody\nthere"}


def body(*reports: object, time: datetime = NOON) -> bytes:
    """What a provider posts."""
    return json.dumps({"time": time.isoformat(), "reports": reports}).encode()


def test_reports_are_read_in_their_order() -> None:
    """By address, by Message-ID with its brackets or without."""
    complaint = {"kind": "complaint", "message_id": MESSAGE_ID.strip("<>")}
    sent = body(BOUNCE, complaint)

    bounced, complained = read_hook(sent, sign(sent, secret=SECRET), secret=SECRET, now=NOON)

    assert (bounced.kind, bounced.addresses, bounced.status) == (Kind.BOUNCE, (VERP,), "5.1.1")
    assert bounced.words == "nobody there"
    assert (complained.kind, complained.message_ids) == (Kind.COMPLAINT, (MESSAGE_ID,))


@pytest.mark.parametrize(
    ("sent", "secret"),
    [
        (body(BOUNCE), "another"),
        (body(BOUNCE), ""),
        (body(BOUNCE, time=NOON - FRESH - timedelta(seconds=1)), SECRET),
        (body(BOUNCE, time=NOON + FRESH + timedelta(seconds=1)), SECRET),
    ],
)
def test_what_is_forged_or_kept_is_not_believed(sent: bytes, secret: str) -> None:
    """Signed by somebody else, or at another time."""
    with pytest.raises(HookError) as told:
        read_hook(sent, sign(sent, secret=secret), secret=SECRET, now=NOON)

    assert told.value.unproved


def test_without_a_secret_nothing_is_believed() -> None:
    """An empty secret is no secret."""
    with pytest.raises(HookError):
        read_hook(body(), sign(body(), secret=""), secret="", now=NOON)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"[" * 100_000,
        b"{}",
        b'{"time": "yesterday", "reports": []}',
        b'{"time": "2026-11-23T12:00:00", "reports": []}',
        body("text"),
        body({"kind": "joy", "address": VERP}),
        body({"kind": "bounce"}),
        body(*[BOUNCE] * 1001),
    ],
    ids=range(9),
)
def test_what_is_signed_but_not_understood_is_said(sent: bytes) -> None:
    """For whoever writes the other side."""
    with pytest.raises(HookError) as told:
        read_hook(sent, sign(sent, secret=SECRET), secret=SECRET, now=NOON)

    assert not told.value.unproved
    assert str(told.value)


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(max_size=80))
def test_noise_is_refused(sent: bytes, signature: str) -> None:
    """Whatever is posted with whatever signature."""
    with pytest.raises(HookError):
        read_hook(sent, signature, secret=SECRET, now=NOON)


def test_a_provider_posts_a_bounce_to_the_service(tmp_path: Path) -> None:
    """Signed, it suppresses; unsigned, it is refused; a forged mark changes nothing."""
    (tmp_path / "bulletin.txt").write_text(BULLETIN)
    table = bulletin_toml(slug="harbour", title="Harbour", file="bulletin.txt", every="1s")
    write_configuration(tmp_path, f'[bounces]\nwebhook_secret = "{SECRET}"\n{table}')
    service = Service(tmp_path, free_port())

    def post(*reports: object, secret: str = SECRET) -> requests.Response:
        sent = body(*reports, time=datetime.now(UTC))
        return requests.post(
            service.url("/bounces"),
            data=sent,
            headers={"Tidings-Signature": sign(sent, secret=secret)},
            timeout=10,
        )

    try:
        wait(lambda: service.answers("/harbour/"))
        subscribe(tmp_path, "ann@example.org", "instant")
        with (tmp_path / "bulletin.txt").open("a") as page:
            page.write("\n5 November 2026\n\nFog in the bay\n\nNo ferry leaves before noon.\n")
        with open_app(load(tmp_path / "tidings.toml", {}), register=False) as app:
            ledger = LedgerStore(app.database)
            wait(lambda: bool(ledger.of_address("ann@example.org")))
            (mail,) = ledger.of_address("ann@example.org")
            bounce = {**BOUNCE, "message_id": mail.message_id}
            refused = post(bounce, secret="wrong")
            forged = post(BOUNCE)
            before = app.suppressions.find("ann@example.org")
            taken = post(bounce, bounce)
            after = app.suppressions.find("ann@example.org")
    finally:
        service.stop()

    assert (refused.status_code, forged.status_code, taken.status_code) == (401, 200, 200)
    assert forged.json() == {"follows": ["left alone"]}
    assert before is None
    assert taken.json() == {"follows": ["suppressed", "nothing"]}
    assert after is not None
    assert after.reason is Reason.BOUNCED
