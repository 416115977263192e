# Licensed under a 3-clause BSD style license - see LICENSE
"""``FORMAT=text``: tab-separated lines, where nothing marks an overflow or the end."""

from collections.abc import Iterator, Sequence

from astropy.table import Table

from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.tap.ivoa import Field
from astroquery_csc.testing.write.cells import make_cell_writers, row_chunks

__all__ = ["write_csv", "write_text"]


def write_text(table: Table, fields: Sequence[Field], dialect: Dialect) -> Iterator[bytes]:
    """Write a table as the archive's text: a line a column, a line of names, the rows."""
    for field in fields:
        yield f"# {field.name}\t{field.unit}\t{field.description}\n".encode()
    yield from _write_rows(table, dialect, "\t", dialect.text_null)


def write_csv(table: Table, dialect: Dialect) -> Iterator[bytes]:
    """Write a table as comma-separated values."""
    yield from _write_rows(table, dialect, ",", "")


def _write_rows(table: Table, dialect: Dialect, separator: str, null: str) -> Iterator[bytes]:
    """Write the line of names and the rows."""
    quote = _quote_csv if separator == "," else str
    yield (separator.join(table.colnames) + "\n").encode()
    writers = make_cell_writers(table, dialect, escape=quote, null=null, null_int=null)
    for rows in row_chunks(writers, len(table)):
        yield "".join([separator.join(cells) + "\n" for cells in rows]).encode()


def _quote_csv(text: str) -> str:
    """Quote what would be read as two values."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n') else text
