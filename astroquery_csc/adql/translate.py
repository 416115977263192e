# Licensed under a 3-clause BSD style license - see LICENSE
"""
The ADQL that a local catalogue answers: checked node by node, resolved, and put for DuckDB.

Pure functions on sqlglot's syntax tree. Nothing passes but what is listed in ``_NODES`` and
``_CLAUSES``, and every table must be one that was handed in; so no function that reads files, no
system table and no second statement can reach the engine. Where the archive's words for a refusal
are known, they are used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from astroquery_csc.adql.sphere import write_geometry
from astroquery_csc.exceptions import InvalidQueryError

if TYPE_CHECKING:
    from astropy.table import Column
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
"""

#: The types that a value can be made; T-SQL's FLOAT is a double.
_TYPES = {
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL", "NUMERIC"), "DOUBLE"),
    **dict.fromkeys(("TINYINT", "UTINYINT", "SMALLINT", "INT"), "INT"),
    "BIGINT": "BIGINT",
    **dict.fromkeys(("CHAR", "NCHAR", "VARCHAR", "NVARCHAR", "TEXT"), "TEXT"),
    "BIT": "BOOLEAN",
    "BOOLEAN": "BOOLEAN",
}

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
    "TryCast": "this to",
    "Convert": "this expression",
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
#: More digits than these are no whole number of the engine.
_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Output:
    """One column that a table or a query gives."""

    name: str
    origin: "Column | None" = None
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A table that a query may read."""

    place: tuple[str, ...]
    outputs: tuple[Output, ...]


@dataclass(slots=True)
class _Scope:
    """What the names in one SELECT can mean: its tables, then those of the SELECT around it."""

    tables: dict[str, tuple[Output, ...]] = field(default_factory=dict)
    outer: "_Scope | None" = None

    def find(self, column: "exp.Column") -> list[Output]:
        """Columns of the nearest SELECT that a name can mean."""
        table, name = column.table.lower(), column.name.lower()
        found = [
            output
            for alias, outputs in self.tables.items()
            if table in ("", alias)
            for output in outputs
            if output.name.lower() == name
        ]
        return self.outer.find(column) if not found and self.outer is not None else found


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
        known, functions = known | _more_allowed(), frozenset(_OWN_FUNCTIONS)
    for node in tree.walk():
        _check_node(node, known, functions, allow_join=allow_join)
    outputs = _resolve(tree, sources, None)
    _check_tables(tree)
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
            raise InvalidQueryError(f"{_excerpt(fetch)}: write FETCH NEXT 10 ROWS ONLY.")
        fetch.replace(exp.Limit(expression=fetch.args["count"]))


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
        raise InvalidQueryError(f"{kind.upper()} is not taken here: {_excerpt(node)}")
    clauses = _CLAUSES.get(kind)
    extra = [name for name, value in node.args.items() if value and clauses is not None]
    for name in sorted(set(extra) - set((clauses or "").split())):
        raise InvalidQueryError(f"{name.strip('_').upper()} is not taken here: {_excerpt(node)}")
    if isinstance(node, exp.Join):
        _check_join(node, allow_join=allow_join)
    elif isinstance(node, exp.DataType) and node.this.name not in _TYPES:
        raise InvalidQueryError(f"The type {_excerpt(node)} is not taken here.")


def _excerpt(node: "exp.Expr") -> str:
    """Show the part of the query that is refused."""
    text = node.sql("tsql")
    return text if len(text) <= 80 else f"{text[:77]}..."


def _check_join(join: "exp.Join", *, allow_join: bool) -> None:
    """Take comma joins, and ``JOIN … ON`` where that is allowed."""
    plain = not (join.kind or join.side or join.args.get("on"))
    if plain:
        return
    if not allow_join:
        raise InvalidQueryError(f"JOIN is not taken here, write a comma join: {_excerpt(join)}")
    if join.kind not in ("", "INNER", "OUTER", "CROSS"):
        raise InvalidQueryError(f"{join.kind} JOIN is not taken here: {_excerpt(join)}")


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


def _resolve(
    query: "exp.Query", sources: Mapping[str, Source], outer: _Scope | None
) -> tuple[Output, ...]:
    """Find what every name in a query means; point its tables at the engine's."""
    from sqlglot import exp

    clause = query.args.get("with_")
    for made in clause.expressions if clause is not None else ():
        found = _renamed(_resolve(made.this, sources, None), made)
        sources = {**sources, made.alias.lower(): Source((made.alias,), found)}
    if isinstance(query, exp.Subquery):
        return _resolve(query.this, sources, outer)
    if isinstance(query, exp.SetOperation):
        return _resolve_both(query, sources, outer)
    return _resolve_select(query, sources, outer)  # type: ignore[arg-type]


def _renamed(found: tuple[Output, ...], relation: Any) -> tuple[Output, ...]:
    """Give columns the names that an alias lists: ``x (a, b)``."""
    names = [column.name for column in relation.args["alias"].columns]
    if not names:
        return found
    if len(names) != len(found):
        raise InvalidQueryError(
            f"{relation.alias} names {len(names)} columns, but its SELECT has {len(found)}."
        )
    return tuple(replace(one, name=name) for one, name in zip(found, names, strict=True))


def _resolve_both(
    query: "exp.SetOperation", sources: Mapping[str, Source], outer: _Scope | None
) -> tuple[Output, ...]:
    """Resolve a UNION and its like: its columns are those of the first SELECT."""
    from sqlglot import exp

    first, second = (_resolve(end, sources, outer) for end in (query.this, query.expression))
    if len(first) != len(second):
        raise InvalidQueryError(
            f"{query.key.upper()}: one SELECT has {len(first)} columns, the other {len(second)}."
        )
    order = query.args.get("order")
    names = {one.name.lower() for one in first}
    for column in order.find_all(exp.Column) if order is not None else ():
        if column.table or column.name.lower() not in names:
            raise InvalidQueryError(f"Column: [{column.sql()}] not found in TapSchema")
    return tuple(
        one if one.origin is other.origin else replace(one, origin=None)
        for one, other in zip(first, second, strict=True)
    )


def _resolve_select(
    select: "exp.Select", sources: Mapping[str, Source], outer: _Scope | None
) -> tuple[Output, ...]:
    """Resolve one SELECT."""
    from sqlglot import exp

    scope = _Scope(outer=outer)
    for relation in _relations(select):
        alias = relation.alias_or_name
        if not alias:
            raise InvalidQueryError(f"A subquery in FROM needs a name: {_excerpt(relation)}")
        if alias.lower() in scope.tables:
            raise InvalidQueryError(f"Two tables are both called {alias!r}; give them aliases.")
        if isinstance(relation, exp.Table):
            scope.tables[alias.lower()] = _point(relation, sources)
        else:
            scope.tables[alias.lower()] = _renamed(_resolve(relation.this, sources, None), relation)
    for node in _own_nodes(select):
        if isinstance(node, exp.Select | exp.SetOperation):
            _resolve(node, sources, scope)
        elif isinstance(node, exp.Column) and not _is_output(node, select):
            _resolve_column(node, select, scope)
    return tuple(_outputs(select, scope))


def _relations(select: "exp.Select") -> Iterator["exp.Expr"]:
    """Tables and subqueries that a SELECT reads from, in the order in which ``*`` shows them."""
    from sqlglot import exp

    parts = [select.args.get("from_"), *select.args.get("joins", [])]
    for part in parts:
        if part is None:
            continue
        relation = part.this
        is_table = isinstance(relation, exp.Table) and isinstance(relation.this, exp.Identifier)
        is_query = isinstance(relation, exp.Subquery) and isinstance(
            relation.this, exp.Select | exp.SetOperation
        )
        if not (is_table or is_query):
            raise InvalidQueryError(f"{_excerpt(relation)} is not the name of a table.")
        yield relation


def _own_nodes(select: "exp.Select") -> Iterator["exp.Expr"]:
    """Nodes of a SELECT without those of inner SELECTs; inner ones outside FROM come as such."""
    from sqlglot import exp

    def inner(node: "exp.Expr") -> bool:
        """Tell whether a node is another SELECT."""
        return isinstance(node, exp.Select | exp.SetOperation) and node is not select

    for node in select.walk(prune=inner):
        if node is select:
            continue
        above = node.parent.parent if node.parent is not None else None
        elsewhere = isinstance(node.parent, exp.CTE) or isinstance(above, exp.From | exp.Join)
        if not (inner(node) and elsewhere):
            yield node


def _point(table: "exp.Table", sources: Mapping[str, Source]) -> tuple[Output, ...]:
    """Check that a table exists, and put the engine's name for it in its place."""
    from sqlglot import exp

    name = f"{table.db}.{table.name}" if table.db else table.name
    source = sources.get(name.lower())
    if source is None:
        raise InvalidQueryError(f"Table [ {name} ] is not found in TapSchema")
    alias = table.alias_or_name
    if table.alias_column_names:
        raise InvalidQueryError(f"The columns of a table keep their names: {_excerpt(table)}")
    parts = [exp.to_identifier(part, quoted=True) for part in source.place]
    table.set("this", parts[-1])
    table.set("db", parts[0] if len(parts) > 1 else None)
    table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    table.meta["known"] = True
    return source.outputs


def _check_tables(tree: "exp.Query") -> None:
    """Make sure that no table stands where names are not looked up."""
    from sqlglot import exp

    for table in tree.find_all(exp.Table):
        if not table.meta.get("known"):
            raise InvalidQueryError(f"A table cannot stand here: {_excerpt(table)}")


def _is_output(column: "exp.Column", select: "exp.Select") -> bool:
    """
    Tell whether a name in ORDER BY is one that the SELECT list makes with AS.

    A column of the list is ordered by as the list has it: ``SELECT a.ra … ORDER BY ra``.
    """
    from sqlglot import exp

    order = column.find_ancestor(exp.Order, exp.Select)
    if column.table or not isinstance(order, exp.Order) or order.parent is not select:
        return False
    name = column.name.lower()
    items = [item for item in select.expressions if item.alias_or_name.lower() == name]
    if len(items) == 1 and isinstance(items[0], exp.Column) and items[0].table:
        column.set("table", exp.to_identifier(items[0].table, quoted=True))
    return any(isinstance(item, exp.Alias) for item in items)


def _resolve_column(column: "exp.Column", select: "exp.Select", scope: _Scope) -> None:
    """Check that a column exists and is one only; note what it is."""
    from sqlglot import exp

    column.set("db", None)
    if isinstance(column.this, exp.Star):
        known = column.table.lower() in scope.tables
        if not known or column.parent is not select:
            raise InvalidQueryError(f"Column: [{column.table}.*] not found in TapSchema")
        return
    found = scope.find(column)
    written = f"{column.table}.{column.name}" if column.table else column.name
    if not found:
        raise InvalidQueryError(f"Column: [{written}] not found in TapSchema")
    if len(found) > 1:
        raise InvalidQueryError(
            f"Column: [{written}] is in more than one table; write which: m.{column.name}"
        )
    column.meta["output"] = found[0]


def _outputs(select: "exp.Select", scope: _Scope) -> Iterator[Output]:
    """Say what each item of a SELECT list gives, stars spread out."""
    from sqlglot import exp

    for number, item in enumerate(select.expressions, start=1):
        if isinstance(item, exp.Star):
            for outputs in scope.tables.values():
                yield from outputs
        elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            yield from scope.tables[item.table.lower()]
        else:
            yield _output(item, number)


def _output(item: "exp.Expr", number: int) -> Output:
    """Say what one item of a SELECT list gives: its name, and where it comes from."""
    from sqlglot import exp

    value = item.unalias().unnest()
    if isinstance(value, exp.Column):
        found: Output = value.meta["output"]
        return Output(item.alias or found.name, found.origin, found.is_text)
    name = item.alias
    if not name:
        name = value.key if isinstance(value, exp.Func) else f"col{number}"
    return Output(name, None, _is_text(value))


def _is_text(node: "exp.Expr") -> bool:
    """Tell whether an expression gives a string."""
    from sqlglot import exp

    node = node.unnest()
    if isinstance(node, exp.Column):
        output = node.meta.get("output")
        return output is not None and bool(output.is_text)
    if isinstance(node, exp.Literal):
        return bool(node.is_string)
    if isinstance(node, exp.Add):
        return _is_text(node.this) and _is_text(node.expression)
    if isinstance(node, exp.Min | exp.Max | exp.Coalesce | exp.Nullif):
        return _is_text(node.this)
    if isinstance(node, exp.Case):
        return _is_text(node.args["ifs"][0].args["true"])
    if isinstance(node, exp.Cast):
        return _TYPES.get(node.to.this.name) == "TEXT"
    if isinstance(node, exp.Convert):
        return _TYPES.get(node.this.this.name) == "TEXT"
    return isinstance(
        node,
        exp.DPipe
        | exp.Lower
        | exp.Upper
        | exp.Substring
        | exp.Left
        | exp.Right
        | exp.Replace
        | exp.Trim
        | exp.Concat,
    )


def _rewrite(tree: "exp.Query") -> None:
    """Put what T-SQL and DuckDB understand differently in words that DuckDB takes as T-SQL."""
    from sqlglot import exp

    nodes: list[Any] = list(tree.walk())
    for node in reversed(nodes):
        if isinstance(node, exp.Add) and _is_text(node):
            node.replace(exp.DPipe(this=node.this, expression=node.expression))
        elif isinstance(node, exp.Div | exp.Mod):
            divisor = exp.Nullif(this=node.expression.copy(), expression=exp.Literal.number(0))
            node.set("expression", divisor)
        elif isinstance(node, exp.Log) and node.this.name == "10":
            node.replace(exp.Anonymous(this="log10", expressions=[node.expression]))
        elif isinstance(node, exp.Convert):
            node.replace(_cast(node.expression, node.this))
        elif isinstance(node, exp.Cast):
            node.replace(_cast(node.this, node.to))
        elif isinstance(node, exp.Literal) and not node.is_string:
            if not node.is_int or len(node.name) > _DIGITS:
                node.replace(_double(node))


def _cast(value: "exp.Expr", to: "exp.DataType") -> "exp.Expr":
    """Write CAST as T-SQL does it: whole numbers are cut, not rounded, and text to its length."""
    from sqlglot import exp

    kind, sizes = _TYPES[to.this.name], [size.this for size in to.expressions]
    is_text = _is_text(value)
    if kind in ("INT", "BIGINT") and not is_text:
        value = exp.Trunc(this=value)
    made = exp.Cast(this=value, to=exp.DataType.build(kind))
    if to.this.name in ("DECIMAL", "NUMERIC"):
        places = sizes[1] if len(sizes) > 1 else exp.Literal.number(0)
        return exp.Round(this=made, decimals=places)
    return exp.Left(this=made, expression=sizes[0]) if kind == "TEXT" and sizes else made


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
            raise InvalidQueryError(f"TOP takes a whole number, not {_excerpt(count)}")
    if max_rows is None:
        return
    top = tree.args.get("limit")
    if top is None or int(top.expression.unnest().name) > max_rows:
        tree.set("limit", exp.Limit(expression=exp.Literal.number(max_rows)))
