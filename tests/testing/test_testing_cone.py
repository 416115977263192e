# Licensed under a 3-clause BSD style license - see LICENSE
"""The test service's cone search and its resolver of names."""

import csv
from importlib.resources import files
from operator import itemgetter

import numpy as np
import pytest
import pyvo
import requests
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.coordinates.name_resolve import NameResolveError, get_icrs_coordinates, sesame_url
from numpy.testing import assert_array_equal

from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.catalogue.schema import VERBOSITY, master_columns
from astroquery_csc.testing import Dialect, csc_server
from tests.support.loopback import CONE, NGC1333, read, table_of, words_of


@pytest.fixture(scope="module")
def http():
    """Give a session that is closed at the end."""
    with requests.Session() as session:
        yield session


# ---- cone search -----------------------------------------------------------------------------


def test_the_eleven_sources_come_with_their_exact_values(server, http):
    """The cone of the notebook gives the 11 real sources, each value to the last bit."""
    text = (
        files("astroquery_csc")
        .joinpath("testing", "sky", "ngc1333.csv")
        .read_text(encoding="ascii")
    )
    known = list(csv.DictReader(text.splitlines()))

    table = table_of(http.get(server.url + CONE, params=NGC1333))

    found = [{name: as_text(row[name]) for name in known[0]} for row in table]
    assert sorted(found, key=itemgetter("name")) == sorted(
        map(plain, known), key=itemgetter("name")
    )


def as_text(value):
    """Write a value of a table as Python writes it, null as an empty text."""
    if np.ma.is_masked(value):
        return ""
    return "ft"[int(value)] if isinstance(value, np.bool_) else str(value)


def plain(row):
    """Write the doubles of a row of the CSV file as Python writes them."""
    return {
        name: repr(float(cell)) if "." in cell and name != "name" else cell
        for name, cell in row.items()
    }


@pytest.mark.parametrize(
    ("verbosity", "columns"),
    [
        ({"VERB": "1"}, VERBOSITY[1]),
        ({}, VERBOSITY[2]),
        ({"verb": "2"}, VERBOSITY[2]),
        ({"VERB": "3"}, master_columns("2.1")),
    ],
)
def test_verbosity_chooses_the_columns(server, http, verbosity, columns):
    """VERB 1, 2 (also without VERB) and 3 give their columns, in an order that varies."""
    table = table_of(http.get(server.url + CONE, params={**NGC1333, **verbosity}))

    assert sorted(table.colnames) == sorted(columns)
    assert len(table) == 11


def test_the_order_of_columns_can_be_the_dictionarys(http):
    """The order of columns varies, unless the dialect keeps to the dictionary's."""
    with csc_server(dialect=Dialect(cone_columns="dictionary")) as server:
        kept = table_of(http.get(server.url + CONE, params=NGC1333))
    with csc_server() as server:
        varied = table_of(http.get(server.url + CONE, params=NGC1333))

    assert tuple(kept.colnames) == VERBOSITY[2]
    assert tuple(varied.colnames) != VERBOSITY[2]
    assert_array_equal(np.sort(varied["ra"]), np.sort(kept["ra"]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"RA": ""}, "RA has to be a number"),
        ({"DEC": "91"}, "DEC has to be from -90 to 90"),
        ({"SR": "-1"}, "SR must not be negative"),
        ({"RA": "nan"}, "RA has to be finite"),
        ({"VERB": "4"}, "VERB has to be 1, 2 or 3"),
    ],
)
def test_a_bad_cone_is_refused(server, http, change, words):
    """A cone that cannot be gets an INFO named Error, under status 200."""
    answer = http.get(server.url + CONE, params={**NGC1333, **change})

    assert answer.status_code == 200
    assert words in words_of(answer)


@pytest.mark.parametrize(
    ("form", "status", "mark"),
    [
        ("INFO", 200, '<INFO ID="Error" name="Error"'),
        ("PARAM", 200, '<PARAM ID="Error" name="Error"'),
        ("400", 400, '<INFO ID="Error" name="Error"'),
        ("500-html", 500, "<h1>"),
    ],
)
def test_cone_errors_come_in_each_form(http, form, status, mark):
    """A refused cone comes as INFO or PARAM, under status 200, 400, or as a page under 500."""
    with csc_server(dialect=Dialect(cone_error=form)) as server:
        answer = http.get(server.url + CONE, params={**NGC1333, "SR": "x"})

    assert answer.status_code == status
    assert mark in answer.text


@pytest.mark.parametrize("form", ["INFO", "PARAM", "400"])
def test_pyvo_reads_a_refused_cone(http, form):
    """The service's words come out of pyvo, whichever form they have."""
    with csc_server(dialect=Dialect(cone_error=form)) as server:
        service = pyvo.dal.SCSService(server.url + CONE, session=http)
        with pytest.raises(pyvo.dal.DALQueryError, match="SR must not be negative"):
            service.search(pos=(52.297, 31.31), radius=-1)


@pytest.mark.parametrize(
    ("switches", "cone", "words"),
    [
        ({"empty_cone": "error"}, {"RA": "53", "DEC": "-30", "SR": "0.0001"}, "No sources found"),
        ({"empty_cone": "table"}, {"RA": "53", "DEC": "-30", "SR": "0.0001"}, None),
        ({"zero_sr": "error"}, {**NGC1333, "SR": "0"}, "SR has to be larger than 0"),
        ({"zero_sr": "empty"}, {**NGC1333, "SR": "0"}, None),
        ({"max_sr_deg": 0.5}, {**NGC1333, "SR": "1"}, "SR is larger than 0.5"),
    ],
)
def test_cones_without_rows_come_as_the_dialect_says(http, switches, cone, words):
    """An empty cone, SR=0 and too large an SR give an empty table or an error document."""
    with csc_server(dialect=Dialect(**switches)) as server:
        document = read(http.get(server.url + CONE, params=cone).content)

    assert document.error == words
    assert document.table is None or len(document.table) == 0


def test_pyvo_finds_position_and_name_by_the_standards_words(http):
    """With the ucds that the cone-search standard asks for, pyvo finds id and position."""
    with csc_server(dialect=Dialect(cone_ucds="scs")) as server:
        service = pyvo.dal.SCSService(server.url + CONE, session=http)
        result = service.search(pos=SkyCoord(52.297, 31.31, unit="deg"), radius=2 * u.arcmin)

    record = result[0]
    assert record.id.startswith("2CXO J0329")
    assert record.pos.separation(SkyCoord(52.297, 31.31, unit="deg")) < 2 * u.arcmin


@pytest.mark.parametrize("release", RELEASES.values(), ids=RELEASES)
def test_each_release_has_its_own_schema(server, http, release):
    """Every release serves the same sky under its own path and schema."""
    query = f"SELECT TOP 1 name FROM {release.schema}.master_source"
    params = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": query}

    answer = http.get(f"{server.url}{release.tap}/sync", params=params)

    assert len(table_of(answer)) == 1


def test_current_has_no_cone_search(server, http):
    """2.0 has a cone search, current has none."""
    old = http.get(f"{server.url}/csc2scs/coneSearch", params=NGC1333)
    current = http.get(f"{server.url}/csc_snapshot_scs/coneSearch", params=NGC1333)

    assert len(table_of(old)) == 11
    assert current.status_code == 404


# ---- Sesame ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["NGC 1333", "ngc1333"])
def test_astropy_resolves_a_name_of_the_sky(server, name):
    """The resolver of astropy finds the demo's names, however they are written."""
    with sesame_url.set([server.sesame_url]):
        found = get_icrs_coordinates(name)

    assert (found.ra.deg, found.dec.deg) == (52.297, 31.31)


def test_astropy_finds_no_position_for_an_unknown_name(server):
    """A name that is not known gets an answer without a position."""
    with (
        sesame_url.set([server.sesame_url]),
        pytest.raises(NameResolveError, match="Unable to find"),
    ):
        get_icrs_coordinates("Nowhere 7")
