# Licensed under a 3-clause BSD style license - see LICENSE
"""What backends on this computer have in common: they send nothing, and have no limits."""

import abc
from collections.abc import Iterable
from typing import Any, NoReturn

from astropy.table import Column, Table

from astroquery_csc.backend import COLUMN_FIELDS, Boxes, Cone, Depth, Query
from astroquery_csc.exceptions import InvalidQueryError

__all__ = ["Offline"]

_DATATYPES = {"b": "boolean", "i": "int", "u": "int", "f": "double"}


class Offline(abc.ABC):
    """The part of `Backend` that needs no table: what would be asked, and what cannot be."""

    route: str

    @property
    @abc.abstractmethod
    def url(self) -> str:
        """Where the tables are."""

    @abc.abstractmethod
    def no_service(self, what: str) -> InvalidQueryError:
        """Make the error for what only a service can answer."""

    @property
    def most_positions(self) -> None:
        """How many positions one request may hold: any number."""
        return None

    @property
    def longest_list(self) -> None:
        """How many positions one call may ask about: any number."""
        return None

    @property
    def cone_is_sure(self) -> bool:
        """Whether its cones are whole, and refused only where ADQL is, too: they are."""
        return True

    def limit(self, kind: str) -> int:  # noqa: ARG002 - as every backend
        """Give a row limit."""
        return -1

    def run_payload(self, query: Query) -> dict[str, Any]:
        """Describe what ``run`` would do."""
        limit = {} if query.maxrec is None else {"MAXREC": query.maxrec}
        return {"url": self.url, "method": self.route, "QUERY": query.adql} | limit

    def boxes_payload(self, request: Boxes) -> dict[str, Any]:
        """Describe what ``boxes`` would do."""
        return self.run_payload(request.whole())

    def cone_payload(self, cone: Cone) -> dict[str, Any]:
        """Describe what ``cone`` would do."""
        return {
            "url": self.url,
            "method": self.route,
            "RA": cone.ra_deg,
            "DEC": cone.dec_deg,
            "SR": cone.radius_deg,
            "VERB": cone.verbosity,
        }

    def sensitivity(self, depth: Depth, *, cache: bool | None = None) -> NoReturn:  # noqa: ARG002 - as every backend
        """Refuse: how deep a place was seen is in no table, so it takes the archive's service."""
        raise self.no_service("The limiting sensitivity is in no table of the catalogue")

    def sensitivity_payload(self, depth: Depth) -> NoReturn:
        """Refuse, as `sensitivity` does."""
        self.sensitivity(depth)

    @staticmethod
    def _listed(columns: Iterable[tuple[str, Column]]) -> Table:
        """List columns, each with the name of its table, as a service's TAP_SCHEMA does."""
        rows = [
            (
                table,
                column.name,
                _DATATYPES.get(column.dtype.kind, "char"),
                str(column.unit or ""),
                str(column.meta.get("ucd", "")),
                column.description or "",
            )
            for table, column in columns
        ]
        return Table(rows=rows or None, names=COLUMN_FIELDS, dtype=["U"] * len(COLUMN_FIELDS))
