# Licensed under a 3-clause BSD style license - see LICENSE
"""
Names of objects made into positions by Sesame, with the limits that every request has.

astropy's own resolver waits without end for a server that sends a byte now and then, and keeps
whatever comes. Only the settings are taken from it: ``sesame_url`` and ``sesame_database``.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import quote

from astropy.coordinates import SkyCoord
from astropy.coordinates.name_resolve import sesame_database, sesame_url

from astroquery_csc.backend import Request
from astroquery_csc.exceptions import CscError, RemoteServiceError, ResolverError
from astroquery_csc.log import log
from astroquery_csc.service.body import Body
from astroquery_csc.service.cache import CacheReader, CacheWriter
from astroquery_csc.service.deadline import Deadline
from astroquery_csc.service.refusals import kind_of, shown
from astroquery_csc.service.remote import Reading, RemoteService

__all__ = ["NameResolver"]

_MOST_BYTES = 65_536
_ROUTE = "resolver"
#: The line of Sesame's answer with the position, ICRS, in degrees.
_POSITION = re.compile(r"^%J\s*(\d{1,3}(?:\.\d*)?)\s+([-+]?\d{1,2}(?:\.\d*)?)(?!\S)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an object is, ICRS, and when Sesame said so."""

    ra_deg: float
    dec_deg: float
    retrieved: datetime


class _UnknownNameError(ResolverError):
    """Sesame answered that it does not know a name."""


class NameResolver(RemoteService):
    """Asks Sesame, through the same transport and cache as the archive."""

    def find(self, name: str, *, cache: bool | None = None) -> SkyCoord | None:
        """Find where an object is; None for an unknown name."""
        whole, troubles = self._transport.deadline(), []
        for url in _addresses(name):
            deadline = Deadline(min(self._settings.timeout, whole.left))
            request = Request(name, url, "GET", {}, _ROUTE)
            try:
                place = self._cached(request, _READING, deadline, cache=cache)
                return SkyCoord(place.ra_deg, place.dec_deg, unit="deg", frame="icrs")
            except _UnknownNameError:
                return None
            except CscError as error:
                log.info(f"{name!r} is not resolved: {error}")
                troubles.append(str(error))
        raise ResolverError(
            f"No name resolver could be reached for {name!r}. Give coordinates: "
            f"SkyCoord(ra, dec, unit='deg'). ({' '.join(troubles) or 'sesame_url is empty'})"
        )

    @contextmanager
    def _sent(self, request: Request, deadline: Deadline) -> Iterator[Callable[[], Body]]:
        """Give what fetches an answer; what the archive's session knows of a user stays there."""
        home = self._settings.server
        yield partial(self._transport.fetch, "GET", request.url, deadline=deadline, home=home)


def _addresses(name: str) -> list[str]:
    """Write the addresses that answer for a name, as astropy is set."""
    letter = str(sesame_database.get())[:1].upper()
    databases = "SNV" if letter == "A" else letter
    roots = sesame_url.get()
    roots = [roots] if isinstance(roots, str) else roots
    return [f"{root.rstrip('/')}/{databases}?{quote(name)}" for root in dict.fromkeys(roots)]


def _arriving(body: Body, writer: CacheWriter, retrieved: datetime) -> _Place:
    """Read an answer, and keep it if it has a position."""
    document = body.peek(_MOST_BYTES + 1)
    if len(document) > _MOST_BYTES:
        raise RemoteServiceError(f"{shown(body.url)} sent more than {_MOST_BYTES >> 10} kB.")
    place = _read(document, retrieved)
    if place is None and document.startswith(b"#"):
        raise _UnknownNameError("The name is not known.")
    if place is None:
        raise RemoteServiceError(
            f"{shown(body.url)} sent {kind_of(document[:1000], '')} instead of a position."
        )
    writer.write(document)
    return place


def _kept(reader: CacheReader, retrieved: datetime) -> _Place | None:
    """Read an answer in the cache."""
    return _read(reader.read(), retrieved)


_READING = Reading(_arriving, _kept)


def _read(document: bytes, retrieved: datetime) -> _Place | None:
    """Find the position in an answer of Sesame, whose lines without one begin with ``#``."""
    found = _POSITION.search(document.decode("ascii", "replace"))
    if found is None or float(found[1]) > 360 or abs(float(found[2])) > 90:
        return None
    return _Place(float(found[1]), float(found[2]), retrieved)
