# Licensed under a 3-clause BSD style license - see LICENSE
"""
Kill a process again and again while it keeps answers: a program of the tests.

``python -m tests.faults.programs.killed URL FOLDER TIMES`` prints what it left, as JSON.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import CscError
from astroquery_csc.service.cache import Cache, cache_key
from astroquery_csc.votable import reader as votable
from tests.faults.bodies import ROWS


def ask_for_ever(url: str, folder: Path, seed: int) -> None:
    """Keep one answer after the other until the end."""
    csc = CscClass(server=url)
    csc.cache_location = folder
    number = 0
    while True:
        number += 1
        csc.query_tap(f"SELECT {seed} AS a, {number} AS b FROM csc21.master_source", validate=False)


def kill(url: str, folder: Path, seed: int) -> None:
    """Start a process that keeps answers, and kill it soon."""
    child = os.fork()
    if not child:
        try:
            ask_for_ever(url, folder, seed)
        except CscError:
            os._exit(1)
        finally:
            os._exit(2)
    time.sleep(random.Random(seed).uniform(0.05, 0.5))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def look(folder: Path) -> dict[str, int]:
    """Count answers, damaged ones among them, and parts of answers."""
    cache = Cache(lambda: folder)
    names = [path.name.partition(".")[0] for path in folder.glob("*.csc")]
    damaged = 0
    for name in names:
        with cache.open(name, None) as reader:
            table = None if reader is None else votable.read(reader).table
            good = reader is not None and reader.intact() and len(table or ()) % len(ROWS) == 0
            damaged += not good
    return {
        "answers": len(names),
        "damaged": damaged,
        "parts": len(list(folder.glob("*.part"))),
        "key": len(cache_key({})),
    }


def main(url: str, folder: str, times: str) -> None:
    """Do so, and print the counts."""
    # Import what children would import each by itself.
    CscClass(server=url).query_tap("SELECT 1 AS a FROM csc21.master_source", cache=False)
    for seed in range(int(times)):
        kill(url, Path(folder), seed)
    sys.stdout.write(json.dumps(look(Path(folder))))


if __name__ == "__main__":
    main(*sys.argv[1:])
