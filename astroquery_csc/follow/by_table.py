# Licensed under a 3-clause BSD style license - see LICENSE
"""The join of a level made here, table by table, for a server that joins no tables."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astroquery_csc.adql import write as clauses
from astroquery_csc.adql.cut import and_terms
from astroquery_csc.adql.mentions import qualifiers
from astroquery_csc.adql.read import parse
from astroquery_csc.adql.speech import InList, Term, topics
from astroquery_csc.backend import Query
from astroquery_csc.columns import Columns
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.follow.levels import LINKS, TABLES, Level, Output, aliases_of
from astroquery_csc.search.answer import Rows, stack
from astroquery_csc.search.ask import Search
from astroquery_csc.search.pieces import in_pieces

__all__ = ["Whole", "table_by_table"]

_ALIAS = re.compile(r"\b([masbo])\.")


@dataclass(frozen=True, slots=True)
class Whole:
    """What the join would have given."""

    level: Level
    outputs: tuple[Output, ...]
    terms: tuple[Term, ...]
    criteria: str
    obs: bool


def table_by_table(search: Search, whole: Whole) -> Rows:
    """Fetch the rows of one table, then what belongs to them, from neighbour to neighbour."""
    aliases = aliases_of(whole.level, obs=whole.obs)
    terms = _terms_by_table(whole, aliases)
    start = aliases.index(_start(terms, aliases))
    fetch = partial(_fetched, search, columns=_columns(whole, aliases))
    parts = [fetch(aliases[start], terms[aliases[start]])]
    joined = parts[0].columns
    steps = [(place, place - 1) for place in range(start, 0, -1)]
    steps += [(place, place + 1) for place in range(start, len(aliases) - 1)]
    for near, far in steps:
        one, other = aliases[near], aliases[far]
        keys = LINKS.get((one, other)) or LINKS[other, one]
        links = [_among(f"{other}.{key}", joined[f"{one}.{key}"].values) for key in keys]
        parts.append(fetch(other, [*links, *terms[other]]))
        joined = _joined(joined, parts[-1].columns, one, other, keys)
    columns = Columns(
        replace(joined[f"{output.alias}.{output.column}"], name=output.name)
        for output in whole.outputs
    )
    requests = [request for part in parts for request in part.requests]
    return Rows(columns, requests, [answer for part in parts for answer in part.answers], cut=False)


def _terms_by_table(whole: Whole, aliases: Sequence[str]) -> dict[str, list[Term]]:
    """Tell to which table each condition belongs."""
    found: dict[str, list[Term]] = defaultdict(list)
    for term in whole.terms:
        alias = _ALIAS.search(str(term))
        found[alias[1] if alias else "m"].append(term)
    for term in _and_terms(whole.criteria):
        named = qualifiers(term)
        if len(named) != 1 or not named <= set(aliases):
            raise InvalidQueryError(
                "The server joins no tables, so they are joined here, and a condition is about "
                f"several of them, or does not say which: {term.sql('tsql')}. Write the letter of "
                f"one table before its columns ({', '.join(aliases)}: 'o.theta < 5').",
                adql=whole.criteria,
            )
        found[named.pop()].append(term.sql("tsql"))
    return found


def _and_terms(criteria: str) -> list[Any]:
    """Split a condition at its ANDs."""
    if not criteria:
        return []
    return and_terms(parse(f"SELECT 1 FROM t WHERE (\n{criteria}\n)").args["where"].this)


def _start(terms: dict[str, list[Term]], aliases: Sequence[str]) -> str:
    """Choose the table to begin with: one with a list of values, or else with any condition."""
    listed = [alias for alias in aliases if any(isinstance(t, InList) for t in terms[alias])]
    return next(iter([*listed, *(alias for alias in aliases if terms[alias]), aliases[0]]))


def _columns(whole: Whole, aliases: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """List the columns to ask of each table: keys, and what is wanted."""
    found: dict[str, dict[str, None]] = {alias: {} for alias in aliases}
    for pair, keys in LINKS.items():
        if set(pair) <= set(aliases):
            for alias in pair:
                found[alias] |= dict.fromkeys(keys)
    for output in whole.outputs:
        found[output.alias][output.column] = None
    return {alias: tuple(names) for alias, names in found.items()}


def _fetched(
    search: Search, alias: str, terms: Sequence[Term], *, columns: dict[str, tuple[str, ...]]
) -> Rows:
    """Fetch rows of one table; its columns are called ``o.obsid`` and the like."""

    def ask(some: Sequence[Term]) -> Rows:
        """Fetch those that satisfy some conditions."""

        def make() -> Query:
            """Write the query."""
            text = clauses.select(
                search.release,
                columns[alias],
                where=some,
                table=TABLES[alias],
                alias=alias,
                speech=search.backend.speech,
            )
            return Query(text, columns=columns[alias], topics=topics(some))

        request, answer = search.asked(make)
        return Rows(answer.columns[list(columns[alias])], [request], [answer], cut=False)

    rows = stack(list(in_pieces(search.backend, terms, ask)))
    named = Columns(replace(column, name=f"{alias}.{column.name}") for column in rows.columns)
    return replace(rows, columns=named)


def _among(name: str, values: NDArray[Any]) -> InList:
    """Write that a key is one of those that were found; of none, one that does not exist."""
    is_text = values.dtype.kind in "US"
    found = np.unique(np.char.strip(values.astype(str)) if is_text else values).tolist()
    return clauses.in_list(name, found or ["" if is_text else -1])


def _joined(left: Columns, right: Columns, one: str, other: str, keys: Sequence[str]) -> Columns:
    """Join two tables at equal keys."""
    places = defaultdict(list)
    for row, key in enumerate(_keys(right, other, keys)):
        places[key].append(row)
    pairs = [
        (row, place)
        for row, key in enumerate(_keys(left, one, keys))
        for place in places.get(key, ())
    ]
    rows = np.array(pairs, dtype=np.intp).reshape(len(pairs), 2)
    return left[rows[:, 0]].adding(*right[rows[:, 1]])


def _keys(columns: Columns, alias: str, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    """Give the keys of each row; text without the blanks around it."""
    values = [np.asarray(columns[f"{alias}.{key}"]).tolist() for key in keys]
    return [
        tuple(one.strip() if isinstance(one, str) else one for one in row)
        for row in zip(*values, strict=True)
    ]
