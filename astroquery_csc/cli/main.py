# Licensed under a 3-clause BSD style license - see LICENSE
"""The command ``astroquery-csc``: run it, and turn errors into exit codes."""

import os
import sys
from collections.abc import Sequence

from astroquery_csc.cli.arguments import USAGE, parse
from astroquery_csc.cli.messages import describe_error, on_stderr, say
from astroquery_csc.exceptions import CscError, InputTypeError, InvalidQueryError

__all__ = ["main"]

FAILED = 1
#: What a shell reports for a program that a signal ended: 128 and the signal's number.
INTERRUPTED, READER_GONE = 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process without it.

    Returns
    -------
    int
        The exit code: 0 done; 1 the service, the resolver or a file failed; 2 the command must be
        changed; 130 Ctrl-C; 141 the reader of the output is gone.

    Examples
    --------
    >>> from astroquery_csc.cli.main import main
    >>> main(["columns", "master_source", "--keyword", "error ellipse, major"])
    table         name           datatype unit   ucd                           description
    ...
    0
    """
    with on_stderr():
        try:
            args = parse(argv)
            args.run(args)
            sys.stdout.flush()
        except SystemExit as stop:
            return int(stop.code or 0)
        except KeyboardInterrupt:
            say("stopped")
            return INTERRUPTED
        except BrokenPipeError:
            _drop_output()
            return READER_GONE
        except (InvalidQueryError, InputTypeError) as error:
            say(describe_error(error))
            return USAGE
        except (CscError, OSError) as error:
            say(describe_error(error))
            return FAILED
    return 0


def _drop_output() -> None:
    """Send the rest of stdout nowhere, so that Python does not complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
