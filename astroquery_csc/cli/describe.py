# Licensed under a 3-clause BSD style license - see LICENSE
"""What is in a FITS file: its blocks and the columns of its tables, as CIAO's dmlist has them."""

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.table import Column, Table

__all__ = ["list_blocks", "list_columns"]

_TYPES = {
    "A": "String",
    "B": "Byte",
    "D": "Real8",
    "E": "Real4",
    "I": "Int2",
    "J": "Int4",
    "K": "Int8",
    "L": "Logical",
}
#: astropy keeps the mask of a logical column in a column with this ending.
_MASK = ".mask"


def list_blocks(path: Path) -> Table:
    """List the blocks of a FITS file."""
    with fits.open(path) as blocks:
        rows = [
            (number, block.name or f"HDU{number}", *_kind(block))
            for number, block in enumerate(blocks, start=1)
        ]
    return Table(rows=rows, names=("block", "name", "type", "dimensions"))


def _kind(block: Any) -> tuple[str, str]:
    """Name the type of a block and its dimensions."""
    if isinstance(block, fits.BinTableHDU | fits.TableHDU):
        return "Table", f"{len(block.columns)} columns x {block.header['NAXIS2']} rows"
    if block.shape:
        return "Image", "x".join(str(size) for size in reversed(block.shape))
    return "Null", ""


def list_columns(path: Path, block: int) -> Table:
    """List the columns of a table in a FITS file."""
    with fits.open(path) as blocks:
        raw = blocks[block - 1].columns
        heads = [(column.name, column.unit or "", _type(column.format)) for column in raw]
    table = Table.read(path, hdu=block - 1)
    rows = [
        (number, *head, *_content(table, head[0])) for number, head in enumerate(heads, start=1)
    ]
    names = ("column", "name", "unit", "type", "values", "nulls", "description")
    return Table(rows=rows, names=names)


def _type(form: str) -> str:
    """Name a TFORM as CIAO does: 22A is String[22]."""
    code = form.lstrip("0123456789")
    count, letter = form.removesuffix(code) or "1", code[:1]
    name = _TYPES.get(letter, letter)
    return f"{name}[{count}]" if letter == "A" or count != "1" else name


def _content(table: Table, name: str) -> tuple[str, str, str]:
    """Say what a column holds: range, number of nulls, description."""
    if name not in table.colnames:
        return "", "", f"where {name.removesuffix(_MASK)} is null" if name.endswith(_MASK) else ""
    column = table[name]
    return _range(column), str(_nulls(column)), column.info.description or ""


def _nulls(column: Column) -> int:
    """Count the cells that hold nothing."""
    return int(np.count_nonzero(np.ma.getmaskarray(column)))


def _range(column: Column) -> str:
    """Give the least and the greatest number of a column; nothing for text."""
    values = np.ma.asarray(column).compressed()
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    if not values.size or values.dtype.kind not in "fiub":
        return ""
    low, high = values.min(), values.max()
    if values.dtype.kind == "b":
        return f"{'FT'[int(low)]}:{'FT'[int(high)]}"
    return f"{low:.6g}:{high:.6g}"
