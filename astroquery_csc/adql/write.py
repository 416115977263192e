# Licensed under a 3-clause BSD style license - see LICENSE
"""
Arguments to ADQL text: the one place where Python values become a query.

Pure functions. The dialect is the CDA's: no geometry, no ``JOIN … ON``, boxes in ``ra`` and
``dec``, strings quoted with a doubled quote. What servers take in different ways is left open
until it is known who reads it: see `astroquery_csc.adql.speech`.
"""

import math
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import groupby
from numbers import Integral, Real
from typing import Any

import numpy as np
from astropy import units as u

from astroquery_csc.adql.comparison import Comparison, name_pattern, read_comparison
from astroquery_csc.adql.speech import Condition, InList, Speech, Term, written
from astroquery_csc.catalogue.names import normalise
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.catalogue.schema import MASTER, Column
from astroquery_csc.catalogue.units import with_one_slash
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.sky.geometry import Box

__all__ = [
    "ALIAS",
    "box_condition",
    "filter_condition",
    "fold",
    "guess_column",
    "in_list",
    "is_word",
    "literal",
    "select",
]

ALIAS = "m"
#: How filters on numbers and on flags are written.
_WAYS = ("Write 10, '> 10', (10, 20), or (10, None).", "Write True, False or None.")
_PRINTABLE = re.compile(r"[ -~]*")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUOTED = r"""('(?:[^']|'')*'|"(?:[^"]|"")*")"""
_QUOTED_OR_COMMENT = re.compile(rf"{_QUOTED}|--[^\n]*|/\*.*?\*/", re.DOTALL)
#: Edges of boxes have five decimals, 0.036″, rounded outwards: short, as there may be many.
_DECIMALS = 5
_DEG_STEP = 10**_DECIMALS
#: Full name of the units that stand in the dictionary, so that a filter may be a Quantity.
_UNIT_FORMAT = "fits"
_PLAIN = Speech()
_NUMBERS = frozenset({"double", "int"})


def literal(value: object) -> str:
    """Write one Python value as an ADQL literal that nothing can leave."""
    if isinstance(value, str):
        if not _PRINTABLE.fullmatch(value):
            raise InvalidQueryError(
                f"The text {value!r} contains a character that no value of the catalogue has. "
                "Write printable ASCII on one line."
            )
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, Real):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise InvalidQueryError(f"{number!r} is not a finite number. Use None for an open end.")
        return str(int(value)) if isinstance(value, Integral) else repr(number)
    raise InputTypeError(
        f"{value!r} is a {type(value).__name__}; a filter takes strings, numbers and booleans."
    )


def is_word(name: str) -> bool:
    """Tell whether a text can be the name of a column or a table at all."""
    return _WORD.fullmatch(name) is not None


def select(
    release: Release,
    columns: Sequence[str],
    *,
    where: Iterable[Term] = (),
    top: int | None = None,
    table: str = MASTER,
    alias: str = ALIAS,
    speech: Speech = _PLAIN,
) -> str:
    """Write a SELECT of plain columns from one table."""
    for column in columns:
        if column != "*" and not is_word(column):
            raise InvalidQueryError(
                f"{column!r} is not a column name: letters, digits and underscores only."
            )
    names = ", ".join(f"{alias}.{column}" for column in columns)
    head = "SELECT " if top is None else f"SELECT TOP {top} "
    text = f"{head}{names} FROM {release.schema}.{table} {alias}"
    conditions = [f"({condition})" for condition in written(where, speech)]
    return text + (" WHERE " + " AND ".join(conditions) if conditions else "")


def in_list(column: str, values: Iterable[object]) -> InList:
    """Write the condition that a column has one of some values, in their order."""
    return InList(column, tuple(dict.fromkeys(map(literal, values))))


def box_condition(
    boxes: Iterable[Box], *, ra: str = f"{ALIAS}.ra", dec: str = f"{ALIAS}.dec"
) -> str:
    """Write the condition that a source is in at least one of some boxes."""
    parts = []
    for ends, strip in groupby(boxes, key=lambda box: (box.dec_min_deg, box.dec_max_deg)):
        spans = [_between(ra, box.ra_min_deg, box.ra_max_deg) for box in strip]
        across = spans[0] if len(spans) == 1 else f"({' OR '.join(spans)})"
        parts.append(f"{across} AND {_between(dec, *ends)}")
    return parts[0] if len(parts) == 1 else " OR ".join(f"({part})" for part in parts)


def _between(name: str, low_deg: float, high_deg: float) -> str:
    """Write that a column of degrees is in a range."""
    return f"{name} BETWEEN {_down(low_deg)} AND {_up(high_deg)}"


def _fixed(steps: int) -> str:
    """Write a number of 1e-5 degrees as a decimal without an exponent."""
    whole, rest = divmod(abs(steps), _DEG_STEP)
    sign = "-" if steps < 0 else ""
    return f"{sign}{whole}.{rest:0{_DECIMALS}d}".rstrip("0") + ("0" if rest == 0 else "")


def _down(angle_deg: float) -> str:
    """Round towards minus infinity."""
    return _fixed(math.floor(angle_deg * _DEG_STEP))


def _up(angle_deg: float) -> str:
    """Round towards plus infinity."""
    return _fixed(math.ceil(angle_deg * _DEG_STEP))


def guess_column(name: str, wanted: object, *, table: str = MASTER) -> Column:
    """Describe a column that only the service knows by the values it is compared with."""
    compared = read_comparison(wanted)
    wanted = wanted if compared is None else compared.value
    values = wanted if np.iterable(wanted) and not isinstance(wanted, str) else [wanted]
    first = next((value for value in values if value is not None), None)
    if isinstance(first, bool | np.bool_):
        return Column(table, name, "boolean")
    return Column(table, name, "char" if isinstance(first, str) else "double")


def filter_condition(column: Column, wanted: object, *, alias: str = ALIAS) -> Term:
    """Write one entry of ``column_filters`` as a condition."""
    name = f"{alias}.{column.name}"
    if wanted is None:
        return f"{name} IS NULL"
    compared = read_comparison(wanted)
    if compared is not None:
        return _compared(column, name, compared)
    pattern = name_pattern(wanted) if column.name == "name" else None
    if pattern is not None:
        return f"{name} LIKE {literal(pattern)}"
    if isinstance(wanted, tuple):
        return _range_condition(column, name, wanted)
    if isinstance(wanted, list | set | frozenset) or (
        isinstance(wanted, np.ndarray) and wanted.ndim
    ):
        return _list_condition(column, name, list(wanted))
    return _condition(f"{name} = ", _value(column, wanted))


def _condition(*parts: Any) -> Term:
    """Make a condition, which stays open where it compares a flag."""
    flags = any(isinstance(part, bool) for part in parts)
    return Condition(parts) if flags else "".join(map(str, parts))


def _list_condition(column: Column, name: str, wanted: Sequence[object]) -> Term:
    """Write that a column has one of several values, where None is null."""
    if not wanted:
        raise InvalidQueryError(
            f"The filter on {column.name!r} is an empty list. Give at least one value."
        )
    values = {_value(column, item) for item in wanted if item is not None}
    if column.datatype in _NUMBERS:
        # A number in two spellings may be in two requests, whose rows must not be the same.
        values = set({float(value): value for value in sorted(values)}.values())
    has_null = any(item is None for item in wanted)
    return InList(name, tuple(sorted(values, key=str)), has_null) if values else f"{name} IS NULL"


def _compared(column: Column, name: str, compared: Comparison) -> Term:
    """Write one comparison, where None is null."""
    if compared.value is not None:
        return _condition(f"{name} {compared.operator} ", _value(column, compared.value))
    if compared.operator not in ("=", "<>"):
        raise InvalidQueryError(
            f"The filter on {column.name!r} is ({compared.operator!r}, None); None can only be "
            "compared with '=' and '!='."
        )
    return f"{name} IS {'NOT ' if compared.operator == '<>' else ''}NULL"


def _range_condition(column: Column, name: str, ends: tuple[Any, ...]) -> Term:
    """Write (low, high) as a condition, ends included."""
    if len(ends) != 2 or all(end is None for end in ends):
        raise InvalidQueryError(
            f"The filter on {column.name!r} is {ends!r}; a range is (low, high), with None for one "
            "open end. A list means one of several values."
        )
    low, high = (None if end is None else _value(column, end) for end in ends)
    if low is None:
        return _condition(f"{name} <= ", high)
    if high is None:
        return _condition(f"{name} >= ", low)
    if column.datatype != "char" and float(low) > float(high):
        raise InvalidQueryError(
            f"The filter on {column.name!r} is {ends!r}, which no value satisfies. "
            "Write (low, high)."
        )
    return _condition(f"{name} BETWEEN ", low, " AND ", high)


def _value(column: Column, value: object) -> Any:
    """Write a value that is compared with a column, in the column's unit; one of a flag stays."""
    if isinstance(value, u.Quantity):
        unit = u.Unit(
            with_one_slash(column.unit), format=_UNIT_FORMAT
        )  # no text is not a dimension
        try:
            value = float(value.to_value(unit))
        except (u.UnitConversionError, TypeError) as error:
            raise InvalidQueryError(
                f"The filter on {column.name!r} is {value!r}; expected one value in "
                f"{column.unit or 'no unit'}."
            ) from error
    if isinstance(value, str):
        value = _spelt(column, value)
    text = literal(value)
    if isinstance(value, str) != (column.datatype == "char"):
        kind = "a string" if column.datatype == "char" else f"a value of type {column.datatype}"
        ways = "" if column.datatype == "char" else f" {_WAYS[column.datatype == 'boolean']}"
        raise InvalidQueryError(
            f"The filter on {column.name!r} is {value!r}; expected {kind}.{ways}"
        )
    is_flag = column.datatype == "boolean" and text in ("0", "1")
    return text == "1" if is_flag else text


def _spelt(column: Column, value: str) -> str:
    """Spell a value as the catalogue does, where any other spelling matches nothing."""
    if column.name == "name":
        # What is not a whole name, such as the end of a range, stays as it is.
        with suppress(InvalidQueryError):
            return normalise(value)
    return value.upper() if column.name == "likelihood_class" else value


def fold(text: str) -> str:
    """Put a query on one line: white space outside of quotes becomes one blank, comments go."""
    text = _QUOTED_OR_COMMENT.sub(lambda found: found[1] or " ", text)
    parts = re.split(_QUOTED, text)
    parts[::2] = [re.sub(r"\s+", " ", part) for part in parts[::2]]
    line = re.sub(r"[\x00-\x1f\x7f]", " ", "".join(parts)).strip()
    return line.encode("ascii", "replace").decode("ascii")
