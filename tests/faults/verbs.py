# Licensed under a 3-clause BSD style license - see LICENSE
"""The verbs of the matrix, and a service that answers each of them well, but where a fault is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astroquery_csc.core import CscClass
from tests.faults.bodies import CAPABILITIES, FILES, LIMITS, ROWS, SOURCES, TABLES, TAP_SCHEMA, job
from tests.faults.server import Request, Wire, http
from tests.support.comparing import NGC1333

__all__ = ["ADQL", "VERBS", "Reply", "Service", "Verb"]

ADQL = "SELECT m.name, m.ra, m.dec, m.significance FROM csc21.master_source m"
_JOIN = f"{ADQL}, TAP_UPLOAD.mine t WHERE m.name = t.name"
_NAMES = [row[0] for row in ROWS]
_PLACES = SkyCoord([52.304, 52.315, 200.0], [31.304, 31.314, 10.0], unit="deg")
_MINE = Table({"name": _NAMES[:1]})
_DETECTION = Table({"name": _NAMES[:1], "obsid": [635], "obi": [0], "region_id": [12]})


@dataclass(frozen=True, slots=True)
class Verb:
    """
    One way to ask, and the request in it that a fault meets.

    Parameters
    ----------
    ask : callable
        Takes a ``CscClass``.
    stages : frozenset of str
        The requests that the fault meets.
    speaks : str
        What answers them: ``"table"``, ``"document"`` (XML that is not a table), ``"both"``,
        ``"list"`` (JSON), ``"redirect"``, or ``"nothing"`` that every fault could spoil.
    again : bool
        Whether the request may be sent twice.
    adql : str
        The query that an error must show; empty where there is none.
    forgives : bool
        Whether the request is one of many looks, so that a fault that strikes once does no harm.
    has_way_round : bool
        Whether another service is asked where the answer cannot be used.
    """

    ask: Callable[[CscClass], Any]
    stages: frozenset[str]
    speaks: str = "table"
    again: bool = True
    adql: str = ""
    forgives: bool = False
    has_way_round: bool = False


def _cone(csc: CscClass) -> Table:
    """Search a cone."""
    return csc.query_region(NGC1333, 2 * u.arcmin, verbosity=1)


def _tap(stage: str = "sync", **arguments: Any) -> Callable[[CscClass], Any]:
    """Ask with ADQL."""
    return lambda csc: csc.query_tap(_JOIN if "uploads" in arguments else ADQL, **arguments)


def _job(stages: str, speaks: str, *, again: bool, forgives: bool = False) -> Verb:
    """Ask with a job, with the fault at some of its stages."""
    return Verb(_tap(async_job=True), frozenset(stages.split()), speaks, again, ADQL, forgives)


def _list_columns(csc: CscClass) -> Table:
    """Ask the service for its columns."""
    return csc.list_columns("master_source", refresh=True)


_SYNC = frozenset({"sync"})

VERBS = {
    "cone": Verb(_cone, frozenset({"cone"}), has_way_round=True),
    "cone and TAP": Verb(_cone, frozenset({"cone", "sync"})),
    "region": Verb(
        lambda csc: csc.query_region(NGC1333, 2 * u.arcmin, columns="significance"),
        _SYNC,
        adql="m.ra BETWEEN",
    ),
    "list": Verb(
        lambda csc: csc.query_region(_PLACES, 1 * u.arcmin, columns="significance"),
        _SYNC,
        adql="m.ra BETWEEN",
    ),
    "crossmatch": Verb(
        lambda csc: csc.crossmatch(_PLACES, radius=1 * u.arcmin, columns="significance"),
        _SYNC,
        adql="m.ra BETWEEN",
    ),
    "objects": Verb(
        lambda csc: csc.query_objects(_NAMES, columns="significance"), _SYNC, adql="m.name IN"
    ),
    "criteria": Verb(
        lambda csc: csc.query_criteria(columns="significance", criteria="dec > 31"),
        _SYNC,
        adql="dec > 31",
    ),
    "tap": Verb(_tap(), _SYNC, adql=ADQL),
    "maxrec": Verb(_tap(maxrec=3), _SYNC, adql=ADQL),
    "upload": Verb(_tap(uploads={"mine": _MINE}), _SYNC, adql=_JOIN),
    "job created": _job("create", "redirect", again=False),
    "job started": _job("start", "redirect", again=False),
    "job looked at": _job("poll error", "document", again=True, forgives=True),
    "job's result": _job("result", "table", again=True),
    "job deleted": _job("delete", "nothing", again=False),
    "columns": Verb(_list_columns, frozenset({"schema", "tables"}), "both"),
    "columns of TAP_SCHEMA": Verb(_list_columns, frozenset({"schema"}), "nothing"),
    "sensitivity": Verb(lambda csc: csc.query_sensitivity(NGC1333), frozenset({"limsen"})),
    "product list": Verb(
        lambda csc: csc.get_product_list(_DETECTION, types="regevt"), frozenset({"browse"}), "list"
    ),
    "maxrec stated": Verb(
        lambda csc: csc.maxrec, frozenset({"capabilities"}), "document", again=False
    ),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """
    The good answer to a request, which a fault may spoil.

    Parameters
    ----------
    body : bytes
        What would be sent.
    mime : str
        Its content type.
    status : int
        HTTP status.
    headers : tuple of str
        Further header lines.
    request : Request, optional
        What was asked.
    """

    body: bytes = b""
    mime: str = "text/xml"
    status: int = 200
    headers: tuple[str, ...] = ()
    request: Request | None = None

    @property
    def raw(self) -> bytes:
        """The whole response."""
        return http(self.body, *self.headers, status=self.status, mime=self.mime)


@dataclass
class Service:
    """
    Answers as the archive does; a request at one of the fault's stages is answered by the fault.

    Parameters
    ----------
    stages : frozenset of str
        Where the fault is.
    act : callable
        The fault; takes the wire and the good answer.
    times : int
        How often the fault strikes; then all is well.
    job_phase : str
        The phase in which a job ends.
    """

    stages: frozenset[str]
    act: Callable[[Wire, Reply], None]
    times: int = 1_000_000
    job_phase: str = "COMPLETED"
    met: int = 0
    _started: bool = False
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, wire: Wire, request: Request) -> None:
        """Answer one request."""
        stage = self._stage(request)
        with self._lock:
            strikes = stage in self.stages and self.met < self.times
            self.met += stage in self.stages
            self._started |= stage == "start"
        good = self._good(stage, request)
        if strikes:
            self.act(wire, good)
        else:
            wire.send(good.raw)

    def _stage(self, request: Request) -> str:
        """Name what is asked for."""
        last = request.path.rpartition("/")[2]
        if last == "sync":
            return "schema" if "TAP_SCHEMA" in request.query else "sync"
        if last == "1":
            state = "poll" if self._started else "job"
            return "delete" if request.method == "DELETE" else state
        names = {"coneSearch": "cone", "async": "create", "phase": "start"}
        return names.get(last, last)

    def _good(self, stage: str, request: Request) -> Reply:
        """Give the good answer."""
        root = f"http://{request.headers['Host']}"
        place = f"{root}/csc21tap/async/1"
        to_job = Reply(status=303, mime="", headers=(f"Location: {place}",), request=request)
        bodies = {
            "schema": TAP_SCHEMA,
            "tables": TABLES,
            "capabilities": CAPABILITIES,
            "limsen": LIMITS,
            "browse": FILES,
            "job": job(root, "PENDING"),
            "poll": job(root, self.job_phase),
        }
        if stage in {"create", "start", "delete"}:
            return to_job
        return Reply(bodies.get(stage, SOURCES), request=request)
