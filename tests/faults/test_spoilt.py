# Licensed under a 3-clause BSD style license - see LICENSE
"""Verbs below the masters, with each of their answers spoilt in each way."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astroquery_csc.core import CscClass
from tests.faults.model import limits
from tests.faults.spoilt import SPOILT, Outcome, complaints, try_spoilt
from tests.support.comparing import NGC1333
from tests.support.examples import one_in

SOURCE = "2CXO J004236.1+412156"
PLACE = SkyCoord(10.6504, 41.3656, unit="deg")
LIMITS = {"timeout": 60.0, "max_wait": 120.0, "retries": 1, "retry_wait": 0.001}
TAP, LIST, FILE = "/sync", "/csccli/browse", "/csccli/retrieveFile"


@lru_cache(maxsize=1)
def rows(server: str) -> Table:
    """Give two detections of a source in single observations."""
    found: Any = CscClass(server=server).query_detections(SOURCE, cache=False)
    return found[:2]


@lru_cache(maxsize=1)
def files(server: str) -> Table:
    """List files of them."""
    listed: Any = CscClass(server=server).get_product_list(
        rows(server), types=["reg", "lc"], cache=False
    )
    return listed[:3]


def without_paths(table: Table) -> Table:
    """Leave out what depends on the folder."""
    return table[[name for name in table.colnames if name not in {"pha", "arf", "rmf", "path"}]]


Ask = Callable[[CscClass, Path], Any]

VERBS: dict[str, tuple[Ask, tuple[str, ...]]] = {
    "detections": (lambda csc, _: csc.query_detections(SOURCE), (TAP,)),
    "stacks": (lambda csc, _: csc.query_detections(SOURCE, level="stack"), (TAP,)),
    "detections around a position": (
        lambda csc, _: csc.query_detections(coordinates=PLACE, radius=1 * u.arcmin),
        (TAP,),
    ),
    "detections of an observation": (
        lambda csc, _: csc.query_detections(obsid=int(rows(csc.server)["obsid"][0])),
        (TAP,),
    ),
    "light curve": (lambda csc, _: csc.query_light_curve(SOURCE), (TAP,)),
    "light curve at a level": (
        lambda csc, _: csc.query_light_curve(SOURCE, bands="b", level=0.9),
        (TAP, LIST, FILE),
    ),
    "limits": (
        lambda csc, _: csc.query_limits(rows(csc.server), bands="b"),
        (LIST, FILE),
    ),
    "spectra": (
        lambda csc, folder: without_paths(
            csc.get_spectra(rows(csc.server)[:1], location=folder, clean=False)
        ),
        (LIST, FILE),
    ),
    "product list": (
        lambda csc, _: csc.get_product_list(rows(csc.server), types=["pha", "lc"]),
        (LIST,),
    ),
    "download": (
        lambda csc, folder: without_paths(
            csc.download_products(files(csc.server), location=folder)
        ),
        (FILE,),
    ),
    "images": (lambda csc, _: csc.query_sia(PLACE, 0.3 * u.deg), ("queryImages",)),
    "list with query_index": (
        lambda csc, _: csc.query_region(SkyCoord([PLACE, NGC1333]), 1 * u.arcmin),
        (TAP,),
    ),
}

CASES = [
    (verb, place, fault)
    for verb, (_, places) in VERBS.items()
    for place in places
    for fault in SPOILT
]


@pytest.fixture(scope="module")
def good(server, tmp_path_factory) -> dict[str, Outcome]:
    """What each verb gives when all is well."""
    folder = tmp_path_factory.mktemp("well")
    with limits(LIMITS):
        return {
            verb: try_spoilt(server.url, ask, folder / verb) for verb, (ask, _) in VERBS.items()
        }


@pytest.fixture
def spoilt(server, tmp_path) -> Callable[[str, str, str], Outcome]:
    """Give what asks in some way while the answers at a place are spoilt."""

    def find(way: str, place: str, spoil: str) -> Outcome:
        """Ask."""
        with limits(LIMITS):
            return try_spoilt(server.url, VERBS[way][0], tmp_path, place, SPOILT[spoil])

    return find


@pytest.mark.parametrize(("way", "place", "spoil"), one_in(15, CASES))
def test_a_spoilt_answer_is_our_error_or_told(spoilt, good, way, place, spoil):
    """The user gets an error of ours, the whole answer, or one that says what is missing."""
    found = spoilt(way, place, spoil)

    assert good[way].error is None
    assert complaints(found, good[way]) == []
