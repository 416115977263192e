# Licensed under a 3-clause BSD style license - see LICENSE
"""What there is to ask for: releases, tables and columns as Tables, offline."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from astropy.table import MaskedColumn, Table

from astroquery_csc import tables
from astroquery_csc.adql.write import fold
from astroquery_csc.catalogue import schema
from astroquery_csc.catalogue.releases import RELEASES, Release
from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.service.cache import Entry

__all__ = [
    "bare_name",
    "cached",
    "columns",
    "known_name",
    "releases",
    "remote_columns",
    "remote_tables",
    "table_list",
]

#: Tables that list_tables() shows and whose columns the dictionary does not have.
_LISTED = frozenset(name.lower() for name in (*schema.TAP_SCHEMA_TABLES, *schema.OTHER_TABLES))
_COUNTS = ("masters", "compact", "extended", "stacks", "observations")


def releases() -> Table:
    """List the releases."""
    rows = list(RELEASES.values())
    table = Table(
        {
            "release": [row.name for row in rows],
            "schema": [row.schema for row in rows],
            "cone_search": [bool(row.cone) for row in rows],
        }
    )
    for name in _COUNTS:
        values = np.array([getattr(row, name) for row in rows], dtype=np.int64)
        table[name] = MaskedColumn(values, mask=values < 0)
    table["note"] = [row.note for row in rows]
    return table


def table_list(release: Release) -> Table:
    """List the tables of a release."""
    return _tables(
        [
            *((name, 0, False, text) for name, text in schema.TAP_SCHEMA_TABLES.items()),
            *(
                (
                    f"{release.schema}.{info.name}",
                    len(info.columns),
                    info.complete,
                    info.description,
                )
                for info in schema.get_tables(release.name).values()
            ),
            *((name, 0, False, text) for name, text in schema.OTHER_TABLES.items()),
        ]
    )


def remote_tables(told: Table, release: Release) -> Table:
    """List the tables that the service has; it knows all of their columns."""
    described = dict(table_list(release)["name", "description"].iterrows())
    words = {name.lower(): text for name, text in described.items()}
    counts = Counter(str(name).strip() for name in told.columns[0])
    return _tables(
        [(name, count, True, words.get(name.lower(), "")) for name, count in counts.items()]
    )


def _tables(rows: Sequence[tuple[str, int, bool, str]]) -> Table:
    """Make the table of tables."""
    names, counts, complete, texts = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Table(
        {
            "name": np.array(names, dtype=np.str_),
            "columns": np.array(counts, dtype=np.int32),
            "complete": np.array(complete, dtype=bool),
            "description": np.array(texts, dtype=np.str_),
        }
    )


def bare_name(name: object, release: Release) -> str:
    """Read the name of a table, with or without its schema."""
    bare = known_name(name, release)
    if bare in _LISTED:
        raise InvalidQueryError(
            f"The columns of {name} are known to the service only: list_columns({name!r}, "
            "refresh=True) asks it.",
            release=release.name,
        )
    if bare not in schema.TAP_TABLES:
        raise InvalidQueryError(
            f"Table {name!r} is not known in release {release.name}."
            f"{did_you_mean(bare, schema.TAP_TABLES)} Csc.list_tables() shows what there "
            "is; list_tables(refresh=True) asks the service.",
            release=release.name,
        )
    return bare


def known_name(name: object, release: Release) -> str:
    """Read the name of a table that only the service may know; its own schema is left out."""
    if not isinstance(name, str):
        raise InputTypeError(f"A table name is a string, not {name!r}. Write 'master_source'.")
    return name.strip().lower().removeprefix(f"{release.schema.lower()}.")


def _keyword(keyword: object) -> str:
    """Read the keyword."""
    if keyword is None:
        return ""
    if not isinstance(keyword, str):
        raise InputTypeError(f"keyword is a string, not {keyword!r}.")
    return keyword.strip().lower()


def columns(release: Release, wanted: Iterable[str], keyword: object) -> Table:
    """List columns from the dictionary."""
    word = _keyword(keyword)
    infos = schema.get_tables(release.name)
    rows = [
        (
            info.name,
            column.name,
            column.datatype,
            _unit(column.unit),
            column.ucd,
            column.description,
        )
        for name in (list(wanted) or infos)
        for info in [infos[name]]
        for column in info.columns.values()
        if word in column.name.lower() or word in column.description.lower()
    ]
    return _listing(rows)


def _unit(text: str) -> str:
    """Write a unit as the tables show it."""
    unit = tables.parse_unit(text)
    return text if unit is None else str(unit)


def remote_columns(told: Table, release: Release, wanted: Iterable[str], keyword: object) -> Table:
    """List columns as the service knows them."""
    word, only = _keyword(keyword), set(wanted)
    prefix = f"{release.schema.lower()}."
    _check_told(told, only, release)
    rows = []
    for row in told.filled("") if told.has_masked_columns else told:
        table, name, datatype, unit, ucd, text = (str(cell).strip() for cell in row)
        bare = table.lower().removeprefix(prefix)
        if only and bare not in only:
            continue
        if word in name.lower() or word in text.lower():
            rows.append(
                (
                    bare if bare in schema.TAP_TABLES else table,
                    name,
                    datatype,
                    _unit(unit),
                    ucd,
                    text,
                )
            )
    return _listing(rows)


def _check_told(told: Table, wanted: Iterable[str], release: Release) -> None:
    """Refuse a table that the service does not have."""
    have = {known_name(str(name), release) for name in told.columns[0]}
    for name in wanted:
        if name not in have:
            raise InvalidQueryError(
                f"The service has no table {name!r} in release {release.name}."
                f"{did_you_mean(name, sorted(have))} Csc.list_tables(refresh=True) shows what "
                "there is.",
                release=release.name,
            )


def cached(
    entries: Sequence[Entry], folder: Path | None = None, limit_bytes: float | None = None
) -> Table:
    """List cached answers; say where they are, and how much room they have."""
    times = [
        datetime.fromtimestamp(e.retrieved, UTC).isoformat(timespec="seconds") for e in entries
    ]
    text = {
        "release": [entry.release for entry in entries],
        "route": [entry.route for entry in entries],
        "url": [entry.url for entry in entries],
        "retrieved": times,
    }
    table = Table({name: np.array(values, dtype=np.str_) for name, values in text.items()})
    table["size"] = np.array([entry.size for entry in entries], dtype=np.int64)
    table.meta.update(
        NROWS=len(table),
        SIZE=int(table["size"].sum()),
        LIMIT=-1 if limit_bytes is None else int(limit_bytes),
        LOCATION=fold(str(folder or "")),
    )
    return table


def _listing(rows: Sequence[tuple[str, ...]]) -> Table:
    """Make the table of columns."""
    names = ("table", "name", "datatype", "unit", "ucd", "description")
    if not rows:
        return Table(names=names, dtype=["U1"] * len(names))
    return Table(rows=rows, names=names)
