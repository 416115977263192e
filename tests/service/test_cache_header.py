# Licensed under a 3-clause BSD style license - see LICENSE
"""The header of a cached answer: read when it is one, and else refused with what is wrong."""

import json
from dataclasses import asdict

import pytest

from astroquery_csc.service.cache import Entry, read_header

GOOD = asdict(Entry("0" * 40, "http://a", "TAP", "2.1", 1.0, 5, "0" * 64))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 1}, "not a header of version 2"),
        ({"more": 1}, "not a header of version 2"),
        ({"url": 5}, "a text is not a text"),
        ({"sha256": None}, "a text is not a text"),
        ({"size": -1}, "a size is not a size"),
        ({"size": 5.0}, "a size is not a size"),
        ({"size": True}, "a size is not a size"),
        ({"retrieved": "now"}, "a time is not a time"),
        ({"retrieved": -1}, "a time is not a time"),
        ({"retrieved": 253_402_300_800.0}, "a time is not a time"),
        ({"retrieved": float("nan")}, "a time is not a time"),
    ],
)
def test_a_header_says_what_is_wrong_with_it(change, words):
    """Each value has its type and its range; the log has the reason."""
    assert read_header(json.dumps(GOOD).encode()) == Entry(**GOOD)

    with pytest.raises(ValueError, match=rf"^{words}$"):
        read_header(json.dumps(GOOD | change).encode())


def test_a_header_without_end_is_no_header():
    """Depth is an error of ours, not a RecursionError."""
    with pytest.raises(ValueError, match=r"^nested too deeply$"):
        read_header(b"[" * 100_000)
