# Licensed under a 3-clause BSD style license - see LICENSE
"""Flux against significance."""

from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.table import Table

from astroquery_csc.columns import doubles
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.plot.marks import (
    COLOURS,
    HEXAGONS_FROM,
    VERMILION,
    Floats,
    Fluxes,
    check_table,
    draw_hexagons,
    explain_limits,
    least,
    make_axes,
    read_fluxes,
    tell_left_out,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["flux_significance"]

_WHAT = "plot.flux_significance"
_VERB = "Csc.query_region(position, radius)"


def flux_significance(table: Table, *, ax: Any = None) -> "Axes":
    """
    Draw flux against significance, with the bounds of each flux.

    The flux is the first of flux_aper_b, flux_aper_w, flux_aper90_b and flux_aper90_w that the
    table contains. Upper limits are arrows. From 1,000 rows on the picture is a hexbin with a
    colour bar, and limits are counted below it.

    Parameters
    ----------
    table : `~astropy.table.Table`
        Sources with significance and a flux, as from `~astroquery_csc.CscClass.query_region`.
    ax : `~matplotlib.axes.Axes`, optional
        Where to draw; without it, on a new figure.

    Returns
    -------
    `~matplotlib.axes.Axes`
        The axes, logarithmic in both directions.

    Raises
    ------
    InputTypeError
        If ``table`` is not a table.
    InvalidQueryError
        If it contains no flux or no significance.
    MissingPackageError
        If matplotlib is missing or broken.

    Examples
    --------
    >>> from astroquery_csc import Csc, plot
    >>> t = Csc.query_region("NGC 1333", "2 arcmin")
    >>> ax = plot.flux_significance(t)  # doctest: +SKIP
    """
    axes = make_axes(ax, _WHAT)
    checked = check_table(table, _WHAT, ["significance"], _VERB)
    fluxes = read_fluxes(checked)
    if fluxes is None:
        raise InvalidQueryError(f"{_WHAT}: the table does not contain flux_aper_b. Write {_VERB}.")
    significance = doubles(checked["significance"])
    axes.set_xlabel(fluxes.title)
    axes.set_ylabel("significance (S/N)")
    if len(checked) >= HEXAGONS_FROM:
        _draw_many(axes, fluxes, significance)
    else:
        _draw_each(axes, fluxes, significance)
    return axes


def _draw_many(axes: "Axes", fluxes: Fluxes, significance: Floats) -> None:
    """Draw hexagons, and count what they leave out."""
    drawn = fluxes.seen & (significance > 0)
    draw_hexagons(axes, fluxes.value[drawn], significance[drawn], log=True)
    limits = f"upper limits ({fluxes.level})"
    tell_left_out(axes, {limits: fluxes.limit, "null": fluxes.null})


def _draw_each(axes: "Axes", fluxes: Fluxes, significance: Floats) -> None:
    """Draw each source with its bounds; limits are arrows at the upper bound."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.set_yscale("log")
    seen, limit = fluxes.seen, fluxes.limit
    bounds = f", {fluxes.level} bounds" if np.isfinite(fluxes.high[seen]).any() else ""
    axes.errorbar(
        fluxes.value[seen],
        significance[seen],
        xerr=fluxes.bars(seen),
        fmt="o",
        color=COLOURS[0],
        capsize=3,
        label=f"measured{bounds}",
    )
    if limit.any():
        axes.errorbar(
            fluxes.high[limit],
            significance[limit],
            xerr=0.4 * fluxes.high[limit],
            xuplims=True,
            fmt="|",
            color=VERMILION,
            ms=9,
        )
        explain_limits(axes, "leftarrow", VERMILION, f"upper limit ({fluxes.level})")
    tell_left_out(axes, {"null": fluxes.null})
    axes.set_xlim(left=least(fluxes))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend(loc="upper left")
