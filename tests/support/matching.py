# Licensed under a 3-clause BSD style license - see LICENSE
"""Counterparts the plain way: every source, unit vectors and matrices, without the package."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support.comparing import masters

Array = NDArray[np.float64]

ARCSEC = float(np.degrees(1) * 3600)


def frames(ra_deg: Any, dec_deg: Any) -> tuple[Array, Array, Array]:
    """Give the unit vectors to places, and there to the east and to the north."""
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    place = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)
    east = np.stack([-np.sin(ra), np.cos(ra), np.zeros_like(ra)], axis=-1)
    return place, east, np.cross(place, east)


def tensors(frame: tuple[Array, Array, Array], axes: Sequence[Any], angle_deg: Any) -> Array:
    """Write ellipses (arcsec, one sigma) at places as tensors in space."""
    _, east, north = frame
    angle = np.radians(np.asarray(angle_deg))[..., None]
    major = np.sin(angle) * east + np.cos(angle) * north
    minor = np.cos(angle) * east - np.sin(angle) * north
    long, short = (np.square(np.asarray(axis))[..., None, None] for axis in axes)
    return np.asarray(
        long * major[..., :, None] * major[..., None, :]
        + short * minor[..., :, None] * minor[..., None, :]
    )


def numbers(table: Any, name: str) -> Array:
    """Take a column, NaN for null."""
    return np.asarray(np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan))


def counterparts(
    targets: Sequence[tuple[float, float]],
    *,
    radius: float = 600.0,
    sigma: float = float("inf"),
    own: Any = (0.0, 0.0, 0.0),
    systematic: float = 0.0,
    table: Any = None,
) -> dict[tuple[int, str], tuple[float, float]]:
    """
    Find the counterparts of targets: (row, name) to (separation, nsigma).

    Angles in arcsec; both ``radius`` and ``sigma`` must hold, the latter where there is an ellipse.
    """
    table = masters() if table is None else table
    sky = frames(numbers(table, "ra"), numbers(table, "dec"))
    published = [numbers(table, f"err_ellipse_{part}") for part in ("r0", "r1", "ang")]
    errors = tensors(
        sky, [radius_95 / 2.447746830680816 for radius_95 in published[:2]], published[2]
    )
    names = [str(name).strip() for name in table["name"]]
    found = {}
    for row, target in enumerate(targets):
        frame = frames(*target)
        far = 2 * np.arcsin(np.linalg.norm(sky[0] - frame[0], axis=1) / 2) * ARCSEC
        total = errors + tensors(frame, own[:2], own[2])
        for place in np.flatnonzero(far <= radius).tolist():
            plane = np.stack([sky[1][place], sky[2][place]])
            offset = plane @ (frame[0] - sky[0][place]) * ARCSEC
            matrix = plane @ total[place] @ plane.T + systematic**2 * np.eye(2)
            nsigma = float(np.sqrt(offset @ np.linalg.inv(matrix) @ offset))
            if not nsigma > sigma or names[place].endswith("X"):
                found[row, names[place]] = (float(far[place]), nsigma)
    return found


def listed(table: Any) -> dict[tuple[int, str], tuple[float, float]]:
    """Write a result as `counterparts` does; rows without a counterpart are left out."""
    rows = table[~np.ma.getmaskarray(table["name"])]
    return {
        (index, name): (separation, nsigma)
        for index, name, separation, nsigma in zip(
            rows["query_index"].tolist(),
            rows["name"].tolist(),
            rows["separation"].tolist(),
            numbers(rows, "nsigma").tolist(),
            strict=True,
        )
    }
