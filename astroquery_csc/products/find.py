# Licensed under a 3-clause BSD style license - see LICENSE
"""
Which files there are for rows of the catalogue: asked of the archive, many at once.

Nothing is guessed: names of files hold revisions that differ by type and release. What cannot
exist is said without asking.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Column, MaskedColumn, Row, Table
from astroquery.exceptions import CorruptDataWarning, InputWarning, NoResultsWarning

from astroquery_csc.backend import show
from astroquery_csc.catalogue import names
from astroquery_csc.catalogue.bands import BANDS, INSTRUMENT_BANDS, instrument_of, read_bands
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, warn
from astroquery_csc.follow import detections
from astroquery_csc.products.types import (
    OF_SOURCES,
    OWNER_KEYS,
    ProductType,
    read_file_name,
    read_types,
)
from astroquery_csc.progress import track
from astroquery_csc.search.answer import meta_of
from astroquery_csc.search.ask import Search
from astroquery_csc.service.files import Archive, Entry, Files, Listing

__all__ = [
    "Asked",
    "Place",
    "Product",
    "check_arguments",
    "product_list",
    "read_places",
    "shown",
    "whose",
]

NOT_THERE = "not in the archive"
NO_DETECTION = "no known detection identifies it"
_NUMBERS = ("obsid", "obi", "region_id")
_TEXTS = ("name", "detect_stack_id")
_STACK = re.compile(r"[a-z]+fJ\d{7}[pm]\d{6}_\d{3}", re.ASCII)

_DESCRIPTIONS = {
    "name": "source",
    "obsid": "observation",
    "obi": "interval of the observation",
    "region_id": "detection, in its observation or stack",
    "detect_stack_id": "stack of observations",
    "level": "what the file belongs to",
    "type": "type of file, as CIAO calls it",
    "band": "energy band",
    "filename": "name of the file; empty if there is no file",
    "filetype": "type of file, as the archive calls it",
    "note": "why there is no file, or what to know of it",
}


@dataclass(frozen=True, slots=True)
class Place:
    """The keys of one row."""

    name: str = ""
    detect_stack_id: str = ""
    obsid: int | None = None
    obi: int | None = None
    region_id: int | None = None
    instrument: str = ""
    shared: bool = False

    def has(self, keys: Iterable[str]) -> bool:
        """Tell whether keys are known."""
        return all(getattr(self, key) not in {None, ""} for key in keys)


@dataclass(frozen=True, slots=True)
class Product:
    """What is asked for: the files of one type, in one band, of one thing."""

    kind: ProductType
    band: str
    place: Place
    note: str = ""
    exists: bool = True

    @property
    def own(self) -> tuple[Any, ...]:
        """What tells it from others: type, band, source, and the keys of files of this type."""
        name = self.place.name if self.kind.level in OF_SOURCES else ""
        keys = OWNER_KEYS[self.kind.level]
        return (self.kind.name, self.band, name, *(getattr(self.place, key) for key in keys))

    @property
    def spec(self) -> str:
        """How csccli is asked for it."""
        place, what = self.place, f"{self.kind.filetype}/{self.band}"
        if self.kind.level == "stack" and not self.kind.by_region:
            return f"{place.detect_stack_id}/{what}".rstrip("/")
        full_field = self.kind.level == "observation"
        region = "" if full_field else place.region_id
        return f"{place.obsid}.{place.obi}.{region}/{what}"

    @property
    def named(self) -> tuple[Any, ...]:
        """What the names of its files tell, but for cycle and revision."""
        place, level = self.place, self.kind.level
        if level in {"observation", "source region"}:
            owner = f"{place.obsid:05d}_{place.obi:03d}"
        elif level == "master":
            digits = place.name.removeprefix("2CXO ").replace(".", "")
            owner = "2CXO" + digits.replace("+", "p").replace("-", "m")
        else:
            owner = place.detect_stack_id
        region_id = place.region_id if "region" in level else None
        return (owner, region_id, self.band, self.kind.extension, self.kind.suffix)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted, checked."""

    rows: Table
    kinds: tuple[ProductType, ...]
    bands: tuple[str, ...] | None


# --------------------------------------------------------------------- arguments


def check_arguments(rows: object, types: object, bands: object) -> Asked:
    """Check the arguments of ``get_product_list``."""
    kinds = read_types(types)
    letters = None if bands is None else read_bands(bands)
    if isinstance(rows, Row):
        rows = Table(rows)
    if not isinstance(rows, Table):
        raise InputTypeError(
            f"rows is a {type(rows).__name__}; expected a Table. Write "
            "get_product_list(Csc.query_detections('2CXO J…'), types='lc')."
        )
    asked = Asked(rows, kinds, letters)
    for kind in kinds:
        lacking = [key for key in kind.keys if key not in rows.colnames]
        if lacking and not _can_be_looked_up(kind, lacking, rows):
            raise InvalidQueryError(
                f"Files of type {kind.name!r} need the column{'s' * (len(lacking) > 1)} "
                f"{', '.join(lacking)}, which the table lacks. Give rows of "
                "Csc.query_detections(…)."
            )
    return asked


def _can_be_looked_up(kind: ProductType, lacking: Sequence[str], rows: Table) -> bool:
    """Tell whether the catalogue knows what is lacking: any observation of the thing will do."""
    is_known = not set(lacking) & set(OWNER_KEYS[kind.level])
    return kind.by_region and is_known and "name" in rows.colnames


def whose(rows: Table) -> dict[str, Any]:
    """Say how to ask for the detections of rows: by name, or by observation where names lack."""
    places = read_places(rows)
    if any(not place.name for place in places) and all(place.has(["obsid"]) for place in places):
        return {"source_names": None, "obsid": sorted({place.obsid for place in places})}
    return {"source_names": rows, "obsid": None}


def read_places(rows: Table) -> list[Place]:
    """Read the keys of rows."""
    size = len(rows)
    texts = {key: _texts(rows, key) for key in (*_TEXTS, "instrument", "match_type")}
    numbers = {key: _integers(rows, key) for key in _NUMBERS}
    places = []
    for row in range(size):
        name, stack = texts["name"][row], texts["detect_stack_id"][row]
        if stack and not _STACK.fullmatch(stack):
            raise InvalidQueryError(
                f"Row {row} has the detect_stack_id {stack!r}; expected one such as "
                "'acisfJ0329078p311931_001'."
            )
        places.append(
            Place(
                name=names.normalise(name) if name else "",
                detect_stack_id=stack,
                instrument=instrument_of(texts["instrument"][row] or stack),
                obsid=numbers["obsid"][row],
                obi=numbers["obi"][row],
                region_id=numbers["region_id"][row],
                shared=texts["match_type"][row] in {"a", "n"},
            )
        )
    return places


def _texts(rows: Table, key: str) -> list[str]:
    """Read a column of text; what is masked or missing is empty."""
    if key not in rows.colnames:
        return [""] * len(rows)
    cells = np.ma.asarray(rows[key]).tolist()
    return [
        ("" if cell is None else cell.decode() if isinstance(cell, bytes) else str(cell)).strip()
        for cell in cells
    ]


def _integers(rows: Table, key: str) -> list[int | None]:
    """Read a column of whole numbers; what is masked or missing is None."""
    if key not in rows.colnames:
        return [None] * len(rows)
    return [
        None if cell is None else _integer(cell, f"Row {row} has {key}")
        for row, cell in enumerate(np.ma.asarray(rows[key]).tolist())
    ]


def _integer(cell: object, what: str) -> int:
    """Read a whole number; one that became a float on its way through a file is one."""
    if not isinstance(cell, int | float) or isinstance(cell, bool) or cell != cell // 1 or cell < 0:
        raise InputTypeError(f"{what} {cell!r}; expected a whole number.")
    return int(cell)


# -------------------------------------------------------------------------- plan


def plan(asked: Asked, places: Sequence[Place]) -> list[Product]:
    """Name every file that is wanted, each once."""
    found: dict[tuple[Any, ...], Product] = {}
    passed_over = 0
    for place in places:
        kinds = [kind for kind in asked.kinds if place.has(OWNER_KEYS[kind.level])]
        passed_over += len(kinds) < len(asked.kinds)
        for kind in kinds:
            for product in _of_type(kind, place, asked.bands):
                known = found.get(product.own)
                if known is None or _better(product, known):
                    found[product.own] = product
    if passed_over:
        warn(
            f"{passed_over} of {len(places)} rows lack keys (they are masked), so some or all of "
            "their files are not requested.",
            InputWarning,
        )
    return list(found.values())


def _better(product: Product, known: Product) -> bool:
    """Tell whether one of two rows is better to ask for a file by: its own, not a shared one."""
    if product.exists != known.exists:
        return product.exists
    return known.place.shared and not product.place.shared


def _of_type(kind: ProductType, place: Place, bands: tuple[str, ...] | None) -> Iterator[Product]:
    """Name the files of one type for one row, those too that cannot be."""
    note = ""
    letters: tuple[str, ...] = ("",)
    if not place.has(kind.keys):
        yield Product(kind, "", place, NO_DETECTION, exists=False)
        return
    if kind.banded:
        letters = INSTRUMENT_BANDS.get(place.instrument, BANDS) if bands is None else bands
    elif bands is not None:
        note = "one file for all bands"
    for band in letters:
        reason = _impossible(kind, place, band)
        yield Product(kind, band, place, reason or note, exists=not reason)


def _impossible(kind: ProductType, place: Place, band: str) -> str:
    """Say why there can be no such file; an empty string where there can be one."""
    if kind.acis_only and place.instrument == "HRC":
        return f"the HRC measures no spectra, so it has no {kind.name}"
    known = INSTRUMENT_BANDS.get(place.instrument, BANDS)
    if band and band not in known:
        has = " ".join(known)
        return f"the band {band} is not {place.instrument}'s, which has {has}"
    return ""


# ------------------------------------------------------------------------ look up


def shown(search: Search, archive: Archive, asked: Asked) -> dict[str, Any]:
    """Show the first requests for a list of files: those for its keys where some are lacking."""
    if _lacking(asked):
        return search.shown(detections.requests(search, _look_up(search, asked)))
    specs = [product.spec for product in plan(asked, read_places(asked.rows)) if product.exists]
    return show(archive, [Files(group) for group in archive.groups(specs)], Files())


def _lacking(asked: Asked) -> set[str]:
    """Name the keys that have to be looked up."""
    needed = {key for kind in asked.kinds for key in kind.keys}
    return needed - set(asked.rows.colnames)


def _look_up(search: Search, asked: Asked) -> detections.Asked:
    """Ask which observations the sources were detected in."""
    return detections.check_arguments(
        search,
        source_names=asked.rows,
        obsid=None,
        level="observation",
        match_type=None,
        columns=["instrument"],
        filters=None,
    )


def _places(search: Search, asked: Asked) -> list[Place]:
    """Read the keys of rows; where some are lacking, take those of their detections."""
    if not _lacking(asked) or not len(asked.rows):
        return read_places(asked.rows)
    table = detections.detections(search, _look_up(search, asked))
    keys = [key for key in ("name", "detect_stack_id", "region_id") if key in asked.rows.colnames]
    known: dict[tuple[Any, ...], dict[str, Place]] = {}
    for place in read_places(table):
        # One observation by each instrument is enough to ask by; best one of this source alone.
        places = known.setdefault(_only(place, keys), {})
        if place.instrument not in places or places[place.instrument].shared > place.shared:
            places[place.instrument] = place
    return [
        found
        for place in read_places(asked.rows)
        for found in known.get(_only(place, keys), {"": place}).values()
    ]


def _only(place: Place, keys: Sequence[str]) -> tuple[Any, ...]:
    """Take some keys."""
    return tuple(getattr(place, key) for key in keys)


# ------------------------------------------------------------------ ask and decode


def product_list(search: Search, archive: Archive, asked: Asked) -> Table:
    """Answer ``get_product_list``."""
    products = plan(asked, _places(search, asked))
    groups = archive.groups([product.spec for product in products if product.exists])
    listings = [archive.browse(group, cache=search.cache) for group in track(groups, "requests")]
    named = _assign(products, [entry for listing in listings for entry in listing.entries])
    rows = [
        (product, filename, note) for product in products for filename, note in named[product.own]
    ]
    table = _table(rows)
    table.meta.update(_meta(search, archive, asked, listings, table))
    if not any(filename for _, filename, _ in rows):
        warn(
            "There is no file; the column 'note' says why." if rows else "There are no rows.",
            NoResultsWarning,
        )
    return table


def _assign(
    products: Sequence[Product], entries: Iterable[Entry]
) -> Mapping[tuple[Any, ...], list[tuple[str, str]]]:
    """Find the files of each product by their names; the archive gives them in any order."""
    files: dict[tuple[Any, ...], dict[str, tuple[int, str]]] = {}
    unread = []
    for filename in dict.fromkeys(entry.filename for entry in entries):
        name = read_file_name(filename)
        if name is None:
            unread.append(filename)
            continue
        key = (name.owner, name.region_id, name.band, name.extension, name.suffix)
        revisions = files.setdefault(key, {})
        # Of several revisions the latest counts; alternating exposures have two files.
        revisions[name.cycle] = max(revisions.get(name.cycle, (-1, "")), (name.revision, filename))
    _warn_unread(unread)
    found, used = {}, set()
    for product in products:
        keys = _keys(product, files) if product.exists else []
        used.update(keys)
        there = [
            (name, product.note) for key in keys for _, (_, name) in sorted(files[key].items())
        ]
        found[product.own] = there or [("", NOT_THERE if product.exists else product.note)]
    _warn_unmatched([name for key in files if key not in used for _, name in files[key].values()])
    return found


def _keys(product: Product, files: Mapping[tuple[Any, ...], object]) -> list[tuple[Any, ...]]:
    """Find the keys of a product's files; those of a type without bands may have one."""
    if product.named in files or product.kind.banded:
        return [key for key in (product.named,) if key in files]
    owner, region_id, _, *rest = product.named
    choices = [(owner, region_id, band, *rest) for band in BANDS]
    return [key for key in choices if key in files]


def _warn_unmatched(filenames: Sequence[str]) -> None:
    """Warn about files that the archive lists and that belong to nothing that was asked for."""
    if filenames:
        warn(
            f"The archive lists {len(filenames)} files that match no request: "
            f"{', '.join(filenames[:3])}. They are left out.",
            InputWarning,
        )


def _warn_unread(filenames: Sequence[str]) -> None:
    """Warn about files whose names cannot be read, so that their owners are unknown."""
    if filenames:
        shown = ", ".join(repr(name[:80]) for name in filenames[:3])
        warn(
            f"The archive lists {len(filenames)} files whose names cannot be read: {shown}. They "
            "are left out.",
            CorruptDataWarning,
        )


# ------------------------------------------------------------------------- polish


def _table(rows: Sequence[tuple[Product, str, str]]) -> Table:
    """Make the result."""
    cells: dict[str, list[Any]] = {
        key: [
            getattr(product.place, key) if _tells(product, key) else None for product, _, _ in rows
        ]
        for key in ("name", *_NUMBERS, "detect_stack_id")
    }
    cells |= {
        "level": [product.kind.level for product, _, _ in rows],
        "type": [product.kind.name for product, _, _ in rows],
        "band": [product.band or None for product, _, _ in rows],
        "filename": [filename for _, filename, _ in rows],
        "filetype": [product.kind.filetype for product, _, _ in rows],
        "note": [note for _, _, note in rows],
    }
    return Table([_column(key, values) for key, values in cells.items()], copy=False)


def _tells(product: Product, key: str) -> bool:
    """Tell whether a key says something of a file: its own, its source, a detection's stack."""
    level = product.kind.level
    if not product.place.has([key]):
        return False
    if key == "name":
        return level in OF_SOURCES
    return key in OWNER_KEYS[level] or (level == "source region" and key == "detect_stack_id")


def _column(key: str, cells: Sequence[Any]) -> Column:
    """Make one column, masked where something is not known."""
    mask = np.array([cell is None for cell in cells], dtype=bool)
    if key in _NUMBERS:
        values = np.array([cell or 0 for cell in cells], dtype=np.int32)
    else:
        values = np.array([cell or "" for cell in cells] or np.zeros(0, "U1"), dtype=np.str_)
    words = {"name": key, "description": _DESCRIPTIONS[key]}
    return MaskedColumn(values, mask=mask, **words) if mask.any() else Column(values, **words)


def _meta(
    search: Search, archive: Archive, asked: Asked, listings: Sequence[Listing], table: Table
) -> dict[str, Any]:
    """Say where the table is from."""
    bands = "of the instrument" if asked.bands is None else " ".join(asked.bands)
    query = f"types: {' '.join(kind.name for kind in asked.kinds)}; bands: {bands}"
    service = f"csccli {archive.csccli}/browse"
    return meta_of(search.release, listings, query, len(table), service=service)
