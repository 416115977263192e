# Licensed under a 3-clause BSD style license - see LICENSE
"""
Where a cone or a box is on the sphere, in plain numbers: seams, poles and cuts.

Pure functions; all angles are degrees, ICRS.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Box",
    "area_deg2",
    "cone_boxes",
    "cone_edges",
    "corner_radius_deg",
    "offsets_deg",
    "position_angle_deg",
    "separation_deg",
]

#: Widens every box by 0.01″, so that rounding on the way to the service loses nothing.
MARGIN_DEG = 0.01 / 3600


@dataclass(frozen=True, slots=True)
class Box:
    """A range in right ascension and declination that does not cross RA 0; degrees."""

    ra_min_deg: float
    ra_max_deg: float
    dec_min_deg: float
    dec_max_deg: float


def cone_boxes(ra_deg: ArrayLike, dec_deg: ArrayLike, radius_deg: ArrayLike) -> list[Box]:
    """Cover cones with boxes in right ascension and declination."""
    _, edges = cone_edges(ra_deg, dec_deg, radius_deg)
    return [Box(*edge) for edge in edges.tolist()]


def cone_edges(
    ra_deg: ArrayLike, dec_deg: ArrayLike, radius_deg: ArrayLike
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Cover cones with boxes, as arrays; `cone_boxes` says which."""
    ra, dec, radius = (
        np.asarray(angle, dtype=np.float64).ravel()
        for angle in np.broadcast_arrays(ra_deg, dec_deg, radius_deg)
    )
    radius = radius + MARGIN_DEG
    dec_min, dec_max = np.maximum(dec - radius, -90.0), np.minimum(dec + radius, 90.0)
    cap = (dec_min <= -90.0) | (dec_max >= 90.0)
    ratio = np.sin(np.radians(radius)) / np.where(cap, 1.0, np.cos(np.radians(dec)))
    half = np.degrees(np.arcsin(np.minimum(ratio, 1.0))) + MARGIN_DEG
    # Near a pole the arcsine loses digits; a tenth of a percent more costs a few rows.
    half *= 1.001
    low, high = ra % 360.0 - half, ra % 360.0 + half
    under, over = ~cap & (low < 0.0), ~cap & (low >= 0.0) & (high > 360.0)
    first = np.where(under | over | cap, 0.0, low)
    last = np.where(cap, 360.0, np.where(over, high - 360.0, high))
    seam = np.flatnonzero(under | over)
    rest = np.where(under, low + 360.0, low)[seam]
    owner = np.concatenate([np.arange(ra.size), seam])
    edges = np.stack(
        [
            np.concatenate([first, rest]),
            np.concatenate([last, np.full(seam.size, 360.0)]),
            dec_min[owner],
            dec_max[owner],
        ],
        axis=1,
    )
    order = np.argsort(owner, kind="stable")
    return owner[order], edges[order]


def area_deg2(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure boxes in right ascension and declination."""
    sines = np.sin(np.radians(edges[:, 2:]))
    height = np.degrees(sines[:, 1] - sines[:, 0])
    return np.asarray((edges[:, 1] - edges[:, 0]) * height, dtype=np.float64)


def separation_deg(
    ra_deg: ArrayLike, dec_deg: ArrayLike, ra0_deg: ArrayLike, dec0_deg: ArrayLike
) -> NDArray[np.float64]:
    """Measure great-circle separations, accurate from microarcseconds to 180 degrees."""
    delta = np.radians(np.subtract(ra_deg, ra0_deg))
    dec, dec0 = np.radians(dec_deg), np.radians(dec0_deg)
    sin1, cos1, sin2, cos2 = np.sin(dec), np.cos(dec), np.sin(dec0), np.cos(dec0)
    cross = np.hypot(cos2 * np.sin(delta), cos1 * sin2 - sin1 * cos2 * np.cos(delta))
    along = sin1 * sin2 + cos1 * cos2 * np.cos(delta)
    return np.asarray(np.degrees(np.arctan2(cross, along)), dtype=np.float64)


def position_angle_deg(
    ra_deg: ArrayLike, dec_deg: ArrayLike, ra0_deg: ArrayLike, dec0_deg: ArrayLike
) -> NDArray[np.float64]:
    """Find in which direction positions are, seen from others."""
    delta = np.radians(np.subtract(ra_deg, ra0_deg))
    dec, dec0 = np.radians(dec_deg), np.radians(dec0_deg)
    east = np.sin(delta) * np.cos(dec)
    # sin(dec - dec0) and one small term: the plain difference loses digits over short distances.
    north = np.sin(dec - dec0) + 2 * np.sin(dec0) * np.cos(dec) * np.sin(delta / 2) ** 2
    return np.asarray(np.degrees(np.arctan2(east, north)), dtype=np.float64)


def offsets_deg(
    ra_deg: ArrayLike, dec_deg: ArrayLike, ra0_deg: ArrayLike, dec0_deg: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Express positions as longitude and latitude in the sky-offset frame of a centre."""
    delta, dec, dec0 = (
        np.radians(np.subtract(ra_deg, ra0_deg)),
        np.radians(dec_deg),
        np.radians(dec0_deg),
    )
    x = np.cos(dec) * np.cos(delta)
    y = np.cos(dec) * np.sin(delta)
    z = np.sin(dec)
    forward = x * np.cos(dec0) + z * np.sin(dec0)
    up = z * np.cos(dec0) - x * np.sin(dec0)
    longitude = np.degrees(np.arctan2(y, forward))
    latitude = np.degrees(np.arctan2(up, np.hypot(forward, y)))
    return np.asarray(longitude, dtype=np.float64), np.asarray(latitude, dtype=np.float64)


def corner_radius_deg(width_deg: ArrayLike, height_deg: ArrayLike) -> NDArray[np.float64]:
    """Find the smallest cones that hold boxes of the sky-offset frame around their centres."""
    half_width, half_height = np.divide(width_deg, 2), np.divide(height_deg, 2)
    corner = separation_deg(half_width, half_height, 0.0, 0.0)
    # Behind the poles the far edge lies on the frame's equator, not at a corner.
    radius = np.where(half_width > 90.0, half_width, np.maximum(corner, half_height))
    return np.asarray(radius, dtype=np.float64)
