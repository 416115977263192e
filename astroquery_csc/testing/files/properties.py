# Licensed under a 3-clause BSD style license - see LICENSE
"""
ADQL on bare names, as ``csccli/getProperties`` takes it, and its tab-separated answers.

Reconstructed from the CXC's page on the command line and from the reader in CIAO's search_csc: a
line that begins with ``#Column`` for each column, the line of names, the rows.
"""

from collections.abc import Callable, Iterator

import numpy as np
from astropy import units as u
from astropy.coordinates import Angle
from astropy.table import Table

from astroquery_csc.adql import read as adql
from astroquery_csc.backend import Query
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.exceptions import CscError
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.holdings import Holdings
from astroquery_csc.testing.messages import Params, Response, text_response
from astroquery_csc.testing.write.answers import answer_response

__all__ = ["properties"]


def properties(params: Params, release: Release, holdings: Holdings, dialect: Dialect) -> Response:
    """Answer a query."""
    try:
        query = Query(adql.prepare(params.get("QUERY", ""), release))
        answer = holdings.backend(release).run(query)
    except CscError as error:
        return text_response(200, f"Error executing query: {error}")
    if params.get("OUTPUTFORMAT", "tsv").lower() in {"vot", "votable"}:
        return answer_response(answer, dialect, release=release.name, note=holdings.note)
    return Response(200, "".join(_lines(answer.table, params)).encode(), "text/plain")


def _lines(table: Table, params: Params) -> Iterator[str]:
    """Write a table line by line."""
    null = params.get("NULLAPPEARANCE", "")
    for name in table.colnames:
        form = {"f": "E9.6", "i": "I11", "b": "L1"}.get(table[name].dtype.kind, "A")
        yield f'#Column {name}\t({form})\t({table[name].unit or ""})\t["{null}"]\t[]\n'
    yield "\t".join(table.colnames) + "\n"
    columns = [_cells(table, name, null, _writer(name, table, params)) for name in table.colnames]
    for row in zip(*columns, strict=True):
        yield "\t".join(row) + "\n"


def _cells(table: Table, name: str, null: str, write: Callable[[object], str]) -> list[str]:
    """Write the cells of a column."""
    column = np.ma.asarray(table[name])
    mask = np.ma.getmaskarray(column)
    cells = np.ma.getdata(column).tolist()
    return [null if hidden else write(cell) for cell, hidden in zip(cells, mask, strict=True)]


def _writer(name: str, table: Table, params: Params) -> Callable[[object], str]:
    """Choose how the cells of a column are written."""
    if table[name].dtype.kind != "f":
        return str
    if name in {"ra", "dec"} and params.get("COORDFORMAT", "sexagesimal") == "sexagesimal":
        unit = u.hourangle if name == "ra" else u.deg
        return lambda cell: Angle(cell, u.deg).to_string(unit, sep=" ", precision=2, pad=True)
    if params.get("FLOATFORMAT", "default") == "native" and name not in {"ra", "dec"}:
        return repr
    return lambda cell: f"{cell:.6e}"
