"""Several rows in one statement: ``VALUES :rows``, in the SQL that both databases share.

A statement for each row waits as often for the database, and for its turn among our own threads,
as there are rows. Nothing is written here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Few lengths of the list, so that few statements are ever prepared.
_LENGTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_NOTHING = -1


def spread(
    sql: str, rows: Sequence[Sequence[object]], *, place: str, mark: str
) -> Iterator[tuple[str, list[object]]]:
    """Yield a statement and its values for each few of the rows.

    The list stands in its ``place``, a ``mark`` for each value. It is filled up with its last
    row, so that the kinds of values stay the same, under an id that nothing has.
    """
    for start in range(0, len(rows), _LENGTHS[-1]):
        some = rows[start : start + _LENGTHS[-1]]
        length = next(length for length in _LENGTHS if length >= len(some))
        values = [value for row in some for value in row]
        values += [_NOTHING, *some[-1][1:]] * (length - len(some))
        yield _written(sql, place, mark, len(some[0]), length), values


@lru_cache(maxsize=512)
def _written(sql: str, place: str, mark: str, width: int, length: int) -> str:
    row = f"({', '.join([mark] * width)})"
    return sql.replace(place, ", ".join([row] * length))
