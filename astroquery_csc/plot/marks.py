# Licensed under a 3-clause BSD style license - see LICENSE
"""
What the pictures share: columns as numbers, upper limits, axes, colours, hexagons.

The colours are those of Okabe and Ito, which colour-blind readers can tell apart.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from astropy.table import Table

from astroquery_csc.columns import doubles
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.optional import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "BLACK",
    "COLOURS",
    "GREY",
    "HEXAGONS_FROM",
    "VERMILION",
    "Fluxes",
    "add_legend_beside",
    "check_table",
    "color_bar",
    "draw_hexagons",
    "explain_limits",
    "least",
    "level_of",
    "make_axes",
    "read_fluxes",
    "tell_left_out",
]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

VERMILION, GREY, BLACK = "#D55E00", "#808080", "#000000"
#: One colour for each instrument and band, in turn.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#7F5539")
#: Rows from which on a picture shows how many there are, not each one.
HEXAGONS_FROM = 1_000
_MAP = "viridis"

_BAND_KEV = {
    "b": "0.5–7.0",
    "h": "2.0–7.0",
    "m": "1.2–2.0",
    "s": "0.5–1.2",
    "u": "0.2–0.5",
    "w": "0.1–10",
}
_FLUX_UNITS = {"photflux": r"photon s$^{-1}$ cm$^{-2}$", "flux": r"erg s$^{-1}$ cm$^{-2}$"}
#: Fluxes that stand for a source, the first that is there.
_FLUXES = tuple(f"{stem}_{band}" for stem in ("flux_aper", "flux_aper90") for band in "bw")


def make_axes(
    ax: Any,
    what: str,
    *,
    size: tuple[float, float] = (6.8, 4.8),
    projection: str | None = None,
) -> "Axes":
    """Check the Axes that were given, or make a figure with some."""
    if ax is None:
        pyplot = need("matplotlib.pyplot", what, extra="local")
        figure = pyplot.figure(figsize=size, layout="constrained")
        return figure.add_subplot(projection=projection)  # type: ignore[no-any-return]
    if not hasattr(ax, "transData"):
        raise InputTypeError(f"ax is a {type(ax).__name__}; expected the Axes of a figure.")
    if projection and getattr(ax, "name", "") not in {"aitoff", "hammer", "mollweide"}:
        raise InputTypeError(
            f"{what} cannot draw on these axes. "
            f"Write ax=figure.add_subplot(projection={projection!r})."
        )
    return ax  # type: ignore[no-any-return]


def check_table(table: object, what: str, names: Iterable[str], verb: str) -> Table:
    """Refuse a table of the wrong kind, with the call that makes the right one."""
    if not isinstance(table, Table):
        raise InputTypeError(f"{what} draws a Table, not {type(table).__name__}. Write {verb}.")
    missing = [name for name in names if name not in table.colnames]
    if missing:
        raise InvalidQueryError(
            f"{what}: the table does not contain {', '.join(missing)}. Write {verb}."
        )
    return table


@dataclass(frozen=True, slots=True)
class Fluxes:
    """One quantity with its bounds; NaN is null. Limits have value and lower bound 0."""

    name: str
    value: Floats
    low: Floats
    high: Floats
    limit: Bools
    level: str

    @property
    def seen(self) -> Bools:
        """Where there is a value above 0."""
        return np.asarray(self.value > 0)

    @property
    def null(self) -> Bools:
        """Where nothing was measured."""
        return np.isnan(self.value)

    @property
    def title(self) -> str:
        """Name, band and unit, for an axis."""
        stem, _, band = self.name.rpartition("_")
        unit = _FLUX_UNITS["photflux" if stem.startswith("photflux") else "flux"]
        return f"{self.name}, {_BAND_KEV[band]} keV ({unit})"

    def bars(self, rows: Bools) -> Floats:
        """Lengths of the error bars down and up; 0 where a bound is not known."""
        below, above = self.value - self.low, self.high - self.value
        # On a logarithmic axis a bar down to 0 has no end.
        below = np.minimum(below, 0.999 * self.value)
        bars = np.nan_to_num(np.array([below, above])[:, rows])
        return np.asarray(np.clip(bars, 0, None))


def tell_left_out(ax: "Axes", left: Mapping[str, Bools]) -> None:
    """Count in the corner of a picture what it does not show."""
    words = [f"{int(rows.sum()):,} {what}" for what, rows in left.items() if rows.any()]
    if words:
        ax.text(
            0.985,
            0.02,
            f"not drawn: {', '.join(words)}",
            transform=ax.transAxes,
            ha="right",
            va="bottom",
            fontsize="small",
            bbox={"fc": "w", "ec": "none", "alpha": 0.7, "pad": 1},
        )


def least(fluxes: Fluxes) -> float | None:
    """Give where a logarithmic axis begins: below every value and limit, not every bound."""
    shown = np.concatenate([fluxes.value[fluxes.seen], fluxes.high[fluxes.limit]])
    return 0.3 * float(shown.min()) if shown.size else None


def explain_limits(ax: "Axes", arrow: str, colour: str, words: str) -> None:
    """Put the arrow of upper limits into the legend."""
    ax.errorbar([], [], ls="", marker=rf"$\{arrow}$", color=colour, ms=11, label=words)


def add_legend_beside(ax: "Axes", *, most_inside: int = 0) -> None:
    """Explain the marks: beside the axes if there are many and the layout makes room."""
    count = len(ax.get_legend_handles_labels()[1])
    if not count:
        return
    if count <= most_inside or ax.figure.get_layout_engine() is None:
        ax.legend(loc="best", fontsize="small")
        return
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        frameon=False,
        fontsize="small",
        labelspacing=0.9,
    )


def read_fluxes(table: Table) -> Fluxes | None:
    """Take the fluxes of sources: broad band first, the HRC's where there is no other."""
    for name in _FLUXES:
        if name in table.colnames:
            return _fluxes(table, name)
    return None


def _fluxes(table: Table, name: str) -> Fluxes:
    """Take one flux; a bound whose column is missing is not known."""
    stem, _, band = name.rpartition("_")
    value = doubles(table[name])
    low, high = (
        doubles(table[bound]) if bound in table.colnames else np.full(value.size, np.nan)
        for bound in (f"{stem}_lolim_{band}", f"{stem}_hilim_{band}")
    )
    limit = (value == 0) & (low == 0) & (high > 0)
    return Fluxes(name, value, low, high, limit, level_of(table))


def level_of(table: Table) -> str:
    """Give the level of the bounds in words: 68 % as in the catalogue, unless the table differs."""
    text = str(table.meta.get("LIMITS", "68%"))
    if re.fullmatch(r"0\.\d+", text):
        return f"{100 * float(text):.6g} %"
    return text.replace(" ", "").replace("%", " %")


def draw_hexagons(ax: "Axes", x: Floats, y: Floats, *, log: bool, grid: Any = 40) -> None:
    """Draw how many points lie where, with a colour bar."""
    scale: Literal["linear", "log"] = "log" if log else "linear"
    hexagons = ax.hexbin(
        x,
        y,
        gridsize=grid,
        bins="log",
        mincnt=1,
        cmap=_MAP,
        linewidths=0.2,
        xscale=scale,
        yscale=scale,
    )
    color_bar(ax, hexagons)


def color_bar(ax: "Axes", shown: Any, *, shrink: float = 1) -> None:
    """Put a colour bar of counts beside a picture."""
    from matplotlib.ticker import LogLocator

    ticks = LogLocator(subs=(1, 2, 5))
    bar = ax.figure.colorbar(shown, ax=ax, pad=0.02, shrink=shrink, ticks=ticks, format="{x:,g}")
    bar.minorticks_off()
    bar.set_label("rows per hexagon")
