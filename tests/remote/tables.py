# Licensed under a 3-clause BSD style license - see LICENSE
"""Questions about limits, /capabilities, /tables, TAP_SCHEMA and uploads."""

import re
from dataclasses import replace
from typing import Any

from astroquery_csc.catalogue.schema import TAP_TABLES, master_columns
from tests.remote.site import Finding, Reading, Site, UnansweredError, asks, reading_of

__all__ = [
    "capabilities",
    "count_rows",
    "default_maxrec",
    "hard_limit",
    "newest_endpoint",
    "partial_tables",
    "tables_document",
    "tap_schema",
    "unknown_columns",
    "upload",
]

#: The beginning of a row; the end of an answer, with the word that it was cut.
_ROW = re.compile(rb"<(?:\w+:)?TR>")
_TAIL_BYTES = 2_000

_UPLOAD = b"""<?xml version="1.0"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>
<FIELD name="number" datatype="int"/>
<DATA><TABLEDATA><TR><TD>7</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>
"""


def count_rows(site: Site, query: str, **params: Any) -> tuple[int, bool]:
    """Count the rows of an answer as it arrives; tell whether it is marked as cut."""
    rows, tail = 0, b""
    with site.sync(query, stream=True, **params) as answer:
        for piece in answer.iter_content(1 << 20):
            joined = tail + piece
            tail = joined[-_TAIL_BYTES:]
            rows += len(_ROW.findall(joined)) - len(_ROW.findall(tail))
    rows += len(_ROW.findall(tail))
    whole = re.search(rb"</(?:\w+:)?VOTABLE>\s*$", tail) is not None
    if not answer.ok or not rows or not whole:
        raise UnansweredError(f"status {answer.status_code}, {rows} rows; it ends {tail[-200:]!r}")
    return rows, b"OVERFLOW" in tail


def count_all(site: Site, table: str) -> int | None:
    """Count the rows of a table; None if the service cannot."""
    answer = site.sync(f"SELECT COUNT(*) AS n FROM {site.schema}.{table}")
    reading = Reading(answer.content)
    if answer.ok and reading.is_table:
        return int(reading.cells("n")[0])
    site.check_refusal(answer)
    return None


def is_cut(rows: int, total: int | None, *, marked: bool) -> bool | None:
    """Tell whether an answer was cut; None where nobody can know."""
    if total is not None:
        return rows < total
    return True if marked or rows % 1_000 == 0 else None


@asks("where a query without ``MAXREC`` is cut, and whether it says so", "default_maxrec")
def default_maxrec(site: Site) -> Finding:
    """Ask for every master source without MAXREC, as the notebook does."""
    total = count_all(site, "master_source")
    rows, marked = count_rows(site, f"SELECT m.name FROM {site.schema}.master_source m")
    cut = is_cut(rows, total, marked=marked)
    return Finding(
        f"{rows} of {total} rows, OVERFLOW {'' if marked else 'not '}marked",
        {} if cut is None else {"default_maxrec": rows if cut else None},
    )


@asks("no answer has more rows than the hard limit", "hard_limit")
def hard_limit(site: Site) -> Finding:
    """Ask for one column of the longest table, with a MAXREC that is too large."""
    total = count_all(site, "observation_source")
    query = f"SELECT o.obsid FROM {site.schema}.observation_source o"
    rows, marked = count_rows(site, query, MAXREC=str(2 * (total or 2_143_847)))
    return Finding(
        f"{rows} of {total} rows, OVERFLOW {'' if marked else 'not '}marked",
        {"hard_limit": rows} if is_cut(rows, total, marked=marked) else {},
    )


@asks("``/capabilities`` exists and states limits", "capabilities", "stated_limits")
def capabilities(site: Site) -> Finding:
    """Fetch the document."""
    answer = site.tap("/capabilities")
    there = answer.ok and bool(Reading(answer.content).all("capability"))
    if not there:
        site.check_refusal(answer, missing=True)
    limit = re.search(r"<outputLimit>.*?</outputLimit>", answer.text, re.DOTALL)
    settings = {"capabilities": there} | ({"stated_limits": limit is not None} if there else {})
    words = limit.group() if limit else answer.text[:200]
    return Finding(f"status {answer.status_code}: {words}", settings, answer.content)


@asks("what ``/csctap``, without a number, serves")
def newest_endpoint(site: Site) -> Finding:
    """Send a query for the release that is asked to the address that names none."""
    newest = replace(site, release=replace(site.release, tap="/csctap"))
    answer = newest.sync(f"SELECT TOP 1 m.name FROM {site.schema}.master_source m")
    if not (answer.ok and Reading(answer.content).is_table):
        site.check_refusal(answer, missing=True)
    words = f"{site.schema} there: status {answer.status_code}: {answer.text[-300:]}"
    return Finding(words, raw=answer.content)


@asks("``/tables`` exists", "tables")
def tables_document(site: Site) -> Finding:
    """Fetch the document."""
    answer = site.tap("/tables")
    there = answer.ok and bool(Reading(answer.content).all("column"))
    if not there:
        site.check_refusal(answer, missing=True)
    return Finding(
        f"status {answer.status_code}, {answer.text.count('<column')} columns",
        {"tables": there},
        answer.content,
    )


@asks("how TAP_SCHEMA is spelled, and which tables it lists", "tap_schema_name")
def tap_schema(site: Site) -> Finding:
    """List the tables."""
    answer = site.sync("SELECT table_name FROM TAP_SCHEMA.tables")
    names = [name.strip() for name in reading_of(answer).cells("table_name")]
    own = next((name for name in names if name.lower().startswith("tap_schema.")), "none")
    return Finding(
        f"{len(names)} tables: {', '.join(names)}",
        {"tap_schema_name": own.partition(".")[0]},
        answer.content,
    )


@asks("all columns of the tables that are known in part")
def partial_tables(site: Site) -> Finding:
    """List the columns of every table of the catalogue; the raw answer has types and units."""
    answer = site.sync(
        "SELECT table_name, column_name, datatype, unit, ucd, description FROM TAP_SCHEMA.columns"
    )
    reading = reading_of(answer)
    of = [name.strip().lower().rpartition(".")[2] for name in reading.cells("table_name")]
    counts = {name: of.count(name) for name in TAP_TABLES}
    words = ", ".join(f"{name}: {count}" for name, count in counts.items())
    return Finding(words, raw=answer.content)


@asks("columns that no dictionary knows; columns that are gone", "extra_columns", "missing_columns")
def unknown_columns(site: Site) -> Finding:
    """Compare the columns of master_source with the dictionary."""
    answer = site.sync(f"SELECT TOP 1 m.* FROM {site.schema}.master_source m")
    names, known = reading_of(answer).names, master_columns(site.release.name)
    extra = tuple(name for name in names if name not in known)
    missing = tuple(name for name in known if name not in names)
    return Finding(
        f"{len(names)} columns; extra: {extra}; missing: {missing}",
        {"extra_columns": extra, "missing_columns": missing},
        answer.content,
    )


@asks("``UPLOAD`` is accepted", "upload")
def upload(site: Site) -> Finding:
    """Send a table of one row along."""
    answer = site.sync(
        "SELECT t.number FROM TAP_UPLOAD.mine t",
        UPLOAD="mine,param:mine",
        files={"mine": ("mine.xml", _UPLOAD, "application/x-votable+xml")},
    )
    reading = Reading(answer.content)
    works = answer.ok and reading.is_table and reading.cells("number") == ["7"]
    if not works:
        site.check_refusal(answer)
    words = f"status {answer.status_code}: {answer.text[:200]}"
    return Finding("it came back" if works else words, {"upload": works}, answer.content)
