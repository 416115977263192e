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
_IN = "Write IN ('a', 'b'), or in an f-string IN {tuple(t['name'].tolist())}."
_LIST = f"begins a Python list or set. {_IN}"
_EXPONENT = "Write 1e-14."
_UNITS = "deg(?:ree)?s?|arcmin|arcsec|mas|erg|ct|counts?|photons?|k?eV|m?Jy|[kM]?pc|km|ks"
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
        (r"(<(?:Quantity|Angle|L\w+itude|(?:Masked)?Column|SkyCoord|Time)\b[^>]*>)", _NUMPY),
        (r"\b(array\s*\(\s*\[)", _NUMPY),
        (r"\bIN\s*\(?\s*([\[{])", _LIST),
        (r"\bIN\s*\([^()]*(,\s*\))", f"is the end of a Python tuple of one value. {_IN}"),
        (r"\bIN\s*('')", f"stands without parentheses here. {_IN}"),
        (r"\b(b'')", "is how Python shows bytes. Write the text: {name.decode()!r}."),
        (r"\bIN\s*\([^()]*?(''\s+''|[\d.]+\s+[\d.]+)", f"lacks a comma. {_IN}"),
        (r"(\{(?!#)[^{}]*\})", _PLACEHOLDER),
        (r"[=<>(,]\s*([@$][A-Za-z_]\w*)", _PLACEHOLDER),
        (r"(%\(\w+\)s|%[sdfgr]\b|<\w+>|\.\.\.)", _PLACEHOLDER),
        (r"(?<![\w:]):([A-Za-z_]\w*)", _PLACEHOLDER),
        (r"(\?)", _PLACEHOLDER),
        (r"\b(IN\s*\(\s*\))", "is an empty list. Give at least one value: IN ('a', 'b')."),
        (
            r"[=<>]\s*([-+]?(?:nan|inf))\b(?!\s*[.(])",
            "is not a number of ADQL. For values that are not there write IS NULL.",
        ),
        (
            rf"[=<>]\s*[-+]?[\d.]+(?:e[-+]?\d+)?\s*({_UNITS})\b",
            "is a unit. Write the number alone, in the column's unit: radius.to_value('deg').",
        ),
        (
            r"\bTOP\b.*\b(LIMIT\s+\d+)",
            "is not ADQL, and TOP limits the rows already. Leave it out.",
        ),
        (r"^(?!.*\bFROM\b).*\b(FORM)\b", "is a slip. Write FROM."),
        (r"^\s*SELECT\s+(TOP\s+\d+\s+DISTINCT)\b", "is in the wrong order: DISTINCT TOP 10."),
        (r"^\s*SELECT\s+(UNIQUE|UNIQ)\b", "is not ADQL. Write DISTINCT."),
        (r"^\s*SELECT\s+(FIRST\s+\d+)\b", "is not ADQL. Write SELECT TOP 10."),
        (r"\b(ROWNUM)\b", "is not ADQL. Write SELECT TOP 10."),
        (r"(==)", "is not ADQL. Write =."),
        (r"(=[<>])", "is not a comparison. Write <= or >=."),
        (r"(&&)", "is not ADQL. Write AND."),
        (
            r"[=<>]\s*[-\w.']+\s*(\|\|)\s*[\w.]+\s*[=<>]",
            "joins texts in ADQL. Between conditions write OR.",
        ),
        (
            r"([-+]?[\d.]+\s*[<>]=?\s*[A-Za-z_][\w.]*\s*[<>]=?\s*[-+]?[\d.]+)",
            "is two comparisons in one. Write ra BETWEEN 52.2 AND 52.4.",
        ),
        (r"(?:=|<>)\s*(NULL)\b", "is equal to nothing. Write IS NULL, or IS NOT NULL."),
        (r"(?:[=<>]|\bIS(?:\s+NOT)?)\s*(None)\b", "is Python's. Write IS NULL, or IS NOT NULL."),
        (r"(?<!\bIS)\s(NOT\s+NULL)\b", "lacks a word. Write IS NOT NULL."),
        (r"(\b10\s*(?:\^|\*\*)\s*[-+]?\d+)", f"is not a power in ADQL. {_EXPONENT}"),
        (r"(?<![\w.])(\d+\.?\d*d[-+]?\d+)\b", f"is not a number of ADQL. {_EXPONENT}"),
        (r"(?<![\w.])(\d+_\d+)\b", "is not a number of ADQL. Leave out the underscore."),
        (
            r"(?<![\w:.])(\d+:\d\d(?::[\d.]+)?|\d+[hd]\d+m)",
            "is sexagesimal; ra and dec are numbers in degrees: Angle('3h29m11s').deg.",
        ),
        (r"(?<!\|)(\|\s*[\w.]+\s*\|)(?!\|)", "is not ADQL. Write ABS(gal_b)."),
        (r"(?<!\{)(#(?=\s|$)|//)", "does not begin a comment. Write --."),
    )
)
#: One comparison with a word, or else a literal, so that nothing is found inside of one.
_COMPARED = re.compile(
    r"""(\w+)\s*(=|<>|!=)\s*(?:'(\w+)'|"(\w[^"]*)"|([A-Za-z_]\w*)\b(?!\s*[.(]))|'(?:[^']|'')*'"""
)
#: Tables of other services, and whose they are.
_OTHER_SERVICES = tuple(
    (re.compile(rf"\bFROM\s+\"?({name})", re.IGNORECASE), whose)
    for name, whose in (
        (r"(?:vizier\.\"?)?[IVXB]+/\d+[\w/]*", "VizieR"),
        (r"(?:heasarc(?:_db)?[._])?(?:csc|cha\w+)\b(?!\.)", "HEASARC"),
        (r"gaia[de]?dr\d\.\w+", "the Gaia archive"),
        (r"(?:basic|allfluxes|ident)\b(?!\.)", "SIMBAD"),
        (r"(?:NED\w*\.)\w+", "NED"),
    )
)
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
    for name, whose in _OTHER_SERVICES:
        other = name.search(plain)
        if other is not None:
            raise InvalidQueryError(
                f"{other[1]!r} is a table of {whose}. The catalogue's own is master_source, with "
                "other names of columns.",
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
