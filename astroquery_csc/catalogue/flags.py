# Licensed under a 3-clause BSD style license - see LICENSE
"""
Which flags make a row unclean, at which level, and what a flag of a master sums up.

Pure. Variable or extended is not unclean, and neither is a source that human review changed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError

__all__ = ["FLAGS", "FLAG_LEVELS", "Flag", "clean_flags"]

#: The levels that have flags.
FLAG_LEVELS = ("master", "stack", "observation")

#: Largest ``pileup_warning`` (counts per frame in 3 x 3 pixels) of a clean observation: some 5 % of
#: pile-up. The other levels' flag stands for some 10 %, which is 0.2.
MAX_PILEUP = 0.1

#: Largest ``conf_code`` of a clean row: the bits 1, 2 and 4 are overlaps that include a background.
MAX_CONF_CODE = 7
#: Largest ``edge_code`` that users take as clean.
MAX_EDGE_CODE = 1


@dataclass(frozen=True, slots=True)
class Flag:
    """
    One thing that can be wrong, and the columns that say so.

    Parameters
    ----------
    what : str
        What is wrong.
    master : {"any", "all", "none"}
        What the master's flag means: wrong in any of its observations, or in all of them; none
        where the master does not tell.
    columns : mapping
        By level, the column and the value that a clean row has.
    """

    what: str
    master: Literal["any", "all", "none"]
    columns: Mapping[str, tuple[str, Any]]


def _columns(**columns: tuple[str, Any]) -> Mapping[str, tuple[str, Any]]:
    """Make a mapping that stays as it is."""
    return MappingProxyType(columns)


#: Every `Flag`, as `~astroquery_csc.clean_flags` takes them.
#: A master is clean by a flag of the kind "all" when a single observation of it is: the others may
#: be bad, so the rows of observations need the filter of their own level.
FLAGS: tuple[Flag, ...] = (
    Flag(
        "confused with a neighbour",
        "any",
        _columns(
            master=("conf_flag", [False, None]),
            stack=("conf_code", (0, MAX_CONF_CODE)),
            observation=("conf_code", (0, MAX_CONF_CODE)),
        ),
    ),
    Flag(
        "varies at a dither frequency",
        "any",
        _columns(
            master=("dither_warning_flag", False),
            stack=("dither_warning_flag", False),
            observation=("dither_warning_flag", False),
        ),
    ),
    Flag(
        "saturated",
        "all",
        _columns(
            master=("sat_src_flag", False),
            stack=("sat_src_flag", False),
            observation=("sat_src_flag", False),
        ),
    ),
    Flag(
        "on a readout streak",
        "all",
        _columns(
            master=("streak_src_flag", False),
            stack=("streak_src_flag", False),
            observation=("streak_src_flag", False),
        ),
    ),
    Flag(
        "piled up",
        "all",
        _columns(
            master=("pileup_flag", False),
            stack=("pileup_flag", False),
            observation=("pileup_warning", (None, MAX_PILEUP)),
        ),
    ),
    Flag(
        "at the edge of a chip",
        "none",
        _columns(
            stack=("edge_code", (0, MAX_EDGE_CODE)), observation=("edge_code", (0, MAX_EDGE_CODE))
        ),
    ),
    Flag(
        "on several chips",
        "none",
        _columns(stack=("multi_chip_code", 0), observation=("multi_chip_code", 0)),
    ),
)


def clean_flags(
    level: str,
    *,
    max_pileup: float | None = MAX_PILEUP,
    strict: bool = False,
    extended: bool = True,
) -> dict[str, Any]:
    """
    Give the filter that keeps clean rows, for ``column_filters``.

    A clean master is no promise for its observations: saturation, a readout streak and pile-up
    are flagged on a master only where they are in *all* of its observations; confusion and the
    dither warning where they are in *any*. Filter the rows of observations too. Null means
    unknown, and no row with a null in one of these columns passes, with one exception: the
    ``conf_flag`` of a highly extended source (``X``) is always null.

    Parameters
    ----------
    level : {"master", "stack", "observation"}
        Whose rows are to be filtered.
    max_pileup : float, optional
        Largest ``pileup_warning`` of an observation's row, in counts per frame in 3 x 3 pixels:
        0.02 means some 1 % of pile-up, 0.1 some 5 %, 0.2 some 10 %. None leaves the condition out:
        HRC does not have pile-up, and its rows may be null.
    strict : bool
        Whether ``conf_code`` and ``edge_code`` must be 0. By default ``conf_code`` is at most 7
        (overlaps that include a background region, but not two sources) and ``edge_code`` at
        most 1.
    extended : bool
        Whether highly extended sources (``X``), whose ``conf_flag`` is null, pass the filter of
        masters. Where they do not, ``meta["LEFTOUT"]`` and a warning count them.

    Returns
    -------
    dict
        What each column must be, as ``column_filters`` takes it. It is new at each call: take out
        or add what you like.

    Raises
    ------
    InvalidQueryError
        If the level is not known, or ``max_pileup`` is not a number from 0 on.
    InputTypeError
        If an argument is of the wrong type.

    Examples
    --------
    >>> from astroquery_csc import Csc, clean_flags
    >>> for name, value in clean_flags("master").items():
    ...     print(name, value)
    conf_flag [False, None]
    dither_warning_flag False
    sat_src_flag False
    streak_src_flag False
    pileup_flag False
    >>> t = Csc.query_detections(obsid=90005, column_filters=clean_flags("observation"))
    >>> bool(t["sat_src_flag"].any())
    False
    """
    if not isinstance(level, str):
        raise InputTypeError(f"level is {level!r}; expected one of {', '.join(FLAG_LEVELS)}.")
    if level not in FLAG_LEVELS:
        raise InvalidQueryError(
            f"Level {level!r} is not known.{did_you_mean(level, FLAG_LEVELS)} Known: "
            f"{', '.join(FLAG_LEVELS)}."
        )
    _check(max_pileup, strict=strict, extended=extended)
    wanted = dict(flag.columns[level] for flag in FLAGS if level in flag.columns)
    if strict:
        wanted |= {name: 0 for name in wanted if name.endswith("_code")}
    if "conf_flag" in wanted:
        wanted["conf_flag"] = [False, None] if extended else False
    if "pileup_warning" in wanted:
        wanted["pileup_warning"] = (None, max_pileup)
        if max_pileup is None:
            del wanted["pileup_warning"]
    return wanted


def _check(max_pileup: object, **switches: object) -> None:
    """Refuse a limit that is not a number, and switches that are neither True nor False."""
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise InputTypeError(f"{name} is {value!r}; expected True or False.")
    if max_pileup is None:
        return
    if isinstance(max_pileup, bool) or not isinstance(max_pileup, int | float | np.number):
        raise InputTypeError(
            f"max_pileup is {max_pileup!r}; expected a number such as 0.1, or None."
        )
    if not 0 <= max_pileup < math.inf:
        raise InvalidQueryError(
            f"max_pileup is {max_pileup!r}; expected counts per frame, from 0 on: 0.1 is some 5 %."
        )
