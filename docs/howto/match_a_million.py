# Licensed under a 3-clause BSD style license - see LICENSE
"""
Match a million positions against a mirror, on a Dask cluster of two workers on this computer.

The positions are synthetic: one half is scattered around sources of the mirror, with one arcsecond
in each direction, the other half is spread evenly over the sky.

Run ``python match_a_million.py csc21 --output matches.parquet``.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from astroquery_csc import mirror

NEIGHBOURS = 50


def make_positions(csc: Any, count: int, seed: int = 1) -> Any:
    """Make synthetic positions: row, ra and dec (degrees), and from: a source, or the sky."""
    import pandas as pd

    rng = np.random.default_rng(seed)
    sources = csc[["name", "ra", "dec"]].compute(progress_bar=False).sort_values("name")
    chosen = sources.sample(count // 2, replace=True, random_state=rng)
    near = chosen[["ra", "dec"]].to_numpy(dtype=float)
    dec = near[:, 1] + rng.normal(scale=1 / 3600, size=len(near))
    width = np.cos(np.radians(near[:, 1]))
    ra = near[:, 0] + rng.normal(scale=1 / 3600, size=len(near)) / width
    rest = count - len(near)
    frame = pd.DataFrame(
        {
            "row": np.arange(count),
            "ra": np.concatenate([ra, rng.uniform(0, 360, rest)]) % 360,
            "dec": np.concatenate([dec, np.degrees(np.arcsin(rng.uniform(-1, 1, rest)))]),
            "from": np.repeat(["source", "sky"], [len(near), rest]),
        }
    )
    # Beyond a pole there is nothing.
    return frame[frame["dec"].abs() <= 90]


def to_hats(positions: Any, place: Path) -> Any:
    """Write positions in pixels, so that each worker can read its own."""
    import lsdb

    lsdb.from_dataframe(
        positions,
        ra_column="ra",
        dec_column="dec",
        catalog_name="positions",
        partition_rows=100_000,
        margin_threshold=None,  # only the right-hand side of a match needs a margin
    ).write_catalog(place, progress_bar=False)
    return lsdb.open_catalog(place)


def match(positions: Any, csc: Any, radius_arcsec: float) -> Any:
    """Find all sources within a radius around each position."""
    matches = positions.crossmatch(
        csc,
        radius_arcsec=radius_arcsec,
        n_neighbors=NEIGHBOURS,
        require_right_margin=True,
        suffixes=("_asked", ""),
        suffix_method="overlapping_columns",
        log_changes=False,
    ).compute(progress_bar=False)
    if len(matches) and matches["row"].value_counts().max() == NEIGHBOURS:
        raise RuntimeError(f"A position has {NEIGHBOURS} matches or more: raise NEIGHBOURS.")
    return matches


def main() -> None:
    """Match, and say how long it took."""
    from dask.distributed import Client, LocalCluster

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mirror", type=Path)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--radius", type=float, default=2.0, help="arcsec")
    parser.add_argument("--output", type=Path, default=Path("matches.parquet"))
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        csc = mirror.to_lsdb(words.mirror, columns="match", output=folder / "csc")
        positions = to_hats(make_positions(csc, words.count), folder / "positions")
        with (
            LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                memory_limit="2GiB",  # a worker that wants more is stopped, not this computer
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
            ) as cluster,
            Client(cluster),
        ):
            start = time.monotonic()
            matches = match(positions, csc, words.radius)
            took = time.monotonic() - start
    matches.to_parquet(words.output)
    print(f"{words.count:,} positions, {len(matches):,} matches, {took:.1f} s")


if __name__ == "__main__":
    main()
