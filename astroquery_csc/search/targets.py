# Licensed under a 3-clause BSD style license - see LICENSE
"""The list that a user matches: its positions, their errors, and the columns to keep."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Column, MaskedColumn, Table
from astroquery.exceptions import InputWarning
from numpy.typing import NDArray

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, warn
from astroquery_csc.search.places import (
    Positions,
    Resolver,
    read_incomplete_positions,
    warn_if_moving,
)
from astroquery_csc.tables import typed

__all__ = ["Errors", "Targets", "angle_arcsec", "kept_columns", "read_errors", "read_targets"]

Floats = NDArray[np.float64]

#: Columns of positions, whatever the case of their letters: plain, and as VizieR calls them.
_PAIRS = (
    ("ra", "dec"),
    ("_raj2000", "_dej2000"),
    ("ra_icrs", "de_icrs"),
    ("raj2000", "dej2000"),
)
_ANY_NUMBER = float(np.finfo(np.float64).max)
_BESIDE = "distance|pm_ra_cosdec|pm_dec|radial_velocity"
#: Names that `~astropy.coordinates.SkyCoord.guess_from_table` takes for more than a position.
_MORE = re.compile(rf"(?:.*_)?(?:{_BESIDE})(?:\b|_)", re.IGNORECASE)
#: Names that begin as it expects those of a position to begin.
_BEGINS = re.compile(rf"(?:ra|dec|{_BESIDE})(?:\W|\b|_)", re.IGNORECASE)
#: Stands before the name of a column of the list that would be taken for the catalogue's. With an
#: underscore after it, ``guess_from_table`` would still take ``…_ra`` for one.
_PREFIX = "my"


@dataclass(frozen=True, slots=True)
class Targets:
    """A list of positions, some of which may be missing."""

    positions: Positions
    table: Table

    @property
    def count(self) -> int:
        """Number of rows."""
        return self.positions.ra_deg.size

    @property
    def there(self) -> NDArray[np.intp]:
        """Rows that have a position."""
        return np.flatnonzero(np.isfinite(self.positions.ra_deg + self.positions.dec_deg))


@dataclass(frozen=True, slots=True)
class Errors:
    """One-sigma error ellipses of positions, one per row; NaN where unknown."""

    major: Floats
    minor: Floats
    angle_deg: Floats


def read_targets(given: object, resolver: Resolver | None = None) -> Targets:
    """Read what is to be matched."""
    if isinstance(given, Table):
        coordinates, table = _coordinates(given), given
    else:
        if not isinstance(given, str) and not hasattr(given, "icrs") and not hasattr(given, "data"):
            raise InputTypeError(
                f"The list is a {type(given).__name__}; expected a SkyCoord, or a Table with "
                "positions. Table.from_pandas(frame, units={'ra': 'deg', 'dec': 'deg'}) makes one "
                "of a DataFrame, table[2:3] one of a row."
            )
        coordinates, table = given, Table()
    found = read_incomplete_positions(coordinates, resolver)
    targets = Targets(
        Positions(found.ra_deg, found.dec_deg, scalar=False, label=found.label), table
    )
    warn_if_moving(coordinates, table.colnames)
    lost = targets.count - targets.there.size
    if lost:
        warn(
            f"{lost} of {targets.count} rows have no position. They are kept; n_match is masked.",
            InputWarning,
        )
    return targets


def _coordinates(table: Table) -> Any:
    """Find the positions of a table."""
    mixins = [name for name in table.colnames if isinstance(table[name], SkyCoord)]
    if len(mixins) == 1:
        return table[mixins[0]]
    if mixins:
        raise InvalidQueryError(
            f"The table has several columns of coordinates: {', '.join(mixins)}. Pass one of them: "
            f"table[{mixins[0]!r}]."
        )
    plain = {name: _filled(table[name]) for name in table.colnames}
    lower = {name.lower(): name for name in table.colnames}
    for pair in _PAIRS:
        ra, dec = (plain.get(lower.get(name, "")) for name in pair)
        if _is_angle(ra) and _is_angle(dec):
            return _on_the_sky(ra, dec)
    guessed = Table({name: plain[name] for name in plain if not _MORE.match(name)}, copy=False)
    try:
        return SkyCoord.guess_from_table(guessed)
    except (ValueError, TypeError, u.UnitsError, AttributeError) as error:
        raise _not_recognised(table, error) from error


def _on_the_sky(ra: Any, dec: Any) -> SkyCoord:
    """Make positions of two columns; what is not a place on the sky is refused, with its row."""
    for words, column, most in (("right ascension", ra, _ANY_NUMBER), ("declination", dec, 90.0)):
        numbers = _arcsec(column, f"The {words}", len(column)) / 3600.0
        beyond = np.flatnonzero(np.abs(numbers) > most)
        if beyond.size:
            expected = "-90 to 90" if column is dec else "a number of degrees"
            raise InvalidQueryError(
                f"Row {beyond[0]} of the table has the {words} {numbers[beyond[0]]:g} deg; "
                f"expected {expected}, or NaN where there is none. Its unit is {column.unit}."
            )
    return SkyCoord(ra, dec, frame="icrs")


def _not_recognised(table: Table, error: Exception) -> InvalidQueryError:
    """Say what was looked for."""
    pairs = ", ".join("/".join(pair) for pair in _PAIRS)
    return InvalidQueryError(
        "No positions are recognised in the table. Looked for one column of SkyCoord, for "
        f"{pairs} with units, and for what SkyCoord.guess_from_table finds. Columns: "
        f"{', '.join(table.colnames[:12]) or 'none'}. Give the unit (table['ra'].unit = 'deg'), or "
        "pass SkyCoord(table['…'], table['…'], unit='deg'). "
        f"({' '.join(str(error).split())[:200]})"
    )


def _filled(column: Any) -> Any:
    """Give a column of numbers with NaN where it is masked; any other as it is."""
    if isinstance(column, MaskedColumn) and column.dtype.kind in "fiu" and np.any(column.mask):
        return Column(np.ma.filled(column.astype(np.float64), np.nan), unit=column.unit)
    return column


def _is_angle(column: Any) -> bool:
    """Whether a column has numbers with the unit of an angle."""
    unit, dtype = getattr(column, "unit", None), getattr(column, "dtype", None)
    if unit is None or dtype is None or dtype.kind not in "fiu":
        return False
    return bool(u.Unit(unit, parse_strict="silent").is_equivalent(u.deg))


def read_errors(error: object, targets: Targets) -> Errors:
    """Read ``position_error``."""
    count = targets.count
    if error is None:
        return Errors(np.zeros(count), np.zeros(count), np.zeros(count))
    if not isinstance(error, tuple):
        radius = _one_a_row(error, "position_error", targets)
        return Errors(radius, radius, np.zeros(count))
    if len(error) != 3:
        raise InvalidQueryError(
            f"position_error is a tuple of {len(error)}; expected (major, minor, position angle)."
        )
    names = ("the major axis", "the minor axis", "the position angle")
    major, minor, angle = (
        _one_a_row(value, f"{name} of position_error", targets, signed=name is names[2])
        for value, name in zip(error, names, strict=True)
    )
    return Errors(major, minor, angle / 3600.0)


def _one_a_row(value: object, name: str, targets: Targets, *, signed: bool = False) -> Floats:
    """Read angles, one for all rows, one per row, or a column of the table; arcsec."""
    if isinstance(value, str):
        if value not in targets.table.colnames:
            raise InvalidQueryError(
                f"{name} is {value!r}, which is not a column of the table. Columns: "
                f"{', '.join(targets.table.colnames[:12]) or 'none'}. An angle is written "
                "0.5*u.arcsec."
            )
        name, value = f"{name}, column {value!r},", targets.table[value]
    return angle_arcsec(value, name, targets.count, signed=signed)


def angle_arcsec(value: Any, name: str, count: int, *, signed: bool = False) -> Floats:
    """Read angles, of which some may be missing."""
    found = _arcsec(value, name, count)
    wrong = np.flatnonzero(np.isinf(found) | (not signed) & (found < 0))
    if wrong.size:
        raise InvalidQueryError(
            f"{name} is {found[wrong[0]]:g} arcsec in row {wrong[0]}; expected "
            f"{'a number' if signed else '0 or more'} that is not infinite."
        )
    return found


def _arcsec(value: Any, name: str, count: int) -> Floats:
    """Read angles in arcsec, whatever they are; NaN where one is masked."""
    unit = getattr(value, "unit", None)
    if unit is None:
        raise InputTypeError(f"{name} is {_short(value)}, without a unit. Write 0.5*u.arcsec.")
    try:
        scale = float(u.Unit(unit).to(u.arcsec))
    except (u.UnitConversionError, ValueError, TypeError) as error:
        raise InvalidQueryError(f"{name} has the unit {unit}; expected an angle.") from error
    plain = getattr(value, "value", value)
    mask = np.ma.getmaskarray(plain) if isinstance(plain, np.ma.MaskedArray) else _mask(plain)
    numbers = np.asarray(getattr(plain, "unmasked", np.ma.getdata(plain)), dtype=np.float64)
    if numbers.shape not in ((), (count,)):
        raise InvalidQueryError(
            f"{name} has shape {numbers.shape}; expected one value, or one per row ({count} rows)."
        )
    return np.array(np.broadcast_to(np.where(mask, np.nan, numbers * scale), (count,)))


def _short(value: object) -> str:
    """Write a value on one line that is not long."""
    return " ".join(repr(value).split())[:100]


def _mask(plain: Any) -> Any:
    """Give the mask of what is not a masked array."""
    return getattr(plain, "mask", False)


def kept_columns(table: Table, rows: NDArray[np.intp], taken: Sequence[str]) -> list[Any]:
    """Take the user's own columns along."""
    names = {name.lower() for name in taken}
    found = []
    for name in table.colnames:
        column = _plain(table[name], name)
        if column is None:
            continue
        new = name
        while new.lower() in names or _BEGINS.match(new):
            new = _PREFIX + new
        names = names | {new.lower()}
        column = column[rows]
        column.info.name = new
        found.append(column)
    return found


def _plain(column: Any, name: str) -> Any:
    """Turn a column of objects into one of strings or numbers; None where there is no way."""
    if getattr(column, "dtype", None) is None or column.dtype.kind != "O":
        return column
    found = typed(column)
    if found is None:
        warn(
            f"Column {name!r} of the list holds objects that no file takes; it is left out.",
            InputWarning,
        )
    return found
