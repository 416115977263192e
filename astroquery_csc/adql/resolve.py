# Licensed under a 3-clause BSD style license - see LICENSE
"""What the names in a query over tables on this computer mean, SELECT by SELECT."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from astroquery_csc.exceptions import InvalidQueryError

if TYPE_CHECKING:
    from astropy.table import Column
    from sqlglot import exp

__all__ = ["TYPES", "Output", "Source", "check_tables", "excerpt", "is_text", "resolve"]

#: The types that a value can be made; T-SQL's FLOAT is a double.
TYPES = {
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL", "NUMERIC"), "DOUBLE"),
    **dict.fromkeys(("TINYINT", "UTINYINT", "SMALLINT", "INT"), "INT"),
    "BIGINT": "BIGINT",
    **dict.fromkeys(("CHAR", "NCHAR", "VARCHAR", "NVARCHAR", "TEXT"), "TEXT"),
    "BIT": "BOOLEAN",
    "BOOLEAN": "BOOLEAN",
}


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


def excerpt(node: "exp.Expr") -> str:
    """Show the part of the query that is refused."""
    text = node.sql("tsql")
    return text if len(text) <= 80 else f"{text[:77]}..."


def resolve(
    query: "exp.Query", sources: Mapping[str, Source], outer: _Scope | None
) -> tuple[Output, ...]:
    """Find what every name in a query means; point its tables at the engine's."""
    from sqlglot import exp

    clause = query.args.get("with_")
    for made in clause.expressions if clause is not None else ():
        found = _renamed(resolve(made.this, sources, None), made)
        sources = {**sources, made.alias.lower(): Source((made.alias,), found)}
    if isinstance(query, exp.Subquery):
        return resolve(query.this, sources, outer)
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

    first, second = (resolve(end, sources, outer) for end in (query.this, query.expression))
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
            raise InvalidQueryError(f"A subquery in FROM needs a name: {excerpt(relation)}")
        if alias.lower() in scope.tables:
            raise InvalidQueryError(f"Two tables are both called {alias!r}; give them aliases.")
        if isinstance(relation, exp.Table):
            scope.tables[alias.lower()] = _point(relation, sources)
        else:
            scope.tables[alias.lower()] = _renamed(resolve(relation.this, sources, None), relation)
    order = select.args.get("order")
    # Looked up once: a long chain of ORs is as deep as it is long.
    ordered = {id(one) for one in order.find_all(exp.Column)} if order is not None else set()
    for node in _own_nodes(select):
        if isinstance(node, exp.Select | exp.SetOperation):
            resolve(node, sources, scope)
        elif isinstance(node, exp.Column) and not (
            id(node) in ordered and _is_output(node, select)
        ):
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
            raise InvalidQueryError(f"{excerpt(relation)} is not the name of a table.")
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
        raise InvalidQueryError(f"The columns of a table keep their names: {excerpt(table)}")
    parts = [exp.to_identifier(part, quoted=True) for part in source.place]
    table.set("this", parts[-1])
    table.set("db", parts[0] if len(parts) > 1 else None)
    table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    table.meta["known"] = True
    return source.outputs


def check_tables(tree: "exp.Query") -> None:
    """Make sure that no table stands where names are not looked up."""
    from sqlglot import exp

    for table in tree.find_all(exp.Table):
        if not table.meta.get("known"):
            raise InvalidQueryError(f"A table cannot stand here: {excerpt(table)}")


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
    return Output(name, None, is_text(value))


def is_text(node: "exp.Expr") -> bool:
    """Tell whether an expression gives a string."""
    from sqlglot import exp

    node = node.unnest()
    if isinstance(node, exp.Column):
        output = node.meta.get("output")
        return output is not None and bool(output.is_text)
    if isinstance(node, exp.Literal):
        return bool(node.is_string)
    if isinstance(node, exp.Add):
        return is_text(node.this) and is_text(node.expression)
    if isinstance(node, exp.Cast | exp.Convert):
        kind = node.args["to" if isinstance(node, exp.Cast) else "this"].this.name
        return TYPES.get(kind) == "TEXT"
    return _function_is_text(node)


def _function_is_text(node: "exp.Expr") -> bool:
    """Tell whether a function gives a string."""
    from sqlglot import exp

    if isinstance(node, exp.Min | exp.Max | exp.Coalesce | exp.Nullif):
        return is_text(node.this)
    if isinstance(node, exp.Case):
        return is_text(node.args["ifs"][0].args["true"])
    if isinstance(node, exp.DPipe | exp.Lower | exp.Upper | exp.Substring | exp.Left | exp.Right):
        return True
    return isinstance(node, exp.Replace | exp.Trim | exp.Concat)
