# Licensed under a 3-clause BSD style license - see LICENSE
"""Cones answered from tables in memory, against astropy's separations."""

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from astroquery_csc.backend import Cone
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.catalogue.schema import VERBOSITY
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.testing.engine import LocalBackend
from astroquery_csc.testing.sky.catalogue import NAMES
from tests.support.examples import examples
from tests.testing.test_local import MASTER, RELEASE, SKY, TABLES, small_table

pytest.importorskip("duckdb")


@pytest.fixture(scope="module")
def sky():
    """Serve the whole test catalogue."""
    named = {f"csc21.{name}": table for name, table in TABLES.items()}
    with LocalBackend(named, release=RELEASE, url="here") as backend:
        yield backend


@pytest.fixture(scope="module")
def small():
    """Serve four rows, as csc21.t."""
    with LocalBackend({"csc21.t": small_table()}, release=RELEASE) as backend:
        yield backend


CENTRES = st.one_of(
    st.sampled_from(sorted(NAMES.values())),
    st.sampled_from(list(zip(MASTER["ra"].tolist(), MASTER["dec"].tolist(), strict=True))),
    st.tuples(st.floats(0, 360), st.floats(-90, 90)),
)
RADII = st.one_of(
    st.floats(1e-6, 180), st.floats(1e-6, 0.2), st.sampled_from([1e-6, 2 / 60, 1.0, 90.0, 180.0])
)


@examples(150)
@given(centre=CENTRES, radius=RADII)
def test_cones_agree_with_skycoord(sky, centre, radius):
    """A cone holds the sources that astropy finds inside, everywhere, seam and poles included."""
    ra_deg, dec_deg = centre
    separation = SKY.separation(SkyCoord(ra_deg, dec_deg, unit="deg")).deg

    names = set(sky.cone(Cone(ra_deg, dec_deg, radius, 1)).table["name"])

    assert set(MASTER["name"][separation < radius - 1e-10]) <= names
    assert names <= set(MASTER["name"][separation <= radius + 1e-10])


def test_a_cone_has_the_columns_of_its_verbosity_in_catalogue_order(sky):
    """VERB 1 and 2 have the columns of the schema, 3 has all; rows keep the table's order."""
    ra_deg, dec_deg = NAMES["NGC 1333"]

    answers = [sky.cone(Cone(ra_deg, dec_deg, 2 / 60, verb)).table for verb in (1, 2, 3)]

    assert [tuple(t.colnames) for t in answers] == [*VERBOSITY.values(), tuple(MASTER.colnames)]
    assert [len(t) for t in answers] == [11, 11, 11]
    assert [t["name"].tolist() for t in answers] == [sorted(answers[0]["name"].tolist())] * 3


def test_the_widest_and_the_smallest_cone(sky):
    """180 degrees hold every source, and a radius of zero the source at its centre."""
    widest = sky.cone(Cone(123.4, 56.7, 180.0, 1)).table
    smallest = sky.cone(Cone(MASTER["ra"][5], MASTER["dec"][5], 0.0, 1)).table

    assert len(widest) == len(MASTER)
    assert smallest["name"].tolist() == [MASTER["name"][5]]


def test_an_empty_cone_keeps_columns_and_units(sky):
    """A cone without a source is an empty table with everything but rows."""
    found = sky.cone(Cone(120.0, -70.0, 0.1)).table

    assert (len(found), found["err_ellipse_r0"].unit) == (0, u.arcsec)


def test_sources_without_a_position_are_in_no_cone():
    """A null in ra or dec never falls inside."""
    tables = {"csc21.master_source": small_table()}

    with LocalBackend(tables, release=RELEASE) as backend:
        found = backend.cone(Cone(0.0, 0.0, 180.0, 3)).table

    assert found["name"].tolist() == ["b", "a"]


@pytest.mark.parametrize(
    ("cone", "words"),
    [
        (Cone(1.0, 2.0, 0.1, 4), "VERB is 1, 2 or 3, not 4"),
        (Cone(1.0, 2.0, -0.1), "A radius is 0 to 180 degrees, not -0.1"),
        (Cone(1.0, 2.0, float("nan")), "A radius is 0 to 180 degrees, not nan"),
        (Cone(1.0, 91.0, 0.1), "not a position in degrees"),
        (Cone(float("nan"), 2.0, 0.1), "not a position in degrees"),
    ],
)
def test_cones_that_cannot_be_are_refused(sky, cone, words):
    """A wrong verbosity, radius or centre is an InvalidQueryError with the value."""
    with pytest.raises(InvalidQueryError, match=words):
        sky.cone(cone)


def test_a_cone_needs_its_table_and_columns(small):
    """Without master_source, or one of its columns, the error names what is missing."""
    partial = LocalBackend({"csc21.master_source": small_table()}, release=RELEASE)

    with pytest.raises(InvalidQueryError, match=r"There is no csc21\.master_source here"):
        small.cone(Cone(1.0, 2.0, 0.1))
    with partial, pytest.raises(InvalidQueryError, match="here has no conf_flag, err_ellipse_r0"):
        partial.cone(Cone(1.0, 2.0, 0.1))


def test_a_release_without_cone_search_has_none():
    """``has_cone`` follows the release, and a cone is refused with the way on."""
    tables = {"csc_snapshot.master_source": small_table()}

    with LocalBackend(tables, release=get_release("current")) as backend:
        assert not backend.has_cone
        with pytest.raises(InvalidQueryError, match="has no cone search; ask with ADQL"):
            backend.cone(Cone(1.0, 2.0, 0.1, 1))
