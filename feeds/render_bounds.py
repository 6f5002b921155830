"""Bounds of templates that are not ours: steps, output and products come to an end.

The sandbox keeps a template from what is none of its business; these keep it from going on for
ever. A step is a line of the compiled template, so that the bound is the same on every machine.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

    from jinja2 import Template
    from jinja2.sandbox import ImmutableSandboxedEnvironment

# A digest of a hundred items takes some ten thousand steps, and is far below a megabyte.
MOST_STEPS = 1_000_000
MOST_CHARACTERS = 5_000_000
_LARGEST_PRODUCT = 1_000_000


class EndlessError(Exception):
    """A template does not come to an end, or makes more than anybody reads."""


def bounded(template: Template, values: dict[str, Any]) -> str:
    """Fill a template in. Raises EndlessError, and what the template raises."""
    pieces: list[str] = []
    length = 0
    former = sys.gettrace()
    sys.settrace(_Steps(former).call)
    try:
        for piece in template.generate(values):
            length += len(piece)
            if length > MOST_CHARACTERS:
                raise EndlessError(f"it makes more than {MOST_CHARACTERS:,} characters")
            pieces.append(piece)
    finally:
        sys.settrace(former)
    return "".join(pieces)


class _Steps:
    """Counts the lines of compiled templates that are run; other code runs as it does."""

    def __init__(self, former: Any) -> None:  # noqa: ANN401 - whatever traces already
        self._former = former
        self._left = MOST_STEPS

    def call(self, frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ANN401 - Python's
        """Trace a frame that is a template's; let what traced before trace the others."""
        if _is_template(frame):
            return self.line
        return self._former(frame, event, argument) if self._former else None

    def line(self, frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ANN401, ARG002
        """Count a line."""
        self._left -= 1
        if self._left < 0:
            raise EndlessError(f"it does not come to an end within {MOST_STEPS:,} steps")
        return self.line


def _is_template(frame: FrameType) -> bool:
    """Whether a frame runs what Jinja compiled: its globals name the template's environment."""
    known = frame.f_globals
    return "environment" in known and "__file__" in known and "blocks" in known


def sandbox() -> type[ImmutableSandboxedEnvironment]:
    """Return the environment of templates that are not ours."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Bounded(ImmutableSandboxedEnvironment):
        """A sandbox in which no product of a text or list is larger than anybody needs."""

        intercepted_binops = frozenset(["*", "**"])

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - Jinja's
            """Refuse what would fill the memory in one step."""
            for one, other in ((left, right), (right, left)):
                is_large = isinstance(other, int) and hasattr(one, "__len__")
                if is_large and len(one) * other > _LARGEST_PRODUCT:
                    raise EndlessError(f"a product is larger than {_LARGEST_PRODUCT:,}")
            if operator == "**" and abs(right) * max(abs(left), 1) > _LARGEST_PRODUCT:
                raise EndlessError(f"a power is larger than {_LARGEST_PRODUCT:,}")
            return super().call_binop(context, operator, left, right)

    return Bounded
