# Licensed under a 3-clause BSD style license - see LICENSE
"""Lists of positions on the test sky, and a way to break the road to the service."""

from collections.abc import Collection
from typing import Any

import numpy as np
import requests
from astropy.coordinates import SkyCoord
from astropy.table import Table
from numpy.typing import NDArray
from requests.adapters import HTTPAdapter

from astroquery_csc.catalogue.schema import NAMED_SETS
from astroquery_csc.core import CscClass
from tests.support.comparing import masters

Degrees = NDArray[np.float64]


def everywhere(count: int) -> tuple[Degrees, Degrees]:
    """Spread positions evenly over the sphere."""
    dice = np.random.default_rng(11)
    return dice.uniform(0, 360, count), np.degrees(np.arcsin(dice.uniform(-1, 1, count)))


def near_sources(count: int) -> tuple[Degrees, Degrees]:
    """Put positions within an arcminute or so of the sources of the test sky."""
    dice = np.random.default_rng(12)
    row = dice.integers(0, len(masters()), count)
    east, north = dice.normal(0, 0.01, (2, count))
    ra_deg, dec_deg = np.asarray(masters()["ra"])[row], np.asarray(masters()["dec"])[row]
    return (ra_deg + east / np.cos(np.radians(dec_deg))) % 360, np.clip(dec_deg + north, -90, 90)


def beside_sources(count: int, spread: float = 1.0) -> list[tuple[float, float]]:
    """Put targets some arcseconds beside sources that have ellipses."""
    dice = np.random.default_rng(5)
    sky = masters()[~np.ma.getmaskarray(masters()["err_ellipse_r1"])]
    row = dice.choice(len(sky), count, replace=False)
    east, north = dice.normal(0, spread / 3600, (2, count))
    ra_deg, dec_deg = np.asarray(sky["ra"])[row], np.asarray(sky["dec"])[row]
    ra_deg = (ra_deg + east / np.cos(np.radians(dec_deg))) % 360
    return list(zip(ra_deg.tolist(), (dec_deg + north).tolist(), strict=True))


def small_sky() -> Table:
    """Copy the sources of the test sky, with the columns of a match, to be changed."""
    return masters()[list(NAMED_SETS["match"])].copy()


def targets(count: int) -> SkyCoord:
    """Give positions near sources as coordinates."""
    return SkyCoord(*near_sources(count), unit="deg")


class BrokenRoad(HTTPAdapter):
    """
    Sends requests, but for some of the queries, which meet an error.

    Parameters
    ----------
    broken : collection of int
        Which queries, counted from 1.
    error : BaseException
        What they meet.
    """

    def __init__(self, broken: Collection[int], error: BaseException) -> None:
        super().__init__()
        self.broken = broken
        self.error = error
        self.sent = 0

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Send one request."""
        self.sent += request.method == "POST"
        if request.method == "POST" and self.sent in self.broken:
            raise self.error
        return super().send(request, *args, **kwargs)


def break_road(csc: CscClass, broken: Collection[int], error: BaseException) -> BrokenRoad:
    """Put a broken road between a client and its service."""
    road = BrokenRoad(broken, error)
    csc._session.mount("http://", road)
    return road
