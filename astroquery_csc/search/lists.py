# Licensed under a 3-clause BSD style license - see LICENSE
"""
Lists of positions: groups of neighbours, one request each, and how to go on after a failure.

Positions are sorted by zones of declination and by right ascension within each, so the same list
always makes the same requests. The archive is shared: requests are sent one after the other, and
each answer is kept in the cache, so a second call repeats nothing. The boxes of a request are
larger than the cones, but there are few of them; sources outside the cones are dropped later.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from astroquery_csc.adql.write import box_condition
from astroquery_csc.backend import Answer, Boxes, Cone
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.columns import Columns, doubles
from astroquery_csc.exceptions import CscError, InvalidQueryError
from astroquery_csc.log import log
from astroquery_csc.sky.geometry import Box, area_deg2, cone_edges
from astroquery_csc.sky.index import SkyIndex

__all__ = [
    "CONDITION_BYTES",
    "Fetched",
    "Group",
    "Stage",
    "check_length",
    "fetch",
    "group",
    "halves",
    "is_round",
    "merged",
]

_ROUND_ROWS = 1000
#: What a box may be larger in a query than here: two steps of its decimals.
_ROUNDED_DEG = 2e-5


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came for some boxes."""

    columns: Columns
    requests: Sequence[Boxes | Cone]
    answers: list[Answer]


def fetch(request: Boxes, send: Callable[[Boxes], Answer]) -> Fetched:
    """Ask for some boxes, in ever smaller parts where an answer is cut at the row limit."""
    waiting, most = [request], 0
    requests: list[Boxes] = []
    answers: list[Answer] = []
    while waiting:
        piece = waiting.pop()
        answer = send(piece)
        parts = halves(piece.boxes) if _is_limited(answer, piece, most) else []
        if parts:
            most = max(most, len(answer.columns))
            log.info(f"An answer is cut, or may be, after {most} rows; smaller requests follow.")
            waiting += [Boxes(part, request.query) for part in reversed(parts)]
        else:
            requests.append(piece)
            answers.append(answer)
    return Fetched(_stacked(answers), requests, answers)


def _is_limited(answer: Answer, piece: Boxes, most: int) -> bool:
    """
    Whether an answer was, or may have been, cut at a row limit, so that asking for less helps.

    Then it has no fewer rows than others that were cut, and they are what was asked for. A service
    that calls every answer cut would be asked without end.
    """
    rows = len(answer.columns)
    if not (answer.overflow or is_round(rows)) or rows < max(most, 1):
        return False
    index = SkyIndex(*(doubles(answer.columns[name]) for name in ("ra", "dec")))
    wider = [
        Box(
            box.ra_min_deg - _ROUNDED_DEG,
            box.ra_max_deg + _ROUNDED_DEG,
            box.dec_min_deg - _ROUNDED_DEG,
            box.dec_max_deg + _ROUNDED_DEG,
        )
        for box in piece.boxes
    ]
    return index.rows_in(wider).size == rows


def merged(parts: Sequence[Fetched]) -> Fetched:
    """Put together what came for parts of a question."""
    return Fetched(
        _stacked([replace(part.answers[0], columns=part.columns) for part in parts]),
        [request for part in parts for request in part.requests],
        [answer for part in parts for answer in part.answers],
    )


def is_round(rows: int) -> bool:
    """Tell whether a number of rows may be a limit that a service neither states nor marks."""
    return rows > 0 and rows % _ROUND_ROWS == 0


def _stacked(answers: Sequence[Answer]) -> Columns:
    """Stack the rows of several answers; boxes may share sources at their edges."""
    if len(answers) == 1:
        return answers[0].columns
    full = [answer.columns for answer in answers if len(answer.columns)] or [answers[0].columns]
    columns = Columns.stack(full)
    names = np.asarray(columns["name"], dtype=np.str_)
    return columns[np.sort(np.unique(names, return_index=True)[1])]


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a list has come."""

    request: int
    requests: int
    done: int
    positions: int
    kept: bool

    @contextmanager
    def told(self) -> Iterator[None]:
        """Let an error say how far the list has come and how to go on; it stays the same error."""
        try:
            yield
        except CscError as error:
            if self.requests > 1:
                error.args = (f"{error} {self._words()}", *error.args[1:])
            raise

    def _words(self) -> str:
        """Say how far the list has come."""
        failed = f"Request {self.request} of {self.requests} failed"
        if not self.done:
            return f"{failed}, and with it the list of {self.positions} positions."
        done = f"{failed}; {self.done} of {self.positions} positions are done"
        if self.kept:
            return f"{done}, and are in the cache: the same call continues from there."
        return f"{done}, but not kept, since the cache is off. With cache=True a call can continue."


def check_length(count: int, longest: int | None, release: Release) -> None:
    """Refuse a list that is too long to ask a shared service about."""
    if longest is None or count <= longest:
        return
    schema = release.schema
    raise InvalidQueryError(
        f"{count} positions are more than one call may send to the archive "
        f"(conf.max_remote_positions is {longest}), which many people share. A mirror, a copy of "
        "the catalogue on your own disk, takes lists of any length:\n"
        f'    from astroquery_csc import mirror; mirror.create("{schema}")\n'
        f'    Csc(mirror="{schema}")\n'
        f"To send them to the archive anyway: conf.max_remote_positions = {count}.",
        release=release.name,
    )


Indices = NDArray[np.intp]
Floats = NDArray[np.float64]

#: Longest condition of one request: that of 200 names, each with quotes, comma and blank. Longer
#: lists of names were seen to break connections; no other limit is known.
CONDITION_BYTES = 200 * 26
#: What a position may cost in sky that nobody asked for: about two sources, at the 10 sources in a
#: square degree that the catalogue has on average. A position in a request costs as much.
_SPARE_DEG2 = 0.2
#: What boxes that share a range may be larger than the boxes by themselves, beside that.
_GROWTH = 1.5
_SKY_DEG2 = 41253.0
#: A smaller box is not halved any more: the extent of a source.
_SMALLEST_DEG = 1.0 / 3600


@dataclass(frozen=True, slots=True)
class Group:
    """Positions that one request is about."""

    indices: Indices
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class _Cones:
    """Cones around positions, with the zone of declination that each belongs to."""

    ra_deg: Floats
    dec_deg: Floats
    radius_deg: Floats
    zone: Indices


def group(ra_deg: Floats, dec_deg: Floats, radius_deg: Floats, most: int | None) -> list[Group]:
    """Group cones for requests."""
    if most is None:
        _, edges = cone_edges(ra_deg, dec_deg, radius_deg)
        return [Group(np.arange(ra_deg.size), _each_once(edges))]
    zone = _zones(dec_deg, radius_deg)
    cones = _Cones(ra_deg, dec_deg, radius_deg, zone)
    order = np.lexsort((dec_deg, ra_deg, zone))
    return [
        found
        for start in range(0, order.size, most)
        for found in _fitting(cones, order[start : start + most])
    ]


def _zones(dec_deg: Floats, radius_deg: Floats) -> Indices:
    """
    Give each cone the number of a zone of declination, with cones of about its own size.

    The zones are half as high as positions are apart, were they spread over the sky, unless that
    costs too much; and no lower than the cones.
    """
    size = 2 * radius_deg
    apart = float(np.sqrt(_SKY_DEG2 / size.size))
    height = max(min(apart / 2, _SPARE_DEG2 / float(np.median(size))), _SMALLEST_DEG)
    # Each class of sizes has zones twice as high as the one before.
    kind = np.ceil(np.log2(np.maximum(size / height, 1.0)))
    place = np.floor((dec_deg + 90.0) / (height * 2.0**kind))
    return np.asarray(np.unique(np.stack([kind, place]), axis=1, return_inverse=True)[1].ravel())


def _fitting(cones: _Cones, some: Indices) -> Iterator[Group]:
    """Make a group, or the two halves where its condition is too long."""
    boxes = _boxes(cones, some)
    if some.size == 1 or len(box_condition(boxes)) <= CONDITION_BYTES:
        yield Group(some, boxes)
        return
    middle = some.size // 2
    yield from _fitting(cones, some[:middle])
    yield from _fitting(cones, some[middle:])


def _boxes(cones: _Cones, some: Indices) -> tuple[Box, ...]:
    """Cover some cones, zone by zone: with a common range of declination, or each by itself."""
    owner, edges = cone_edges(cones.ra_deg[some], cones.dec_deg[some], cones.radius_deg[some])
    zone = cones.zone[some][owner]
    found = []
    for number in np.unique(zone):
        parts = edges[zone == number]
        strip = _strip(parts)
        most = _GROWTH * area_deg2(parts).sum() + _SPARE_DEG2 * len(parts)
        chosen = strip if area_deg2(strip).sum() <= most else parts
        found.append(chosen)
    return _each_once(np.concatenate(found))


def _each_once(edges: Floats) -> tuple[Box, ...]:
    """Make boxes, without repeats."""
    return tuple(Box(*edge) for edge in dict.fromkeys(map(tuple, edges.tolist())))


def _strip(edges: Floats) -> Floats:
    """Give boxes one range of declination, and join those that meet, or nearly so, in RA."""
    edges = edges[np.argsort(edges[:, 0], kind="stable")]
    reach = np.maximum.accumulate(edges[:, 1])
    narrowest = (edges[:, 1] - edges[:, 0]).min()
    begins = np.append(True, edges[1:, 0] - reach[:-1] > narrowest)
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(edges)) - 1
    dec_min, dec_max = edges[:, 2].min(), edges[:, 3].max()
    ends = [np.full(first.size, dec_min), np.full(first.size, dec_max)]
    return np.stack([edges[first, 0], reach[last], *ends], axis=1)


def halves(boxes: tuple[Box, ...]) -> list[tuple[Box, ...]]:
    """Cut what one request is about into two."""
    if len(boxes) > 1:
        middle = len(boxes) // 2
        return [boxes[:middle], boxes[middle:]]
    (box,) = boxes
    ra, dec = (box.ra_min_deg + box.ra_max_deg) / 2, (box.dec_min_deg + box.dec_max_deg) / 2
    height = box.dec_max_deg - box.dec_min_deg
    width = (box.ra_max_deg - box.ra_min_deg) * float(np.cos(np.radians(dec)))
    if max(height, width) < _SMALLEST_DEG:
        return []
    if height >= width:
        lower, upper = (box.dec_min_deg, dec), (dec, box.dec_max_deg)
        return [(Box(box.ra_min_deg, box.ra_max_deg, *ends),) for ends in (lower, upper)]
    spans = (box.ra_min_deg, ra), (ra, box.ra_max_deg)
    return [(Box(*span, box.dec_min_deg, box.dec_max_deg),) for span in spans]
