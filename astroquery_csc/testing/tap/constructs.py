# Licensed under a 3-clause BSD style license - see LICENSE
"""Which constructs of ADQL a dialect refuses, beyond what the engine refuses by itself."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from astroquery_csc.testing.dialect import Dialect

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["longest_in_list", "read_adql", "refusal"]


def read_adql(adql: str) -> "exp.Expression | None":
    """Read a query, as far as it can be read."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(adql, read="tsql")
    except SqlglotError:
        return None
    return tree if isinstance(tree, exp.Expression) else None


def longest_in_list(tree: "exp.Expression") -> int:
    """Measure the longest ``IN (…)`` list of a query."""
    from sqlglot import exp

    return max((len(node.expressions) for node in tree.find_all(exp.In)), default=0)


def refusal(tree: "exp.Expression", dialect: Dialect, flags: frozenset[str]) -> str:
    """Say what a dialect refuses in a query; the words are invented."""
    for name in sorted(dialect.refused):
        if _FINDERS[name](tree):
            return f"Construct [{name}] is not supported"
    for column, literal in _flag_comparisons(tree, flags):
        if not _is_known_literal(literal, dialect.boolean_literals):
            return f"Column [{column}] cannot be compared with [{literal.sql()}]"
    return ""


def _has(kind: str) -> Callable[["exp.Expression"], bool]:
    """Make a finder of nodes of one kind."""

    def find(tree: "exp.Expression") -> bool:
        """Look for the node."""
        from sqlglot import exp

        return tree.find(getattr(exp, kind)) is not None

    return find


def _has_limit(tree: "exp.Expression") -> bool:
    """Look for TOP, which the reader takes for a limit."""
    from sqlglot import exp

    return tree.find(exp.Limit) is not None or tree.find(exp.Fetch) is not None


def _has_comma_join(tree: "exp.Expression") -> bool:
    """Look for a second table without JOIN … ON."""
    from sqlglot import exp

    return any(not join.args.get("on") for join in tree.find_all(exp.Join))


def _has_join_on(tree: "exp.Expression") -> bool:
    """Look for JOIN … ON."""
    from sqlglot import exp

    return any(join.args.get("on") for join in tree.find_all(exp.Join))


def _has_is_null(tree: "exp.Expression") -> bool:
    """Look for IS NULL and IS NOT NULL."""
    from sqlglot import exp

    return any(isinstance(node.expression, exp.Null) for node in tree.find_all(exp.Is))


def _has_star(tree: "exp.Expression") -> bool:
    """Look for SELECT * and SELECT m.*, but not COUNT(*)."""
    from sqlglot import exp

    return any(select.is_star for select in tree.find_all(exp.Select))


_FINDERS: Mapping[str, Callable[[Any], bool]] = {
    "BETWEEN": _has("Between"),
    "COMMA JOIN": _has_comma_join,
    "COUNT": _has("Count"),
    "DISTINCT": _has("Distinct"),
    "GROUP BY": _has("Group"),
    "IN": _has("In"),
    "IS NULL": _has_is_null,
    "JOIN ON": _has_join_on,
    "LIKE": _has("Like"),
    "OR": _has("Or"),
    "ORDER BY": _has("Order"),
    "SELECT *": _has_star,
    "SUBQUERY": _has("Subquery"),
    "TOP": _has_limit,
}


def _flag_comparisons(
    tree: "exp.Expression", flags: frozenset[str]
) -> Iterator[tuple[str, "exp.Expression"]]:
    """Find the comparisons of a boolean column with a literal."""
    from sqlglot import exp

    for node in tree.find_all(exp.Binary, exp.In, exp.Between):
        inside: list[Any] = [child for child in node.iter_expressions() if _is_constant(child)]
        for column in node.iter_expressions():
            if isinstance(column, exp.Column) and column.name.lower() in flags:
                yield from ((column.name, literal) for literal in inside)


def _is_constant(node: Any) -> bool:
    """Tell whether a part of a query is a literal."""
    from sqlglot import exp

    return isinstance(node, exp.Literal | exp.Boolean)


def _is_known_literal(literal: "exp.Expression", known: str) -> bool:
    """Tell whether a dialect takes this literal for a flag."""
    from sqlglot import exp

    if isinstance(literal, exp.Boolean):
        return known in ("keywords", "any")
    if literal.is_string:
        return known in ("strings", "any") or literal.name in _STRINGS.get(known, ())
    return known in ("numbers", "any")


_STRINGS = {"letters": ("F", "T"), "words": ("False", "True")}
