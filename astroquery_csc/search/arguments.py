# Licensed under a 3-clause BSD style license - see LICENSE
"""Columns, filters, limits and names as users write them, checked before anything is sent."""

import os
import re
from collections.abc import Collection, Iterable, Iterator, KeysView, Mapping, Sequence, Set
from numbers import Integral, Number, Real
from typing import Any, TypeGuard
from unicodedata import category

import numpy as np
from astropy.coordinates import BaseCoordinateFrame, SkyCoord
from astropy.table import Row, Table

from astroquery_csc.adql.read import ColumnLookup, check_condition
from astroquery_csc.adql.speech import Term
from astroquery_csc.adql.write import filter_condition, guess_column, is_word
from astroquery_csc.catalogue import schema
from astroquery_csc.catalogue.ciao import CIAO_SETS, ciao_set
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError

__all__ = [
    "as_written",
    "check_flag",
    "check_name",
    "column_names",
    "column_words",
    "conditions",
    "is_integer",
    "is_real",
    "maxrec",
    "name_list",
    "object_names",
    "row_limit",
    "shown",
    "uploads",
    "verbosity_columns",
]
_ALL = "*"
_FLAG = "conf_flag"


def is_integer(value: object) -> TypeGuard[Integral]:
    """Tell whether a value is an integer, of Python or of NumPy."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_real(value: object) -> TypeGuard[Real]:
    """Tell whether a value is one real number, of Python or of NumPy."""
    return isinstance(value, Real) and not isinstance(value, bool)


def row_limit(value: object) -> int | None:
    """Read a row limit."""
    if not is_integer(value):
        raise InputTypeError(
            f"A row limit is an integer, not {value!r}. Write row_limit=100, or -1 for all rows."
        )
    number = int(value)
    if number == -1:
        return None
    if number < 1:
        raise InvalidQueryError(
            f"A row limit of {number} asks for nothing. Write 1 or more, or -1 for all rows."
        )
    return number


def maxrec(value: object, otherwise: object) -> int | None:
    """Read ``maxrec``, or what holds without it; None for the service's own limit."""
    return row_limit(otherwise if value is None else value)


def verbosity_columns(verbosity: object, release: Release) -> tuple[str, ...]:
    """Find the columns that the cone-search service gives for a verbosity."""
    if not is_integer(verbosity):
        raise InputTypeError(f"verbosity is {verbosity!r}; expected 1, 2 or 3.")
    if int(verbosity) == 3:
        return _all_columns(release)
    if int(verbosity) not in schema.VERBOSITY:
        raise InvalidQueryError(f"verbosity is {verbosity}; expected 1, 2 or 3.")
    return schema.VERBOSITY[int(verbosity)]


def _all_columns(release: Release) -> tuple[str, ...]:
    """Every master_source column, by name where all are known."""
    info = schema.get_tables(release.name)[schema.MASTER]
    return tuple(info.columns) if info.complete else (_ALL,)


def column_names(
    columns: object, release: Release, ask: ColumnLookup | None = None
) -> tuple[str, ...]:
    """Read ``columns``."""
    words = column_words(columns, schema.get_tables(release.name)[schema.MASTER].columns)
    if words is None:
        raise InputTypeError(
            f"columns is {columns!r}; expected column names: ['name', 'flux_aper_b'], '*', or a "
            f"named set: {', '.join(map(repr, schema.NAMED_SETS))}."
        )
    if not len(words):
        raise InvalidQueryError("columns is empty. Name at least one, or leave it out.")
    names: list[str] = ["name", "ra", "dec"]
    for word in words:
        text = str(word).strip()
        if text == _ALL:
            names.extend(_all_columns(release))
        elif text.lower() in schema.NAMED_SETS:
            names.extend(schema.NAMED_SETS[text.lower()])
        elif text.upper() in CIAO_SETS:
            names.extend(_ciao_set(text.upper(), release))
        else:
            names.append(text)
    if _ALL in names:
        return (_ALL,)
    _check_known(names, release, ask)
    return tuple(dict.fromkeys(names))


def _ciao_set(name: str, release: Release) -> Iterator[str]:
    """Give a set of CIAO's that contains columns of masters alone."""
    columns = ciao_set(name, release.name)
    if not all(column.startswith("m.") for column in columns):
        level = "stack" if name.startswith("SS") else "observation"
        raise InvalidQueryError(
            f"{name} is CIAO's {CIAO_SETS[name]}, a set of columns of {level}s. Write "
            f"query_detections(..., level={level!r}, columns={name!r}). Sets for masters: "
            f"{', '.join(map(repr, [*schema.NAMED_SETS, 'MSBS', 'MSS', 'MSP', 'MSV']))}.",
        )
    return (column.removeprefix("m.") for column in columns)


def _check_known(names: Iterable[object], release: Release, ask: ColumnLookup | None) -> None:
    """Refuse column names that master_source does not have."""
    info = schema.get_tables(release.name)[schema.MASTER]
    for name in names:
        if not isinstance(name, str):
            raise InputTypeError(f"A column name is a string, not {name!r}.")
        if name in info.columns:
            continue
        told = None if info.complete or ask is None else ask(schema.MASTER)
        if not info.complete and told is None and is_word(name):
            continue
        if told is None or name not in told:
            choices = [*info.columns, *(told or ())]
            raise InvalidQueryError(
                f"Column {name!r} is not in master_source of release {release.name}."
                f"{_below(name) or did_you_mean(name, choices)} "
                "Csc.list_columns('master_source') shows "
                "what there is.",
                release=release.name,
            )


def _below(name: str) -> str:
    """Say which verb has the columns of stacks and observations."""
    if name[:2].lower() not in ("s.", "o."):
        return ""
    level = "stack" if name[0].lower() == "s" else "observation"
    return f" query_detections(..., level={level!r}) has columns of {level}s."


def conditions(
    filters: object, criteria: object, release: Release, ask: ColumnLookup | None = None
) -> list[Term]:
    """Read ``column_filters`` and ``criteria``."""
    found: list[Term] = []
    if filters is not None:
        if not isinstance(filters, Mapping):
            raise InputTypeError(
                f"column_filters is {filters!r}; expected a dict: {{'significance': (10, None)}}."
            )
        filters = as_written(filters, schema.get_tables(release.name)[schema.MASTER].columns)
        _check_known(filters, release, ask)
        for name, wanted in filters.items():
            column = schema.find_column(release.name, name, schema.MASTER)
            found.append(filter_condition(column or guess_column(name, wanted), wanted))
    if criteria is not None:
        found.append(check_condition(criteria, release))  # type: ignore[arg-type]
    return found


def of_unflagged(filters: object, release: Release) -> dict[Any, Any] | None:
    """Give the filters of rows without a conf_flag; None unless the filters demand False."""
    if not isinstance(filters, Mapping):
        return None
    written = as_written(filters, schema.get_tables(release.name)[schema.MASTER].columns)
    column = schema.find_column(release.name, _FLAG, schema.MASTER)
    if column is None or _FLAG not in written:
        return None
    is_no = filter_condition(column, written[_FLAG]) == filter_condition(column, wanted=False)
    return {**written, _FLAG: None} if is_no else None


def object_names(names: object) -> list[str]:
    """Read a list of object names."""
    if isinstance(names, str):
        raise InputTypeError(
            f"object_names is {names!r}; expected several names. For one: query_object({names!r})."
        )
    around = "For positions: query_region(coordinates)."
    found = [check_name(name) for name in name_list(names, "object_names", "several names", around)]
    if not found:
        raise InvalidQueryError("object_names is empty. Give at least one name.")
    return found


def name_list(names: object, argument: str, expected: str, around: str) -> list[Any]:
    """List the names in a list, an array of one dimension or a column; refuse all else in words."""
    is_place = isinstance(names, SkyCoord | BaseCoordinateFrame)
    dimensions = getattr(names, "ndim", 1)
    has_columns = isinstance(names, Mapping | Table | Row) or dimensions == 2
    is_text = isinstance(names, str | bytes | bytearray)
    if not (is_place or has_columns or is_text) and isinstance(names, Iterable) and dimensions == 1:
        return list(names)
    way_on = around if is_place else ""
    if has_columns:
        way_on = f"Write {argument}['name'] for one column of it."
    raise InputTypeError(f"{argument} is {shown(names)}; expected {expected}. {way_on}".strip())


def shown(value: object) -> str:
    """Name a value in a message: one of Python's own as it is, any other by its type."""
    if value is None or isinstance(value, str | bytes | Number | os.PathLike):
        return repr(value)[:100]
    if value is np.ma.masked:
        return "masked"
    size = getattr(value, "shape", None)
    return f"a {type(value).__name__}" + (f" of shape {size}" if isinstance(size, tuple) else "")


def check_name(name: object) -> str:
    """Read one object name."""
    if not isinstance(name, str):
        is_place = isinstance(name, SkyCoord | BaseCoordinateFrame)
        way_on = "For a position: query_region(coordinates)." if is_place else "Write 'NGC 1333'."
        raise InputTypeError(f"An object name is a string, not {shown(name)}. {way_on}")
    # A name from a page or a paper may have other blanks than the one that names have.
    text = "".join(" " if category(letter) == "Zs" else letter for letter in name).strip()
    if not text:
        raise InvalidQueryError("An object name is empty. Write 'NGC 1333'.")
    if ";" in text or '"' in text or not text.isprintable() or text.startswith("'"):
        raise InvalidQueryError(
            f"{name!r} is not an object name: it holds a quote, a semicolon or a control character."
        )
    return text


def check_flag(value: object, name: str) -> None:
    """Refuse what is neither True, False nor, for ``cache``, None."""
    if value is not None and not isinstance(value, bool | np.bool_):
        raise InputTypeError(f"{name} is {value!r}; expected True or False.")


def uploads(tables: object) -> dict[str, object] | None:
    """Read the tables to send along with a query."""
    if tables is None:
        return None
    if not isinstance(tables, Mapping):
        raise InputTypeError(f"uploads is {tables!r}; expected a dict: {{'mine': table}}.")
    for name, content in tables.items():
        if isinstance(content, Integral):
            # open() would take it for the number of a file that somebody else has opened.
            raise InputTypeError(
                f"The upload {name!r} is {content!r}; expected an astropy Table, or a VOTable file."
            )
        if not isinstance(name, str) or not is_word(name):
            raise InvalidQueryError(
                f"The name {name!r} of an upload is not a plain word. Write {{'mine': table}} and "
                "TAP_UPLOAD.mine in the query."
            )
    return dict(tables)


def column_words(columns: object, known: Collection[str]) -> list[str] | None:
    """Read names of columns in the case of the catalogue; None where they are not names."""
    words = columns.split(",") if isinstance(columns, str) else columns
    if isinstance(words, Mapping):
        words = list(words)
    elif isinstance(words, Set) and not isinstance(words, KeysView):
        words = sorted(words, key=str)
    if not isinstance(words, Sequence | np.ndarray | KeysView) or not np.iterable(words):
        return None
    names = list(words)
    if not all(isinstance(name, str) for name in names):
        return None
    return [_in_case(str(name).strip(), known) for name in names]


def as_written(filters: Mapping[Any, Any], known: Collection[str]) -> dict[Any, Any]:
    """Write the names of filtered columns in the case of the catalogue."""
    lower = {_in_case(name, known): wanted for name, wanted in filters.items()}
    return lower if len(lower) == len(filters) else dict(filters)


def _in_case(name: Any, known: Collection[str]) -> Any:
    """Write a name as the catalogue does where only its case differs, or its table is named."""
    if not isinstance(name, str) or name in known:
        return name
    bare = re.sub(r"^(?:m|(?:\w+\.)?master_source)\.", "", name.strip().lower())
    return bare if bare in known else name
