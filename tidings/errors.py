"""Errors as an operator reads them: one message that names place and remedy, and an exit code."""

from __future__ import annotations

import sys

from tidings.cli import FAILED, USAGE, CommandError


def explain(error: Exception) -> tuple[str, int]:
    """Return the message of an error and the exit code that it ends the program with.

    An error that nobody expected is a fault of ours: it says how to see more of it.
    """
    known = _known(error)
    if known is not None:
        return known
    fault = f"a fault in Tidings itself: {type(error).__name__}: {error}"
    return f"{fault}; run it again with --debug and report what it prints", FAILED


def expected(error: Exception) -> str | None:
    """Return the message of an error that an operator can mend; None for a fault of ours."""
    known = _known(error)
    return None if known is None else known[0]


def _known(error: Exception) -> tuple[str, int] | None:
    if isinstance(error, CommandError):
        return str(error), error.code
    for module, name, code in _EXPECTED:
        # A module that was never imported cannot have raised; importing it here would cost.
        known = getattr(sys.modules.get(module), name, None)
        if known is not None and isinstance(error, known):
            return str(error), code
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}; see that this account may use it", FAILED
    return None


_EXPECTED = (
    ("config.load", "ConfigError", USAGE),
    ("config.edit", "EditError", USAGE),
    ("feeds.database", "StoreError", FAILED),
    ("feeds.fetch", "FetchError", FAILED),
    ("feeds.check", "ReadingError", FAILED),
    ("feeds.render", "TemplateError", FAILED),
    ("feeds.output_bucket", "BucketError", FAILED),
    ("notifier.dkim", "DkimError", FAILED),
    ("notifier.transport", "TransportError", FAILED),
)
