# Licensed under a 3-clause BSD style license - see LICENSE
"""
The archive behind the catalogue: lists of files (csccli), the files themselves, and images (SIA).

The catalogue's own services are those of its base class. Files never enter the cache: where they
are wanted, they are kept.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from astroquery import log
from pyvo.dal.sia import SIAQuery

from astroquery_csc.backend import Answer, Settings
from astroquery_csc.exceptions import InvalidQueryError, RemoteServiceError
from astroquery_csc.service.cache import Cache, cache_key
from astroquery_csc.service.deadline import Deadline, persist
from astroquery_csc.service.remote import RemoteService
from astroquery_csc.service.responses import Body, host_of, quote, words_of

__all__ = ["Archive", "Entry", "Listing", "SkyImages"]

#: What CIAO keeps addresses under.
_URL_CHARACTERS = 4000
_ROUTE = "csccli"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in a list."""

    filename: str
    filetype: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What csccli lists."""

    entries: tuple[Entry, ...]
    retrieved: datetime


@dataclass(frozen=True, slots=True)
class SkyImages:
    """What is asked of the image service."""

    ra_deg: float
    dec_deg: float
    size_deg: float
    format: str = ""


class Archive(RemoteService):
    """The remote service, and what its archive holds besides the catalogue."""

    @property
    def csccli(self) -> str:
        """Address of the services that CIAO uses."""
        return f"{self._settings.server}/csccli"

    @property
    def version(self) -> str:
        """What csccli calls the release."""
        if not self._release.csccli:
            raise InvalidQueryError(
                f"Release {self._release.name!r} has no files: its row in "
                "astroquery_csc.catalogue.releases names no csccli version.",
                release=self._release.name,
            )
        return self._release.csccli

    # ----------------------------------------------------------------- lists

    def groups(self, specs: Iterable[str]) -> list[tuple[str, ...]]:
        """Divide what is asked into requests whose addresses are not too long."""
        bare = self.browse_payload(())
        room = _URL_CHARACTERS - len(bare["url"]) - len(_query(bare)) - 1
        groups: list[list[str]] = []
        left = 0
        for spec in dict.fromkeys(specs):
            length = len(urlencode({"": spec}, safe="/"))
            if length > left:
                groups.append([])
                left = room
            groups[-1].append(spec)
            left -= length
        return [tuple(group) for group in groups]

    def browse_payload(self, specs: Sequence[str]) -> dict[str, Any]:
        """Describe the request of a list of files."""
        return {
            "url": f"{self.csccli}/browse",
            "method": "GET",
            "packageset": ",".join(specs),
            "version": self.version,
        }

    def browse(self, specs: Sequence[str], *, cache: bool | None = None) -> Listing:
        """List the files that there are."""
        payload = self.browse_payload(specs)
        key = None
        if Cache.active(cache=cache):
            key = cache_key({"release": self._release.name, "route": _ROUTE, **payload})
            hit = self._listed(key, payload["url"])
            if hit is not None:
                return hit
        deadline = self._transport.deadline()
        return persist(lambda: self._browse_once(payload, key, deadline), deadline)

    def _browse_once(self, payload: dict[str, Any], key: str | None, deadline: Deadline) -> Listing:
        """Ask for a list, and keep it under its key once it is known to be one."""
        url, retrieved = payload["url"], datetime.now(UTC)
        fetched = self._transport.fetch("GET", url, deadline=deadline, params=_query(payload))
        with fetched as body, self._cache.write(key) as writer:
            document = body.whole()
            listing = Listing(_entries(document, url), retrieved)
            writer.write(document)
            writer.commit(
                url=url,
                route=_ROUTE,
                release=self._release.name,
                retrieved=retrieved.timestamp(),
            )
        return listing

    def _listed(self, key: str, url: str) -> Listing | None:
        """Take a list from the cache; what is none any more is forgotten."""
        with self._cache.open(key, self._max_age()) as reader:
            if reader is None:
                return None
            try:
                document = reader.read()
                if reader.intact():
                    log.debug(f"From the cache: {url}")
                    retrieved = datetime.fromtimestamp(reader.entry.retrieved, UTC)
                    return Listing(_entries(document, url), retrieved)
            except (RemoteServiceError, OSError) as error:
                log.debug(f"A cached list cannot be read: {error}")
        self._cache.discard(key)
        return None

    # ----------------------------------------------------------------- files

    @property
    def settings(self) -> Settings:
        """What this call works with."""
        return self._settings

    def file_payload(self, filename: str, filetype: str, version: str) -> dict[str, Any]:
        """Describe the request of a file."""
        return {
            "url": f"{self.csccli}/retrieveFile",
            "method": "GET",
            "filetype": filetype,
            "filename": filename,
            "version": version,
        }

    def file(self, payload: dict[str, Any], deadline: Deadline) -> Body:
        """Open a file."""
        return self._transport.fetch(
            "GET",
            payload["url"],
            deadline=deadline,
            params=_parameters(payload),
            # The file is compressed by itself; once more would gain nothing.
            headers={"Accept-Encoding": "identity"},
        )

    # ---------------------------------------------------------------- images

    @property
    def has_images(self) -> bool:
        """Whether this release has an image service."""
        return bool(self._release.sia)

    def images_payload(self, asked: SkyImages) -> dict[str, Any]:
        """Describe the request of an image list."""
        url = self._settings.server + self._release.sia
        query = SIAQuery(
            url,
            pos=(asked.ra_deg, asked.dec_deg),
            size=asked.size_deg,
            format=asked.format or None,
            verbosity=2,
        )
        return {"url": url, "method": "GET", **query}

    def images(self, asked: SkyImages, *, cache: bool | None = None) -> Answer:
        """List the images of a place."""
        return self.get(self.images_payload(asked), "SIA", cache=cache)


def _parameters(payload: dict[str, Any]) -> dict[str, Any]:
    """Take the parameters of a request."""
    return {key: value for key, value in payload.items() if key not in {"url", "method"}}


def _query(payload: dict[str, Any]) -> str:
    """Write the parameters of a list; slashes and commas stay, so that more fit in."""
    return urlencode(_parameters(payload), safe="/,")


def _entries(document: bytes, url: str) -> tuple[Entry, ...]:
    """Read a list of files."""
    try:
        found = json.loads(document)
        return tuple(Entry(str(one["filename"]), str(one.get("filetype") or "")) for one in found)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise RemoteServiceError(
            f"{host_of(url)} gave no list of files. It {quote(words_of(document))}.",
            url=url,
        ) from error
