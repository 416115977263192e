# Licensed under a 3-clause BSD style license - see LICENSE
"""TAP_SCHEMA: what the test service says of its own tables, made from the tables it serves."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from astropy.table import Table

from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.tap.ivoa import IVOA_FIELDS, TABLE_FIELDS, build_table, listed_name
from astroquery_csc.testing.write.describe import describe

__all__ = ["Reference", "is_principal", "make_tap_schema", "references"]

_SCHEMAS = {
    "TAP_SCHEMA": "The tables of this service.",
    "ivoa": "Test service: invented observations.",
}

_TAP_SCHEMA_TABLES = {
    "schemas": "One row per schema.",
    "tables": "One row per table.",
    "columns": "One row per column.",
    "keys": "One row per reference from table to table.",
    "key_columns": "One row per pair of columns of a reference.",
}

_PRINCIPAL = frozenset({"name", "ra", "dec", "detect_stack_id", "region_id", "obsid", "obi"})

#: TAP's words for the datatypes, as ADQL has none for booleans.
_ADQL_TYPES = {
    "boolean": "BOOLEAN",
    "char": "VARCHAR",
    "double": "DOUBLE",
    "int": "INTEGER",
    "long": "BIGINT",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """Columns of one table that name a row of another, where they have the same names."""

    source: str
    target: str
    columns: tuple[str, ...]


_REFERENCES = (
    Reference("master_stack_assoc", "master_source", ("name",)),
    Reference("master_stack_assoc", "stack_source", ("detect_stack_id", "region_id")),
    Reference("stack_observation_assoc", "stack_source", ("detect_stack_id", "region_id")),
    Reference("stack_observation_assoc", "observation_source", ("obsid", "obi", "region_id")),
)


def is_principal(column: str) -> bool:
    """Tell whether a column is one of those that matter most, which are indexed too."""
    return column in _PRINCIPAL


def references(tables: Iterable[str]) -> list[Reference]:
    """List the references between tables that are served."""
    full = {name.partition(".")[2]: name for name in tables}
    return [
        Reference(full[reference.source], full[reference.target], reference.columns)
        for reference in _REFERENCES
        if reference.source in full and reference.target in full
    ]


def make_tap_schema(
    tables: Mapping[str, Table], dialect: Dialect, *, release: str, note: str
) -> dict[str, Table]:
    """Make the five tables of TAP_SCHEMA."""
    own = dialect.tap_schema_name
    key_rows, pair_rows = _key_rows(tables)
    rows = {
        "schemas": _schema_rows(tables, own, note),
        "tables": _table_rows(tables, own),
        "columns": [*_own_columns(own), *_column_rows(tables, dialect, release)],
        "keys": key_rows,
        "key_columns": pair_rows,
    }
    return {
        f"TAP_SCHEMA.{name}": build_table(
            TABLE_FIELDS[f"TAP_SCHEMA.{name}"], rows[name], description
        )
        for name, description in _TAP_SCHEMA_TABLES.items()
    }


def _schema_rows(tables: Mapping[str, Table], own: str, note: str) -> list[dict[str, Any]]:
    """One row per schema."""
    schemas = dict.fromkeys([own] + [name.partition(".")[0] for name in tables])
    return [
        {
            "schema_name": schema,
            "description": _SCHEMAS.get("TAP_SCHEMA" if schema == own else schema, note),
        }
        for schema in schemas
    ]


def _table_rows(tables: Mapping[str, Table], own: str) -> list[dict[str, Any]]:
    """One row per table."""
    words = {f"{own}.{name}": text for name, text in _TAP_SCHEMA_TABLES.items()}
    words |= {name: table.meta["description"] for name, table in tables.items()}
    return [
        {
            "schema_name": name.partition(".")[0],
            "table_name": name,
            "table_type": "table",
            "utype": tables[name].meta.get("utype") if name in tables else None,
            "description": text,
        }
        for name, text in words.items()
    ]


def _column_rows(
    tables: Mapping[str, Table], dialect: Dialect, release: str
) -> Iterator[dict[str, Any]]:
    """One row per column of the tables that are served."""
    for table_name, table in tables.items():
        bare = table_name.partition(".")[2]
        for name in table.colnames:
            field = describe(table[name], dialect, release=release, table=bare)
            yield {
                "table_name": table_name,
                "column_name": listed_name(name),
                "utype": field.utype,
                "ucd": field.ucd,
                "unit": field.unit,
                "description": field.description,
                "datatype": _ADQL_TYPES[field.datatype],
                "principal": int(is_principal(name)),
                "indexed": int(is_principal(name)),
                "std": int(name in IVOA_FIELDS),
            }


def _own_columns(own: str) -> Iterator[dict[str, Any]]:
    """One row per column of TAP_SCHEMA itself."""
    for table in _TAP_SCHEMA_TABLES:
        for field in TABLE_FIELDS[f"TAP_SCHEMA.{table}"]:
            yield {
                "table_name": f"{own}.{table}",
                "column_name": listed_name(field.name),
                "description": field.description,
                "datatype": _ADQL_TYPES[field.datatype],
                "principal": 0,
                "indexed": 0,
                "std": 1,
            }


def _key_rows(tables: Iterable[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """List the references between the tables, and their pairs of columns."""
    keys: list[dict[str, Any]] = []
    pairs: list[dict[str, Any]] = []
    for number, reference in enumerate(references(tables), start=1):
        key = {"key_id": f"key{number}"}
        keys.append(key | {"from_table": reference.source, "target_table": reference.target})
        pairs += [key | {"from_column": name, "target_column": name} for name in reference.columns]
    return keys, pairs
