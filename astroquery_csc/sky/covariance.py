# Licensed under a 3-clause BSD style license - see LICENSE
"""
How many sigma two positions with error ellipses are apart.

Pure functions. The distance is Mahalanobis' in two dimensions: that of the difference of the
positions, in units of the ellipse that both errors make together. One sigma holds 39 %, 2.4477
hold 95 %, the level at which the catalogue publishes its ellipses.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astroquery_csc.sky.geometry import position_angle_deg

__all__ = ["SIGMA_95", "Covariance", "Sides", "ellipse", "nsigma"]

Floats = NDArray[np.float64]

#: An ellipse that holds 95 % has axes of so many sigma in two dimensions: sqrt(-2 ln 0.05).
SIGMA_95 = float(np.sqrt(-2 * np.log(0.05)))


@dataclass(frozen=True, slots=True)
class Covariance:
    """Covariances of positions, arcsec², in a frame that points east and north."""

    east: Floats
    north: Floats
    both: Floats

    def __add__(self, other: "Covariance") -> "Covariance":
        """Add independent errors."""
        return Covariance(self.east + other.east, self.north + other.north, self.both + other.both)


@dataclass(frozen=True, slots=True)
class Sides:
    """Pairs of a source and a target; degrees."""

    ra_deg: Floats
    dec_deg: Floats
    ra0_deg: Floats
    dec0_deg: Floats

    @property
    def from_source_deg(self) -> Floats:
        """Position angle of the target, seen from the source."""
        return position_angle_deg(self.ra0_deg, self.dec0_deg, self.ra_deg, self.dec_deg)

    @property
    def turn_deg(self) -> Floats:
        """
        What a position angle at the target is more at the source.

        The two norths differ along a parallel: hardly anywhere, but by much next to a pole.
        """
        seen = position_angle_deg(self.ra_deg, self.dec_deg, self.ra0_deg, self.dec0_deg)
        return self.from_source_deg + 180.0 - seen


def ellipse(major: ArrayLike, minor: ArrayLike, angle_deg: ArrayLike) -> Covariance:
    """Turn error ellipses into covariances."""
    angle = np.radians(angle_deg)
    sine, cosine = np.sin(angle), np.cos(angle)
    long, short = np.square(major), np.square(minor)
    return Covariance(
        np.asarray(long * sine**2 + short * cosine**2, dtype=np.float64),
        np.asarray(long * cosine**2 + short * sine**2, dtype=np.float64),
        np.asarray((long - short) * sine * cosine, dtype=np.float64),
    )


def nsigma(separation_arcsec: Floats, direction_deg: Floats, covariance: Covariance) -> Floats:
    """Measure separations in units of their error."""
    angle = np.radians(direction_deg)
    east, north = separation_arcsec * np.sin(angle), separation_arcsec * np.cos(angle)
    determinant = covariance.east * covariance.north - covariance.both**2
    determinant = np.where(determinant > 0.0, determinant, np.nan)
    squared = (
        covariance.north * east**2 - 2 * covariance.both * east * north + covariance.east * north**2
    ) / determinant
    return np.sqrt(np.maximum(squared, 0.0))
