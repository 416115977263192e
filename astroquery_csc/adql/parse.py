# Licensed under a 3-clause BSD style license - see LICENSE
"""The text of a query to a tree of its parts: exactly one query, or an error with its place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from astroquery_csc.adql.check import check_reader
from astroquery_csc.adql.geometry import find_calls
from astroquery_csc.adql.unread import unread_advice
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.forks import kept_property

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Parsed", "check_text", "parse", "parse_once"]

#: Tokens of sqlglot beside which a comma has nothing to stand between.
_NOTHING_BEFORE = frozenset(
    {"COMMA", "L_PAREN", "SELECT", "DISTINCT", "FROM", "WHERE", "GROUP_BY", "ORDER_BY"}
)
_NOTHING_AFTER = frozenset(
    {"COMMA", "R_PAREN", "FROM", "WHERE", "GROUP_BY", "HAVING", "ORDER_BY", "SEMICOLON", "END"}
)
#: Longest query that is read: each word, number and sign takes some 30 microseconds.
_LONGEST_WORDS = 100_000
_WORD = re.compile(r"'[^']*'|[\w.]+|[^\w\s]")
#: Characters of the longest text of which the tree is kept.
_LONGEST_KEPT = 2_000


def parse(text: str) -> "exp.Query":
    """Read ADQL that must be exactly one query: a SELECT, or several put together."""
    return _read(text).tree


def _read(text: str) -> "Parsed":
    """Read a query, and look at each of its SELECTs."""
    from sqlglot import exp

    check_text(text)
    statements = _statements(text)
    query = statements[0] if len(statements) == 1 else None
    while type(query) is exp.Subquery and not {
        key for key, value in query.args.items() if value
    } - {"this"}:
        query = query.this
    if not isinstance(query, exp.Select | exp.SetOperation):
        kinds = ", ".join(type(item).__name__.upper() for item in statements)
        raise InvalidQueryError(f"The query is not exactly one SELECT but {kinds}.", adql=text)
    read = Parsed(query)
    for select in (node for node in read.nodes if isinstance(node, exp.Select)):
        if not select.expressions:
            raise InvalidQueryError("The SELECT names no columns. Write '*' for all.", adql=text)
        if select.args.get("into"):
            raise InvalidQueryError(
                "The query has INTO; only a plain SELECT is accepted.", adql=text
            )
    return read


def check_text(text: object) -> None:
    """Refuse what cannot be a query before it is read."""
    if not isinstance(text, str):
        raise InputTypeError(f"A query is a string, not {type(text).__name__} ({text!r}).")
    if not text.strip():
        raise InvalidQueryError(
            "The query is empty. Write for example 'SELECT name, ra, dec FROM master_source'."
        )
    words = sum(1 for _ in _WORD.finditer(text)) if len(text) > _LONGEST_WORDS else 0
    if words > _LONGEST_WORDS:
        raise InvalidQueryError(
            f"The query has {words:,} words and signs, and at most {_LONGEST_WORDS:,} are read. "
            "Give a list of values as column_filters={'name': names}, positions to query_region "
            "or crossmatch, or a table as uploads={'mine': table}."
        )
    if "\0" in text:
        raise InvalidQueryError("The query contains a NUL character.", adql=text)


def _statements(text: str) -> list[Any]:
    """Read a text that begins with SELECT into statements."""
    import sqlglot
    from sqlglot import exp

    check_reader()
    try:
        tokens = sqlglot.tokenize(text, read="tsql")
        # Anything else would be read as a command, with a message on the log.
        if not tokens or tokens[0].token_type.name not in ("SELECT", "WITH", "L_PAREN"):
            first = text.split(maxsplit=1)[0][:40]
            raise InvalidQueryError(
                f"The query is not one SELECT but starts with {first!r}.{unread_advice(first)}",
                adql=text,
            )
        _refuse_stray_comma(tokens, text)
        found = sqlglot.Dialect.get_or_raise("tsql").parser().parse(tokens, text)
        return [item for item in found if item is not None and not isinstance(item, exp.Semicolon)]
    except sqlglot.errors.SqlglotError as error:
        raise InvalidQueryError(f"{_place(error)}{unread_advice(text)}", adql=text) from error
    except RecursionError as error:
        raise InvalidQueryError("The query is nested too deeply to be read.", adql=text) from error


def _refuse_stray_comma(tokens: Sequence[Any], text: str) -> None:
    """Refuse a comma with nothing on one side, which sqlglot reads as if it were not there."""
    # The first token is SELECT.
    kinds = [*(token.token_type.name for token in tokens), "END"]
    for place, token in enumerate(tokens):
        if kinds[place] != "COMMA":
            continue
        before, after = kinds[place - 1] in _NOTHING_BEFORE, kinds[place + 1] in _NOTHING_AFTER
        if before or after:
            raise InvalidQueryError(
                f"The ADQL cannot be read at line {token.line}, column {token.col}: nothing "
                f"{'precedes' if before else 'follows'} this comma.",
                adql=text,
            )


def _place(error: Any) -> str:
    """Say where and why a text could not be read."""
    for detail in getattr(error, "errors", []):
        near, line, column = (detail.get(key) for key in ("highlight", "line", "col"))
        return f"The ADQL cannot be read at line {line}, column {column}, near {near!r}."
    return f"The ADQL cannot be read: {str(error).splitlines()[0]}."


@dataclass(frozen=True)
class Parsed:
    """A query that was read, for several readers: nobody changes it."""

    tree: "exp.Query"

    @kept_property
    def nodes(self) -> tuple["exp.Expr", ...]:
        """Every part of the query, from the whole to the smallest."""
        return tuple(self.tree.walk())

    @kept_property
    def made(self) -> frozenset[str]:
        """Names of the tables that WITH makes, in small letters."""
        from sqlglot import exp

        return frozenset(node.alias.lower() for node in self.nodes if isinstance(node, exp.CTE))

    @kept_property
    def calls(self) -> tuple["exp.Expr", ...]:
        """List the outermost calls of the functions on the sphere."""
        return tuple(find_calls(self.tree))


def parse_once(text: str) -> Parsed:
    """Read a query as `parse` does, or give what was read of the same text before."""
    check_text(text)
    return _parsed(text) if len(text) <= _LONGEST_KEPT else _read(text)


@lru_cache(maxsize=32)
def _parsed(text: str) -> Parsed:
    """Read a query of moderate length."""
    return _read(text)
