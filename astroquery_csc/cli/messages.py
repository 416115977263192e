# Licensed under a 3-clause BSD style license - see LICENSE
"""What is said beside the data: one line each, on stderr, so that stdout can go into a file."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from astropy.utils.exceptions import AstropyWarning
from astroquery import log

__all__ = ["describe_error", "on_stderr", "say"]

_PREFIX = "astroquery_csc: "


def say(text: object) -> None:
    """Say something on stderr, on one line."""
    print(_PREFIX + " ".join(str(text).split()), file=sys.stderr, flush=True)


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
def on_stderr() -> Iterator[None]:
    """
    Send warnings of astropy's family and astroquery's log to stderr, one line each.

    astropy's own handler would write INFO to stdout, among the data.
    """
    handlers, propagate = list(log.handlers), log.propagate
    log.handlers, log.propagate = [_SayHandler()], False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", AstropyWarning)
            warnings.showwarning = _say_warning
            yield
    finally:
        log.handlers, log.propagate = handlers, propagate


def _say_warning(message: Any, *_: Any, **__: Any) -> None:
    """Say a warning; takes what ``warnings.showwarning`` gets."""
    say(f"warning: {message}")
