# Licensed under a 3-clause BSD style license - see LICENSE
"""From answers to a Table: rows put together, where they are from, and what is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from astroquery.exceptions import MaxResultsWarning, NoResultsWarning

from astroquery_csc.adql import write as clauses
from astroquery_csc.backend import Answer, Boxes, Cone, Query
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.columns import Columns
from astroquery_csc.exceptions import warn
from astroquery_csc.search.region import join
from astroquery_csc.service.files import Listing

__all__ = ["Rows", "describe", "left_out", "meta_of", "stack", "warn_if_short"]

#: More boxes than these are not written into a table's meta.
_SHOWN_BOXES = 250
#: A table's meta shows as many requests as fit into so many characters, and counts the rest.
_SHOWN_CHARACTERS = 8000


@dataclass(frozen=True, slots=True)
class Rows:
    """What came back for some requests, decoded and cut, not yet polished."""

    columns: Columns
    requests: list[Any]
    answers: list[Answer]
    cut: bool
    #: Names of sources that a filter left out because a flag is null; None unless that was asked.
    left: frozenset[str] | None = None

    @property
    def is_short(self) -> bool:
        """Whether rows are missing, because of a limit of the caller or of the service."""
        return self.cut or any(answer.overflow for answer in self.answers)


def stack(parts: Sequence[Rows]) -> Rows:
    """Put the rows of several requests together."""
    return Rows(
        join([part.columns for part in parts]),
        [request for part in parts for request in part.requests],
        [answer for part in parts for answer in part.answers],
        any(part.cut for part in parts),
        _together([part.left for part in parts]),
    )


def _together(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """Put names together; None where nobody asked for any."""
    known = [part for part in parts if part is not None]
    return frozenset().union(*known) if known else None


def left_out(rows: Rows) -> dict[str, str]:
    """Count sources that were left out because their conf_flag is null: for meta, and a warning."""
    if rows.left is None:
        return {}
    extended = sum(name.endswith("X") for name in rows.left)
    counts = {"X": extended, "null": len(rows.left) - extended}
    text = ", ".join(f"{what}: {count}" for what, count in counts.items() if count)
    if text:
        warn(
            f"Sources left out because their conf_flag is null: {text}. It is always null for "
            "highly extended sources (X). column_filters={'conf_flag': [False, None]} "
            "keeps them, and so does clean_flags('master').",
            NoResultsWarning,
        )
    return {"LEFTOUT": text or "none"}


def _described(request: Cone | Boxes | Query) -> str:
    """Write a request on one line of ASCII, for ``meta["QUERY"]``."""
    if isinstance(request, Boxes):
        if len(request.boxes) > _SHOWN_BOXES:
            whole_sky = clauses.fold(request.query([]).adql)
            return f"{whole_sky} -- in {len(request.boxes)} boxes of ra and dec"
        request = request.whole()
    if isinstance(request, Cone):
        return (
            f"RA={request.ra_deg!r}&DEC={request.dec_deg!r}&SR={request.radius_deg!r}"
            f"&VERB={request.verbosity}"
        )
    return clauses.fold(request.adql)


def describe(requests: Sequence[Any]) -> str:
    """Write requests on one line; of a long list only the first ones."""
    text = _described(requests[0]) if requests else ""
    for number, request in enumerate(requests[1:], 1):
        more = _described(request)
        if len(text) + len(more) > _SHOWN_CHARACTERS:
            return f"{text}; and {len(requests) - number} more such requests"
        text = f"{text}; {more}"
    return text


def meta_of(
    release: Release,
    answers: Sequence[Answer | Listing],
    query: str,
    rows: int,
    *,
    service: str = "",
    cut: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """Describe where a table is from: the meta that every table begins with."""
    if not service and isinstance(answers[0], Answer):
        service = f"{answers[0].route} {answers[0].url}"
    when = [answer.retrieved for answer in answers]
    return {
        "CATALOG": "CSC",
        "RELEASE": release.name,
        "SERVICE": service,
        "QUERY": query,
        **({"RETRVD": min(when).isoformat(timespec="seconds")} if when else {}),
        "NROWS": rows,
        "TRUNC": bool(cut),
        **more,
    }


def warn_if_short(rows: Rows, length: int) -> None:
    """Warn about a table that does not hold all rows."""
    if rows.cut:
        warn(
            f"There are more rows than the limit; {length} are given. Raise row_limit (-1 for "
            "all rows) or maxrec.",
            MaxResultsWarning,
        )
    elif rows.is_short:
        warn(
            "The service cut the answer at its row limit: rows are missing. Ask for less at a "
            "time, or raise maxrec.",
            MaxResultsWarning,
        )
