# Licensed under a 3-clause BSD style license - see LICENSE
"""Which images there are of a place: the image service (SIA), as a list of files to download."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from astropy import units as u
from astropy.table import Column, Table, vstack
from astroquery.exceptions import InputWarning

from astroquery_csc import tables
from astroquery_csc.adql.write import fold
from astroquery_csc.backend import Answer
from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, TableParseError, warn
from astroquery_csc.products.types import (
    PRODUCT_TYPES,
    is_file_name,
    is_file_type,
    read_file_name,
)
from astroquery_csc.progress import track
from astroquery_csc.search.answer import meta_of
from astroquery_csc.search.ask import Search
from astroquery_csc.search.nothing import place, warn_if_empty
from astroquery_csc.search.places import Positions, Resolver, angles_deg, read_positions
from astroquery_csc.search.region import Region
from astroquery_csc.service.files import Archive, SkyImages

__all__ = ["Asked", "check_arguments", "image_list"]

#: Somebody who used the service found nothing with smaller boxes.
LEAST_SIZE_DEG = 0.3

_FORMATS = {"fits": "image/fits", "jpeg": "image/jpeg", "jpg": "image/jpeg"}
_REFERENCE = "vox:image_accessreference"
_REFERENCES = ("accref", "access_url")
_POSITIONS = ("pos.eq.ra", "pos.eq.dec")
_FORMAT = "vox:image_format"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of the image service, checked."""

    positions: Positions
    requests: tuple[SkyImages, ...]


def check_arguments(
    archive: Archive,
    coordinates: object,
    size: object,
    image_format: object,
    resolver: Resolver | None = None,
) -> Asked:
    """Check the arguments of ``query_sia``."""
    if not archive.has_images:
        raise InvalidQueryError(
            "This release has no image service. Write Csc(release='2.1').query_sia(…)."
        )
    kind = _read_format(image_format)
    if isinstance(coordinates, str):
        angles_deg(size, "size", 1)  # before a name is sent to the resolver
    positions = read_positions(coordinates, resolver)
    sizes_deg = angles_deg(size, "size", len(positions.ra_deg))
    if (sizes_deg < LEAST_SIZE_DEG).any():
        warn(
            "The image service has been reported to find nothing for a size below "
            f"{LEAST_SIZE_DEG} deg. Write size=0.3*u.deg, and cut out of the image what you need.",
            InputWarning,
        )
    places = zip(positions.ra_deg, positions.dec_deg, sizes_deg, strict=True)
    return Asked(
        positions,
        tuple(SkyImages(float(ra), float(dec), float(side), kind) for ra, dec, side in places),
    )


def _read_format(image_format: object) -> str:
    """Read the format of images; an empty string for all."""
    if image_format is None:
        return ""
    if not isinstance(image_format, str):
        raise InputTypeError(f"format is {image_format!r}; expected 'fits' or 'jpeg'.")
    word = image_format.lower().removeprefix("image/")
    if word not in _FORMATS:
        raise InvalidQueryError(
            f"There are no images of format {image_format!r}.{did_you_mean(word, _FORMATS)} "
            "Write format='fits' or format='jpeg', or leave it out."
        )
    return _FORMATS[word]


def image_list(search: Search, archive: Archive, asked: Asked) -> Table:
    """Answer ``query_sia``."""
    answers = [
        archive.answer(archive.plan(question), cache=search.cache)
        for question in track(asked.requests, "requests")
    ]
    parts = [
        _listed(answer, search.release.name, request.format)
        for answer, request in zip(answers, asked.requests, strict=True)
    ]
    if not asked.positions.scalar:
        for number, part in enumerate(parts):
            index = np.full(len(part), number, dtype=np.int32)
            part.add_column(Column(index, name="query_index", description="place in the input"), 0)
    table = _joined(parts)
    table.meta.clear()
    table.meta.update(_meta(search, asked, answers, len(table)))
    sizes_deg = np.array([request.size_deg for request in asked.requests])
    region = Region.boxes(asked.positions, sizes_deg, sizes_deg)
    return warn_if_empty(table, [place(region)], around=True)


def _joined(parts: Sequence[Table]) -> Table:
    """Stack the lists of several positions, in their order."""
    full = [part for part in parts if len(part)] or [parts[0]]
    return full[0] if len(full) == 1 else vstack(full, metadata_conflicts="silent")


def _listed(answer: Answer, release: str, wanted_format: str) -> Table:
    """Make a list of files of an answer: the service's columns behind ours."""
    columns = answer.columns.spelled(_REFERENCES)
    table = tables.polish(columns, release, sources={})
    _restore_degrees(table)
    by_ucd = {str(table[name].meta.get("ucd", "")).lower(): name for name in table.colnames}
    reference = by_ucd.get(_REFERENCE, "accref" if "accref" in table.colnames else "")
    if not reference:
        raise TableParseError(
            "The answer does not say where its images are; it has "
            f"{', '.join(table.colnames[:8])}.",
            url=answer.url,
        )
    if wanted_format and _FORMAT in by_ucd:
        formats = np.char.lower(_texts(table, by_ucd[_FORMAT]))
        table = table[formats == wanted_format]
    files = [_file(address) for address in _texts(table, reference).tolist()]
    ours = {
        "filename": [filename for filename, _, _ in files],
        "filetype": [filetype for _, filetype, _ in files],
        "level": [_level(filename, filetype) for filename, filetype, _ in files],
        "note": [note for _, _, note in files],
    }
    table.remove_columns([name for name in ours if name in table.colnames])
    words = [
        Column(np.array(values, dtype=np.str_) if values else np.zeros(0, "U1"), name=name)
        for name, values in ours.items()
    ]
    table.add_columns(words[:3], indexes=[0, 0, 0])
    table.add_column(words[3])
    return table


def _restore_degrees(table: Table) -> None:
    """Give positions their unit, which services of the archive are known to forget."""
    for column in table.itercols():
        ucd = str(column.meta.get("ucd", "")).lower().replace("_", ".")
        is_place = ucd.startswith(_POSITIONS) or (not ucd and column.name in {"ra", "dec"})
        if is_place and column.unit is None and column.dtype.kind == "f":
            column.unit = u.deg


def _texts(table: Table, name: str) -> np.ndarray[Any, np.dtype[np.str_]]:
    """Give a column of text; what is masked is empty."""
    return np.asarray(np.ma.filled(np.ma.asarray(table[name]), "")).astype(np.str_)


def _file(address: str) -> tuple[str, str, str]:
    """Read from the address of an image which file it is: name, type, and what is wrong."""
    try:
        found = parse_qs(urlsplit(address).query)
    except ValueError:
        found = {}
    filename, filetype = (found.get(key, [""])[0] for key in ("filename", "filetype"))
    if is_file_name(filename) and is_file_type(filetype):
        return filename, filetype, ""
    return "", "", f"it is not a file of the archive: {address[:200]!r}"


def _level(filename: str, filetype: str) -> str:
    """Read from type and name what an image belongs to; empty where neither tells."""
    for kind in PRODUCT_TYPES.values():
        if kind.filetype == filetype and filename:
            return kind.level
    name = read_file_name(filename)
    if name is None:
        return ""
    if name.owner.startswith("2CXO"):
        return "master"
    is_stack = "J" in name.owner
    if name.region_id is None:
        return "stack" if is_stack else "observation"
    return "stack region" if is_stack else "source region"


def _meta(search: Search, asked: Asked, answers: list[Answer], rows: int) -> dict[str, Any]:
    """Say where the table is from."""
    positions, first = asked.positions, asked.requests[0]
    place = (
        f"POS={first.ra_deg!r},{first.dec_deg!r}" if positions.scalar else "POS of each position"
    )
    query = f"{place}; SIZE={first.size_deg!r}; FORMAT={first.format or 'ALL'}"
    cut = any(answer.overflow for answer in answers)
    meta = meta_of(search.release, answers, query, rows, cut=cut)
    return meta | ({"OBJECT": fold(positions.label)} if positions.label else {})
