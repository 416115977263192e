# Licensed under a 3-clause BSD style license - see LICENSE
"""Units as the archive writes them, in a form that every astropy reads without a warning."""

import math
import re
from functools import lru_cache

from astropy import units as u

__all__ = ["read_unit", "with_one_slash"]

#: The longest unit of the catalogue has some 30 characters.
_MAX_CHARACTERS = 200
#: The product of all whole numbers in a unit: 10**-17 erg/s/cm**2 has 340.
_MAX_POWER = 10_000

_FACTOR = re.compile(r"[A-Za-z]+(\*\*\d+)?")


def with_one_slash(unit: str) -> str:
    """Write ``a/b/c`` as ``a/(b c)``: astropy before 7 warns of a second slash."""
    first, *others = unit.split("/")
    if len(others) > 1 and all(_FACTOR.fullmatch(factor) for factor in others):
        return f"{first}/({' '.join(others)})"
    return unit


@lru_cache(maxsize=256)
def read_unit(text: str, form: str | None = None) -> u.UnitBase | u.UnrecognizedUnit | None:
    """Read a unit from elsewhere; None for one that could hang the parser (10**999999999)."""
    if len(text) > _MAX_CHARACTERS:
        return None
    numbers = re.findall(r"\d+", re.sub(r"\.\d+", "", text))
    if any(len(number) > 6 for number in numbers):
        return None
    if math.prod(max(1, int(number)) for number in numbers) > _MAX_POWER:
        return None
    try:
        return u.Unit(text, format=form, parse_strict="silent")
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        return None
