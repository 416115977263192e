# Licensed under a 3-clause BSD style license - see LICENSE
"""stdout and stderr as they are found: closed, narrow, or without a reader."""

import os
import pathlib
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper

__all__ = ["READER_GONE", "drop_output", "flushed", "usable_streams"]

#: What a shell reports for a program that a signal ended: 128 and the signal's number.
READER_GONE = 141
_FAILED = 1


@contextmanager
def usable_streams() -> Iterator[None]:
    """Write characters that stdout lacks as escapes, and what goes to a closed stream nowhere."""
    with ExitStack() as stack:
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:
                # print() to no stderr would go to stdout, among the data.
                nowhere = stack.enter_context(pathlib.Path(os.devnull).open("w", encoding="utf-8"))
                stack.callback(setattr, sys, name, None)
                setattr(sys, name, nowhere)
        out = sys.stdout
        if isinstance(out, TextIOWrapper) and out.errors == "strict":
            out.reconfigure(errors="backslashreplace")
            stack.callback(out.reconfigure, errors="strict")
        yield


def flushed(code: int) -> int:
    """Write what is left, and give an exit code."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
        return READER_GONE
    except OSError:
        drop_output()
        return _FAILED
    return code


def drop_output() -> None:
    """Send the rest of stdout nowhere, so that Python does not complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
