# Licensed under a 3-clause BSD style license - see LICENSE
"""
Tables as Parquet files that say what their columns are, and keep it to the last bit.

Units, descriptions and UCDs stand in the metadata of each Arrow field, for any reader, and once
more as astropy writes them, so that ``Table.read(file)`` has them too. A masked cell is a null.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from astropy import units as u
from astropy.table import Column, Table
from astropy.table.meta import get_yaml_from_table

from astroquery_csc.catalogue.units import read_unit
from astroquery_csc.exceptions import MirrorError, clean
from astroquery_csc.store.arrow import from_arrow, need, to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["GROUP_ROWS", "TableFile", "columns_of", "opened", "read", "write", "writing"]

#: Rows of a row group: what is decoded for one cone. Measured: docs/develop/mirror.
GROUP_ROWS = 8192
_GROUPS_AT_ONCE = 8
#: The widest table of the catalogue has 515 columns, and their names some 30 characters.
_MAX_COLUMNS = 5_000
_MAX_NAME = 200
_COMPRESSION = "snappy"
_KINDS: dict[str, Any] = {
    "bool": np.bool_,
    "int32": np.int32,
    "int64": np.int64,
    "double": np.float64,
    "string": np.str_,
}


def to_fields(table: Table, notes: Mapping[str, str] | None = None) -> "pa.Table":
    """Make an Arrow table whose fields say what astropy's columns do."""
    pa = need("pyarrow")
    arrow = to_arrow("the table", table)
    fields = [
        pa.field(field.name, field.type, metadata=_words(table[field.name]))
        for field in arrow.schema
    ]
    bare = table[:0].copy()
    bare.meta.clear()
    about = {"table_meta_yaml": "\n".join(get_yaml_from_table(bare)), **(notes or {})}
    return arrow.cast(pa.schema(fields, metadata=about))


def _words(column: Column) -> dict[str, str]:
    """Write down unit, description and UCD of a column."""
    found = {
        "unit": _unit_text(column.unit),
        "description": column.description or "",
        "ucd": str(column.meta.get("ucd", "")),
    }
    return {key: text for key, text in found.items() if text}


@lru_cache(maxsize=256)
def _unit_text(unit: u.UnitBase | None) -> str:
    """Write a unit as astropy reads it back; not as VOUnits, which have no erg any more."""
    if unit is None:
        return ""
    text = str(unit.to_string())
    if _read_unit(text) != unit:
        raise MirrorError(f"The unit {unit!r} cannot be written: it is read back as another.")
    return text


def write(file: BinaryIO, table: Table, notes: Mapping[str, str] | None = None) -> None:
    """Write a table."""
    arrow = to_fields(table, notes)
    with writing(file, arrow.schema) as writer:
        writer.write_table(arrow, row_group_size=GROUP_ROWS)


@contextmanager
def writing(file: BinaryIO, schema: "pa.Schema") -> Iterator[Any]:
    """Write tables one after the other into one Parquet file."""
    import pyarrow.parquet as pq

    with pq.ParquetWriter(file, schema, compression=_COMPRESSION) as writer:
        yield writer


class TableFile:
    """A Parquet file that was opened; many threads may read from it."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._path = path
        try:
            # Not mapped: a mapped file that is cut in place ends the process (SIGBUS).
            self._file = pq.ParquetFile(path, memory_map=False, pre_buffer=False)
            self.rows: int = int(self._file.metadata.num_rows)
            self.columns: dict[str, Column] = columns_of(self._file.schema_arrow)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._broken(error) from error
        groups = [self._file.metadata.row_group(n).num_rows for n in range(self._groups)]
        self._starts = np.concatenate([[0], np.cumsum(groups, dtype=np.int64)])

    @property
    def _groups(self) -> int:
        """How many row groups there are."""
        return int(self._file.metadata.num_row_groups)

    def _broken(self, error: Exception) -> MirrorError:
        """Say that the file cannot be read."""
        return MirrorError(f"{str(self._path)!r} is not a complete Parquet file: {error}")

    @property
    def notes(self) -> dict[str, str]:
        """What is said of the whole table."""
        found = self._file.schema_arrow.metadata or {}
        return {key.decode(): text.decode() for key, text in found.items()}

    def schema(self, names: Iterable[str]) -> "pa.Schema":
        """Say what some columns are."""
        import pyarrow as pa

        whole = self._file.schema_arrow
        return pa.schema([whole.field(name) for name in names], metadata=whole.metadata)

    def read(self, names: Iterable[str] | None = None, rows: Any = None) -> Table:
        """Read some columns, of all rows or of some."""
        wanted = list(self.columns) if names is None else list(names)
        arrow = self.arrow(wanted, rows)
        return from_arrow(arrow, [self.columns[name] for name in wanted], wanted).to_table()

    def arrow(self, names: list[str], rows: Any = None) -> "pa.Table":
        """Read some columns as Arrow has them."""
        import pyarrow as pa

        try:
            if rows is None:
                return self._file.read(columns=names).select(names)
            group = np.searchsorted(self._starts, rows, side="right") - 1
            wanted = np.unique(group)
            # A few groups at a time, so that no more is held than is taken.
            parts = [
                self._take(names, rows[np.isin(group, some)], some)
                for some in np.split(wanted, range(_GROUPS_AT_ONCE, wanted.size, _GROUPS_AT_ONCE))
            ]
        except (pa.ArrowException, OSError) as error:
            raise self._broken(error) from error
        return pa.concat_tables(parts)

    def _take(self, names: list[str], rows: Any, groups: Any) -> "pa.Table":
        """Take some rows out of the row groups that they are in."""
        import pyarrow as pa

        part = self._file.read_row_groups(groups.tolist(), columns=names).select(names)
        sizes = np.diff(self._starts)[groups]
        shift = np.concatenate([[0], np.cumsum(sizes)])[:-1] - self._starts[groups]
        group = np.searchsorted(self._starts, rows, side="right") - 1
        places = np.ascontiguousarray(rows + shift[np.searchsorted(groups, group)], dtype=np.int64)
        # Not pa.array, which imports pandas where that is installed.
        held = [None, pa.py_buffer(places)]
        return part.take(pa.Array.from_buffers(pa.int64(), places.size, held))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


@contextmanager
def opened(path: Path) -> Iterator[TableFile]:
    """Open a Parquet file for the length of a block."""
    file = TableFile(path)
    try:
        yield file
    finally:
        file.close()


def read(path: Path) -> Table:
    """Read a whole table."""
    with opened(path) as file:
        return file.read()


def columns_of(schema: "pa.Schema") -> dict[str, Column]:
    """Say what the columns of a file are."""
    columns: dict[str, Column] = {}
    if len(schema) > _MAX_COLUMNS:
        raise ValueError(f"it has {len(schema):,} columns; expected {_MAX_COLUMNS:,} at most")
    for field in schema:
        if len(field.name) > _MAX_NAME or clean(field.name) != field.name:
            raise ValueError(f"it has a column named {field.name[:_MAX_NAME]!r}")
        if field.name in columns:
            raise ValueError(f"it has two columns named {field.name!r}")
        words = {key.decode(): text.decode() for key, text in (field.metadata or {}).items()}
        kind = _kind_of(field.type)
        columns[field.name] = Column(
            np.zeros(0, dtype=kind),
            name=field.name,
            unit=_read_unit(words.get("unit", "")),
            description=words.get("description"),
            meta={"ucd": words["ucd"]} if "ucd" in words else {},
        )
    return columns


def _kind_of(kind: Any) -> Any:
    """Give the dtype in which a type of Arrow is read; a mirror has no others than these."""
    dtype = _KINDS.get(str(kind))
    if dtype is None:
        raise ValueError(f"it has a column of type {kind}")
    return dtype


@lru_cache(maxsize=256)
def _read_unit(text: str) -> u.UnitBase | None:
    """Read a unit as `_unit_text` wrote it; what is not a unit is left out."""
    if not text:
        return None
    unit = read_unit(text)
    return None if isinstance(unit, u.UnrecognizedUnit) else unit
