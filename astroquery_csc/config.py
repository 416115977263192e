# Licensed under a 3-clause BSD style license - see LICENSE
"""Configuration: what a user can set once, in ``astroquery_csc.cfg`` or on ``conf``."""

import math
from numbers import Real
from typing import Any
from urllib.parse import urlsplit

from astropy import config
from astropy import units as u

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError

__all__ = [
    "ARCHIVE_URL",
    "SHORTEST_SECONDS",
    "Conf",
    "conf",
    "number",
    "seconds",
    "server_address",
]

#: Root of the services of the Chandra Data Archive.
ARCHIVE_URL = "https://cda.cfa.harvard.edu"
#: The shortest time limit, in seconds.
SHORTEST_SECONDS = 1e-6


class Conf(config.ConfigNamespace):
    """
    Configuration parameters for `astroquery_csc`.

    They are read at the moment of a call, so ``conf.set_temp`` works, and from
    ``astroquery_csc.cfg`` in astropy's configuration folder.
    """

    server: str = config.ConfigItem(
        ARCHIVE_URL,
        "Root of the Chandra Data Archive's services; all paths are relative to it.",
        module="astroquery_csc",
    )
    release: str = config.ConfigItem(
        "2.1",
        "Release of the catalogue: 2.1, 2.0 or current.",
        cfgtype="string",
        module="astroquery_csc",
    )
    row_limit: int = config.ConfigItem(
        -1,
        "Largest number of rows that a query verb returns; -1 means no limit.",
        cfgtype="integer",
        module="astroquery_csc",
    )
    timeout: float = config.ConfigItem(
        120.0,
        "Seconds to wait for a connection, or for the next bytes of an answer.",
        cfgtype="float",
        module="astroquery_csc",
    )
    max_wait: float = config.ConfigItem(
        1800.0,
        "Seconds that a whole query may take, synchronous or as a job.",
        cfgtype="float",
        module="astroquery_csc",
    )
    retries: int = config.ConfigItem(
        3,
        "Number of times that a request is repeated after a temporary failure.",
        cfgtype="integer",
        module="astroquery_csc",
    )
    retry_wait: float = config.ConfigItem(
        1.0,
        "Seconds before the first retry; later waits are longer.",
        cfgtype="float",
        module="astroquery_csc",
    )
    positions_per_request: int = config.ConfigItem(
        100,
        "Largest number of positions in one request.",
        cfgtype="integer",
        module="astroquery_csc",
    )
    max_remote_positions: int = config.ConfigItem(
        10000,
        "Largest number of positions in one call to the archive; a mirror has no limit.",
        cfgtype="integer",
        module="astroquery_csc",
    )
    cache_max_mb: float = config.ConfigItem(
        4000.0,
        "Megabytes that cached answers may take; the oldest are removed first. -1 means no limit.",
        cfgtype="float",
        module="astroquery_csc",
    )

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a setting; any other name would change nothing, and is refused."""
        if not hasattr(type(self), name):
            names = [name for name, item in vars(Conf).items() if hasattr(item, "cfgtype")]
            raise AttributeError(f"conf has no setting {name!r}. Settings: {', '.join(names)}.")
        super().__setattr__(name, value)


conf: Conf = Conf()


def number(name: str, value: float, *, least: float = 0.0) -> float:
    """Check a number of the configuration."""
    value = float(value)
    if not least <= value < math.inf:
        raise InvalidQueryError(
            f"conf.{name} is {value:g}; expected a number, {least:g} or more. "
            f"conf.reset({name!r}) restores it."
        )
    return value


def server_address(server: object) -> str:
    """Read the address of a server."""
    if not isinstance(server, str):
        raise InputTypeError(
            f"server is {server!r}; expected an address such as 'https://cda.cfa.harvard.edu'."
        )
    try:
        parts = urlsplit(server)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    blank = any(letter.isspace() or not letter.isprintable() for letter in server)
    if not is_address or blank or parts.query or parts.fragment:
        raise InvalidQueryError(
            f"server {server!r} is not a web address. Write 'https://cda.cfa.harvard.edu'."
        )
    if parts.username is not None:
        without = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        raise InvalidQueryError(
            "server contains a user name or password, which would appear in tables and messages. "
            f"Write {without!r}, and set _session.auth, or use a .netrc file."
        )
    return server.rstrip("/")


def seconds(timeout: object) -> float:
    """Read a time limit."""
    value: Any = timeout
    if isinstance(timeout, u.Quantity):
        try:
            value = timeout.to_value(u.s)
        except u.UnitConversionError as error:
            raise InvalidQueryError(
                f"timeout is {timeout!r}; expected a time, such as 2*u.min."
            ) from error
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputTypeError(
            f"timeout is {timeout!r}; expected a number of seconds, such as 60, or one time with "
            "its unit, such as 2*u.min."
        )
    if not SHORTEST_SECONDS <= float(value) < float("inf"):
        raise InvalidQueryError(f"timeout is {timeout!r}; expected seconds above 0.")
    return float(value)
