# Licensed under a 3-clause BSD style license - see LICENSE
"""
The ADQL that a local catalogue answers: checked node by node, resolved, and put for DuckDB.

Pure functions on sqlglot's syntax tree. Nothing passes but what is listed in ``_NODES`` and
``_CLAUSES``, and every table must be one that was handed in; so no function that reads files, no
system table and no second statement can reach the engine. Where the archive's words for a refusal
are known, they are used.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from astroquery_csc.adql.resolve import (
    TYPES,
    Output,
    Source,
    check_tables,
    excerpt,
    is_text,
    resolve,
)
from astroquery_csc.adql.sphere import write_geometry
from astroquery_csc.exceptions import InvalidQueryError

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["FUNCTIONS", "Output", "Source", "translate"]

#: Every node type of sqlglot that may stand in a query.
_NODES = """
    Select From Join Where Group Having Order Ordered Limit Distinct Table TableAlias Subquery
    Column Identifier Star Alias Paren Literal Null Boolean
    And Or Not EQ NEQ GT GTE LT LTE Between In Like Is Exists Add Sub Mul Div Mod Neg DPipe
    Count Min Max Avg Sum Abs Ceil Degrees Exp Floor Ln Log Pi Pow Radians Round Sqrt Trunc
    Acos Asin Atan Atan2 Cos Sin Tan Cot Lower Upper
"""

#: What a mirror takes beside: T-SQL that the archive is not known to take.
_MORE_NODES = """
    Case If Cast TryCast Convert DataType DataTypeParam Coalesce Nullif Substring Length Left Right
    Replace Trim StrPosition Sign Concat Stddev BitwiseAnd BitwiseOr BitwiseXor BitwiseNot
    Union Except Intersect With CTE Offset Window WindowSpec RowNumber Rank DenseRank Ntile Lag Lead
    FirstValue LastValue
    Variance VariancePop StddevPop StddevSamp Greatest Least Reverse Repeat ConcatWs Escape Any All
"""

#: The parts of a node that may be filled, for nodes that have more of them than ADQL.
_CLAUSES = {
    "Select": "expressions from_ joins where group having order distinct limit offset with_",
    "Union": "this expression distinct order limit offset with_",
    "Except": "this expression distinct order limit offset with_",
    "Intersect": "this expression distinct order limit offset with_",
    "With": "expressions",
    "CTE": "this alias",
    "Offset": "expression",
    "Window": "this partition_by order spec over",
    "WindowSpec": "kind start start_side end end_side",
    "Cast": "this to",
    "TryCast": "this to safe",
    "Greatest": "this expressions ignore_nulls",
    "Least": "this expressions ignore_nulls",
    "ConcatWs": "expressions safe coalesce",
    "Convert": "this expression safe",
    "DataType": "this expressions",
    "DataTypeParam": "this",
    "Min": "this",
    "Max": "this",
    "Trim": "this position",
    "Concat": "expressions safe coalesce",
    "StrPosition": "this substr",
    "Coalesce": "this expressions is_null is_nvl",
    "From": "this",
    "Join": "this on side kind",
    "Table": "this db alias",
    "TableAlias": "this columns",
    "Subquery": "this alias",
    "Column": "this table db",
    "Star": "",
    "Limit": "expression",
    "Distinct": "expressions",
    "Group": "expressions",
    "Order": "expressions",
    "Ordered": "this desc nulls_first",
    "In": "this expressions query",
    "Count": "this expressions big_int",
    "Between": "this low high",
    "Round": "this decimals",
    "Trunc": "this decimals",
}

#: Functions of a user's database that a catalogue may be told to know, and how many arguments.
FUNCTIONS: Mapping[str, int] = {"dbo.cone_distance": 4, "dbo.separation": 4}
#: What geometry of ADQL is written with.
_OWN_FUNCTIONS: Mapping[str, int] = {"dbo.cone_distance": 4, "dbo.crossing": 6}
#: More digits than these are not whole number of the engine.
_DIGITS = 18


def translate(
    tree: "exp.Query",
    sources: Mapping[str, Source],
    *,
    allow_join: bool = True,
    functions: frozenset[str] = frozenset(),
    max_rows: int | None = None,
    is_wide: bool = False,
) -> tuple[str, tuple[Output, ...]]:
    """
    Check a query and write it for DuckDB.

    Strings joined by ``+`` become ``||``; numbers with a point are doubles; what is divided by zero
    is null, whatever the version of the engine; nulls sort first, as in T-SQL. ``is_wide`` takes
    geometry and more of T-SQL than the archive is known to take.
    """
    from sqlglot import exp

    tree = tree.copy()
    known = _allowed()
    if is_wide:
        write_geometry(tree)
        _fetch_as_limit(tree)
        _name_statistics(tree)
        known, functions = known | _more_allowed(), frozenset(_OWN_FUNCTIONS)
    for node in tree.walk():
        _check_node(node, known, functions, allow_join=allow_join)
    outputs = resolve(tree, sources, None)
    check_tables(tree)
    _rewrite(tree)
    _limit(tree, max_rows)
    for operation in list(tree.find_all(exp.SetOperation)):
        _wrap_ends(operation)
    return tree.sql("duckdb", identify=True, copy=False), outputs


@lru_cache(maxsize=1)
def _allowed() -> frozenset[type]:
    """Look up the node types of ``_NODES``."""
    from sqlglot import exp

    return frozenset(getattr(exp, name) for name in _NODES.split())


@lru_cache(maxsize=1)
def _more_allowed() -> frozenset[type]:
    """Look up the node types of ``_MORE_NODES``."""
    from sqlglot import exp

    return frozenset(getattr(exp, name) for name in _MORE_NODES.split())


def _fetch_as_limit(tree: "exp.Expr") -> None:
    """Write FETCH NEXT n ROWS ONLY as TOP n."""
    from sqlglot import exp

    for fetch in list(tree.find_all(exp.Fetch)):
        options = fetch.args.get("limit_options")
        if options is not None and (options.args.get("percent") or options.args.get("with_ties")):
            raise InvalidQueryError(f"{excerpt(fetch)}: write FETCH NEXT 10 ROWS ONLY.")
        fetch.replace(exp.Limit(expression=fetch.args["count"]))


def _name_statistics(tree: "exp.Expr") -> None:
    """Name the functions of T-SQL that sqlglot does not know."""
    from sqlglot import exp

    kinds = {"VAR": exp.Variance, "VARP": exp.VariancePop, "STDEVP": exp.StddevPop}
    for call in list(tree.find_all(exp.Anonymous)):
        kind = kinds.get(call.name.upper())
        if kind is not None and len(call.expressions) == 1:
            call.replace(kind(this=call.expressions[0]))


def _wrap_ends(operation: "exp.SetOperation") -> None:
    """Put parentheses around a SELECT whose TOP or ORDER BY is its own."""
    from sqlglot import exp

    for side in ("this", "expression"):
        end = operation.args[side]
        if isinstance(end, exp.Select) and (end.args.get("limit") or end.args.get("order")):
            operation.set(side, exp.Subquery(this=end))


def _check_node(
    node: "exp.Expr", known: frozenset[type], functions: frozenset[str], *, allow_join: bool
) -> None:
    """Refuse a node that is not on the list, or that has a part which is not."""
    from sqlglot import exp

    if isinstance(node, exp.Anonymous | exp.Dot):
        _check_function(node, functions)
        return
    kind = type(node).__name__
    if type(node) not in known:
        if isinstance(node, exp.Func):
            raise InvalidQueryError(f"Function [{node.sql_name()}] is not found in TapSchema")
        raise InvalidQueryError(f"{kind.upper()} is not supported here: {excerpt(node)}")
    clauses = _CLAUSES.get(kind)
    extra = [name for name, value in node.args.items() if value and clauses is not None]
    for name in sorted(set(extra) - set((clauses or "").split())):
        raise InvalidQueryError(f"{name.strip('_').upper()} is not supported here: {excerpt(node)}")
    if isinstance(node, exp.Like) and "[" in node.expression.name:
        raise InvalidQueryError(
            f"A set of characters in LIKE is not supported here: {excerpt(node)}. "
            "For an underscore itself write LIKE 'a!_b' ESCAPE '!'."
        )
    if isinstance(node, exp.Join):
        _check_join(node, allow_join=allow_join)
    elif isinstance(node, exp.DataType) and node.this.name not in TYPES:
        raise InvalidQueryError(f"The type {excerpt(node)} is not supported here.")


def _check_join(join: "exp.Join", *, allow_join: bool) -> None:
    """Take comma joins, and ``JOIN … ON`` where that is allowed."""
    plain = not (join.kind or join.side or join.args.get("on"))
    if plain:
        return
    if not allow_join:
        raise InvalidQueryError(f"JOIN is not supported here; write a comma join: {excerpt(join)}")
    if join.kind not in ("", "INNER", "OUTER", "CROSS"):
        raise InvalidQueryError(f"{join.kind} JOIN is not supported here: {excerpt(join)}")


def _check_function(node: "exp.Expr", functions: frozenset[str]) -> None:
    """Refuse a function that the catalogue was not told to know."""
    from sqlglot import exp

    if isinstance(node, exp.Anonymous) and isinstance(node.parent, exp.Dot):
        return
    call = node.expression if isinstance(node, exp.Dot) else node
    name = node.name
    if isinstance(node, exp.Dot):
        name = f"{node.this.sql()}.{node.expression.name}"
    if name.lower() not in functions or not isinstance(call, exp.Anonymous):
        raise InvalidQueryError(f"Function [{name}] is not found in TapSchema")
    wanted, given = {**FUNCTIONS, **_OWN_FUNCTIONS}[name.lower()], len(call.expressions)
    if given != wanted:
        raise InvalidQueryError(f"Function [{name}] takes {wanted} arguments, not {given}.")


def _rewrite(tree: "exp.Query") -> None:
    """Put what T-SQL and DuckDB understand differently in words that DuckDB takes as T-SQL."""
    from sqlglot import exp

    nodes: list[Any] = list(tree.walk())
    for node in reversed(nodes):
        if isinstance(node, exp.Add) and is_text(node):
            node.replace(exp.DPipe(this=node.this, expression=node.expression))
        elif isinstance(node, exp.Div | exp.Mod):
            divisor = exp.Nullif(this=node.expression.copy(), expression=exp.Literal.number(0))
            node.set("expression", divisor)
        elif isinstance(node, exp.Log) and node.this.name == "10":
            node.replace(exp.Anonymous(this="log10", expressions=[node.expression]))
        elif isinstance(node, exp.Convert | exp.Cast):
            node.replace(_cast(node))
        elif isinstance(node, exp.Literal):
            _make_double(node)


def _cast(node: Any) -> "exp.Expr":
    """Write CAST as T-SQL does it: whole numbers are cut, not rounded, and text to its length."""
    from sqlglot import exp

    is_convert = isinstance(node, exp.Convert)
    value, to = (node.expression, node.this) if is_convert else (node.this, node.to)
    kind, sizes = TYPES[to.this.name], [size.this for size in to.expressions]
    from_text = is_text(value)
    if kind in ("INT", "BIGINT") and not from_text:
        value = exp.Trunc(this=value)
    is_safe = isinstance(node, exp.TryCast) or bool(node.args.get("safe"))
    made = (exp.TryCast if is_safe else exp.Cast)(this=value, to=exp.DataType.build(kind))
    if to.this.name in ("DECIMAL", "NUMERIC"):
        places = sizes[1] if len(sizes) > 1 else exp.Literal.number(0)
        return exp.Round(this=made, decimals=places)
    return exp.Left(this=made, expression=sizes[0]) if kind == "TEXT" and sizes else made


def _make_double(literal: "exp.Literal") -> None:
    """Put a double in the place of a number that is not a whole number of the engine."""
    if not literal.is_string and not (literal.is_int and len(literal.name) <= _DIGITS):
        literal.replace(_double(literal))


def _double(literal: "exp.Literal") -> "exp.Expr":
    """Write a number so that DuckDB reads the nearest double, not a decimal."""
    from sqlglot import exp

    value = float(literal.name)
    if value == float("inf"):
        raise InvalidQueryError(f"The number {literal.name} is too large.")
    text = repr(value)
    return exp.Literal.number(text if "e" in text else f"{text}e0")


def _limit(tree: "exp.Query", max_rows: int | None) -> None:
    """Check TOP, and lower it to the most rows that are wanted."""
    from sqlglot import exp

    for limit in list(tree.find_all(exp.Limit)):
        count = limit.expression.unnest()
        if not (isinstance(count, exp.Literal) and count.is_int and len(count.name) <= _DIGITS):
            raise InvalidQueryError(f"TOP takes a whole number, not {excerpt(count)}")
    if max_rows is None:
        return
    top = tree.args.get("limit")
    if top is None or int(top.expression.unnest().name) > max_rows:
        tree.set("limit", exp.Limit(expression=exp.Literal.number(max_rows)))
