# Licensed under a 3-clause BSD style license - see LICENSE
"""Questions about the cone search and the limiting sensitivity."""

import requests

from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.catalogue.schema import VERBOSITY
from tests.remote.site import KNOWN, Finding, Reading, Site, UnansweredError, asks, reading_of

__all__ = [
    "cone_columns",
    "cone_error",
    "cone_of_current",
    "covered_place",
    "empty_cone",
    "largest_radius",
    "sensitivity",
    "zero_sr",
]

NGC1333 = (52.297, 31.31)
NOWHERE = (53.0, -30.0)

#: Radii that are tried, in degrees.
_RADII = (1.0, 10.0, 60.0, 180.0)

_FOUND = "a source near the rim is there"
_LOST = "a source near the rim is missing, without a word"

#: Columns of the limiting sensitivity, of ACIS and of HRC.
_FLUXES = ("flux_sens_b", "flux_sens_w")


@asks("order of columns, and ucds of name, ra and dec", "cone_columns", "cone_ucds")
def cone_columns(site: Site) -> Finding:
    """Search the notebook's cone."""
    answer = site.cone(*NGC1333, 2 / 60)
    reading = reading_of(answer)
    in_order = tuple(reading.names) == VERBOSITY[2]
    ucd = reading.field("ra").get("ucd", "")
    return Finding(
        f"{len(reading.all('TR'))} sources; {', '.join(reading.names)}; ucd of ra: {ucd}",
        {
            "cone_columns": "dictionary" if in_order else "varied",
            "cone_ucds": "scs" if ucd.isupper() else "ucd1+",
        },
        answer.content,
    )


def _is_table(site: Site, answer: requests.Response) -> bool:
    """Tell a table from a refusal, which counts where the notebook's cone is answered."""
    if answer.ok and Reading(answer.content).is_table:
        return True
    site.check_refusal(answer)
    reading_of(site.cone(*NGC1333, 2 / 60))
    return False


@asks("a cone without sources", "empty_cone")
def empty_cone(site: Site) -> Finding:
    """Search where nothing is."""
    answer = site.cone(*NOWHERE, 1 / 3600)
    form = "table" if _is_table(site, answer) else "error"
    words = f"status {answer.status_code}: {answer.text[-300:]}"
    return Finding(words, {"empty_cone": form}, answer.content)


@asks("``SR=0``", "zero_sr")
def zero_sr(site: Site) -> Finding:
    """Search at a point."""
    answer = site.cone(*NGC1333, 0)
    form = "empty" if _is_table(site, answer) else "error"
    words = f"status {answer.status_code}: {answer.text[-300:]}"
    return Finding(words, {"zero_sr": form}, answer.content)


@asks("the error of the cone search", "cone_error")
def cone_error(site: Site) -> Finding:
    """Search with a radius that is none."""
    answer = site.cone(*NGC1333, "wide")
    if _is_table(site, answer):
        raise UnansweredError("a radius that is not a number gave a table")
    reading = Reading(answer.content)
    if not reading.all("VOTABLE"):
        form = f"{answer.status_code}-html"
    elif answer.status_code != 200:
        form = str(answer.status_code)
    else:
        params = [item for item in reading.all("PARAM") if item.get("name") == "Error"]
        form = "PARAM" if params else "INFO"
    words = f"status {answer.status_code}: {answer.text[:300]}"
    return Finding(words, {"cone_error": form}, answer.content)


@asks("the largest ``SR``", "max_sr_deg", "cut_sr_deg")
def largest_radius(site: Site) -> Finding:
    """Search with ever larger radii for a source near the rim, until it is not found."""
    largest, seen = None, []
    for radius in _RADII:
        seen.append(f"{radius:g} deg: {_reaches(site, radius)}")
        if not seen[-1].endswith(_FOUND):
            break
        largest = radius
    settings: dict[str, object] = {"max_sr_deg": None, "cut_sr_deg": None}
    if seen[-1].endswith(_LOST):
        # Without a radius that works, the service may not know the source.
        settings = {} if largest is None else {**settings, "cut_sr_deg": largest}
    elif largest != _RADII[-1]:
        settings["max_sr_deg"] = largest
    return Finding("; ".join(seen), settings)


def _reaches(site: Site, radius_deg: float) -> str:
    """Search a cone with a known source near its rim; hang up when its name has come."""
    dec = NGC1333[1] - 0.95 * radius_deg
    ra = NGC1333[0] if dec >= -90 else NGC1333[0] + 180
    params = {"RA": f"{ra}", "DEC": f"{dec if dec >= -90 else -180 - dec}"}
    params |= {"SR": f"{radius_deg}", "VERB": "1"}
    tail = b""
    with site.get(site.release.cone, params=params, stream=True) as answer:
        for piece in answer.iter_content(1 << 16):
            if answer.ok and KNOWN.encode() in tail + piece:
                return _FOUND
            tail = (tail + piece)[-2_000:]
    if answer.ok and b"TABLEDATA>" in tail:
        return _LOST
    site.check_refusal(answer)
    reading_of(site.cone(*NGC1333, 2 / 60))
    return f"refused: {tail[-200:]!r}"


@asks("whether ``current`` has a cone search")
def cone_of_current(site: Site) -> Finding:
    """Try the address that it would have."""
    path = RELEASES["current"].tap.replace("_tap", "_scs") + "/coneSearch"
    answer = site.get(path, params={"RA": "52.297", "DEC": "31.31", "SR": "0.01"})
    if not (answer.ok and Reading(answer.content).is_table):
        site.check_refusal(answer, missing=True)
    words = f"{path}: status {answer.status_code}: {answer.text[:100]}"
    return Finding(words, raw=answer.content)


@asks(
    "limiting sensitivity: pixels, columns, nulls and places that were never observed",
    "limsen_pixels",
    "limsen_columns",
    "limsen_null",
    "limsen_uncovered",
)
def sensitivity(site: Site) -> Finding:
    """Ask with a tiny circle where there are data, and where there are none."""
    covered, empty = (_limits(site, *place) for place in (covered_place(site), NOWHERE))
    names = set(covered.names) | set(empty.names)
    rows = len(covered.all("TR"))
    numbers = [item for item in covered.all("FIELD") if item.get("datatype") in ("int", "long")]
    place = "position" if names & {"ra", "dec"} else "index" if numbers else "none"
    nulls = {text for name in _FLUXES if name in empty.names for text in empty.cells(name)}
    settings: dict[str, object] = {
        "limsen_pixels": "touched" if rows else "centres",
        "limsen_columns": place,
        "limsen_uncovered": "null" if empty.all("TR") else "no row",
    }
    if nulls:
        settings["limsen_null"] = "empty" if nulls == {""} else nulls.pop()
    words = f"{rows} rows with {sorted(names)}; where nothing is: {empty.text[-200:]}"
    return Finding(words, settings, covered.text.encode())


def covered_place(site: Site) -> tuple[float, float]:
    """Find a place that was observed: that of any detection."""
    reading = site.table(f"SELECT TOP 1 s.ra, s.dec FROM {site.schema}.stack_source s")
    return float(reading.cells("ra")[0]), float(reading.cells("dec")[0])


def _limits(site: Site, ra: float, dec: float) -> Reading:
    """Ask for the limits of one place."""
    params = {"RA": str(ra), "DEC": str(dec), "SR": "0.001", "version": site.release.csccli}
    return reading_of(site.get(site.release.limsen, params=params))
