# Licensed under a 3-clause BSD style license - see LICENSE
"""What the tests of the test service share: asking as a client of the archive, and reading."""

import io
from typing import Any

import requests

from astroquery_csc.votable import reader as votable

TAP = "/csc21tap"
CONE = "/csc21scs/coneSearch"
NAMES = "SELECT name FROM csc21.master_source"
BAD = "SELECT nonsense FROM csc21.master_source"

#: The cone of the notebook: 11 real sources.
NGC1333 = {"RA": "52.297", "DEC": "31.31", "SR": "0.0333333"}


def sync(http: requests.Session, server: Any, query: str, **params: str) -> requests.Response:
    """Send a query to /sync, as a client of the archive would."""
    data = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": query, **params}
    return http.post(f"{server.url}{TAP}/sync", data=data)


def read(body: bytes) -> Any:
    """Read a VOTable: its table, or the words of a refusal."""
    return votable.read(io.BytesIO(body))


def table_of(answer: requests.Response) -> Any:
    """Read an answer that has to be a good table."""
    assert answer.status_code == 200
    document = read(answer.content)
    assert document.error is None
    return document.table


def words_of(answer: requests.Response) -> Any:
    """Read the words of a refusal; None for a table."""
    return read(answer.content).error
