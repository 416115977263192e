# Licensed under a 3-clause BSD style license - see LICENSE
"""
The limiting sensitivity: RA and DEC in degrees, SR in arcmin, one row per pixel.

Invented are the limits, the pixels (rows of cells of equal size, where the archive has HEALPix)
and what is covered: circles around the pointings of the synthetic stacks, and nothing else.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Event

import numpy as np
from astropy import units as u
from astropy.table import MaskedColumn, Table

from astroquery_csc.backend import Answer
from astroquery_csc.catalogue.releases import RELEASES, Release
from astroquery_csc.columns import Columns
from astroquery_csc.exceptions import CscError, InvalidQueryError
from astroquery_csc.sky.geometry import separation_deg
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.holdings import Holdings
from astroquery_csc.testing.messages import DROP, Params, Request, Response, text_response
from astroquery_csc.testing.write.answers import answer_response, error_response

__all__ = ["LimsenService"]

#: Height of a cell, and how far from its pointing a stack has data.
PIXEL_DEG, FIELD_DEG = 3.22 / 3600, 10 / 60
MAX_SR_ARCMIN = 10.0
#: The null of the real service.
NULL = 3.4e38
#: Detection takes so many counts, of which a flux of 1 erg/s/cm**2 makes so many a second.
_COUNTS, _RATE = 5.0, 8e10
#: How much easier, or harder, a band is than b; and energy of a photon, erg.
_BANDS = {"b": 1.0, "h": 1.6, "m": 0.4, "s": 0.5, "u": 1.2, "w": 1.3}
_ENERGY = 3e-9
_PAGE = (
    "<!DOCTYPE html><html><head><title>Chandra Data Archive</title></head><body>"
    "<h1>The service is being maintained.</h1></body></html>\n"
)


@dataclass(frozen=True, slots=True)
class _Stack:
    """Where a stack points, and how long it looked."""

    ra_deg: float
    dec_deg: float
    is_hrc: bool
    exposure_s: float


class LimsenService:
    """The limiting sensitivity of every release."""

    def __init__(self, holdings: Holdings, dialect: Dialect, halt: Event) -> None:
        self._holdings = holdings
        self._dialect = dialect
        self._halt = halt
        self._stacks: dict[str, tuple[_Stack, ...]] = {}

    def handle(self, request: Request) -> Response:
        """Answer for one position."""
        self._halt.wait(self._dialect.delay_seconds)
        fault = self._dialect.limsen_fault
        if fault == "dropped":
            return DROP
        if fault != "none":
            status = 500 if fault == "500" else 200
            return Response(status, _PAGE.encode(), "text/html; charset=utf-8")
        try:
            return self._answer(request.params)
        except CscError as error:
            return error_response(str(error), self._dialect)

    def _answer(self, params: Params) -> Response:
        """Make the table of the pixels around a position."""
        ra, dec, radius = (_number(params, name) for name in ("RA", "DEC", "SR"))
        if not (-90 <= dec <= 90 and 0 < radius <= MAX_SR_ARCMIN):
            raise InvalidQueryError(f"DEC is -90 to 90, SR is 0 to {MAX_SR_ARCMIN:g} arcmin.")
        release = _release(params.get("VERSION", ""))
        if release is None:
            return text_response(400, f"version {params.get('VERSION')} is not known")
        by_centre = self._dialect.limsen_pixels == "centres"
        cells = list(_cells(ra % 360.0, dec, radius / 60, by_centre=by_centre))
        table = self._table(np.array(cells, dtype=float).reshape(-1, 3), release)
        return answer_response(
            Answer(Columns.of(table)), self._dialect, release=release.name, note=self._holdings.note
        )

    def _table(
        self, cells: np.ndarray[tuple[int, int], np.dtype[np.float64]], release: Release
    ) -> Table:
        """Give each cell its limits, in the dialect's columns."""
        limits = {band: np.full(len(cells), np.inf) for band in _BANDS}
        if release.name not in self._stacks:
            self._stacks[release.name] = _find_stacks(self._holdings.tables(release), release)
        for stack in self._stacks[release.name]:
            distance = separation_deg(cells[:, 1], cells[:, 2], stack.ra_deg, stack.dec_deg)
            flux = _COUNTS / _RATE / stack.exposure_s * (1 + (distance * 60 / 5) ** 2)
            for band in "w" if stack.is_hrc else "bhmsu":
                here = np.where(distance <= FIELD_DEG, flux * _BANDS[band], np.inf)
                limits[band] = np.minimum(limits[band], here)
        columns = [*_place(cells, self._dialect.limsen_columns), *_fluxes(limits, self._dialect)]
        table = Table(columns, copy=False)
        if self._dialect.limsen_uncovered == "no row":
            table = table[np.isfinite(list(limits.values())).any(axis=0)]
        return table


def _number(params: Params, name: str) -> float:
    """Read one number."""
    text = params.get(name, "")
    try:
        value = float(text)
    except ValueError:
        raise InvalidQueryError(f"{name} has to be a number, not [{text}]") from None
    if not math.isfinite(value):
        raise InvalidQueryError(f"{name} has to be finite, not {text}")
    return value


def _release(version: str) -> Release | None:
    """Find the release of a version; the default one without any."""
    releases = list(RELEASES.values())
    if not version:
        return releases[0]
    return next((release for release in releases if release.csccli == version), None)


def _find_stacks(tables: Mapping[str, Table], release: Release) -> tuple[_Stack, ...]:
    """Find the stacks of a catalogue; none in one without their columns."""
    table = tables.get(f"{release.schema}.stack_source")
    names = ("ra_stack", "dec_stack", "instrument", "livetime")
    if table is None or not set(names) <= set(table.colnames):
        return ()
    rows = set(zip(*(table[name].tolist() for name in names), strict=True))
    return tuple(
        _Stack(ra, dec, text.startswith("HRC"), exposure)
        for ra, dec, text, exposure in rows
        if None not in (ra, dec, text, exposure)
    )


def _cells(
    ra_deg: float, dec_deg: float, radius_deg: float, *, by_centre: bool
) -> Iterator[tuple[int, float, float]]:
    """Give number and centre of the cells that a circle touches, or whose centres are in it."""
    rows = round(180 / PIXEL_DEG)
    first = max(math.floor((dec_deg - radius_deg + 90) / PIXEL_DEG) - 1, 0)
    last = min(math.floor((dec_deg + radius_deg + 90) / PIXEL_DEG) + 1, rows - 1)
    ratio = math.sin(math.radians(radius_deg)) / math.cos(math.radians(dec_deg))
    holds_pole = abs(dec_deg) + radius_deg >= 90 or ratio >= 1
    across = 360.0 if holds_pole else math.degrees(math.asin(ratio))
    for row in range(first, last + 1):
        centre_dec = (row + 0.5) * PIXEL_DEG - 90
        count = max(round(360 / PIXEL_DEG * math.cos(math.radians(centre_dec))), 3)
        width = 360 / count
        reach = min(math.ceil(across / width) + 1, count)
        here = math.floor(ra_deg / width)
        for number in sorted({column % count for column in range(here - reach, here + reach + 1)}):
            centre_ra = (number + 0.5) * width
            if by_centre:
                place = (centre_ra, centre_dec)
            else:
                place = _nearest((centre_ra, centre_dec), width, (ra_deg, dec_deg))
            if separation_deg(*place, ra_deg, dec_deg) <= radius_deg:
                yield row * 2**20 + number, centre_ra, centre_dec


def _nearest(
    centre: tuple[float, float], width: float, place: tuple[float, float]
) -> tuple[float, float]:
    """Find the point of a cell that is nearest to a place, near enough."""
    across = (place[0] - centre[0] + 180) % 360 - 180
    up = place[1] - centre[1]
    return (
        centre[0] + min(max(across, -width / 2), width / 2),
        centre[1] + min(max(up, -PIXEL_DEG / 2), PIXEL_DEG / 2),
    )


def _place(
    cells: np.ndarray[tuple[int, int], np.dtype[np.float64]], columns: str
) -> list[MaskedColumn]:
    """Say where the cells are, as the dialect does."""
    if columns == "index":
        number = cells[:, 0].astype(np.int64)
        return [MaskedColumn(number, name="hpx_index", description="number of the pixel")]
    if columns == "position":
        words = "of the pixel's centre"
        return [
            MaskedColumn(
                cells[:, 1], name="ra", unit=u.deg, description=f"right ascension {words}"
            ),
            MaskedColumn(cells[:, 2], name="dec", unit=u.deg, description=f"declination {words}"),
        ]
    return []


def _fluxes(
    limits: Mapping[str, np.ndarray[tuple[int], np.dtype[np.float64]]], dialect: Dialect
) -> Iterator[MaskedColumn]:
    """Make the columns of the limits, nulls as the dialect has them."""
    kinds = {
        "flux_sens": (u.erg / u.s / u.cm**2, 1.0),
        "photflux_sens": (u.photon / u.s / u.cm**2, 1 / _ENERGY),
    }
    for kind, (unit, factor) in kinds.items():
        for band, values in limits.items():
            null = np.isinf(values)
            yield MaskedColumn(
                np.where(null, NULL, values * factor),
                mask=null & (dialect.limsen_null == "empty"),
                name=f"{kind}_{band}",
                unit=unit,
                description=f"synthetic limiting sensitivity, band {band}",
            )
