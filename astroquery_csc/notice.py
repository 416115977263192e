# Licensed under a 3-clause BSD style license - see LICENSE
"""Warnings that are seen each time, at the line of the user who asked."""

import inspect
import warnings

__all__ = ["warn"]

_PACKAGE = __name__.partition(".")[0]


def warn(message: str, category: type[Warning]) -> None:
    """
    Warn about one answer.

    Python shows a warning once for each line that gives it. That line would be one of this package,
    and the second table that is short, or empty, would be so in silence.
    """
    frame = inspect.currentframe()
    while frame is not None and frame.f_back is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] != _PACKAGE:
            break
        frame = frame.f_back
    name, line, module = "<unknown>", 0, None
    if frame is not None:
        name, line = frame.f_code.co_filename, frame.f_lineno
        module = str(frame.f_globals.get("__name__"))
    warnings.warn_explicit(message, category, name, line, module)
