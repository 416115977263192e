# Licensed under a 3-clause BSD style license - see LICENSE
"""
Answers of any size to measure with: the test sky's master sources, repeated with other digits.

Cells are printed as Java prints them. Each tag has a line of its own, as in the one answer of the
Chandra Data Archive that has been published whole; ``indented=False`` gives a row a line.
"""

import gzip
import shutil
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from astropy.table import Table

from astroquery_csc.catalogue import schema
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.sky.catalogue import build_catalogue
from astroquery_csc.testing.write.describe import describe_table
from astroquery_csc.testing.write.votable import write_votable

__all__ = ["compress", "names_of", "write_document"]

_RELEASE = "2.1"
_NOTEBOOK = (
    "name", "ra", "dec", "err_ellipse_r0", "err_ellipse_r1", "err_ellipse_ang", "significance",
    "likelihood_class", "flux_aper_b", "extent_flag",
)  # fmt: skip
_CHUNK_ROWS = 20_000
_COMPACT = (b"<TR><TD>", b"</TD><TD>", b"</TD></TR>")
_INDENTED = (b"  <TR>\n    <TD>", b"</TD>\n    <TD>", b"</TD>\n  </TR>")


def names_of(columns: int) -> list[str]:
    """Name the columns of an answer."""
    if columns <= len(_NOTEBOOK):
        return list(_NOTEBOOK[:columns])
    return list(schema.master_columns(_RELEASE)[:columns])


def write_document(path: Path, rows: int, columns: int, *, indented: bool = True) -> None:
    """Write a VOTable, unless it is there already."""
    if path.exists():
        return
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        for piece in _pieces(rows, columns):
            for old, new in zip(_COMPACT, _INDENTED, strict=True):
                piece = piece.replace(old, new) if indented else piece  # noqa: PLW2901
            file.write(piece)
    part.replace(path)


def compress(path: Path) -> Path:
    """Compress a file as a web server does, unless that is done already."""
    packed = path.with_suffix(path.suffix + ".gz")
    if not packed.exists():
        with path.open("rb") as plain, gzip.open(packed, "wb", compresslevel=6) as file:
            shutil.copyfileobj(plain, file, 1 << 20)
    return packed


def _pieces(rows: int, columns: int) -> Iterator[bytes]:
    """Write the document chunk by chunk: each is a document, of which the rows are taken."""
    dialect = Dialect()
    names = names_of(columns)
    for start in range(0, max(rows, 1), _CHUNK_ROWS):
        table = _some_rows(names, start, min(_CHUNK_ROWS, rows - start))
        fields = describe_table(table, dialect, release=_RELEASE)
        text = b"".join(write_votable(table, fields, dialect))
        head, begin, rest = text.partition(b"<TABLEDATA>\n")
        body, end, tail = rest.partition(b"</TABLEDATA>")
        yield (head + begin if start == 0 else b"") + body
        if start + _CHUNK_ROWS >= rows:
            yield end + tail


def _some_rows(names: list[str], start: int, rows: int) -> Table:
    """Repeat master sources; the last digits of doubles change."""
    masters = _masters()
    dice = np.random.default_rng(start)
    table = masters[names][(start + np.arange(rows)) % len(masters)]
    for column in table.itercols():
        if column.dtype.kind == "f":
            np.multiply(column, 1 + 1e-7 * dice.uniform(-1, 1, rows), out=column)
    return table


def main() -> None:
    """Write the document that the arguments name: rows, columns, file."""
    rows, columns, path = sys.argv[1:]
    write_document(Path(path), int(rows), int(columns))


@lru_cache(maxsize=1)
def _masters() -> Table:
    """Give the test sky's master sources, with all columns."""
    return build_catalogue()["master_source"]


if __name__ == "__main__":
    main()
