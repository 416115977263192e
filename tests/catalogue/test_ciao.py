# Licensed under a 3-clause BSD style license - see LICENSE
"""CIAO's sets of columns: what they contain."""

import pytest

from astroquery_csc.catalogue.ciao import CIAO_SETS, ciao_set
from astroquery_csc.catalogue.schema import find_column

TABLES = {"m": "master_source", "s": "stack_source", "o": "observation_source"}
#: Numbers of columns, counted in CIAO's lists.
COUNTS = {
    "2.1": dict(zip(CIAO_SETS, (23, 41, 66, 48, 46, 57, 51, 85, 72), strict=True)),
    "2.0": dict(zip(CIAO_SETS, (13, 24, 34, 33, 41, 40, 49, 48, 54), strict=True)),
}
EACH = [(release, name) for release in COUNTS for name in CIAO_SETS]


@pytest.mark.parametrize(("release", "name"), EACH)
def test_a_set_has_as_many_columns_as_ciao_lists(release, name):
    """Bands and limits are written out, and no column comes twice."""
    columns = ciao_set(name, release)

    assert len(set(columns)) == len(columns) == COUNTS[release][name]


@pytest.mark.parametrize(("release", "name"), EACH)
def test_a_set_has_columns_of_the_catalogue(release, name):
    """Each is in the dictionary of its table."""
    columns = ciao_set(name, release)

    assert [one for one in columns if not find_column(release, one[2:], TABLES[one[0]])] == []


def test_the_basic_summary_of_release_2_0_is_what_ciao_lists():
    """The shortest set, whole."""
    assert ciao_set("MSBS", "2.0") == (
        *("m.name", "m.ra", "m.dec", "m.err_ellipse_r0", "m.conf_flag", "m.sat_src_flag"),
        *("m.significance", "m.flux_aper_b", "m.flux_aper_lolim_b", "m.flux_aper_hilim_b"),
        *("m.flux_aper_w", "m.flux_aper_lolim_w", "m.flux_aper_hilim_w"),
    )
