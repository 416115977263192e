# Licensed under a 3-clause BSD style license - see LICENSE
"""
A Chandra Source Catalog on loopback, in a process of its own, with a synthetic sky of any size.

Run ``python -m benchmarks.match_service FOLDER ROWS``; it first prints its address and number.
"""

import os
import sys
from pathlib import Path

from astroquery_csc.testing import csc_server
from benchmarks.skies import Sky

__all__ = ["main"]


def main() -> None:
    """Serve until the input is closed."""
    folder, rows = sys.argv[1:]
    with csc_server(catalogue={"master_source": Sky(Path(folder), int(rows)).table()}) as server:
        print(server.url, os.getpid(), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
