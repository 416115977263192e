# Licensed under a 3-clause BSD style license - see LICENSE
"""
Make a mirror in a process of its own, to be killed or starved of disk: a program of the tests.

``python -m tests.faults.programs.copying URL FOLDER [BYTES]`` writes no file of more than BYTES.
"""

import resource
import signal
import sys

from astroquery_csc import mirror
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import MirrorError


def main(url: str, folder: str, most_bytes: str = "") -> None:
    """Do so; print the error, if there is one that is told."""
    if most_bytes:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most_bytes), resource.RLIM_INFINITY))
    try:
        mirror.create(folder, csc=CscClass(server=url), expected=-1)
    except MirrorError as error:
        sys.stdout.write(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
