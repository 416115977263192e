# Licensed under a 3-clause BSD style license - see LICENSE
"""Positions as people type and paste them, through every verb that takes one."""

import pytest

from astroquery_csc.exceptions import InvalidQueryError

VERBS = {
    "cone": lambda csc, place: csc.query_region(place, "1 arcmin", get_query_payload=True),
    "box": lambda csc, place: csc.query_region(place, width="1 arcmin", get_query_payload=True),
    "detections": lambda csc, place: csc.query_detections(
        coordinates=place, radius="1 arcmin", get_query_payload=True
    ),
    "light curve": lambda csc, place: csc.query_light_curve(
        place, radius="1 arcmin", get_query_payload=True
    ),
    "sensitivity": lambda csc, place: csc.query_sensitivity(place, get_query_payload=True),
    "images": lambda csc, place: csc.query_sia(place, "0.5 deg", get_query_payload=True),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("45.0 \u221231.25", "45 -31.25"),
        ("45.0,\u221231.25", "45 -31.25"),
        ("45.0, \u201331.25", "45 -31.25"),
        ("45.0\u00a0\u221231.25", "45 -31.25"),
        ("03:00:00 \u221231:15:00", "3h0m0s -31d15m0s"),
        ("03:00:00, -31:15:00", "3h0m0s -31d15m0s"),
        ("03:00:00\u221231:15:00", "3h0m0s -31d15m0s"),
        ("03 00 00 \u221231 15 00", "3h0m0s -31d15m0s"),
        ("3h0m0s \u221231d15m0s", "3h0m0s -31d15m0s"),
        ("3h0m0s,-31d15m0s", "3h0m0s -31d15m0s"),
        ("03:00:00+31:15:00", "3h0m0s +31d15m0s"),
    ],
)
def test_a_position_is_read_in_every_spelling(csc, verb, typed, plain):
    """Sexagesimal is hours and degrees; a printed minus is a minus."""
    assert verb(csc, typed) == verb(csc, plain)


@pytest.mark.parametrize("typed", ["03:29:11.3", "10.5 99", "1 2 3", "03:29 +31:18", "45 -"])
def test_half_a_position_is_refused(csc, typed):
    """Nothing is resolved or sent."""
    with pytest.raises(InvalidQueryError):
        csc.query_region(typed, "1 arcmin")
