# Licensed under a 3-clause BSD style license - see LICENSE
"""Warnings: each short or empty table has its own, and it points at the user's line."""

import warnings

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astroquery.exceptions import MaxResultsWarning, NoResultsWarning

from tests.support.comparing import NGC1333

NOWHERE = SkyCoord([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], unit="deg")


@pytest.fixture
def seen():
    """Python's usual filter, under which a warning comes once for each line that gives it."""
    with warnings.catch_warnings(record=True) as found:
        warnings.resetwarnings()
        warnings.simplefilter("default")
        yield found


def test_every_empty_table_warns(csc, seen):
    """Not only the first of a session."""
    tables = [csc.query_region(place, 1 * u.arcmin) for place in NOWHERE]

    assert [len(table) for table in tables] == [0, 0, 0]
    assert [warning.category for warning in seen] == [NoResultsWarning] * 3


def test_every_short_table_warns(csc, seen):
    """The same call twice is short twice, and says so twice."""
    tables = [csc.query_region(NGC1333, 2 * u.arcmin, row_limit=3) for _ in range(2)]

    assert [table.meta["TRUNC"] for table in tables] == [True, True]
    assert [warning.category for warning in seen] == [MaxResultsWarning] * 2


def test_a_warning_points_at_the_line_that_asked(csc, seen):
    """A line of this package would help nobody."""
    csc.query_region(NOWHERE[0], 1 * u.arcmin)

    assert [warning.filename for warning in seen] == [__file__]


def test_a_category_can_be_ignored(csc, seen):
    """What the user filters stays filtered."""
    warnings.simplefilter("ignore", NoResultsWarning)

    csc.query_region(NOWHERE[0], 1 * u.arcmin)

    assert not seen


def test_a_category_can_be_an_error(csc):
    """A script that wants to stop at an empty table can."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", NoResultsWarning)
        with pytest.raises(NoResultsWarning, match="No row matches"):
            csc.query_region(NOWHERE[0], 1 * u.arcmin)
