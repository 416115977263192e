# Licensed under a 3-clause BSD style license - see LICENSE
"""The client that a command asks, and its resolver of names."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from astropy.coordinates.name_resolve import sesame_url
from astropy.table import Table

from astroquery_csc.config import ARCHIVE_URL
from astroquery_csc.core import CscClass

__all__ = ["ARCHIVE", "ask_tables", "client", "make_csc", "resolver"]

#: What ``--server`` takes for the Chandra Data Archive itself.
ARCHIVE = "cda"


def make_csc(
    server: str | None,
    release: str | None = None,
    mirror: str | None = None,
    *,
    timeout: float | None = None,
) -> CscClass:
    """Make the client that a command asks."""
    address = ARCHIVE_URL if server == ARCHIVE else server
    return CscClass(release, server=address, mirror=mirror, timeout=timeout)


def client(args: Namespace) -> CscClass:
    """Make the client that the options describe."""
    mirror = getattr(args, "mirror", None)
    return make_csc(args.server, args.release, mirror, timeout=args.timeout)


@contextmanager
def resolver(address: str | None) -> Iterator[None]:
    """Ask another resolver of names than astropy's own choice."""
    if address is None:
        yield
        return
    with sesame_url.set((address.rstrip("/") + "/",)):
        yield


def ask_tables(csc: CscClass, *, cache: bool | None = None) -> Table:
    """Ask the service which tables it contains."""
    query = "SELECT table_name, description FROM TAP_SCHEMA.tables"
    return csc.query_tap(query, maxrec=-1, cache=cache)
