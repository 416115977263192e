# Licensed under a 3-clause BSD style license - see LICENSE
"""Light curves with bounds of another level than the catalogue's."""

from pathlib import Path

import numpy as np
from astropy.table import Table

from astroquery_csc.products import find
from astroquery_csc.products.limits import (
    BOUNDS,
    Asked,
    Floats,
    Measured,
    energy_per_photon,
    measure,
    number_column,
    owner_of,
    text_column,
)
from astroquery_csc.search.ask import Search
from astroquery_csc.service.files import Archive

__all__ = ["light_curve_limits"]

_KIND = "aperphot"
_KEYS = ("name", "detect_stack_id", "region_id", "obsid", "obi", "instrument", "match_type")


def light_curve_limits(
    search: Search, archive: Archive, curve: Table, level: float, folder: Path | None
) -> Table:
    """Take the bounds of a light curve from the posteriors of its observations."""
    if not len(curve):
        return curve
    places = find.read_places(curve)
    first = {owner_of(_KIND, place): row for row, place in reversed(list(enumerate(places)))}
    rows = Table(curve[list(_KEYS)])[sorted(first.values())]
    bands = curve["band"].tolist()
    files = find.check_arguments(rows, _KIND, sorted(set(bands)))
    asked = Asked(files, level, str(curve.meta["FLUX"]))
    measured, _ = measure(search, archive, asked, folder)
    found = [
        measured.get((*owner_of(_KIND, place), band), Measured(note=find.NOT_THERE))
        for place, band in zip(places, bands, strict=True)
    ]
    return _with_bounds(curve, asked, found)


def _with_bounds(curve: Table, asked: Asked, found: list[Measured]) -> Table:
    """Replace the bounds of a light curve."""
    values = [_bounds(curve, row, asked, one) for row, one in enumerate(found)]
    table = curve.copy()
    for place, word in enumerate(("lower", "upper")):
        name = f"flux{BOUNDS[place + 1]}"
        what = f"{word} bound at a level of {asked.level:g}"
        column = np.array([bounds[place] for bounds in values])
        table[name] = number_column(name, column, curve[name].unit, what)
    table["is_limit"].description = f"flux_hilim is an upper limit, at a level of {asked.level:g}"
    notes = [one.note for one in found]
    table["note"] = text_column("note", notes, "why there are no bounds")
    table.meta["LIMITS"] = f"{asked.level:g}"
    return table


def _bounds(curve: Table, row: int, asked: Asked, found: Measured) -> Floats:
    """Give the bounds of one row, in the units of its flux."""
    if found.wanted is None or found.usual is None:
        return np.full(2, np.nan)
    band = str(curve["band"][row])
    known = {
        f"{asked.stem}{bound}_{band}": float(np.ma.filled(curve[f"flux{bound}"][row], np.nan))
        for bound in BOUNDS
    }
    ratio = energy_per_photon(asked, band, known, found.usual)
    return np.array([found.wanted.lolim, found.wanted.hilim]) * ratio
