"""``tidings discard``: what is held of a bulletin is right, but no news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.check import Word
from tidings.held import settle

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """Read it now, store and publish it as a baseline: it is mailed to nobody."""
    return settle(options, Word.DISCARD)
