# Licensed under a 3-clause BSD style license - see LICENSE
"""
What answers a query: the interface that a remote service and a local catalogue both implement.

`CscClass` chooses its backend once, when it is made; no verb asks which one it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias

from astropy.table import Table

from astroquery_csc.adql.speech import Speech
from astroquery_csc.adql.write import box_condition
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.columns import Columns
from astroquery_csc.sky.geometry import Box

__all__ = [
    "COLUMN_FIELDS",
    "Answer",
    "Backend",
    "Boxes",
    "Cone",
    "Depth",
    "Limits",
    "Query",
    "Question",
    "Request",
    "Settings",
    "show",
]

#: What `Backend.columns` tells of each column, as TAP_SCHEMA calls it.
COLUMN_FIELDS = ("table_name", "column_name", "datatype", "unit", "ucd", "description")


def _now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Settings:
    """What one call of a verb works with: read once when it begins, and handed down from there."""

    release: Release
    server: str
    row_limit: int
    timeout: float
    max_wait: float
    retries: int
    retry_wait: float
    positions_per_request: int
    max_remote_positions: int
    cache: bool
    cache_seconds: float | None
    cache_bytes: float | None


@dataclass(frozen=True, slots=True)
class Query:
    """One ADQL query as it goes to a backend, and for what a server may want it otherwise."""

    adql: str
    maxrec: int | None = None
    async_job: bool = False
    uploads: Mapping[str, Any] | None = None
    columns: tuple[str, ...] = ()
    topics: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Boxes:
    """Rows of a table with positions that lie in at least one of some boxes."""

    boxes: tuple[Box, ...]
    query: Callable[[Sequence[str]], Query]

    def whole(self) -> Query:
        """Write one query for all of the boxes."""
        return self.query([box_condition(self.boxes)])


@dataclass(frozen=True, slots=True)
class Cone:
    """One cone as it goes to the cone-search service; all angles in degrees, ICRS."""

    ra_deg: float
    dec_deg: float
    radius_deg: float
    verbosity: int = 2


@dataclass(frozen=True, slots=True)
class Depth:
    """How deep one place was seen, as it goes to the limiting-sensitivity service; ICRS."""

    ra_deg: float
    dec_deg: float
    radius_arcmin: float


#: What every backend understands; the archive has more.
Question: TypeAlias = Query | Boxes | Cone | Depth


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: columns as decoded, where they are from, and the service's words on them."""

    columns: Columns
    url: str = ""
    route: str = ""
    overflow: bool = False
    retrieved: datetime = field(default_factory=_now)
    note: str = ""

    @property
    def table(self) -> Table:
        """The columns as a Table, as the test service writes it."""
        return self.columns.to_table()


@dataclass(frozen=True, slots=True)
class Limits:
    """How many rows an answer may have: without MAXREC, and at most; -1 for any number."""

    maxrec: int
    hardlimit: int


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it would be sent: what ``get_query_payload`` shows, and `answer` sends."""

    question: Any
    url: str
    method: str
    parameters: Mapping[str, Any]
    route: str = ""
    columns: tuple[str, ...] = ()
    uploads: Any = None
    #: When its query began, on the monotonic clock; None for a query of this request alone.
    begun: float | None = None

    @property
    def shown(self) -> dict[str, Any]:
        """The request as users see it."""
        return {"url": self.url, "method": self.method, **self.parameters}

    @property
    def adql(self) -> str | None:
        """The ADQL in it, if any."""
        return self.parameters.get("QUERY")

    @property
    def written(self) -> dict[str, Any]:
        """The parameters as they are written into a request."""
        return {
            key: repr(value) if isinstance(value, float) else value
            for key, value in self.parameters.items()
        }


class Planner(Protocol):
    """Something that makes a request for a question, and sends nothing."""

    def plan(self, question: Any) -> Request:
        """Make the request for a question; nothing is sent."""
        ...


def show(planner: Planner, questions: Iterable[Any], empty: Any = None) -> dict[str, Any]:
    """
    Show what would be sent, for ``get_query_payload``: one request as it is, several as lists.

    Without a question, the keys are those of the request for the question ``empty``.
    """
    shown = [planner.plan(question).shown for question in questions]
    if len(shown) == 1:
        return shown[0]
    keys = [key for one in shown for key in one]
    if not shown and empty is not None:
        keys = list(planner.plan(empty).shown)
    return {key: [one.get(key) for one in shown] for key in dict.fromkeys(keys)}


class Backend(Protocol):
    """Something that answers ADQL and cones for one release."""

    @property
    def url(self) -> str:
        """Where it is: a URL, or a path."""
        ...

    def plan(self, question: Any) -> Request:
        """Make the request for a question; nothing is sent."""
        ...

    def answer(self, request: Request, *, cache: bool | None = None) -> Answer:
        """
        Send a request and decode its answer.

        Of `Boxes`, each row comes once, in any order; rows beside the boxes may come too.
        """
        ...

    @property
    def speech(self) -> Speech:
        """How it takes conditions and joins, as far as that is known."""
        ...

    def learn(self, topics: Iterable[str]) -> None:
        """Find out more of some fields of `Speech`, after a query with them was refused."""
        ...

    def note(self, **found: Any) -> None:
        """Keep some fields of `Speech`, which showed."""
        ...

    @property
    def most_positions(self) -> int | None:
        """How many positions one `Boxes` may be about; None for any number."""
        ...

    @property
    def longest_list(self) -> int | None:
        """How many positions one call may ask about in all; None for any number."""
        ...

    @property
    def has_cone(self) -> bool:
        """Whether there is a cone search for this release."""
        ...

    @property
    def has_geometry(self) -> bool:
        """Whether its ADQL knows positions on the sphere."""
        ...

    @property
    def cone_is_sure(self) -> bool:
        """Whether its cone search gives all of a cone, and refuses only what ADQL cannot give."""
        ...

    def limits(self) -> Limits:
        """Give the row limits; what is not stated is an error."""
        ...

    def columns(self, *, cache: bool | None = None) -> Table:
        """List tables and columns as the service itself knows them: ``COLUMN_FIELDS`` of each."""
        ...
