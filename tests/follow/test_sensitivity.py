# Licensed under a 3-clause BSD style license - see LICENSE
"""query_sensitivity: covered, not covered and failed, never to be mistaken for each other."""

import threading
from typing import Any

import numpy as np
import pytest
import requests
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.coordinates.name_resolve import sesame_url
from astropy.table import MaskedColumn, QTable, Table
from astroquery.exceptions import BlankResponseWarning

from astroquery_csc import for_fits, progress
from astroquery_csc.backend import Answer, Depth, Request
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.columns import Columns
from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import (
    InputTypeError,
    InvalidQueryError,
    RemoteServiceError,
    TableParseError,
)
from astroquery_csc.follow import sensitivity
from astroquery_csc.search.ask import Search
from astroquery_csc.testing import Dialect, csc_server
from astroquery_csc.testing.engine import LocalBackend
from astroquery_csc.testing.limsen import FIELD_DEG, NULL, PIXEL_DEG
from tests.support.comparing import RequestLog, assert_same_table
from tests.support.sky import sky

LIMSEN = "/csclimsen/limsen"
#: Centre of an ACIS field, of an HRC field, and a place that no stack saw.
ACIS = SkyCoord(10.7, 41.3, unit="deg")
HRC = SkyCoord(55.1, 24.1, unit="deg")
NOWHERE = SkyCoord(200.0, 10.0, unit="deg")
SEVERAL = SkyCoord([10.7, 200.0, 55.1, 10.75, 200.1], [41.3, 10.0, 24.1, 41.32, 10.1], unit="deg")
BANDS = "bhmsuw"
NAMES = [f"{kind}_{band}" for kind in ("flux_sens", "photflux_sens") for band in BANDS]


def asked(log):
    """List the positions that were asked for: RA, DEC and SR of each request."""
    return [
        tuple(float(one.params[key]) for key in ("RA", "DEC", "SR"))
        for one in log.all
        if one.path == LIMSEN
    ]


def failing(csc, *bad, change):
    """Let requests for some right ascensions fail in a certain way."""
    send = csc._request

    def request(method, url, **arguments):
        """Let some fail, and the others through."""
        if float((arguments.get("params") or {}).get("RA", -1)) in bad:
            return change(send, method, url, **arguments)
        return send(method, url, **arguments)

    csc._request = request


def refuse(send, method, url, **arguments):
    """Fail as a host does that nobody can reach."""
    raise requests.ConnectionError("no route to host")


@pytest.fixture(scope="module")
def three(server):
    """Ask once for a place that ACIS saw, one that nobody saw, and one that the HRC saw."""
    return CscClass(server=server.url).query_sensitivity(SEVERAL[:3], cache=False)


@pytest.fixture
def quick():
    """Try nothing twice."""
    with conf.set_temp("retries", 0):
        yield


# ---- the answer --------------------------------------------------------------------------------


def test_one_position_gives_one_row_with_units(csc):
    """Position as asked, status, a limit a band in both fluxes; no query_index for a scalar."""
    table = csc.query_sensitivity(ACIS)

    assert table.colnames == ["ra", "dec", "status", *NAMES, "pixels", "reason"]
    assert (table["ra"][0], table["dec"][0], table["status"][0]) == (10.7, 41.3, "covered")
    assert {table[name].unit for name in NAMES[:6]} == {u.erg / u.s / u.cm**2}
    assert {table[name].unit for name in NAMES[6:]} == {u.photon / u.s / u.cm**2}
    assert QTable(table)["flux_sens_b"][0] > 0
    assert all(column.description for column in table.itercols())
    assert not {column.dtype.kind for column in table.itercols()} - set("Ufi")


def test_the_limit_is_that_of_the_pixel_at_the_place(csc):
    """The deepest stack's invented limit, within what it changes across a pixel."""
    rows = sky()["stack_source"]
    table = csc.query_sensitivity(ACIS)

    places = SkyCoord(rows["ra_stack"].data.data, rows["dec_stack"].data.data, unit="deg")
    away = places.separation(ACIS)
    limits = 5 / 8e10 / np.asarray(rows["livetime"]) * (1 + (away.arcmin / 5) ** 2)
    deepest = limits[away.deg <= FIELD_DEG].min()
    np.testing.assert_allclose(table["flux_sens_b"][0], deepest, rtol=1e-3)


def test_every_position_has_a_row_in_the_order_of_the_input(csc):
    """Covered, not covered, HRC: one row each, numbered, whatever the order of the answers."""
    table = csc.query_sensitivity(SEVERAL)

    assert table["query_index"].tolist() == [0, 1, 2, 3, 4]
    assert table["ra"].tolist() == SEVERAL.ra.deg.tolist()
    assert table["status"].tolist() == [
        "covered", "not covered", "covered", "covered", "not covered",
    ]  # fmt: skip
    assert np.ma.getmaskarray(table["flux_sens_s"]).tolist() == [False, True, True, False, True]
    alone = csc.query_sensitivity(SEVERAL[3], cache=False)
    assert table["flux_sens_s"][3] == alone["flux_sens_s"][0] != table["flux_sens_s"][0]


def test_a_null_is_a_null_band_by_band(csc):
    """HRC has w alone, ACIS all others; the status looks at every band, asked for or not."""
    table = csc.query_sensitivity(SEVERAL, bands="w")

    assert table.colnames[3:] == ["status", "flux_sens_w", "photflux_sens_w", "pixels", "reason"]
    assert np.ma.getmaskarray(table["flux_sens_w"]).tolist() == [True, True, False, True, True]
    assert table["status"][0] == "covered"
    assert not np.ma.getmaskarray(csc.query_sensitivity(HRC)["photflux_sens_w"]).any()


def test_no_null_of_the_service_comes_through_as_a_number(csc):
    """3.4E38 is masked, and nothing near it is left under the mask."""
    table = csc.query_sensitivity(SEVERAL)

    values = np.array([np.ma.getdata(table[name]) for name in NAMES])
    assert not (np.abs(values) > 1e30).any()


def test_meta_counts_and_survives_a_file(csc, server, tmp_path):
    """Where the rows are from, how many are covered; FITS gives the table back."""
    table = csc.query_sensitivity(SEVERAL)

    assert table.meta["SERVICE"] == f"sensitivity {server.url}{LIMSEN}"
    assert (table.meta["NROWS"], table.meta["COVERED"], table.meta["FAILED"]) == (5, 3, 0)
    assert max(map(len, table.meta)) <= 8
    for_fits(table).write(tmp_path / "depth.fits")
    back = Table.read(tmp_path / "depth.fits")
    back.convert_bytestring_to_unicode()
    assert back["status"].tolist() == table["status"].tolist()
    assert back["flux_sens_b"].tolist() == table["flux_sens_b"].tolist()


def test_a_name_is_resolved(csc, server):
    """A string is a position or a name, as everywhere."""
    with sesame_url.set((server.sesame_url,)):
        table = csc.query_sensitivity("Synthetic Field 1")

    assert (table["ra"][0], table.meta["OBJECT"]) == (10.7, "Synthetic Field 1")


# ---- what is sent ------------------------------------------------------------------------------


def test_the_request_has_degrees_arcmin_and_the_version(csc, server):
    """SR is 1/3600 arcmin, less than a pixel; the version is the release's."""
    log = RequestLog(server)

    csc(release="2.0").query_sensitivity(ACIS, cache=False)

    (one,) = log.all
    assert (one.method, one.path, one.params["VERSION"]) == ("GET", LIMSEN, "rel2.0")
    assert asked(log) == [(10.7, 41.3, 1 / 3600)]


def test_the_payload_describes_the_requests(csc, server):
    """A dict of one, lists of several; nothing is sent."""
    log = RequestLog(server)

    one = csc.query_sensitivity(ACIS, get_query_payload=True)
    many = csc.query_sensitivity(SEVERAL[:2], get_query_payload=True)

    assert one == {
        "url": f"{server.url}{LIMSEN}", "method": "GET", "RA": 10.7, "DEC": 41.3,
        "SR": 1 / 3600, "version": "rel2.1",
    }  # fmt: skip
    assert many["RA"] == [10.7, 200.0]
    assert log.all == []


def test_a_position_that_comes_twice_is_asked_once(csc, server):
    """Equal positions share a request, and each has its row."""
    log = RequestLog(server)

    table = csc.query_sensitivity(SEVERAL[[0, 0, 3, 0]])

    assert len(asked(log)) == 2
    assert table["status"].tolist() == ["covered"] * 4
    assert table["flux_sens_b"][0] == table["flux_sens_b"][3] != table["flux_sens_b"][2]


def test_two_requests_are_in_flight_at_most(csc):
    """The service is asked politely: never three at a time, but two."""
    lock, now, most = threading.Lock(), [0], [0]
    send = csc._request

    def counted(*args, **kwargs):
        """Count the requests that are under way."""
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        try:
            return send(*args, **kwargs)
        finally:
            with lock:
                now[0] -= 1

    csc._request = counted
    with csc_server(dialect=Dialect(delay_seconds=0.05)) as slow:
        asking = csc(server=slow.url)
        asking._request = counted
        asking.query_sensitivity(SkyCoord(np.arange(10.0), np.zeros(10), unit="deg"), cache=False)

    assert most[0] == 2


def test_each_answer_is_cached_by_itself(csc, server):
    """A list that shares positions with an earlier one only asks for the others."""
    first = csc.query_sensitivity(SEVERAL[:3])
    log = RequestLog(server)

    again = csc.query_sensitivity(SEVERAL[:3])
    more = csc.query_sensitivity(SEVERAL)

    assert_same_table(again, first)
    assert {ra for ra, _, _ in asked(log)} == {10.75, 200.1}
    assert more["status"].tolist()[:3] == first["status"].tolist()


# ---- failures ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_some_failures_are_rows_with_reasons_and_one_warning(csc):
    """What came is kept; what failed is said to be unknown, not absent."""
    failing(csc, 200.0, change=refuse)
    with pytest.warns(BlankResponseWarning, match="1 of 5 positions failed") as caught:
        table = csc.query_sensitivity(SEVERAL)

    assert len(caught) == 1
    assert table["status"].tolist() == [
        "covered", "failed", "covered", "covered", "not covered",
    ]  # fmt: skip
    assert [bool(text) for text in table["reason"]] == [False, True, False, False, False]
    assert "No connection" in table["reason"][1]
    assert np.ma.getmaskarray(table["flux_sens_b"]).tolist() == [False, True, True, False, True]
    assert np.ma.getmaskarray(table["pixels"]).tolist() == [False, True, False, False, False]
    assert table.meta["FAILED"] == 1


@pytest.mark.usefixtures("quick")
def test_a_list_that_broke_off_goes_on_where_it_was(csc, server):
    """The second time only what failed is asked again."""
    send = csc._request
    failing(csc, 10.75, 200.1, change=refuse)
    with pytest.warns(BlankResponseWarning):
        csc.query_sensitivity(SEVERAL)
    csc._request = send
    log = RequestLog(server)

    table = csc.query_sensitivity(SEVERAL)

    assert {ra for ra, _, _ in asked(log)} == {10.75, 200.1}
    assert "failed" not in table["status"].tolist()


@pytest.mark.usefixtures("quick")
def test_a_page_instead_of_an_answer_is_a_failure_and_is_not_kept(csc, server):
    """HTML under status 200 is not an answer, and never enters the cache."""
    with csc_server(dialect=Dialect(limsen_fault="html")) as broken:
        failing(csc, 10.7, change=lambda send, method, url, **arguments: send(
            method, url.replace(server.url, broken.url), **arguments))  # fmt: skip
        with pytest.warns(BlankResponseWarning, match="being maintained"):
            table = csc.query_sensitivity(SEVERAL)

    assert table["status"].tolist()[0] == "failed"
    assert not [entry for entry in csc._cache.entries() if entry.url.startswith(broken.url)]
    assert (
        CscClass(server=server.url).query_sensitivity(ACIS, cache=False)["status"][0] == "covered"
    )


@pytest.mark.parametrize("fault", ["html", "500", "dropped"])
@pytest.mark.usefixtures("quick")
def test_the_verb_raises_where_every_position_failed(csc, fault):
    """Nothing is known of anything: RemoteServiceError, not a table of failures."""
    with csc_server(dialect=Dialect(limsen_fault=fault)) as broken:
        asking = csc(server=broken.url)
        with pytest.raises(RemoteServiceError):
            asking.query_sensitivity(SEVERAL)
        with pytest.raises(RemoteServiceError):
            asking.query_sensitivity(ACIS)


@pytest.mark.usefixtures("quick")
def test_a_service_that_only_fails_is_not_asked_for_ever(csc):
    """After some failures in a row the rest is not sent, and says so."""
    places = SkyCoord(np.linspace(100, 110, 60), np.zeros(60), unit="deg")
    with csc_server(dialect=Dialect(limsen_fault="html")) as broken:
        asking = csc(server=broken.url)
        with pytest.raises(RemoteServiceError):
            asking.query_sensitivity(places)
        count = len(broken.requests)

    assert progress.GIVE_UP <= count <= progress.GIVE_UP + 2


@pytest.mark.usefixtures("quick")
def test_what_was_not_asked_says_so_in_its_reason(csc, monkeypatch):
    """Positions after the service was given up are failed, with that reason."""
    monkeypatch.setattr(progress, "GIVE_UP", 1)
    monkeypatch.setattr(progress, "IN_FLIGHT", 1)
    failing(csc, 200.0, change=refuse)
    with pytest.warns(BlankResponseWarning, match="4 of 5 positions failed"):
        table = csc.query_sensitivity(SEVERAL)

    assert table["status"].tolist() == ["covered", *["failed"] * 4]
    assert table["reason"][4].startswith("Not asked: the service failed 1 times in a row.")


def test_an_error_of_the_program_is_not_taken_for_a_failure_of_the_service(csc):
    """Only errors of our tree are failures of a position."""

    def broken(send, method, url, **arguments):
        """Fail as a program does that has a fault."""
        raise ZeroDivisionError

    failing(csc, 10.7, change=broken)

    with pytest.raises(ZeroDivisionError):
        csc.query_sensitivity(SEVERAL)


def test_a_catalogue_on_disk_says_that_it_takes_the_service():
    """A local backend has no such table: InvalidQueryError that says who answers."""
    release = get_release("2.1")
    master = Table({"name": ["A"], "ra": [1.0], "dec": [2.0]})
    with LocalBackend({"csc21.master_source": master}, release=release) as backend:
        search = Search(backend, release, lambda _: None)
        with pytest.raises(InvalidQueryError, match="needs the service"):
            sensitivity.sensitivity(search, ACIS, None, describe=False)
        with pytest.raises(InvalidQueryError, match="needs the service"):
            backend.plan(Depth(1.0, 2.0, 1.0))


# ---- the service may speak in other ways -------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "null"), [("position", "3.4E38"), ("index", "empty"), ("none", "3.4E38")]
)
@pytest.mark.parametrize("pixels", ["touched", "centres"])
@pytest.mark.parametrize("uncovered", ["null", "no row"])
def test_every_way_to_answer_gives_the_same_verdict(three, pixels, uncovered, columns, null):
    """Which pixels come, what they say of themselves and how null looks: all one."""
    dialect = Dialect(
        limsen_pixels=pixels,
        limsen_uncovered=uncovered,
        limsen_columns=columns,
        limsen_null=null,
    )

    with csc_server(dialect=dialect) as other:
        found = other.csc.query_sensitivity(SEVERAL[:3], cache=False)

    assert found["status"].tolist() == three["status"].tolist()
    near = 1e-4 if columns == "position" else 0.05
    for name in NAMES:
        assert_same_limits(found[name], three[name], near)


def assert_same_limits(found, expected, rtol):
    """Compare limits: nulls in the same places, values within those of near pixels."""
    assert np.ma.getmaskarray(found).tolist() == np.ma.getmaskarray(expected).tolist()
    there = ~np.ma.getmaskarray(expected)
    np.testing.assert_allclose(
        np.ma.getdata(found)[there], np.ma.getdata(expected)[there], rtol=rtol
    )


@pytest.mark.parametrize("uncovered", ["null", "no row"])
def test_the_nearest_centre_is_the_one_pixel_where_centres_are_known(uncovered):
    """Of the many pixels of a wide answer one counts; where no pixel is near, none does."""
    dialect = Dialect(
        limsen_pixels="centres", limsen_uncovered=uncovered, limsen_columns="position"
    )

    with csc_server(dialect=dialect) as other:
        found = other.csc.query_sensitivity(SEVERAL[:2], cache=False)

    assert found["pixels"].tolist() == [1, int(uncovered == "null")]


def test_where_no_pixel_says_where_it_is_the_shallowest_of_them_counts(three):
    """Several rows without positions: the largest limit, which is true for each of them."""
    with csc_server(dialect=Dialect(limsen_pixels="centres")) as other:
        table = other.csc.query_sensitivity(ACIS, cache=False)

    assert table["pixels"][0] > 10
    assert table["flux_sens_b"][0] >= three["flux_sens_b"][0]


def test_a_place_just_outside_a_field_is_not_covered(csc):
    """The pixel next door is not the pixel of the place, though it is the nearest that is there."""
    rows = sky()["stack_source"]
    stack = rows[rows["instrument"] == "HRC"][0]
    centre = SkyCoord(stack["ra_stack"], stack["dec_stack"], unit="deg")
    outside = centre.directional_offset_by(0 * u.deg, (FIELD_DEG + 1.6 * PIXEL_DEG) * u.deg)
    inside = centre.directional_offset_by(0 * u.deg, (FIELD_DEG - PIXEL_DEG) * u.deg)
    places = SkyCoord([outside, inside])
    dialect = Dialect(limsen_pixels="centres", limsen_uncovered="no row",
                      limsen_columns="position")  # fmt: skip
    with csc_server(dialect=dialect) as other:
        table = csc(server=other.url).query_sensitivity(places)

    assert table["status"].tolist() == ["not covered", "covered"]


class Canned:
    """A backend whose limiting sensitivity is a table that a test made."""

    def __init__(self, table):
        self.table = table

    def plan(self, question):
        """Make a request that nobody sends."""
        return Request(question, "canned", "GET", {})

    def answer(self, request, *, cache=None):
        """Give the table, wherever the place is."""
        return Answer(Columns.of(self.table), "canned", "sensitivity")


def ask_canned(table):
    """Ask a canned service for one place."""
    backend: Any = Canned(table)
    search = Search(backend, get_release("2.1"), lambda _: None)
    return sensitivity.sensitivity(search, ACIS, None, describe=False)


@pytest.mark.parametrize("null", [NULL, -NULL, 3.4028234663852886e38, np.inf, np.nan])
def test_any_number_that_no_flux_has_is_null(null):
    """3.4E38 in any spelling, its negative, infinity and NaN."""
    table = ask_canned(Table({"flux_sens_b": [null], "flux_sens_s": [1e-15]}))

    assert table["flux_sens_b"].mask.tolist() == [True]
    assert (table["flux_sens_s"].tolist(), table["status"].tolist()) == ([1e-15], ["covered"])
    assert table["photflux_sens_b"].mask.tolist() == [True]


def test_centres_are_found_by_name_or_ucd_and_an_echo_is_none():
    """Columns ra and dec, or pos.eq.ra; the same position in every row only repeats the request."""
    limits = [3e-15, 1e-15, 2e-15]
    centres = Table({"RA": [10.71, 10.7, 10.69], "DEC": [41.3] * 3, "FLUX_SENS_B": limits})
    by_ucd = Table({"x": [10.71, 10.7, 10.69], "y": [41.3] * 3, "flux_sens_b": limits})
    by_ucd["x"].meta["ucd"], by_ucd["y"].meta["ucd"] = "pos.eq.ra", "POS_EQ_DEC_MAIN"
    echo = Table({"ra": [10.7] * 3, "dec": [41.3] * 3, "flux_sens_b": limits})

    found = [ask_canned(table)["flux_sens_b"][0] for table in (centres, by_ucd, echo)]

    assert found == [1e-15, 1e-15, 3e-15]


def test_masked_centres_are_no_centres():
    """A pixel whose place is null may be the one: the shallowest counts."""
    table = Table({"dec": [41.3, 41.31], "flux_sens_b": [1e-15, 2e-15]})
    table["ra"] = MaskedColumn([10.7, 10.7], mask=[False, True])

    assert ask_canned(table)["flux_sens_b"][0] == 2e-15


def test_an_answer_without_limits_is_a_failure():
    """A table of something else says nothing of the place."""
    with pytest.raises(TableParseError, match="has no limits"):
        ask_canned(Table({"ra": [1.0]}))


# ---- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"coordinates": SEVERAL, "bands": "x"}, InvalidQueryError),
        ({"coordinates": SEVERAL, "bands": 1}, InputTypeError),
        ({"coordinates": SEVERAL[:0]}, InvalidQueryError),
        ({"coordinates": SkyCoord([np.nan], [1.0], unit="deg")}, InvalidQueryError),
        ({"coordinates": (10.7, 41.3)}, InputTypeError),
        ({"coordinates": SEVERAL, "cache": 1}, InputTypeError),
    ],
)
def test_bad_input_is_refused_and_nothing_is_sent(csc, server, arguments, kind):
    """What is wrong with positions and bands is said before anything is asked."""
    log = RequestLog(server)

    with pytest.raises(kind):
        csc.query_sensitivity(**arguments)

    assert log.all == []


# ---- the test service --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"RA": "10.7", "DEC": "41.3", "SR": "0.1"}, 200),
        ({"RA": "10.7", "DEC": "41.3", "SR": "0.1", "version": "rel9"}, 400),
    ],
)
def test_the_test_service_knows_its_versions(server, params, status):
    """Without a version the newest release answers; an unknown one is refused."""
    assert requests.get(server.url + LIMSEN, params=params, timeout=10).status_code == status


@pytest.mark.parametrize("name", ["RA", "DEC", "SR"])
@pytest.mark.parametrize("value", ["", "x", "nan", "1e9"])
def test_the_test_service_refuses_what_is_no_place(server, name, value):
    """An error document, whose words say which parameter is wrong."""
    params = {"RA": "10.7", "DEC": "41.3", "SR": "0.1"} | {name: value}

    answer = requests.get(server.url + LIMSEN, params=params, timeout=10)

    assert ("ERROR" in answer.text) is not (name == "RA" and value == "1e9")


@pytest.mark.parametrize("dec", ["41.3", "89.999", "-89.999"])
def test_the_test_service_gives_the_pixels_of_a_circle(server, dec):
    """The example of the archive's page, 1.66 arcmin: thousands of pixels; the poles have some."""
    params = {"RA": "10.7", "DEC": dec, "SR": "1.66"}

    answer = requests.get(server.url + LIMSEN, params=params, timeout=30)

    assert answer.text.count("<TR>") > 2000


def test_a_catalogue_without_stacks_covers_nothing():
    """A user's own tables may have no stack_source: then no place was observed."""
    master = Table({"name": ["A"], "ra": [1.0], "dec": [2.0]})
    with csc_server(catalogue={"master_source": master}) as own:
        table = own.csc.query_sensitivity(ACIS, cache=False)

    assert table["status"].tolist() == ["not covered"]
