# Licensed under a 3-clause BSD style license - see LICENSE
"""How positions come onto the axes of a picture: over an image, a field, a pole, or the sky."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord, UnitSphericalRepresentation
from astropy.table import Table

from astroquery_csc.columns import doubles
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.plot.marks import GREY, Floats
from astroquery_csc.search.places import angles_deg

__all__ = ["Picture"]

#: Fields larger than this are drawn on the whole sky, in degrees.
_WIDE_DEG = 60
#: Fields that come closer to a pole are drawn as offsets from their centre, in degrees.
_POLAR_DEG = 80
_TURN = np.linspace(0, 360, 181) * u.deg


@dataclass(frozen=True, slots=True)
class Picture:
    """Axes, and how positions come onto them: "image", "wide", "polar" or "field"."""

    axes: Any
    kind: str
    ra: Floats
    dec: Floats
    centre: SkyCoord
    radius_deg: float
    has_circle: bool

    @classmethod
    def of(cls, axes: Any, table: Table, centre: Any, radius: Any) -> "Picture":
        """Choose the frame for the positions of a table."""
        ra, dec = doubles(table["ra"]), doubles(table["dec"])
        middle, reach = _check_centre(centre), _check_radius(radius, centre)
        if middle is None:
            middle = _middle(ra, dec)
        place = SkyCoord(ra, dec, unit="deg")
        if reach is None:
            seen = place.separation(middle).deg
            reach = 1.05 * float(np.nanmax(seen, initial=0)) or 1 / 60
        if hasattr(axes, "wcs"):
            kind = "image"
        elif reach > _WIDE_DEG / 2:
            kind = "wide"
        else:
            kind = "polar" if abs(middle.dec.deg) + reach > _POLAR_DEG else "field"
        return cls(axes, kind, ra, dec, middle, reach, radius is not None)

    def place(self, ra_deg: Floats, dec_deg: Floats) -> tuple[Floats, Floats]:
        """Turn positions into coordinates on the axes."""
        if self.kind == "image":
            x, y = self.axes.wcs.celestial.world_to_pixel(SkyCoord(ra_deg, dec_deg, unit="deg"))
            return np.asarray(x), np.asarray(y)
        if self.kind == "wide":
            return ra_deg, dec_deg
        if self.kind == "polar":
            there = SkyCoord(ra_deg, dec_deg, unit="deg")
            there = there.transform_to(self.centre.skyoffset_frame())
            return there.lon.wrap_at("180d").arcmin, there.lat.arcmin
        middle = self.centre.ra.deg
        return middle + (np.asarray(ra_deg) - middle + 180) % 360 - 180, np.asarray(dec_deg)

    @property
    def scale(self) -> tuple[float, float]:
        """Half the width and the height of the picture, on the axes."""
        if self.kind == "image":
            return tuple(abs(a - b) / 2 for a, b in (self.axes.get_xlim(), self.axes.get_ylim()))
        if self.kind == "wide":
            return 190, 95
        half = 1.22 * self.radius_deg
        if self.kind == "polar":
            return 60 * half, 60 * half
        return half / np.cos(self.centre.dec.rad), half

    def frame(self) -> None:
        """Set limits and labels, and draw the circle."""
        if self.has_circle and self.kind != "wide":
            rim = self.centre.directional_offset_by(_TURN, self.radius_deg * u.deg)
            label = f"circle, {_say_angle(self.radius_deg)}"
            self.axes.plot(*self.place(rim.ra.deg, rim.dec.deg), "--", c=GREY, lw=1, label=label)
        if self.kind == "image":
            return
        x, y = self.place(np.array([self.centre.ra.deg]), np.array([self.centre.dec.deg]))
        across, up = self.scale
        labels = ("RA, ICRS (deg)", "Dec, ICRS (deg)")
        if self.kind == "wide":
            self.axes.set(xlim=(370, -10), ylim=(-95, 95))
            self.axes.set_xticks(np.arange(0, 361, 60))
            self.axes.set_yticks(np.arange(-90, 91, 30))
        else:
            self.axes.set_xlim(x[0] + across, x[0] - across)
            self.axes.set_ylim(y[0] - up, y[0] + up)
            self.axes.set_aspect(across / up, adjustable="box")
            self.axes.locator_params(axis="x", nbins=5)
        if self.kind == "polar":
            where = f"RA {self.centre.ra.deg:.2f}, Dec {self.centre.dec.deg:+.2f}"
            labels = (f"offset to the east of {where} (arcmin)", "offset to the north (arcmin)")
        elif self.kind == "field":
            digits = 1 if self.radius_deg > 1 else 2 if self.radius_deg > 0.03 else 3
            self.axes.xaxis.set_major_formatter(lambda value, _: f"{value % 360:.{digits}f}")
            self.axes.yaxis.set_major_formatter(f"{{x:.{digits}f}}")
        self.axes.set(xlabel=labels[0], ylabel=labels[1])


def _check_centre(centre: Any) -> SkyCoord | None:
    """Take one position, or none."""
    if centre is None:
        return None
    if not isinstance(centre, SkyCoord) or not centre.isscalar:
        raise InputTypeError(
            f"centre is {centre!r}; expected one position: SkyCoord(52.297, 31.31, unit='deg')."
        )
    return centre.icrs


def _check_radius(radius: Any, centre: Any) -> float | None:
    """Take an angle in degrees, or none."""
    if radius is None:
        return None
    if centre is None:
        raise InvalidQueryError("radius is the circle around centre. Write centre= too.")
    return float(angles_deg(radius, "radius", 1)[0])


def _middle(ra_deg: Floats, dec_deg: Floats) -> SkyCoord:
    """Find the middle of positions, also across RA 0; an empty table has the origin."""
    known = np.isfinite(ra_deg) & np.isfinite(dec_deg)
    if not known.any():
        return SkyCoord(0, 0, unit="deg")
    mean = SkyCoord(ra_deg[known], dec_deg[known], unit="deg").cartesian.mean()
    if mean.norm() == 0:
        return SkyCoord(180, 0, unit="deg")
    place = mean.represent_as(UnitSphericalRepresentation)
    return SkyCoord(place.lon, place.lat)


def _say_angle(angle_deg: float) -> str:
    """Write an angle in the unit that suits it."""
    for factor, mark in ((1, "°"), (60, "′")):
        if angle_deg * factor >= 1:
            return f"{angle_deg * factor:.3g}{mark}"
    return f"{angle_deg * 3600:.3g}″"
