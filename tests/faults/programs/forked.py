# Licensed under a 3-clause BSD style license - see LICENSE
"""
One client in many forked processes, all of which ask at the same time: a program of the tests.

Threads of the parent go on asking while it forks.

``python -m tests.faults.programs.forked URL FOLDER PROCESSES ROUNDS`` ends with the number of
processes that got something else than the right table.
"""

import os
import sys
import threading

from astropy import units as u
from astropy.coordinates import SkyCoord

from astroquery_csc.core import CscClass
from tests.support.comparing import master_positions, names_within

RADIUS = 30 * u.arcsec


def ask(csc: CscClass, place: SkyCoord, *, cache: bool) -> list[str]:
    """Ask for one cone: the names in it."""
    return [str(name) for name in csc.query_region(place, RADIUS, verbosity=1, cache=cache)["name"]]


def work(csc: CscClass, places: SkyCoord) -> int:
    """Ask for many cones, twice for each; the second answer may be from the cache."""
    failures = 0
    for place in places:
        right = names_within(place, RADIUS)
        for _ in range(2):
            try:
                found = ask(csc, place, cache=True)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure
                found = [repr(error)]
            if found != right:
                failures += 1
                sys.stderr.write(f"{found} instead of {right}\n")
    return min(failures, 100)


def go_on(csc: CscClass, place: SkyCoord, over: threading.Event) -> None:
    """Ask for the same cone until it is over."""
    while not over.is_set():
        ask(csc, place, cache=False)


def main(url: str, folder: str, processes: str, rounds: str) -> int:
    """Ask once, fork, and let each process ask about places of its own."""
    csc = CscClass(server=url, timeout=30)
    csc.cache_location = folder
    places = master_positions()[:: len(master_positions()) // (int(processes) * int(rounds) + 1)]
    ask(csc, places[-1], cache=False)
    over, children = threading.Event(), []
    threads = [threading.Thread(target=go_on, args=(csc, places[-1], over)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(int(processes)):
        child = os.fork()
        if not child:
            status = 100
            try:
                status = work(csc, places[number :: int(processes)][: int(rounds)])
            finally:
                sys.stderr.flush()
                os._exit(status)
        children.append(child)
    failed = sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)
    over.set()
    for thread in threads:
        thread.join()
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
