# Licensed under a 3-clause BSD style license - see LICENSE
"""Units as the archive writes them, in a form that every astropy reads without a warning."""

import re

__all__ = ["with_one_slash"]

_FACTOR = re.compile(r"[A-Za-z]+(\*\*\d+)?")


def with_one_slash(unit: str) -> str:
    """Write ``a/b/c`` as ``a/(b c)``: astropy before 7 warns of a second slash."""
    first, *others = unit.split("/")
    if len(others) > 1 and all(_FACTOR.fullmatch(factor) for factor in others):
        return f"{first}/({' '.join(others)})"
    return unit
