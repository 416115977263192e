# Licensed under a 3-clause BSD style license - see LICENSE
"""Error ellipses as regions of the `regions` package, for DS9 and for masks of images."""

from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astroquery.exceptions import InputWarning

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.notice import warn
from astroquery_csc.optional import need

__all__ = ["to_regions"]

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
