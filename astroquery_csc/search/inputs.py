# Licensed under a 3-clause BSD style license - see LICENSE
"""What users pass, checked and turned into plain values at the door, before anything is sent."""

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, TypeGuard
from unicodedata import category

import numpy as np
from astropy import units as u
from astropy.coordinates import Angle, BaseCoordinateFrame, RadialDifferential, SkyCoord
from astropy.coordinates.errors import ConvertError
from astropy.coordinates.name_resolve import NameResolveError
from astroquery.exceptions import InputWarning
from numpy.typing import NDArray

from astroquery_csc.adql.read import ColumnLookup, check_condition
from astroquery_csc.adql.write import filter_condition, guess_column, is_word
from astroquery_csc.catalogue import schema
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.catalogue.suggest import did_you_mean
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, ResolverError, warn
from astroquery_csc.search.filters import as_written, column_words

__all__ = [
    "Positions",
    "Resolver",
    "angles_deg",
    "check_flag",
    "check_name",
    "column_names",
    "conditions",
    "is_integer",
    "is_real",
    "maxrec",
    "object_names",
    "places",
    "positions",
    "resolve",
    "row_limit",
    "uploads",
    "verbosity_columns",
    "warn_if_moving",
]

MAX_RADIUS_DEG = 180.0
#: How astropy begins to say that the resolver answers but does not know a name.
_UNKNOWN_NAME = "Unable to find"
_ALL = "*"
_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
#: Turns a name into a position; None for a name that nobody knows.
Resolver = Callable[[str], SkyCoord | None]
#: Columns of proper motions, as Gaia, VizieR and astropy call them.
_MOTIONS = frozenset({"pmra", "pmdec", "pmde", "pm_ra_cosdec", "pm_dec"})
_TWO_NUMBERS = re.compile(rf"\s*{_NUMBER}(?:\s*,\s*|\s+){_NUMBER}\s*", re.ASCII)

#: Hours and degrees, as the command line reads them: with colons, or as six numbers.
_SEXAGESIMAL = re.compile(
    r"\s*\d{1,2}([:\s])\s*\d{1,2}\1\s*\d{1,2}(?:\.\d*)?(?:\s*,\s*|\s+)"
    r"[-+]?\d{1,2}\1\s*\d{1,2}\1\s*\d{1,2}(?:\.\d*)?\s*",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Positions:
    """Positions on the sky, ICRS."""

    ra_deg: NDArray[np.float64]
    dec_deg: NDArray[np.float64]
    scalar: bool
    label: str = ""


def resolve(name: str) -> SkyCoord | None:
    """Ask astropy's resolver (Sesame) where an object is."""
    try:
        return _from_sesame(name)
    except NameResolveError as error:
        if str(error).startswith(_UNKNOWN_NAME):
            return None
        raise ResolverError(
            f"No name resolver could be reached for {name!r}. Give coordinates: "
            f"SkyCoord(ra, dec, unit='deg'). ({' '.join(str(error).split())[:300]})"
        ) from error
    except (OSError, ValueError) as error:
        raise ResolverError(
            f"The name resolver failed for {name!r} ({error}). Give coordinates: "
            "SkyCoord(ra, dec, unit='deg')."
        ) from error


def _from_sesame(name: str) -> SkyCoord:
    """Ask Sesame; astropy keeps every answer for ever, so that "unknown" is asked anew."""
    try:
        return SkyCoord.from_name(name, frame="icrs")
    except NameResolveError as error:
        if not str(error).startswith(_UNKNOWN_NAME):
            raise
    return SkyCoord.from_name(name, frame="icrs", cache="update")


def positions(coordinates: object, resolver: Resolver | None = None) -> Positions:
    """Read the ``coordinates`` of a verb."""
    found = places(coordinates, resolver)
    if np.any(getattr(coordinates, "masked", False)) and np.any(getattr(coordinates, "mask", ())):
        raise InvalidQueryError(
            "Some coordinates are masked. Drop them: coordinates[~coordinates.mask]."
        )
    if not found.ra_deg.size:
        raise InvalidQueryError("coordinates is empty. Give at least one position.")
    lost = np.flatnonzero(~np.isfinite(found.ra_deg + found.dec_deg))
    if lost.size:
        raise InvalidQueryError(
            f"Position {lost[0]} is not finite: ra={found.ra_deg[lost[0]]:g}, "
            f"dec={found.dec_deg[lost[0]]:g}. Drop positions that are NaN."
        )
    warn_if_moving(coordinates)
    return found


def is_integer(value: object) -> TypeGuard[Integral]:
    """Tell whether a value is an integer, of Python or of NumPy."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_real(value: object) -> TypeGuard[Real]:
    """Tell whether a value is one real number, of Python or of NumPy."""
    return isinstance(value, Real) and not isinstance(value, bool)


def warn_if_moving(coordinates: object, columns: Iterable[str] = ()) -> None:
    """Say that proper motions are not applied, where there are some."""
    motion = getattr(getattr(coordinates, "data", None), "differentials", {}).get("s")
    in_table = _MOTIONS & {name.lower() for name in columns}
    if in_table or not (motion is None or isinstance(motion, RadialDifferential)):
        warn(
            "Positions are used as given: proper motions are not applied, and the catalogue has "
            "none. To move positions to the epoch of the observations first: "
            "coordinates.apply_space_motion(new_obstime=Time('2010-01-01')).",
            InputWarning,
        )


def places(coordinates: object, resolver: Resolver | None = None) -> Positions:
    """Read coordinates as `positions` does, also where some are missing."""
    label = ""
    if isinstance(coordinates, str):
        coordinates, label = _from_text(coordinates, resolver)
    if isinstance(coordinates, BaseCoordinateFrame) and coordinates.has_data:
        coordinates = SkyCoord(coordinates)
    if not isinstance(coordinates, SkyCoord):
        raise InputTypeError(
            f"coordinates is a {type(coordinates).__name__}; expected a SkyCoord, scalar or array, "
            "a string with a position, or a name. Write SkyCoord(ra, dec, unit='deg')."
        )
    try:
        sphere = coordinates.icrs.spherical
    except (ConvertError, ValueError, AttributeError, u.UnitsError) as error:
        # AttributeError: horizontal coordinates without a place and a time.
        why = "it lacks what that takes" if isinstance(error, AttributeError) else error
        raise InvalidQueryError(
            f"The frame {coordinates.frame.name!r} cannot be turned into ICRS: {why}. Give it what "
            "its transformation needs (AltAz: obstime and location), or a SkyCoord in ICRS."
        ) from error
    with np.errstate(invalid="ignore"):  # an infinite one becomes NaN
        lon, lat = sphere.lon.wrap_at(360 * u.deg), sphere.lat
    ra_deg, dec_deg = (_unmasked(angle.deg).ravel() for angle in (lon, lat))
    return Positions(ra_deg, dec_deg, coordinates.shape == (), label)


def _unmasked(numbers: Any) -> NDArray[np.float64]:
    """Give plain numbers, NaN where one is masked."""
    plain = np.asarray(getattr(numbers, "unmasked", numbers), dtype=np.float64)
    return np.where(getattr(numbers, "mask", False), np.nan, plain)


def _with_ascii_minus(text: str) -> str:
    """Write a minus sign or a dash before a digit, and not within a word, in ASCII."""
    return re.sub(r"(?<!\S)[\u2010-\u2014\u2212](?=[\d.])", "-", text)


def _from_text(text: str, resolver: Resolver | None) -> tuple[SkyCoord, str]:
    """Read a string as a position or, failing that, as the name of an object."""
    if not text.strip():
        raise InvalidQueryError("coordinates is an empty string. Write '52.297 31.31' or a name.")
    text = _with_ascii_minus(text)
    numbers = _TWO_NUMBERS.fullmatch(text)
    with contextlib.suppress(ValueError, u.UnitsError, TypeError):
        if _SEXAGESIMAL.fullmatch(text):
            pair = " ".join(text.replace(",", " ").split())
            return SkyCoord(pair, unit=(u.hourangle, u.deg), frame="icrs"), ""
        if numbers is not None and np.isfinite(float(numbers[1])):
            return SkyCoord(float(numbers[1]), float(numbers[2]), frame="icrs", unit="deg"), ""
        # Without a unit this raises: one angle of two, or half of one, can be hours or degrees.
        return SkyCoord(text, frame="icrs"), ""
    if numbers is not None or re.fullmatch(r"[-+\d\s.,:hmsd°'\"]+", text):
        raise InvalidQueryError(
            f"{text!r} is not a position. Write '52.297 31.31' (degrees), "
            "'03h29m11s +31d18m36s', or a name."
        )
    found = (resolver or resolve)(text)
    if found is None:
        raise ResolverError(
            f"The name {text!r} is not known to the resolver, and is no position. Give "
            "coordinates: SkyCoord(ra, dec, unit='deg'). A source of the catalogue is found by "
            "query_object, with its 2CXO name."
        )
    return found, text.strip()


def angles_deg(
    value: object, name: str, count: int, *, maximum_deg: float = MAX_RADIUS_DEG
) -> NDArray[np.float64]:
    """Read a radius, width or height."""
    if isinstance(value, str):
        try:
            value = Angle(value)
        except (ValueError, u.UnitsError, TypeError) as error:
            raise InvalidQueryError(
                f"{name} {value!r} is not an angle with a unit. Write '2 arcmin'."
            ) from error
    if not isinstance(value, u.Quantity):
        raise InputTypeError(
            f"{name} is {value!r}, without a unit. Write {name}=2*u.arcmin, or '2 arcmin'."
        )
    try:
        angle = np.asarray(value.to_value(u.deg), dtype=np.float64)
    except u.UnitConversionError as error:
        raise InvalidQueryError(f"{name} is {value!r}; expected an angle.") from error
    if angle.shape not in ((), (1,), (count,)) and angle.size != count:
        raise InvalidQueryError(
            f"{name} has shape {angle.shape}; expected one value"
            + (f", or one for each of {count} positions." if count > 1 else " for one position.")
        )
    if np.any(getattr(value, "mask", False)):
        raise InvalidQueryError(f"{name} is {value!r}; masked values are no angles.")
    if not (np.isfinite(angle).all() and (angle > 0).all() and (angle <= maximum_deg).all()):
        raise InvalidQueryError(
            f"{name} is {value!r}; expected more than 0 and at most {maximum_deg:g} deg."
        )
    return np.array(np.broadcast_to(angle.ravel(), (count,)))


def row_limit(value: object) -> int | None:
    """Read a row limit."""
    if not is_integer(value):
        raise InputTypeError(
            f"A row limit is an integer, not {value!r}. Write row_limit=100, or -1 for all rows."
        )
    number = int(value)
    if number == -1:
        return None
    if number < 1:
        raise InvalidQueryError(
            f"A row limit of {number} asks for nothing. Write 1 or more, or -1 for all rows."
        )
    return number


def maxrec(value: object) -> int | None:
    """Read ``maxrec``."""
    limit = None if value is None else row_limit(value)
    if value is not None and limit is None:
        raise InvalidQueryError(
            f"maxrec is {value}; expected 1 or more. Leave it out for the service's own limit."
        )
    return limit


def verbosity_columns(verbosity: object, release: Release) -> tuple[str, ...]:
    """Find the columns that the cone-search service gives for a verbosity."""
    if not is_integer(verbosity):
        raise InputTypeError(f"verbosity is {verbosity!r}; expected 1, 2 or 3.")
    if int(verbosity) == 3:
        return _all_columns(release)
    if int(verbosity) not in schema.VERBOSITY:
        raise InvalidQueryError(f"verbosity is {verbosity}; expected 1, 2 or 3.")
    return schema.VERBOSITY[int(verbosity)]


def _all_columns(release: Release) -> tuple[str, ...]:
    """Every master_source column, by name where all are known."""
    info = schema.get_tables(release.name)[schema.MASTER]
    return tuple(info.columns) if info.complete else (_ALL,)


def column_names(
    columns: object, release: Release, ask: ColumnLookup | None = None
) -> tuple[str, ...]:
    """Read ``columns``."""
    words = column_words(columns, schema.get_tables(release.name)[schema.MASTER].columns)
    if words is None:
        raise InputTypeError(
            f"columns is {columns!r}; expected column names: ['name', 'flux_aper_b'], '*', or a "
            f"named set: {', '.join(map(repr, schema.NAMED_SETS))}."
        )
    if not len(words):
        raise InvalidQueryError("columns is empty. Name at least one, or leave it out.")
    names: list[str] = ["name", "ra", "dec"]
    for word in words:
        text = str(word).strip()
        if text == _ALL:
            names.extend(_all_columns(release))
        elif text in schema.NAMED_SETS:
            names.extend(schema.NAMED_SETS[text])
        else:
            names.append(text)
    if _ALL in names:
        return (_ALL,)
    _check_known(names, release, ask)
    return tuple(dict.fromkeys(names))


def _check_known(names: Iterable[object], release: Release, ask: ColumnLookup | None) -> None:
    """Refuse column names that master_source does not have."""
    info = schema.get_tables(release.name)[schema.MASTER]
    for name in names:
        if not isinstance(name, str):
            raise InputTypeError(f"A column name is a string, not {name!r}.")
        if name in info.columns:
            continue
        told = None if info.complete or ask is None else ask(schema.MASTER)
        if not info.complete and told is None and is_word(name):
            continue
        if told is None or name not in told:
            choices = [*info.columns, *(told or ())]
            raise InvalidQueryError(
                f"Column {name!r} is not in master_source of release {release.name}."
                f"{did_you_mean(name, choices)} Csc.list_columns('master_source') shows "
                "what there is.",
                release=release.name,
            )


def conditions(
    filters: object, criteria: object, release: Release, ask: ColumnLookup | None = None
) -> list[str]:
    """Read ``column_filters`` and ``criteria``."""
    found: list[str] = []
    if filters is not None:
        if not isinstance(filters, Mapping):
            raise InputTypeError(
                f"column_filters is {filters!r}; expected a dict: {{'significance': (10, None)}}."
            )
        filters = as_written(filters, schema.get_tables(release.name)[schema.MASTER].columns)
        _check_known(filters, release, ask)
        for name, wanted in filters.items():
            column = schema.find_column(release.name, name, schema.MASTER)
            found.append(filter_condition(column or guess_column(name, wanted), wanted))
    if criteria is not None:
        found.append(check_condition(criteria))  # type: ignore[arg-type]
    return found


def object_names(names: object) -> list[str]:
    """Read a list of object names."""
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise InputTypeError(
            f"object_names is {names!r}; expected several names. For one: query_object({names!r})."
        )
    found = [check_name(name) for name in names]
    if not found:
        raise InvalidQueryError("object_names is empty. Give at least one name.")
    return found


def check_name(name: object) -> str:
    """Read one object name."""
    if not isinstance(name, str):
        raise InputTypeError(f"An object name is a string, not {name!r}. Write 'NGC 1333'.")
    # A name from a page or a paper may have other blanks than the one that names have.
    text = "".join(" " if category(letter) == "Zs" else letter for letter in name).strip()
    if not text:
        raise InvalidQueryError("An object name is empty. Write 'NGC 1333'.")
    if ";" in text or '"' in text or not text.isprintable() or text.startswith("'"):
        raise InvalidQueryError(
            f"{name!r} is not an object name: it holds a quote, a semicolon or a control character."
        )
    return text


def check_flag(value: object, name: str) -> None:
    """Refuse what is neither True, False nor, for ``cache``, None."""
    if value is not None and not isinstance(value, bool | np.bool_):
        raise InputTypeError(f"{name} is {value!r}; expected True or False.")


def uploads(tables: object) -> dict[str, object] | None:
    """Read the tables to send along with a query."""
    if tables is None:
        return None
    if not isinstance(tables, Mapping):
        raise InputTypeError(f"uploads is {tables!r}; expected a dict: {{'mine': table}}.")
    for name, content in tables.items():
        if isinstance(content, Integral):
            # open() would take it for the number of a file that somebody else has opened.
            raise InputTypeError(
                f"The upload {name!r} is {content!r}; expected an astropy Table, or a VOTable file."
            )
        if not isinstance(name, str) or not is_word(name):
            raise InvalidQueryError(
                f"The name {name!r} of an upload is no plain word. Write {{'mine': table}} and "
                "TAP_UPLOAD.mine in the query."
            )
    return dict(tables)
