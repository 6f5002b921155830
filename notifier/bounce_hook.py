"""Reports that come by HTTP: who sent them is proved by a signature, when by a time in it. Pure.

A report that is sent again within the time changes nothing, as one does that is read twice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

from feeds.text import clean_text
from notifier.bounces import Kind, Report

# Clocks differ, and deliveries are tried again; more is a report that somebody kept.
FRESH = timedelta(minutes=5)
_MOST_REPORTS = 1000
_LONGEST = 500
_KINDS = {"bounce": Kind.BOUNCE, "delay": Kind.DELAY, "complaint": Kind.COMPLAINT}


class HookError(Exception):
    """What was sent is not believed, or not understood; ``unproved`` says that it is the former."""

    def __init__(self, message: str, *, unproved: bool = False) -> None:
        super().__init__(message)
        self.unproved = unproved


def sign(body: bytes, *, secret: str) -> str:
    """Return the signature of a body."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def read_hook(body: bytes, signature: str, *, secret: str, now: datetime) -> tuple[Report, ...]:
    """Return the reports in a body. Raises HookError."""
    proof = signature.encode("utf-8", "replace")
    if not secret or not hmac.compare_digest(sign(body, secret=secret).encode(), proof):
        raise HookError("the signature is not that of this body", unproved=True)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HookError("the body is no JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("reports"), list):
        raise HookError("the body is no object with time and reports")
    _check_time(document.get("time"), now)
    reports = document["reports"]
    if len(reports) > _MOST_REPORTS:
        raise HookError(f"more than {_MOST_REPORTS} reports at once")
    return tuple(_report(value, place) for place, value in enumerate(reports, start=1))


def _check_time(value: object, now: datetime) -> None:
    try:
        sent = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        sent = None
    if sent is None or sent.tzinfo is None:
        raise HookError('time is no instant with its zone, such as "2026-11-25T08:00:00Z"')
    if abs(now - sent.astimezone(UTC)) > FRESH:
        raise HookError("time is too long ago, or ahead", unproved=True)


def _report(value: object, place: int) -> Report:
    if not isinstance(value, dict):
        raise HookError(f"report {place} is no object")
    texts = {
        name: clean_text(str(value.get(name, ""))[:_LONGEST])
        for name in ("kind", "address", "message_id", "status", "words")
    }
    kind = _KINDS.get(texts["kind"])
    if kind is None:
        raise HookError(f"kind of report {place} is none of {', '.join(_KINDS)}")
    if not texts["address"] and not texts["message_id"]:
        raise HookError(f"report {place} has neither address nor message_id")
    message_id = texts["message_id"].strip("<>")
    return Report(
        kind=kind,
        addresses=(texts["address"],) if texts["address"] else (),
        message_ids=(f"<{message_id}>",) if message_id else (),
        status=texts["status"],
        words=texts["words"],
    )
