# Licensed under a 3-clause BSD style license - see LICENSE
"""What is said beside the data: one line each, on stderr, so that stdout can go into a file."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from astropy.utils.exceptions import AstropyWarning
from astroquery import log

from astroquery_csc.cli.wording import translate as in_words
from astroquery_csc.exceptions import clean

__all__ = ["describe_error", "note", "on_stderr", "say", "seconds_silent"]

_PREFIX = "astroquery-csc: "
_LAST = {"said": 0.0, "quiet": False}


def say(text: object, *, translate: bool = True) -> None:
    """Say something on stderr, on one line, in the command's words."""
    words = " ".join(clean(str(text)).split())
    _LAST["said"] = monotonic()
    line = in_words(words) if translate else words
    print(_PREFIX + line, file=sys.stderr, flush=True)


def note(text: object) -> None:
    """Say something that ``--quiet`` leaves out."""
    if not _LAST["quiet"]:
        say(text)


def seconds_silent() -> float:
    """Give the seconds since something was said."""
    return monotonic() - _LAST["said"]


def describe_error(error: BaseException) -> str:
    """Put an error in words."""
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}"
    return str(error) or type(error).__name__


class _SayHandler(logging.Handler):
    """Says what is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say one record."""
        say(record.getMessage())


@contextmanager
def on_stderr(*, quiet: bool = False) -> Iterator[None]:
    """
    Send warnings of astropy's family and astroquery's log to stderr, one line each, or nowhere.

    astropy's own handler would write INFO to stdout, among the data.
    """
    handlers, propagate, level = list(log.handlers), log.propagate, log.level
    log.handlers, log.propagate = [_SayHandler()], False
    _LAST["quiet"] = quiet
    if quiet:
        log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore" if quiet else "always", AstropyWarning)
            warnings.showwarning = _say_warning
            yield
    finally:
        log.handlers, log.propagate = handlers, propagate
        _LAST["quiet"] = False
        log.setLevel(level)


def _say_warning(message: Any, *_: Any, **__: Any) -> None:
    """Say a warning; takes what ``warnings.showwarning`` gets."""
    say(f"warning: {message}")
