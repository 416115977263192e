# Licensed under a 3-clause BSD style license - see LICENSE
"""
Many processes with many threads on one cache: a program of the tests.

``python -m tests.faults.programs.many URL FOLDER PROCESSES THREADS ROUNDS`` ends with the number
of threads that got something else than the right table.
"""

import io
import os
import sys
import threading
import warnings

from astroquery_csc.core import CscClass
from astroquery_csc.votable import reader as votable
from tests.faults.bodies import ROWS, SOURCES

#: Different questions; each is asked by many at the same time.
QUESTIONS = 5


def right(number: int) -> list[str]:
    """Give the names that the answer to a question has."""
    return [f"{row[0]}/{number}" for row in ROWS]


def ask(csc: CscClass, number: int) -> list[str]:
    """Ask one of the questions."""
    query = f"SELECT {number} AS name FROM csc21.master_source"
    table = csc.query_tap(query, validate=False)
    return [str(name) for name in table["name"]]


def work(csc: CscClass, rounds: int, failures: list[str], seed: int) -> None:
    """Ask again and again, and sometimes forget everything."""
    try:
        for turn in range(rounds):
            number = (seed + turn) % QUESTIONS
            if ask(csc, number) != right(number):
                failures.append(f"a wrong answer to {number}")
            if (seed + turn) % 17 == 0:
                csc.clear_cache()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure
        failures.append(repr(error))


def run_threads(url: str, folder: str, threads: int, rounds: int) -> int:
    """Let threads share one client; give the number of failures."""
    warnings.simplefilter("error")
    csc = CscClass(server=url)
    csc.cache_location = folder
    failures: list[str] = []
    workers = [
        threading.Thread(target=work, args=(csc, rounds, failures, seed)) for seed in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for failure in failures:
        sys.stderr.write(f"{failure}\n")
    return min(len(failures), 100)


def main(url: str, folder: str, processes: str, threads: str, rounds: str) -> int:
    """Let processes share one cache; give the number of failures."""
    votable.read(io.BytesIO(SOURCES))  # imports what children would import each by itself
    children = []
    for _ in range(int(processes)):
        child = os.fork()
        if not child:
            status = 100
            try:
                status = run_threads(url, folder, int(threads), int(rounds))
            finally:
                sys.stderr.flush()
                os._exit(status)
        children.append(child)
    return sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
