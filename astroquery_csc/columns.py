# Licensed under a 3-clause BSD style license - see LICENSE
"""Arrays and what is said of them into a Table, each column made once: a cone has dozens."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Column, Table
from numpy.typing import NDArray

__all__ = ["Part", "doubles", "make_table"]


@dataclass(frozen=True, slots=True)
class Part:
    """One column to be."""

    name: str
    values: NDArray[Any]
    mask: NDArray[np.bool_] | None = None
    unit: u.UnitBase | None = None
    description: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    fill_value: Any = None


def doubles(column: Column) -> NDArray[np.float64]:
    """Take a column as plain numbers."""
    values = np.ma.asarray(column, dtype=np.float64)
    return np.asarray(np.ma.filled(values, np.nan), dtype=np.float64)


def make_table(parts: Iterable[Part]) -> Table:
    """Make a table; the arrays are not copied."""
    made = list(parts)
    # Columns that are handed over finished would each be made again.
    table = Table(
        {
            part.name: part.values
            if part.mask is None
            else np.ma.MaskedArray(part.values, mask=part.mask)
            for part in made
        },
        copy=False,
    )
    for part, column in zip(made, table.itercols(), strict=True):
        if part.unit is not None:
            column.unit = part.unit
        if part.description is not None:
            column.description = part.description
        if part.meta:
            column.meta.update(part.meta)
        if part.fill_value is not None:
            column.fill_value = part.fill_value
    return table
