# Licensed under a 3-clause BSD style license - see LICENSE
"""
The remote service: TAP and cone search of the Chandra Data Archive, with the cache before them.

What each service is known to do, and how surely, stands in docs/develop/service; nothing here
relies on more.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from astropy.table import Table
from astroquery import log
from pyvo.io import vosi
from pyvo.io.vosi.tapregext import TableAccess

from astroquery_csc.backend import COLUMN_FIELDS, Answer, Boxes, Cone, Depth, Query, Settings
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.exceptions import (
    CscError,
    RemoteServiceError,
    TableParseError,
)
from astroquery_csc.service.cache import Cache, cache_key
from astroquery_csc.service.deadline import Deadline, persist
from astroquery_csc.service.jobs import finished_job
from astroquery_csc.service.plausible import check_columns
from astroquery_csc.service.responses import READER_ERRORS, Body, check_xml, host_of
from astroquery_csc.service.transport import Transport
from astroquery_csc.service.uploads import Packed, pack
from astroquery_csc.votable import reader as votable

__all__ = ["RemoteService"]

_COLUMNS_ADQL = f"SELECT {', '.join(COLUMN_FIELDS)} FROM TAP_SCHEMA.columns"
#: What every answer of the cone search has, whatever is asked.
_CONE_COLUMNS = ("name", "ra", "dec")
#: What one column at least is called in every answer of the limiting-sensitivity service.
_ANY_LIMIT = "*flux_sens_*"


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, how, and what has to be in a good answer."""

    payload: dict[str, Any]
    route: str
    adql: str | None = None
    columns: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the request."""
        return {
            key: repr(value) if isinstance(value, float) else value
            for key, value in self.payload.items()
            if key not in {"url", "method"}
        }


class RemoteService:
    """Answers queries over HTTP; implements `Backend`."""

    def __init__(self, settings: Settings, transport: Transport, cache: Cache) -> None:
        self._settings = settings
        self._transport = transport
        self._cache = cache

    @property
    def _release(self) -> Release:
        """The row of the release."""
        return self._settings.release

    @property
    def url(self) -> str:
        """Address of the TAP service."""
        return self._settings.server + self._release.tap

    @property
    def has_cone(self) -> bool:
        """Whether this release has a cone-search service."""
        return bool(self._release.cone)

    @property
    def cone_is_sure(self) -> bool:
        """Whether a cone is whole: its largest radius and its row limit are not known."""
        return False

    # ------------------------------------------------------------------ TAP

    def run_payload(self, query: Query) -> dict[str, Any]:
        """Describe the request of a query."""
        return self._payload(query, pack(query.uploads))

    def _payload(self, query: Query, uploads: Packed) -> dict[str, Any]:
        """Describe the request of a query whose uploads are packed."""
        payload: dict[str, Any] = {
            "url": f"{self.url}/{'async' if query.async_job else 'sync'}",
            "method": "POST",
            "REQUEST": "doQuery",
            "LANG": "ADQL",
            "FORMAT": "votable",
            "QUERY": query.adql,
        }
        if not query.async_job:
            payload["PHASE"] = "RUN"
        if query.maxrec is not None:
            payload["MAXREC"] = query.maxrec
        if uploads.parameter:
            payload["UPLOAD"] = uploads.parameter
        return payload

    def run(self, query: Query, *, cache: bool | None = None) -> Answer:
        """Answer an ADQL query."""
        return self._run(query, self._transport.deadline(), cache=cache)

    def _run(self, query: Query, deadline: Deadline, *, cache: bool | None) -> Answer:
        """Answer an ADQL query before its time is over."""
        uploads = pack(query.uploads)
        question = _Question(
            self._payload(query, uploads),
            "TAP async" if query.async_job else "TAP",
            query.adql,
            query.columns,
            uploads.digests,
        )

        def send() -> Body:
            """Send the query, with the tables that go along."""
            return self._transport.fetch(
                "POST",
                question.payload["url"],
                deadline=deadline,
                adql=query.adql,
                data=question.parameters,
                files=uploads.parts or None,
            )

        def answer(key: str | None) -> Answer:
            """Answer past the cache."""
            if not query.async_job:
                return self._fetched(question, send, key, deadline)
            with finished_job(self._transport, self.url, query, uploads, deadline) as result:
                return self._fetched(
                    question,
                    lambda: self._transport.fetch(
                        "GET", result, deadline=deadline, home=self.url, adql=query.adql
                    ),
                    key,
                    deadline,
                )

        return self._cached(question, answer, cache=False if uploads.addresses else cache)

    @property
    def most_positions(self) -> int:
        """How many positions one request may hold."""
        return self._settings.positions_per_request

    @property
    def longest_list(self) -> int:
        """How many positions one call may ask about."""
        return self._settings.max_remote_positions

    def boxes(self, request: Boxes, *, cache: bool | None = None) -> Answer:
        """Answer which rows are in some boxes."""
        return self.run(request.whole(), cache=cache)

    def boxes_payload(self, request: Boxes) -> dict[str, Any]:
        """Describe what `boxes` would do."""
        return self.run_payload(request.whole())

    # ---------------------------------------------------------- cone search

    def cone_payload(self, cone: Cone) -> dict[str, Any]:
        """Describe the request of a cone search."""
        return {
            "url": self._settings.server + self._release.cone,
            "method": "GET",
            "RA": cone.ra_deg,
            "DEC": cone.dec_deg,
            "SR": cone.radius_deg,
            "VERB": cone.verbosity,
        }

    def cone(self, cone: Cone, *, cache: bool | None = None) -> Answer:
        """Answer a cone search."""
        question = _Question(self.cone_payload(cone), "cone search", columns=_CONE_COLUMNS)
        return self._get(question, cache=cache)

    def _get(self, question: _Question, *, cache: bool | None) -> Answer:
        """Answer what one GET answers."""
        deadline = self._transport.deadline()
        return self._cached(
            question,
            lambda key: self._fetched(
                question,
                lambda: self._transport.fetch(
                    "GET", question.payload["url"], deadline=deadline, params=question.parameters
                ),
                key,
                deadline,
            ),
            cache=cache,
        )

    def get(self, payload: dict[str, Any], route: str, *, cache: bool | None = None) -> Answer:
        """Answer what one GET of another service answers with a VOTable."""
        return self._get(_Question(payload, route), cache=cache)

    # ---------------------------------------------------- limiting sensitivity

    def sensitivity_payload(self, depth: Depth) -> dict[str, Any]:
        """Describe the request of a limiting sensitivity."""
        return {
            "url": self._settings.server + self._release.limsen,
            "method": "GET",
            "RA": depth.ra_deg,
            "DEC": depth.dec_deg,
            "SR": depth.radius_arcmin,
            "version": self._release.csccli,
        }

    def sensitivity(self, depth: Depth, *, cache: bool | None = None) -> Answer:
        """Answer how deep a place was seen."""
        return self._get(
            _Question(self.sensitivity_payload(depth), "sensitivity", columns=(_ANY_LIMIT,)),
            cache=cache,
        )

    # ---------------------------------------------------------------- cache

    def _cached(
        self, question: _Question, answer: Callable[[str | None], Answer], *, cache: bool | None
    ) -> Answer:
        """Answer from the cache, or past it, and then keep what came."""
        release = self._release.name
        try:
            if not Cache.active(cache=cache):
                return answer(None)
            asked = {"release": release, "route": question.route, **question.payload}
            if question.digests:
                asked["uploads"] = dict(question.digests)
            key = cache_key(asked)
            hit = self._hit(key, question)
            return answer(key) if hit is None else hit
        except CscError as error:
            # What broke on the way down there does not know what was asked up here.
            error.url = error.url or question.payload["url"]
            error.adql = error.adql or question.adql
            error.release = error.release or release
            raise

    def _fetched(
        self,
        question: _Question,
        fetch: Callable[[], Body],
        key: str | None,
        deadline: Deadline,
    ) -> Answer:
        """Fetch and decode, again where a failure may pass; keep the answer once it is good."""
        return persist(lambda: self._fetched_once(question, fetch, key), deadline)

    def _fetched_once(
        self, question: _Question, fetch: Callable[[], Body], key: str | None
    ) -> Answer:
        """Fetch and decode; keep the answer under its key, if it has one, once it is good."""
        release, retrieved = self._release.name, datetime.now(UTC)
        url = question.payload["url"]
        with fetch() as body, self._cache.write(key) as writer:
            body.sink = writer.write
            table, overflow = body.document(adql=question.adql, release=release)
            check_columns(table, question.columns, url=url, adql=question.adql, release=release)
            writer.commit(
                url=url, route=question.route, release=release, retrieved=retrieved.timestamp()
            )
        return Answer(table, url, question.route, overflow, retrieved)

    def _hit(self, key: str, question: _Question) -> Answer | None:
        """Answer from the cache; what is not a good answer any more is forgotten."""
        url = question.payload["url"]
        with self._cache.open(key, self._max_age()) as reader:
            if reader is None:
                return None
            try:
                document = votable.read(reader)
                if document.table is not None and reader.intact():
                    check_columns(document.table, question.columns, url=url)
                    retrieved = datetime.fromtimestamp(reader.entry.retrieved, UTC)
                    log.debug(f"From the cache: {url}")
                    return Answer(document.table, url, question.route, document.overflow, retrieved)
            except (TableParseError, OSError) as error:
                log.debug(f"A cached answer cannot be read: {error}")
        self._cache.discard(key)
        return None

    def _max_age(self) -> float | None:
        """Seconds for which an answer may be served again; None for any time."""
        limits = [
            float(limit)
            for limit in (self._settings.cache_seconds, self._release.cache_seconds)
            if limit is not None and limit >= 0
        ]
        return min(limits, default=None)

    # ------------------------------------------------------------- metadata

    def columns(self, *, cache: bool | None = None) -> Table:
        """
        List tables and columns as the service knows them.

        TAP_SCHEMA is asked, and /tables where it does not answer.
        """
        deadline = self._transport.deadline()
        try:
            query = Query(_COLUMNS_ADQL, columns=COLUMN_FIELDS)
            told = self._run(query, deadline, cache=cache)
            if not told.overflow and len(told.table):
                return told.table[list(COLUMN_FIELDS)]
            log.info("TAP_SCHEMA does not tell all columns; asking /tables.")
        except CscError as error:
            log.info(f"TAP_SCHEMA does not answer ({error}); asking /tables.")
        url = f"{self.url}/tables"
        text = self._text(url, "tableset", deadline)
        try:
            rows = [
                (f"{table.name}", f"{column.name}", *_words(column))
                for schema in vosi.parse_tables(io.BytesIO(text).read).tableset.schemas
                for table in schema.tables
                for column in table.columns
            ]
        except READER_ERRORS as error:
            raise TableParseError(f"{url} is no VOSI tables document: {error}.", url=url) from error
        if not rows:
            raise TableParseError(f"{url} lists no columns.", url=url)
        return Table(rows=rows, names=COLUMN_FIELDS, dtype=[str] * len(COLUMN_FIELDS))

    def _text(self, url: str, root: str, deadline: Deadline) -> bytes:
        """Fetch a whole document that is well-formed XML with this root."""

        def fetch() -> bytes:
            """Fetch it once."""
            with self._transport.fetch("GET", url, deadline=deadline) as body:
                return body.whole()

        text = persist(fetch, deadline)
        check_xml(text, url, root)
        return text

    def limit(self, kind: str) -> int:
        """Ask the service's capabilities for a row limit."""
        url = f"{self.url}/capabilities"
        try:
            text = self._text(url, "capabilities", self._transport.deadline())
            return _stated_limit(text, kind)
        except (StopIteration, TableParseError, *READER_ERRORS) as error:
            raise RemoteServiceError(
                f"{host_of(url)} does not say its {kind}: {' '.join(str(error).split())[:200]}.",
                url=url,
            ) from error


def _stated_limit(capabilities: bytes, kind: str) -> int:
    """Find a row limit in the capabilities of a service."""
    found = vosi.parse_capabilities(io.BytesIO(capabilities).read)
    limits = next(item for item in found if isinstance(item, TableAccess)).outputlimit
    stated = limits.default if kind == "maxrec" else limits.hard
    rows = int(stated.content)
    if stated.unit != "row" or rows < 0:
        raise ValueError(f"its limit is {rows} {stated.unit}")
    return rows


def _words(column: Any) -> tuple[str, str, str, str]:
    """Type, unit, ucd and description of a VOSI column."""
    datatype = getattr(column.datatype, "content", None) if column.datatype is not None else None
    return tuple(  # type: ignore[return-value]
        str(text or "") for text in (datatype, column.unit, column.ucd, column.description)
    )
