# Licensed under a 3-clause BSD style license - see LICENSE
"""
A user's ADQL, read before it is sent: one SELECT, known tables and columns, no geometry.

The text itself goes out as it was written, but for repaired characters and for the release's
schema before bare table names, as CSCview shows them. sqlglot reads it (``read="tsql"``: the
database is of that family).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from astroquery_csc.adql.advice import refuse_slips, tables_with
from astroquery_csc.adql.geometry import GEOMETRY, function_name
from astroquery_csc.adql.origins import Origin, origins
from astroquery_csc.adql.parse import Parsed, check_text, parse, parse_once
from astroquery_csc.adql.repair import repair
from astroquery_csc.adql.unread import condition_advice
from astroquery_csc.adql.values import check_values, text_advice
from astroquery_csc.adql.write import ALIAS
from astroquery_csc.catalogue.releases import RELEASES, Release
from astroquery_csc.catalogue.schema import (
    MASTER,
    TAP_TABLES,
    get_tables,
)
from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, MissingPackageError

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = [
    "ColumnLookup",
    "Prepared",
    "check_condition",
    "parse",
    "prepare",
    "read_query",
    "read_unchecked",
    "sources",
]

#: Asks the service for the columns of a bare table name: empty where it has no such table, None
#: where it cannot tell.
ColumnLookup = Callable[[str], Collection[str] | None]

#: Schemas beside the catalogue's own; what is in them is the service's business.
OTHER_SCHEMAS = frozenset({"tap_schema", "ivoa", "tap_upload"})
_BEFORE_CONDITION = "SELECT 1 FROM t WHERE (\n"
_WAY_ON = "validate=False sends the text as it is."


def check_condition(criteria: str, release: Release) -> str:
    """Read ``criteria`` as exactly one condition, so that it cannot change the query around it."""
    import sqlglot
    from sqlglot import exp

    if not isinstance(criteria, str):
        raise InputTypeError(
            f"criteria is one ADQL condition in a string, not {type(criteria).__name__}."
        )
    if not criteria.strip():
        raise InvalidQueryError("criteria is empty. Leave it out, or write 'significance > 10'.")
    criteria = repair(criteria)
    refuse_slips(criteria, release)
    problem = (
        f"criteria is not exactly one ADQL condition: {criteria!r}.{condition_advice(criteria)}"
    )
    try:
        tree = parse(f"{_BEFORE_CONDITION}{criteria}\n)")
        comments = any(token.comments for token in sqlglot.tokenize(criteria, read="tsql"))
    except (sqlglot.errors.SqlglotError, InvalidQueryError) as error:
        raise InvalidQueryError(problem) from error
    if comments:
        raise InvalidQueryError(f"{problem} Comments are not accepted.")
    if type(tree) is not exp.Select:
        raise InvalidQueryError(problem)
    clauses = {name for name, value in tree.args.items() if value}
    inner = tree.args["where"].this
    if clauses != {"expressions", "from_", "where"} or not isinstance(inner, exp.Paren):
        raise InvalidQueryError(problem)
    if not isinstance(inner.unnest(), exp.Predicate | exp.Connector | exp.Not):
        raise InvalidQueryError(f"{problem} Write for example 'significance > 10'.")
    check_values(list(tree.walk()), release, criteria)
    return _with_alias(criteria, tree).strip()


def _with_alias(criteria: str, tree: "exp.Select") -> str:
    """Call the masters by the alias that they have in the query around a condition."""
    from sqlglot import exp

    for column in reversed(list(tree.find_all(exp.Column, bfs=False))):
        if column.table.lower() != MASTER or column.parent_select is not tree:
            continue
        parts = [column.args.get("db") or column.args["table"], column.args["table"]]
        start, end = (
            part.meta[key] - len(_BEFORE_CONDITION)
            for part, key in zip(parts, ("start", "end"), strict=True)
        )
        criteria = f"{criteria[:start]}{ALIAS}{criteria[end + 1 :]}"
    return criteria


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query that was checked: its text, as it is sent, and what was read of it."""

    adql: str
    release: Release
    read: Parsed
    schemas: Mapping[int, str] = field(default_factory=dict)

    @property
    def tree(self) -> "exp.Query":
        """The parts of the query as it was written."""
        return self.read.tree

    @property
    def calls(self) -> tuple["exp.Expr", ...]:
        """The calls of functions on the sphere in it."""
        return self.read.calls

    def sources(self) -> dict[str, Origin]:
        """Find where each output column comes from, as `sources` does."""
        return origins(self.tree, self.release)

    def sent_tree(self) -> "exp.Query":
        """Give the parts of the query as it is sent, with schemas; they may be changed."""
        from sqlglot import exp

        tree = self.read.tree.copy()
        for table in tree.find_all(exp.Table):
            schema = self.schemas.get(table.this.meta.get("start", -1))
            if schema is not None:
                table.set("db", exp.to_identifier(schema))
        return tree


def prepare(
    text: str,
    release: Release,
    *,
    ask: ColumnLookup | None = None,
    geometry: bool = False,
    uploads: Collection[str] = (),
) -> str:
    """Check a query and put the release's schema before bare table names."""
    return read_query(text, release, ask=ask, geometry=geometry, uploads=uploads).adql


def read_query(
    text: str,
    release: Release,
    *,
    ask: ColumnLookup | None = None,
    geometry: bool = False,
    uploads: Collection[str] = (),
) -> Prepared:
    """
    Check a query as `prepare` does, and keep what was read of it.

    With ``geometry`` the functions of ADQL on the sphere pass: somebody else does them.
    """
    from sqlglot import exp

    try:
        check_text(text)
        text = repair(text)
        refuse_slips(text, release)
        read = parse_once(text)
    except InvalidQueryError as error:
        raise InvalidQueryError(f"{error} {_WAY_ON}", adql=text) from error
    if not geometry:
        _refuse_geometry(read, text)
    _refuse_limit(text)
    aliases: dict[str, list[str]] = {}
    cuts: list[tuple[int, str]] = []
    made, sent = read.made, {name.lower() for name in uploads}
    for table in (node for node in read.nodes if isinstance(node, exp.Table)):
        own = not table.db and table.name.lower() in made
        uploaded = not table.db and table.name.lower() in sent
        bare = "" if own or uploaded else _known_table(table, release, text, ask, sent)
        aliases.setdefault(table.alias_or_name.lower(), []).append(bare)
        if not (table.db or own):
            schema = "TAP_UPLOAD" if uploaded else release.schema
            cuts.append((table.this.meta["start"], schema))
    check_values(read.nodes, release, text)
    _check_columns(read.nodes, aliases, release, text, ask)
    return Prepared(_inserted(text, cuts), release, read, dict(cuts))


def read_unchecked(text: str, release: Release, uploads: Collection[str] = ()) -> Prepared | None:
    """Put schemas before bare table names and check nothing; None for what cannot be read."""
    from sqlglot import exp

    try:
        read = parse_once(text)
    except (InvalidQueryError, MissingPackageError):
        return None
    made, sent = read.made, {name.lower() for name in uploads}
    tables = [node for node in read.nodes if isinstance(node, exp.Table)]
    names = [
        table.this
        for table in tables
        if isinstance(table.this, exp.Identifier) and not (table.db or table.name.lower() in made)
    ]
    cuts = [
        (name.meta["start"], "TAP_UPLOAD" if name.name.lower() in sent else release.schema)
        for name in names
    ]
    return Prepared(_inserted(text, cuts), release, read)


def _inserted(text: str, schemas: Iterable[tuple[int, str]]) -> str:
    """Write schemas before the names that stand at some places."""
    for start, schema in sorted(schemas, reverse=True):
        text = f"{text[:start]}{schema}.{text[start:]}"
    return text


def _refuse_geometry(read: Parsed, text: str) -> None:
    """Refuse the ADQL geometry that the service does not have."""
    from sqlglot import exp

    for function in (node for node in read.nodes if isinstance(node, exp.Func)):
        name = function_name(function)
        if name in GEOMETRY:
            raise InvalidQueryError(
                f"The service has no ADQL geometry ({name}). Use query_region, or a "
                "box in ra and dec: m.ra BETWEEN a AND b AND m.dec BETWEEN c AND d.",
                adql=text,
            )


def _refuse_limit(text: str) -> None:
    """Refuse LIMIT, which other dialects write for TOP; a column may be called so."""
    import sqlglot

    if "LIMIT" not in text.upper():
        return
    tokens = sqlglot.tokenize(text, read="tsql")
    kinds = [token.token_type.name for token in tokens]
    for place, kind in enumerate(kinds):
        if kind == "LIMIT" and kinds[place + 1 : place + 2] == ["NUMBER"]:
            raise InvalidQueryError(
                "ADQL has no LIMIT. Write SELECT TOP 10 …, or give maxrec=10.", adql=text
            )


def _known_table(
    table: "exp.Table",
    release: Release,
    text: str,
    ask: ColumnLookup | None,
    sent: Collection[str],
) -> str:
    """Check one table; give its bare name, or an empty string for a table that is not ours."""
    from sqlglot import exp

    is_plain = isinstance(table.this, exp.Identifier) and not any(
        table.this.args.get(kind) for kind in ("temporary", "global_")
    )
    if not is_plain or table.args.get("catalog") is not None:
        raise InvalidQueryError(f"{table.sql()!r} is not the name of a table.", adql=text)
    schema, name = table.db.lower(), table.name.lower()
    if schema == "tap_upload" and name not in sent:
        raise InvalidQueryError(
            f"{table.db}.{table.name} is not sent with the query. Give the table: "
            f"uploads={{{table.name!r}: table}}.",
            adql=text,
        )
    if schema in OTHER_SCHEMAS:
        return ""
    if schema not in ("", release.schema.lower()):
        raise InvalidQueryError(_wrong_schema(table, release), adql=text, release=release.name)
    if name in TAP_TABLES:
        return name
    told = ask(name) if ask is not None else None
    if told or (told is None and schema):
        return name
    raise InvalidQueryError(
        f"Table {table.name!r} is not known in release {release.name}."
        f"{did_you_mean(name, TAP_TABLES)} Csc.list_tables() shows what there is.",
        adql=text,
        release=release.name,
    )


def _wrong_schema(table: "exp.Table", release: Release) -> str:
    """Say which release a schema belongs to."""
    for other in RELEASES.values():
        if other.schema.lower() == table.db.lower():
            return (
                f"{table.db}.{table.name} is of release {other.name}, but this query is for "
                f"release {release.name}. Write {release.schema}.{table.name}, or "
                f"Csc(release={other.name!r})."
            )
    if "snapshot" in table.db.lower():
        return (
            f"{table.db} was for a release in preparation and no longer exists. Write "
            f"{release.schema}.{table.name}, or Csc(release='current') for today's snapshot."
        )
    return (
        f"Schema {table.db!r} is not known. Release {release.name} has {release.schema!r}, beside "
        "TAP_SCHEMA and ivoa."
    )


def _check_columns(
    nodes: Sequence["exp.Expr"],
    aliases: dict[str, list[str]],
    release: Release,
    text: str,
    ask: ColumnLookup | None,
) -> None:
    """Refuse columns that none of the tables has; what cannot be known passes."""
    from sqlglot import exp

    made_here = {item.alias.lower() for item in nodes if isinstance(item, exp.Alias)}
    subqueries = {item.alias_or_name.lower() for item in nodes if isinstance(item, exp.Subquery)}
    every = [name for names in aliases.values() for name in names]
    for column in (node for node in nodes if isinstance(node, exp.Column)):
        qualifier = column.table.lower()
        if isinstance(column.this, exp.Star) or qualifier in subqueries:
            continue
        if qualifier and qualifier not in aliases:
            raise InvalidQueryError(
                f"{column.table}.{column.name}: the query has no table {column.table!r}; it has "
                f"{', '.join(aliases) or 'none'}.",
                adql=text,
            )
        if not qualifier and (column.name.lower() in made_here or subqueries):
            continue
        where = aliases[qualifier] if qualifier else every
        _check_column(column, where, release, text, ask)


def _check_column(
    column: "exp.Column",
    tables: list[str],
    release: Release,
    text: str,
    ask: ColumnLookup | None,
) -> None:
    """Refuse a column that is known to be in none of some tables."""
    name = column.name
    known = get_tables(release.name)
    choices: list[str] = []
    for table in tables:
        info = known.get(table)
        if info is not None and name.lower() in info.columns:
            return
        if info is not None and info.complete:
            choices.extend(info.columns)
            continue
        told = ask(table) if ask is not None and table else None
        if told is None or name.lower() in {one.lower() for one in told}:
            return
        choices.extend(told)
    if not tables:
        raise InvalidQueryError(
            f"Column {name!r} has no table: the query has no FROM. Write FROM master_source.",
            adql=text,
            release=release.name,
        )
    advice = (
        tables_with(name, release, tables)
        or did_you_mean(name, choices)
        or text_advice(column.this)
    )
    raise InvalidQueryError(
        f"Column {name!r} is not in {' or '.join(tables)} of release "
        f"{release.name}.{advice} "
        "Csc.list_columns() shows what there is.",
        adql=text,
        release=release.name,
    )


def sources(text: str, release: Release) -> dict[str, Origin]:
    """Find where each output column comes from, if it is a plain column of the catalogue."""
    return origins(parse_once(text).tree, release)
