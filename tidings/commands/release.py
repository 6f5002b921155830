"""``tidings release``: what is held of a bulletin is right, and news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.check import Word
from tidings.held import settle

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """Read it now, store and publish it; what is new goes out with the next mails."""
    return settle(options, Word.ACCEPT)
