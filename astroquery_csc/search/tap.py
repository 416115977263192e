# Licensed under a 3-clause BSD style license - see LICENSE
"""ADQL that the user wrote: its answer as a Table."""

from dataclasses import replace
from typing import Any

from astropy.table import Table
from astroquery import log

from astroquery_csc import tables
from astroquery_csc.adql import read as adql
from astroquery_csc.adql.cut import Plan, separations
from astroquery_csc.adql.cut import plan as make_plan
from astroquery_csc.adql.geometry import SEPARATIONS, find_calls, function_name
from astroquery_csc.backend import Answer, Query
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, RemoteServiceError
from astroquery_csc.search import inputs
from astroquery_csc.search.ask import Rows, Search, warn_if_empty
from astroquery_csc.search.cut import add_units, apply

__all__ = ["tap"]

#: Services that have refused the functions of CSCview; asked once per process.
_REFUSED: set[str] = set()


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
    limit, sent = inputs.maxrec(maxrec), inputs.uploads(uploads)
    if validate:
        text = adql.prepare(query, release, ask=search.ask, geometry=True, uploads=sent or ())
    else:
        text = _untouched(query)
    request = Query(text, None if limit is None else limit + 1, async_job, sent)
    plan = _first_plan(search, text) if validate else None
    if payload:
        return search.payload([_planned(request, plan)])
    request, answer, rows = _answered(search, request, plan) if validate else _sent(search, request)
    cut = limit is not None and len(rows) > limit
    sources = adql.sources(text, release) if validate else {}
    # A slice makes every column anew.
    table = tables.polish(rows[:limit] if cut else rows, release.name, sources=sources)
    if validate:
        add_units(separations(adql.parse(text)), table)
    return warn_if_empty(search.report(table, Rows(table, [request], [answer], cut)))


def _sent(search: Search, request: Query) -> tuple[Query, Answer, Table]:
    """Ask as it stands."""
    answer = search.send(request)
    return request, answer, answer.table


def _first_plan(search: Search, text: str) -> Plan | None:
    """Plan what the service is known not to take; None sends the query as it stands."""
    tree = adql.parse(text)
    if search.backend.has_geometry or not find_calls(tree):
        return None
    only_functions = all(function_name(call) in SEPARATIONS for call in find_calls(tree))
    return None if only_functions and search.backend.url not in _REFUSED else make_plan(text, tree)


def _planned(request: Query, plan: Plan | None) -> Query:
    """Write the request that goes out: the whole box, as rows of it are left out here."""
    if plan is None:
        return request
    return replace(request, adql=plan.adql, maxrec=None if plan.circles else request.maxrec)


def _answered(search: Search, request: Query, plan: Plan | None) -> tuple[Query, Answer, Table]:
    """Ask as it stands; where the service does not know the function, ask for a box."""
    if plan is not None:
        return _cut(search, request, plan)
    try:
        return _sent(search, request)
    except (InvalidQueryError, RemoteServiceError) as error:
        tree = adql.parse(request.adql)
        if search.backend.has_geometry or not find_calls(tree) or not _is_about_query(error):
            raise
        return _instead(search, request, tree, error)


def _is_about_query(error: Exception) -> bool:
    """Tell whether an answer may be a refusal of the query: 500 may be one, too."""
    return isinstance(error, InvalidQueryError) or "500" in str(error)


def _instead(
    search: Search, request: Query, tree: Any, error: Exception
) -> tuple[Query, Answer, Table]:
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
    _REFUSED.add(search.backend.url)
    return found


def _cut(search: Search, request: Query, plan: Plan) -> tuple[Query, Answer, Table]:
    """Ask for the rows of a box, and make those of the cone of them."""
    planned = _planned(request, plan)
    done = " AND ".join(plan.terms) or ", ".join(plan.computed)
    log.info(f"The service has no geometry; done here instead: {done}")
    answer = search.send(planned)
    return planned, answer, apply(plan, answer.table)


def _untouched(query: object) -> str:
    """Take a query as it is."""
    if not isinstance(query, str):
        raise InputTypeError(f"A query is a string, not {type(query).__name__} ({query!r}).")
    if not query.strip():
        raise InvalidQueryError("The query is empty.")
    return query
