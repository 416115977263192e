# Licensed under a 3-clause BSD style license - see LICENSE
"""The cone search: RA, DEC and SR in degrees, VERB 1, 2 or 3."""

import math
from dataclasses import replace
from random import Random
from threading import Event

from astroquery_csc.backend import Answer, Cone
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.catalogue.schema import VERBOSITY
from astroquery_csc.columns import Columns
from astroquery_csc.exceptions import CscError, InvalidQueryError
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.holdings import Holdings
from astroquery_csc.testing.messages import Params, Request, Response
from astroquery_csc.testing.write.answers import answer_response, scs_error_response

__all__ = ["ConeService"]

#: Seed of the order of columns, which is one order that is not the dictionary's.
_ORDER_SEED = 2


class ConeService:
    """The cone search of one release."""

    def __init__(self, release: Release, holdings: Holdings, dialect: Dialect, halt: Event) -> None:
        self._release = release
        self._holdings = holdings
        self._dialect = dialect
        self._halt = halt

    def handle(self, request: Request) -> Response:
        """Answer a cone search."""
        self._halt.wait(self._dialect.delay_seconds)
        try:
            answer = self._search(request.params)
        except CscError as error:
            return scs_error_response(str(error), self._dialect)
        note = self._holdings.note
        return answer_response(
            answer, self._dialect, release=self._release.name, note=note, cone=True
        )

    def _search(self, params: Params) -> Answer:
        """Search, and put the columns in the dialect's order."""
        cone = _read_cone(params)
        most_deg = self._dialect.max_sr_deg
        if most_deg is not None and cone.radius_deg > most_deg:
            raise InvalidQueryError(f"SR is larger than {most_deg}")
        if self._dialect.cut_sr_deg is not None:
            cone = replace(cone, radius_deg=min(cone.radius_deg, self._dialect.cut_sr_deg))
        if cone.radius_deg == 0 and self._dialect.zero_sr == "error":
            raise InvalidQueryError("SR has to be larger than 0")
        answer = self._ask(cone)
        columns = answer.columns[:0] if cone.radius_deg == 0 else answer.columns
        if len(columns) == 0 and cone.radius_deg > 0 and self._dialect.empty_cone == "error":
            raise InvalidQueryError("No sources found")
        if self._dialect.cone_columns == "varied":
            columns = _vary(columns)
        return replace(answer, columns=columns)

    def _ask(self, cone: Cone) -> Answer:
        """Ask the engine; columns that this service does not contain are left out."""
        backend = self._holdings.backend(self._release)
        if not self._dialect.missing_columns or cone.verbosity == 3:
            return backend.cone(cone)
        answer = backend.cone(replace(cone, verbosity=3))
        names = [name for name in VERBOSITY[cone.verbosity] if name in answer.columns.colnames]
        return replace(answer, columns=answer.columns[names])


def _vary(columns: Columns) -> Columns:
    """Put the columns in another order, always the same one."""
    names = columns.colnames
    Random(_ORDER_SEED).shuffle(names)  # noqa: S311 - an order, not a secret
    return columns[names]


def _read_cone(params: Params) -> Cone:
    """Read the parameters of a cone search."""
    ra, dec, radius = (_read_number(params, name) for name in ("RA", "DEC", "SR"))
    if not -90 <= dec <= 90:
        raise InvalidQueryError(f"DEC has to be from -90 to 90, not {dec}")
    if radius < 0:
        raise InvalidQueryError(f"SR must not be negative: {radius}")
    verbosity = params.get("VERB", "2").strip()
    if verbosity not in ("1", "2", "3"):
        raise InvalidQueryError(f"VERB has to be 1, 2 or 3, not {verbosity}")
    return Cone(ra % 360.0, dec, min(radius, 180.0), int(verbosity))


def _read_number(params: Params, name: str) -> float:
    """Read one number in degrees."""
    text = params.get(name, "")
    try:
        value = float(text)
    except ValueError:
        raise InvalidQueryError(f"{name} has to be a number of degrees, not [{text}]") from None
    if not math.isfinite(value):
        raise InvalidQueryError(f"{name} has to be finite, not {text}")
    return value
