# Licensed under a 3-clause BSD style license - see LICENSE
"""What columns are compared with: texts without quotes, flags without a number."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from astroquery_csc.catalogue.releases import Release
from astroquery_csc.catalogue.schema import Column, find_column
from astroquery_csc.exceptions import InvalidQueryError

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["KNOWN_VALUES", "check_values", "text_advice"]

#: The values that some columns have.
KNOWN_VALUES = {
    "likelihood_class": ("TRUE", "MARGINAL"),
    "match_type": ("u", "a", "n"),
    "instrument": ("ACIS", "HRC"),
}


def check_values(nodes: Sequence["exp.Expr"], release: Release, text: str) -> None:
    """Refuse a comparison that can only be a slip, with the one that was meant."""
    from sqlglot import exp

    made = {node.alias.lower() for node in nodes if isinstance(node, exp.Alias)}
    for node in nodes:
        for advice in (*_bare_flag(node, release), *_compared(node, release, made)):
            raise InvalidQueryError(advice, adql=text)


def text_advice(identifier: "exp.Expr") -> str:
    """Say how text is written, if a name that is not a column may have been one."""
    name = str(identifier.name)
    if not identifier.args.get("quoted") or name.lower() == name.upper():
        return ""
    return f" Text stands in single quotes: '{name}'."


def _bare_flag(node: "exp.Expr", release: Release) -> Iterator[str]:
    """Find a flag that stands as a condition, or IS TRUE."""
    from sqlglot import exp

    parent = node.parent
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Boolean):
        known, value = _known(node.this, release), int(bool(node.expression.this))
        if known is not None and known.datatype == "boolean":
            yield _flag(node.this.sql("tsql"), value)
    if not isinstance(parent, exp.Where | exp.Having | exp.And | exp.Or | exp.Not):
        return
    known = _known(node, release)
    if known is not None and known.datatype == "boolean":
        yield _flag(node.sql("tsql"), int(not isinstance(parent, exp.Not)))


def _flag(name: str, value: int) -> str:
    """Say how a flag is compared."""
    return f"{name} is a flag, which is 1 or 0. Write {name} = {value}."


def _compared(node: "exp.Expr", release: Release, made: set[str]) -> Iterator[str]:
    """Find a value that does not suit the column beside it."""
    from sqlglot import exp

    if isinstance(node, exp.In):
        pairs = [(node.this, value) for value in node.expressions]
    elif isinstance(node, exp.EQ | exp.NEQ | exp.Like | exp.GT | exp.GTE | exp.LT | exp.LTE):
        pairs = [(node.this, node.expression), (node.expression, node.this)]
    else:
        return
    for column, value in pairs:
        known = _known(column, release)
        if known is not None:
            yield from _unsuited(known, column.sql("tsql"), value, release, made)


def _unsuited(
    known: Column, name: str, value: Any, release: Release, made: set[str]
) -> Iterator[str]:
    """Say what to write instead of one value."""
    from sqlglot import exp

    is_word = (
        isinstance(value, exp.Column)
        and not value.table
        and value.name.lower() not in made
        and _known(value, release) is None
    )
    if isinstance(value, exp.Boolean) and known.datatype == "boolean":
        yield f"{name} is a flag, which is 1 or 0. Write {int(bool(value.this))}."
    elif known.datatype == "char" and (is_word or isinstance(value, exp.Boolean)):
        word = "TRUE" if isinstance(value, exp.Boolean) and value.this else value.name or "FALSE"
        yield f"{word!r} is not a column. Text stands in single quotes: '{word}'."
    elif is_word and value.this.args.get("quoted") and _is_number(value.name):
        yield f'"{value.name}" is the name of a column. A number stands without quotes.'
    elif known.name in KNOWN_VALUES and isinstance(value, exp.Literal) and not value.is_string:
        values = ", ".join(map(repr, KNOWN_VALUES[known.name]))
        yield f"{name} is a text: one of {values}."


def _known(node: Any, release: Release) -> Column | None:
    """Find the column of the catalogue that a node names."""
    from sqlglot import exp

    node = node.unnest() if isinstance(node, exp.Paren) else node
    if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
        return None
    return find_column(release.name, node.name.lower())


def _is_number(text: str) -> bool:
    """Tell whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
