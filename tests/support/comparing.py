# Licensed under a 3-clause BSD style license - see LICENSE
"""What the tests of the verbs share: the rows that must come, and tables that must be equal."""

import csv
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from tests.support.sky import sky

NGC1333 = SkyCoord(52.297, 31.31, unit="deg")

#: In the notebook's cone; its broad-band flux was not measured.
UNMEASURED = "2CXO J032908.3+312020"

#: In the notebook's cone; its broad-band flux is an upper limit.
UPPER_LIMIT = "2CXO J032903.3+311839"

#: Far from every source of the test sky.
EMPTY_SKY = SkyCoord(53.0, -30.0, unit="deg")


@lru_cache(maxsize=1)
def masters() -> Table:
    """Build the test sky once: every master source."""
    return sky()["master_source"]


@lru_cache(maxsize=1)
def master_positions() -> SkyCoord:
    """Give the positions of every master source."""
    table = masters()
    return SkyCoord(table["ra"].data.data, table["dec"].data.data, unit="deg")


def names_within(centre: SkyCoord, radius: u.Quantity) -> list[str]:
    """Find the sources of a cone the slow way: names, nearest first."""
    separation = master_positions().separation(centre).to_value(u.arcsec)
    inside = np.flatnonzero(separation <= u.Quantity(radius).to_value(u.arcsec))
    names = np.asarray(masters()["name"])
    nearest_first = inside[np.lexsort((names[inside], separation[inside]))]
    return [str(name) for name in names[nearest_first]]


def real_sources() -> dict[str, dict[str, Any]]:
    """Read the 11 real sources: by name, each value as Python has it, null as None."""
    text = (
        files("astroquery_csc")
        .joinpath("testing", "sky", "ngc1333.csv")
        .read_text(encoding="ascii")
    )
    return {
        row["name"]: {name: _from_cell(name, cell) for name, cell in row.items()}
        for row in csv.DictReader(text.splitlines())
    }


def _from_cell(name: str, cell: str) -> Any:
    """Read one cell of the file of real sources."""
    if name == "name" or not cell:
        return cell or None
    if cell in ("t", "f"):
        return cell == "t"
    return int(cell) if name.startswith("var_") else float(cell)


def sources_of(table: Table, columns: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Write a table as `real_sources` does: by name, the values of some columns."""
    return {str(row["name"]): {name: _plain(row[name]) for name in columns} for row in table}


def _plain(value: Any) -> Any:
    """Turn a cell of a table into what Python has."""
    return None if np.ma.is_masked(value) else value.item()


def assert_same_table(found: Table, expected: Table) -> None:
    """Compare two tables in all but meta: columns, order, types, masks, values, units, words."""
    assert found.colnames == expected.colnames
    assert len(found) == len(expected)
    for name in expected.colnames:
        left, right = found[name], expected[name]
        assert _kind_of(left) == _kind_of(right)
        np.testing.assert_array_equal(np.ma.getmaskarray(left), np.ma.getmaskarray(right), name)
        np.testing.assert_array_equal(_values(left), _values(right), name)


def _kind_of(column: Any) -> tuple[Any, ...]:
    """Describe a column in all but its values."""
    return column.name, column.dtype.str, str(column.unit), column.description, type(column)


def _values(column: Any) -> Any:
    """Give the values of a column that are there."""
    return np.ma.getdata(column)[~np.ma.getmaskarray(column)]


class RequestLog:
    """
    What a test service is asked from now on.

    Parameters
    ----------
    server : CscServer
        The service.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self._start = len(server.requests)

    @property
    def all(self) -> list[Any]:
        """Every request since then."""
        return list(self._server.requests[self._start :])

    @property
    def paths(self) -> list[str]:
        """Method and path of each."""
        return [f"{request.method} {request.path}" for request in self.all]

    @property
    def queries(self) -> list[str]:
        """The ADQL of each that has some."""
        return [request.params["QUERY"] for request in self.all if "QUERY" in request.params]
