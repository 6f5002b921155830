"""How a mail leaves: what every way has in common, and the folder that stands for a relay.

Exactly once is not to be had over SMTP (RFC 1047): what a lost answer means is said by the error
and decided by the outbox. The relay's side stands in ``notifier.smtp`` and ``notifier.relays``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from feeds.files import replace_file
from notifier.replies import About

if TYPE_CHECKING:
    from pathlib import Path

    from notifier.replies import Verdict

_UNSAFE = re.compile(r"[^A-Za-z0-9_.@+-]")
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)


class TransportError(Exception):
    """A mail did not leave, or nobody knows whether it did.

    ``code`` and ``enhanced`` are the relay's answer, None and empty where it gave none, and
    ``verdict`` what it means. ``about_us`` says that no mail would leave now: the fault lies
    with the relay, the login or the sender, not with this recipient. ``policy`` says that it
    seems so, but was said of this recipient or this mail only. ``uncertain`` says that the
    whole mail was handed over and no answer came.
    """

    def __init__(  # noqa: PLR0913 - an answer has these parts
        self,
        message: str,
        *,
        code: int | None = None,
        enhanced: str = "",
        verdict: Verdict | None = None,
        about_us: bool = False,
        uncertain: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.enhanced = enhanced
        self.verdict = verdict
        self.uncertain = uncertain
        self.policy = verdict is not None and verdict.policy
        self.about_us = about_us or (
            verdict is not None and verdict.permanent and verdict.about is About.US
        )

    @property
    def permanent(self) -> bool:
        """Whether another try would get the same answer."""
        return self.verdict is not None and self.verdict.permanent

    @property
    def puts_off(self) -> bool:
        """Whether the domain that was written to wants mail later, or slower."""
        verdict = self.verdict
        return verdict is not None and not verdict.permanent and verdict.about is About.RECIPIENT


class Transport(Protocol):
    """A way for mails to leave; one conversation at a time."""

    @property
    def relay(self) -> str:
        """Who is spoken to now, or was last."""

    def connect(self) -> None:
        """Make ready, so that no mail is at stake if that fails. Raises TransportError."""

    def send(self, sender: str, recipient: str, message: bytes, *, envelope_id: str = "") -> str:
        """Hand over one mail; return the answer. Raises TransportError.

        By ``envelope_id`` a report of delivery names the mail that it is about (RFC 3461).
        """

    def close(self) -> None:
        """Let go of connections; the next mail opens them again."""


class FolderTransport:
    """Writes each mail as an .eml file named by its Message-ID: a second try replaces the first."""

    relay = "folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def connect(self) -> None:
        """Nothing is to be opened."""

    def send(self, sender: str, recipient: str, message: bytes, *, envelope_id: str = "") -> str:  # noqa: ARG002
        """Write the file, whole or not at all."""
        found = _MESSAGE_ID.search(message)
        if found is None:
            raise TransportError("the mail has no Message-ID", about_us=True)
        path = self._folder / f"{_UNSAFE.sub('_', found.group(1).decode())}.eml"
        try:
            replace_file(path, message)
        except OSError as error:
            raise TransportError(
                f"{path}: {error.strerror}; see [store] data", about_us=True
            ) from error
        return f"written to {path}"

    def close(self) -> None:
        """Nothing is held open."""
