# Licensed under a 3-clause BSD style license - see LICENSE
"""
Small valid files in the form of the catalogue's, made on the fly.

The names of HDUs and columns are the CXC's where its pages tell them (events, images, spectra and
responses, light curves, regions, posteriors, blocks), else invented. All numbers are invented,
with a seed from the file's name; fluxes, limits, positions and times are the catalogue's own.
"""

import base64
import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from math import erf
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from astroquery_csc.products.types import PRODUCT_TYPES
from astroquery_csc.testing.files.archive import ArchiveFile

__all__ = ["ENERGY_ERG", "make_file"]

#: Energy of a photon that turns energy fluxes into photon fluxes where the catalogue has none.
ENERGY_ERG = 3e-9

_MJD_REF = 50_814.0
_PIXEL_DEG = 0.492 / 3600
_CENTRE = 4096.5
_CHANNELS = 1024
_CHANNEL_KEV = 0.0146
_LEVEL = 0.68

#: A grey square of 8 by 8 pixels.
_PICTURE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////"
    "////////////////////////////wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAA"
    "AAAAAAAAAAD/2gAIAQEAAD8AP//Z"
)

Floats = npt.NDArray[np.float64]
Cards = Mapping[str, Any]
Builder = Callable[[ArchiveFile, np.random.Generator], Sequence[Any]]


def make_file(file: ArchiveFile) -> bytes:
    """Make the contents of a file, always the same ones for a name."""
    if file.kind.suffix == ".jpg":
        return _PICTURE
    rng = np.random.default_rng(zlib.crc32(file.filename.encode()))
    blocks = list(_BUILDERS.get(file.kind.extension, _image)(file, rng))
    if not isinstance(blocks[0], fits.PrimaryHDU):
        blocks.insert(0, fits.PrimaryHDU())
    for block in blocks:
        block.header.update(_common(file))
    stream = io.BytesIO()
    fits.HDUList(blocks).writeto(stream)
    return stream.getvalue()


def _common(file: ArchiveFile) -> Cards:
    """Give the cards of every HDU: what it is, and when it was observed."""
    subject = file.subject
    start, stop = subject.number("gti_start"), subject.number("gti_stop")
    exposure = subject.number("livetime")
    cards: dict[str, Any] = {
        "ORIGIN": "synthetic",
        "CREATOR": "astroquery_csc.testing",
        "MISSION": "AXAF",
        "TELESCOP": "CHANDRA",
        "INSTRUME": subject.instrument,
        "TIMESYS": "TT",
        "MJDREF": _MJD_REF,
        "TIMEZERO": 0.0,
        "TIMEUNIT": "s",
        "TSTART": start,
        "TSTOP": stop,
        "EXPOSURE": exposure,
        "LIVETIME": exposure,
        "ONTIME": exposure,
        "RADESYS": "ICRS",
        "RA_NOM": subject.number("ra_nom"),
        "DEC_NOM": subject.number("dec_nom"),
        "ROLL_NOM": subject.number("roll_nom"),
    }
    if subject.owner[:5].isdigit():
        cards |= {"OBS_ID": subject.owner.partition("_")[0].lstrip("0")}
    return cards


def _table(name: str, columns: Mapping[str, tuple[str, str, Any]], cards: Cards) -> Any:
    """Make a binary table of columns: format, unit, values."""
    made = [
        fits.Column(name=key, format=form, unit=unit or None, array=values)
        for key, (form, unit, values) in columns.items()
    ]
    return fits.BinTableHDU.from_columns(made, name=name, header=fits.Header(dict(cards)))


def _hduclas(*words: str) -> dict[str, str]:
    """Write the classes of the OGIP."""
    return {"HDUCLASS": "OGIP", **{f"HDUCLAS{n}": word for n, word in enumerate(words, 1)}}


# ------------------------------------------------------------------------- images


def _sky(file: ArchiveFile, step_pixels: float = 1.0) -> dict[str, Any]:
    """Write the tangent plane of images: the detection is at (4096.5, 4096.5)."""
    subject = file.subject
    step = step_pixels * _PIXEL_DEG
    return {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CRVAL1": subject.number("ra", subject.number("ra_nom")),
        "CRVAL2": subject.number("dec", subject.number("dec_nom")),
        "CDELT1": -step,
        "CDELT2": step,
        "CUNIT1": "deg",
        "CUNIT2": "deg",
    }


def _image(file: ArchiveFile, rng: np.random.Generator) -> Sequence[Any]:
    """Make an image: a small one around a detection, a coarse one of a whole field."""
    size, step = (33, 1.0) if "region" in file.kind.level else (64, 32.0)
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    blob = np.exp(-(x**2 + y**2) / (2 * 1.5**2))
    if file.kind.extension in {"exp3", "regexp3", "sens3", "pixmask3"}:
        values = np.full((size, size), 1.0) - 1e-3 * np.hypot(x, y)
    elif file.kind.extension == "psf3":
        values = blob / blob.sum()
    else:
        values = rng.poisson(0.1 + 20 * blob).astype(float)
    header = fits.Header(_sky(file, step))
    header["CRPIX1"] = header["CRPIX2"] = (size + 1) / 2
    header["CONTENT"] = file.kind.extension.upper()
    return [fits.PrimaryHDU(values.astype(np.float32), header)]


# ------------------------------------------------------------------ tables in time


def _events(file: ArchiveFile, rng: np.random.Generator) -> Sequence[Any]:
    """Make a list of events, and the good time intervals."""
    size = 200
    start, stop = file.subject.number("gti_start"), file.subject.number("gti_stop", 1.0)
    energy = rng.uniform(500, 7000, size)
    columns = {
        "time": ("D", "s", np.sort(rng.uniform(start, stop, size))),
        "ccd_id": ("I", "", np.full(size, 3)),
        "x": ("E", "pixel", rng.normal(_CENTRE, 3, size)),
        "y": ("E", "pixel", rng.normal(_CENTRE, 3, size)),
        "energy": ("E", "eV", energy),
        "pi": ("J", "chan", energy / (1000 * _CHANNEL_KEV)),
    }
    events = _table("EVENTS", columns, _hduclas("EVENTS", "ALL"))
    _add_sky(events, file, x=3, y=4)
    return [events, _gti(file)]


def _add_sky(table: Any, file: ArchiveFile, *, x: int, y: int) -> None:
    """Say where on the sky two columns of pixels are."""
    sky = _sky(file)
    for number, axis in ((x, 1), (y, 2)):
        table.header[f"TCTYP{number}"] = sky[f"CTYPE{axis}"]
        table.header[f"TCRVL{number}"] = sky[f"CRVAL{axis}"]
        table.header[f"TCRPX{number}"] = _CENTRE
        table.header[f"TCDLT{number}"] = sky[f"CDELT{axis}"]
        table.header[f"TCUNI{number}"] = "deg"


def _gti(file: ArchiveFile) -> Any:
    """Make the good time intervals: one."""
    times = {
        name: ("D", "s", [file.subject.number(key)])
        for name, key in (("START", "gti_start"), ("STOP", "gti_stop"))
    }
    return _table("GTI0", times, _hduclas("GTI", "STANDARD"))


def _light_curve(file: ArchiveFile, rng: np.random.Generator) -> Sequence[Any]:
    """Make the light curves of source and background."""
    size = 24
    start, stop = file.subject.number("gti_start"), file.subject.number("gti_stop", 1.0)
    edges = np.linspace(start, stop, size + 1)
    rate = file.subject.number(f"src_rate_aper_{file.band}", 1e-4)
    blocks = []
    for name, level in (("LIGHTCURVE", rate), ("BKGLIGHTCURVE", 0.05 * rate)):
        value = level * (1 + 0.3 * np.sin(np.arange(size) / 4)) * rng.uniform(0.97, 1.03, size)
        error = 0.1 * level + np.zeros(size)
        columns = {
            "Time": ("D", "s", (edges[1:] + edges[:-1]) / 2),
            "COUNT_RATE": ("D", "count/s", value),
            "COUNT_RATE_ERR": ("D", "count/s", error),
            "Minus_3Sig": ("D", "count/s", np.maximum(value - 3 * error, 0)),
            "Plus_3Sig": ("D", "count/s", value + 3 * error),
        }
        cards = {**_hduclas("LIGHTCURVE"), "TIMEDEL": edges[1] - edges[0], "TIMEPIXR": 0.5}
        blocks.append(_table(name, columns, cards))
    return blocks


def _times(file: ArchiveFile, rng: np.random.Generator) -> Sequence[Any]:
    """Make a table of what happened when: pointing, its histogram, bad pixels, detections."""
    size = 50
    start, stop = file.subject.number("gti_start"), file.subject.number("gti_stop", 1.0)
    columns = {
        "time": ("D", "s", np.linspace(start, stop, size)),
        "x": ("D", "pixel", rng.normal(_CENTRE, 8, size)),
        "y": ("D", "pixel", rng.normal(_CENTRE, 8, size)),
    }
    names = {"mrgsrc3": "SRCLIST", "bpix3": "BADPIX", "ahst3": "ASPHIST", "asol3": "ASPSOL"}
    return [_table(names[file.kind.extension], columns, {})]


# ------------------------------------------------------------------------ spectra


def _spectrum(file: ArchiveFile, rng: np.random.Generator) -> Sequence[Any]:
    """Make the spectra of source and background; of every fourth region, names are wrong."""
    energy = _CHANNEL_KEV * (np.arange(_CHANNELS) + 0.5)
    shape = np.where((energy > 0.5) & (energy < 7), energy**-1.7, 0)
    counts = 300 * shape / shape.sum()
    blocks = []
    for number, (what, mean, scale) in enumerate(
        (("TOTAL", counts + 0.02, 1e-6), ("BKG", 0.4 + 0 * counts, 2e-5)), 1
    ):
        columns = {
            "CHANNEL": ("J", "channel", np.arange(1, _CHANNELS + 1)),
            "PI": ("D", "chan", np.arange(1, _CHANNELS + 1)),
            "COUNTS": ("J", "count", rng.poisson(mean)),
        }
        cards = {
            **_hduclas("SPECTRUM", what, "TYPE:I", "COUNT"),
            "HDUVERS": "1.2.0",
            "CHANTYPE": "PI",
            "DETCHANS": _CHANNELS,
            "TLMIN1": 1,
            "TLMAX1": _CHANNELS,
            "POISSERR": True,
            "SYS_ERR": 0,
            "QUALITY": 0,
            "GROUPING": 0,
            "AREASCAL": 1.0,
            "BACKSCAL": scale,
            "CORRSCAL": 1.0,
            "CORRFILE": "none",
            "BACKFILE": file.filename if what == "TOTAL" else "none",
            "ANCRFILE": file.name_of(PRODUCT_TYPES["arf"]),
            "RESPFILE": file.name_of(PRODUCT_TYPES["rmf"]),
            "FILTER": "none",
        }
        if (file.subject.region_id or 0) % 4 == 3:
            cards |= {"BACKFILE": "NONE", "ANCRFILE": "/pool/old_arf3.fits", "RESPFILE": ""}
        blocks.append(_table(f"SPECTRUM{number}", columns, cards))
    return [blocks[0], _gti(file), blocks[1]]


def _grid(size: int) -> tuple[Floats, Floats]:
    """Divide the energies of ACIS."""
    edges = np.linspace(0.3, 11.0, size + 1)
    return edges[:-1], edges[1:]


def _arf(_file: ArchiveFile, _rng: np.random.Generator) -> Sequence[Any]:
    """Make an effective area."""
    low, high = _grid(214)
    area = 400 * np.exp(-(((low - 1.5) / 2.5) ** 2)) + 1
    columns = {
        "ENERG_LO": ("E", "keV", low),
        "ENERG_HI": ("E", "keV", high),
        "SPECRESP": ("E", "cm**2", area),
    }
    cards = {**_hduclas("RESPONSE", "SPECRESP"), "HDUVERS": "1.1.0", "FILTER": "none"}
    return [_table("SPECRESP", columns, cards)]


def _rmf(_file: ArchiveFile, _rng: np.random.Generator) -> Sequence[Any]:
    """Make a response: each energy goes to channels around its own."""
    low, high = _grid(214)
    width = 32
    first = np.clip(((low + high) / 2 / _CHANNEL_KEV).astype(int) - width // 2, 1, None)
    shape = np.exp(-((np.arange(width) - width / 2) ** 2) / (2 * 5.0**2))
    rows = len(low)
    columns = {
        "ENERG_LO": ("E", "keV", low),
        "ENERG_HI": ("E", "keV", high),
        "N_GRP": ("I", "", np.ones(rows)),
        "F_CHAN": ("I", "", first),
        "N_CHAN": ("I", "", np.full(rows, width)),
        "MATRIX": (f"{width}E", "", np.tile(shape / shape.sum(), (rows, 1))),
    }
    cards = {
        **_hduclas("RESPONSE", "RSP_MATRIX", "REDIST"),
        "HDUVERS": "1.3.0",
        "CHANTYPE": "PI",
        "DETCHANS": _CHANNELS,
        "TLMIN4": 1,
        "TLMAX4": _CHANNELS,
        "FILTER": "none",
    }
    matrix = _table("MATRIX", columns, cards)
    channel = np.arange(1, _CHANNELS + 1)
    bounds = {
        "CHANNEL": ("I", "", channel),
        "E_MIN": ("E", "keV", _CHANNEL_KEV * (channel - 1)),
        "E_MAX": ("E", "keV", _CHANNEL_KEV * channel),
    }
    return [matrix, _table("EBOUNDS", bounds, {**cards, **_hduclas("RESPONSE", "EBOUNDS")})]


# ---------------------------------------------------------- regions and posteriors


def _region(file: ArchiveFile, _rng: np.random.Generator) -> Sequence[Any]:
    """Make regions: an ellipse a band, or that of a source and a ring around it."""
    if file.kind.level == "stack region":
        ring = _shape("BKGREG", "Annulus", (20.0, 40.0), 0.0, file)
        return [_shape("SRCREG", "Ellipse", (6.0, 4.0), 30.0, file), ring]
    letters = "W" if file.subject.instrument == "HRC" else "BUSMH"
    return [
        _shape(f"ECF90REG{letter}", "Ellipse", (6.0 + number, 4.0 + number), 30.0, file)
        for number, letter in enumerate(letters)
    ]


def _shape(
    name: str, shape: str, radii: tuple[float, float], angle_deg: float, file: ArchiveFile
) -> Any:
    """Make a block of a FITS region file: one shape, in sky pixels."""
    columns = {
        "SHAPE": ("16A", "", [shape]),
        "X": ("D", "pixel", [_CENTRE]),
        "Y": ("D", "pixel", [_CENTRE]),
        "R": ("2D", "pixel", [radii]),
        "ROTANG": ("D", "deg", [angle_deg]),
        "COMPONENT": ("J", "", [1]),
    }
    cards = {
        **_hduclas("REGION", "STANDARD"),
        "HDUCLASS": "ASC",
        "MTYPE1": "pos",
        "MFORM1": "X,Y",
        "MTYPE2": "SKY",
        "MFORM2": "X,Y",
    }
    table = _table(name, columns, cards)
    _add_sky(table, file, x=2, y=3)
    return table


def _outline(file: ArchiveFile, _rng: np.random.Generator) -> Sequence[Any]:
    """Make an outline: a polygon."""
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    columns = {
        "SHAPE": ("16A", "", ["Polygon"]),
        "X": ("12D", "pixel", [_CENTRE + 500 * np.cos(angle)]),
        "Y": ("12D", "pixel", [_CENTRE + 500 * np.sin(angle)]),
        "COMPONENT": ("J", "", [1]),
    }
    cards = {**_hduclas("REGION", "STANDARD"), "HDUCLASS": "ASC"}
    table = _table("FOV" if file.kind.extension == "fov3" else "POLYGON", columns, cards)
    _add_sky(table, file, x=2, y=3)
    return [table]


def _posterior(file: ArchiveFile, _rng: np.random.Generator) -> Sequence[Any]:
    """Make the posterior of the flux; at 68 % it has the limits of the catalogue."""
    subject, band = file.subject, file.band
    value, low, high = (
        subject.number(
            f"photflux_aper{limit}_{band}",
            subject.number(f"flux_aper{limit}_{band}", default) / ENERGY_ERG,
        )
        for limit, default in (("", 0.0), ("_lolim", 0.0), ("_hilim", 1e-15))
    )
    flux, density = _density(value, low, high)
    counts_per_flux = 8e10 * ENERGY_ERG * subject.number("livetime", 1.0)
    blocks = []
    for name, unit, scale in (
        ("PHOTFLUX", "photon/cm**2/s", 1.0),
        ("SRC_CNTS", "count", counts_per_flux),
    ):
        columns = {
            "intensity": ("D", unit, flux * scale),
            "MPDF": ("D", "", density / scale),
            "intensity90": ("D", unit, flux * scale * 0.9),
            "MPDF90": ("D", "", density / scale / 0.9),
        }
        blocks.append(_table(name, columns, {}))
    return blocks


def _density(value: float, low: float, high: float) -> tuple[Floats, Floats]:
    """Give a posterior whose smallest interval of 68 % is (low, high): invented, but for that."""
    if value <= 0:
        scale = max(high / -np.log(1 - _LEVEL), 1e-30)
        flux = np.linspace(0, 14 * scale, 1401)
        density = np.exp(-flux / scale)
        return flux, density / _integral(density, flux)
    rim = np.exp(-0.5)  # density at both limits, of that at the mode
    outside = (high - low) * (1 + rim) / 2 * (1 - _LEVEL) / _LEVEL
    below = max(value - low, 1e-9 * value)
    upper = (outside / rim - below * _beyond(low / below)) / _beyond(np.inf)
    flux = np.linspace(0, high + 7 * upper, 2401)
    wave = np.where(flux < value, (value - flux) / below, (flux - value) / (high - value))
    inside = rim + (1 - rim) * (1 + np.cos(np.pi * np.clip(wave, 0, 1))) / 2
    falling = np.where(flux < low, (low - flux) / below, (flux - high) / upper).clip(0)
    density = inside * np.exp(-falling - falling**2 / 2)
    return flux, density / _integral(density, flux)


def _beyond(sigmas: float) -> float:
    """Integrate a Gaussian's wing, from 1 sigma on, in units of its density there."""
    wing = erf((1 + sigmas) / np.sqrt(2)) - erf(1 / np.sqrt(2))
    return float(np.sqrt(np.pi / 2 * np.e) * wing)


def _integral(density: Floats, flux: Floats) -> float:
    """Integrate a density."""
    return float((np.diff(flux) * (density[1:] + density[:-1]) / 2).sum())


def _draws(file: ArchiveFile, rng: np.random.Generator) -> Sequence[Any]:
    """Make draws of a position."""
    size = 501
    offset = 0.2 / 3600
    columns = {
        "ra": ("D", "deg", file.subject.number("ra") + offset * rng.normal(size=size)),
        "dec": ("D", "deg", file.subject.number("dec") + offset * rng.normal(size=size)),
    }
    return [_table("DRAWS", columns, {})]


def _blocks(file: ArchiveFile, _rng: np.random.Generator) -> Sequence[Any]:
    """Make Bayesian blocks: one, with the flux of one observation."""
    flux = file.subject.number("flux_aper_b", 1e-15)
    columns = {
        "block_id": ("J", "", [1]),
        "flux_aper_b": ("D", "erg/s/cm**2", [flux]),
        "livetime": ("D", "s", [file.subject.number("livetime")]),
    }
    return [_table(name, columns, {"BEST_BLK": 1}) for name in ("FLUXBLKS", "TIMEBLKS")]


_BUILDERS: Mapping[str, Builder] = {
    **dict.fromkeys(("evt3", "regevt3"), _events),
    **dict.fromkeys(("asol3", "ahst3", "bpix3", "mrgsrc3"), _times),
    **dict.fromkeys(("fov3", "poly3"), _outline),
    "pha3": _spectrum,
    "arf3": _arf,
    "rmf3": _rmf,
    "lc3": _light_curve,
    "reg3": _region,
    "phot3": _posterior,
    "draws3": _draws,
    "blocks3": _blocks,
}
