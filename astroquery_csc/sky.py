# Licensed under a 3-clause BSD style license - see LICENSE
"""
Where a cone or a box is on the sphere, in plain numbers: seams, poles and cuts.

Pure functions; all angles are degrees, ICRS.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Box", "cone_boxes", "corner_radius_deg", "offsets_deg", "separation_deg"]

#: Widens every box by 0.01″, so that rounding on the way to the service loses nothing.
MARGIN_DEG = 0.01 / 3600


@dataclass(frozen=True, slots=True)
class Box:
    """
    A range in right ascension and declination that does not cross RA 0; degrees.

    Parameters
    ----------
    ra_min_deg, ra_max_deg, dec_min_deg, dec_max_deg : float
        The edges, which belong to the box.
    """

    ra_min_deg: float
    ra_max_deg: float
    dec_min_deg: float
    dec_max_deg: float


def cone_boxes(ra_deg: float, dec_deg: float, radius_deg: float) -> list[Box]:
    """
    Cover a cone with boxes in right ascension and declination.

    Parameters
    ----------
    ra_deg, dec_deg : float
        Centre.
    radius_deg : float
        Radius, 0 to 180.

    Returns
    -------
    list of Box
        One box, or two where the cone crosses RA 0. A cone that holds a pole gives all of RA.
        Each edge lies 0.01″ or more outside the cone.

    Examples
    --------
    >>> from astroquery_csc.sky import cone_boxes
    >>> len(cone_boxes(0.0, 10.0, 1.0)), len(cone_boxes(10.0, 10.0, 1.0))
    (2, 1)
    """
    radius_deg = radius_deg + MARGIN_DEG
    dec_min, dec_max = max(dec_deg - radius_deg, -90.0), min(dec_deg + radius_deg, 90.0)
    if dec_min <= -90.0 or dec_max >= 90.0:
        return [Box(0.0, 360.0, dec_min, dec_max)]
    ratio = math.sin(math.radians(radius_deg)) / math.cos(math.radians(dec_deg))
    half = math.degrees(math.asin(min(ratio, 1.0))) + MARGIN_DEG
    # Near a pole the arcsine loses digits; a tenth of a percent more costs a few rows.
    half *= 1.001
    low, high = ra_deg % 360.0 - half, ra_deg % 360.0 + half
    if low < 0.0:
        spans = [(0.0, high), (low + 360.0, 360.0)]
    elif high > 360.0:
        spans = [(0.0, high - 360.0), (low, 360.0)]
    else:
        spans = [(low, high)]
    return [Box(first, last, dec_min, dec_max) for first, last in spans]


def separation_deg(
    ra_deg: ArrayLike, dec_deg: ArrayLike, ra0_deg: ArrayLike, dec0_deg: ArrayLike
) -> NDArray[np.float64]:
    """
    Measure great-circle separations, accurate from microarcseconds to 180 degrees.

    Parameters
    ----------
    ra_deg, dec_deg, ra0_deg, dec0_deg : array_like
        Positions; shapes broadcast.

    Returns
    -------
    `~numpy.ndarray`
        Separations in degrees (Vincenty's formula, as astropy's).

    Examples
    --------
    >>> from astroquery_csc.sky import separation_deg
    >>> float(separation_deg(10.0, 0.0, 11.0, 0.0))
    1.0
    """
    delta = np.radians(np.subtract(ra_deg, ra0_deg))
    dec, dec0 = np.radians(dec_deg), np.radians(dec0_deg)
    sin1, cos1, sin2, cos2 = np.sin(dec), np.cos(dec), np.sin(dec0), np.cos(dec0)
    cross = np.hypot(cos2 * np.sin(delta), cos1 * sin2 - sin1 * cos2 * np.cos(delta))
    along = sin1 * sin2 + cos1 * cos2 * np.cos(delta)
    return np.asarray(np.degrees(np.arctan2(cross, along)), dtype=np.float64)


def offsets_deg(
    ra_deg: ArrayLike, dec_deg: ArrayLike, ra0_deg: float, dec0_deg: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Express positions as longitude and latitude in the sky-offset frame of a centre.

    Parameters
    ----------
    ra_deg, dec_deg : array_like
        Positions.
    ra0_deg, dec0_deg : float
        Centre, the origin of the frame, whose latitude points north.

    Returns
    -------
    longitude, latitude : `~numpy.ndarray`
        Degrees, longitude from -180 to 180: what
        `~astropy.coordinates.SkyCoord.spherical_offsets_to` gives.

    Examples
    --------
    >>> from astroquery_csc.sky import offsets_deg
    >>> [float(x) for x in offsets_deg(11.0, 0.0, 10.0, 0.0)]
    [1.0, 0.0]
    """
    delta, dec, dec0 = (
        np.radians(np.subtract(ra_deg, ra0_deg)),
        np.radians(dec_deg),
        math.radians(dec0_deg),
    )
    x = np.cos(dec) * np.cos(delta)
    y = np.cos(dec) * np.sin(delta)
    z = np.sin(dec)
    forward = x * math.cos(dec0) + z * math.sin(dec0)
    up = z * math.cos(dec0) - x * math.sin(dec0)
    longitude = np.degrees(np.arctan2(y, forward))
    latitude = np.degrees(np.arctan2(up, np.hypot(forward, y)))
    return np.asarray(longitude, dtype=np.float64), np.asarray(latitude, dtype=np.float64)


def corner_radius_deg(width_deg: float, height_deg: float) -> float:
    """
    Find the smallest cone that holds a box of the sky-offset frame around its centre.

    Parameters
    ----------
    width_deg, height_deg : float
        Full width (0 to 360) and height (0 to 180) of the box.

    Returns
    -------
    float
        Radius in degrees.

    Examples
    --------
    >>> from astroquery_csc.sky import corner_radius_deg
    >>> round(corner_radius_deg(0.02, 0.0), 6)
    0.01
    """
    half_width, half_height = math.radians(width_deg / 2), math.radians(height_deg / 2)
    if half_width > math.pi / 2:
        # Behind the poles the far edge lies on the frame's equator, not at a corner.
        return math.degrees(half_width)
    corner = separation_deg(width_deg / 2, height_deg / 2, 0.0, 0.0)
    return max(float(corner), math.degrees(half_height))
