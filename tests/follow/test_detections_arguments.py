# Licensed under a 3-clause BSD style license - see LICENSE
"""query_detections: what is refused before anything is sent."""

import pytest
from astropy import units as u
from astropy.table import Table

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from tests.support.comparing import RequestLog


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "Give names, coordinates, obsid"),
        ({"names": "NGC 1333"}, "is not a 2CXO name"),
        ({"names": "CXO J004206.1+411853"}, "release 1 of the catalogue"),
        ({"names": []}, "There is no name"),
        ({"names": Table({"source": ["2CXO J004206.1+411853"]})}, "no column 'name'"),
        ({"obsid": []}, "obsid is empty"),
        ({"obsid": -1}, "cannot be"),
        ({"obsid": 735, "level": "observations"}, "Did you mean 'observation'"),
        ({"obsid": 735, "level": "master"}, "query_criteria and query_object give masters"),
        ({"obsid": 735, "match_type": "unix"}, "match_type is 'unix', and 'i' does not exist"),
        ({"radius": 1 * u.arcmin, "obsid": 735}, "without coordinates"),
        ({"obsid": 735, "match_type": ""}, "match_type is empty"),
        ({"obsid": 735, "columns": "flux_apper_b"}, "Did you mean 'flux_aper_b'"),
        ({"obsid": 735, "columns": "err_ellipse_r0"}, "Of another level: 'm.err_ellipse_r0'"),
        ({"obsid": 735, "columns": "x.ra"}, "is of no level"),
        ({"obsid": 735, "columns": "match"}, "no set 'match' of columns of observations"),
        ({"obsid": 735, "columns": []}, "columns is empty"),
        ({"obsid": 735, "columns": "o.theta", "level": "stack"}, "a value in each observation"),
        ({"obsid": 735, "column_filters": {"match_type": "u"}}, "match_type='u'"),
        ({"obsid": 735, "column_filters": {"name": "x"}}, "names='x'"),
        ({"obsid": 735, "column_filters": {"thetta": 1}}, "Did you mean 'theta'"),
        ({"obsid": 735, "column_filters": {"theta": 1 * u.s}}, "expected one value in arcmin"),
    ],
)
def test_bad_input_is_refused_with_the_sentence_that_helps(csc, server, arguments, words):
    """Nothing of the question is sent; the message says what to write."""
    log = RequestLog(server)

    with pytest.raises(InvalidQueryError, match=words):
        csc.query_detections(**arguments)

    assert not [query for query in log.queries if "TAP_SCHEMA" not in query]


@pytest.mark.parametrize(
    "arguments",
    [
        {"names": 5},
        {"names": [5]},
        {"obsid": "735"},
        {"obsid": True},
        {"obsid": 735.0},
        {"obsid": 735, "level": 3},
        {"obsid": 735, "match_type": 3},
        {"obsid": 735, "match_type": [3]},
        {"obsid": 735, "columns": 3},
        {"obsid": 735, "columns": [3]},
        {"obsid": 735, "column_filters": "theta"},
        {"obsid": 735, "column_filters": {3: 3}},
        {"obsid": 735, "cache": "yes"},
    ],
)
def test_a_value_of_the_wrong_type_is_a_type_error(csc, arguments):
    """InputTypeError, which is a TypeError too."""
    with pytest.raises(InputTypeError):
        csc.query_detections(**arguments)
