# Licensed under a 3-clause BSD style license - see LICENSE
"""How a table becomes the bytes of a file, or of a pipe, with every digit."""

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Table

from astroquery_csc.sky.ellipses import to_regions
from astroquery_csc.tables import for_fits

__all__ = ["BY_ENDING", "FORMATS", "PICTURE", "Format", "ending_of", "text_of"]

#: The ending of a picture.
PICTURE = ".png"
_MANY_COLUMNS = 100


def _csv(table: Table) -> str:
    """CSV: a null is an empty cell; units and descriptions have no place in it."""
    return _ascii(table, "ascii.csv")


def _tsv(table: Table) -> str:
    """Like CSV, with tabs."""
    return _ascii(table, "ascii.tab")


def _ecsv(table: Table) -> str:
    """ECSV."""
    return _ascii(table, "ascii.ecsv")


def _ascii(table: Table, kind: str) -> str:
    """Write one of astropy's formats of text."""
    out = StringIO()
    table.write(out, format=kind)
    return out.getvalue()


def _votable(table: Table) -> str:
    """VOTable; its standard calls erg deprecated, but that is the unit of the catalogue."""
    out = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*erg.*", category=u.UnitsWarning)
        table.write(out, format="votable")
    return out.getvalue().decode()


def _json(table: Table) -> str:
    """JSON: a list with one object per row; a null is null, and so is NaN."""
    columns = [_plain(table[name]) for name in table.colnames]
    rows = [dict(zip(table.colnames, row, strict=True)) for row in zip(*columns, strict=True)]
    lines = ",\n".join(json.dumps(row, allow_nan=False, ensure_ascii=False) for row in rows)
    return f"[{lines}]\n"


def _plain(column: Any) -> list[Any]:
    """Turn a column into plain values, and what is not a number or masked into None."""
    values = np.ma.asarray(column)
    if values.dtype.kind == "f":
        values = np.ma.masked_invalid(values)
    plain: list[Any] = values.tolist()
    return plain


#: The formats that a pipe takes.
_TEXTS: dict[str, Callable[[Table], str]] = {
    "csv": _csv,
    "tsv": _tsv,
    "ecsv": _ecsv,
    "votable": _votable,
    "json": _json,
}
FORMATS = tuple(_TEXTS)


def text_of(table: Table, name: str) -> str:
    """Write a table as text in one of the formats."""
    return _TEXTS[name](_unrounded(table))


def _unrounded(table: Table) -> Table:
    """Copy a table without the formats of its columns, which would cut digits."""
    whole = table.copy(copy_data=False)
    for column in whole.itercols():
        column.info.format = None
    return whole


def _write_text(name: str) -> Callable[[Table, Path], None]:
    """Make the writer of a format of text."""

    def write(table: Table, path: Path) -> None:
        """Write a file."""
        path.write_text(text_of(table, name), encoding="utf-8", newline="")

    return write


def _write_fits(table: Table, path: Path) -> None:
    """FITS, with masked booleans kept; the ending ``.gz`` compresses."""
    for_fits(table).write(path, format="fits")


def _write_parquet(table: Table, path: Path) -> None:
    """Parquet."""
    table.write(path, format="parquet")


def _write_hdf5(table: Table, path: Path) -> None:
    """HDF5: the table is at ``csc``, its units, descriptions and meta beside it."""
    import h5py

    # A header of the oldest format, which all readers know, holds 64 kB: some hundred columns.
    version = "latest" if len(table.colnames) > _MANY_COLUMNS else "earliest"
    with h5py.File(path, "w", libver=version) as file:
        table.write(file, format="hdf5", path="csc", serialize_meta=True)


def _write_regions(table: Table, path: Path) -> None:
    """DS9 regions: the error ellipses, with their names."""
    to_regions(table).write(path, format="ds9")


@dataclass(frozen=True, slots=True)
class Format:
    """How a kind of file is written, and the package that it needs."""

    write: Callable[[Table, Path], None]
    package: str = ""
    extra: str = ""


BY_ENDING = {
    ".fits": Format(_write_fits),
    ".fits.gz": Format(_write_fits),
    ".ecsv": Format(_write_text("ecsv")),
    ".csv": Format(_write_text("csv")),
    ".tsv": Format(_write_text("tsv")),
    ".txt": Format(_write_text("tsv")),
    ".json": Format(_write_text("json")),
    ".vot": Format(_write_text("votable")),
    ".xml": Format(_write_text("votable")),
    ".parquet": Format(_write_parquet, "pyarrow", "fast"),
    ".h5": Format(_write_hdf5, "h5py", "all"),
    ".hdf5": Format(_write_hdf5, "h5py", "all"),
    ".reg": Format(_write_regions, "regions", "all"),
}


def ending_of(path: Path) -> str:
    """Give the ending of a file in small letters, both parts of ``.fits.gz``."""
    name = path.name.lower()
    return ".fits.gz" if name.endswith(".fits.gz") else path.suffix.lower()
