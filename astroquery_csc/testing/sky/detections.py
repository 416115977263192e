# Licensed under a 3-clause BSD style license - see LICENSE
"""
The synthetic detections: which stacks detected which masters, and in which observations.

A detection is a region of a stack. It belongs to one master (``u``), to two (``a``), to none, or
is forced at the place of a master that the stack did not detect (``n``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astroquery_csc.testing.sky.fields import (
    Field,
    Observations,
    Sources,
    Stacks,
    close_pairs,
)

__all__ = ["Detections", "all_by", "any_by", "detect", "max_by", "observe"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Detections in every stack that no master owns.
_ORPHANS = 2
#: Shares of the masters that a later stack detects, or has a forced limit of; it misses the rest.
_DETECTED, _FORCED = 0.70, 0.22
#: Share of a stack's observations in which a detection lies on the chips.
_ON_CHIP = 0.94


@dataclass(frozen=True, slots=True)
class Detections:
    """The regions of the stacks: one element a detection, in the order of stacks and regions."""

    stack: Ints
    region: Ints
    master: Ints
    other: Ints
    match: npt.NDArray[np.str_]


def detect(
    rng: np.random.Generator, fields: Sequence[Field], sources: Sources, stacks: Stacks
) -> Detections:
    """Say what the stacks detected."""
    rows = [
        row
        for number, field in enumerate(fields)
        for row in _field(rng, number, field.first_share, sources, stacks)
    ]
    for stack in range(stacks.name.size):
        rows.extend([(stack, -1, -1, "")] * _ORPHANS)
    of_stack, master, other = (np.array([row[part] for row in rows]) for part in range(3))
    match = np.array([row[3] for row in rows])
    order = np.lexsort((rng.random(of_stack.size), of_stack))
    counts = np.bincount(of_stack)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    region = np.arange(of_stack.size) - np.repeat(starts, counts) + 1
    return Detections(of_stack[order], region, master[order], other[order], match[order])


def _field(
    rng: np.random.Generator, number: int, first_share: float, sources: Sources, stacks: Stacks
) -> Iterator[tuple[int, int, int, str]]:
    """Give (stack, master, other master, match) of one field."""
    members = np.flatnonzero(sources.field == number)
    here = np.flatnonzero(stacks.field == number)
    size = (here.size, members.size)
    match = rng.choice(["u", "n", ""], size=size, p=[_DETECTED, _FORCED, 1 - _DETECTED - _FORCED])
    first = rng.random(members.size) < first_share
    match[0, first] = "u"
    if here.size == 1:
        pairs: list[tuple[int, int]] = []
    else:
        pairs = close_pairs(sources.ra_deg[members], sources.dec_deg[members])
    blended = np.array(pairs, dtype=int).ravel()
    match[0, blended] = "u"
    match[1:, blended] = ""
    lost = ~(match == "u").any(axis=0)
    match[-1, lost] = "u"
    for row, stack in enumerate(here.tolist()):
        for column in np.flatnonzero(match[row] != ""):
            yield stack, int(members[column]), -1, str(match[row, column])
        if row:
            yield from ((stack, int(members[one]), int(members[two]), "a") for one, two in pairs)


def observe(
    rng: np.random.Generator, detections: Detections, observations: Observations
) -> tuple[Ints, Ints]:
    """Say in which observations of its stack each detection was seen."""
    used = np.flatnonzero(~observations.empty)
    stack = observations.stack[used]
    pairs = [(stack == number).nonzero()[0] for number in range(int(stack.max()) + 1)]
    counts = np.array([found.size for found in pairs])[detections.stack]
    detection = np.repeat(np.arange(detections.stack.size), counts)
    observation = used[np.concatenate([pairs[number] for number in detections.stack.tolist()])]
    is_first = np.concatenate([[True], detection[1:] != detection[:-1]])
    kept = is_first | (rng.random(detection.size) < _ON_CHIP)
    return detection[kept], observation[kept]


def any_by(index: Ints, flag: Bools, size: int) -> Bools:
    """Tell for each group whether any of its members is flagged."""
    return np.asarray(np.bincount(index, flag, minlength=size) > 0)


def all_by(index: Ints, flag: Bools, size: int) -> Bools:
    """Tell for each group whether it has members, and all of them are flagged."""
    members = np.bincount(index, minlength=size)
    return np.asarray((members > 0) & (np.bincount(index, flag, minlength=size) == members))


def max_by(index: Ints, values: Floats, size: int) -> Floats:
    """Find the largest value of each group."""
    largest = np.full((size, *values.shape[1:]), np.nan)
    np.fmax.at(largest, index, values)
    return largest
