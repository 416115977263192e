# Licensed under a 3-clause BSD style license - see LICENSE
"""Numbers that a user set on ``conf``, or in a file, checked where they are used."""

import math

from astroquery_csc.exceptions import InvalidQueryError

__all__ = ["number"]


def number(name: str, value: float, *, least: float = 0.0) -> float:
    """Check a number of the configuration."""
    value = float(value)
    if not least <= value < math.inf:
        raise InvalidQueryError(
            f"conf.{name} is {value:g}; expected a number, {least:g} or more. "
            f"conf.reset({name!r}) restores it."
        )
    return value
