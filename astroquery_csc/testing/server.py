# Licensed under a 3-clause BSD style license - see LICENSE
"""The test service as a whole: which path is whose, and its life from start to stop."""

import atexit
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.service.memory import LEARNT
from astroquery_csc.testing.cone import ConeService
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.files.csccli import PREFIX as CSCCLI_PREFIX
from astroquery_csc.testing.files.csccli import CsccliService, FileStore
from astroquery_csc.testing.files.siap import SiapService
from astroquery_csc.testing.holdings import Holdings
from astroquery_csc.testing.http_server import LoopbackServer
from astroquery_csc.testing.limsen import LimsenService
from astroquery_csc.testing.messages import Request, Response, SeenRequest, text_response
from astroquery_csc.testing.sesame import PREFIX as SESAME_PREFIX
from astroquery_csc.testing.sesame import SesameService
from astroquery_csc.testing.tap.service import TapService

if TYPE_CHECKING:
    from astropy.table import Table

    from astroquery_csc.core import CscClass

__all__ = ["CscServer", "csc_server", "use_test_service"]

#: How often the listening thread looks whether it should stop, in seconds.
_POLL_SECONDS = 0.02

#: How often a program that only serves wakes up, so that Ctrl-C is heard everywhere, in seconds.
_WAKE_SECONDS = 0.2

Handler = Callable[[Request], Response]


class CscServer:
    """
    A running test service; `csc_server` makes one.

    Parameters
    ----------
    dialect : Dialect
        How the service speaks.
    port : int
        Port on 127.0.0.1; 0 for a free one.
    catalogue : mapping, optional
        Tables by bare name, instead of the built-in sky.

    Attributes
    ----------
    url : str
        Root of the services: what ``Csc(server=…)`` takes.
    sesame_url : str
        Resolver for ``astropy.coordinates.name_resolve.sesame_url.set([…])``.
    requests : list of SeenRequest
        Every request so far: ``method``, ``path``, ``params`` by upper-case name, ``headers``
        by lower-case name.
    faults : list of BaseException
        Errors in the service itself; an empty list, or the service has a bug.
    csc : CscClass
        A `~astroquery_csc.core.CscClass` that asks this service.
    """

    def __init__(
        self, dialect: Dialect, port: int = 0, catalogue: "Mapping[str, Table] | None" = None
    ) -> None:
        self.dialect = dialect
        self.requests: list[SeenRequest] = []
        self._halt = Event()
        self._holdings = Holdings(dialect, catalogue)
        self._routes = _make_routes(dialect, self._holdings, self._halt)
        self._http = LoopbackServer(port, self._answer, gzip=dialect.gzip)
        self.url: str = self._http.root
        LEARNT.forget(self.url)  # of another one that had this port
        self.sesame_url: str = f"{self.url}{SESAME_PREFIX}/"
        self.faults: list[BaseException] = self._http.faults
        self._thread = Thread(
            target=self._http.serve_forever,
            kwargs={"poll_interval": _POLL_SECONDS},
            name="csc_server",
            daemon=True,
        )
        self._thread.start()

    def __repr__(self) -> str:
        """Show where the service is."""
        state = "stopped" if self._halt.is_set() else "running"
        return f"<CscServer {self.url} {state}>"

    @cached_property
    def csc(self) -> "CscClass":
        """A `~astroquery_csc.core.CscClass` that asks this service."""
        from astroquery_csc.core import CscClass

        return CscClass(server=self.url)

    def stop(self) -> None:
        """Stop: hang up on every client, end every thread, free the port; twice does nothing."""
        if self._halt.is_set():
            return
        self._halt.set()
        self._http.shutdown()
        self._http.close_connections()
        self._http.server_close()
        self._thread.join()
        self._holdings.close()
        _close_session(self.__dict__.get("csc"))

    def serve_until_interrupted(self) -> None:
        """
        Wait until Ctrl-C, then stop.

        The service answers on its own threads all the time; this only keeps the program alive.
        """
        try:
            while not self._halt.wait(_WAKE_SECONDS):
                pass
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()

    def _answer(self, request: Request) -> Response:
        """Log a request and hand it to the service under whose path it is."""
        self.requests.append(
            SeenRequest(request.method, request.path, dict(request.params), request.headers)
        )
        for prefix, handler in self._routes:
            if request.path == prefix or request.path.startswith(prefix + "/"):
                return handler(request.under(prefix))
        if request.path.strip("/"):
            return text_response(404, f"Nothing is here: {request.path}")
        return text_response(200, _banner(request.root, self._holdings.note))


@contextmanager
def csc_server(
    *,
    dialect: Dialect | None = None,
    port: int = 0,
    catalogue: "Mapping[str, Table] | None" = None,
) -> Iterator[CscServer]:
    """
    Run a Chandra Source Catalog on this computer, for the length of a ``with`` block.

    A real HTTP server on 127.0.0.1 that speaks as the archive's services do: TAP, cone search,
    files, images, limiting sensitivity and a resolver of names, for every release. Its sky are 11
    real sources in NGC 1333 and a synthetic rest, which says so wherever it is described. At the
    end of the block no thread and no socket is left.

    Parameters
    ----------
    dialect : Dialect, optional
        How the service speaks, where that is not certain; the likeliest way without it.
    port : int, optional
        Port; 0 takes a free one.
    catalogue : mapping, optional
        `~astropy.table.Table` by bare name (``"master_source"``, …), instead of the built-in sky.

    Yields
    ------
    CscServer
        With ``url``, ``sesame_url``, ``csc`` and ``requests``.

    Raises
    ------
    OSError
        If the port is taken.
    InputTypeError
        If the catalogue holds something that is not a `~astropy.table.Table`.
    MissingPackageError
        At the first query, if duckdb or pyarrow is not installed.

    Examples
    --------
    >>> from astroquery_csc.testing import csc_server
    >>> with csc_server() as server:
    ...     print(server.url.rpartition(":")[0])
    http://127.0.0.1
    """
    server = CscServer(dialect or Dialect(), port, catalogue)
    try:
        yield server
    finally:
        server.stop()


def use_test_service() -> CscServer:
    """
    Send ``Csc``, and names to be resolved, to a test service until Python ends.

    It is for notebooks and trials: one line, and everything after it stays on this computer. Tests
    use `csc_server`, which ends with its block.

    Returns
    -------
    CscServer
        The service; its ``stop`` ends it before Python does.

    Examples
    --------
    >>> from astroquery_csc.testing import use_test_service
    >>> use_test_service()  # doctest: +SKIP
    <CscServer http://127.0.0.1:40001 running>
    """
    from astropy.coordinates.name_resolve import sesame_url

    from astroquery_csc.config import conf

    server = CscServer(Dialect())
    atexit.register(server.stop)
    conf.server = server.url
    sesame_url.set((server.sesame_url,))
    return server


def _make_routes(dialect: Dialect, holdings: Holdings, halt: Event) -> list[tuple[str, Handler]]:
    """List the services by the start of their paths."""
    routes: list[tuple[str, Handler]] = [(SESAME_PREFIX, SesameService().handle)]
    for release in RELEASES.values():
        routes.append((release.tap, TapService(release, holdings, dialect, halt).handle))
        if release.cone:
            routes.append((release.cone, ConeService(release, holdings, dialect, halt).handle))
    files = FileStore(holdings)
    routes.append((CSCCLI_PREFIX, CsccliService(files, holdings, dialect, halt).handle))
    for release in RELEASES.values():
        if release.sia:
            images = SiapService(release, files, holdings, dialect, halt)
            routes.append((release.sia, images.handle))
    limsen = LimsenService(holdings, dialect, halt).handle
    routes.extend((path, limsen) for path in {release.limsen for release in RELEASES.values()})
    return routes


def _close_session(csc: Any) -> None:
    """Close the connections of a client that was made here."""
    session = getattr(csc, "_session", None)
    if session is not None:
        session.close()


def _banner(root: str, note: str) -> str:
    """Say what is here, what is real and what is synthetic."""
    paths = [
        path
        for release in RELEASES.values()
        for path in (release.tap, release.cone, release.sia)
        if path
    ]
    places = "\n".join(root + path for path in paths)
    return (
        "A test service of astroquery_csc, which speaks as the Chandra Source Catalog does.\n"
        "It is not the Chandra X-ray Center's.\n"
        f"{note}\n"
        f"{places}\n{root}{CSCCLI_PREFIX}\n{root}{SESAME_PREFIX}/SNV?NAME"
    )
