# Licensed under a 3-clause BSD style license - see LICENSE
"""
The files of the catalogue: what types there are, and how a file of a type is asked for and named.

Pure: nothing here asks anything. Types have CIAO's names; csccli has names of its own for them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError

__all__ = [
    "OF_SOURCES",
    "OWNER_KEYS",
    "PRODUCT_TYPES",
    "FileName",
    "ProductType",
    "is_file_name",
    "is_file_type",
    "owner_of",
    "read_file_name",
    "read_types",
]

#: What files belong to, and the columns of a table that identify it.
OWNER_KEYS: Mapping[str, tuple[str, ...]] = {
    "observation": ("obsid", "obi"),
    "source region": ("obsid", "obi", "region_id"),
    "stack": ("detect_stack_id",),
    "stack region": ("detect_stack_id", "region_id"),
    "master": ("name",),
}

#: Levels whose files go into the folder of their source, if its name is known.
OF_SOURCES = frozenset({"source region", "stack region", "master"})

#: What csccli wants to know of the source region where that is not all in the file's own keys.
_REGION_KEYS = ("obsid", "obi", "region_id")

_LONGEST_NAME = 120
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", re.ASCII)
_FILE_TYPE = re.compile(r"[A-Za-z0-9_]{1,40}", re.ASCII)
_OBSERVATION = r"[a-z]+f(?P<observation>\d{5,9}_\d{3})"
_STACK = r"(?P<stack>[a-z]+fJ\d{7}[pm]\d{6}_\d{3})"
_MASTER = r"(?P<master>2CXOJ\d{7}[pm]\d{6}[A-Z]{0,2})"
_FOLDER = re.compile(rf"(?:{_OBSERVATION}|{_STACK})N\d", re.ASCII)
_PARTS = re.compile(
    rf"(?:{_OBSERVATION}|{_STACK}|{_MASTER})N(?P<revision>\d{{3}})(?:_(?P<cycle>e\d))?"
    r"(?:_r(?P<region>\d+))?(?:_?(?P<band>[bhmsuw]))?_(?P<extension>[a-z]+3)"
    r"(?P<suffix>\.fits|\.jpg)(?:\.gz)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class ProductType:
    """One type of file."""

    name: str
    filetype: str
    extension: str
    level: str
    banded: bool
    description: str
    acis_only: bool = False
    by_region: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that a table needs for files of this type, whose names they are told by first."""
        own = OWNER_KEYS[self.level]
        if not self.by_region:
            return own
        return (*own, *(key for key in _REGION_KEYS if key not in own))

    @property
    def suffix(self) -> str:
        """What a file name ends with."""
        return ".jpg" if self.name.endswith("_jpg") else ".fits"


@dataclass(frozen=True, slots=True)
class FileName:
    """What the name of a file tells."""

    owner: str
    region_id: int | None
    band: str
    extension: str
    suffix: str
    cycle: str
    revision: int


# name | csccli's name (where it differs) | extension | * for a file a band, + for ACIS only,
# @ where csccli is asked by source region | what is in it
_TYPES = {
    "observation": """
evt|evt3|evt3||events of the whole field
asol|aspsol3|asol3||how the telescope pointed, in time
ahst|asphist|ahst3||how the telescope pointed, as a histogram
bpix|badpix3|bpix3||bad pixels
fov|fov3|fov3||outline of the field
pixmask||pixmask3||which pixels count
img|ecorrimg|img3|*|image of the whole field: background taken off, divided by exposure
bkgimg||bkgimg3|*|image of the background
exp|expmap|exp3|*|exposure map
poly|poly3|poly3|*|outlines of extended emission
""",
    "source region": """
regevt|regevt3|regevt3||events around the source
pha|spectrum|pha3|+|spectrum of the source, and of its background
arf||arf3||effective area for the spectrum
rmf||rmf3|+|energy response for the spectrum
reg|srcreg|reg3||ellipses that contain 90 % of a point source, one per band
regimg||regimg3|*|image around the source
psf||psf3|*|image of a point source at that place
regexp|regexpmap|regexp3|*|exposure map around the source
lc|lightcurve|lc3|*|light curve within the observation, and of the background
draws||draws3|*|draws from the posterior of the position
aperphot||phot3|*|posterior of the flux
""",
    "stack": """
stkevt|stkevt3|evt3||events of the whole field
stkfov|stkfov3|fov3||outline of the field
stkecorrimg||img3|*|image of the whole field: background taken off, divided by exposure
stkbkgimg||bkgimg3|*|image of the background
stkexpmap||exp3|*|exposure map
sensity||sens3|*|map of the limiting sensitivity
mrgsrc||mrgsrc3|@|list of everything that was detected in the stack
""",
    "stack region": """
stkregevt|stkregevt3|regevt3|@|events around the source
stksrcreg||reg3|@|region of the source, and of its background
stkregimg||regimg3|*@|image around the source
stkregimg_jpg||regimg3|@|picture in three colours
stkregexp||regexp3|*@|exposure map around the source
stkdraws||draws3|*@|draws from the posterior of the position
stkaperphot||phot3|*@|posterior of the flux
""",
    "master": """
bayesblks||blocks3|@|blocks of observations between which the flux changed, and fluxes in each
srcaperphot||phot3|*@|posterior of the flux, from all observations of the best block
srcpoly|srcpoly3|poly3|@|outline of an extended source (X)
""",
}


def _read_table() -> dict[str, ProductType]:
    """Read the table of types."""
    found = {}
    for level, lines in _TYPES.items():
        for line in lines.strip().splitlines():
            name, filetype, extension, marks, description = line.split("|")
            found[name] = ProductType(
                name=name,
                filetype=filetype or name,
                extension=extension,
                level=level,
                banded="*" in marks,
                description=description,
                acis_only="+" in marks,
                by_region="@" in marks,
            )
    return found


#: Every type, by CIAO's name.
PRODUCT_TYPES: Mapping[str, ProductType] = _read_table()


def read_types(types: object) -> tuple[ProductType, ...]:
    """Read the ``types`` of a verb."""
    words = [types] if isinstance(types, str) else types
    if not isinstance(words, Iterable):
        raise InputTypeError(f"types is {types!r}; expected names: types=['pha', 'arf', 'rmf'].")
    found: dict[str, ProductType] = {}
    for word in words:
        if not isinstance(word, str):
            raise InputTypeError(f"A type is a name, not {word!r}. Write types=['pha', 'arf'].")
        for part in filter(None, re.split(r"[\s,]+", word)):
            kind = _find(part)
            found[kind.name] = kind
    if not found:
        raise InvalidQueryError("types is empty. Name at least one: types='lc'.")
    return tuple(found.values())


def _find(word: str) -> ProductType:
    """Find one type, or say what it may have been meant to be."""
    if word.lower() in PRODUCT_TYPES:
        return PRODUCT_TYPES[word.lower()]
    same = [
        kind.name
        for kind in PRODUCT_TYPES.values()
        if word.lower() in {kind.filetype, kind.extension}
    ]
    if same:
        guess = f" Did you mean {' or '.join(map(repr, same))}?"
    else:
        guess = did_you_mean(word.lower(), PRODUCT_TYPES)
    raise InvalidQueryError(
        f"There is no type {word!r} of files.{guess} Known: {', '.join(PRODUCT_TYPES)}."
    )


def is_file_name(text: str) -> bool:
    """Tell whether a text can be the name of a file of the catalogue, and of nothing worse."""
    return len(text) <= _LONGEST_NAME and _FILE_NAME.fullmatch(text) is not None


def is_file_type(text: str) -> bool:
    """Tell whether a text can be a type of files of csccli."""
    return _FILE_TYPE.fullmatch(text) is not None


def owner_of(filename: str) -> str:
    """Read from a file name which observation or stack it belongs to, as CIAO names folders."""
    found = _FOLDER.match(filename)
    return "" if found is None else found["observation"] or found["stack"]


def read_file_name(filename: str) -> FileName | None:
    """Read the name of a file."""
    found = _PARTS.fullmatch(filename)
    if found is None:
        return None
    region = found["region"]
    return FileName(
        owner=found["observation"] or found["stack"] or found["master"],
        region_id=None if region is None else int(region),
        band=found["band"] or "",
        extension=found["extension"],
        suffix=found["suffix"],
        cycle=found["cycle"] or "",
        revision=int(found["revision"]),
    )
