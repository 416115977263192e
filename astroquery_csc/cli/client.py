# Licensed under a 3-clause BSD style license - see LICENSE
"""The client that a command asks, and its resolver of names."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any, cast

from astropy.coordinates.name_resolve import sesame_url
from astropy.table import Table

from astroquery_csc.config import ARCHIVE_URL
from astroquery_csc.core import CscClass

__all__ = ["ARCHIVE", "Described", "ask_tables", "client", "make_csc", "resolver"]

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
    """Make the client that the options describe; with ``--payload``, one that sends nothing."""
    mirror = getattr(args, "mirror", None)
    csc = make_csc(args.server, args.release, mirror, timeout=args.timeout)
    return cast("CscClass", _Describer(csc)) if getattr(args, "payload", False) else csc


class Described(Exception):  # noqa: N818 - not an error: what ``--payload`` asks for
    """The request that would have been sent."""

    def __init__(self, payload: Any) -> None:
        super().__init__("the request was described, not sent")
        self.payload = payload


class _Describer:
    """A client whose first request is described instead of sent."""

    def __init__(self, csc: CscClass) -> None:
        self._csc = csc

    def __getattr__(self, name: str) -> Any:
        """Give an attribute of the client; of a verb that sends, one that only describes."""
        found = getattr(self._csc, name)
        if not callable(found) or "get_query_payload" not in signature(found).parameters:
            return found

        def describe(*values: Any, **named: Any) -> None:
            """Describe the request."""
            raise Described(found(*values, **named, get_query_payload=True))

        return describe


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
