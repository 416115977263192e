# Licensed under a 3-clause BSD style license - see LICENSE
"""ADQL that the user wrote: its answer as a Table."""

from dataclasses import replace
from typing import Any

from astropy.table import Table

from astroquery_csc import tables
from astroquery_csc.adql import read as adql
from astroquery_csc.adql.cut import Plan, separations
from astroquery_csc.adql.cut import plan as make_plan
from astroquery_csc.adql.geometry import SEPARATIONS, function_name
from astroquery_csc.adql.read import Prepared
from astroquery_csc.adql.write import fold
from astroquery_csc.backend import Answer, Query
from astroquery_csc.columns import Columns
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, RemoteServiceError
from astroquery_csc.log import log
from astroquery_csc.search import arguments
from astroquery_csc.search.answer import Rows
from astroquery_csc.search.ask import Search
from astroquery_csc.search.cut import add_units, apply
from astroquery_csc.search.nothing import hints_for, shortened, warn_if_empty
from astroquery_csc.service.refusals import is_about_query

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
    arguments.check_flag(async_job, "async_job")
    release = search.release
    limit, sent = arguments.maxrec(maxrec, search.row_limit), arguments.uploads(uploads)
    read = (
        adql.read_query(query, release, ask=search.ask, geometry=True, uploads=sent or ())
        if validate
        else adql.read_unchecked(_untouched(query), release, uploads=sent or ())
    )
    text = query if read is None else read.adql
    request = Query(text, None if limit is None else limit + 1, async_job, sent)
    plan = _first_plan(search, read) if validate and read is not None else None
    if payload:
        return search.shown([_planned(request, plan)])
    request, answer, columns = (
        _answered(search, request, read, plan)
        if validate and read is not None
        else _sent(search, request)
    )
    return _finished(search, read, limit, (request, answer, columns))


def _finished(
    search: Search, read: Prepared | None, limit: int | None, found: tuple[Query, Answer, Columns]
) -> Table:
    """Make the table of the answer, with what is known of its columns, and its warnings."""
    request, answer, columns = found
    release = search.release
    sources = {} if read is None else read.sources()
    columns = columns.spelled(sources)
    cut = limit is not None and len(columns) > limit
    rows = Rows(columns[:limit] if cut else columns, [request], [answer], cut)
    table = tables.polish(rows.columns, release.name, sources=sources)
    if read is not None:
        add_units(separations(read.tree), table)
    search.report(table, rows)
    if len(table) or read is None:
        return warn_if_empty(table)
    around = bool(read.calls)
    asked = shortened(fold(read.adql))
    return warn_if_empty(table, [asked], around=around, hints=hints_for(read.adql, release))


def _sent(search: Search, request: Query) -> tuple[Query, Answer, Columns]:
    """Ask as it stands."""
    answer = search.send(request)
    return request, answer, answer.columns


def _first_plan(search: Search, read: Prepared) -> Plan | None:
    """Plan what the service is known not to take; None sends the query as it stands."""
    calls = read.calls
    if search.backend.has_geometry or not calls:
        return None
    only_functions = all(function_name(call) in SEPARATIONS for call in calls)
    return (
        None
        if only_functions and search.backend.speech.knows_separation
        else make_plan(read.adql, read.sent_tree())
    )


def _planned(request: Query, plan: Plan | None) -> Query:
    """Write the request that goes out: the whole box, as rows of it are left out here."""
    if plan is None:
        return request
    return replace(request, adql=plan.adql, maxrec=None if plan.circles else request.maxrec)


def _answered(
    search: Search, request: Query, read: Prepared, plan: Plan | None
) -> tuple[Query, Answer, Columns]:
    """Ask as it stands; where the service does not know the function, ask for a box."""
    if plan is not None:
        return _cut(search, request, plan)
    try:
        return _sent(search, request)
    except (InvalidQueryError, RemoteServiceError) as error:
        is_about_us = read.calls and is_about_query(error)
        if search.backend.has_geometry or not is_about_us:
            raise
        return _instead(search, request, read.sent_tree(), error)


def _instead(
    search: Search, request: Query, tree: Any, error: Exception
) -> tuple[Query, Answer, Columns]:
    """Ask for a box; what that one is refused for, too, was not the function."""
    try:
        plan = make_plan(request.adql, tree)
    except InvalidQueryError as refusal:
        raise InvalidQueryError(
            f"{error} {refusal}", adql=request.adql, url=search.backend.url
        ) from error
    if plan is None:
        raise error
    try:
        found = _cut(search, request, plan)
    except InvalidQueryError:
        raise error from None
    search.backend.note(knows_separation=False)
    return found


def _cut(search: Search, request: Query, plan: Plan) -> tuple[Query, Answer, Columns]:
    """Ask for the rows of a box, and make those of the cone of them."""
    planned = _planned(request, plan)
    done = " AND ".join(plan.terms) or ", ".join(plan.computed)
    log.info(f"The service has no geometry; done here instead: {done}")
    answer = search.send(planned)
    return planned, answer, Columns.of(apply(plan, answer.columns.to_table()))


def _untouched(query: object) -> str:
    """Take a query as it is."""
    if not isinstance(query, str):
        raise InputTypeError(f"A query is a string, not {type(query).__name__} ({query!r}).")
    if not query.strip():
        raise InvalidQueryError("The query is empty.")
    return query
