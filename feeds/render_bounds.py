"""Bounds of templates that are not ours: steps, output, and each single value come to an end.

The sandbox keeps a template from what is none of its business; these keep it from going on for
ever and from filling the memory. A step is a line of the compiled template, and large values cost
further ones, so that the bound is the same on every machine.
"""

from __future__ import annotations

import sys
import threading
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from feeds.render_sizes import (
    LARGEST,
    MOST_CHARACTERS,
    EndlessError,
    check_filter,
    check_method,
    check_percent,
    check_product,
    size_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    from jinja2 import Template
    from jinja2.compiler import CodeGenerator
    from jinja2.sandbox import ImmutableSandboxedEnvironment

# A digest of a hundred items takes some ten thousand steps.
MOST_STEPS = 1_000_000
# So much of a value is looked at, copied or written in the time of a step.
_EACH_STEP = 64

_now = threading.local()


def bounded(template: Template, values: dict[str, Any]) -> str:
    """Fill a template in. Raises EndlessError, and what the template raises."""
    pieces: list[str] = []
    length = 0
    former, outer = sys.gettrace(), getattr(_now, "steps", None)
    steps = _now.steps = _Steps(former)
    sys.settrace(steps.call)
    try:
        for piece in template.generate(values):
            length += len(piece)
            if length > MOST_CHARACTERS:
                raise EndlessError(f"it makes more than {MOST_CHARACTERS:,} characters")
            pieces.append(piece)
    finally:
        sys.settrace(former)
        _now.steps = outer
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
        self.take(1)
        return self.line

    def take(self, steps: int) -> None:
        """Count some steps at once."""
        self._left -= steps
        if self._left < 0:
            # Said once: what tells of it runs on.
            self._left = sys.maxsize
            raise EndlessError(f"it does not come to an end within {MOST_STEPS:,} steps")


def _is_template(frame: FrameType) -> bool:
    """Whether a frame runs what Jinja compiled: its globals name the template's environment."""
    known = frame.f_globals
    return "environment" in known and "__file__" in known and "blocks" in known


def sized(value: Any) -> Any:  # noqa: ANN401 - whatever a template has
    """Return a value that is no larger than anybody needs, and count what it costs to handle."""
    size = size_of(value, MOST_CHARACTERS)
    if size > MOST_CHARACTERS:
        raise EndlessError("a value is larger than anybody reads")
    steps = getattr(_now, "steps", None)
    if steps is not None and size >= _EACH_STEP:
        steps.take(size // _EACH_STEP)
    return value


def _joined(pieces: Iterable[str]) -> str:
    """Join what a block has written."""
    kept: list[str] = []
    left = MOST_CHARACTERS
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise EndlessError(f"a block makes more than {MOST_CHARACTERS:,} characters")
        kept.append(piece)
    return str(sized("".join(kept)))


def _bounded_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that looks at what it is given, and at what it has made."""
    # Some are given their surroundings first.
    before = 1 if hasattr(function, "jinja_pass_arg") else 0

    @wraps(function)
    def guarded(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - as above
        value, rest = args[before], args[before + 1 :]
        if name in ("join", "list", "sum") and not hasattr(value, "__len__"):
            value = _listed(value)
        for one in (value, *rest, *more.values()):
            sized(one)
        check_filter(name, value, rest, more)
        return sized(function(*args[:before], value, *rest, **more))

    return guarded


def _listed(value: Any) -> Any:  # noqa: ANN401 - as above
    """Return what comes one by one as a list: what it holds counts as it comes."""
    if not hasattr(value, "__next__"):
        return value
    kept: list[Any] = []
    for one in value:
        kept.append(sized(one))
        if len(kept) > LARGEST:
            raise EndlessError(f"a list has more than {LARGEST:,} places")
    return kept


def _bounded_test(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def guarded(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - as above
        for one in args:
            sized(one)
        return function(*args, **more)

    return guarded


def _check_call(function: Any, args: tuple[Any, ...], more: dict[str, Any]) -> None:  # noqa: ANN401 - as above
    """Refuse a call that would make too much."""
    inner = getattr(function, "__wrapped__", function)
    owner = getattr(inner, "__self__", None)
    if isinstance(owner, (str, bytes, int)):
        check_method(inner.__name__, owner, args, more)
        return
    for one in (*args, *more.values()):
        # A message is a format, whatever language it comes back in.
        if isinstance(one, str):
            check_percent(one, more.values())


def _generator() -> type[CodeGenerator]:  # noqa: C901 - one method for each kind of value
    """Return what compiles templates that are not ours."""
    from jinja2 import nodes
    from jinja2.compiler import CodeGenerator, operators

    class Sized(CodeGenerator):
        """Has each value looked at where it is made, compared or cut."""

        def _sized(self, write: Callable[[], None]) -> None:
            self.write("environment.sized(")
            write()
            self.write(")")

        def visit_Concat(self, node: Any, frame: Any) -> None:  # noqa: ANN401, N802 - Jinja's
            self._sized(lambda: CodeGenerator.visit_Concat(self, node, frame))

        def visit_List(self, node: Any, frame: Any) -> None:  # noqa: ANN401, N802
            self._sized(lambda: CodeGenerator.visit_List(self, node, frame))

        def visit_Dict(self, node: Any, frame: Any) -> None:  # noqa: ANN401, N802
            self._sized(lambda: CodeGenerator.visit_Dict(self, node, frame))

        def visit_Tuple(self, node: Any, frame: Any) -> None:  # noqa: ANN401, N802
            if node.ctx == "load":
                self._sized(lambda: CodeGenerator.visit_Tuple(self, node, frame))
            else:
                super().visit_Tuple(node, frame)

        def visit_Getitem(self, node: Any, frame: Any) -> None:  # noqa: ANN401, N802
            if isinstance(node.arg, nodes.Slice):
                self._sized(lambda: CodeGenerator.visit_Getitem(self, node, frame))
            else:
                super().visit_Getitem(node, frame)

        def visit_Compare(self, node: Any, frame: Any) -> None:  # noqa: ANN401, N802
            self.write("(")
            self._sized(lambda: self.visit(node.expr, frame))
            for operand in node.ops:
                self.visit(operand, frame)
            self.write(")")

        def visit_Operand(self, node: Any, frame: Any) -> None:  # noqa: ANN401, N802
            self.write(f" {operators[node.op]} ")
            self._sized(lambda: self.visit(node.expr, frame))

    return Sized


def sandbox() -> type[ImmutableSandboxedEnvironment]:
    """Return the environment of templates that are not ours."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Bounded(ImmutableSandboxedEnvironment):
        """A sandbox in which no value is larger than anybody needs."""

        code_generator_class = _generator()
        concat = staticmethod(_joined)
        sized = staticmethod(sized)
        intercepted_binops = frozenset(["+", "-", "*", "/", "//", "**", "%"])

        def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - Jinja's
            super().__init__(*args, **more)
            # It writes as much as it is told to, in one step.
            del self.globals["lipsum"]
            self.filters = {
                name: _bounded_filter(name, function) for name, function in self.filters.items()
            }
            self.tests = {
                name: _bounded_test(cast("Callable[..., Any]", test))
                for name, test in self.tests.items()
            }

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - Jinja's
            """Refuse what would fill the memory in one step."""
            sized(left)
            sized(right)
            check_product(left, operator, right)
            return sized(super().call_binop(context, operator, left, right))

        def call(self, context: Any, function: Any, /, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - Jinja's
            """Call what a template calls, where that does not make too much."""
            given = [*args, *more.values()]
            for one in given:
                sized(one)
            _check_call(function, args, more)
            return sized(super().call(context, function, *args, **more))

    return Bounded
