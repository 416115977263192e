# Licensed under a 3-clause BSD style license - see LICENSE
"""
A Chandra Source Catalog on this computer, for the figures of the pages.

It runs while Sphinx builds, in a process of its own: Sphinx forks its workers, and a fork must not
meet the threads of a server. While it runs, ``Csc`` and the resolver of names ask it.
"""

from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection

import astroquery
from astropy.coordinates.name_resolve import sesame_url
from astropy.utils import iers
from sphinx.application import Sphinx

from astroquery_csc import conf
from astroquery_csc.testing import csc_server

#: The longest that its start may take, in seconds.
_START_SECONDS = 60


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("builder-inited", _start)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _start(app: Sphinx) -> None:
    """Start the service, send ``Csc`` there, and see to its end."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    there.close()
    if not here.poll(_START_SECONDS):
        process.terminate()
        raise TimeoutError(f"The service was not there after {_START_SECONDS} s.")
    conf.server, resolver = here.recv()
    sesame_url.set((resolver,))
    astroquery.cache_conf.cache_active = False
    astroquery.log.setLevel("WARNING")
    iers.conf.auto_download = False
    app.connect("build-finished", lambda *_: here.close())


def _serve(pipe: Connection) -> None:
    """Serve until the other end of the pipe is closed, as it is when Sphinx ends."""
    with csc_server() as server:
        pipe.send((server.url, server.sesame_url))
        with suppress(EOFError):
            pipe.recv()
