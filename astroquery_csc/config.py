# Licensed under a 3-clause BSD style license - see LICENSE
"""Configuration: what a user can set once, in ``astroquery_csc.cfg`` or on ``conf``."""

from astropy import config

__all__ = ["ARCHIVE_URL", "Conf", "conf"]

#: Root of the services of the Chandra Data Archive.
ARCHIVE_URL = "https://cda.cfa.harvard.edu"


class Conf(config.ConfigNamespace):
    """
    Configuration parameters for `astroquery_csc`.

    They are read at the moment of a call, so ``conf.set_temp`` works, and from
    ``astroquery_csc.cfg`` in astropy's configuration folder.
    """

    server: str = config.ConfigItem(
        ARCHIVE_URL,
        "Root of the Chandra Data Archive's services; every path hangs under it.",
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
        "Seconds that one whole query may take: a synchronous answer, or an asynchronous job.",
        cfgtype="float",
        module="astroquery_csc",
    )
    retries: int = config.ConfigItem(
        3,
        "How often a request is sent again after a failure that may pass.",
        cfgtype="integer",
        module="astroquery_csc",
    )
    retry_wait: float = config.ConfigItem(
        1.0,
        "Seconds before the first of these tries; the next ones wait ever longer.",
        cfgtype="float",
        module="astroquery_csc",
    )
    positions_per_request: int = config.ConfigItem(
        100,
        "Largest number of positions of a list that are asked for in one request.",
        cfgtype="integer",
        module="astroquery_csc",
    )
    max_remote_positions: int = config.ConfigItem(
        10000,
        "Longest list of positions that one call asks the archive about; a mirror has no limit.",
        cfgtype="integer",
        module="astroquery_csc",
    )


conf: Conf = Conf()
