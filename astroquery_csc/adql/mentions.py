# Licensed under a 3-clause BSD style license - see LICENSE
"""Which tables and columns a query names, once it has been read."""

from collections.abc import Sequence
from typing import Any

__all__ = ["column_names", "has_star", "plain_columns", "qualifiers", "table_names"]


def table_names(tree: Any) -> list[str]:
    """Name each table of a query in lower case, with its schema where the query has one."""
    from sqlglot import exp

    return [
        (f"{table.db}.{table.name}" if table.db else table.name).lower()
        for table in tree.find_all(exp.Table)
    ]


def column_names(tree: Any) -> set[str]:
    """Name each column of a query in lower case."""
    from sqlglot import exp

    return {column.name.lower() for column in tree.find_all(exp.Column)}


def qualifiers(tree: Any) -> set[str]:
    """Name what stands before the columns of a query, in lower case; empty where nothing does."""
    from sqlglot import exp

    return {column.table.lower() for column in tree.find_all(exp.Column)}


def has_star(tree: Any) -> bool:
    """Whether a query contains a star, also in COUNT(*)."""
    from sqlglot import exp

    return tree.find(exp.Star) is not None


def plain_columns(tree: Any, names: Sequence[str]) -> list[str] | None:
    """List the columns of a query that selects nothing but columns; None for any other."""
    from sqlglot import exp

    if {key for key, value in tree.args.items() if value} != {"expressions", "from_"}:
        return None
    spelling = {name.lower(): name for name in names}
    found: list[str] = []
    for item in tree.expressions:
        if item.is_star:
            found += names
        elif isinstance(item, exp.Column) and item.name.lower() in spelling:
            found.append(spelling[item.name.lower()])
        else:
            return None
    return found if len(set(found)) == len(found) else None
