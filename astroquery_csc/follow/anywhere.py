# Licensed under a 3-clause BSD style license - see LICENSE
"""Detections without names: around positions, and in parts where an answer is cut."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from astropy.table import Table

from astroquery_csc.adql.write import box_condition
from astroquery_csc.backend import Answer, Query
from astroquery_csc.columns import doubles
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.follow.levels import Output
from astroquery_csc.log import log
from astroquery_csc.search.ask import Search
from astroquery_csc.search.lists import halves
from astroquery_csc.search.region import DEFAULT_RADIUS, Region, region_of
from astroquery_csc.sky.geometry import Box
from astroquery_csc.sky.index import SkyIndex

__all__ = ["POSITION", "answers", "place_condition", "read_place", "within"]

#: Where a row's master is.
POSITION = (Output("m", "ra", "master_ra"), Output("m", "dec", "master_dec"))

#: Positions whose boxes go into one request.
_MOST = 100
_WHOLE_SKY = (Box(0.0, 360.0, -90.0, 90.0),)


def read_place(search: Search, coordinates: object, radius: object) -> Region | None:
    """Read the cones that detections are wanted in; None where they may be anywhere."""
    if coordinates is None:
        if radius is not None:
            raise InvalidQueryError(
                f"radius is {radius!r} without coordinates. Give coordinates, or leave it out."
            )
        return None
    size = DEFAULT_RADIUS if radius is None else radius
    return region_of(coordinates, size, None, None, search.resolve)


def place_condition(region: Region) -> list[str]:
    """Write the conditions that masters are in boxes around the positions, one per request."""
    return [box_condition(found.boxes, ra="m.ra", dec="m.dec") for found in region.groups(_MOST)]


def within(table: Table, region: Region) -> Table:
    """Cut a table to rows whose masters are in the cones, in the order they have."""
    index = SkyIndex(doubles(table["master_ra"]), doubles(table["master_dec"]))
    places = region.positions
    keep = np.zeros(len(table), dtype=bool)
    for block in index.blocks(places.ra_deg, places.dec_deg, region.radius_deg):
        keep[block.source] = True
    return table[keep]


def answers(
    search: Search, make: Callable[[Sequence[str]], Query]
) -> Iterator[tuple[Query, Answer]]:
    """Ask a query; where the answer is cut, ask for ever smaller parts of the sky instead."""
    whole, answer = search.asked(partial(make, []))
    if not answer.overflow:
        yield whole, answer
        return
    most, waiting = len(answer.columns), list(reversed(halves(_WHOLE_SKY)))
    log.info(f"The answer is cut after {most} rows; asking for parts of the sky instead.")
    rows = 0
    while waiting:
        boxes = waiting.pop()
        query, answer = search.asked(partial(make, [box_condition(boxes, ra="m.ra", dec="m.dec")]))
        parts = halves(boxes) if answer.overflow and len(answer.columns) >= most else []
        if parts:
            waiting += reversed(parts)
            continue
        rows += len(answer.columns)
        log.info(f"{rows} rows so far; {len(waiting)} parts of the sky wait.")
        yield query, answer
