"""One source that is being checked, as the steps of a check hand it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.records import Check

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import BulletinSettings, SourceSettings
    from feeds.records import Claim, SourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One source being checked under a claim."""

    claim: Claim
    bulletin: BulletinSettings
    source: SourceSettings
    state: SourceState
    started: datetime
    is_last: bool = True

    def leased_until(self, now: datetime) -> datetime | None:
        """Say how long the claim is needed after this source: not at all after the last one."""
        return None if self.is_last else now + self.claim.length

    @property
    def name(self) -> str:
        """How it is named in the log."""
        return f"{self.bulletin.slug}/{self.source.name}"

    def check(self) -> Check:
        """Return the check as it stands at its start."""
        return Check(
            bulletin=self.bulletin.slug,
            source=self.source.name,
            started=self.started,
            finished=self.started,
            outcome="unchanged",
        )
