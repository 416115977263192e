# Licensed under a 3-clause BSD style license - see LICENSE
"""
Sloppy documents over HTTP: what loses nothing is read; the rest is refused, and not kept.

The documents are invented: the one of ``tests/faults/bodies.py``, with one quirk each.
"""

import pytest
from astropy import units as u
from astropy.utils.exceptions import AstropyUserWarning
from astroquery.exceptions import MaxResultsWarning

from astroquery_csc.exceptions import TableParseError
from tests.faults.bodies import FIELDS, votable
from tests.faults.model import client
from tests.faults.server import fault_server, http
from tests.support.comparing import assert_same_table

ADQL = "SELECT name, ra, dec, significance FROM csc21.master_source"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
GOOD = votable()


def with_fields(**changes):
    """Write the document with other fields."""
    return votable(fields=[changes.get(field[0], field) for field in FIELDS])


def changed(old, new):
    """Write the document with one thing changed."""
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def ask(body, folder, **arguments):
    """Ask a service that answers so; give the table, and what is kept."""
    with (
        fault_server(lambda wire, _: wire.send(http(body))) as server,
        client(server.url, folder) as csc,
    ):
        return csc.query_tap(ADQL, validate=False, **arguments)


@pytest.fixture
def usual(tmp_path):
    """Give the table of the document as it should be."""
    return ask(GOOD, tmp_path / "usual")


QUIRKS = {
    "a document type": changed(b"<VOTABLE", b'<!DOCTYPE VOTABLE SYSTEM "http://a.test/b"><VOTABLE'),
    "a blank line before it": b"\n" + GOOD,
    "no declaration": changed(DECLARATION, b""),
    "UTF-16": GOOD.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "an empty precision": with_fields(ra=("ra", 'double" precision="', "deg")),
    "a string without arraysize": with_fields(name=("name", "char", "")),
    "a string longer than its column": with_fields(name=("name", 'char" arraysize="5', "")),
    "a string of two dimensions": with_fields(name=("name", 'char" arraysize="5x4', "")),
    "a coordinate system without ID": changed(b"<TABLE", b'<COOSYS system="ICRS"/><TABLE'),
    "no unit of a position": with_fields(ra=("ra", "double", "")),
    "another table before it": changed(
        b"<RESOURCE",
        b'<RESOURCE type="meta"><TABLE><FIELD name="a" datatype="int"/><DATA><TABLEDATA/></DATA>'
        b"</TABLE></RESOURCE><RESOURCE",
    ),
}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_quirk_that_loses_nothing_is_the_usual_table(usual, tmp_path, quirk):
    """Values, masks, dtypes, units and meta are those of the tidy document."""
    found = ask(QUIRKS[quirk], tmp_path / "quirk")

    assert_same_table(found, usual)


@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_quirk_is_read_from_the_cache_as_from_the_service(tmp_path, quirk):
    """The second answer is the first one."""
    with (
        fault_server(lambda wire, _: wire.send(http(QUIRKS[quirk]))) as server,
        client(server.url, tmp_path) as csc,
    ):
        cold = csc.query_tap(ADQL, validate=False)
        kept = len(csc.cache_info())
        warm = csc.query_tap(ADQL, validate=False)

    assert kept == 1
    assert_same_table(warm, cold)


def test_a_word_in_a_number_is_masked_and_said(usual, tmp_path):
    """One warning counts them; the other cells are what they are."""
    body = changed(b"<TD>23.176909884218283</TD>", b"<TD>null</TD>")

    with pytest.warns(AstropyUserWarning, match=r"significance \(1\)"):
        found = ask(body, tmp_path / "quirk")

    assert found["significance"].mask.tolist() == [True, False, False]
    assert found["ra"].tolist() == usual["ra"].tolist()


def test_a_total_that_is_larger_is_said(tmp_path):
    """``nrows`` states how many rows there are in the database: the table is marked as cut."""
    with pytest.warns(MaxResultsWarning):
        found = ask(changed(b"<TABLE", b'<TABLE nrows="407806"'), tmp_path)

    assert (len(found), found.meta["TRUNC"]) == (3, True)


def test_a_unit_that_is_dropped_costs_no_value(usual, tmp_path):
    """A column that no dictionary knows has no unit then, and its values are there."""
    fields = [*FIELDS[:-1], ("new_column", "double", "10**999999999")]

    found = ask(votable(fields=fields), tmp_path / "quirk")

    assert found["new_column"].unit is None
    assert found["new_column"].tolist() == usual["err_ellipse_ang"].tolist()


def test_a_unit_that_is_dropped_is_that_of_the_dictionary_where_it_is_known(tmp_path):
    """The unit of a position is known, whatever the service writes."""
    found = ask(with_fields(ra=("ra", "double", "10**999999999")), tmp_path)

    assert found["ra"].unit == u.deg


REFUSED = {
    "rows without fields": (votable(fields=()), "no FIELD says what is in them"),
    "a document type with declarations": (
        changed(b"<VOTABLE", b'<!DOCTYPE VOTABLE [<!ENTITY a "b">]><VOTABLE'),
        "document type",
    ),
    "a column without a name": (with_fields(ra=("", "double", "deg")), "FIELD 2 has no name"),
    "a zero byte in a name": (with_fields(ra=("r\0a", "double", "deg")), "not a complete VOTable"),
    "300,000 elements": (changed(b"<TABLE", b"<INFO/>" * 300_000 + b"<TABLE"), "20,000 elements"),
    "300,000 elements behind it": (
        changed(b"</RESOURCE>", b"<RESOURCE/>" * 300_000 + b"</RESOURCE>"),
        "20,000 elements",
    ),
}


@pytest.mark.parametrize("quirk", REFUSED)
def test_what_could_make_a_table_wrong_is_refused_and_not_kept(tmp_path, quirk):
    """The error says what it is, and the cache stays empty."""
    body, words = REFUSED[quirk]

    with pytest.raises(TableParseError, match=words):
        ask(body, tmp_path)

    assert not list(tmp_path.glob("*.csc"))
