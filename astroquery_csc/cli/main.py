# Licensed under a 3-clause BSD style license - see LICENSE
"""The command ``astroquery-csc``: run it, and turn errors into exit codes."""

import json
import shlex
import sys
from argparse import Namespace
from collections.abc import Sequence

from astroquery_csc.cli.arguments import USAGE, parse
from astroquery_csc.cli.client import Described
from astroquery_csc.cli.commands.serve import serve
from astroquery_csc.cli.demo import demo
from astroquery_csc.cli.messages import describe_error, on_stderr, say
from astroquery_csc.cli.options import PROGRAM
from astroquery_csc.cli.output import Incomplete
from astroquery_csc.cli.streams import READER_GONE, drop_output, flushed, usable_streams
from astroquery_csc.cli.waiting import sign_of_life
from astroquery_csc.exceptions import CscError, InputTypeError, InvalidQueryError

__all__ = ["main"]

FAILED, INCOMPLETE = 1, 3
#: Subcommands that say themselves what they are doing.
_ON_THEIR_OWN = (serve, demo)
#: What a shell reports for a program that Ctrl-C ended.
INTERRUPTED = 130


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
        changed; 3 with ``--strict``, the table is not complete; 130 Ctrl-C; 141 the reader of the
        output is gone.

    Examples
    --------
    >>> from astroquery_csc.cli.main import main
    >>> main(["cite"])
    @article{Evans2024,
    ...
    0
    """
    words = list(sys.argv[1:] if argv is None else argv)
    with usable_streams():
        try:
            args = parse(words)
        except SystemExit as stop:
            return flushed(int(stop.code or 0))
        with on_stderr(quiet=args.quiet):
            return _run(args, words)


def _run(args: Namespace, words: list[str]) -> int:
    """Run one subcommand, and turn what it raises into an exit code."""
    try:
        with sign_of_life(quiet=args.quiet or args.run in _ON_THEIR_OWN):
            args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        say("stopped. " + _way_on(args, words), translate=False)
        return INTERRUPTED
    except BrokenPipeError:
        drop_output()
        return READER_GONE
    except Described as told:
        print(json.dumps(told.payload, indent=2, ensure_ascii=False, default=str))
    except Incomplete:
        say("the table is not complete (--strict).")
        return INCOMPLETE
    except (InvalidQueryError, InputTypeError) as error:
        say(describe_error(error))
        return USAGE
    except (CscError, OSError) as error:
        say(describe_error(error))
        return FAILED
    return 0


def _way_on(args: Namespace, words: list[str]) -> str:
    """Write the line that goes on after Ctrl-C: what has come is not fetched again."""
    line = shlex.join([PROGRAM, *words])
    if getattr(args, "cache", None) is False:
        return f"To start again: {line}"
    return f"What was received is kept. To continue: {line}"
