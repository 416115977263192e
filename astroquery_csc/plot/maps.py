# Licensed under a 3-clause BSD style license - see LICENSE
"""Sources on the sky."""

from typing import TYPE_CHECKING, Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astroquery_csc.columns import doubles
from astroquery_csc.plot.frames import Picture
from astroquery_csc.plot.marks import (
    BLACK,
    COLOURS,
    GREY,
    HEXAGONS_FROM,
    VERMILION,
    Bools,
    Floats,
    Fluxes,
    add_legend_beside,
    check_table,
    draw_hexagons,
    make_axes,
    read_fluxes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["sky"]

_VERB = "Csc.query_region(position, radius)"
_ELLIPSE = ("err_ellipse_r0", "err_ellipse_r1", "err_ellipse_ang")
_MOST_NAMES = 30
_TURN = np.linspace(0, 360, 61) * u.deg


def sky(table: Table, *, centre: Any = None, radius: Any = None, ax: Any = None) -> "Axes":
    """
    Draw sources on the sky, east to the left.

    Marks are larger where the flux is larger; triangles are upper limits, and crosses are fluxes
    that were not measured. Error ellipses (95 %) are drawn where the table contains them. From
    1,000 rows on the picture is a hexbin with a colour bar. A table that spans more than 60
    degrees is drawn on the whole sky, with right ascension from 370 to −10 degrees.

    Parameters
    ----------
    table : `~astropy.table.Table`
        Sources with ra and dec, as from `~astroquery_csc.CscClass.query_region`.
    centre : `~astropy.coordinates.SkyCoord`, optional
        The middle of the picture; by default that of the sources.
    radius : `~astropy.units.Quantity` or str, optional
        Draw this circle around ``centre``, and no more than it.
    ax : `~matplotlib.axes.Axes`, optional
        Where to draw; without it, on a new figure. On the WCSAxes of an image the sources are drawn
        over the image, whose limits stay.

    Returns
    -------
    `~matplotlib.axes.Axes`
        The axes.

    Raises
    ------
    InputTypeError
        If ``table`` is not a table, or ``centre`` is not one position.
    InvalidQueryError
        If the table contains no positions, or ``radius`` is given without ``centre``.
    MissingPackageError
        If matplotlib is missing or broken.

    Examples
    --------
    >>> from astroquery_csc import Csc, plot
    >>> t = Csc.query_region("NGC 1333", "2 arcmin")
    >>> ax = plot.sky(t)  # doctest: +SKIP
    """
    axes = make_axes(ax, "plot.sky", size=(8.8, 6.4))
    checked = check_table(table, "plot.sky", ["ra", "dec"], _VERB)
    picture = Picture.of(axes, checked, centre, radius)
    if len(checked) >= HEXAGONS_FROM:
        x, y = picture.place(picture.ra, picture.dec)
        draw_hexagons(axes, x, y, log=False, grid=(72, 36) if picture.kind == "wide" else 40)
    else:
        _draw_ellipses(picture, checked)
        _draw_sources(picture, checked)
        _write_names(picture, checked)
    picture.frame()
    add_legend_beside(axes)
    return axes


def _draw_ellipses(picture: Picture, table: Table) -> None:
    """Draw the error ellipses that the table contains."""
    if picture.kind == "wide" or any(name not in table.colnames for name in _ELLIPSE):
        return
    from matplotlib.collections import PolyCollection

    major, minor, angle = (doubles(table[name]) for name in _ELLIPSE)
    whole = np.isfinite([picture.ra, picture.dec, major, minor, angle]).all(axis=0)
    turn = _TURN.to_value(u.rad)
    along, across = np.cos(turn) * major[whole, None], np.sin(turn) * minor[whole, None]
    position = np.radians(angle[whole, None]) + np.arctan2(across, along)
    where = SkyCoord(picture.ra[whole, None], picture.dec[whole, None], unit="deg")
    rim = where.directional_offset_by(position * u.rad, np.hypot(along, across) * u.arcsec)
    if not whole.any():
        return
    outlines = np.stack(picture.place(rim.ra.deg, rim.dec.deg), axis=-1)
    picture.axes.add_collection(PolyCollection(list(outlines), fc="none", ec=BLACK, lw=0.8))
    picture.axes.plot([], [], "o", mfc="none", c=BLACK, label="error ellipse, 95 %")


def _draw_sources(picture: Picture, table: Table) -> None:
    """Draw each source: measured, upper limit, not measured."""
    x, y = picture.place(picture.ra, picture.dec)
    fluxes = read_fluxes(table)
    if fluxes is None or picture.kind == "wide":
        area = float(np.clip(6_000 / max(len(table), 1), 8, 30))
        picture.axes.scatter(x, y, s=area, c=COLOURS[0], alpha=0.75, lw=0)
        return
    _draw_fluxes(picture.axes, x, y, fluxes)


def _draw_fluxes(axes: Any, x: Floats, y: Floats, fluxes: Fluxes) -> None:
    """Draw sources by their flux, and explain the marks."""
    seen, limit, null = fluxes.seen, fluxes.limit, fluxes.null
    zero = ~(seen | limit | null)
    axes.scatter(x[seen], y[seen], s=_areas(fluxes.value[seen]), c=COLOURS[0], alpha=0.75, lw=0)
    for power in _powers(fluxes.value[seen]):
        label = f"{fluxes.name} = 10$^{{{power}}}$"
        area = _areas(np.array([10.0**power]))
        axes.scatter([], [], s=area, c=COLOURS[0], alpha=0.75, lw=0, label=label)
    marks: tuple[tuple[Bools, str, dict[str, Any]], ...] = (
        (limit, f"upper limit ({fluxes.level})", {"marker": "v", "fc": "none", "ec": VERMILION}),
        (null, "null: not measured", {"marker": "x", "c": BLACK}),
        (zero, "flux 0", {"marker": "s", "fc": "none", "ec": GREY}),
    )
    for rows, label, style in marks:
        if rows.any():
            axes.scatter(x[rows], y[rows], s=60, lw=1.5, label=label, **style)


def _areas(flux: Floats) -> Floats:
    """Area of a mark, in square points: the brighter the larger, slowly."""
    return 25 * np.clip(np.log10(flux) + 16.5, 0.6, 4.5) ** 2


def _powers(flux: Floats) -> list[int]:
    """Choose the fluxes of the legend: at most three powers of 10 about what is drawn."""
    if not flux.size:
        return []
    low, high = np.round(np.log10([flux.min(), flux.max()])).astype(int).tolist()
    return list(dict.fromkeys([low, (low + high) // 2, high]))


def _write_names(picture: Picture, table: Table) -> None:
    """Write the names of a few sources, each where there is room."""
    if "name" not in table.colnames or len(table) > _MOST_NAMES or picture.kind == "wide":
        return
    from matplotlib.patheffects import withStroke

    x, y = picture.place(picture.ra, picture.dec)
    across, up = picture.scale
    for name, column, row in zip(table["name"].tolist(), x, y, strict=True):
        close = (y < row) & (y > row - 0.12 * up) & (np.abs(x - column) < 0.24 * across)
        sign = 1 if close.any() else -1
        picture.axes.annotate(
            str(name).removeprefix("2CXO "),
            (column, row),
            xytext=(0, 10 * sign),
            textcoords="offset points",
            ha="center",
            va="bottom" if sign > 0 else "top",
            fontsize=7,
            annotation_clip=True,
            path_effects=[withStroke(linewidth=2.5, foreground="w")],
        )
