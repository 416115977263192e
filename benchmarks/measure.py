# Licensed under a 3-clause BSD style license - see LICENSE
"""
Measure one reader on one answer, in a process of its own.

Run ``python -m benchmarks.measure READER SOURCE SMALL``; SOURCE is a file or the address of a
service, SMALL a small one of the same kind, which is read first. Prints one line of JSON.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["READERS", "main", "peak_mb", "quiet_csc"]

_QUERY = "SELECT name FROM master_source"
_PIECE_BYTES = 1 << 21


def _floor(source: str) -> int:
    """Find every ``<``, and do nothing with it."""
    import numpy as np

    count = 0
    with Path(source).open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            count += np.flatnonzero(np.frombuffer(piece, np.uint8) == ord("<")).size
    return count


def _decoder(source: str) -> int:
    """Decode a file with this package."""
    from astroquery_csc.votable import reader as votable

    with Path(source).open("rb") as file:
        return len(votable.read(file).table or ())


def _without_arrow(source: str) -> int:
    """Decode a file with this package, as if pyarrow were not there."""
    from astroquery_csc import optional

    optional.has_arrow = lambda: False  # type: ignore[assignment]
    return _decoder(source)


def _astropy(source: str) -> int:
    """Decode a file with astropy."""
    from astropy.io.votable import parse_single_table

    return len(parse_single_table(source).to_table())


def _query_tap(source: str) -> int:
    """Ask a service with this package, past the cache."""
    return len(quiet_csc(source).query_tap(_QUERY, cache=False))


def _query_tap_kept(source: str) -> int:
    """Ask a service with this package, and keep the answer; or find it kept."""
    csc = quiet_csc(source)
    csc.cache_location = Path(_folder().name)
    return len(csc.query_tap(_QUERY, cache=True))


def quiet_csc(source: str) -> Any:
    """Make a quiet ``Csc`` on a service."""
    from astroquery import log

    from astroquery_csc import Csc

    log.setLevel("WARNING")
    return Csc(server=source)


@lru_cache(maxsize=1)
def _folder() -> "tempfile.TemporaryDirectory[str]":
    """Make a folder for the cache, which goes when this process ends."""
    return tempfile.TemporaryDirectory()


def _pyvo(source: str) -> int:
    """Ask a service with pyvo."""
    from pyvo.dal import TAPService

    return len(TAPService(f"{source}/csc21tap").search(_QUERY).to_table())


def _download(source: str) -> int:
    """Ask a service, and throw the answer away."""
    import requests

    with requests.post(f"{source}/csc21tap/sync", stream=True, timeout=60) as response:
        return sum(map(len, response.iter_content(_PIECE_BYTES)))


def _pyvo_with_strings(source: str) -> int:
    """Ask a service with pyvo, and make its object columns fit for FITS, as the notebook does."""
    import numpy as np
    from pyvo.dal import TAPService

    table = TAPService(f"{source}/csc21tap").search(_QUERY).to_table()
    for name in table.colnames:
        if table[name].dtype == np.object_:
            table[name] = table[name].astype(str)
    return len(table)


def peak_mb() -> float:
    """Give the most memory that this process has had, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not ru_maxrss: that begins at what the parent has.
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


#: What can be measured, by name.
READERS: dict[str, Callable[[str], int]] = {
    "floor": _floor,
    "decoder": _decoder,
    "without pyarrow": _without_arrow,
    "astropy": _astropy,
    "query_tap": _query_tap,
    "query_tap, kept": _query_tap_kept,
    "cache hit": _query_tap_kept,
    "pyvo": _pyvo,
    "pyvo, strings": _pyvo_with_strings,
    "download": _download,
}


def main() -> None:
    """Measure what the arguments say."""
    name, source, small = sys.argv[1:]
    reader = READERS[name]
    reader(source if name == "cache hit" else small)
    cpu, wall = time.process_time(), time.monotonic()
    count = reader(source)
    end = time.monotonic()
    print(
        json.dumps(
            {
                "wall": end - wall,
                "cpu": time.process_time() - cpu,
                "peak": peak_mb(),
                "count": count,
                "end": end,
            }
        )
    )


if __name__ == "__main__":
    main()
