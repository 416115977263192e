# Licensed under a 3-clause BSD style license - see LICENSE
"""
The remote service: TAP and cone search of the Chandra Data Archive, with the cache before them.

What each service is known to do, and how surely, stands in docs/develop/service; nothing here
relies on more.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from astropy.table import Table
from pyvo.io import vosi
from pyvo.io.vosi.tapregext import TableAccess

from astroquery_csc import optional
from astroquery_csc.adql.speech import Speech
from astroquery_csc.backend import (
    COLUMN_FIELDS,
    Answer,
    Boxes,
    Cone,
    Limits,
    Query,
    Request,
    Settings,
)
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.exceptions import (
    CscError,
    RemoteServiceError,
    TableParseError,
)
from astroquery_csc.log import log
from astroquery_csc.service.body import Body
from astroquery_csc.service.cache import Cache, CacheReader, CacheWriter, Keep, cache_key
from astroquery_csc.service.deadline import Deadline, persist
from astroquery_csc.service.jobs import finished_job
from astroquery_csc.service.learning import learn
from astroquery_csc.service.memory import LEARNT
from astroquery_csc.service.plausible import check_columns
from astroquery_csc.service.refusals import READER_ERRORS, check_xml, host_of
from astroquery_csc.service.transport import Transport
from astroquery_csc.service.uploads import pack
from astroquery_csc.votable import reader as votable

__all__ = ["Reading", "RemoteService"]

_COLUMNS_ADQL = f"SELECT {', '.join(COLUMN_FIELDS)} FROM TAP_SCHEMA.columns"
#: Seconds that the capabilities may take: nobody waits for them, and most never need them.
_CAPABILITIES_SECONDS = 5.0
#: What every answer of the cone search has, whatever is asked.
_CONE_COLUMNS = ("name", "ra", "dec")
#: What one column at least is called in every answer of the limiting-sensitivity service.
_ANY_LIMIT = "*flux_sens_*"


class Dated(Protocol):
    """What a document says, and when it was retrieved."""

    @property
    def retrieved(self) -> datetime:
        """When it came from the service."""
        ...


Result = TypeVar("Result", bound=Dated)


@dataclass(frozen=True, slots=True)
class Reading(Generic[Result]):
    """How one kind of document is read: while it arrives and is kept, and from the cache."""

    arriving: Callable[[Body, CacheWriter, datetime], Result]
    kept: Callable[[CacheReader, datetime], Result | None]


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
    def has_geometry(self) -> bool:
        """Whether its ADQL knows positions on the sphere: not that of ADQL, and others perhaps."""
        return False

    @property
    def speech(self) -> Speech:
        """What is known of how the server takes conditions and joins."""
        return LEARNT.speech(self.url)

    def learn(self, topics: Iterable[str]) -> None:
        """Ask the server small questions about what it may have refused."""
        learn(topics, self.url, self._release, self._asked)

    def _asked(self, adql: str) -> Answer:
        """Answer one small question, past the cache."""
        return self.answer(self.plan(Query(adql)), cache=False)

    def note(self, **found: Any) -> None:
        """Keep what showed of how the server takes conditions."""
        LEARNT.learn(self.url, **found)

    @property
    def cone_is_sure(self) -> bool:
        """Whether a cone is whole: its largest radius and its row limit are not known."""
        return False

    @property
    def most_positions(self) -> int:
        """How many positions one request may hold."""
        return self._settings.positions_per_request

    @property
    def longest_list(self) -> int:
        """How many positions one call may ask about."""
        return self._settings.max_remote_positions

    # ---------------------------------------------------------------- plan

    def plan(self, question: Any) -> Request:
        """Make the request for a question."""
        if isinstance(question, Boxes):
            question = question.whole()
        if isinstance(question, Query):
            return self._plan_query(question)
        if isinstance(question, Cone):
            where = {"RA": question.ra_deg, "DEC": question.dec_deg, "SR": question.radius_deg}
            return self._get(
                question,
                self._release.cone,
                where | {"VERB": question.verbosity},
                "cone search",
                _CONE_COLUMNS,
            )
        where = {"RA": question.ra_deg, "DEC": question.dec_deg, "SR": question.radius_arcmin}
        return self._get(
            question,
            self._release.limsen,
            where | {"version": self._release.csccli},
            "sensitivity",
            (_ANY_LIMIT,),
        )

    def _get(
        self,
        question: Any,
        path: str,
        parameters: dict[str, Any],
        route: str,
        columns: tuple[str, ...] = (),
    ) -> Request:
        """Make a request of one GET."""
        url = self._settings.server + path
        return Request(question, url, "GET", parameters, route, columns)

    def _plan_query(self, query: Query) -> Request:
        """Make the request of a query; what is uploaded is packed."""
        uploads = pack(query.uploads)
        parameters: dict[str, Any] = {
            "REQUEST": "doQuery",
            "LANG": "ADQL",
            "FORMAT": "votable",
            "QUERY": query.adql,
        }
        if not query.async_job:
            parameters["PHASE"] = "RUN"
        if query.maxrec is not None:
            parameters["MAXREC"] = query.maxrec
        if uploads.parameter:
            parameters["UPLOAD"] = uploads.parameter
        return Request(
            query,
            f"{self.url}/{'async' if query.async_job else 'sync'}",
            "POST",
            parameters,
            "TAP async" if query.async_job else "TAP",
            query.columns,
            uploads,
        )

    # -------------------------------------------------------------- answer

    def answer(self, request: Request, *, cache: bool | None = None) -> Answer:
        """Send a request, or take its answer from the cache."""
        return self._answer(request, self._transport.deadline(request.begun), cache=cache)

    def _answer(self, request: Request, deadline: Deadline, *, cache: bool | None) -> Answer:
        """Answer before the time is over."""
        if request.uploads is not None and request.uploads.addresses:
            cache = False  # nobody knows what is behind an address by the next call
        return self._cached(request, self._table_of(request), deadline, cache=cache)

    @contextmanager
    def _sent(self, request: Request, deadline: Deadline) -> Iterator[Callable[[], Body]]:
        """Give what fetches the body of an answer; a job that this takes is deleted at the end."""
        fetch = partial(self._transport.fetch, deadline=deadline, adql=request.adql)
        if request.method == "GET":
            yield partial(fetch, "GET", request.url, params=request.written)
        elif request.question.async_job:
            with finished_job(self._transport, request, self.url, deadline) as result:
                yield partial(fetch, "GET", result, home=self.url)
        else:
            yield self._transport.posting(
                request.url,
                deadline=deadline,
                adql=request.adql,
                data=request.written,
                files=request.uploads.parts or None,
            )

    def _table_of(self, request: Request) -> Reading[Answer]:
        """Read a VOTable."""
        url, route, columns = request.url, request.route, request.columns
        adql, release = request.adql, self._release.name

        def arriving(body: Body, writer: CacheWriter, retrieved: datetime) -> Answer:
            """Decode a table while it arrives."""
            body.sink = writer.write
            found, overflow, note = body.document(adql=adql, release=release)
            found = found.spelled(columns)
            check_columns(found, columns, url=url, adql=adql, release=release)
            return Answer(found, url, route, overflow, retrieved, note)

        def kept(reader: CacheReader, retrieved: datetime) -> Answer | None:
            """Decode a table in the cache."""
            document = votable.read(reader)
            if document.columns is None:
                return None
            found = document.columns.spelled(columns)
            check_columns(found, columns, url=url)
            overflow, note = document.overflow, document.note
            return Answer(found, url, route, overflow, retrieved, note)

        return Reading(arriving, kept)

    # ---------------------------------------------------------------- cache

    def _cached(
        self, request: Request, reading: Reading[Result], deadline: Deadline, *, cache: bool | None
    ) -> Result:
        """Answer from the cache, or send the request and keep the answer."""
        release = self._release.name
        try:
            key = self._key(request) if Cache.active(cache=cache) else None
            hit = None if key is None else self._hit(key, request, reading)
            if hit is not None:
                return hit
            optional.import_arrow_ahead()
            with self._sent(request, deadline) as fetch:
                return persist(lambda: self._fetched(request, fetch, reading, key), deadline)
        except CscError as error:
            # The rooms below do not know the question.
            error.url = error.url or request.url
            error.adql = error.adql or request.adql
            error.release = error.release or release
            raise

    def _key(self, request: Request) -> str:
        """Make the key under which an answer is kept."""
        asked = {"release": self._release.name, "route": request.route, **request.shown}
        if request.uploads is not None and request.uploads.digests:
            asked["uploads"] = dict(request.uploads.digests)
        return cache_key(asked)

    def _fetched(
        self,
        request: Request,
        fetch: Callable[[], Body],
        reading: Reading[Result],
        key: str | None,
    ) -> Result:
        """Fetch and decode; keep the answer under its key, if it has one, once it is good."""
        retrieved = datetime.now(UTC)
        with fetch() as body, self._cache.write(key, self._keep()) as writer:
            found = reading.arriving(body, writer, retrieved)
            writer.commit(
                url=request.url,
                route=request.route,
                release=self._release.name,
                retrieved=retrieved.timestamp(),
            )
        return found

    def _hit(self, key: str, request: Request, reading: Reading[Result]) -> Result | None:
        """Answer from the cache; what is no longer a good answer is discarded."""
        with self._cache.open(key, self._max_age()) as reader:
            if reader is None:
                return None
            try:
                found = reading.kept(reader, datetime.fromtimestamp(reader.entry.retrieved, UTC))
                if found is not None and reader.intact():
                    log.debug(f"From the cache: {request.url}")
                    return found
            except (TableParseError, RemoteServiceError, OSError) as error:
                log.debug(f"A cached answer cannot be read: {error}")
        self._cache.discard(key)
        return None

    def _keep(self) -> Keep:
        """How long answers stay on the disk, and how much room they have."""
        return Keep(self._settings.cache_seconds, self._settings.cache_bytes)

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
            told = self._answer(self.plan(query), deadline, cache=cache)
            if not told.overflow and len(told.columns):
                return told.columns[list(COLUMN_FIELDS)].to_table()
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
            raise TableParseError(
                f"{url} is not a VOSI tables document: {error}.", url=url
            ) from error
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

    def limits(self) -> Limits:
        """Ask the service's capabilities for its row limits: once, and not for long."""
        url = f"{self.url}/capabilities"
        deadline = Deadline(min(self._settings.max_wait, _CAPABILITIES_SECONDS))
        try:
            return _stated_limits(self._text(url, "capabilities", deadline))
        except (StopIteration, TableParseError, *READER_ERRORS) as error:
            raise RemoteServiceError(
                f"{host_of(url)} does not state its row limits: "
                f"{' '.join(str(error).split())[:200]}.",
                url=url,
            ) from error


def _stated_limits(capabilities: bytes) -> Limits:
    """Find the row limits in the capabilities of a service."""
    found = vosi.parse_capabilities(io.BytesIO(capabilities).read)
    stated = next(item for item in found if isinstance(item, TableAccess)).outputlimit
    return Limits(_rows(stated, "default"), _rows(stated, "hard"))


def _rows(stated: Any, kind: str) -> int:
    """Read one row limit."""
    limit = getattr(stated, kind, None)
    if limit is None:
        raise ValueError("none is stated")
    rows = int(limit.content)
    if limit.unit != "row" or rows < 0:
        raise ValueError(f"its limit is {rows} {limit.unit}")
    return rows


def _words(column: Any) -> tuple[str, str, str, str]:
    """Type, unit, ucd and description of a VOSI column."""
    datatype = getattr(column.datatype, "content", None) if column.datatype is not None else None
    return tuple(  # type: ignore[return-value]
        str(text or "") for text in (datatype, column.unit, column.ucd, column.description)
    )
