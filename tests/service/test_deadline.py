# Licensed under a 3-clause BSD style license - see LICENSE
"""One thread watches the time limits of all queries."""

import threading
from contextlib import ExitStack

from astroquery_csc.service.deadline import Deadline


def test_a_limit_shorter_than_one_before_is_kept():
    """What is over first hangs up first, whichever limit was set first, and others go on."""
    short, long = threading.Event(), threading.Event()

    with Deadline(60).watch(long.set), Deadline(0.02).watch(short.set):
        hung_up = short.wait(5)

    assert (hung_up, long.is_set()) == (True, False)


def test_a_block_that_ends_in_time_is_left_alone():
    """Nothing is hung up on once the block is over."""
    over, later = threading.Event(), threading.Event()

    with Deadline(0.05).watch(over.set):
        pass
    with Deadline(0.1).watch(later.set):
        later.wait(5)

    assert (over.is_set(), later.is_set()) == (False, True)


def test_many_limits_share_one_thread():
    """A hundred limits at once take one thread."""
    with ExitStack() as stack:
        _ = [stack.enter_context(Deadline(60).watch(lambda: None)) for _ in range(100)]
        names = [thread.name for thread in threading.enumerate()]

    assert names.count("time limits") == 1
