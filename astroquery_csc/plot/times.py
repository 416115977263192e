# Licensed under a 3-clause BSD style license - see LICENSE
"""Light curves: flux against time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.table import Table

from astroquery_csc.columns import doubles
from astroquery_csc.plot.marks import (
    COLOURS,
    HEXAGONS_FROM,
    Bools,
    Floats,
    Fluxes,
    add_legend_beside,
    check_table,
    draw_hexagons,
    explain_limits,
    least,
    level_of,
    make_axes,
    tell_left_out,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["light_curve"]

_WHAT = "plot.light_curve"
_VERB = "Csc.query_light_curve(name)"
_MARKERS = "osD^vP"
_SHARED = "a"


def light_curve(table: Table, *, ax: Any = None) -> "Axes":
    """
    Draw the light curve of a source, with unequal bounds and with upper limits.

    Each instrument and band has its own colour and mark. Upper limits are arrows, whose level is in
    the legend. A measurement that is shared with another source has an open mark. From 1,000
    rows on the picture is a hexbin of the measured fluxes.

    Parameters
    ----------
    table : `~astropy.table.Table`
        As from `~astroquery_csc.CscClass.query_light_curve`.
    ax : `~matplotlib.axes.Axes`, optional
        Where to draw; without it, on a new figure.

    Returns
    -------
    `~matplotlib.axes.Axes`
        The axes: MJD (TT) at the middle of each observation, and flux on a logarithmic axis.

    Raises
    ------
    InputTypeError
        If ``table`` is not a table.
    InvalidQueryError
        If it is not a light curve.
    MissingPackageError
        If matplotlib is missing or broken.

    Examples
    --------
    >>> from astroquery_csc import Csc, plot
    >>> lc = Csc.query_light_curve("2CXO J174529.3-285749", bands="b")
    >>> ax = plot.light_curve(lc)  # doctest: +SKIP
    """
    axes = make_axes(ax, _WHAT)
    checked = check_table(table, _WHAT, ["mjd_mid", "flux"], _VERB)
    fluxes = _read(checked)
    time = doubles(checked["mjd_mid"])
    axes.set_xlabel("MJD (TT)")
    axes.set_ylabel(_say_flux(checked))
    axes.xaxis.get_major_formatter().set_useOffset(False)  # type: ignore[attr-defined]
    if len(checked) >= HEXAGONS_FROM:
        draw_hexagons(axes, time[fluxes.seen], np.log10(fluxes.value[fluxes.seen]), log=False)
        axes.set_ylabel(f"log10 of {axes.get_ylabel()}")
        return axes
    axes.set_yscale("log")
    for number, (label, rows) in enumerate(_groups(checked)):
        group = _Group(rows, label, COLOURS[number % len(COLOURS)], _MARKERS[number % 6])
        _draw_measured(axes, checked, fluxes, group)
        _draw_limits(axes, time, fluxes, group)
    tell_left_out(axes, {"null": fluxes.null})
    # Room above the measurements for the legend.
    axes.set_ylim(bottom=least(fluxes), top=2.5 * axes.get_ylim()[1])
    add_legend_beside(axes, most_inside=4)
    return axes


def _read(table: Table) -> Fluxes:
    """Take fluxes and bounds; bounds and limits as far as the table contains them."""
    value = doubles(table["flux"])
    low, high = (
        doubles(table[name]) if name in table.colnames else np.full(value.size, np.nan)
        for name in ("flux_lolim", "flux_hilim")
    )
    limit = (value == 0) & (low == 0) & (high > 0)
    if "is_limit" in table.colnames:
        limit = np.ma.filled(np.ma.asarray(table["is_limit"]), fill_value=False).astype(bool)
    return Fluxes("flux", value, low, high, limit, level_of(table))


def _say_flux(table: Table) -> str:
    """Name the flux with its unit, for an axis."""
    name, unit = table.meta.get("FLUX", "flux"), table["flux"].unit
    return f"{name} ({unit.to_string('latex_inline')})" if unit else str(name)


def _groups(table: Table) -> Iterator[tuple[str, Bools]]:
    """Give the rows of each instrument and band, with a label."""
    keys = [name for name in ("instrument", "band") if name in table.colnames]
    labels = np.array(
        [
            " ".join(str(cell) for cell in row)
            for row in zip(*(table[key] for key in keys), strict=True)
        ]
        if keys
        else [""] * len(table)
    )
    for label in dict.fromkeys(labels.tolist()):
        yield label, np.asarray(labels == label)


@dataclass(frozen=True, slots=True)
class _Group:
    """What one instrument saw in one band, and how that looks."""

    rows: Bools
    label: str
    colour: str
    marker: str

    def say(self, words: str) -> str:
        """Put instrument and band before the words of a legend."""
        return f"{self.label}, {words}" if self.label else words


def _draw_measured(axes: "Axes", table: Table, fluxes: Fluxes, group: _Group) -> None:
    """Draw measurements; those shared with another source have open marks."""
    time = doubles(table["mjd_mid"])
    shared = np.zeros(time.size, dtype=bool)
    if "match_type" in table.colnames:
        shared = np.asarray(np.asarray(table["match_type"]).astype(str) == _SHARED)
    bounds = f" ({fluxes.level} bounds)" if np.isfinite(fluxes.high).any() else ""
    for chosen, words, fill in (
        (group.rows & fluxes.seen & ~shared, f"measured{bounds}", group.colour),
        (group.rows & fluxes.seen & shared, "shared with another source", "none"),
    ):
        if chosen.any():
            axes.errorbar(
                time[chosen],
                fluxes.value[chosen],
                yerr=fluxes.bars(chosen),
                fmt=group.marker,
                color=group.colour,
                mfc=fill,
                capsize=3,
                label=group.say(words),
            )


def _draw_limits(axes: "Axes", time: Floats, fluxes: Fluxes, group: _Group) -> None:
    """Draw upper limits as arrows."""
    limit = group.rows & fluxes.limit
    if limit.any():
        axes.errorbar(
            time[limit],
            fluxes.high[limit],
            yerr=0.4 * fluxes.high[limit],
            uplims=True,
            fmt="_",
            color=group.colour,
            ms=10,
        )
        explain_limits(axes, "downarrow", group.colour, group.say(f"upper limit ({fluxes.level})"))
