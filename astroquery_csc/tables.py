# Licensed under a 3-clause BSD style license - see LICENSE
"""
Decoded tables to tables that people keep: dtypes, units, masks, order, meta.

Pure functions. No column is of dtype object; strings are fixed-width and stripped; an empty cell
is null whatever its type; units are astropy units; no column of the catalogue has a format, which
would cut digits on the way to a text file. A column without nulls is a plain
`~astropy.table.Column`, as readers of files give it.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Column, MaskedColumn, Table, vstack
from numpy.typing import NDArray

from astroquery_csc.catalogue import schema
from astroquery_csc.catalogue.units import read_unit, with_one_slash
from astroquery_csc.columns import ArrayColumn, Columns
from astroquery_csc.exceptions import InputTypeError

__all__ = ["empty", "for_fits", "order", "parse_unit", "polish", "stack", "typed"]

#: What the catalogue's own database writes for a null integer; FITS gets it as TNULL.
NULL_INT = -2147483648
#: Strings are looked at so many at a time.
_BLOCK_ROWS = 1 << 13
_LEAD = ("name", "ra", "dec", "separation", "query_index", "user_specified_id")
_KEPT_META = ("ucd",)
#: A separation prints with 0.01″; it is no column of the catalogue, whose columns have no format.
_SEPARATION_FORMAT = ".2f"
#: Not "vounit", which takes any word for a unit.
_UNIT_FORMATS = ("fits", "cds", "generic")
_NUMPY_TYPES = {"double": "f8", "int": "i4", "boolean": "?", "char": "U1"}


@lru_cache(maxsize=256)
def parse_unit(text: str) -> u.UnitBase | None:
    """Turn a service's unit into an astropy unit."""
    text = with_one_slash(text.strip())
    if not text:
        return None
    for name in _UNIT_FORMATS:
        unit = read_unit(text, name)
        if isinstance(unit, u.UnitBase) and not isinstance(unit, u.UnrecognizedUnit):
            return None if unit == u.dimensionless_unscaled else unit
    return None


def polish(
    raw: Columns | Table,
    release: str,
    *,
    sources: Mapping[str, tuple[str, str]] | None = None,
    names: Iterable[str] | None = None,
) -> Table:
    """Make a decoded table one that can be used and written."""
    columns = Columns.of(raw) if isinstance(raw, Table) else raw
    wanted = columns.colnames if names is None else names
    if sources is not None:
        # A service may write the names of columns in its own case.
        sources = {name.lower(): source for name, source in sources.items()}
    polished = (_polish_column(columns[name], release, sources) for name in wanted)
    return Columns(polished).to_table()


def _polish_column(
    raw: ArrayColumn, release: str, sources: Mapping[str, tuple[str, str]] | None
) -> ArrayColumn:
    """Fix one column: values, mask, unit, words."""
    known = _known(raw.name, release, sources)
    values, mask = _values(raw)
    unit = _unit(raw) or (parse_unit(known.unit) if known is not None else None)
    is_text = values.dtype.kind in "Ub"
    meta = {key: raw.meta[key] for key in _KEPT_META if raw.meta.get(key)}
    if known is not None and known.ucd:
        # The cone search may give UCDs of the first kind; both routes give the same table.
        meta["ucd"] = known.ucd
    return ArrayColumn(
        raw.name,
        values,
        mask if mask.any() else None,
        unit=None if is_text else unit,
        description=raw.description or (known.description if known is not None else None),
        meta=meta,
        fill_value=np.iinfo(values.dtype).min if values.dtype.kind == "i" and mask.any() else None,
        format=_SEPARATION_FORMAT if sources is None and raw.name == "separation" else None,
    )


def _known(
    name: str, release: str, sources: Mapping[str, tuple[str, str]] | None
) -> schema.Column | None:
    """Find what the dictionary says of an output column."""
    if sources is None:
        return schema.find_column(release, name, schema.MASTER)
    if name.lower() not in sources:
        return None
    table, source = sources[name.lower()]
    return schema.find_column(release, source, table or None)


def _unit(raw: ArrayColumn) -> u.UnitBase | None:
    """Read the unit that the service gave, if it is one."""
    if raw.unit is None:
        return None
    if isinstance(raw.unit, u.UnrecognizedUnit):
        return parse_unit(str(raw.unit))
    return None if raw.unit == u.dimensionless_unscaled else raw.unit


def _values(raw: ArrayColumn) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Give values of a plain dtype and the mask that belongs to them."""
    data = raw.values
    mask = np.zeros(data.shape, np.bool_) if raw.mask is None else raw.mask
    if mask.ndim > 1:
        mask = np.asarray(mask.all(axis=tuple(range(1, mask.ndim))))
    if data.ndim > 1 or data.dtype.kind in "OSU":
        return _strings(_text(data), mask)
    # What the decoder gives is right already, and is not copied.
    if data.dtype.kind == "f":
        missing = np.isnan(data)
        mask = np.asarray(mask | missing)
        values = data if missing.all(where=mask) else np.where(mask, data.dtype.type(np.nan), data)
        return values, mask
    if data.dtype.kind == "i":
        null = np.iinfo(data.dtype).min
        return (data if (data == null).all(where=mask) else np.where(mask, null, data)), mask
    return np.ascontiguousarray(data), mask


def _strings(
    text: NDArray[np.str_], mask: NDArray[np.bool_]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Strip strings and make them no wider than the longest; an empty one is null."""
    if any(_has_margin(text[block]) for block in _blocks(len(text))):
        text = np.char.strip(text)
    mask, width, is_clean = mask.copy(), 1, True
    for block in _blocks(len(text)):
        lengths = np.char.str_len(text[block])
        width = max(width, int(lengths.max()))
        is_clean = is_clean and not lengths.any(where=mask[block])
        mask[block] |= lengths == 0
    if not is_clean:
        text = np.where(mask, "", text)
    return text.astype(f"U{width}", copy=False), mask


def _blocks(rows: int) -> Iterator[slice]:
    """Cut a column into parts, so that what is only looked at takes little memory."""
    return (slice(start, start + _BLOCK_ROWS) for start in range(0, rows, _BLOCK_ROWS))


def _has_margin(text: NDArray[np.str_]) -> bool:
    """Whether a string may begin or end with white space; beyond ASCII, they may."""
    if not text.dtype.itemsize or not text.dtype.isnative:
        return True
    codes = np.ascontiguousarray(text).view(np.uint32).reshape(len(text), -1)
    lengths = np.char.str_len(text)
    ends = codes[np.arange(len(text)), np.maximum(lengths - 1, 0)]
    return any((((edge > 0) & (edge <= 32)) | (edge > 126)).any() for edge in (codes[:, 0], ends))


def _text(data: NDArray[Any]) -> NDArray[np.str_]:
    """Write any cells as fixed-width text; arrays in a cell become their numbers with blanks."""
    if data.ndim == 1 and data.dtype.kind == "U":
        return data
    if data.ndim == 1 and data.dtype.kind == "S":
        return np.char.decode(data, "utf-8", "replace")
    cells = [
        cell
        if isinstance(cell, str)
        else cell.decode("utf-8", "replace")
        if isinstance(cell, bytes)
        else " ".join(str(item) for item in np.ma.filled(cell).ravel())
        for cell in data
    ]
    return np.array(cells, dtype=np.str_) if cells else np.zeros(0, "U1")


def order(names: Iterable[str], release: str) -> list[str]:
    """Sort columns: name, ra, dec, separation, query_index, then the dictionary's order."""
    places = {name: place for place, name in enumerate(schema.master_columns("2.1"))}
    places.update({name: places.get(name, len(places)) for name in schema.master_columns(release)})
    leading = {name: place - len(_LEAD) for place, name in enumerate(_LEAD)}
    last = len(places)
    return sorted(dict.fromkeys(names), key=lambda name: leading.get(name, places.get(name, last)))


def empty(names: Iterable[str], release: str) -> Columns:
    """Make the columns of no rows with the columns that an answer would have."""
    columns = []
    for name in names:
        known = schema.find_column(release, name, schema.MASTER)
        datatype = known.datatype if known is not None else "double"
        values = np.zeros(0, dtype=_NUMPY_TYPES.get(datatype, "f8"))
        columns.append(ArrayColumn(name, values))
    return Columns(columns)


def for_fits(table: Table) -> Table:
    """
    Prepare a table for FITS, which by itself turns a masked boolean into True.

    Parameters
    ----------
    table : `~astropy.table.Table`
        Any table.

    Returns
    -------
    `~astropy.table.Table`
        A copy. Written with ``write("file.fits")`` and read with ``Table.read("file.fits")`` it
        comes back whole, with text as bytes: each masked boolean column is written with a second
        column, its mask, and no number is taken for the null of an integer column. Text beyond
        ASCII, which FITS does not know, is written in UTF-8.

    Raises
    ------
    InputTypeError
        If ``table`` is not a Table.

    Examples
    --------
    >>> from astropy.table import Column, MaskedColumn, Table, vstack
    >>> from astroquery_csc import for_fits
    >>> t = Table([MaskedColumn([True, False], mask=[False, True], name="flag")])
    >>> for_fits(t)["flag"].info.serialize_method["fits"]
    'data_mask'
    """
    if not isinstance(table, Table):
        raise InputTypeError(f"table is a {type(table).__name__}; expected a Table.")
    copy = table.copy()
    for column in copy.columns.values():
        if column.dtype.kind == "U" and not all(map(str.isascii, np.ma.filled(column, "").flat)):
            copy.replace_column(column.name, _in_utf8(column))
    for column in copy.itercols():
        if isinstance(column, MaskedColumn) and column.dtype.kind == "b":
            column.info.serialize_method["fits"] = "data_mask"
        elif isinstance(column, MaskedColumn) and column.dtype.kind == "i":
            # astropy's own filler, 999999, could be a number that was measured.
            column.fill_value = np.iinfo(column.dtype).min
    return copy


def _in_utf8(column: Column) -> Column:
    """Encode text; everything else of the column stays."""
    encoded = np.char.encode(np.ma.filled(column, ""), "utf-8")
    words = {"description": column.description, "meta": column.meta}
    if isinstance(column, MaskedColumn):
        return MaskedColumn(encoded, column.name, mask=column.mask, **words)
    return Column(encoded, column.name, **words)


def stack(tables: Iterable[Table]) -> Table:
    """
    Put tables of results under each other, as a loop over queries gives them.

    It is `~astropy.table.vstack` with a ``meta`` that is true of the whole, and so without a
    warning that the tables differ in it. To search around many positions, give all of them to
    one call instead of looping.

    Parameters
    ----------
    tables : iterable of `~astropy.table.Table`
        One or more tables; a column that one of them does not have is masked there.

    Returns
    -------
    `~astropy.table.Table`
        Its ``meta`` has what all tables agree on, the number of rows (``NROWS``), and whether any
        of the tables is incomplete (``TRUNC``).

    Raises
    ------
    InputTypeError
        If there is no table, or something else than a table.

    Examples
    --------
    >>> from astroquery_csc import Csc, stack
    >>> found = [Csc.query_object(name, "1 arcmin") for name in ("NGC 1333", "NGC1333")]
    >>> both = stack(found)
    >>> len(found[0]), len(both), both.meta["NROWS"]
    (2, 4, 4)
    """
    parts = list(tables)
    wrong = next((type(part).__name__ for part in parts if not isinstance(part, Table)), None)
    if wrong or not parts:
        raise InputTypeError(f"tables has {wrong or 'no table'}; expected one or more Tables.")
    whole = vstack(parts, metadata_conflicts="silent")
    first = parts[0].meta
    agreed = {
        key: value
        for key, value in first.items()
        if all(part.meta.get(key) == value for part in parts)
    }
    whole.meta = agreed | {
        "NROWS": len(whole),
        "TRUNC": any(part.meta.get("TRUNC") for part in parts),
    }
    return whole


def typed(column: Any) -> MaskedColumn | None:
    """Turn a column of objects into one of strings, flags or numbers; None where no type fits."""
    missing = np.array([cell is None or cell is np.ma.masked for cell in column], dtype=bool)
    cells = [cell for cell, gone in zip(column, missing, strict=True) if not gone]
    kinds = {_kind_of(cell) for cell in cells} or {"U"}
    if kinds == {"i", "f"}:
        kinds = {"f"}
    kind = kinds.pop()
    if kinds or kind not in _EMPTY:
        return None
    values = np.full(len(missing), _EMPTY[kind], dtype=object)
    values[~missing] = cells
    array: NDArray[Any]
    try:
        array = values.astype({"U": np.str_, "b": np.bool_, "i": np.int64, "f": np.float64}[kind])
    except OverflowError:
        return None
    return MaskedColumn(array, mask=missing, unit=getattr(column, "unit", None))


#: What stands under the mask of a cell that was None.
_EMPTY = {"U": "", "b": False, "i": 0, "f": np.nan}


def _kind_of(cell: Any) -> str:
    """Give NumPy's letter for the type of a cell; O for what is no text, flag or number."""
    if isinstance(cell, str):
        return "U"
    if isinstance(cell, bool | np.bool_):
        return "b"
    if isinstance(cell, int | np.integer):
        return "i"
    try:
        float(cell)
    except (TypeError, ValueError):
        return "O"
    return "f"
