# Licensed under a 3-clause BSD style license - see LICENSE
"""What a mirror has if nothing is said about it, and what is said if that is too little."""

import re

import pytest

from astroquery_csc import mirror
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InvalidQueryError
from tests.support.comparing import NGC1333

SOURCE = "2CXO J174529.3-285749"


@pytest.fixture(scope="module")
def path(server, tmp_path_factory):
    """Copy what is copied by default."""
    place = tmp_path_factory.mktemp("mirror") / "csc21"
    mirror.create(place, csc=CscClass(server=server.url), expected=3393)
    return place


@pytest.mark.parametrize("columns", [None, "match"])
def test_default_calls_work_on_a_default_mirror(path, columns):
    """A cone gives all its sources, with the default columns and with those of "match"."""
    assert len(CscClass(mirror=path).query_region(NGC1333, "2 arcmin", columns=columns)) == 11


def test_a_light_curve_names_all_four_tables_at_once(path):
    """One call adds what it needs."""
    with pytest.raises(InvalidQueryError) as told:
        CscClass(mirror=path).query_light_curve(SOURCE)

    assert str(told.value).endswith(
        f"mirror.update({str(path)!r}, tables=('master_stack_assoc', 'stack_source', "
        "'stack_observation_assoc', 'observation_source'))."
    )


@pytest.mark.slow
def test_all_tables_can_be_copied_at_once(server, tmp_path):
    """Then a light curve works, and every column of a source is there."""
    made = mirror.create(tmp_path / "all", csc=server.csc, tables="all", expected=3393)
    offline = CscClass(mirror=tmp_path / "all")

    assert len(made) == 9
    assert len(offline.query_light_curve(SOURCE, bands="b")) == 6
    assert made["columns"][0] == 515


def test_a_table_that_cannot_be_copied_is_refused(server, tmp_path):
    """The table of the cone search has no rows of its own."""
    with pytest.raises(InvalidQueryError, match=re.escape("Table 'cone' cannot be copied.")):
        mirror.create(tmp_path / "csc21", csc=server.csc, tables="cone")
