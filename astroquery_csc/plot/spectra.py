# Licensed under a 3-clause BSD style license - see LICENSE
"""Spectra of ACIS, from the catalogue's pha files."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits
from astropy.table import Table

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, TableParseError
from astroquery_csc.plot.marks import COLOURS, Floats, check_table, make_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["spectrum"]

_WHAT = "plot.spectrum"
_VERB = (
    "Csc.download_products(Csc.get_product_list(rows, types=['pha', 'rmf'])), with rows of "
    "Csc.query_detections(name)"
)
#: Counts that a bin of the picture holds at least.
_LEAST_COUNTS = 10


def spectrum(table: Any, *, ax: Any = None) -> "Axes":
    """
    Draw the spectra of pha files, with the background scaled to the source region.

    Channels are joined until a bin holds 10 counts. With the response (rmf) in the same folder the
    axis is energy; without it, channel. The bars are the square root of the counts; nothing is
    fitted, and the effective area is not divided out.

    Parameters
    ----------
    table : `~astropy.table.Table`, str, path or list of these
        What `~astroquery_csc.CscClass.download_products` returns, or pha files.
    ax : `~matplotlib.axes.Axes`, optional
        Where to draw; without it, on a new figure.

    Returns
    -------
    `~matplotlib.axes.Axes`
        The axes, logarithmic in both directions.

    Raises
    ------
    InputTypeError
        If ``table`` is neither a table nor files.
    InvalidQueryError
        If there is no spectrum among the files.
    TableParseError
        If a file is not a spectrum.
    MissingPackageError
        If matplotlib is missing or broken.

    Examples
    --------
    >>> from astroquery_csc import plot
    >>> ax = plot.spectrum("csc/acisf90021_000N001_r0001_pha3.fits.gz")  # doctest: +SKIP
    """
    axes = make_axes(ax, _WHAT)
    spectra = [_read(path) for path in _paths(table)]
    for number, one in enumerate(spectra):
        _draw(axes, one, COLOURS[number % len(COLOURS)])
    in_energy = all(one.is_energy for one in spectra)
    axes.set(xscale="log", yscale="log")
    axes.set_xlabel("energy (keV)" if in_energy else "channel")
    axes.set_ylabel(r"counts s$^{-1}$ " + ("keV$^{-1}$" if in_energy else "channel$^{-1}$"))
    if in_energy:
        axes.set_xticks([0.5, 1, 2, 5], ["0.5", "1", "2", "5"])
        axes.set_xticks([], minor=True)
    axes.legend(fontsize="small")
    return axes


def _paths(table: Any) -> list[Path]:
    """Take the pha files of a table of downloads, or of a list."""
    if isinstance(table, Table):
        checked = check_table(table, _WHAT, ["path"], _VERB)
        named = checked["path"]
        if "type" in checked.colnames:
            named = named[np.asarray(checked["type"]) == "pha"]
        found = [str(name) for name in np.ma.asarray(named).compressed().tolist() if name]
    elif isinstance(table, str | PathLike):
        found = [str(table)]
    elif isinstance(table, Iterable) and not isinstance(table, bytes):
        found = [str(path) for path in table if isinstance(path, str | PathLike)]
    else:
        raise InputTypeError(
            f"{_WHAT} draws files, not {type(table).__name__}. Write {_VERB}, or give the files."
        )
    if not found:
        raise InvalidQueryError(f"{_WHAT}: there is no pha file. Write {_VERB}.")
    return [Path(path) for path in found]


@dataclass(frozen=True, slots=True)
class _Spectrum:
    """Counts per channel, of the source region and of its background, and where channels end."""

    label: str
    edges: Floats
    counts: Floats
    background: Floats
    share: float
    exposure_s: float
    is_energy: bool


def _read(path: Path) -> _Spectrum:
    """Read one file."""
    try:
        with fits.open(path) as blocks:
            found = [block for block in blocks if block.header.get("HDUCLAS1") == "SPECTRUM"]
            if not found:
                raise TableParseError(f"{path} does not contain a spectrum. Write {_VERB}.")
            source = found[0]
            channel = np.asarray(source.data["CHANNEL"], dtype=float)
            counts = [np.asarray(block.data["COUNTS"], dtype=float) for block in found[:2]]
            header, scales = source.header, [block.header.get("BACKSCAL", 1) for block in found]
    except (OSError, KeyError, ValueError) as error:
        raise TableParseError(f"{path} cannot be read as a spectrum: {error}.") from error
    edges = _energies(path.with_name(str(header.get("RESPFILE", "none"))), channel.size)
    has_background = len(counts) > 1 and counts[1].shape == counts[0].shape
    return _Spectrum(
        label=_label(header, path),
        edges=np.append(channel, channel[-1] + 1) if edges is None else edges,
        counts=counts[0],
        background=counts[1] if has_background else np.zeros(0),
        share=float(scales[0] / scales[1]) if has_background else 0,
        exposure_s=float(header.get("EXPOSURE", 0)) or 1,
        is_energy=edges is not None,
    )


def _label(header: Any, path: Path) -> str:
    """Name a spectrum by its observation, or by its file."""
    return f"ObsID {header['OBS_ID']}" if "OBS_ID" in header else path.name


def _energies(path: Path, channels: int) -> Floats | None:
    """Read where channels end in energy, if the response is there."""
    for there in (path, path.with_name(f"{path.name}.gz"), path.with_suffix("")):
        if there.is_file():
            with fits.open(there) as blocks:
                bounds = blocks["EBOUNDS"].data
                edges = np.append(bounds["E_MIN"], bounds["E_MAX"][-1]).astype(float)
            return edges if edges.size == channels + 1 else None
    return None


def _bins(one: _Spectrum) -> Floats:
    """Choose the channels where bins begin, from 0.5 to 7 keV where energies are known."""
    low, high = (
        (0.5, 7.0)
        if one.is_energy
        else (
            one.edges[np.argmax(one.counts > 0)],
            one.edges[-1],
        )
    )
    first, last = np.searchsorted(one.edges, [low, high])
    starts, held = [first], 0.0
    for channel in range(first, min(int(last), one.counts.size)):
        held += one.counts[channel]
        if held >= _LEAST_COUNTS:
            starts.append(channel + 1)
            held = 0.0
    return np.array(starts if len(starts) > 1 else [first, last])


def _draw(axes: "Axes", one: _Spectrum, colour: str) -> None:
    """Draw one spectrum, and its background as a line."""
    starts = _bins(one)
    edges = one.edges[starts]
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    counts = np.array([one.counts[a:b].sum() for a, b in pairwise(starts)])
    per = 1 / (one.exposure_s * 2 * half)
    seen = counts > 0
    axes.errorbar(
        middle[seen],
        (counts * per)[seen],
        xerr=half[seen],
        yerr=(np.minimum(np.sqrt(counts), 0.999 * counts) * per)[seen],
        fmt=".",
        color=colour,
        label=one.label,
    )
    if one.background.size:
        below = np.array([one.background[a:b].sum() for a, b in pairwise(starts)])
        axes.stairs(
            np.where(below > 0, below, np.nan) * one.share * per,
            edges,
            baseline=None,
            color=colour,
            alpha=0.5,
            label=f"{one.label}, background",
        )
