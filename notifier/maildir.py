"""A maildir of reports: new mails are read; ours move to cur/, and foreign ones are left alone."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from notifier.bounces import MOST_BYTES
from notifier.mailboxes import MailboxError, Read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from notifier.report_source_store import Place

# Of one go; the rest is read at the next.
_MOST = 1000


class Maildir:
    """A maildir. ``known`` are marks of foreign mails, kept from one go to the next.

    They are read once: more of them than one go reads would else hide the reports behind them.
    """

    def __init__(self, folder: Path, known: set[str]) -> None:
        self._folder = folder
        self._known = known

    def read(
        self, _place: Place, take: Callable[[str, bytes], bool], stopping: Callable[[], bool]
    ) -> Read:
        """Give each new mail to ``take``; those for which it says True were ours and are seen.

        A mail that another process moved meanwhile is its. Raises
        MailboxError.
        """
        taken = 0
        try:
            for path in self._unknown():
                if stopping():
                    break
                mail = _beginning(path)
                if mail is None:
                    continue
                if take(path.name, mail):
                    self._mark_seen(path)
                    taken += 1
                else:
                    self._known.add(_mark(path))
        except OSError as error:
            raise MailboxError(
                f"{self._folder}: {error.strerror}; [bounces] maildir names a maildir, with the "
                "folders new and cur, which this account may read and write"
            ) from error
        return Read(ours=taken)

    def _unknown(self) -> list[Path]:
        # A folder cur/ that is missing is found out before anything is taken.
        (self._folder / "cur").stat()
        paths = sorted((self._folder / "new").iterdir())
        self._known.intersection_update(map(_mark, paths))
        return [path for path in paths if _mark(path) not in self._known][:_MOST]

    def _mark_seen(self, path: Path) -> None:
        base, _, flags = path.name.partition(":2,")
        name = f"{base}:2,{''.join(sorted({*flags, 'S'}))}"
        with suppress(FileNotFoundError):
            path.rename(self._folder / "cur" / name)


def _mark(path: Path) -> str:
    """Return a mark of a mail's name, which may be of bytes that are no text."""
    return hashlib.sha256(os.fsencode(path.name)).hexdigest()[:32]


def _beginning(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except (FileNotFoundError, IsADirectoryError):
        return None
