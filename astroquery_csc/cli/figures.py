# Licensed under a 3-clause BSD style license - see LICENSE
"""
The five figures of the demo.

Each function makes a `matplotlib.figure.Figure` of its own, without pyplot and without a window.
The colours are those of Okabe and Ito, which colour-blind readers can tell apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["density_map", "flux_significance", "sky_chart", "sky_map"]

_BLUE, _VERMILLION, _GREY = "#0072B2", "#D55E00", "#808080"
_FLUX_UNIT = "erg cm$^{-2}$ s$^{-1}$"
#: Fluxes in the legend of the chart, as powers of 10.
_LEGEND_POWERS = (-15, -14, -13)
#: Whole sky, square degrees.
_SKY_DEG2 = 41_253
#: Hexagons along a parallel and a meridian: about regular in a figure of twice the width.
_HEXAGONS = (60, 17)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def _new_figure(title: str, note: str, size: tuple[float, float]) -> Figure:
    """Make an empty figure with a title, and a note at its foot."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=150, layout="constrained")
    figure.suptitle(title, fontsize=13)
    figure.supxlabel(note, fontsize=8.5, color="0.3")
    return figure


def _floats(column: Any) -> Floats:
    """Numbers of a column, NaN where it is null."""
    return np.asarray(np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan))


def _fluxes(table: Table) -> tuple[Floats, Floats, Floats]:
    """Broad-band flux, its lower and its upper bound."""
    low, high = _floats(table["flux_aper_lolim_b"]), _floats(table["flux_aper_hilim_b"])
    return _floats(table["flux_aper_b"]), low, high


def _is_limit(table: Table) -> Bools:
    """Where the flux is an upper limit: value and lower bound 0, upper bound above."""
    flux, low, high = _fluxes(table)
    return np.asarray((flux == 0) & (low == 0) & (high > 0))


# -------------------------------------------------------------------- chart


def sky_chart(
    table: Table, centre: SkyCoord, radius: u.Quantity, *, title: str, note: str
) -> Figure:
    """Draw the sources of a cone on the sky, east to the left."""
    figure = _new_figure(title, note, (9.2, 7))
    axes = figure.add_subplot()
    _draw_cone(axes, centre, radius)
    (flux, _, _), limit = _fluxes(table), _is_limit(table)
    null, ra, dec = np.isnan(flux), _floats(table["ra"]), _floats(table["dec"])
    rest = ~(null | limit)
    axes.scatter(ra[rest], dec[rest], s=_areas(flux[rest]), c=_BLUE, alpha=0.75, lw=0)
    axes.scatter(ra[limit], dec[limit], s=60, marker="v", fc="none", ec=_VERMILLION, lw=1.5)
    axes.scatter(ra[null], dec[null], s=60, marker="x", c="k", lw=1.5)
    for name, x, y in zip(table["name"], ra, dec, strict=True):
        _label(axes, str(name).removeprefix("2CXO "), x, y, (ra, dec))
    _frame_chart(axes, centre, radius)
    _add_flux_legend(axes)
    return figure


def _areas(flux: Any) -> Any:
    """Area of a mark, in square points: the brighter the larger, slowly."""
    return 25 * np.clip(np.log10(flux) + 16.5, 0.6, 4.5) ** 2


def _draw_cone(axes: Axes, centre: SkyCoord, radius: u.Quantity) -> None:
    """Draw the rim of the cone and its centre."""
    rim = centre.directional_offset_by(np.linspace(0, 360, 181) * u.deg, radius)
    label = f"rim of the cone, {radius:g}"
    axes.plot(rim.ra.deg, rim.dec.deg, "--", c=_GREY, lw=1, label=label)
    axes.plot(centre.ra.deg, centre.dec.deg, "+", c=_GREY, ms=12)


def _label(axes: Axes, text: str, ra: float, dec: float, others: tuple[Floats, Floats]) -> None:
    """Write a name below its mark; above it where another source is close below."""
    from matplotlib.patheffects import withStroke

    below = (others[1] < dec) & (others[1] > dec - 0.006) & (np.abs(others[0] - ra) < 0.012)
    sign = 1 if below.any() else -1
    axes.annotate(
        text,
        (ra, dec),
        xytext=(0, 10 * sign),
        textcoords="offset points",
        ha="center",
        va="bottom" if sign > 0 else "top",
        fontsize=7,
        path_effects=[withStroke(linewidth=2.5, foreground="w")],
    )


def _frame_chart(axes: Axes, centre: SkyCoord, radius: u.Quantity) -> None:
    """Set the limits, with room for names, and say what the axes are."""
    shrink = np.cos(centre.dec.rad)
    half = 1.22 * radius.to_value(u.deg)
    axes.set_xlim(centre.ra.deg + half / shrink, centre.ra.deg - half / shrink)
    axes.set_ylim(centre.dec.deg - half, centre.dec.deg + half)
    axes.set_aspect(1 / shrink)
    axes.set_xlabel("RA, ICRS (deg)")
    axes.set_ylabel("Dec, ICRS (deg)")
    axes.xaxis.set_major_formatter("{x:.2f}")
    axes.yaxis.set_major_formatter("{x:.2f}")


def _add_flux_legend(axes: Axes) -> None:
    """Explain the marks."""
    for power in _LEGEND_POWERS:
        label = f"10$^{{{power}}}$ {_FLUX_UNIT}"
        axes.scatter([], [], s=_areas(10.0**power), c=_BLUE, alpha=0.75, lw=0, label=label)
    axes.scatter(
        [], [], s=60, marker="v", fc="none", ec=_VERMILLION, lw=1.5, label="upper limit (68 %)"
    )
    axes.scatter([], [], s=60, marker="x", c="k", lw=1.5, label="null: not measured")
    axes.legend(
        title="flux_aper_b, 0.5–7.0 keV",
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        frameon=False,
        labelspacing=1.1,
    )


# --------------------------------------------------------------------- flux


def flux_significance(table: Table, *, title: str, note: str) -> Figure:
    """Draw flux against significance, with the 68 % bounds."""
    figure = _new_figure(title, note, (7.6, 5.8))
    axes = figure.add_subplot(xscale="log", yscale="log")
    flux, low, high = _fluxes(table)
    significance, limit = _floats(table["significance"]), _is_limit(table)
    rest = flux > 0
    # On a log axis a bar down to 0 has no end: it leaves the figure.
    bars = np.array([flux - np.maximum(low, 1e-3 * flux), high - flux])[:, rest]
    axes.errorbar(
        significance[rest], flux[rest], np.nan_to_num(bars), fmt="o", c=_BLUE, ms=6, capsize=3
    )
    axes.errorbar(
        significance[limit],
        high[limit],
        0.35 * high[limit],
        uplims=True,
        fmt="_",
        c=_VERMILLION,
        ms=10,
        capsize=3,
    )
    _frame_fluxes(axes)
    _add_bar_legend(axes, int(np.count_nonzero(np.isnan(flux))))
    return figure


def _frame_fluxes(axes: Axes) -> None:
    """Say what the axes are."""
    from matplotlib.ticker import LogLocator, NullLocator

    axes.set_xlabel("significance (S/N, the highest of all stacks and bands)")
    axes.set_ylabel(f"flux_aper_b, 0.5–7.0 keV ({_FLUX_UNIT})")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(color="0.9")
    axes.set_axisbelow(True)


def _add_bar_legend(axes: Axes, missing: int) -> None:
    """Explain the marks, and count what is not drawn."""
    axes.plot([], [], "o", c=_BLUE, label="flux_aper_b, with its 68 % bounds")
    axes.plot(
        [],
        [],
        ls="",
        marker=r"$\downarrow$",
        c=_VERMILLION,
        ms=12,
        label="upper limit at 68 % (flux_aper_hilim_b)",
    )
    if missing:
        axes.plot([], [], ls="", label=f"not drawn, since flux_aper_b is null: {missing}")
    axes.legend(loc="upper left")


# ---------------------------------------------------------------- whole sky


def sky_map(
    table: Table, *, title: str, note: str, real: Bools | None = None, size: float = 4
) -> Figure:
    """Draw sources on the whole sky, in Galactic coordinates, longitude to the left."""
    figure = _new_figure(title, note, (9, 5.6))
    axes: Any = figure.add_subplot(projection="mollweide")
    lon, lat = _galactic(table)
    is_real = np.zeros(len(table), dtype=bool) if real is None else real
    axes.scatter(-lon[~is_real], lat[~is_real], s=size, c=_BLUE, alpha=0.6, lw=0, rasterized=True)
    axes.set_longitude_grid_ends(90)
    axes.grid(color="0.85", lw=0.6)
    axes.set_axisbelow(True)
    ticks = np.arange(-150, 151, 30)
    axes.set_xticks(np.radians(ticks), [f"{-tick % 360}°" for tick in ticks], fontsize=7)
    axes.tick_params(axis="x", colors="0.35")
    axes.tick_params(axis="y", labelsize=8)
    axes.set_xlabel("Galactic longitude")
    axes.set_ylabel("Galactic latitude")
    if is_real.any():
        axes.plot(-lon[is_real], lat[is_real], ".", c=_VERMILLION, ms=3)
        _mark_real(axes, -lon[is_real], lat[is_real])
        axes.plot([], [], "o", c=_BLUE, ms=4, label=f"synthetic: {np.sum(~is_real):,}")
        axes.legend(loc="lower right", bbox_to_anchor=(1.02, -0.09), fontsize=8, frameon=False)
    return figure


def _galactic(table: Table) -> tuple[Floats, Floats]:
    """Galactic longitude (within 180 deg of the centre) and latitude, radians."""
    place = SkyCoord(_floats(table["ra"]), _floats(table["dec"]), unit="deg").galactic
    return np.asarray(place.l.wrap_at(180 * u.deg).rad), np.asarray(place.b.rad)


def _mark_real(axes: Axes, x: Floats, y: Floats) -> None:
    """Mark where a partly synthetic sky is real; the sources lie close together."""
    axes.plot(
        x.mean(),
        y.mean(),
        "D",
        mfc="none",
        mec=_VERMILLION,
        ms=9,
        mew=1.4,
        label=f"real, around NGC 1333: {x.size}",
    )


def density_map(table: Table, *, title: str, note: str, real: Bools | None = None) -> Figure:
    """Draw how many sources there are, in hexagons of equal area on the sky."""
    from matplotlib.ticker import LogLocator

    figure = _new_figure(title, note, (9, 5.4))
    axes = figure.add_subplot()
    lon, lat = _galactic(table)
    hexagons = axes.hexbin(
        np.degrees(lon),
        np.sin(lat),
        gridsize=_HEXAGONS,
        extent=(-180, 180, -1, 1),
        bins="log",
        mincnt=1,
        cmap="viridis",
        lw=0.2,
    )
    ticks = LogLocator(subs=(1, 2, 5))
    bar = figure.colorbar(hexagons, ax=axes, pad=0.02, format="{x:,g}", ticks=ticks)
    bar.minorticks_off()
    area = _SKY_DEG2 / (2 * _HEXAGONS[0] * _HEXAGONS[1])
    bar.set_label(f"sources in a hexagon of {area:.0f} deg$^2$")
    _frame_density(axes)
    if real is not None and real.any():
        _mark_real(axes, np.degrees(lon[real]), np.sin(lat[real]))
        axes.legend(loc="lower right", fontsize=8)
    return figure


def _frame_density(axes: Axes) -> None:
    """Set limits, ticks and names of the axes; latitude is on the scale of its sine."""
    axes.set_xlim(180, -180)
    axes.set_ylim(-1, 1)
    axes.set_xticks(np.arange(-180, 181, 60), [f"{tick % 360}°" for tick in range(-180, 181, 60)])
    degrees = np.array([-90, -45, -30, -15, 0, 15, 30, 45, 90])
    axes.set_yticks(np.sin(np.radians(degrees)), [f"{value}°" for value in degrees])
    axes.grid(color="0.9", lw=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("Galactic longitude")
    axes.set_ylabel("Galactic latitude, on an equal-area scale")
