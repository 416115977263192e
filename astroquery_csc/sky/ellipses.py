# Licensed under a 3-clause BSD style license - see LICENSE
"""
Error ellipses: how many sigma two positions are apart, and the ellipses as regions.

The distance is Mahalanobis' in two dimensions: the difference of two positions in units of the
ellipse that both errors make together. One sigma holds 39 %, 2.4477 sigma hold 95 %, the level at
which the catalogue publishes its ellipses.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astroquery.exceptions import InputWarning
from numpy.typing import ArrayLike, NDArray

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, warn
from astroquery_csc.optional import need
from astroquery_csc.sky.geometry import position_angle_deg

__all__ = [
    "SIGMA_95",
    "Covariance",
    "Sides",
    "ellipse",
    "nsigma",
    "to_regions",
]

_SHAPE = {
    "ra": u.deg,
    "dec": u.deg,
    "err_ellipse_r0": u.arcsec,
    "err_ellipse_r1": u.arcsec,
    "err_ellipse_ang": u.deg,
}


def to_regions(rows: Table, *, prefix: str = "") -> Any:
    """
    Turn the error ellipses of sources or stack detections into regions on the sky.

    Parameters
    ----------
    rows : `~astropy.table.Table`
        With ra, dec and err_ellipse_r0, err_ellipse_r1, err_ellipse_ang: masters with
        ``columns="match"``, or detections with ``level="stack"``.
    prefix : str, optional
        What stands before these names: ``"master_"``, ``"stack_"``.

    Returns
    -------
    `~regions.Regions`
        An `~regions.EllipseSkyRegion` for each row: the 95 % ellipse, whose semi-axes are r0 and
        r1 and whose major axis, the region's width, lies at position angle ang, east of north;
        one sigma in two dimensions is 1/2.4477 of it. ``meta["text"]`` is the name. A row
        without an ellipse (extended sources may have none) has no region, with a warning.

    Raises
    ------
    MissingPackageError
        If regions is not installed.
    InputTypeError
        If ``rows`` is not a table.
    InvalidQueryError
        If a column is missing; the message names it.

    Examples
    --------
    >>> from astroquery_csc import Csc, to_regions
    >>> t = Csc.query_criteria(columns="match", column_filters={"significance": (60, None)})
    >>> ellipses = to_regions(t)  # doctest: +SKIP
    >>> ellipses.write("csc.reg", format="ds9")  # doctest: +SKIP
    """
    regions = need("regions", "to_regions", extra="all")
    table = _check(rows, prefix)
    values = {name: _quantity(table, prefix + name, unit) for name, unit in _SHAPE.items()}
    whole = np.isfinite([value.value for value in values.values()]).all(axis=0)
    if not whole.all():
        warn(
            f"{int((~whole).sum())} of {len(table)} rows have no error ellipse, and no region.",
            InputWarning,
        )
    names = table["name"].tolist() if "name" in table.colnames else [""] * len(table)
    return regions.Regions(
        [
            _ellipse(regions, {key: value[row] for key, value in values.items()}, names[row])
            for row in np.flatnonzero(whole)
        ]
    )


def _check(rows: Table, prefix: str) -> Table:
    """Refuse what has no error ellipses."""
    if not isinstance(rows, Table):
        raise InputTypeError(f"rows is a {type(rows).__name__}; expected a Table of sources.")
    missing = [prefix + name for name in _SHAPE if prefix + name not in rows.colnames]
    if missing:
        raise InvalidQueryError(
            f"The table has no {', '.join(missing)}. Ask for columns='match' of sources, or for "
            "level='stack' of detections."
        )
    return rows


def _quantity(table: Table, name: str, unit: u.UnitBase) -> u.Quantity:
    """Take a column in a unit, NaN for null."""
    column = table[name]
    numbers: Any = np.ma.asarray(getattr(column, "value", column), dtype=float)
    return u.Quantity(np.ma.filled(numbers, np.nan), column.unit or unit).to(unit)


def _ellipse(regions: Any, shape: dict[str, u.Quantity], name: str) -> Any:
    """Make one ellipse: regions counts its angle from east, the catalogue from north."""
    return regions.EllipseSkyRegion(
        center=SkyCoord(shape["ra"], shape["dec"]),
        width=2 * shape["err_ellipse_r0"],
        height=2 * shape["err_ellipse_r1"],
        angle=shape["err_ellipse_ang"] + 90 * u.deg,
        meta=regions.RegionMeta({"text": name} if name else {}),
    )


Floats = NDArray[np.float64]

#: An ellipse that holds 95 % has axes of this many sigma in two dimensions: sqrt(-2 ln 0.05).
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
