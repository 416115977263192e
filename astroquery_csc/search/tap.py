# Licensed under a 3-clause BSD style license - see LICENSE
"""ADQL that the user wrote: its answer as a Table."""

from typing import Any

from astropy.table import Table

from astroquery_csc import tables
from astroquery_csc.adql import read as adql
from astroquery_csc.backend import Query
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.search import inputs
from astroquery_csc.search.ask import Rows, Search, warn_if_empty

__all__ = ["tap"]


def tap(
    search: Search,
    query: str,
    *,
    maxrec: int | None,
    async_job: bool,
    uploads: object,
    validate: bool,
    payload: bool,
) -> Table | dict[str, Any]:
    """Answer ``query_tap``."""
    inputs.check_flag(async_job, "async_job")
    release = search.release
    read = adql.read_query(query, release, ask=search.ask) if validate else None
    text = _untouched(query) if read is None else read.adql
    limit = inputs.maxrec(maxrec)
    request = Query(text, None if limit is None else limit + 1, async_job, inputs.uploads(uploads))
    if payload:
        return search.payload([request])
    answer = search.send(request)
    cut = limit is not None and len(answer.columns) > limit
    sources = {} if read is None else read.sources()
    rows = Rows(answer.columns[:limit] if cut else answer.columns, [request], [answer], cut)
    table = tables.polish(rows.columns, release.name, sources=sources)
    return warn_if_empty(search.report(table, rows))


def _untouched(query: object) -> str:
    """Take a query as it is."""
    if not isinstance(query, str):
        raise InputTypeError(f"A query is a string, not {type(query).__name__} ({query!r}).")
    if not query.strip():
        raise InvalidQueryError("The query is empty.")
    return query
