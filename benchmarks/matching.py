# Licensed under a 3-clause BSD style license - see LICENSE
"""
Measure ways to match positions with sources on the same synthetic skies, and print the tables.

Run ``python -m benchmarks.matching --help``. Engines take turns, each in a process of its own, and
the medians are printed, so that what else the machine does falls on all of them. All must find the
same number of pairs.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import cast

import numpy as np

from benchmarks.engines import RADIUS_ARCSEC
from benchmarks.run import run_stilts
from benchmarks.skies import Sky

__all__ = ["main"]

_ROWS = [406_089, 10_000_000]
_COUNTS = [1_000, 10_000, 100_000, 1_000_000]
_ENGINES = ["mirror", "pairs", "astropy", "STILTS", "LSDB", "service", "one by one"]
#: Engines that send requests: how many positions they get at most.
_SERVED = {"service": 10_000, "one by one": 100}
#: And how many sources: the test service keeps them in memory.
_SERVED_ROWS = 1_000_000
_BEYOND = 100_000_000
_TIMEOUT_S = 1800

Figures = dict[str, float]
#: For each engine, by number of positions.
Found = dict[str, dict[int, Figures]]


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help=f"of {_ENGINES}")
    parser.add_argument("--rows", type=int, action="append", help=f"of the sky: {_ROWS}")
    parser.add_argument("--count", type=int, action="append", help=f"positions: {_COUNTS}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where skies are kept for the next time")
    words = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = words.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(exist_ok=True)
        for rows in words.rows or _ROWS:
            bench = Bench(Sky(folder, rows), words.engines or _ENGINES, words.rounds)
            print_found(rows, bench.measure(words.count or _COUNTS))


class Bench:
    """Measures engines on one sky."""

    def __init__(self, sky: Sky, engines: Sequence[str], rounds: int) -> None:
        served = sky.rows <= _SERVED_ROWS
        self._sky = sky
        self._engines = [name for name in engines if served or name not in _SERVED]
        self._rounds = rounds

    def measure(self, counts: Sequence[int]) -> Found:
        """Measure with several numbers of positions."""
        found: Found = {name: {} for name in self._engines}
        with self._service() as url:
            for count in counts:
                prepare = ("benchmarks.skies", self._sky.folder, self._sky.rows, count)
                _run(*prepare, *self._engines)
                turns = {
                    name: partial(self._engine, name, number, url)
                    for name in self._engines
                    if (number := min(count, _SERVED.get(name, count))) not in found[name]
                }
                for name, figures in _take_turns(turns, self._rounds).items():
                    found[name][min(count, _SERVED.get(name, count))] = figures
                _compare(count, found)
        return found

    def _engine(self, name: str, count: int, url: str) -> Figures:
        """Measure one engine once."""
        if name == "STILTS":
            return self._stilts(count)
        said = _run(
            "benchmarks.engines", name, self._sky.folder, self._sky.rows, count, *url.split()
        )
        return dict(json.loads(said.splitlines()[-1]))

    def _stilts(self, count: int) -> Figures:
        """Let STILTS match; what it finds goes into a file, and is counted afterwards."""
        sky = self._sky
        pairs = sky.folder / "pairs.fits"
        tables = [f"in1={sky.fits(sky.positions(count))}", f"in2={sky.fits(sky.sources())}"]
        places = ["ra1=ra", "dec1=dec", "ra2=ra", "dec2=dec", f"error={RADIUS_ARCSEC}"]
        how = ["find=all", "join=1and2", f"out={pairs}"]
        figures = run_stilts("tskymatch2", *tables, *places, *how)
        return figures | {"pairs": _rows_of(pairs)}

    @contextlib.contextmanager
    def _service(self) -> Iterator[str]:
        """Run a service in another process, if an engine asks one; give its address."""
        if not set(self._engines) & set(_SERVED):
            yield ""
            return
        words = ["benchmarks.match_service", self._sky.folder, self._sky.rows]
        command = [sys.executable, "-m", *map(str, words)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            try:
                yield cast("str", process.stdout and process.stdout.readline().strip())
            finally:
                process.terminate()


def _run(*words: object) -> str:
    """Run a module of Python; give what it prints."""
    command = [sys.executable, "-W", "ignore", "-m", *map(str, words)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, timeout=_TIMEOUT_S
    )
    return done.stdout


def _rows_of(path: Path) -> int:
    """Count the rows of a table that STILTS wrote; without STILTS there is no table."""
    from astropy.io import fits

    if not path.exists():
        return 0
    rows = int(fits.getheader(path, 1)["NAXIS2"])
    path.unlink()
    return rows


def _take_turns(turns: Mapping[str, Callable[[], Figures]], rounds: int) -> dict[str, Figures]:
    """Let engines take turns, and give the medians of each."""
    found: dict[str, list[Figures]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, measure in turns.items():
            found[name].append(measure())
            print(name, found[name][-1], file=sys.stderr, flush=True)
    return {
        name: {key: median(figures[key] for figures in many) for key in many[0]}
        for name, many in found.items()
    }


def _compare(count: int, found: Found) -> None:
    """Stop if two engines do not find the same pairs of the same positions."""
    pairs = {name: by[count]["pairs"] for name, by in found.items() if count in by}
    if len(set(pairs.values()) - {0}) > 1:
        raise RuntimeError(f"The engines differ for {count:,} positions: {pairs}.")


def print_found(rows: int, found: Found) -> None:
    """Print what was measured on one sky, and what it means beyond."""
    print(f"\n## {rows:,} sources\n\nWall s / CPU s / peak MB.\n")
    print(
        "| engine | positions | wall / CPU / peak | pairs | times of mirror, wall / CPU |\n|"
        + "---|" * 5
    )
    for name, by in found.items():
        for count, figures in by.items():
            base = found.get("mirror", {}).get(count, {"wall": np.nan, "cpu": np.nan})
            print(
                f"| {name} | {count:,} | {figures['wall']:.3f} / {figures['cpu']:.3f} / "
                f"{figures['peak']:.0f} | {figures['pairs']:.0f} | "
                f"{figures['wall'] / base['wall']:.2f} / {figures['cpu'] / base['cpu']:.2f} |"
            )
    print(f"\n| engine | model, CPU s | at {_BEYOND:,}, s | memory, MB | at {_BEYOND:,}, GB |")
    print("|" + "---|" * 5)
    for name, by in found.items():
        if len(by) > 1:
            _print_model(name, by)
    sys.stdout.flush()


def _print_model(name: str, by: dict[int, Figures]) -> None:
    """Print a straight line through what was measured, and where it goes."""
    (fixed, each), (mb, mb_each) = (_line(by, key) for key in ("cpu", "peak"))
    print(
        f"| {name} | {fixed:.3f} + {each * 1e6:.2f}e-6 N | {fixed + each * _BEYOND:.0f} | "
        f"{mb:.0f} + {mb_each * 1e6:.0f}e-6 N | {(mb + mb_each * _BEYOND) / 1024:.0f} |"
    )


def _line(by: dict[int, Figures], key: str) -> tuple[float, float]:
    """Fit a + b N, so that the relative errors are small."""
    counts = np.array(list(by), dtype=float)
    values = np.array([figures[key] for figures in by.values()])
    each, fixed = np.polyfit(counts, values, 1, w=1 / values)
    return float(fixed), float(each)


if __name__ == "__main__":
    main()
