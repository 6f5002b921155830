"""What the mailboxes of reports have in common: what a reading of one leaves, and how it fails."""

from __future__ import annotations

from dataclasses import dataclass


class MailboxError(Exception):
    """A mailbox cannot be read; the message names it and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """How many mails were ours, and up to which number a mailbox was read that has numbers."""

    ours: int
    validity: int = 0
    uid: int = 0
