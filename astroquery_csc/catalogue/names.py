# Licensed under a 3-clause BSD style license - see LICENSE
"""
Names of sources: ``2CXO Jhhmmss.s±ddmmss``, then ``A``, ``B``… or ``X``.

Pure functions: any spelling that people use becomes the catalogue's own, and the position that a
name holds can be read from it.
"""

import re
import unicodedata

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError

__all__ = ["RENAMED", "is_csc_name", "look_around", "normalise", "place_of", "position_deg"]

#: Why a source that a paper names may be gone.
RENAMED = "400 names changed in 2.1.1"

_NAME = re.compile(r"2CXO[ _]*J[ _]*(\d{6}\.\d)([+-])(\d{6})([A-WYZ]?X?)", re.ASCII)
_PREFIX = re.compile(r"2CXO[ _]*J[ _]*\d", re.ASCII)
#: A release-1 name, as far as it can be told from a Chandra name of another paper: it has the
#: same digits as a 2CXO name.
_OLD_NAME = re.compile(r"CXO[ _]*J[ _]*\d{6}\.\d[+-]\d{6}[A-Z]?", re.ASCII)
#: As the names of files spell it: no point, and p or m for the sign.
_FILE_FORM = re.compile(r"2CXO[ _]*J(\d{6})(\d)([PM])(\d{6}[A-WYZ]?X?)", re.ASCII)
_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-"})


def _plain(name: str) -> str:
    """Fold case, unicode minus signs and odd blanks away."""
    if not isinstance(name, str):
        raise InputTypeError(
            f"A source name is a string, not {type(name).__name__} "
            f"({' '.join(repr(name).split())[:100]}). "
            "Write '2CXO J032908.3+312020'."
        )
    text = unicodedata.normalize("NFKC", name.translate(_MINUS))
    return " ".join(text.split()).upper()


def is_csc_name(name: str) -> bool:
    """Tell whether a text is meant as a 2CXO name."""
    text = _plain(name)
    if _OLD_NAME.fullmatch(text):
        raise InvalidQueryError(
            f"{name!r} is a name of release 1 of the catalogue. Releases 2.x have 2CXO names: "
            "query_region at the position in the name finds the source.",
            release="1.1",
        )
    return _PREFIX.match(text) is not None


def normalise(name: str) -> str:
    """Write a 2CXO name as the catalogue does."""
    found = _NAME.fullmatch(_with_sign(_plain(name))) if is_csc_name(name) else None
    if found is None or not _on_the_sky(*found.group(1, 3)):
        raise InvalidQueryError(
            f"{name!r} is not a 2CXO name. Expected 2CXO Jhhmmss.s±ddmmss, with A, B… or X after "
            "it for some sources: '2CXO J032908.3+312020'. For the sources at a place, or around "
            "an object with another name: query_object or query_region."
        )
    hours, sign, degrees, suffix = found.groups()
    return f"2CXO J{hours}{sign}{degrees}{suffix}"


def _with_sign(text: str) -> str:
    """Write a name in file-name form, 2CXOJ0329083P312020, with its point and sign."""
    found = _FILE_FORM.fullmatch(text)
    if found is None:
        return text
    hours, tenth, letter, rest = found.groups()
    return f"2CXO J{hours}.{tenth}{'+' if letter == 'P' else '-'}{rest}"


def _on_the_sky(hours: str, degrees: str) -> bool:
    """Check that sexagesimal digits are a position."""
    return (
        int(hours[:2]) < 24
        and int(hours[2:4]) < 60
        and float(hours[4:]) < 60
        and int(degrees[2:4]) < 60
        and int(degrees[4:]) < 60
        and int(degrees) <= 90_00_00
    )


def position_deg(name: str) -> tuple[float, float]:
    """Read the position that a 2CXO name holds."""
    digits = normalise(name)[6:]
    hours = int(digits[:2]) + int(digits[2:4]) / 60 + (float(digits[4:8]) + 0.05) / 3600
    degrees = int(digits[9:11]) + int(digits[11:13]) / 60 + (int(digits[13:15]) + 0.5) / 3600
    return hours * 15, min(degrees, 90.0) * (-1 if digits[8] == "-" else 1)


def place_of(name: str) -> str:
    """Write the position that a 2CXO name holds as a user would."""
    ra_deg, dec_deg = position_deg(name)
    return f"SkyCoord({ra_deg:.5f}, {dec_deg:.5f}, unit='deg')"


def look_around(name: str) -> str:
    """Say why a name may be gone, and what finds the source all the same."""
    return (
        f"{RENAMED}, so look around the position in the name: "
        f"query_region({place_of(name)}, 5*u.arcsec)."
    )
