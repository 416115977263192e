# Licensed under a 3-clause BSD style license - see LICENSE
"""
The releases of the catalogue: one row each, with endpoints, schema prefix, counts and quirks.

A new release is one row here, or, before this package knows it, one call of `register`.
"""

from dataclasses import dataclass

from astroquery_csc.exceptions import InputTypeError, InvalidQueryError

__all__ = ["RELEASES", "Release", "get_release", "register"]

DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """
    One release of the Chandra Source Catalog and where its services are.

    Parameters
    ----------
    name : str
        What a user types: ``"2.1"``.
    schema : str
        Prefix of the tables in ADQL.
    tap, cone, sia : str
        Paths of the services under the server's root; empty for a service that does not exist.
    csccli : str
        The ``version`` that the csccli services take.
    limsen : str
        Path of the limiting-sensitivity service, which takes the same ``version``.
    masters, compact, extended, stacks, observations : int
        Published counts; -1 where the number is not fixed or not known.
    cache_seconds : int
        Longest time that an answer may be served from the cache; -1 leaves it to
        ``astroquery.cache_conf``.
    hard_limit : int
        The row limit that the TAP service states.
    note : str
        What a user should know.
    """

    name: str
    schema: str
    tap: str
    cone: str = ""
    sia: str = ""
    csccli: str = ""
    limsen: str = "/csclimsen/limsen"
    masters: int = -1
    compact: int = -1
    extended: int = -1
    stacks: int = -1
    observations: int = -1
    cache_seconds: int = -1
    hard_limit: int = 1_000_000
    note: str = ""


#: Every `Release` that is known, by its name; `register` adds to it.
RELEASES: dict[str, Release] = {
    row.name: row
    for row in (
        Release(
            name="2.1",
            schema="csc21",
            tap="/csc21tap",
            cone="/csc21scs/coneSearch",
            sia="/csc21siap/queryImages",
            csccli="rel2.1",
            masters=407_806,
            compact=406_089,
            extended=1_717,
            stacks=10_034,
            observations=15_533,
            note="served as 2.1.1 since 2024-10-18: 400 sources renamed",
        ),
        Release(
            name="2.0",
            schema="csc2",
            tap="/csc2tap",
            cone="/csc2scs/coneSearch",
            sia="/csc2siap/queryImages",
            csccli="rel2.0",
            masters=317_167,
            compact=315_868,
            extended=1_299,
            stacks=7_287,
            observations=10_382,
            note="2.0.1 since 2020-11-24: variability recomputed; positions not tied to Gaia",
        ),
        Release(
            name="current",
            schema="csc_snapshot",
            tap="/csc_snapshot_tap",
            csccli="cur",
            cache_seconds=DAY // 2,
            note="changes from day to day; state the date with every number",
        ),
    )
}


def get_release(name: str) -> Release:
    """
    Find a release by its name.

    Parameters
    ----------
    name : str
        One of ``RELEASES``: ``"2.1"``, ``"2.0"``, ``"current"``.

    Returns
    -------
    Release
        The row of the table of releases.

    Raises
    ------
    InputTypeError
        If ``name`` is not a string.
    InvalidQueryError
        If there is no such release, or it has no TAP service (1.1).

    Examples
    --------
    >>> from astroquery_csc.catalogue.releases import get_release
    >>> get_release("2.1").schema
    'csc21'
    """
    if not isinstance(name, str):
        raise InputTypeError(
            f"A release is a string, not {type(name).__name__} ({name!r}). Write release='2.1'."
        )
    if name in RELEASES:
        return RELEASES[name]
    known = ", ".join(RELEASES)
    if name.startswith("1"):
        raise InvalidQueryError(
            f"Release {name!r} has another schema and no TAP service. Known: {known}.",
            release=name,
        )
    raise InvalidQueryError(f"Release {name!r} is not known. Known: {known}.", release=name)


def register(release: Release) -> None:
    """
    Add a release, or replace one: other endpoints, a release that is new.

    Parameters
    ----------
    release : Release
        The new row.

    Raises
    ------
    InputTypeError
        If ``release`` is not a `Release`.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from astroquery_csc.catalogue.releases import RELEASES, get_release, register
    >>> mine = replace(RELEASES["2.1"], name="mine", tap="/mytap")
    >>> register(mine)
    >>> get_release("mine").tap
    '/mytap'
    >>> _ = RELEASES.pop("mine")
    """
    if not isinstance(release, Release):
        raise InputTypeError(
            f"register() takes a Release, not {type(release).__name__}. "
            "Write dataclasses.replace(RELEASES['2.1'], name=…)."
        )
    RELEASES[release.name] = release
