# Licensed under a 3-clause BSD style license - see LICENSE
"""Sources on the whole sky, in Mollweide's projection."""

from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astroquery_csc.columns import doubles
from astroquery_csc.plot.marks import (
    COLOURS,
    HEXAGONS_FROM,
    Floats,
    check_table,
    color_bar,
    make_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["all_sky"]

#: Hexagons along a parallel and a meridian: about regular in a figure of twice the width.
_HEXAGONS = (60, 17)


def all_sky(table: Table, *, ax: Any = None) -> "Axes":
    """
    Draw sources on the whole sky, in Galactic coordinates, longitude to the left.

    From 1,000 rows on the picture shows hexagons of equal area with a colour bar.

    Parameters
    ----------
    table : `~astropy.table.Table`
        Sources with ra and dec, as from `~astroquery_csc.CscClass.query_criteria`.
    ax : `~matplotlib.axes.Axes`, optional
        Where to draw, made with ``projection="mollweide"``; without it, on a new figure.

    Returns
    -------
    `~matplotlib.axes.Axes`
        The axes, in Mollweide's projection.

    Raises
    ------
    InputTypeError
        If ``table`` is not a table, or ``ax`` has no projection of the whole sky.
    InvalidQueryError
        If it contains no positions.
    MissingPackageError
        If matplotlib is missing or broken.

    Examples
    --------
    >>> from astroquery_csc import Csc, plot
    >>> t = Csc.query_criteria(column_filters={"significance": (20, None)})
    >>> ax = plot.all_sky(t)  # doctest: +SKIP
    """
    verb = "Csc.query_criteria(column_filters={'significance': (10, None)})"
    made = make_axes(ax, "plot.all_sky", size=(8.4, 4.8), projection="mollweide")
    axes: Any = made
    checked = check_table(table, "plot.all_sky", ["ra", "dec"], verb)
    place = SkyCoord(doubles(checked["ra"]), doubles(checked["dec"]), unit="deg").galactic
    lon, lat = -place.l.wrap_at("180d").rad, place.b.rad
    known = np.isfinite(lon) & np.isfinite(lat)
    lon, lat = lon[known], lat[known]
    ticks = np.arange(-120, 121, 60)
    axes.set_longitude_grid_ends(90)
    axes.set_xticks(np.radians(ticks), [f"{-tick % 360}°" for tick in ticks], fontsize="small")
    axes.grid(color="0.85", lw=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("Galactic longitude")
    axes.set_ylabel("Galactic latitude")
    if lon.size >= HEXAGONS_FROM:
        _draw_sky_hexagons(axes, lon, lat)
    elif lon.size:
        area = float(np.clip(6_000 / lon.size, 6, 22))
        axes.scatter(lon, lat, s=area, c=COLOURS[0], alpha=0.7, lw=0)
    return made


def _draw_sky_hexagons(axes: Any, lon: Floats, lat: Floats) -> None:
    """Draw hexagons in the plane of the projection: hexbin knows none of its own."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    plane = axes.transProjection.transform(np.column_stack([lon, lat]))
    across, up = 2 * np.sqrt(2), np.sqrt(2)
    aside = Figure().add_subplot()
    found = aside.hexbin(*plane.T, gridsize=_HEXAGONS, extent=(-across, across, -up, up), mincnt=1)
    outline = np.asarray(found.get_paths()[0].vertices)
    shown = PolyCollection(
        [outline + offset for offset in np.asarray(found.get_offsets())],
        array=found.get_array(),
        norm=LogNorm(),
        cmap="viridis",
        transform=axes.transAffine + axes.transAxes,
    )
    axes.add_artist(shown)
    color_bar(axes, shown, shrink=0.8)
