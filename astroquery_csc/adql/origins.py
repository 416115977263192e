# Licensed under a 3-clause BSD style license - see LICENSE
"""Which column of the catalogue each output column of a query is, through subqueries and WITH."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from astroquery_csc.catalogue.releases import Release
from astroquery_csc.catalogue.schema import column_names, find_column, get_tables

__all__ = ["Origin", "origins"]

#: Bare name of a table, and a column.
Origin: TypeAlias = tuple[str, str]
#: Output columns in their order, each with its origin, if it is a plain column.
_Outputs: TypeAlias = Sequence[tuple[str, Origin | None]]


@dataclass(frozen=True, slots=True)
class _Relation:
    """What a SELECT reads from: a table of the catalogue, or the outputs of another SELECT."""

    outputs: _Outputs
    table: str = ""


def origins(query: Any, release: Release) -> dict[str, Origin]:
    """Find where each output column comes from, if it is a plain column of the catalogue."""
    found: dict[str, Origin | None] = {}
    for name, origin in _of(query, release, {}):
        found.setdefault(name, origin)
    return {name: origin for name, origin in found.items() if origin is not None}


def _of(query: Any, release: Release, made: Mapping[str, _Outputs]) -> _Outputs:
    """List the output columns of a query."""
    from sqlglot import exp

    clause = query.args.get("with_")
    for one in clause.expressions if clause is not None else ():
        made = {**made, one.alias.lower(): _renamed(_of(one.this, release, made), one)}
    if isinstance(query, exp.Subquery):
        return _of(query.this, release, made)
    if isinstance(query, exp.SetOperation):
        first, other = (_of(end, release, made) for end in (query.this, query.expression))
        if len(first) != len(other):
            return [(name, None) for name, _ in first]
        # Of several SELECTs, a column keeps its unit only where all agree.
        return [
            (name, origin if origin == also else None)
            for (name, origin), (_, also) in zip(first, other, strict=True)
        ]
    return list(_of_select(query, release, made)) if isinstance(query, exp.Select) else []


def _renamed(outputs: _Outputs, relation: Any) -> _Outputs:
    """Give columns the names that an alias lists: ``x (a, b)``."""
    alias = relation.args.get("alias")
    names = [column.name for column in alias.columns] if alias is not None else []
    if len(names) != len(outputs):
        return outputs
    return [(name, origin) for name, (_, origin) in zip(names, outputs, strict=True)]


def _of_select(
    select: Any, release: Release, made: Mapping[str, _Outputs]
) -> Iterator[tuple[str, Origin | None]]:
    """List the output columns of one SELECT."""
    from sqlglot import exp

    relations = dict(_relations(select, release, made))
    for item in select.expressions:
        column = item.unalias()
        if column.is_star:
            qualifier = column.table.lower() if isinstance(column, exp.Column) else ""
            for alias, relation in relations.items():
                if qualifier in ("", alias):
                    yield from relation.outputs
        else:
            is_column = isinstance(column, exp.Column)
            yield item.alias_or_name, _origin(column, relations, release) if is_column else None


def _relations(
    select: Any, release: Release, made: Mapping[str, _Outputs]
) -> Iterator[tuple[str, _Relation]]:
    """Name what a SELECT reads from, as far as it is known."""
    from sqlglot import exp

    for part in (select.args.get("from_"), *select.args.get("joins", ())):
        if part is None:
            continue
        relation, alias = part.this, part.this.alias_or_name.lower()
        if isinstance(relation, exp.Subquery):
            yield alias, _Relation(_renamed(_of(relation, release, made), relation))
        elif isinstance(relation, exp.Table):
            table, schema = relation.name.lower(), relation.db.lower()
            if not schema and table in made:
                yield alias, _Relation(made[table])
            elif schema in ("", release.schema.lower()):
                names = column_names(release.name, table)
                yield alias, _Relation([(name, (table, name)) for name in names], table)


def _origin(column: Any, relations: Mapping[str, _Relation], release: Release) -> Origin | None:
    """Find what a column is; None where it cannot be told."""
    name, qualifier = column.name.lower(), column.table.lower()
    if qualifier:
        relation = relations.get(qualifier)
        if relation is not None and relation.table:
            return relation.table, name
        return _among(relation.outputs, name) if relation is not None else None
    known = get_tables(release.name)
    derived = [one for one in relations.values() if not one.table]
    tables = {one.table for one in relations.values() if one.table}
    found = [_among(one.outputs, name) for one in derived if _names(one.outputs, name)]
    found += [(one, name) for one in tables if one in known and name in known[one].columns]
    # A table may have what the dictionary of its release lacks.
    found = found or [(one, name) for one in tables if find_column(release.name, name, one)]
    return found[0] if len(found) == 1 else None


def _names(outputs: _Outputs, name: str) -> bool:
    """Tell whether there is an output of a name."""
    return any(one.lower() == name for one, _ in outputs)


def _among(outputs: _Outputs, name: str) -> Origin | None:
    """Find the one output of a name."""
    found = [origin for one, origin in outputs if one.lower() == name]
    return found[0] if len(found) == 1 else None
