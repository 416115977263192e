# Licensed under a 3-clause BSD style license - see LICENSE
"""
What answers a query: the interface that a remote service and a local catalogue both implement.

`CscClass` chooses its backend once, when it is made; no verb asks which one it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from astropy.table import Table

from astroquery_csc.adql.write import box_condition
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.sky.geometry import Box

__all__ = [
    "COLUMN_FIELDS",
    "Answer",
    "Backend",
    "Boxes",
    "Cone",
    "Depth",
    "Query",
    "Settings",
    "merge_payloads",
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


@dataclass(frozen=True, slots=True)
class Query:
    """One ADQL query as it goes to a backend."""

    adql: str
    maxrec: int | None = None
    async_job: bool = False
    uploads: Mapping[str, Any] | None = None
    columns: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a table as decoded, not yet polished, and where it is from."""

    table: Table
    url: str = ""
    route: str = ""
    overflow: bool = False
    retrieved: datetime = field(default_factory=_now)


def merge_payloads(payloads: Sequence[dict[str, Any]], keys: Iterable[str] = ()) -> dict[str, Any]:
    """Describe several requests together, as ``get_query_payload`` shows them."""
    if len(payloads) == 1:
        return payloads[0]
    found = dict.fromkeys([*keys, *(key for payload in payloads for key in payload)])
    return {key: [payload.get(key) for payload in payloads] for key in found}


class Backend(Protocol):
    """Something that answers ADQL and cones for one release."""

    @property
    def url(self) -> str:
        """Where it is: a URL, or a path."""
        ...

    def run(self, query: Query, *, cache: bool | None = None) -> Answer:
        """Answer an ADQL query."""
        ...

    def run_payload(self, query: Query) -> dict[str, Any]:
        """Describe the request that `run` would make, as ``get_query_payload`` shows it."""
        ...

    @property
    def most_positions(self) -> int | None:
        """How many positions one `Boxes` may be about; None for any number."""
        ...

    @property
    def longest_list(self) -> int | None:
        """How many positions one call may ask about in all; None for any number."""
        ...

    def boxes(self, request: Boxes, *, cache: bool | None = None) -> Answer:
        """
        Give the rows in some boxes, each once, in any order.

        Rows beside the boxes may come too: whoever asks makes the cut.
        """
        ...

    def boxes_payload(self, request: Boxes) -> dict[str, Any]:
        """Describe the request that `boxes` would make, as ``get_query_payload`` shows it."""
        ...

    def cone(self, cone: Cone, *, cache: bool | None = None) -> Answer:
        """Answer a cone search."""
        ...

    def cone_payload(self, cone: Cone) -> dict[str, Any]:
        """Describe the request that `cone` would make, as ``get_query_payload`` shows it."""
        ...

    def sensitivity(self, depth: Depth, *, cache: bool | None = None) -> Answer:
        """Answer how deep a place was seen; a backend without the service says so."""
        ...

    def sensitivity_payload(self, depth: Depth) -> dict[str, Any]:
        """Describe the request that `sensitivity` would make."""
        ...

    @property
    def has_cone(self) -> bool:
        """Whether there is a cone search for this release."""
        ...

    @property
    def cone_is_sure(self) -> bool:
        """Whether its cone search gives all of a cone, and refuses only what ADQL cannot give."""
        ...

    def limit(self, kind: str) -> int:
        """Give a row limit: ``"maxrec"``, without MAXREC, or ``"hardlimit"``."""
        ...

    def columns(self, *, cache: bool | None = None) -> Table:
        """List tables and columns as the service itself knows them: ``COLUMN_FIELDS`` of each."""
        ...
