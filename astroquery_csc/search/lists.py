# Licensed under a 3-clause BSD style license - see LICENSE
"""
Lists of positions, request by request: parts of what was cut, and how to go on after a failure.

The requests of a list are sent one after the other: the archive is shared. Each answer is kept in
the cache, and the same list makes the same requests, so a second call repeats nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from astroquery import log

from astroquery_csc.backend import Answer, Boxes, Cone
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.columns import Columns, doubles
from astroquery_csc.exceptions import CscError, InvalidQueryError
from astroquery_csc.search.grouping import halves
from astroquery_csc.sky.geometry import Box
from astroquery_csc.sky.index import SkyIndex

__all__ = ["Fetched", "Stage", "check_length", "fetch", "is_round"]

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
            log.info(f"An answer is cut, or may be, after {most} rows; asking for less.")
            waiting += [Boxes(part, request.query) for part in reversed(parts)]
        else:
            requests.append(piece)
            answers.append(answer)
    return Fetched(_each_once(answers), requests, answers)


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


def is_round(rows: int) -> bool:
    """Tell whether a number of rows may be a limit that a service neither states nor marks."""
    return rows > 0 and rows % _ROUND_ROWS == 0


def _each_once(answers: Sequence[Answer]) -> Columns:
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
            return f"{done}, and are in the cache: the same call goes on from there."
        return f"{done}, but not kept, since the cache is off. With cache=True a call can go on."


def check_length(count: int, longest: int | None, release: Release) -> None:
    """Refuse a list that is too long to ask a shared service about."""
    if longest is None or count <= longest:
        return
    schema = release.schema
    raise InvalidQueryError(
        f"{count} positions are more than one call asks the archive about "
        f"(conf.max_remote_positions is {longest}): it is a service that many share. A mirror, the "
        "catalogue's table on your own disk, is fetched once and answers lists of any length:\n"
        f'    from astroquery_csc import mirror; mirror.create("{schema}")\n'
        f'    Csc(mirror="{schema}")\n'
        f"To ask the archive all the same: conf.max_remote_positions = {count}.",
        release=release.name,
    )
