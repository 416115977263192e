# Licensed under a 3-clause BSD style license - see LICENSE
"""Answers that are cut at any byte, however they are sent: the right table, or an error."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table

from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import CscError, RemoteServiceError, TableParseError
from tests.faults.bodies import chunked, votable, zipped
from tests.faults.model import client, limits, same
from tests.faults.server import Request, Wire, fault_server, http
from tests.faults.verbs import ADQL

_ROWS = [
    (f"2CXO J{n:06d}.0+000000", f"{n / 7!r}", f"{-n / 90!r}", f"{n / 3!r}", "1", "1", "0")
    for n in range(250)
]
_BODY = votable(_ROWS)
_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n"
_GZIP = "Content-Encoding: gzip"

#: The same answer, sent in every way that HTTP has.
WAYS = {
    "length": http(_BODY),
    "chunks": _CHUNKED + b"\r\n" + chunked(_BODY),
    "gzip": http(zipped(_BODY), _GZIP),
    "gzip in chunks": _CHUNKED + _GZIP.encode() + b"\r\n\r\n" + chunked(zipped(_BODY)),
    "until the end": http(_BODY, length=None),
    "gzip until the end": http(zipped(_BODY), _GZIP, length=None),
}
LIMITS = {"timeout": 10.0, "max_wait": 20.0, "retries": 0}


def places(whole: bytes, count: int) -> list[int]:
    """Choose so many bytes of a response to cut it at, the last ones among them."""
    body = whole.index(b"\r\n\r\n") + 4
    chosen = random.Random(4).sample(range(body, len(whole)), count - 4)
    return [*chosen, *range(len(whole) - 4, len(whole))]


def answers(whole: bytes, cuts: Sequence[int]) -> Callable[[Wire, Request], None]:
    """Answer request after request, each with the same response cut at the next place."""
    left = list(cuts)

    def answer(wire: Wire, request: Request) -> None:
        """Send the response up to the next place."""
        wire.send(whole[: left.pop(0)])
        wire.hang_up()

    return answer


def ask(csc: CscClass) -> Table | CscError:
    """Ask, and give what comes."""
    try:
        return csc.query_tap(ADQL, validate=False)
    except (RemoteServiceError, TableParseError) as error:
        return error


def harm(whole: bytes, cuts: Sequence[int], folder: Path) -> list[str]:
    """Cut a response at some places; list what a user got that is neither right nor an error."""
    found: list[tuple[Any, int]] = []
    with (
        limits(LIMITS),
        fault_server(answers(whole, [len(whole), *cuts])) as server,
        client(server.url, folder) as csc,
    ):
        for _ in (len(whole), *cuts):
            found.append((ask(csc), len(csc.cache_info())))
            csc.clear_cache()
    expected, _ = found.pop(0)
    wrong = [] if len(expected) == len(_ROWS) else ["the whole answer is not right"]
    for cut, (got, kept) in zip(cuts, found, strict=True):
        is_table = isinstance(got, Table)
        if kept != is_table or (is_table and not same(got, expected)):
            wrong.append(f"cut at {cut} of {len(whole)}: {got!r}, {kept} kept")
    return wrong


@pytest.mark.parametrize("way", WAYS)
def test_a_cut_answer_is_right_or_an_error(way, tmp_path):
    """At any of ten bytes: no short table, nothing kept that is not right."""
    assert harm(WAYS[way], places(WAYS[way], 10), tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_500_cuts(way, tmp_path):
    """The same at 500 bytes."""
    assert harm(WAYS[way], places(WAYS[way], 500), tmp_path) == []
