# Licensed under a 3-clause BSD style license - see LICENSE
"""Numbers that a user set on ``conf``, or in a file, checked where they are used."""

import math

from astroquery_csc.exceptions import InvalidQueryError

__all__ = ["number"]


def number(name: str, value: float, *, least: float = 0.0) -> float:
    """
    Check a number of the configuration.

    Parameters
    ----------
    name : str
        Which one.
    value : float
        What it is now.
    least : float, optional
        Smallest value that makes sense.

    Returns
    -------
    float
        The same, finite.

    Raises
    ------
    InvalidQueryError
        If it is smaller, or not finite.

    Examples
    --------
    >>> from astroquery_csc.config import conf
    >>> from astroquery_csc.settings import number
    >>> number("timeout", conf.timeout)
    120.0
    """
    value = float(value)
    if not least <= value < math.inf:
        raise InvalidQueryError(
            f"conf.{name} is {value:g}; expected a number, {least:g} or more. "
            f"conf.reset({name!r}) restores it."
        )
    return value
