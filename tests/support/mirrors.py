# Licensed under a 3-clause BSD style license - see LICENSE
"""What the tests of mirrors share: a small sky, copies of it, and how they are compared."""

from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import MaskedColumn, Table

from astroquery_csc import mirror
from astroquery_csc.store import parquet
from astroquery_csc.store.manifest import Manifest, read

__all__ = ["SIZE", "copied", "held", "manifest_of", "small_sky"]

#: Rows of the small sky.
SIZE = 40


def small_sky(**changes: Any) -> dict[str, Table]:
    """
    Make a catalogue of a few masters: poles, seam, nulls, and some at one declination.

    Parameters
    ----------
    **changes
        Columns to put in place of its own.
    """
    number = np.arange(SIZE)
    dec = np.linspace(-90.0, 90.0, SIZE)
    dec[10:16] = dec[10]
    columns: dict[str, Any] = {
        "name": [f"2CXO J{place:06d}.0+000000" for place in number],
        "ra": np.sort((number * 137.5) % 360.0),
        "dec": dec,
        "significance": MaskedColumn(number / 7.0, mask=number % 3 == 0),
        "extent_flag": MaskedColumn(number % 2 == 0, mask=number % 5 == 0),
        "likelihood_class": MaskedColumn(["TRUE", ""] * (SIZE // 2), mask=number % 2 == 1),
    }
    return {"master_source": Table({**columns, **changes})}


def copied(path: Path, csc: Any, **arguments: Any) -> Table:
    """Copy what a client asks, whatever the number of its sources, and read the masters."""
    mirror.create(path, csc=csc, **{"expected": -1, **arguments})
    return held(path)


def manifest_of(path: Path) -> Manifest:
    """Read the manifest of a mirror."""
    return read(path)


def held(path: Path, table: str = "master_source") -> Table:
    """Read a table of a mirror from its file."""
    return parquet.read(path / manifest_of(path).tables[table].file)
