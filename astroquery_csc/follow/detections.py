# Licensed under a 3-clause BSD style license - see LICENSE
"""
Detections of masters, or in an observation: one row per detection, and never silently fewer.

All match types are requested and the choice is made here, so that a table can say how many rows of
another type exist. A source that is gone, a source without a detection and a field that was never
observed each have a warning of their own.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from astropy.table import Row, Table
from astroquery.exceptions import NoResultsWarning

from astroquery_csc import tables
from astroquery_csc.adql.cut import has_geometry
from astroquery_csc.adql.read import check_condition, read_query
from astroquery_csc.adql.speech import Term, pieces, topics
from astroquery_csc.adql.write import in_list
from astroquery_csc.backend import Query
from astroquery_csc.catalogue import names
from astroquery_csc.exceptions import (
    InputTypeError,
    InvalidQueryError,
    RemoteServiceError,
    TableParseError,
    warn,
)
from astroquery_csc.follow.absence import few, warn_missing
from astroquery_csc.follow.anywhere import POSITION, answers, place_condition, read_place, within
from astroquery_csc.follow.by_table import Whole, table_by_table
from astroquery_csc.follow.levels import Level, Output, Reader, get_level, select
from astroquery_csc.progress import track
from astroquery_csc.search import arguments
from astroquery_csc.search.answer import Rows, stack
from astroquery_csc.search.ask import Search
from astroquery_csc.search.pieces import check_values, in_pieces
from astroquery_csc.search.region import Region

__all__ = [
    "Asked",
    "check_arguments",
    "detections",
    "fetch",
    "read_names",
    "requests",
]

MATCH_TYPES = {"u": "unique", "a": "ambiguous", "n": "not detected"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of detections, checked."""

    level: Level
    names: tuple[str, ...]
    obsids: tuple[int, ...]
    outputs: tuple[Output, ...]
    conditions: tuple[Term, ...]
    match: frozenset[str] | None
    region: Region | None = None
    criteria: str = ""


# --------------------------------------------------------------------- arguments


def check_arguments(
    search: Search,
    *,
    source_names: object,
    obsid: object,
    level: object,
    match_type: object,
    columns: object,
    filters: object,
    coordinates: object = None,
    radius: object = None,
    criteria: object = None,
) -> Asked:
    """Check the arguments of ``query_detections``."""
    of_level = get_level(level)
    reader = Reader(of_level, search.release, search.ask)
    if all(value is None for value in (source_names, obsid, coordinates)) and not (
        filters or criteria
    ):
        raise InvalidQueryError(
            "Give names, coordinates, obsid, column_filters or criteria. "
            "Write query_detections('2CXO J…'), a table with names, or query_detections(obsid=735)."
        )
    condition = "" if criteria is None else _condition(search, criteria)
    asked = Asked(
        level=of_level,
        names=() if source_names is None else read_names(source_names),
        obsids=() if obsid is None else _obsids(obsid),
        outputs=reader.outputs(columns),
        conditions=_conditions(search, reader, filters),
        match=_match(match_type),
        region=read_place(search, coordinates, radius),
        criteria=condition,
    )
    if condition:  # its columns are known once the whole query is
        geometry = search.backend.has_geometry
        read_query(
            _query(search, asked, [], []).adql, search.release, ask=search.ask, geometry=geometry
        )
    return asked


def _condition(search: Search, criteria: object) -> str:
    """Read ``criteria``."""
    found = check_condition(criteria, search.release)  # type: ignore[arg-type]
    if not search.backend.has_geometry and has_geometry(found):
        raise InvalidQueryError(
            f"criteria has a cone, which the service may not know: {criteria}. Give the cone as "
            "query_detections(coordinates=…, radius=…), or find the sources with query_region "
            "and give their table; the rest stays in criteria.",
            adql=found,
        )
    return found


def _conditions(search: Search, reader: Reader, filters: object) -> tuple[Term, ...]:
    """Read ``column_filters``."""
    found = tuple(reader.conditions(filters))
    check_values(found, search.backend.longest_list, search.release)
    return found


def read_names(source_names: object) -> tuple[str, ...]:
    """Read the names of masters."""
    if isinstance(source_names, Table) and not len(source_names):
        raise InvalidQueryError("The table has no rows, so there is no source to look for.")
    if isinstance(source_names, Table | Row):
        if "name" not in source_names.colnames:
            raise InvalidQueryError(
                "The table has no column 'name', which identifies the masters; it has "
                f"{', '.join(map(repr, source_names.colnames[:8]))}…"
            )
        source_names = source_names["name"]
    if isinstance(source_names, str):
        source_names = [source_names]
    expected = "a 2CXO name, several, or a table with 'name'"
    around = "For positions: query_detections(coordinates=...)."
    listed = arguments.name_list(source_names, "names", expected, around)
    found = [names.normalise(name) for name in listed if name is not np.ma.masked]
    if not found:
        raise InvalidQueryError("There is no name. Give at least one: '2CXO J032908.3+312020'.")
    return tuple(dict.fromkeys(found))


def _obsids(obsid: object) -> tuple[int, ...]:
    """Read one ObsID, or several."""
    values: list[Any] = [obsid]
    if isinstance(obsid, Iterable) and not isinstance(obsid, str):
        values = list(obsid)
    for value in values:
        if not arguments.is_integer(value):
            raise InputTypeError(f"An ObsID is an integer, not {value!r}. Write obsid=735.")
        if not 0 <= int(value) < 2**31:
            raise InvalidQueryError(f"ObsID {value} cannot be. Write obsid=735.")
    if not values:
        raise InvalidQueryError("obsid is empty. Give at least one, or leave it out.")
    return tuple(dict.fromkeys(int(value) for value in values))


def _match(match_type: object) -> frozenset[str] | None:
    """Read the match types that are to be kept."""
    if match_type is None or (isinstance(match_type, str) and match_type == "all"):
        return None
    letters: list[Any] = [match_type]
    if isinstance(match_type, Iterable):
        letters = list(match_type)
    for letter in letters:
        if not isinstance(letter, str):
            raise InputTypeError(
                f"match_type is {match_type!r}; expected letters such as 'u' or 'una', or None."
            )
        if letter not in MATCH_TYPES:
            known = ", ".join(f"{key!r} ({word})" for key, word in MATCH_TYPES.items())
            raise InvalidQueryError(
                f"match_type is {match_type!r}, and {letter!r} does not exist. There are {known}; "
                "'all' or None keeps them all."
            )
    if not letters:
        raise InvalidQueryError("match_type is empty. Write 'u', 'una', or None for all.")
    return frozenset(letters)


# ------------------------------------------------------------------------- build


def requests(search: Search, asked: Asked) -> list[Query]:
    """Build the requests for detections, as far as they are known before an answer."""
    longest = search.backend.speech.longest_list
    return [
        _query(search, asked, some, [])
        for terms in _places(asked)
        for some in pieces(terms, longest)
    ]


def _places(asked: Asked) -> list[tuple[Term, ...]]:
    """List what is asked for, in one request if it is not too long."""
    terms: list[Term] = []
    if asked.names:
        terms.append(in_list("m.name", asked.names))
    if asked.obsids:
        terms.append(in_list(f"{asked.level.keys.get('obsid', 'b')}.obsid", asked.obsids))
    terms += asked.conditions
    boxes = [[]] if asked.region is None else [[box] for box in place_condition(asked.region)]
    return [(*terms, *box) for box in boxes]


def _query(search: Search, asked: Asked, terms: Sequence[Term], more: Sequence[str]) -> Query:
    """Write the join under some conditions."""
    where = [*terms, *([asked.criteria] if asked.criteria else []), *more]
    text = select(
        search.release,
        asked.level,
        _outputs(asked),
        where,
        obs=bool(asked.obsids),
        speech=search.backend.speech,
    )
    return Query(text, topics=topics(where) | {"joins"})


# ---------------------------------------------------------------- send and decode


def fetch(search: Search, asked: Asked) -> tuple[Table, Rows, set[int]]:
    """Fetch detections of every match type: polished and sorted, as they came, and obsids."""
    names_of = [output.name for output in _outputs(asked)]
    parts = []
    for answered in _answers(search, asked):
        part = replace(answered, columns=answered.columns.spelled(names_of))
        lacking = [name for name in names_of if name not in part.columns.colnames]
        if lacking:
            raise TableParseError(
                f"The answer has no column {lacking[0]!r} although it was requested.",
                url=part.answers[0].url,
                adql=part.requests[0].adql,
                release=search.release.name,
            )
        parts.append(replace(part, columns=part.columns[names_of]))
    rows = stack(parts)
    sources = {output.name: (output.table, output.column) for output in _outputs(asked)}
    table = tables.polish(rows.columns, search.release.name, sources=sources)
    if asked.region is not None:
        table = within(table, asked.region)
    obsids = set(table["obsid"].tolist()) if "obsid" in table.colnames else set()
    table = _sorted(table, asked)[[output.name for output in asked.outputs]]
    return table, rows, obsids


def _answers(search: Search, asked: Asked) -> Iterator[Rows]:
    """Ask for detections, piece by piece of what is asked for."""

    def ask(some: Sequence[Term]) -> list[Rows]:
        """Ask with a join; where the server takes none, table by table."""
        if search.backend.speech.joins != "none":
            try:
                make = partial(_query, search, asked, some)
                return [
                    Rows(answer.columns, [request], [answer], cut=False)
                    for request, answer in answers(search, make)
                ]
            except (InvalidQueryError, RemoteServiceError):
                if search.backend.speech.joins != "none":
                    raise
        whole = Whole(asked.level, _outputs(asked), tuple(some), asked.criteria, bool(asked.obsids))
        return [table_by_table(search, whole)]

    longest = search.backend.speech.longest_list
    requests = [some for terms in _places(asked) for some in pieces(terms, longest)]
    for terms in track(requests, "requests"):
        for found in in_pieces(search.backend, terms, ask):
            yield from found


def _outputs(asked: Asked) -> tuple[Output, ...]:
    """List the columns to ask for: beside those that are wanted, where a stack's detection was."""
    more: tuple[Output, ...] = () if asked.region is None else POSITION
    if asked.obsids and "obsid" not in asked.level.keys:
        more = (*more, Output("b", "obsid", "obsid"))
    return tuple(dict.fromkeys((*asked.outputs, *more)))


def _sorted(table: Table, asked: Asked) -> Table:
    """Sort by name, in the order of the input if there is one, then by the other keys."""
    order = {name: place for place, name in enumerate(asked.names)}
    if not order:
        order = {name: place for place, name in enumerate(sorted(set(table["name"].tolist())))}
    place = np.array([order.get(name, len(order)) for name in table["name"].tolist()], dtype=int)
    keys = ["detect_stack_id", *(key for key in ("obsid", "obi") if key in asked.level.keys)]
    by = [np.asarray(np.ma.getdata(table[key])) for key in (*keys, "region_id")]
    rows = np.lexsort([*by[::-1], place])
    is_new = np.ones(len(rows), dtype=bool)
    is_new[1:] = np.any([one[rows][1:] != one[rows][:-1] for one in (place, *by)], axis=0)
    return table[rows[is_new]]


# ------------------------------------------------------------------------ polish


def detections(search: Search, asked: Asked) -> Table:
    """Answer ``query_detections``."""
    every, rows, obsids = fetch(search, asked)
    types = np.asarray(every["match_type"]).astype(str)
    kept = np.ones(len(types), dtype=bool)
    if asked.match is not None:
        kept = np.isin(types, sorted(asked.match))
    left = Counter(types[~kept].tolist())
    table = every[kept]
    _warn_left(asked, every, table, left)
    warn_missing(
        search,
        every,
        [obsid for obsid in asked.obsids if obsid not in obsids],
        source_names=asked.names,
        by_obsid=bool(asked.obsids),
        filtered=bool(asked.conditions or asked.criteria),
        by_place=asked.region is not None,
    )
    if not (len(every) or asked.names or asked.obsids):
        words = _NOTHING_AROUND if asked.region is not None else _NOTHING
        warn(words, NoResultsWarning)
    return search.report(
        table,
        rows,
        LEVEL=asked.level.name,
        MATCH=_letters(asked.match),
        LEFTOUT=_counts(left) or "none",
    )


_NOTHING = "No detection satisfies the conditions."
_NOTHING_AROUND = (
    "No detection of a source within the radius: query_sensitivity tells whether the place was "
    "observed, and how deep."
)


def _warn_left(asked: Asked, every: Table, table: Table, left: Counter[str]) -> None:
    """Warn about sources, or a whole question, with rows of other match types alone."""
    there, kept = set(every["name"].tolist()), set(table["name"].tolist())
    lost = [name for name in asked.names if name in there - kept]
    if lost or (left and not len(table)):
        warn(
            f"{few(lost) if lost else 'Nothing'}: no row of match type {_letters(asked.match)}, "
            f"but there are others ({_counts(left)} in all): match_type=None gives them.",
            NoResultsWarning,
        )


def _letters(match: frozenset[str] | None) -> str:
    """Write match types for meta and messages."""
    return "all" if match is None else "".join(key for key in MATCH_TYPES if key in match)


def _counts(left: Counter[str]) -> str:
    """Write how many rows of each match type were left out."""
    return ", ".join(f"{letter or 'null'}: {left[letter]}" for letter in sorted(left))
