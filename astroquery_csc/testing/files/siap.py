# Licensed under a 3-clause BSD style license - see LICENSE
"""
The image service (SIA 1.0): POS and SIZE in degrees, whose images are files of ``csccli``.

Reconstructed: the columns ``band`` (``CXO_b``) and ``accref`` are those that a client of the real
service reads; the others are those of the standard. It lists images of sources and stacks, FITS and
JPEG, as the CXC's page says, and of observations. Invented is which ones it lists for a box.
"""

from functools import partial
from threading import Event

import numpy as np
from astropy import units as u
from astropy.table import Column, Table

from astroquery_csc.backend import Answer
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.columns import Columns
from astroquery_csc.exceptions import CscError, InvalidQueryError
from astroquery_csc.products.types import PRODUCT_TYPES, ProductType
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.files.archive import ArchiveFile, Subject
from astroquery_csc.testing.files.csccli import PREFIX, FileStore
from astroquery_csc.testing.holdings import Holdings
from astroquery_csc.testing.messages import Params, Request, Response
from astroquery_csc.testing.write.answers import answer_response, error_response

__all__ = ["SiapService"]

#: Full size of a field.
FIELD_DEG = 0.28

#: Types of images: those of fields, which overlap a box, and of sources, which lie in it.
_FIELDS = ("img", "stkecorrimg")
_SOURCES = ("regimg", "stkregimg", "stkregimg_jpg")
_SCALE_DEG = 0.492 / 3600


class SiapService:
    """The image service of one release."""

    def __init__(
        self,
        release: Release,
        files: FileStore,
        holdings: Holdings,
        dialect: Dialect,
        halt: Event,
    ) -> None:
        self._release = release
        self._files = files
        self._holdings = holdings
        self._dialect = dialect
        self._halt = halt

    def handle(self, request: Request) -> Response:
        """Answer a request for images."""
        self._halt.wait(self._dialect.delay_seconds)
        try:
            images = self._search(request.params)
        except CscError as error:
            return error_response(str(error), self._dialect)
        table = self._table(images, request.root)
        return answer_response(
            Answer(Columns.of(table)),
            self._dialect,
            release=self._release.name,
            note=self._holdings.note,
        )

    def _search(self, params: Params) -> list[ArchiveFile]:
        """Find the images of fields that overlap the box, and of sources in it."""
        ra, dec = _numbers(params, "POS", 2)
        size = _numbers(params, "SIZE", 1)[0]
        wanted = params.get("FORMAT", "ALL").lower()
        if size < self._dialect.sia_least_size_deg:
            return []
        files = self._files.of(self._release)
        found: list[ArchiveFile] = []
        for names, reach_deg in ((_FIELDS, (size + FIELD_DEG) / 2), (_SOURCES, size / 2)):
            is_near = partial(_overlaps, ra=ra, dec=dec, reach_deg=reach_deg)
            for kind in (PRODUCT_TYPES[name] for name in names):
                if wanted in {"all", _format_of(kind)}:
                    found += files.images(kind, is_near)
        return found

    def _table(self, images: list[ArchiveFile], root: str) -> Table:
        """Write the list in the columns of the standard."""
        reference = self._dialect.sia_reference
        release = self._release.csccli
        addresses = [
            f"{root}{PREFIX}/retrieveFile?version={release}&filetype={file.kind.filetype}"
            f"&filename={file.filename}"
            for file in images
        ]
        sizes = [_size_of(file.kind) for file in images]
        columns = {
            "title": ("VOX:Image_Title", [file.subject.owner for file in images], "U24"),
            "instrument": ("INST_ID", [file.subject.instrument for file in images], "U4"),
            "ra": ("POS_EQ_RA_MAIN", [file.subject.number("ra") for file in images], "f8"),
            "dec": ("POS_EQ_DEC_MAIN", [file.subject.number("dec") for file in images], "f8"),
            "naxes": ("VOX:Image_Naxes", [2] * len(images), "i4"),
            "naxis": ("VOX:Image_Naxis", [f"{size} {size}" for size, _ in sizes], "U12"),
            "scale": ("VOX:Image_Scale", [f"{scale:.6f}" for _, scale in sizes], "U24"),
            "format": ("VOX:Image_Format", [_format_of(file.kind) for file in images], "U10"),
            "band": ("VOX:BandPass_ID", [_band(file) for file in images], "U5"),
            reference: ("VOX:Image_AccessReference", addresses, "U200"),
        }
        ucds = self._dialect.sia_ucds
        return Table(
            [
                Column(
                    np.array(values, dtype=dtype),
                    name=name,
                    unit=u.deg if name in {"ra", "dec"} else None,
                    description=name,
                    meta={"ucd": ucd} if ucds else {},
                )
                for name, (ucd, values, dtype) in columns.items()
            ]
        )


def _format_of(kind: ProductType) -> str:
    """Give the MIME type of images of one type."""
    return "image/jpeg" if kind.suffix == ".jpg" else "image/fits"


def _size_of(kind: ProductType) -> tuple[int, float]:
    """Give pixels along a side, and degrees per pixel, as these files have them."""
    return (33, _SCALE_DEG) if "region" in kind.level else (64, 32 * _SCALE_DEG)


def _band(file: ArchiveFile) -> str:
    """Name the band; a picture in three colours does not have one."""
    return f"CXO_{file.band}" if file.band else ""


def _overlaps(subject: Subject, ra: float, dec: float, reach_deg: float) -> bool:
    """Tell whether a field is nearer than so much, along each axis."""
    away = (subject.number("ra") - ra + 180) % 360 - 180
    along = abs(away) * np.cos(np.radians(dec))
    return bool(along <= reach_deg and abs(subject.number("dec") - dec) <= reach_deg)


def _numbers(params: Params, name: str, count: int) -> list[float]:
    """Read numbers with commas between; the last one stands for those that are missing."""
    try:
        numbers = [float(part) for part in params.get(name, "").split(",")]
    except ValueError:
        numbers = []
    if len(numbers) < count or not np.isfinite(numbers).all():
        raise InvalidQueryError(f"{name} has to be {count} numbers of degrees")
    return numbers
