# Licensed under a 3-clause BSD style license - see LICENSE
"""A service that writes the names of columns in capitals: every verb gives the usual table."""

from typing import Any

import pytest
from astropy import units as u
from astropy.table import Table

from astroquery_csc import Csc, mirror
from astroquery_csc.columns import ArrayColumn, Columns
from astroquery_csc.testing import Dialect, csc_server
from tests.support.comparing import NGC1333, assert_same_table
from tests.support.examples import one_in

SOURCE = "2CXO J004236.1+412156"
CONE = (
    "SELECT name, ra FROM master_source WHERE dbo.cone_distance(ra, dec, 52.29, 31.31) <= 2 "
    "ORDER BY name ASC"
)

VERBS: dict[str, Any] = {
    "a cone in ADQL": lambda csc: csc.query_tap(CONE),
    "all columns": lambda csc: csc.query_region(NGC1333, 1 * u.arcmin, columns="*"),
    "positions": lambda csc: csc.query_region(NGC1333.reshape(1), 1 * u.arcmin, columns="match"),
    "detections around": lambda csc: csc.query_detections(
        coordinates=NGC1333, radius=1 * u.arcmin, match_type=None
    ),
    "sensitivity": lambda csc: csc.query_sensitivity(NGC1333),
    "images": lambda csc: csc.query_sia(NGC1333, 0.5 * u.deg),
    "files": lambda csc: csc.get_product_list(
        csc.query_detections(SOURCE, obsid=90002), types="arf"
    ),
    "limits": lambda csc: csc.query_limits(csc.query_detections(SOURCE, obsid=90002), bands="b"),
    "a match": lambda csc: csc.crossmatch(NGC1333.reshape(1), radius=1 * u.arcmin),
    "a list of columns": lambda csc: csc.list_columns("master_source", refresh=True),
    "a list of tables": lambda csc: csc.list_tables(refresh=True),
}


@pytest.fixture(scope="module")
def capitals():
    """Run a service whose columns are in capitals."""
    with csc_server(dialect=Dialect(column_case="upper")) as running:
        yield running


@pytest.mark.parametrize("verb", one_in(3, zip(VERBS)))
@pytest.mark.filterwarnings("ignore")
def test_capitals_do_not_show(server, capitals, verb):
    """Names, values, masks and units are those of the usual service."""
    usual = VERBS[verb](server.csc(row_limit=-1))

    found = VERBS[verb](capitals.csc(row_limit=-1))

    assert_same_table(found, usual)


@pytest.mark.slow
def test_a_mirror_of_capitals_is_a_mirror(server, capitals, tmp_path):
    """The copy has the usual names, and answers as the service does."""
    mirror.create(
        tmp_path / "csc21",
        csc=capitals.csc,
        columns="match",
        tables=("master_source",),
        expected=-1,
    )

    found = Csc(mirror=tmp_path / "csc21").query_region(NGC1333, 1 * u.arcmin, columns="match")

    assert_same_table(found, server.csc.query_region(NGC1333, 1 * u.arcmin, columns="match"))


def columns(*names):
    """Make columns of these names."""
    table = Table([[number] for number in range(len(names))], names=names)
    return Columns(ArrayColumn.of(column) for column in table.itercols())


@pytest.mark.parametrize(
    ("names", "wanted", "found"),
    [
        (["NAME", "RA", "NEW"], ["name", "ra"], ["name", "ra", "new"]),
        (["Name", "new"], ["name"], ["name", "new"]),
        (["NAME"], ["Name"], ["Name"]),
        (["name", "NEW"], ["name"], ["name", "NEW"]),
        (["name"], ["NAME"], ["name"]),
        (["NAME", "name"], ["name"], ["NAME", "name"]),
        (["RA", "Ra"], ["ra"], ["RA", "Ra"]),
        (["RA"], ["dec"], ["RA"]),
        (["RA"], [], ["RA"]),
    ],
)
def test_capitals_are_spelled_as_they_are_wanted(names, wanted, found):
    """Only where a column that is wanted is there in capitals alone."""
    assert columns(*names).spelled(wanted).colnames == found
