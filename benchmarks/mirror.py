# Licensed under a 3-clause BSD style license - see LICENSE
"""
A mirror of the size of release 2.1, invented, and how fast it answers.

Run ``python -m benchmarks.mirror FOLDER``: makes ``FOLDER/csc21`` unless it is there, and prints
the figures of a process that opens it. Each kind of question is asked in turn, several rounds, and
the median is taken.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from astropy.table import Column, MaskedColumn, Table

from benchmarks.measure import peak_mb

__all__ = ["SOURCES", "build", "main", "positions"]

#: Masters of release 2.1.
SOURCES = 407_806
_COLUMNS = 50
_SEED = 20241018
_CONES = 10_000
_ROUNDS = 30


def sky(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw positions: half of them all over the sky, half in fields of 16 arcmin, 100 in each."""
    rng = np.random.default_rng(_SEED)
    ra, dec = rng.uniform(0, 360, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    fields = rng.integers(0, count // 200 + 1, count // 2)
    away = rng.uniform(-8 / 60, 8 / 60, (2, fields.size))
    dec[: fields.size] = np.clip(dec[fields] + away[0], -90, 90)
    wide = np.maximum(np.cos(np.radians(dec[: fields.size])), 1e-3)
    ra[: fields.size] = (ra[fields] + away[1] / wide) % 360
    order = np.argsort(ra)
    return ra[order], dec[order]


def table(count: int = SOURCES, columns: int = _COLUMNS) -> Table:
    """Invent masters: the columns of VERB = 2, then others in the dictionary's order."""
    from astroquery_csc import tables
    from astroquery_csc.catalogue.schema import MASTER, NAMED_SETS, VERBOSITY, get_tables

    rng = np.random.default_rng(_SEED)
    known = get_tables("2.1")[MASTER].columns
    names = list(dict.fromkeys((*VERBOSITY[2], *NAMED_SETS["match"], *known)))[:columns]
    ra, dec = sky(count)
    text = np.array([f"2CXO J{number:06d}.0+000000" for number in range(count)])
    values = {"ra": ra, "dec": dec, "name": text}
    made = []
    for name in sorted(names, key=list(known).index):
        column = values.get(name)
        if column is None:
            draw = {
                "boolean": rng.uniform(size=count) < 0.5,
                "int": rng.integers(0, 11, count),
                "char": np.where(rng.uniform(size=count) < 0.9, "TRUE", "MARGINAL"),
            }
            data = draw.get(known[name].datatype, 10 ** rng.normal(-14, 1, count))
            data = data.astype(np.int32) if known[name].datatype == "int" else data
            made.append(MaskedColumn(data, name=name, mask=rng.uniform(size=count) < 0.3))
        else:
            made.append(Column(column, name=name))
    return tables.polish(Table(made), "2.1")


def build(folder: Path, count: int = SOURCES, columns: int = _COLUMNS) -> Path:
    """Make an invented mirror, unless it is there."""
    from astroquery_csc.mirror.staging import digest
    from astroquery_csc.store import parquet
    from astroquery_csc.store.manifest import MANIFEST, Held, Manifest, Page

    place = folder / "csc21"
    if (place / MANIFEST).exists():
        return place
    place.mkdir(parents=True, exist_ok=True)
    made = table(count, columns)
    part = place / "part"
    with part.open("wb") as file:
        parquet.write(file, made, {"csc_release": "2.1", "csc_table": "master_source"})
    checksum = digest(part)
    path = part.rename(place / f"master_source.{checksum[:8]}.parquet")
    held = Held(
        file=path.name, rows=count, bytes=path.stat().st_size, sha256=checksum,
        columns=tuple(made.colnames), complete=True, key=("name",), without_position=0,
        retrieved="2024-10-18T00:00:00+00:00", counted="invented",
        queries=(Page(adql="invented", rows=count),),
    )  # fmt: skip
    manifest = Manifest(
        release="2.1", schema="csc21", server="invented", created="2024-10-18T00:00:00+00:00",
        package="invented", expected=-1, tables={"master_source": held},
    )  # fmt: skip
    (place / MANIFEST).write_text(manifest.text(), encoding="utf-8")
    return place


def positions(count: int = _CONES) -> tuple[np.ndarray, np.ndarray]:
    """Choose positions within an arcminute or so of sources."""
    rng = np.random.default_rng(_SEED + 1)
    ra, dec = sky(SOURCES)
    chosen = rng.integers(0, ra.size, count)
    return ra[chosen], np.clip(dec[chosen] + rng.normal(0, 0.01, count), -90, 90)


def _timed(actions: Iterable[Callable[[], object]]) -> tuple[float, float]:
    """Median of the milliseconds that actions take: on the wall, and of all processors."""
    found = []
    for action in actions:
        wall, cpu = time.perf_counter(), time.process_time()
        action()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = (median(times) * 1e3 for times in zip(*found, strict=True))
    return wall, cpu


def measure(place: Path) -> dict[str, tuple[float, float]]:
    """Measure a mirror in this process."""
    import warnings

    from astropy import units as u
    from astropy.coordinates import SkyCoord

    from astroquery_csc import Csc

    warnings.simplefilter("ignore")
    places = SkyCoord(*positions(), unit="deg")
    found = {"open": _timed([lambda: Csc(mirror=place)])}
    csc = Csc(mirror=place)
    found["the first cone"] = _timed([lambda: csc.query_region(places[0], 2 * u.arcmin)])
    some = places[:: _CONES // _ROUNDS]
    asked: dict[str, Callable[[SkyCoord], object]] = {
        "a cone, 24 columns": lambda one: csc.query_region(one, 2 * u.arcmin),
        "a cone, all columns": lambda one: csc.query_region(one, 2 * u.arcmin, verbosity=3),
        "a cone, columns='match'": lambda one: csc.query_region(one, 2 * u.arcmin, columns="match"),
        "a cone, with a condition": lambda one: csc.query_region(
            one, 2 * u.arcmin, criteria="significance > 1e-15"
        ),
    }
    for name, ask in asked.items():
        found[name] = _timed(partial(ask, one) for one in some)
    by_name = partial(csc.query_object, "2CXO J200000.0+000000")
    found["a source by its name"] = _timed(by_name for _ in some)
    names = [str(name) for name in csc.list_columns("master_source", refresh=True)["name"]]
    for columns in (None, names):

        def ask_all(columns: list[str] | None = columns) -> Table:
            """Ask for all cones at once."""
            return csc.query_region(places, 2 * u.arcmin, columns=columns)

        what = f"10,000 cones, {24 if columns is None else len(names)} columns"
        found[what] = _timed(ask_all for _ in range(3))
    found["rows of these"] = (len(ask_all()), 0)
    found["memory, MB"] = (peak_mb(), 0)
    return found


def main() -> None:
    """Build, and measure in a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--here", action="store_true", help="measure in this process")
    words = parser.parse_args()
    place = build(words.folder)
    if words.here:
        print(json.dumps(measure(place)))
        return
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.mirror", str(words.folder), "--here"],
        check=True, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    print(f"{'':30} {'wall, ms':>10} {'CPU, ms':>10}")
    for name, (wall, cpu) in json.loads(run.stdout.splitlines()[-1]).items():
        print(f"{name:30} {wall:10.1f} {cpu:10.1f}")


if __name__ == "__main__":
    main()
