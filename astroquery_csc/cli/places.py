# Licensed under a 3-clause BSD style license - see LICENSE
"""
Places and radii as people type them at a prompt: ``52.297 31.31 2``, ``NGC 1333 30arcsec``.

Nothing is resolved here.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import Angle, SkyCoord
from astropy.table import MaskedColumn, Table

from astroquery_csc.cli.formats import ending_of
from astroquery_csc.exceptions import InvalidQueryError

__all__ = ["read_cone", "read_names", "read_place", "read_radius", "read_table"]

_ANGLE = re.compile(r"[+-]?\d[\d.:hmsd°'\"]*", re.ASCII)
_RADIUS = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-zA-Z'\"′″°]*)", re.ASCII)
_MINUS = str.maketrans({"−": "-", "–": "-"})

#: The second half of a source's name, which may end with a letter.
_SOURCE = re.compile(r"J\d{6}")
_NEXT_NAME = re.compile(r"\s+(?=2?CXO[ J])", re.IGNORECASE)
#: Columns that are positions in degrees if a file has no units.
_DEGREES = frozenset(
    {"ra", "dec", "raj2000", "dej2000", "ra_icrs", "de_icrs", "ra_deg", "dec_deg", "_ra", "_de"}
)
#: What a number in degrees does not have between its digits.
_SEXAGESIMAL = re.compile(r"\d\s*[:hd°\s]\s*\d", re.ASCII)
#: How files are read, by their ending.
_READ = {
    ".csv": "ascii.csv",
    ".tsv": "ascii.tab",
    ".txt": "ascii",
    ".ecsv": "ascii.ecsv",
    ".fits": "fits",
    ".fits.gz": "fits",
    ".vot": "votable",
    ".xml": "votable",
    ".parquet": "parquet",
}

#: How a radius may end; without an ending it is in arcmin, as CIAO has it.
_UNITS = {
    u.arcmin: ("", "arcmin", "arcmins", "arcminute", "arcminutes", "'", "′"),
    u.arcsec: ("arcsec", "arcsecs", "arcsecond", "arcseconds", '"', "″"),
    u.deg: ("deg", "degree", "degrees", "d", "°"),
}
_UNIT_BY_WORD = {word: unit for unit, words in _UNITS.items() for word in words}


def read_radius(text: str, *, needs_unit: bool = False) -> u.Quantity:
    """Read a radius."""
    found = _RADIUS.fullmatch(text.strip())
    unit = None if found is None else _UNIT_BY_WORD.get(found[2].lower())
    if found is None or unit is None or (needs_unit and not found[2]):
        ways = "2arcmin, 30arcsec" if needs_unit else "2 (arcmin), 30arcsec"
        raise InvalidQueryError(
            f"RADIUS {text.strip()!r} is not understood. Write {ways} or 0.5deg."
        )
    return float(found[1]) * unit


def read_cone(words: Sequence[str]) -> tuple[list[str], u.Quantity | None]:
    """Divide what was typed into a place and a radius, which may be missing."""
    parts = " ".join(words).split()
    if words[0].startswith("@"):
        rest = list(words[1:])
        return [words[0]], read_radius(" ".join(rest)) if rest else None
    number = _RADIUS.fullmatch(parts[-1]) if parts else None
    if len(parts) > 2 and parts[-1].lower() in _UNIT_BY_WORD and _is_plain(parts[-2]):
        return parts[:-2], read_radius(" ".join(parts[-2:]))
    if number is None or len(parts) < 2:
        return parts, None
    if number[2] or not _ends_the_place(parts):
        return parts[:-1], read_radius(parts[-1])
    return parts, None


def _is_plain(text: str) -> bool:
    """Look whether a text is a number without a unit."""
    found = _RADIUS.fullmatch(text)
    return found is not None and not found[2]


def _ends_the_place(parts: Sequence[str]) -> bool:
    """Look whether a last bare number belongs to the place: RA DEC, or NGC 1333."""
    texts = " ".join(parts).translate(_MINUS).replace(",", " ").split()
    if all(map(_ANGLE.fullmatch, texts)):
        return len(texts) in {2, 6}
    before = parts[-2]
    return before[-1].isalpha() and _SOURCE.search(before) is None


def read_names(words: Sequence[str]) -> list[str]:
    """Read 2CXO names, with or without quotes; ``@FILE`` has one per line."""
    if len(words) == 1 and words[0].startswith("@"):
        lines = _read_text(words[0][1:]).splitlines()
        return [" ".join(line.split()) for line in lines if line.strip()]
    text = " ".join(" ".join(words).replace(",", " ").split())
    return [name.strip() for name in _NEXT_NAME.split(text) if name.strip()]


def _read_text(name: str) -> str:
    """Read a file of text."""
    try:
        return Path(name).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidQueryError(f"{name!r} cannot be read: {reason}.") from error


def read_table(name: str) -> tuple[Table, list[str], list[str]]:
    """Read a list, and name the columns that are taken as degrees, and those that are texts."""
    path = Path(name).expanduser()
    if not path.is_file():
        raise InvalidQueryError(f"{name!r} is not a file that exists.")
    kind = _READ.get(ending_of(path))
    try:
        table: Table = Table.read(path, format=kind)
    except (OSError, ValueError, TypeError, ImportError) as error:
        words = str(error).strip().splitlines() or [type(error).__name__]
        raise InvalidQueryError(
            f"{name!r} cannot be read as a table: {words[0]} Known endings: {', '.join(_READ)}."
        ) from error
    texts = _from_sexagesimal(table)
    return table, _in_degrees(table), texts


def _from_sexagesimal(table: Table) -> list[str]:
    """Turn positions in hours, minutes and seconds, as a CSV has them, into degrees."""
    found = [
        name
        for name in table.colnames
        if name.lower() in _DEGREES
        and table[name].dtype.kind == "U"
        and all(map(_SEXAGESIMAL.search, np.ma.compressed(table[name])))
    ]
    for name in found:
        there = ~np.ma.getmaskarray(table[name])
        unit = u.hourangle if "ra" in name.lower() else u.deg
        values = np.zeros(len(table))
        try:
            values[there] = Angle(list(table[name][there]), unit).deg
        except (ValueError, u.UnitsError) as error:
            raise InvalidQueryError(
                f"Column {name!r} is not a column of positions: {error}. Write 12:30:46.6 for RA "
                "in hours and +12:19:17 for Dec, or both in degrees."
            ) from error
        table[name] = MaskedColumn(values, mask=~there, unit=u.deg)
    return found


def _in_degrees(table: Table) -> list[str]:
    """Give columns of positions that are numbers without a unit the unit degree."""
    found = [
        column.info.name
        for column in table.itercols()
        if column.info.name.lower() in _DEGREES
        and column.info.unit is None
        and column.info.dtype.kind in "fi"
    ]
    for column in found:
        table[column].unit = u.deg
    return found


def read_place(words: Sequence[str]) -> SkyCoord | str:
    """Read a position, or the name of an object."""
    parts = " ".join(words).translate(_MINUS).replace(",", " ").split()
    if not parts:
        raise InvalidQueryError("The place is empty. Write RA DEC, as in 52.297 31.31, or a name.")
    if not all(map(_ANGLE.fullmatch, parts)):
        return " ".join(" ".join(words).split())
    if len(parts) not in (2, 6):
        raise InvalidQueryError(
            f"{' '.join(parts)!r} is not a position: expected RA DEC (and then RADIUS). Write "
            "52.297 31.31, or 03:29:11.3 +31:18:36."
        )
    return _position(parts)


def _position(parts: Sequence[str]) -> SkyCoord:
    """Make the position; RA is in hours where it is not one plain number."""
    half = len(parts) // 2
    ra, dec = " ".join(parts[:half]), " ".join(parts[half:])
    is_hours = half == 3 or ":" in ra
    _check_ra(ra, 24 if is_hours else 360)
    try:
        return SkyCoord(ra, dec, unit=(u.hourangle if is_hours else u.deg, u.deg), frame="icrs")
    except (ValueError, TypeError, u.UnitsError) as error:
        raise InvalidQueryError(
            f"{ra} {dec} is not a position ({' '.join(str(error).split())}). Write 52.297 31.31, "
            "or 03:29:11.3 +31:18:36."
        ) from error


def _check_ra(ra: str, most: int) -> None:
    """Refuse a right ascension that SkyCoord would wrap around the sky."""
    first = float(re.match(r"[+-]?\d+\.?\d*", ra)[0])  # type: ignore[index]
    if not 0 <= first <= most:
        unit = "hours" if most == 24 else "degrees"
        raise InvalidQueryError(
            f"RA {ra} is not between 0 and {most} {unit}. Write 52.297 31.31, or "
            "03:29:11.3 +31:18:36."
        )
