# Licensed under a 3-clause BSD style license - see LICENSE
"""What a good answer must have, beyond being a whole table: checked before anything is kept."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from astroquery_csc.columns import Columns, doubles
from astroquery_csc.exceptions import TableParseError

__all__ = ["check_columns"]

#: Largest values of a position in degrees; the smallest are 0 and -90.
_LIMITS_DEG = {"ra": (0.0, 360.0), "dec": (-90.0, 90.0)}


def check_columns(
    table: Columns,
    columns: Sequence[str],
    *,
    url: str,
    adql: str | None = None,
    release: str | None = None,
) -> None:
    """Refuse a table that lacks what was asked for, or whose positions are not on the sky."""
    missing = [name for name in columns if not _has(table, name)]
    problem = ""
    if missing:
        problem = f"The answer has no column {missing[0]!r}; it has {table.colnames[:8]}."
    for name in () if missing else [name for name in columns if name in _LIMITS_DEG]:
        problem = problem or _off_the_sky(table, name)
    if problem:
        raise TableParseError(
            f"{problem} That is not what was asked for.", url=url, adql=adql, release=release
        )


def _has(table: Columns, name: str) -> bool:
    """Whether there is a column of that name, or, whatever its case, one like that."""
    if "*" not in name:
        return name in table.colnames
    return any(fnmatchcase(column.lower(), name) for column in table.colnames)


def _off_the_sky(table: Columns, name: str) -> str:
    """Say what is wrong with a coordinate, if anything is."""
    column = table[name]
    if column.ndim != 1 or column.dtype.kind not in "fiu":
        return f"Column {name!r} is {column.dtype}, not numbers."
    low, high = _LIMITS_DEG[name]
    values = doubles(column)
    wrong: NDArray[np.intp] = np.flatnonzero((values < low) | (values > high))
    return f"Row {wrong[0]}: {name} is {values[wrong[0]]:g} degrees." if wrong.size else ""
