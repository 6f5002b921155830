"""How large the values of a template are, and what one filter or call would make of them. Pure.

Numbers decide before the work is done: what would be too large is never made.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

# A digest of a hundred items makes far less than a megabyte.
MOST_CHARACTERS = 5_000_000
LARGEST = 1_000_000
# No line or margin is wider.
WIDEST = 10_000
_MOST_FIELDS = 100
# A list costs as much as so many characters, and so does each place in it.
_LIST = 100
_PLACE = 16
_FLOAT_BITS = 1000
_PERCENT = re.compile(
    r"%(?:\((?P<name>[^)]*)\))?[-+ #0]*(?P<width>\d+|\*)?(?:\.(?P<digits>\d+|\*))?"
)
# Whose numbers say how wide something becomes, or how much is made.
_WIDE_FILTERS = frozenset("batch center indent round slice tojson truncate urlize wordwrap".split())
_WIDE_METHODS = frozenset("center expandtabs ljust rjust to_bytes zfill".split())
# What takes long for each character.
_SLOW = frozenset("pprint title tojson urlize wordwrap xmlattr".split())


class EndlessError(Exception):
    """A template does not come to an end, or makes more than anybody reads."""


def size_of(value: object, most: int = LARGEST) -> int:
    """Return about how many characters, numbers and places a value has; no more than enough.

    What is one thing in two places counts twice, as it does where it is written out.
    """
    total, waiting = 0, [value]
    while waiting and total <= most:
        one = waiting.pop()
        if isinstance(one, (str, bytes)):
            total += len(one)
        elif isinstance(one, int):
            total += one.bit_length() // 64
        elif isinstance(one, range):
            total += _PLACE * len(one)
        elif isinstance(one, dict):
            total += _LIST + _PLACE * 2 * len(one)
            waiting += islice(one, most)
            waiting += islice(one.values(), most)
        elif isinstance(one, (list, tuple, set, frozenset)):
            total += _LIST + _PLACE * len(one)
            waiting += islice(one, most)
    return total


def check_product(left: object, operator: str, right: object) -> None:
    """Refuse an operation that would fill the memory in one step. Raises EndlessError."""
    if operator == "%" and isinstance(left, (str, bytes)):
        check_percent(str(left), right if isinstance(right, tuple) else (right,))
    elif operator == "*":
        _check_times(left, right)
        _check_times(right, left)
    elif operator == "**" and abs(_float(right)) * max(abs(_float(left)), 1) > LARGEST:
        raise EndlessError(f"a power is larger than {LARGEST:,}")


def _float(value: object) -> float:
    """Return a number as one that can be compared; a huge one is endless."""
    if isinstance(value, int):
        return float(value) if value.bit_length() < _FLOAT_BITS else float("inf")
    return value if isinstance(value, float) else 0.0


def _check_times(value: object, number: object) -> None:
    if not isinstance(number, int):
        return
    if isinstance(value, int):
        if value.bit_length() + number.bit_length() > LARGEST:
            raise EndlessError("a number has too many digits")
    elif size_of(value) * number > LARGEST:
        raise EndlessError(f"a product is larger than {LARGEST:,}")


def check_percent(text: str, values: Iterable[object]) -> None:
    """Refuse a format such as ``%1000000d``. Raises EndlessError."""
    found = list(_PERCENT.finditer(text))
    widths = [each[name] for each in found for name in ("width", "digits") if each[name]]
    _check_format(widths, len(found), list(values))


def check_braces(text: str, values: Iterable[object]) -> None:
    """Refuse a format such as ``{:1000000}``. Raises EndlessError."""
    fields = [field for field in string.Formatter().parse(text) if field[1] is not None]
    if len(fields) > _MOST_FIELDS:
        raise EndlessError(f"a format has more than {_MOST_FIELDS} fields")
    specs = [spec or "" for _, _, spec, _ in fields]
    widths = [width for spec in specs for width in re.findall(r"\d+", spec)]
    widths += ["*" for spec in specs if "{" in spec]
    _check_format(widths, len(fields), list(values))


def _check_format(widths: list[str], fields: int, values: list[object]) -> None:
    if "*" in widths and any(_number(value) > WIDEST for value in _flat(values)):
        raise EndlessError(f"a format is wider than {WIDEST:,}")
    # No number with so many digits is small, and Python reads none of thousands.
    written = [int(width[:12]) for width in widths if width != "*"]
    if any(width > WIDEST for width in written) or sum(written) > LARGEST:
        raise EndlessError(f"a format is wider than {WIDEST:,}")
    largest = max(map(size_of, values), default=0)
    if fields * largest > MOST_CHARACTERS:
        raise EndlessError(f"a format makes more than {MOST_CHARACTERS:,} characters")


def _flat(values: Iterable[object]) -> Iterable[object]:
    for value in values:
        yield from value.values() if isinstance(value, Mapping) else (value,)


def _number(value: object) -> int:
    return abs(value) if isinstance(value, int) else 0


def check_filter(name: str, value: Any, args: tuple[Any, ...], more: Mapping[str, Any]) -> None:  # noqa: ANN401 - whatever a template has
    """Refuse a filter that would make too much. Raises EndlessError."""
    given = [*args, *more.values()]
    if name in _WIDE_FILTERS:
        _check_widths(name, given)
    if name in _SLOW and size_of(value) > LARGEST:
        raise EndlessError(f"{name} is given more than {LARGEST:,} characters")
    if name == "format":
        check_percent(str(value), given)
    elif name == "indent":
        width = given[0] if given else 4
        _check_made(
            name, str(value).count("\n") + 1, width if isinstance(width, int) else size_of(width)
        )
    elif name == "wordwrap":
        _check_made(name, len(str(value)), max((size_of(one) for one in given), default=0))
    else:
        _check_growth(name, value, given)


def check_method(name: str, owner: Any, args: tuple[Any, ...], more: Mapping[str, Any]) -> None:  # noqa: ANN401 - as above
    """Refuse a call of a text's or number's own method that would make too much."""
    given = [*args, *more.values()]
    if name in _WIDE_METHODS:
        _check_widths(name, given)
    if name == "expandtabs":
        _check_made(name, len(owner), max(map(_number, given), default=8))
    elif name == "translate":
        _check_made(name, len(owner), max(map(size_of, _flat(given)), default=0))
    elif name in ("format", "format_map"):
        check_braces(str(owner), [*_flat(args), *more.values()])
    elif name == "join" and given:
        _check_made(name, len(given[0]) if hasattr(given[0], "__len__") else LARGEST, len(owner))
    else:
        _check_growth(name, owner, given)


def _check_growth(name: str, value: Any, given: list[Any]) -> None:  # noqa: ANN401 - as above
    if name == "replace" and len(given) > 1:
        former, new = str(given[0]), str(given[1])
        text = str(value)
        _check_made(name, text.count(former) if former else len(text) + 1, len(new))
    elif name == "join" and given:
        count = len(value) if hasattr(value, "__len__") else LARGEST
        _check_made(name, count, size_of(given[0]))


def _check_widths(name: str, given: Iterable[object]) -> None:
    if any(_number(one) > WIDEST for one in given):
        raise EndlessError(f"{name} is wider than {WIDEST:,}")


def _check_made(name: str, times: int, size: int) -> None:
    if times * size > MOST_CHARACTERS:
        raise EndlessError(f"{name} makes more than {MOST_CHARACTERS:,} characters")
