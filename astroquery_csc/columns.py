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
    """
    One column to be.

    Parameters
    ----------
    name : str
        Its name.
    values : `~numpy.ndarray`
        One dimension.
    mask : `~numpy.ndarray`, optional
        Which are null; without it the column is a plain `~astropy.table.Column`.
    unit : `~astropy.units.UnitBase`, optional
        Its unit.
    description : str, optional
        What it is.
    meta : mapping
        Further words.
    fill_value : object, optional
        What a writer puts in place of a null.
    """

    name: str
    values: NDArray[Any]
    mask: NDArray[np.bool_] | None = None
    unit: u.UnitBase | None = None
    description: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    fill_value: Any = None


def doubles(column: Column) -> NDArray[np.float64]:
    """
    Take a column as plain numbers.

    Parameters
    ----------
    column : `~astropy.table.Column`
        Numbers, masked or not.

    Returns
    -------
    `~numpy.ndarray`
        The same as doubles, NaN for null.

    Examples
    --------
    >>> from astropy.table import MaskedColumn
    >>> from astroquery_csc.columns import doubles
    >>> doubles(MaskedColumn([1, 2], mask=[False, True])).tolist()
    [1.0, nan]
    """
    values = np.ma.asarray(column, dtype=np.float64)
    return np.asarray(np.ma.filled(values, np.nan), dtype=np.float64)


def make_table(parts: Iterable[Part]) -> Table:
    """
    Make a table; the arrays are not copied.

    Parameters
    ----------
    parts : iterable of Part
        Its columns, with names that differ.

    Returns
    -------
    `~astropy.table.Table`
        Of `~astropy.table.Column` and, where there is a mask, `~astropy.table.MaskedColumn`.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astroquery_csc.columns import Part, make_table
    >>> make_table([Part("ra", np.array([1.0]), unit=u.deg)])["ra"].unit
    Unit("deg")
    """
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
