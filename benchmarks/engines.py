# Licensed under a 3-clause BSD style license - see LICENSE
"""
Match positions with one engine, in a process of its own.

Run ``python -m benchmarks.engines ENGINE FOLDER ROWS COUNT [URL NUMBER]``. The engine matches a few
positions first, so that imports are not measured, and then COUNT positions against ROWS sources,
from files on the disk to the number of pairs. Prints one line of JSON.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from numpy.typing import NDArray

from benchmarks.measure import peak_mb
from benchmarks.skies import FEW, Sky

__all__ = ["ENGINES", "RADIUS_ARCSEC", "main"]

RADIUS_ARCSEC = 2.0
_NEIGHBOURS = 50
#: LSDB's cluster, kept from the first match to the second.
_STACK = ExitStack()


def _angles(path: Path) -> NDArray[np.float64]:
    """Read right ascensions and declinations, degrees."""
    return np.asarray(np.load(path))


def _coordinates(path: Path) -> SkyCoord:
    """Read positions as coordinates."""
    return SkyCoord(*_angles(path), unit="deg")


def _kernel(sky: Sky, count: int, _: str) -> int:
    """Match arrays with the pair search of this package."""
    from astroquery_csc.sky.index import SkyIndex

    ra, dec = _angles(sky.positions(count))
    index = SkyIndex(*_angles(sky.sources()))
    return len(index.pairs(ra, dec, RADIUS_ARCSEC / 3600).source)


def _astropy(sky: Sky, count: int, _: str) -> int:
    """Match with astropy."""
    positions, sources = _coordinates(sky.positions(count)), _coordinates(sky.sources())
    return len(search_around_sky(positions, sources, RADIUS_ARCSEC * u.arcsec)[0])


def _mirror(sky: Sky, count: int, _: str) -> int:
    """Match with ``crossmatch`` and a mirror."""
    from astroquery_csc import Csc

    return _crossmatch(Csc(mirror=sky.folder / f"mirror-{sky.rows}"), sky, count)


def _service(sky: Sky, count: int, url: str) -> int:
    """Match with ``crossmatch`` and a service on loopback."""
    return _crossmatch(_client(url), sky, count)


def _crossmatch(csc: Any, sky: Sky, count: int) -> int:
    """Match with ``crossmatch``."""
    table = csc.crossmatch(_coordinates(sky.positions(count)), radius=RADIUS_ARCSEC * u.arcsec)
    return int((~np.ma.getmaskarray(table["name"])).sum())


def _one_by_one(sky: Sky, count: int, url: str) -> int:
    """Send a request for each position to a service on loopback."""
    csc = _client(url)
    positions = _coordinates(sky.positions(count))
    radius = RADIUS_ARCSEC * u.arcsec
    return sum(len(csc.query_region(position, radius, verbosity=1)) for position in positions)


def _client(url: str) -> Any:
    """Make a quiet ``Csc`` on a service, without the cache."""
    import warnings

    from astroquery import cache_conf, log
    from astroquery.exceptions import NoResultsWarning

    from astroquery_csc import Csc

    log.setLevel("WARNING")
    cache_conf.cache_active = False
    warnings.simplefilter("ignore", NoResultsWarning)
    return Csc(server=url)


def _lsdb(sky: Sky, count: int, _: str) -> int:
    """Match with LSDB on a cluster of two workers."""
    import lsdb

    _cluster()
    positions = lsdb.open_catalog(sky.hats(sky.positions(count)))
    matches = positions.crossmatch(
        lsdb.open_catalog(sky.hats(sky.sources())),
        radius_arcsec=RADIUS_ARCSEC,
        n_neighbors=_NEIGHBOURS,
        require_right_margin=True,
        suffixes=("_asked", ""),
        suffix_method="overlapping_columns",
        log_changes=False,
    )
    return len(matches.compute(progress_bar=False))


def _cluster() -> Any:
    """Start the cluster, or find it."""
    from dask.distributed import Client, LocalCluster, get_client

    try:
        return get_client()
    except ValueError:
        cluster = LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            memory_limit="4GiB",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        )
        return _STACK.enter_context(Client(_STACK.enter_context(cluster)))


def _of_workers(engine: str, measure: Callable[[], float]) -> float:
    """Add up what LSDB's workers measure of themselves."""
    return float(sum(_cluster().run(measure).values())) if engine == "LSDB" else 0.0


def _cpu_s(engine: str, service: str) -> float:
    """Give the CPU time that the engine has had: its own, its workers', its service's."""
    spent = time.process_time() + _of_workers(engine, time.process_time)
    if not (service and engine in {"service", "one by one"}):
        return spent
    # User and system time; the name before them may hold blanks, but not what follows it.
    fields = Path(f"/proc/{service}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return spent + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


#: What can match, by name. Each gets a sky, how many positions, and the address of a service.
ENGINES: dict[str, Callable[[Sky, int, str], int]] = {
    "pairs": _kernel,
    "mirror": _mirror,
    "service": _service,
    "one by one": _one_by_one,
    "astropy": _astropy,
    "LSDB": _lsdb,
}


def main() -> None:
    """Measure what the arguments say."""
    name, folder, rows, count, *rest = sys.argv[1:]
    url, service = rest or ("", "")
    sky, match = Sky(Path(folder), int(rows)), ENGINES[name]
    with _STACK:
        match(sky, FEW, url)
        spent, start = _cpu_s(name, service), time.monotonic()
        pairs = match(sky, int(count), url)
        wall = time.monotonic() - start
        cpu = _cpu_s(name, service) - spent
        peak = peak_mb() + _of_workers(name, peak_mb)
        print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "pairs": pairs}))


if __name__ == "__main__":
    main()
