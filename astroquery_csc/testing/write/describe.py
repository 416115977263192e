# Licensed under a 3-clause BSD style license - see LICENSE
"""What a FIELD says of a column: datatype, unit, ucd and words, spelled as the dialect spells."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from astropy import units as u
from astropy.table import Column as TableColumn
from astropy.table import Table

from astroquery_csc.catalogue.schema import find_column
from astroquery_csc.catalogue.units import with_one_slash
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.tap.ivoa import IVOA_FIELDS, Field

__all__ = ["describe", "describe_table", "spell_unit"]

_DATATYPES = {"b": "boolean", "i": "int", "u": "int", "f": "double"}

#: Units as the archive spells them, and as the VOUnits standard would.
_SPELLINGS = {
    "deg": "deg",
    "arcmin": "arcmin",
    "arcsec": "arcsec",
    "arcsec**2": "arcsec**2",
    "pixel": "pixel",
    "s": "s",
    "d": "d",
    "m": "m",
    "kbyte": "kbyte",
    "count": "count",
    "count/s": "count.s**-1",
    "keV": "keV",
    "erg/s/cm**2": "erg.s**-1.cm**-2",
    "photon/s/cm**2": "photon.s**-1.cm**-2",
    "10**20/cm**2": "10**20.cm**-2",
}

_SCS_UCDS = {"name": "ID_MAIN", "ra": "POS_EQ_RA_MAIN", "dec": "POS_EQ_DEC_MAIN"}

_NOTHING = Field("", "")


def spell_unit(unit: u.UnitBase | None, spelling: str) -> str:
    """Write a unit as a dialect does."""
    if unit is None:
        return ""
    return _respell(_text_of(unit), spelling)


@lru_cache(maxsize=256)
def _text_of(unit: u.UnitBase) -> str:
    """Write a unit as the archive does; to compare units takes astropy long."""
    return next((text for known, text in _known_units() if known == unit), str(unit))


def describe_table(
    table: Table, dialect: Dialect, *, release: str, cone: bool = False
) -> list[Field]:
    """Describe the columns of an answer."""
    ucds = _SCS_UCDS if cone and dialect.cone_ucds == "scs" else {}
    columns = (table[name] for name in table.colnames)
    return [describe(column, dialect, release=release, ucds=ucds) for column in columns]


def describe(
    column: TableColumn,
    dialect: Dialect,
    *,
    release: str,
    table: str | None = None,
    ucds: Mapping[str, str] | None = None,
) -> Field:
    """Describe one column by what it says itself or, where it says nothing, by the dictionary."""
    known = _NOTHING if column.description else _look_up(release, column.name, table)
    unit = spell_unit(column.unit, dialect.unit_spelling)
    unit = unit or _respell(known.unit, dialect.unit_spelling)
    if column.name in ("ra", "dec") and not dialect.ra_dec_units:
        unit = ""
    return Field(
        name=column.name,
        datatype=_datatype(column),
        unit=unit,
        ucd=(ucds or {}).get(column.name) or column.meta.get("ucd") or known.ucd,
        utype=column.meta.get("utype") or known.utype,
        description=column.description or known.description,
        xtype=column.meta.get("xtype") or "",
    )


def _datatype(column: TableColumn) -> str:
    """Datatype of a column: the archive knows boolean, int, double and char."""
    if column.dtype.kind in "iu" and column.dtype.itemsize > 4:
        values = np.ma.compressed(np.ma.asarray(column))
        if values.size and np.abs(values).max() > np.iinfo(np.int32).max:
            return "long"
    return _DATATYPES.get(column.dtype.kind, "char")


def _look_up(release: str, name: str, table: str | None) -> Field:
    """Find what the dictionary says of a column; nothing where it says nothing."""
    known = find_column(release, name, table)
    if known is None:
        return IVOA_FIELDS.get(name, _NOTHING)
    return Field(name, known.datatype, known.unit, known.ucd, "", known.description)


@lru_cache(maxsize=1)
def _known_units() -> tuple[tuple[u.UnitBase, str], ...]:
    """Parse the spellings once."""
    return tuple((u.Unit(with_one_slash(text), format="fits"), text) for text in _SPELLINGS)


def _respell(text: str, spelling: str) -> str:
    """Spell the archive's text of a unit as a dialect does."""
    if spelling == "vounit":
        return _SPELLINGS.get(text, text)
    return "" if spelling == "none" else text
