# Licensed under a 3-clause BSD style license - see LICENSE
"""What is logged is on one line, and nothing that a terminal obeys."""

import logging
import re
from pathlib import Path

import astroquery_csc
from astroquery_csc.log import log


def test_a_message_is_cleaned_and_on_one_line(caplog):
    """Control characters are replaced, passwords hidden, lines joined."""
    caplog.set_level(logging.INFO, "astroquery")

    log.info("a\x1b[31m\nb http://user:secret@h/ http://token@h/")

    (record,) = caplog.records
    assert record.getMessage() == "a\ufffd[31m b http://user:***@h/ http://***@h/"
    assert (record.name, record.levelname) == ("astroquery", "INFO")


def test_nothing_is_logged_past_it():
    """No other file takes astroquery's logger, but for the command, which redirects it."""
    root = Path(astroquery_csc.__file__).parent
    takes = re.compile(r"^from astroquery import .*\blog\b", re.MULTILINE)

    found = {path.name for path in root.rglob("*.py") if takes.search(path.read_text("utf-8"))}

    assert found == {"log.py", "messages.py"}
