# Licensed under a 3-clause BSD style license - see LICENSE
"""
Places and radii as people type them at a prompt: ``52.297 31.31 2``, ``NGC 1333 30arcsec``.

Pure functions; nothing is resolved here.
"""

import re
from collections.abc import Sequence

from astropy import units as u
from astropy.coordinates import SkyCoord

from astroquery_csc.exceptions import InvalidQueryError

__all__ = ["read_place", "read_radius"]

_ANGLE = re.compile(r"[+-]?\d[\d.:hmsd°'\"]*", re.ASCII)
_RADIUS = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-zA-Z'\"′″°]*)", re.ASCII)
_MINUS = str.maketrans({"−": "-", "–": "-"})

#: How a radius may end; without an ending it is in arcmin, as CIAO has it.
_UNITS = {
    u.arcmin: ("", "arcmin", "arcmins", "arcminute", "arcminutes", "'", "′"),
    u.arcsec: ("arcsec", "arcsecs", "arcsecond", "arcseconds", '"', "″"),
    u.deg: ("deg", "degree", "degrees", "d", "°"),
}
_UNIT_BY_WORD = {word: unit for unit, words in _UNITS.items() for word in words}


def read_radius(text: str) -> u.Quantity:
    """Read a radius."""
    found = _RADIUS.fullmatch(text.strip())
    unit = None if found is None else _UNIT_BY_WORD.get(found[2].lower())
    if found is None or unit is None:
        raise InvalidQueryError(
            f"RADIUS {text.strip()!r} is not understood. Write 2 (arcmin), 30arcsec or 0.5deg."
        )
    return float(found[1]) * unit


def read_place(words: Sequence[str]) -> SkyCoord | str:
    """Read a position, or the name of an object."""
    parts = " ".join(words).translate(_MINUS).replace(",", " ").split()
    if not parts:
        raise InvalidQueryError("The place is empty. Write RA DEC, as in 52.297 31.31, or a name.")
    if not all(map(_ANGLE.fullmatch, parts)):
        return " ".join(" ".join(words).split())
    if len(parts) not in (2, 6):
        raise InvalidQueryError(
            f"{' '.join(parts)!r} is no position: expected RA DEC (and then RADIUS). Write "
            "52.297 31.31, or 03:29:11.3 +31:18:36."
        )
    return _position(parts)


def _position(parts: Sequence[str]) -> SkyCoord:
    """Make the position; RA is in hours where it is not one plain number."""
    half = len(parts) // 2
    ra, dec = " ".join(parts[:half]), " ".join(parts[half:])
    is_hours = half == 3 or ":" in ra
    try:
        return SkyCoord(ra, dec, unit=(u.hourangle if is_hours else u.deg, u.deg), frame="icrs")
    except (ValueError, TypeError, u.UnitsError) as error:
        raise InvalidQueryError(
            f"{ra} {dec} is no position ({' '.join(str(error).split())}). Write 52.297 31.31, or "
            "03:29:11.3 +31:18:36."
        ) from error
