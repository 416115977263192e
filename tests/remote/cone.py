# Licensed under a 3-clause BSD style license - see LICENSE
"""Questions about the cone search and the limiting sensitivity."""

from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.catalogue.schema import VERBOSITY
from tests.remote.site import Finding, Reading, Site, asks

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

#: Radii that are tried, in degrees; only the beginning of an answer is read.
_RADII = (1.0, 10.0, 60.0, 180.0)

#: Columns of the limiting sensitivity, of ACIS and of HRC.
_FLUXES = ("flux_sens_b", "flux_sens_w")


@asks("order of columns, and ucds of name, ra and dec", "cone_columns", "cone_ucds")
def cone_columns(site: Site) -> Finding:
    """Search the notebook's cone."""
    answer = site.cone(*NGC1333, 2 / 60)
    reading = Reading(answer.content)
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


@asks("a cone without sources", "empty_cone")
def empty_cone(site: Site) -> Finding:
    """Search where nothing is."""
    answer = site.cone(*NOWHERE, 1 / 3600)
    form = "table" if Reading(answer.content).is_table else "error"
    words = f"status {answer.status_code}: {answer.text[-300:]}"
    return Finding(words, {"empty_cone": form}, answer.content)


@asks("``SR=0``", "zero_sr")
def zero_sr(site: Site) -> Finding:
    """Search at a point."""
    answer = site.cone(*NGC1333, 0)
    form = "empty" if Reading(answer.content).is_table else "error"
    words = f"status {answer.status_code}: {answer.text[-300:]}"
    return Finding(words, {"zero_sr": form}, answer.content)


@asks("the error of the cone search", "cone_error")
def cone_error(site: Site) -> Finding:
    """Search with a radius that is none."""
    answer = site.cone(*NGC1333, "wide")
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


@asks("the largest ``SR``", "max_sr_deg")
def largest_radius(site: Site) -> Finding:
    """Search with ever larger radii, until one is refused; hang up after the first words."""
    largest = None
    for radius in _RADII:
        params = {"RA": "200", "DEC": "-45", "SR": str(radius), "VERB": "1"}
        with site.get(site.release.cone, params=params, stream=True) as answer:
            head = next(answer.iter_content(2_000), b"")
        if b"<FIELD" not in head.replace(b":FIELD", b"<FIELD"):
            break
        largest = radius
    words = f"the largest of {_RADII} that gives a table is {largest}"
    return Finding(words, {"max_sr_deg": None if largest == _RADII[-1] else largest})


@asks("whether ``current`` has a cone search")
def cone_of_current(site: Site) -> Finding:
    """Try the address that it would have."""
    path = RELEASES["current"].tap.replace("_tap", "_scs") + "/coneSearch"
    answer = site.get(path, params={"RA": "52.297", "DEC": "31.31", "SR": "0.01"})
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
    covered, empty = (Reading(_limits(site, *place)) for place in (covered_place(site), NOWHERE))
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
    reading = Reading(
        site.sync(f"SELECT TOP 1 s.ra, s.dec FROM {site.schema}.stack_source s").content
    )
    return float(reading.cells("ra")[0]), float(reading.cells("dec")[0])


def _limits(site: Site, ra: float, dec: float) -> bytes:
    """Ask for the limits of one place."""
    params = {"RA": str(ra), "DEC": str(dec), "SR": "0.001", "version": site.release.csccli}
    return site.get(site.release.limsen, params=params).content
