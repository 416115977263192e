# Licensed under a 3-clause BSD style license - see LICENSE
"""What backends on this computer share: they send nothing and have no limits."""

import abc
from collections.abc import Iterable
from typing import Any

from astropy.table import Column, Table

from astroquery_csc.adql.speech import Speech
from astroquery_csc.backend import COLUMN_FIELDS, Answer, Boxes, Cone, Depth, Limits, Query, Request
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
    def speech(self) -> Speech:
        """How conditions are taken: as they are written first."""
        return Speech()

    def learn(self, topics: Iterable[str]) -> None:  # noqa: B027 - nothing to do
        """There is nothing to find out."""

    def note(self, **found: Any) -> None:  # noqa: B027 - nothing to do
        """There is nothing to keep."""

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

    @property
    def has_geometry(self) -> bool:
        """Whether its ADQL knows positions on the sphere: it does."""
        return True

    def limits(self) -> Limits:
        """Give the row limits: no limit applies."""
        return Limits(-1, -1)

    @abc.abstractmethod
    def run(self, query: Query) -> Answer:
        """Answer an ADQL query."""

    @abc.abstractmethod
    def boxes(self, request: Boxes) -> Answer:
        """Give the rows in some boxes."""

    @abc.abstractmethod
    def cone(self, cone: Cone) -> Answer:
        """Answer a cone search."""

    def plan(self, question: Any) -> Request:
        """Make the request for a question; what only a service can answer is refused."""
        if isinstance(question, Depth):
            error = self.no_service("The limiting sensitivity is in no table of the catalogue")
            raise error
        parameters: dict[str, Any]
        if isinstance(question, Cone):
            parameters = {
                "RA": question.ra_deg,
                "DEC": question.dec_deg,
                "SR": question.radius_deg,
                "VERB": question.verbosity,
            }
        else:
            query = question.whole() if isinstance(question, Boxes) else question
            limit = {} if query.maxrec is None else {"MAXREC": query.maxrec}
            parameters = {"QUERY": query.adql} | limit
        return Request(question, self.url, self.route, parameters)

    def answer(self, request: Request, *, cache: bool | None = None) -> Answer:  # noqa: ARG002 - as every backend
        """Answer a request from the tables."""
        question = request.question
        if isinstance(question, Cone):
            return self.cone(question)
        return self.boxes(question) if isinstance(question, Boxes) else self.run(question)

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
