# Licensed under a 3-clause BSD style license - see LICENSE
"""The line about a long answer: where it is written, how often, and when it is not."""

import io
import sys

import pytest
from astroquery import log

from astroquery_csc import progress
from astroquery_csc.progress import Meter


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self):
        """Say so."""
        return True


class Broken(io.StringIO):
    """A text stream whose reader went away."""

    def write(self, _text):
        """Fail."""
        raise BrokenPipeError


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Let the time pass by the word only."""
    now = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    return now


def test_what_is_done_soon_says_nothing(clock):
    """An answer of less than two seconds needs no line."""
    out = Terminal()

    with Meter(None, out) as line:
        clock[0] += 1.9
        line.tell_bytes(1_000_000)

    assert out.getvalue() == ""


def test_a_terminal_has_one_line_that_changes_and_goes(clock):
    """Bytes, rows and rate are rewritten in place; at the end the line is blank again."""
    out = Terminal()

    with Meter(124_200_000, out) as line:
        for count in (5_000_000, 10_000_000):
            clock[0] += 2.5
            line.tell_rows(count // 300)
            line.tell_bytes(count)

    first, second, blank, end = out.getvalue().split("\r")[1:]
    assert first == "Chandra Source Catalog: 5.0 of 124.2 MB, 16,666 rows, 2.0 MB/s"
    assert second == "Chandra Source Catalog: 10.0 of 124.2 MB, 33,333 rows, 2.0 MB/s"
    assert (blank, end) == (" " * len(second), "")


def test_anything_else_gets_a_line_every_few_seconds(clock):
    """A notebook or a file is not flooded, and nothing is rewritten in it."""
    out = io.StringIO()

    with Meter(None, out) as line:
        for count in range(1, 195):
            clock[0] += 0.1
            line.tell_bytes(count * 1_000_000)

    assert 3 <= len(out.getvalue().splitlines()) <= 4
    assert "\r" not in out.getvalue()


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_a_quiet_log_means_no_line(clock, level, monkeypatch):
    """Who sets the level of astroquery's log to WARNING sees nothing."""
    monkeypatch.setattr(log, "level", log.level)
    log.setLevel(level)
    out = Terminal()

    with Meter(None, out) as line:
        clock[0] += 9
        line.tell_bytes(1_000_000)

    assert out.getvalue() == ""


def test_of_many_lines_a_terminal_shows_one(clock):
    """Two threads do not write over each other; the second shows itself when the first is done."""
    out, other = Terminal(), Terminal()

    with Meter(None, other) as second:
        with Meter(None, out) as first:
            clock[0] += 3
            first.tell_bytes(1)
            second.tell_bytes(1)
            hidden = other.getvalue()
        clock[0] += 3
        second.tell_bytes(2_000_000)

    assert hidden == ""
    assert "2.0 MB" in other.getvalue()


def test_a_line_that_cannot_be_written_is_no_error(clock):
    """An answer is not lost because nobody reads stderr any more."""
    with Meter(None, Broken()) as line:
        clock[0] += 9
        line.tell_bytes(1_000_000)


def test_where_there_is_no_stderr_nothing_is_written(clock, monkeypatch):
    """Python without a console has none."""
    monkeypatch.setattr(sys, "stderr", None)

    with Meter(None) as line:
        clock[0] += 9
        line.tell_bytes(1_000_000)


def _interrupt(line, clock):
    """Show a line and press Ctrl-C."""
    clock[0] += 9
    line.tell_bytes(1_000_000)
    raise KeyboardInterrupt


def test_an_interrupt_leaves_no_line(clock):
    """After Ctrl-C the terminal is as before, and the next answer may have its line."""
    out, after = Terminal(), Terminal()

    with pytest.raises(KeyboardInterrupt), Meter(None, out) as line:
        _interrupt(line, clock)
    with Meter(None, after) as line:
        clock[0] += 9
        line.tell_bytes(1_000_000)

    assert out.getvalue().endswith(" \r")
    assert "1.0 MB" in after.getvalue()
