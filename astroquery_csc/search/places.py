# Licensed under a 3-clause BSD style license - see LICENSE
"""Positions and angles as users write them, checked before anything is sent."""

import contextlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import Angle, BaseCoordinateFrame, RadialDifferential, SkyCoord
from astropy.coordinates.errors import ConvertError
from astroquery.exceptions import InputWarning
from numpy.typing import NDArray

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, ResolverError, warn

__all__ = [
    "MAX_RADIUS_DEG",
    "Positions",
    "Resolver",
    "angles_deg",
    "read_incomplete_positions",
    "read_positions",
    "warn_if_moving",
]

MAX_RADIUS_DEG = 180.0
_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
#: Turns a name into a position; None for an unknown name.
Resolver = Callable[[str], SkyCoord | None]
#: Columns of proper motions, as Gaia, VizieR and astropy call them.
_MOTIONS = frozenset({"pmra", "pmdec", "pmde", "pm_ra_cosdec", "pm_dec"})
_TWO_NUMBERS = re.compile(rf"\s*{_NUMBER}(?:\s*,\s*|\s+){_NUMBER}\s*", re.ASCII)

#: Hours and degrees, as the command line reads them: with colons, or as six numbers.
_SEXAGESIMAL = re.compile(
    r"\s*\d{1,2}([:\s])\s*\d{1,2}\1\s*\d{1,2}(?:\.\d*)?(?:\s*,\s*|\s+|(?=[-+]))"
    r"[-+]?\d{1,2}\1\s*\d{1,2}\1\s*\d{1,2}(?:\.\d*)?\s*",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Positions:
    """Positions on the sky, ICRS."""

    ra_deg: NDArray[np.float64]
    dec_deg: NDArray[np.float64]
    scalar: bool
    label: str = ""


def read_positions(coordinates: object, resolver: Resolver | None = None) -> Positions:
    """Read the ``coordinates`` of a verb."""
    found = read_incomplete_positions(coordinates, resolver)
    if np.any(getattr(coordinates, "masked", False)) and np.any(getattr(coordinates, "mask", ())):
        raise InvalidQueryError(
            "Some coordinates are masked. Drop them: coordinates[~coordinates.mask]."
        )
    if not found.ra_deg.size:
        raise InvalidQueryError("coordinates is empty. Give at least one position.")
    lost = np.flatnonzero(~np.isfinite(found.ra_deg + found.dec_deg))
    if lost.size:
        raise InvalidQueryError(
            f"Position {lost[0]} is not finite: ra={found.ra_deg[lost[0]]:g}, "
            f"dec={found.dec_deg[lost[0]]:g}. Drop positions that are NaN."
        )
    warn_if_moving(coordinates)
    return found


def warn_if_moving(coordinates: object, columns: Iterable[str] = ()) -> None:
    """Say that proper motions are not applied, where there are some."""
    motion = getattr(getattr(coordinates, "data", None), "differentials", {}).get("s")
    in_table = _MOTIONS & {name.lower() for name in columns}
    if in_table or not (motion is None or isinstance(motion, RadialDifferential)):
        warn(
            "Positions are used as given: proper motions are not applied, and the catalogue has "
            "none. To move positions to the epoch of the observations first: "
            "coordinates.apply_space_motion(new_obstime=Time('2010-01-01')).",
            InputWarning,
        )


def read_incomplete_positions(coordinates: object, resolver: Resolver | None = None) -> Positions:
    """Read coordinates as `read_positions` does, also where some are missing."""
    label = ""
    if isinstance(coordinates, str):
        coordinates, label = _from_text(coordinates, resolver)
    if isinstance(coordinates, BaseCoordinateFrame) and coordinates.has_data:
        coordinates = SkyCoord(coordinates)
    if not isinstance(coordinates, SkyCoord):
        raise InputTypeError(
            f"coordinates is a {type(coordinates).__name__}; expected a SkyCoord, scalar or array, "
            "a string with a position, or a name. Write SkyCoord(ra, dec, unit='deg')."
        )
    try:
        sphere = coordinates.icrs.spherical
    except (ConvertError, ValueError, AttributeError, u.UnitsError) as error:
        # AttributeError: horizontal coordinates without a place and a time.
        why = "it lacks what that takes" if isinstance(error, AttributeError) else error
        raise InvalidQueryError(
            f"The frame {coordinates.frame.name!r} cannot be turned into ICRS: {why}. Give it what "
            "its transformation needs (AltAz: obstime and location), or a SkyCoord in ICRS."
        ) from error
    with np.errstate(invalid="ignore"):  # an infinite one becomes NaN
        lon, lat = sphere.lon.wrap_at(360 * u.deg), sphere.lat
    ra_deg, dec_deg = (_unmasked(angle.deg).ravel() for angle in (lon, lat))
    return Positions(ra_deg, dec_deg, coordinates.shape == (), label)


def _unmasked(numbers: Any) -> NDArray[np.float64]:
    """Give plain numbers, NaN where one is masked."""
    plain = np.asarray(getattr(numbers, "unmasked", numbers), dtype=np.float64)
    return np.where(getattr(numbers, "mask", False), np.nan, plain)


def _with_ascii_minus(text: str) -> str:
    """Write blanks, and a minus sign or a dash before a digit and not after a letter, in ASCII."""
    text = re.sub(r"[^\S\n]", " ", text)
    return re.sub(r"(?<![^\W\d_])[\u2010-\u2014\u2212](?=[\d.])", "-", text)


def _from_text(text: str, resolver: Resolver | None) -> tuple[SkyCoord, str]:
    """Read a string as a position or, failing that, as the name of an object."""
    if not text.strip():
        raise InvalidQueryError("coordinates is an empty string. Write '52.297 31.31' or a name.")
    text = _with_ascii_minus(text)
    numbers = _TWO_NUMBERS.fullmatch(text)
    with contextlib.suppress(ValueError, u.UnitsError, TypeError):
        if _SEXAGESIMAL.fullmatch(text):
            pair = " ".join(re.sub(r"[,]|(?=[-+])", " ", text).split())
            return SkyCoord(pair, unit=(u.hourangle, u.deg), frame="icrs"), ""
        if numbers is not None and np.isfinite(float(numbers[1])):
            return SkyCoord(float(numbers[1]), float(numbers[2]), frame="icrs", unit="deg"), ""
        # Without a unit this raises: one angle of two, or half of one, can be hours or degrees.
        return SkyCoord(text.replace(",", " "), frame="icrs"), ""
    if numbers is not None or re.fullmatch(r"[-+\d\s.,:hmsd°'\"]+", text):
        raise InvalidQueryError(
            f"{text!r} is not a position. Write '52.297 31.31' (degrees), "
            "'03h29m11s +31d18m36s', or a name."
        )
    found = None if resolver is None else resolver(text)
    if found is None:
        raise ResolverError(
            f"The name {text!r} is not known to the resolver and is not a position. Give "
            "coordinates: SkyCoord(ra, dec, unit='deg'). A source of the catalogue is found by "
            "query_object, with its 2CXO name."
        )
    return found, text.strip()


def angles_deg(
    value: object, name: str, count: int, *, maximum_deg: float = MAX_RADIUS_DEG
) -> NDArray[np.float64]:
    """Read a radius, width or height."""
    if isinstance(value, str):
        try:
            value = Angle(value)
        except (ValueError, u.UnitsError, TypeError) as error:
            raise InvalidQueryError(
                f"{name} {value!r} is not an angle with a unit. Write '2 arcmin'."
            ) from error
    if not isinstance(value, u.Quantity):
        raise InputTypeError(
            f"{name} is {value!r}, without a unit. Write {name}=2*u.arcmin, or '2 arcmin'."
        )
    try:
        angle = np.asarray(value.to_value(u.deg), dtype=np.float64)
    except u.UnitConversionError as error:
        raise InvalidQueryError(f"{name} is {value!r}; expected an angle.") from error
    if angle.shape not in ((), (1,), (count,)) and angle.size != count:
        raise InvalidQueryError(
            f"{name} has shape {angle.shape}; expected one value"
            + (f", or one for each of {count} positions." if count > 1 else " for one position.")
        )
    if np.any(getattr(value, "mask", False)):
        raise InvalidQueryError(f"{name} is {value!r}; masked values are not angles.")
    if not (np.isfinite(angle).all() and (angle > 0).all() and (angle <= maximum_deg).all()):
        raise InvalidQueryError(
            f"{name} is {value!r}; expected more than 0 and at most {maximum_deg:g} deg."
        )
    return np.array(np.broadcast_to(angle.ravel(), (count,)))
