# Licensed under a 3-clause BSD style license - see LICENSE
"""
The fast decoder stays fast: it is measured beside astropy's reader, in one process.

The figures that users are told are in docs/develop/benchmarks; these tests only see to it that no
change loses what was won. They measure CPU time, so that a busy machine does not fail them.
"""

import io
from collections.abc import Callable
from time import process_time

import pytest
from astropy.io.votable import parse_single_table

from astroquery_csc import optional
from astroquery_csc.votable import reader as votable
from tests.votable.decoding import rows_decoded_fast
from tests.votable.votable_parts import plain

pytestmark = pytest.mark.slow

ROWS = 20_000


def best_of(times: int, *readers: Callable[[], object]) -> list[float]:
    """Let readers take turns, and give the shortest time of each."""
    seconds: list[list[float]] = [[] for _ in readers]
    for _ in range(times):
        for reader, found in zip(readers, seconds, strict=True):
            start = process_time()
            reader()
            found.append(process_time() - start)
    return [min(found) for found in seconds]


def test_the_decoder_is_five_times_as_fast_as_astropy():
    """It is some twenty times as fast on a quiet machine; five is the least."""
    text = plain(ROWS)
    assert rows_decoded_fast(text) == ROWS

    ours, astropy = best_of(
        3,
        lambda: votable.read(io.BytesIO(text)),
        lambda: parse_single_table(io.BytesIO(text)).to_table(),
    )

    assert astropy / ours >= 5


def test_eight_times_the_rows_take_no_more_than_sixteen_times_as_long():
    """The cost of a row does not grow with their number."""
    short, long = plain(ROWS), plain(8 * ROWS)

    few, many = best_of(
        5, lambda: votable.read(io.BytesIO(short)), lambda: votable.read(io.BytesIO(long))
    )

    assert many / few <= 16


def test_without_pyarrow_it_is_not_much_slower_than_astropy(monkeypatch):
    """What is looked at beside astropy's reader costs a part of its time, not a multiple."""
    monkeypatch.setattr(optional, "has_arrow", lambda: False)
    text = plain(ROWS)

    ours, astropy = best_of(
        3,
        lambda: votable.read(io.BytesIO(text)),
        lambda: parse_single_table(io.BytesIO(text)).to_table(),
    )

    assert ours / astropy <= 2
