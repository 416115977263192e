# Licensed under a 3-clause BSD style license - see LICENSE
"""
Measure small answers beside pyvo: a cone, a short TAP answer, and a cone from the cache.

Run ``python -m benchmarks.small --help``. The service runs in a process of its own. The readers
take turns in one process, and what is measured is that process's CPU time, without its imports.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import combinations, count, cycle
from statistics import median
from typing import IO, Any, cast

from astroquery_csc.catalogue.schema import master_columns
from benchmarks.measure import quiet_csc

__all__ = ["main"]

_RA_DEG, _DEC_DEG, _RADIUS_DEG = 52.265, 31.31, 0.2
_ADQL = "SELECT TOP 50 {} FROM csc21.master_source m WHERE m.dec BETWEEN 31.2 AND 31.4{:09d}"
_COLUMNS = "m.name, m.ra, m.dec"
#: Three columns in so many combinations: more than anything is kept of.
_OTHERS = list(combinations(master_columns("2.1")[20:50], 3))
_IMPORTS = ("astroquery.query", "astroquery_csc")
Readers = dict[str, Callable[[], int]]


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.serve:
        _serve()
        return
    with _service() as url, tempfile.TemporaryDirectory() as folder:
        _print_ratios(_readers(url, folder), words.rounds)
    _print_imports(max(3, words.rounds // 10))


def _serve() -> None:
    """Run the test service until the input ends."""
    from astroquery_csc.testing import csc_server

    with csc_server() as server:
        print(server.url, flush=True)
        sys.stdin.read()


@contextmanager
def _service() -> Iterator[str]:
    """Run the test service in another process."""
    words = [sys.executable, "-m", "benchmarks.small", "--serve"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        said = cast("IO[str]", process.stdout)
        yield said.readline().strip()
        process.terminate()


def _readers(url: str, folder: str) -> Readers:
    """Ask one service in several ways."""
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from pyvo.dal import SCSService, TAPService

    csc: Any = quiet_csc(url)
    csc.cache_location = folder
    place = SkyCoord(_RA_DEG, _DEC_DEG, unit="deg")
    radius = _RADIUS_DEG * u.deg
    number, others = count(1), cycle(_OTHERS)
    scs, tap = SCSService(f"{url}/csc21scs/coneSearch"), TAPService(f"{url}/csc21tap")
    return {
        "cone, pyvo": lambda: len(
            scs.search(pos=(_RA_DEG, _DEC_DEG), radius=_RADIUS_DEG, verbosity=2).to_table()
        ),
        "cone": lambda: len(csc.query_region(place, radius=radius, cache=False)),
        "cone, from the cache": lambda: len(csc.query_region(place, radius=radius, cache=True)),
        "TAP, pyvo": lambda: len(tap.search(_ADQL.format(_COLUMNS, 0)).to_table()),
        "TAP": lambda: len(csc.query_tap(_ADQL.format(_COLUMNS, 0), cache=False)),
        "TAP, another number each time": lambda: len(
            csc.query_tap(_ADQL.format(_COLUMNS, next(number)), cache=False)
        ),
        "TAP with other columns each time, pyvo": lambda: len(
            tap.search(_ADQL.format(", ".join(next(others)), next(number))).to_table()
        ),
        "TAP with other columns each time": lambda: len(
            csc.query_tap(_ADQL.format(", ".join(next(others)), next(number)), cache=False)
        ),
    }


def _print_ratios(readers: Readers, rounds: int) -> None:
    """Let the readers take turns, and print the medians beside pyvo's."""
    spent: dict[str, list[float]] = {name: [] for name in readers}
    rows: dict[str, int] = {}
    for number in range(rounds + 3):
        for name, read in readers.items():
            start = time.process_time()
            rows[name] = read()
            if number >= 3:
                spent[name].append(time.process_time() - start)
    found = {name: 1e3 * median(times) for name, times in spent.items()}
    print("| | rows | CPU ms | times pyvo |\n|---|---|---|---|")
    for name, milliseconds in found.items():
        pyvo = found[f"{name.partition(',')[0]}, pyvo"]
        print(f"| {name} | {rows[name]} | {milliseconds:.2f} | {milliseconds / pyvo:.2f} |")


def _print_imports(rounds: int) -> None:
    """Import two packages in turn, each time in a new process, and print the medians."""
    spent: dict[str, list[float]] = {name: [] for name in _IMPORTS}
    with tempfile.TemporaryDirectory() as folder:
        # Where no bytecode is written, the benchmark would time the compiler.
        kept = {"PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        run = partial(
            subprocess.run,
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, **kept},
        )
        for number in range(rounds + 1):
            for name in _IMPORTS:
                code = f"import time; a = time.perf_counter(); import {name}; "
                code += "print(time.perf_counter() - a)"
                words = [sys.executable, "-c", code]
                said = run(words).stdout
                if number:
                    spent[name].append(float(said))
    print("\n| import | wall s |\n|---|---|")
    for name, times in spent.items():
        print(f"| {name} | {median(times):.2f} |")


if __name__ == "__main__":
    main()
