# Licensed under a 3-clause BSD style license - see LICENSE
"""stdout and stderr that are closed, narrow, full or without a reader."""

import io
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from astroquery_csc.cli.main import main
from astroquery_csc.cli.output import Output
from astroquery_csc.cli.streams import usable_streams

OPTIONS = {"output": None, "strict": False, "overwrite": False}


class Terminal(io.StringIO):
    """A terminal, which remembers what was shown."""

    def isatty(self):
        """Say that it is one."""
        return True


class Broken(io.StringIO):
    """A stream that takes everything, and fails when it should be written."""

    def __init__(self, error):
        super().__init__()
        self._error = error

    def flush(self):
        """Fail."""
        raise self._error


@pytest.mark.parametrize("arguments", [["releases"], ["cite"], ["releases", "--format", "json"]])
def test_a_closed_stdout_takes_nothing_and_is_no_error(monkeypatch, capfd, arguments):
    """The command ends as it would, without a traceback."""
    monkeypatch.setattr(sys, "stdout", None)

    assert main(arguments) == 0
    assert sys.stdout is None
    assert capfd.readouterr() == ("", "")


def test_a_closed_stderr_puts_nothing_among_the_data(monkeypatch, capsys):
    """What is said goes nowhere."""
    monkeypatch.setattr(sys, "stderr", None)

    assert main(["cone"]) == 2
    assert capsys.readouterr().out == ""


def test_characters_that_stdout_lacks_become_escapes(monkeypatch):
    """PYTHONIOENCODING=ascii or LANG=C: no traceback, and nothing is lost."""
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)

    with usable_streams():
        sys.stdout.write("Cruz é …")
        sys.stdout.flush()

    assert narrow.buffer.getvalue() == b"Cruz \\xe9 \\u2026"
    assert narrow.errors == "strict"


@pytest.mark.parametrize(
    ("error", "code"), [(BrokenPipeError(), 141), (OSError(28, "No space left on device"), 1)]
)
def test_help_that_cannot_be_written_has_its_exit_code(monkeypatch, error, code):
    """``--help | head`` ends without a word, and a full disk is no success."""
    dropped = []
    monkeypatch.setattr("astroquery_csc.cli.streams.drop_output", lambda: dropped.append(1))
    monkeypatch.setattr(sys, "stdout", Broken(error))

    assert main(["--version"]) == code
    assert dropped == [1]


@pytest.mark.parametrize("kind", ["csv", "json", None])
def test_no_format_lets_a_cell_reach_a_terminal_as_it_is(monkeypatch, kind):
    """Also the formats for pipes are cleaned where they go to a terminal."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    table = Table({"a": np.array(["\x9b31m\u202eno"])})

    arguments: Any = SimpleNamespace(format=kind, **OPTIONS)

    Output(arguments).give(table)

    assert "no" in screen.getvalue()
    assert not {"\x9b", "\u202e"} & set(screen.getvalue())
