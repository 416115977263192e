# Licensed under a 3-clause BSD style license - see LICENSE
"""
Measure this package beside astropy, pyvo and STILTS on the same answers, and print the tables.

Run ``python -m benchmarks.run --help``. Readers take turns, each in a process of its own, and the
medians are printed, so that what else the machine does falls on all of them.
"""

import argparse
import contextlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import IO, cast

from benchmarks.documents import compress

__all__ = ["main", "run_stilts", "running_service"]

_SIZES = [
    *((rows, columns) for columns in (10, 24) for rows in (10_000, 100_000, 406_089, 1_000_000)),
    *((rows, 515) for rows in (10_000, 100_000)),
]
_NOTEBOOK = (406_089, 10)
_MANY = (2_200_000, 20)
_SMALL_ROWS = 50
_RATE = 10.0
#: A text that is larger than this takes other readers minutes, and is read in one round.
_LARGE_BYTES = 4e8
_ALL = ["decode", "query", "pipe", "fallback", "many"]
_SIZED = frozenset({"decode", "query"})
Figures = dict[str, float]
Readers = dict[str, Callable[[], Figures]]


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=_ALL, help=f"default: {' '.join(_ALL)}")
    parser.add_argument("--size", action="append", metavar="ROWSxCOLUMNS", help="default: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where documents are kept for the next time")
    words = parser.parse_args()
    sizes = [_size(text) for text in words.size] if words.size else _SIZES
    with contextlib.ExitStack() as stack:
        folder = words.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(exist_ok=True)
        bench = Bench(folder, words.rounds)
        for what in words.what:
            getattr(bench, what)(*([sizes] if what in _SIZED else []))


def _size(text: str) -> tuple[int, int]:
    """Read a size."""
    rows, _, columns = text.partition("x")
    return int(rows), int(columns)


class Bench:
    """Measures, and prints what it finds."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self._folder = folder
        self._rounds = rounds

    def decode(self, sizes: list[tuple[int, int]]) -> None:
        """Decode files, with the floor, this package, astropy and STILTS."""
        _title("Decode alone", "floor", "decoder", "astropy", "STILTS")
        for size in sizes:
            path, small = self._document(*size), self._document(_SMALL_ROWS, size[1])
            readers: Readers = {
                name: partial(_measure, name, path, small)
                for name in ("floor", "decoder", "astropy")
            }
            readers["STILTS"] = partial(
                run_stilts, "tpipe", f"in={path}", "ifmt=votable", "cmd=cache", "omode=count"
            )
            _print_row(size, path, self._rounds_of(readers, path), "decoder")

    def query(self, sizes: list[tuple[int, int]]) -> None:
        """Ask a service in another process, with this package, pyvo and STILTS."""
        _title("Whole query over loopback", "query_tap", "pyvo", "pyvo, strings", "STILTS")
        for size in sizes:
            path, small = self._document(*size), self._document(_SMALL_ROWS, size[1])
            with running_service(path) as (url, _), running_service(small) as (little, _):
                readers: Readers = {
                    name: partial(_measure, name, url, little)
                    for name in ("query_tap", "pyvo", "pyvo, strings")
                }
                readers["STILTS"] = partial(run_stilts, "tapquery", *_tap(url))
                found = self._rounds_of(readers, path)
            _print_row(size, path, found, "query_tap")

    def pipe(self) -> None:
        """Ask for the notebook's answer at 10 MB/s, packed, from the cache."""
        path, small = self._document(*_NOTEBOOK), self._document(_SMALL_ROWS, 10)
        packed = compress(path)
        print(f"\n## the notebook's answer on its way ({_megabytes(path)}, {_megabytes(packed)})\n")
        print("| | wall s | CPU s | peak MB | after the last byte s |\n|---|---|---|---|---|")
        ways: dict[str, tuple[list[str], list[str]]] = {
            "loopback": ([], ["query_tap", "query_tap, kept", "cache hit", "pyvo"]),
            "loopback, packed": (["--packed", str(packed)], ["query_tap", "pyvo"]),
            "10 MB/s": (["--rate", str(_RATE)], ["download", "query_tap", "pyvo"]),
            "10 MB/s, packed": (
                ["--packed", str(packed), "--rate", str(_RATE)],
                ["download", "query_tap", "pyvo"],
            ),
        }
        for way, (options, names) in ways.items():
            with (
                running_service(path, *options) as (url, said),
                running_service(small) as (little, _),
            ):
                found = self._rounds_of(
                    {name: partial(_after, name, url, little, said) for name in names}, path
                )
            for name, figures in found.items():
                print(
                    f"| {name}, {way} | {figures['wall']:.2f} | {figures['cpu']:.2f} | "
                    f"{figures['peak']:.0f} | {figures['after']:.2f} |",
                    flush=True,
                )

    def fallback(self) -> None:
        """Decode the notebook's answer with and without pyarrow, and with astropy."""
        names = ("decoder", "without pyarrow", "astropy")
        _title("Without pyarrow", *names)
        path, small = self._document(*_NOTEBOOK), self._document(_SMALL_ROWS, _NOTEBOOK[1])
        readers: Readers = {name: partial(_measure, name, path, small) for name in names}
        _print_row(_NOTEBOOK, path, self._rounds_of(readers, path), "decoder")

    def many(self) -> None:
        """Ask for millions of rows: it is the memory that counts."""
        _title("Millions of rows", "query_tap")
        path, small = self._document(*_MANY), self._document(_SMALL_ROWS, _MANY[1])
        with running_service(path) as (url, _), running_service(small) as (little, _):
            readers: Readers = {"query_tap": partial(_measure, "query_tap", url, little)}
            _print_row(_MANY, path, self._rounds_of(readers, path), "query_tap")

    def _document(self, rows: int, columns: int) -> Path:
        """Give a file with an answer."""
        path = self._folder / f"{rows}x{columns}.vot"
        if not path.exists():
            words = ["-m", "benchmarks.documents", str(rows), str(columns), str(path)]
            subprocess.run([sys.executable, *words], check=True)
        return path

    def _rounds_of(
        self, readers: Mapping[str, Callable[[], Figures]], path: Path
    ) -> dict[str, Figures]:
        """Let readers take turns, and give the medians of each."""
        found: dict[str, list[Figures]] = {name: [] for name in readers}
        for _ in range(self._rounds if path.stat().st_size < _LARGE_BYTES else 1):
            for name, measure in readers.items():
                found[name].append(measure())
        return {
            name: {key: median(figures[key] for figures in all_figures) for key in all_figures[0]}
            for name, all_figures in found.items()
        }


def _measure(name: str, source: str | Path, small: str | Path) -> Figures:
    """Measure one reader in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.measure", name, str(source), str(small)]
    # Modules are compiled once and not for each reader, as on any user's machine.
    where = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    said = subprocess.run(words, check=True, capture_output=True, text=True, env=where).stdout
    return dict(json.loads(said.splitlines()[-1]))


def _after(name: str, url: str, small: str, said: IO[str]) -> Figures:
    """Measure a reader, also how long it took after the service had sent the last byte."""
    figures = _measure(name, url, small)
    sent = float(said.readline())
    return figures | {"after": math.nan if name == "cache hit" else figures["end"] - sent}


def run_stilts(*words: str) -> Figures:
    """Run STILTS; the start of its virtual machine is part of it."""
    program = shutil.which("stilts")
    if program is None:
        return dict.fromkeys(("wall", "cpu", "peak"), math.nan)
    start = time.monotonic()
    process = subprocess.Popen([program, *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, program)
    return {
        "wall": time.monotonic() - start,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss / 1024,
    }


def _tap(url: str) -> list[str]:
    """Write the query for STILTS."""
    adql = "adql=SELECT name FROM master_source"
    how = ["parse=false", "sync=true", "ocmd=cache", "omode=count"]
    return [f"tapurl={url}/csc21tap", adql, *how]


@contextlib.contextmanager
def running_service(path: Path, *options: str) -> Iterator[tuple[str, IO[str]]]:
    """Run a service in another process; its address, and what it says after each answer."""
    words = [sys.executable, "-m", "benchmarks.serve", str(path), *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        said = cast("IO[str]", process.stdout)
        try:
            yield said.readline().strip(), said
        finally:
            process.terminate()


def _title(text: str, *readers: str) -> None:
    """Begin a table."""
    print(f"\n## {text}\n\nWall s / CPU s / peak MB, and in the last column times of wall.\n")
    print("| rows x columns | MB | " + " | ".join(readers) + " | ratios |")
    print("|---" * (len(readers) + 3) + "|", flush=True)


def _print_row(size: tuple[int, int], path: Path, found: dict[str, Figures], ours: str) -> None:
    """Print the medians for one document; the ratios say how often ours fits into the others."""
    cells = [
        f"{figures['wall']:.2f} / {figures['cpu']:.2f} / {figures['peak']:.0f}"
        for figures in found.values()
    ]
    wall = found[ours]["wall"]
    ratios = [
        f"{name} {figures['wall'] / wall:.1f}" for name, figures in found.items() if name != ours
    ]
    print(
        f"| {size[0]:,} x {size[1]} | {path.stat().st_size / 1e6:.0f} | {' | '.join(cells)} | "
        f"{', '.join(ratios)} |",
        flush=True,
    )


def _megabytes(path: Path) -> str:
    """Write the size of a file."""
    return f"{path.stat().st_size / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
