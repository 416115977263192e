# Licensed under a 3-clause BSD style license - see LICENSE
"""A picture of `astroquery_csc.plot` as a figure with title and note, without a window."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["make_figure", "save_figure"]

#: White around the picture, in inches: it is seen on dark pages too.
_MARGIN = 0.12


def make_figure(
    draw: Callable[..., Any],
    table: Any,
    *,
    title: str,
    note: str = "",
    size: tuple[float, float] = (8, 5.6),
    **options: Any,
) -> "Figure":
    """Draw a table on white, with a title above and a note at the foot."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=150, layout="constrained", facecolor="w")
    layout: Any = figure.get_layout_engine()
    layout.set(w_pad=_MARGIN, h_pad=_MARGIN)
    draw(table, ax=figure.add_subplot(), **options)
    figure.suptitle(title, fontsize=13)
    figure.supxlabel(note, fontsize=8.5, color="0.3")
    return figure


def save_figure(draw: Callable[..., Any], table: Any, file: Path, *, title: str) -> None:
    """Draw a table into a file."""
    make_figure(draw, table, title=title).savefig(file)
