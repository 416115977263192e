# Licensed under a 3-clause BSD style license - see LICENSE
"""Slips that are common in pasted queries, and what to write instead."""

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from astroquery_csc.catalogue.releases import Release
from astroquery_csc.catalogue.schema import find_column, get_tables
from astroquery_csc.exceptions import InvalidQueryError

__all__ = ["refuse_slips", "tables_with"]

_LITERAL_OR_COMMENT = re.compile(r"('(?:[^']|'')*')|--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_PLACEHOLDER = (
    'is a placeholder that was not filled in. Write the value, or an f-string: f"… {ra}".'
)
_NUMPY = (
    "is how Python shows a NumPy value. Write the value alone: {float(ra)} or '{name}', and for a "
    "list {tuple(t['name'].tolist())}."
)
#: What nothing in valid ADQL looks like, outside of quotes, and what to do about it.
_SLIPS = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), advice)
    for pattern, advice in (
        (
            r"^\s*SELECT\s+(?:DISTINCT\s+)?(TOP\s+\d+\s*,)",
            "has a comma too many: no comma stands after TOP 10, or within the number.",
        ),
        (
            r"\b(np\.(?:str_|bool_|float\d+|int\d+)\s*\()",
            _NUMPY,
        ),
        (r"(\{(?!#)[^{}]*\})", _PLACEHOLDER),
        (r"(?<![\w:]):([A-Za-z_]\w*)", _PLACEHOLDER),
        (r"(\?)", _PLACEHOLDER),
        (r"\b(IN\s*\(\s*\))", "is an empty list. Give at least one value: IN ('a', 'b')."),
        (
            r"[=<>]\s*([-+]?(?:nan|inf))\b(?!\s*[.(])",
            "is not a number of ADQL. For values that are not there write IS NULL.",
        ),
        (
            r"[=<>]\s*[-+]?[\d.]+(?:e[-+]?\d+)?\s+(deg|arcmin|arcsec|erg|ct|keV|Jy|mJy|pc)\b",
            "is a unit. Write the number alone, in the column's unit: radius.to_value('deg').",
        ),
        (
            r"\bTOP\b.*\b(LIMIT\s+\d+)",
            "is not ADQL, and TOP limits the rows already. Leave it out.",
        ),
        (r"^(?!.*\bFROM\b).*\b(FORM)\b", "is a slip. Write FROM."),
    )
)
#: One comparison with a word, or else a literal, so that nothing is found inside of one.
_COMPARED = re.compile(
    r"""(\w+)\s*(=|<>|!=)\s*(?:'(\w+)'|"(\w[^"]*)"|([A-Za-z_]\w*)\b(?!\s*[.(]))|'(?:[^']|'')*'"""
)
_OTHER_SERVICE = re.compile(r'\bFROM\s+"?(IX/\d+[\w/]*|csc)\b(?![.\w/])', re.IGNORECASE)
_YES, _NO = frozenset({"T", "TRUE"}), frozenset({"F", "FALSE"})
_KEYWORDS = frozenset({"NULL", "CASE", "CAST", "ANY", "ALL", "SOME", "NOT"})


def refuse_slips(text: str, release: Release) -> None:
    """Refuse a query with a slip that can be told from the text alone."""
    plain = _LITERAL_OR_COMMENT.sub(lambda found: "''" if found[1] else " ", text)
    bare = _QUOTED.sub('""', plain)
    for pattern, advice in _SLIPS:
        found = pattern.search(bare)
        if found is not None:
            raise InvalidQueryError(f"{found[1].strip()!r} {advice}", adql=text)
    other = _OTHER_SERVICE.search(plain)
    if other is not None:
        where = "HEASARC" if other[1].lower() == "csc" else "VizieR"
        raise InvalidQueryError(
            f"{other[1]!r} is a table of {where}. The catalogue's own is master_source, with other "
            "names of columns.",
            adql=text,
        )
    with_text = _LITERAL_OR_COMMENT.sub(lambda found: found[1] or " ", text)
    for found in _COMPARED.finditer(with_text):
        if found[1] is not None:
            _check_value(found, release, text)


def _check_value(found: "re.Match[str]", release: Release, text: str) -> None:
    """Refuse a word without its quotes, and a word where a flag is 1 or 0."""
    column, operator, quoted, doubled, word = found.groups()
    known = find_column(release.name, column.lower())
    value = quoted or doubled or word
    if known is None or value.upper() in _KEYWORDS:
        return
    if known.datatype == "boolean" and value.upper() in _YES | _NO:
        raise InvalidQueryError(
            f"{column} is a flag, which is 1 or 0. Write {column} {operator} "
            f"{int(value.upper() in _YES)}.",
            adql=text,
        )
    if known.datatype == "char" and quoted is None and not _is_named(value, release, text):
        raise InvalidQueryError(
            f"{value!r} is not a column. Text stands in single quotes: {column} {operator} "
            f"'{value}'.",
            adql=text,
        )


def _is_named(word: str, release: Release, text: str) -> bool:
    """Tell whether a word is a known column, or stands elsewhere in the query, as an alias does."""
    uses = re.findall(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE)
    return len(uses) > 1 or find_column(release.name, word.lower()) is not None


#: Columns by which two tables are joined.
_JOINS = {
    ("master_source", "master_stack_assoc"): ("name",),
    ("master_stack_assoc", "stack_source"): ("detect_stack_id", "region_id"),
    ("stack_source", "stack_observation_assoc"): ("detect_stack_id", "region_id"),
    ("stack_observation_assoc", "observation_source"): ("obsid", "obi", "region_id"),
    ("detect_stack", "stack_source"): ("detect_stack_id",),
}


def tables_with(column: str, release: Release, tables: Collection[str] = ()) -> str:
    """Name the tables that have a column, and how to join the tables of a query to the nearest."""
    holders = [
        name for name, info in get_tables(release.name).items() if column.lower() in info.columns
    ]
    if not holders:
        return ""
    paths = [path for one in tables for end in holders if (path := _path(one, end))]
    said = f" It is a column of {', '.join(holders)}: join that table"
    if not paths:
        return f"{said}."
    path = min(paths, key=len)
    return f"{said}: FROM {', '.join(path)} WHERE {' AND '.join(_conditions(path))}."


def _path(start: str, end: str) -> list[str]:
    """Find the shortest way from one table to another along the joins."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        if way[-1] == end:
            return way
        pairs = [pair for pair in _JOINS if way[-1] in pair]
        steps = [other for pair in pairs for other in pair if other not in seen]
        seen.update(steps)
        ways.extend([*way, step] for step in steps)
    return []


def _conditions(path: Sequence[str]) -> list[str]:
    """Write the join conditions along a way."""
    return [
        f"{one}.{key} = {other}.{key}"
        for one, other in pairwise(path)
        for key in _JOINS.get((one, other)) or _JOINS[other, one]
    ]
