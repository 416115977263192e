# Licensed under a 3-clause BSD style license - see LICENSE
"""TAP: /sync with its 303, and the way to /async, /tables, /capabilities and /availability."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from itertools import count
from threading import Event, Lock

from astroquery_csc.catalogue.releases import Release
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.holdings import Holdings
from astroquery_csc.testing.messages import Request, Response, see_other, text_response
from astroquery_csc.testing.tap.queries import Asked, QueryRunner
from astroquery_csc.testing.tap.uws import JobService
from astroquery_csc.testing.tap.vosi import availability, capabilities, tableset

__all__ = ["TapService"]

#: Queries of /sync whose answer can still be fetched.
_KEPT = 64

_XML = "text/xml"


class TapService:
    """The TAP service of one release."""

    def __init__(self, release: Release, holdings: Holdings, dialect: Dialect, halt: Event) -> None:
        self._release = release
        self._holdings = holdings
        self._dialect = dialect
        self._halt = halt
        self._runner = QueryRunner(release, holdings, dialect)
        self._jobs = JobService(self._runner, dialect, halt)
        self._asked: OrderedDict[str, Asked] = OrderedDict()
        self._numbers = count(1)
        self._lock = Lock()
        self._resources: Mapping[str, Callable[[Request], Response]] = {
            "sync": self._sync,
            "async": self._jobs.handle,
            "tables": self._tables,
            "capabilities": self._capabilities,
            "availability": self._availability,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request under the service's path."""
        resource = self._resources.get(request.path.partition("/")[0])
        if resource is None:
            return text_response(404, f"Nothing is here: {request.path}")
        return resource(request)

    def _sync(self, request: Request) -> Response:
        """Take a query and send the client to its answer, or give the answer."""
        if request.params.get("REQUEST", "").lower() == "getcapabilities":
            return self._capabilities(request)
        rest = request.path.partition("/")[2]
        if rest:
            return self._result(rest.partition("/")[0])
        asked = Asked(request.params, request.files)
        self._halt.wait(self._dialect.delay_seconds)
        if self._dialect.redirect == "none":
            return self._runner.respond(asked)
        return see_other(self._location(request, self._keep(asked)))

    def _keep(self, asked: Asked) -> str:
        """Keep a query until its answer is fetched; the oldest is forgotten."""
        with self._lock:
            key = f"r{next(self._numbers)}"
            self._asked[key] = asked
            while len(self._asked) > _KEPT:
                self._asked.popitem(last=False)
        return key

    def _location(self, request: Request, key: str) -> str:
        """Where the answer is, as the dialect puts it."""
        path = f"sync/{key}/run"
        if self._dialect.redirect == "relative":
            return path
        whole = f"{request.base}/{path}"
        return whole if self._dialect.redirect == "absolute" else whole[len(request.root) :]

    def _result(self, key: str) -> Response:
        """Give the answer of a query that was taken before."""
        with self._lock:
            asked = self._asked.get(key)
        if asked is None:
            return text_response(404, f"No result {key}")
        return self._runner.respond(asked)

    def _tables(self, _request: Request) -> Response:
        """Describe the tables."""
        if not self._dialect.tables:
            return text_response(404, "Not Found")
        text = tableset(self._holdings.tables(self._release), self._dialect, self._release)
        return Response(200, text.encode(), _XML)

    def _capabilities(self, request: Request) -> Response:
        """Describe the service."""
        if not self._dialect.capabilities:
            return text_response(404, "Not Found")
        return Response(200, capabilities(request.base, self._dialect).encode(), _XML)

    def _availability(self, _request: Request) -> Response:
        """Say that the service is up."""
        return Response(200, availability().encode(), _XML)
