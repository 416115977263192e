# Licensed under a 3-clause BSD style license - see LICENSE
"""
Measure the first answer of a process, with pyarrow imported while the service works, and without.

Run ``python -m benchmarks.first FILE [--wait SECONDS]``. The service runs in a process of its own
and waits before it answers; each answer is the first one of a new process, and the two take turns.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.run import running_service

__all__ = ["main"]

_CHILD = """
import sys, time
from astroquery_csc import optional
from benchmarks.measure import quiet_csc
if sys.argv[2] == "behind":
    optional.import_arrow_ahead = lambda: None
csc = quiet_csc(sys.argv[1])
times = []
for _ in range(2):
    start = time.perf_counter()
    csc.query_tap("SELECT name FROM master_source", cache=False)
    times.append(time.perf_counter() - start)
print(*times)
"""


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--wait", default="0", help="seconds before each answer")
    parser.add_argument("--rounds", type=int, default=9)
    words = parser.parse_args()
    found: dict[str, list[list[float]]] = {"ahead": [], "behind": []}
    with running_service(words.file, "--wait", words.wait) as (url, _):
        for _ in range(words.rounds):
            for way, times in found.items():
                run = [sys.executable, "-c", _CHILD, url, way]
                said = subprocess.run(run, check=True, capture_output=True, text=True).stdout
                times.append([float(word) for word in said.split()])
    print("| pyarrow is imported | first answer, wall s | second |\n|---|---|---|")
    for way, times in found.items():
        first, second = (median(column) for column in zip(*times, strict=True))
        print(f"| {way} | {first:.2f} | {second:.2f} |")


if __name__ == "__main__":
    main()
