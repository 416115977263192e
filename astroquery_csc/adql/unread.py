# Licensed under a 3-clause BSD style license - see LICENSE
"""Why a text cannot be read as ADQL, as far as its words tell."""

import difflib
import re

from astroquery_csc.catalogue.schema import TAP_TABLES, find_column

__all__ = ["condition_advice", "unread_advice"]

_LITERAL_OR_COMMENT = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL
)
_KEYWORDS = (
    *("SELECT", "DISTINCT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "BETWEEN"),
    *("LIKE", "UNION", "DESC", "ASC", "AND", "NULL"),
)
_COMMA = re.compile(r"[=<>]\s*([-+]?\d+,\d+)")
_FUSED = {"GROUPBY": "GROUP BY", "ORDERBY": "ORDER BY", "ASCENDING": "ASC", "DESCENDING": "DESC"}


#: What does not belong to a condition, at its beginning or its end.
_AROUND_CONDITION = (
    (re.compile(r"\s*SELECT\b", re.IGNORECASE), "A whole query goes to query_tap."),
    (re.compile(r"\s*(WHERE|AND|OR)\b", re.IGNORECASE), "Leave out {0} at the beginning."),
    (re.compile(r".*\b(AND|OR|NOT)\s*$", re.IGNORECASE | re.DOTALL), "Leave out {0} at the end."),
    (re.compile(r".*(;)\s*$", re.DOTALL), "Leave out the semicolon."),
    (
        re.compile(r".*\b(ORDER\s+BY|GROUP\s+BY|HAVING|UNION)\b", re.IGNORECASE | re.DOTALL),
        "Leave out {0}, or write the whole query in query_tap.",
    ),
    (
        re.compile(r".*\b(LIMIT\s+\d+|TOP\s+\d+)", re.IGNORECASE | re.DOTALL),
        "Leave out {0}, and give row_limit.",
    ),
)


def condition_advice(criteria: str) -> str:
    """Say what to leave out of a text that is not one condition; empty where nothing is known."""
    bare = _LITERAL_OR_COMMENT.sub("''", criteria)
    for around, advice in _AROUND_CONDITION:
        found = around.match(bare)
        if found is not None:
            return f" {advice.format(*found.groups())}"
    return unread_advice(criteria)


def unread_advice(text: str) -> str:
    """Say what to look for in a text that cannot be read; empty where nothing is known."""
    bare = _LITERAL_OR_COMMENT.sub(" ", text)
    for sign, words in (("'", "A single quote"), ('"', "A double quote"), ("/*", "A comment")):
        if sign in bare:
            return f" {words} is not closed."
    opened = bare.count("(") - bare.count(")")
    if opened:
        return f" There is a parenthesis that is not {'closed' if opened > 0 else 'opened'}."
    comma = _COMMA.search(bare)
    if comma is not None:
        return f" {comma[1]!r} is not a number: none contains a comma."
    return _misspelt(bare)


def _misspelt(bare: str) -> str:
    """Find a word that may be a keyword with a slip."""
    for word in re.findall(r"[A-Za-z_]\w*", bare):
        upper = word.upper()
        if upper in _FUSED:
            return f" Did you mean {_FUSED[upper]!r} instead of {word!r}?"
        is_name = word.lower() in TAP_TABLES or find_column("2.1", word.lower()) is not None
        if is_name or len(word) < 3 or any(upper in known.split() for known in _KEYWORDS):
            continue
        near = difflib.get_close_matches(upper, [key.split()[0] for key in _KEYWORDS], 1, 0.75)
        if near:
            return f" Did you mean {near[0]!r} instead of {word!r}?"
    return ""
