# Licensed under a 3-clause BSD style license - see LICENSE
"""One live call per verb of Csc, each checked for what must be true of any good answer."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astroquery.exceptions import MaxResultsWarning

from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.catalogue.schema import VERBOSITY
from astroquery_csc.core import CscClass
from tests.remote.notebook import compact_sources, extended_sources, notebook_cone
from tests.remote.polite import Meter, be_polite
from tests.support.comparing import (
    EMPTY_SKY,
    NGC1333,
    UNMEASURED,
    assert_same_table,
    masters,
    real_sources,
    sources_of,
)

__all__ = ["CALLED", "VERBS", "Live", "Sky", "call"]

RADIUS = 2 * u.arcmin


@dataclass(frozen=True)
class Sky:
    """
    What is known of a catalogue before it is asked.

    Parameters
    ----------
    compact, extended : int
        Master sources without and with an X at the end of their name.
    extended_before : int
        Those with an X in release 2.0.
    """

    compact: int
    extended: int
    extended_before: int

    @classmethod
    def published(cls) -> "Sky":
        """Give the published numbers."""
        now, before = RELEASES["2.1"], RELEASES["2.0"]
        return cls(now.compact, now.extended, before.extended)

    @classmethod
    def invented(cls) -> "Sky":
        """Count the test sky."""
        ends = [str(name).endswith("X") for name in masters()["name"]]
        return cls(len(ends) - sum(ends), sum(ends), sum(ends))


@dataclass
class Live:
    """
    A client of the services, and what the calls have in common.

    Parameters
    ----------
    csc : CscClass
        The client.
    sky : Sky
        What must be found.
    folder : Path
        Where downloads go.
    meter : Meter
        Counts the requests.
    """

    csc: CscClass
    sky: Sky
    folder: Path
    meter: Meter

    @cached_property
    def name(self) -> str:
        """Find a compact source that ACIS saw well."""
        found = self.csc.query_tap(
            "SELECT TOP 1 m.name FROM master_source m WHERE m.significance > 30 "
            "AND m.flux_aper_b > 1E-14 AND m.name NOT LIKE '%X'"
        )
        return str(found["name"][0])

    @cached_property
    def place(self) -> SkyCoord:
        """Give the position of that source: it was observed."""
        found = self.csc.query_tap(
            f"SELECT m.name, m.ra, m.dec FROM master_source m WHERE m.name = '{self.name}'"
        )
        return SkyCoord(found["ra"][0], found["dec"][0], unit="deg")

    @cached_property
    def detections(self) -> Table:
        """Find its detections in single observations."""
        return self.csc.query_detections(self.name)

    @property
    def measured(self) -> Table:
        """Take one of these that has a flux in ACIS' broad band."""
        found = self.detections
        return found[np.ma.filled(found["flux_aper_b"], 0.0) > 0][:1]

    @contextmanager
    def of(self, release: str) -> Iterator[CscClass]:
        """Make a client of another release."""
        client = self.csc(release=release)
        be_polite(client._session, self.meter)
        yield client
        client._session.close()


Check = Callable[[Live], None]

#: Every check, by its name.
VERBS: dict[str, Check] = {}

#: The verbs, properties of the service among them, that each check calls.
CALLED: dict[str, tuple[str, ...]] = {}


def calls(*verbs: str) -> Callable[[Check], Check]:
    """Make a function a check of some verbs."""

    def register(check: Check) -> Check:
        """Remember it."""
        name = check.__name__.replace("_", "-")
        VERBS[name], CALLED[name] = check, verbs
        return check

    return register


@contextmanager
def call(server: str, sky: Sky, folder: Path, meter: Meter) -> Iterator[Live]:
    """Make a client of a server, with a cache of its own."""
    client = CscClass(server=server)
    client.cache_location = folder / "cache"
    be_polite(client._session, meter)
    yield Live(client, sky, folder, meter)
    client._session.close()


@calls("query_region")
def notebooks_cone(live: Live) -> None:
    """The 11 sources come with the values that the notebook prints."""
    table = notebook_cone(live.csc)

    assert sources_of(table, dict.fromkeys(VERBOSITY[2])) == real_sources()


@calls("query_region")
def both_routes(live: Live) -> None:
    """The cone search and TAP agree in every column."""
    cone = live.csc.query_region(NGC1333, RADIUS)
    tap = live.csc.query_region(NGC1333, RADIUS, columns=VERBOSITY[2])

    assert_same_table(tap, cone)


@calls("query_region")
def empty_region(live: Live) -> None:
    """A place without sources gives a table without rows, by either route."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cone: Any = live.csc.query_region(EMPTY_SKY, 1 * u.arcsec)
        tap: Any = live.csc.query_region(EMPTY_SKY, 1 * u.arcsec, columns=VERBOSITY[2])

    assert (len(cone), len(tap), list(tap.columns)) == (0, 0, list(cone.columns))


@calls("query_object")
def one_object(live: Live) -> None:
    """A source is found by its name, at its place; its flux was not measured."""
    table = live.csc.query_object(UNMEASURED, columns=["ra", "dec", "flux_aper_b"])

    expected = real_sources()[UNMEASURED]
    assert sources_of(table, dict.fromkeys(("ra", "dec", "flux_aper_b"))) == {
        UNMEASURED: {name: expected[name] for name in ("ra", "dec", "flux_aper_b")}
    }


@calls("query_objects")
def many_objects(live: Live) -> None:
    """A list of 200 names, the longest that is sent at once, gives 200 rows in its order."""
    names = live.csc.query_tap("SELECT TOP 200 m.name FROM master_source m")["name"].tolist()

    table = live.csc.query_objects(names, verbosity=1)

    assert table["name"].tolist() == names


@calls("query_criteria")
def criteria(live: Live) -> None:
    """Flags, ranges and nulls select the rows that a look at all of them selects."""
    north = {"dec": (80, None)}
    everything = live.csc.query_criteria(
        columns=["extent_flag", "significance"], column_filters=north, row_limit=-1
    )
    found = live.csc.query_criteria(
        columns="name",
        column_filters={**north, "extent_flag": False, "significance": (5, None)},
        row_limit=-1,
    )

    nulls = live.csc.query_criteria(
        columns="name", column_filters={"name": UNMEASURED, "flux_aper_b": None}
    )

    levels = np.ma.filled(everything["significance"], 0.0)
    flags = np.ma.filled(everything["extent_flag"], fill_value=True)
    expected = everything["name"][~flags & (levels >= 5)]
    assert 0 < len(found) < len(everything)
    assert sorted(found["name"]) == sorted(expected)
    assert nulls["name"].tolist() == [UNMEASURED]


@calls("crossmatch")
def matches(live: Live) -> None:
    """Each of the 11 real sources is its own counterpart, also by its error ellipse."""
    real = real_sources()
    ra, dec = ([row[name] for row in real.values()] for name in ("ra", "dec"))

    table = live.csc.crossmatch(
        SkyCoord(ra, dec, unit="deg"), radius=1 * u.arcsec, sigma=1, find="best"
    )

    assert table["name"].tolist() == list(real)
    assert float(table["separation"].max()) < 0.01


@calls("query_tap")
def comma_join(live: Live) -> None:
    """A join by commas gives rows of both tables that belong together."""
    table = live.csc.query_tap(
        "SELECT TOP 5 m.name, m.ra, m.dec, s.ra AS x, s.dec AS y FROM master_source m, "
        "master_stack_assoc a, stack_source s WHERE (m.name = a.name) AND "
        "(a.detect_stack_id = s.detect_stack_id) AND (a.region_id = s.region_id) "
        "AND a.match_type = 'u' AND m.dec > 80 ORDER BY m.name ASC"
    )

    one = SkyCoord(table["ra"], table["dec"], unit="deg")
    other = SkyCoord(np.asarray(table["x"]), np.asarray(table["y"]), unit="deg")
    assert len(table) == 5
    assert one.separation(other).max() < 2 * u.arcmin


@calls("query_tap")
def limited(live: Live) -> None:
    """A limit is kept, and said."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table: Any = live.csc.query_tap("SELECT m.name FROM master_source m", maxrec=3)

    assert (len(table), table.meta["TRUNC"]) == (3, True)
    assert MaxResultsWarning in {warning.category for warning in caught}


@calls("query_tap")
def extended_names(live: Live) -> None:
    """LIKE '%X' gives the published number of highly extended sources."""
    assert len(extended_sources(live.csc)) == live.sky.extended


@calls("query_tap")
def compact_names(live: Live) -> None:
    """NOT LIKE '%X' gives the published number of all others; the answer is not cut."""
    table = compact_sources(live.csc)

    assert (len(table), table.meta["TRUNC"]) == (live.sky.compact, False)


@calls("query_tap")
def job(live: Live) -> None:
    """A job gives what a synchronous query gives."""
    query = f"SELECT m.name, m.ra FROM master_source m WHERE m.name = '{UNMEASURED}'"

    assert_same_table(live.csc.query_tap(query, async_job=True), live.csc.query_tap(query))


@calls("query_tap")
def upload(live: Live) -> None:
    """A table that is sent along is joined with the catalogue."""
    mine = Table({"name": [UNMEASURED], "number": [7]})
    table = live.csc.query_tap(
        "SELECT t.number, m.ra FROM master_source m, TAP_UPLOAD.mine t WHERE (m.name = t.name)",
        uploads={"mine": mine},
    )

    assert table["number"].tolist() == [7]
    assert table["ra"].tolist() == [real_sources()[UNMEASURED]["ra"]]


@calls("list_columns", "list_tables")
def columns(live: Live) -> None:
    """The service lists the tables that are known, and the known columns of master_source."""
    told = live.csc.list_columns(refresh=True)

    mine = told[told["table"] == "master_source"]
    known = live.csc.list_columns("master_source")["name"]
    listed = live.csc.list_tables()
    tables = {str(name).partition(".")[2] for name in listed["name"][listed["columns"] > 0]}
    assert tables <= set(told["table"])
    assert sorted(mine["name"]) == sorted(known)


@calls("maxrec", "hardlimit")
def stated_limits(live: Live) -> None:
    """The service states row limits that hold the whole catalogue."""
    assert live.csc.hardlimit >= live.csc.maxrec >= live.sky.compact + live.sky.extended


@calls("query_detections")
def detections(live: Live) -> None:
    """A source has detections, in observations and stacks; its place and values find them, too."""
    stacks = live.csc.query_detections(live.name, level="stack", columns=["ra", "dec"])

    places = SkyCoord(stacks["ra"], stacks["dec"], unit="deg")
    assert set(live.detections["name"]) == set(stacks["name"]) == {live.name}
    assert set(live.detections["detect_stack_id"]) <= set(stacks["detect_stack_id"])
    assert places.separation(live.place).max() < 2 * u.arcmin
    obsid = int(live.detections["obsid"][0])
    around = live.csc.query_detections(coordinates=live.place, radius="1 arcsec", columns="theta")
    valued = live.csc.query_detections(
        criteria=f"o.obsid = {obsid} AND m.name = '{live.name}'", columns="theta"
    )
    assert set(live.detections["obsid"]) <= set(around["obsid"])
    assert set(valued["obsid"]) == {obsid}


@calls("query_light_curve")
def light_curve(live: Live) -> None:
    """A light curve, by position, has the observations of the detections, in order of time."""
    table: Any = live.csc.query_light_curve(live.place, radius=0.5 * u.arcsec)

    inside = (table["mjd_start"] < table["mjd_mid"]) & (table["mjd_mid"] < table["mjd_stop"])
    assert set(live.detections["obsid"]) <= set(table["obsid"])
    assert bool((np.diff(table["mjd_mid"]) >= 0).all())
    assert bool(inside.all())
    assert table.meta["OBJECT"] == live.name


@calls("query_limits")
def limits(live: Live) -> None:
    """Bounds at 3 sigma hold those at 68 %, from a posterior that was fetched."""
    row = live.measured
    table = live.csc.query_limits(row, bands="b")

    assert (len(table), table["note"].tolist()) == (1, [""])
    assert table["flux_hilim"][0] > row["flux_aper_hilim_b"][0] > 0


@calls("query_sensitivity")
def sensitivity(live: Live) -> None:
    """The place of a source is covered, with a limit that can be; nothing is at another place."""
    there = live.csc.query_sensitivity(live.place)
    nowhere = live.csc.query_sensitivity(EMPTY_SKY)

    limit = np.ma.concatenate([there[f"flux_sens_{band}"] for band in "bsmhw"])
    assert (there["status"].tolist(), nowhere["status"].tolist()) == (["covered"], ["not covered"])
    assert 1e-18 < limit.min() <= limit.max() < 1e-10


@calls("get_product_list", "download_products")
def files(live: Live) -> None:
    """The region of a detection is listed and fetched: a small FITS file of its observation."""
    listed = live.csc.get_product_list(live.measured, types="reg")
    done = live.csc.download_products(listed, location=live.folder / "files")

    with fits.open(done["path"][0]) as opened:
        obsids = {str(hdu.header["OBS_ID"]) for hdu in opened if "OBS_ID" in hdu.header}
    assert (listed["type"].tolist(), done["status"].tolist()) == (["reg"], ["downloaded"])
    assert obsids <= {str(listed["obsid"][0])}


@calls("get_spectra")
def spectra(live: Live) -> None:
    """A detection has a spectrum, with counts, and its responses."""
    table = live.csc.get_spectra(live.measured, location=live.folder / "spectra", clean=False)

    assert [Path(table[kind][0]).is_file() for kind in ("pha", "arf", "rmf")] == [True] * 3
    assert table["counts"][0] > 0


@calls("query_sia")
def images(live: Live) -> None:
    """There are images of an observed place, each with the name and type of its file."""
    table = live.csc.query_sia(live.place, 0.5 * u.deg, format="fits")

    assert len(table) > 0
    assert all(str(name).endswith(".fits") for name in table["filename"])
    assert all(table["filetype"])


@calls("query_region", "query_tap")
def release_2_0(live: Live) -> None:
    """Release 2.0 has its own highly extended sources, and both routes agree there."""
    with live.of("2.0") as older:
        cone = older.query_region(NGC1333, RADIUS)
        tap = older.query_region(NGC1333, RADIUS, columns=VERBOSITY[2])
        extended = extended_sources(older)

    assert len(cone) > 5
    assert_same_table(tap, cone)
    assert len(extended) == live.sky.extended_before


@calls("query_region")
def release_current(live: Live) -> None:
    """The release "current" has sources at a place that was observed long ago."""
    with live.of("current") as current:
        table = current.query_region(NGC1333, RADIUS)

    assert len(table) > 5
