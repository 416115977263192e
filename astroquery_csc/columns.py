# Licensed under a 3-clause BSD style license - see LICENSE
"""
Columns as plain arrays: what travels from the decoder to the end of a verb.

An astropy Table of 24 columns takes milliseconds to make, to cut or to sort, so one is made at the
end. Arrays are shared, not copied: nothing writes into them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeAlias, overload

import numpy as np
from astropy import units as u
from astropy.table import Column, MaskedColumn, Table
from astropy.utils.metadata import MergeConflictError, common_dtype
from numpy.typing import DTypeLike, NDArray

from astroquery_csc.exceptions import TableParseError

__all__ = ["ArrayColumn", "Columns", "doubles", "unique_names"]

Unit: TypeAlias = u.UnitBase | u.UnrecognizedUnit | None


@dataclass(frozen=True, slots=True, eq=False)
class ArrayColumn:
    """One column: its values, which of them are masked, and its description."""

    name: str
    values: NDArray[Any]
    mask: NDArray[np.bool_] | None = None
    unit: Unit = None
    description: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    fill_value: Any = None
    format: str | None = None

    @classmethod
    def of(cls, column: Column) -> "ArrayColumn":
        """Take the arrays of a column of a Table."""
        mask = np.ma.getmaskarray(column) if isinstance(column, np.ma.MaskedArray) else None
        return cls(
            column.name,
            np.asarray(np.ma.getdata(column)),
            mask,
            column.unit,
            column.description,
            column.meta,
            format=column.format,
        )

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the values."""
        return iter(self.values)

    def __array__(self, dtype: DTypeLike | None = None, copy: object = None) -> NDArray[Any]:
        """Give the values, without the mask, as NumPy's functions want them."""
        return np.array(self.values, dtype) if copy else np.asarray(self.values, dtype)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.values.dtype

    @property
    def ndim(self) -> int:
        """Number of dimensions; 1 unless the cells are arrays."""
        return self.values.ndim

    def take(self, rows: Any) -> "ArrayColumn":
        """Give some of the rows: a slice, row numbers, or one boolean per row."""
        return replace(
            self, values=self.values[rows], mask=None if self.mask is None else self.mask[rows]
        )

    def to_column(self, *, masked: bool = False) -> Column:
        """Make an astropy column, which shares the arrays."""
        words = {
            "unit": self.unit,
            "description": self.description,
            "format": self.format,
            "copy": False,
        }
        if self.mask is None and not masked:
            made = Column(self.values, self.name, **words)
        else:
            mask = np.ma.nomask if self.mask is None else self.mask
            made = MaskedColumn(np.ma.MaskedArray(self.values, mask=mask), self.name, **words)
        if self.meta:
            made.meta.update(self.meta)
        if self.fill_value is not None:
            made.fill_value = self.fill_value
        return made


class Columns:
    """Columns of one length, each with a name of its own; indexed as a Table is."""

    __slots__ = ("_by_name",)

    def __init__(self, columns: Iterable[ArrayColumn]) -> None:
        self._by_name = {column.name: column for column in columns}

    @classmethod
    def of(cls, table: Table) -> "Columns":
        """Take the arrays of a Table."""
        return cls(ArrayColumn.of(column) for column in table.itercols())

    def __len__(self) -> int:
        """Count the rows."""
        return next((len(column.values) for column in self._by_name.values()), 0)

    def __iter__(self) -> Iterator[ArrayColumn]:
        """Iterate over the columns."""
        return iter(self._by_name.values())

    @overload
    def __getitem__(self, key: str) -> ArrayColumn:  # noqa: D418
        """Give a column."""

    @overload
    def __getitem__(self, key: list[str] | slice | NDArray[Any]) -> "Columns":  # noqa: D418
        """Give some columns, or some rows."""

    def __getitem__(self, key: Any) -> Any:
        """Give a column by its name, some columns by a list of names, or some rows."""
        if isinstance(key, str):
            return self._by_name[key]
        if isinstance(key, list):
            return Columns(self._by_name[name] for name in key)
        return Columns(column.take(key) for column in self)

    @property
    def colnames(self) -> list[str]:
        """Names of the columns, in their order."""
        return list(self._by_name)

    def get(self, name: str) -> ArrayColumn | None:
        """Give a column, if there is one of that name."""
        return self._by_name.get(name)

    def spelled(self, wanted: Iterable[str]) -> "Columns":
        """Spell names as they are wanted, and all others in small letters, if capitals are why."""
        names = {name.lower(): name for name in wanted}
        lower = [name.lower() for name in self.colnames]
        missing = {one for one, name in names.items() if name not in self._by_name}
        if missing.isdisjoint(set(lower) - set(self.colnames)) or len(set(lower)) < len(lower):
            return self
        return Columns(
            replace(column, name=names.get(column.name.lower(), column.name.lower()))
            for column in self
        )

    def adding(self, *columns: ArrayColumn) -> "Columns":
        """Give these columns and some more; one of the same name takes the place of the old one."""
        return Columns((self._by_name | {column.name: column for column in columns}).values())

    @staticmethod
    def stack(parts: Sequence["Columns"]) -> "Columns":
        """Put rows under rows; a column that a part does not have is masked there."""
        if len(parts) == 1:
            return parts[0]
        names = dict.fromkeys(name for part in parts for name in part.colnames)
        sizes = [len(part) for part in parts]
        return Columns(_stacked([part.get(name) for part in parts], sizes) for name in names)

    def to_table(self, *, masked: bool = False) -> Table:
        """Make the Table; the arrays are not copied."""
        table = Table()
        for column in self:
            made = column.to_column(masked=masked)
            # Table.add_column would make each a second time.
            made.parent_table = table
            table.columns[column.name] = made
        return table


def _stacked(columns: Sequence[ArrayColumn | None], sizes: Sequence[int]) -> ArrayColumn:
    """Put the parts of one column together."""
    found = [column for column in columns if column is not None]
    first = found[0]
    try:
        dtype = np.dtype(common_dtype([column.values for column in found]))
    except MergeConflictError as error:
        raise TableParseError(
            f"Column {first.name!r} is {first.dtype} in one answer and of another type in the "
            "next. Ask again with cache=False."
        ) from error
    shape = first.values.shape[1:]
    values = [
        np.zeros((size, *shape), dtype) if column is None else column.values
        for column, size in zip(columns, sizes, strict=True)
    ]
    masks = [
        np.ones((size, *shape), np.bool_)
        if column is None
        else np.zeros(column.values.shape, np.bool_)
        if column.mask is None
        else column.mask
        for column, size in zip(columns, sizes, strict=True)
    ]
    is_masked = any(column is None or column.mask is not None for column in columns)
    return replace(
        first,
        values=np.concatenate(values).astype(dtype, copy=False),
        mask=np.concatenate(masks) if is_masked else None,
        unit=next((one.unit for one in found if one.unit is not None), None),
        description=next((one.description for one in found if one.description), None),
    )


def doubles(column: Column | ArrayColumn) -> NDArray[np.float64]:
    """Take a column as plain numbers, NaN for null."""
    if isinstance(column, ArrayColumn):
        values = np.asarray(column.values, dtype=np.float64)
        mask = column.mask
        return values if mask is None or not mask.any() else np.where(mask, np.nan, values)
    values = np.ma.asarray(column, dtype=np.float64)
    return np.asarray(np.ma.filled(values, np.nan), dtype=np.float64)


def unique_names(names: Iterable[str]) -> list[str]:
    """Give each column a name of its own: ``flux``, ``flux2``, ``flux3``."""
    given = list(names)
    kept, taken = set(given), set[str]()
    numbers: dict[str, Iterator[int]] = {}
    unique = []
    for name in given:
        found = name
        while found in taken or (found != name and found in kept):
            found = f"{name}{next(numbers.setdefault(name, count(2)))}"
        taken.add(found)
        unique.append(found)
    return unique
