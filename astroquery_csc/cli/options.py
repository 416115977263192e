# Licensed under a 3-clause BSD style license - see LICENSE
"""Options that several subcommands share, under the names of Python's arguments."""

import argparse
from typing import Any

from astropy import units as u

from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.cli.client import ARCHIVE
from astroquery_csc.cli.files import ENDINGS
from astroquery_csc.cli.formats import FORMATS
from astroquery_csc.cli.places import read_radius
from astroquery_csc.exceptions import InvalidQueryError

__all__ = [
    "PROGRAM",
    "add",
    "add_choice",
    "add_common",
    "add_files",
    "add_output",
    "add_release",
    "add_resolver",
    "add_server",
    "add_service",
    "angle",
    "read_filters",
    "word_list",
]

PROGRAM = "astroquery-csc"
CONFIGURED = "what is configured, or else the archive"


def add(parts: Any, name: str, summary: str, about: str, run: Any, **more: str) -> Any:
    """Add a subcommand with the options that all have."""
    form = argparse.RawDescriptionHelpFormatter
    part = parts.add_parser(name, help=summary, description=about, formatter_class=form, **more)
    part.set_defaults(run=run)
    add_common(part)
    return part


def add_common(part: Any) -> None:
    """Add what every subcommand has."""
    part.add_argument(
        "-q", "--quiet", action="store_true", help="no warnings and no progress; errors only"
    )


def add_choice(part: Any, *, verbosity: bool = True) -> None:
    """Add the options that choose columns and rows of master_source."""
    choice = part.add_mutually_exclusive_group()
    choice.add_argument(
        "--columns",
        type=word_list,
        metavar="A,B,...",
        help="columns of master_source, '*' for all, or a set: match, photometry, variability, "
        "quality; name, ra and dec always come",
    )
    if verbosity:
        choice.add_argument(
            "--verbosity",
            type=int,
            choices=(1, 2, 3),
            help="1: name and position, 2: 24 columns (default), 3: all",
        )
    _add_filters(part)
    part.add_argument("--criteria", metavar="ADQL", help="a further condition: 'significance > 10'")
    part.add_argument("--row-limit", type=int, metavar="N", help="at most N sources; -1 for all")


def _add_filters(part: Any) -> None:
    """Add ``--column-filters``."""
    part.add_argument(
        "--column-filters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="keep rows with this value, or range: significance=10.. or theta=..5 or a=1..2; "
        "may be given several times",
    )


def add_files(part: Any, *, location: str | None = ".") -> None:
    """Add where downloaded files go."""
    part.add_argument(
        "--location",
        metavar="DIR",
        default=location,
        help="folder for the files; made if it does not exist"
        + (" (default: %(default)s)" if location else ""),
    )


def add_service(part: Any) -> None:
    """Add the options of a subcommand that asks the service for rows."""
    add_release(part)
    add_server(part)
    part.add_argument("--mirror", metavar="PATH", help="a mirror to ask instead of a service")
    part.add_argument(
        "--no-cache",
        dest="cache",
        action="store_const",
        const=False,
        help="ask again, even if the answer is in the cache",
    )
    part.add_argument(
        "--payload",
        action="store_true",
        help="show the first request as JSON, and send nothing to the catalogue",
    )


def add_release(part: Any) -> None:
    """Add ``--release``."""
    known = ", ".join(RELEASES)
    part.add_argument("--release", metavar="NAME", help=f"release of the catalogue: {known}")


def add_server(part: Any, default: str = CONFIGURED) -> None:
    """Add ``--server`` and ``--timeout``."""
    part.add_argument(
        "--server",
        metavar="URL",
        help=f"root of the services, or {ARCHIVE} for the Chandra Data Archive "
        f"(default: {default})",
    )
    part.add_argument(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="how long to wait for a connection, or for the next bytes (default: 120)",
    )


def add_resolver(part: Any) -> None:
    """Add ``--resolver``."""
    part.add_argument("--resolver", metavar="URL", help="another Sesame service for names")


def add_output(part: Any, *, picture: bool = False) -> None:
    """Add the options for where a table goes."""
    endings = " ".join([*ENDINGS, *([".png"] if picture else [])])
    part.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=f"write a file, by its ending: {endings}; or - for stdout",
    )
    part.add_argument(
        "--format", choices=FORMATS, help="format of FILE, or of stdout (into a pipe: tsv)"
    )
    part.add_argument(
        "--overwrite", "--clobber", action="store_true", help="replace FILE if it exists"
    )
    part.add_argument(
        "--strict", action="store_true", help="exit code 3 if the table is not complete"
    )


def word_list(text: str) -> list[str]:
    """Read a list of words with commas between them."""
    return [word.strip() for word in text.split(",") if word.strip()]


def angle(text: str) -> u.Quantity:
    """Read an angle, which needs its unit here."""
    try:
        found = read_radius(text, needs_unit=True)
    except InvalidQueryError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from error
    return found


def read_filters(texts: list[str]) -> dict[str, Any] | None:
    """Read ``NAME=VALUE`` as `~astroquery_csc.CscClass.query_region` takes filters."""
    filters: dict[str, Any] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (name and sign and value):
            raise InvalidQueryError(
                f"--column-filters {text!r} is not NAME=VALUE. Write significance=10.. or "
                "extent_flag=TRUE."
            )
        low, dots, high = value.partition("..")
        filters[name] = (_number(low), _number(high)) if dots else _value(name, value)
    return filters or None


def _number(text: str) -> float | None:
    """Read one end of a range; nothing is not an end."""
    try:
        return float(text) if text.strip() else None
    except ValueError as error:
        raise InvalidQueryError(
            f"--column-filters: {text!r} is not a number. Write significance=10.. for 10 or more."
        ) from error


def _value(name: str, text: str) -> Any:
    """Read one value: a flag, a number, or a text (likelihood_class is a text, also ``TRUE``)."""
    if name.endswith("_flag") and text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
