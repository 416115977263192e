# Licensed under a 3-clause BSD style license - see LICENSE
"""
The archive behind the catalogue: lists of files (csccli), the files themselves, and images (SIA).

The catalogue's own services are those of its base class. Files never enter the cache: where they
are wanted, they are kept.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from pyvo.dal.sia import SIAQuery

from astroquery_csc.backend import Request, Settings
from astroquery_csc.exceptions import InvalidQueryError, RemoteServiceError
from astroquery_csc.service.body import Body
from astroquery_csc.service.cache import CacheReader, CacheWriter
from astroquery_csc.service.deadline import Deadline
from astroquery_csc.service.refusals import host_of, quote, words_of
from astroquery_csc.service.remote import Reading, RemoteService

__all__ = ["Archive", "Entry", "File", "Files", "Listing", "SkyImages"]

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


@dataclass(frozen=True, slots=True)
class Files:
    """Which files are listed: packages, as csccli spells them."""

    specs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """One file that is fetched."""

    filetype: str
    filename: str
    version: str


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

    def plan(self, question: Any) -> Request:
        """Make the request for a question."""
        if isinstance(question, Files):
            packages = {"packageset": ",".join(question.specs), "version": self.version}
            return self._get(question, "/csccli/browse", packages, _ROUTE)
        if isinstance(question, File):
            return self._get(question, "/csccli/retrieveFile", asdict(question), _ROUTE)
        if isinstance(question, SkyImages):
            return self._get(question, self._release.sia, self._image_query(question), "SIA")
        return super().plan(question)

    def _image_query(self, question: SkyImages) -> dict[str, Any]:
        """Write the parameters of an image list as pyvo does."""
        query = SIAQuery(
            self._settings.server + self._release.sia,
            pos=(question.ra_deg, question.dec_deg),
            size=question.size_deg,
            format=question.format or None,
            verbosity=2,
        )
        return dict(query)

    # ----------------------------------------------------------------- lists

    def groups(self, specs: Iterable[str]) -> list[tuple[str, ...]]:
        """Divide what is asked into requests whose addresses are not too long."""
        bare = self.plan(Files())
        room = _URL_CHARACTERS - len(bare.url) - len(_query(bare)) - 1
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

    def browse(self, specs: Sequence[str], *, cache: bool | None = None) -> Listing:
        """List the files that there are."""
        request = self.plan(Files(tuple(specs)))

        def arriving(body: Body, writer: CacheWriter, retrieved: datetime) -> Listing:
            """Read a list, and keep it once it is known to be one."""
            document = body.whole()
            listing = Listing(_entries(document, request.url), retrieved)
            writer.write(document)
            return listing

        def kept(reader: CacheReader, retrieved: datetime) -> Listing:
            """Read a list in the cache."""
            return Listing(_entries(reader.read(), request.url), retrieved)

        reading = Reading(arriving, kept)
        return self._cached(request, reading, self._transport.deadline(), cache=cache)

    @contextmanager
    def _sent(self, request: Request, deadline: Deadline) -> Iterator[Callable[[], Body]]:
        """Give what fetches a body; the address of a list is written so that more fits in."""
        if isinstance(request.question, Files):
            url, words = request.url, _query(request)
            yield partial(self._transport.fetch, "GET", url, deadline=deadline, params=words)
            return
        with super()._sent(request, deadline) as fetch:
            yield fetch

    # ----------------------------------------------------------------- files

    @property
    def settings(self) -> Settings:
        """What this call works with."""
        return self._settings

    def file(
        self, request: Request, deadline: Deadline, headers: Mapping[str, str] | None = None
    ) -> Body:
        """Open a file, or the part of it that headers name."""
        return self._transport.fetch(
            "GET",
            request.url,
            deadline=deadline,
            params=request.written,
            # The file is compressed itself; compressing it again would gain nothing.
            headers={"Accept-Encoding": "identity", **(headers or {})},
        )

    # ---------------------------------------------------------------- images

    @property
    def has_images(self) -> bool:
        """Whether this release has an image service."""
        return bool(self._release.sia)


def _query(request: Request) -> str:
    """Write the parameters of a list; slashes and commas stay, so that more fit in."""
    return urlencode(request.parameters, safe="/,")


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
