# Licensed under a 3-clause BSD style license - see LICENSE
"""Lists of positions: few requests, nothing lost where an answer is cut, and the way on."""

import logging
import re
from itertools import product
from typing import Any

import numpy as np
import pytest
import requests
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table, vstack
from astroquery import log as astroquery_log
from astroquery.exceptions import MaxResultsWarning

from astroquery_csc import progress
from astroquery_csc.backend import Answer, Boxes, Query
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.columns import Columns
from astroquery_csc.config import conf
from astroquery_csc.exceptions import InvalidQueryError, RemoteServiceError
from astroquery_csc.search.lists import fetch
from astroquery_csc.sky.geometry import Box
from astroquery_csc.sky.index import SkyIndex
from astroquery_csc.testing import Dialect, csc_server
from astroquery_csc.testing.engine import LocalBackend
from tests.support.canned import from_file, mount
from tests.support.comparing import NGC1333, RequestLog, assert_same_table, masters, names_within
from tests.support.examples import one_in
from tests.support.places import break_road, everywhere, targets

ARCMIN = 1 * u.arcmin
SERVER = "https://cda.cfa.harvard.edu"
CONE, SYNC = f"GET {SERVER}/csc21scs/coneSearch", f"POST {SERVER}/csc21tap/sync"
DOWN = requests.ConnectionError("the line is dead")


def names_of(table, index):
    """List the sources of one position, in their order."""
    return table["name"][table["query_index"] == index].tolist()


# ---- few requests, the same rows -------------------------------------------------------------


def test_a_list_gives_what_one_call_a_position_gives(csc):
    """Rows, order, separations and columns are those of the single calls, stacked."""
    centres = SkyCoord(masters()["ra"][::120], masters()["dec"][::120], unit="deg")

    table = csc.query_region(centres, ARCMIN, columns="match")

    single = [csc.query_region(centre.reshape(1), ARCMIN, columns="match") for centre in centres]
    for index, part in enumerate(single):
        part["query_index"][:] = index
    assert_same_table(table, vstack(single, metadata_conflicts="silent"))


@pytest.mark.parametrize(("count", "most"), [(1000, 20), (3000, 45)])
def test_a_long_list_is_few_requests(csc, server, count, most):
    """1,000 positions are at most 20 requests, and each gets just its own sources."""
    log = RequestLog(server)
    centres = targets(count)

    table = csc.query_region(centres, ARCMIN, verbosity=1)

    some = range(0, count, count // 50)
    assert len(log.queries) <= most
    assert np.all(np.diff(table["query_index"]) >= 0)
    assert [names_of(table, index) for index in some] == [
        names_within(centres[index], ARCMIN) for index in some
    ]


def test_the_number_of_positions_a_request_is_configurable(csc, server):
    """conf.positions_per_request is read at the call."""
    log = RequestLog(server)
    places = SkyCoord(np.full(3, 52.297), [31.309, 31.31, 31.311], unit="deg")

    with conf.set_temp("positions_per_request", 1):
        table = csc.query_region(places, ARCMIN, verbosity=1)

    assert len(log.queries) == 3
    assert set(table["query_index"]) == {0, 1, 2}
    assert table.meta["QUERY"].count(";") == 2


@pytest.mark.parametrize("item", ["positions_per_request", "max_remote_positions"])
def test_a_setting_that_allows_nothing_is_refused(csc, server, item):
    """Nothing is sent, and the message names the setting and the way back."""
    log = RequestLog(server)

    with conf.set_temp(item, 0), pytest.raises(InvalidQueryError, match=rf"conf\.{item} is 0"):
        csc.query_region(targets(3), ARCMIN)

    assert log.all == []


def test_meta_does_not_grow_with_the_list(csc):
    """The first requests are shown, the others counted."""
    with conf.set_temp("positions_per_request", 1):
        table = csc.query_region(targets(120), ARCMIN, verbosity=1)

    assert len(table.meta["QUERY"]) < 8_100
    assert re.search(r"; and \d\d more such requests$", table.meta["QUERY"])


def test_a_long_row_of_requests_says_how_far_it_is(csc, monkeypatch, caplog):
    """Lines of the log at level INFO, without any control characters."""
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.0)

    with conf.set_temp("positions_per_request", 1), caplog.at_level(logging.INFO):
        csc.query_region(targets(3), ARCMIN, verbosity=1)

    lines = [line for line in caplog.messages if "requests are done" in line]
    assert lines == ["1 of 3 requests are done.", "2 of 3 requests are done."]


def test_a_quiet_log_is_quiet(csc, monkeypatch, capsys):
    """Below INFO nothing is said, on no channel."""
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.0)

    with conf.set_temp("positions_per_request", 1), astroquery_log.log_to_list() as records:
        astroquery_log.setLevel("WARNING")
        try:
            csc.query_region(targets(3), ARCMIN, verbosity=1)
        finally:
            astroquery_log.setLevel("INFO")

    assert (list(records), *capsys.readouterr()) == ([], "", "")


# ---- too long for the archive ----------------------------------------------------------------


def test_a_list_that_is_too_long_is_refused_with_the_way_out(csc, server):
    """Nothing is sent; the message has the lines that make a mirror, and the setting to raise."""
    log = RequestLog(server)

    with conf.set_temp("max_remote_positions", 20), pytest.raises(InvalidQueryError) as caught:
        csc.query_region(targets(21), ARCMIN)

    assert log.all == []
    assert str(caught.value) == (
        "21 positions are more than one call may send to the archive (conf.max_remote_positions is "
        "20), which many people share. A mirror, a copy of the catalogue on your own disk, "
        "takes lists of any length:\n"
        '    from astroquery_csc import mirror; mirror.create("csc21")\n'
        '    Csc(mirror="csc21")\n'
        "To send them to the archive anyway: conf.max_remote_positions = 21."
    )


def test_the_longest_list_is_allowed(csc):
    """The limit itself is not an error."""
    with conf.set_temp("max_remote_positions", 20):
        assert len(csc.query_region(targets(20), ARCMIN, verbosity=1)) >= 20


def test_a_catalogue_on_this_computer_has_no_limit():
    """Any number of positions goes in one request."""
    backend = LocalBackend(
        {"csc21.master_source": masters()["name", "ra", "dec"]}, release=get_release("2.1")
    )
    with backend:
        assert backend.longest_list is backend.most_positions is None


# ---- answers that are cut --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("overflow", "limit"), one_in(5, product(["marked", "unmarked"], [100, 300]))
)
def test_a_list_whose_answers_are_cut_is_whole_all_the_same(overflow, limit):
    """The group is split until each answer is whole, whether the service marks a cut or not."""
    centres = targets(150)
    with csc_server(dialect=Dialect(default_maxrec=limit, overflow=overflow)) as server:
        log = RequestLog(server)
        table: Any = server.csc.query_region(centres, 5 * u.arcmin, verbosity=1, cache=False)
        sent = len(log.queries)

    assert [names_of(table, index) for index in range(150)] == [
        names_within(centre, 5 * u.arcmin) for centre in centres
    ]
    assert table.meta["TRUNC"] is False
    assert 2 < sent < 2 * len(centres)


@pytest.mark.parametrize("overflow", ["marked", "unmarked"])
def test_one_big_cone_is_split_too(overflow):
    """Declination by declination, then right ascension: all sources, each once, no warning."""
    with csc_server(dialect=Dialect(default_maxrec=200, overflow=overflow)) as server:
        table: Any = server.csc.query_region(
            NGC1333, 40 * u.deg, column_filters={"ra": (0, 360)}, verbosity=1, cache=False
        )

    assert table["name"].tolist() == names_within(NGC1333, 40 * u.deg)
    assert len(table) > 300
    assert table.meta["TRUNC"] is False


def test_a_round_number_of_rows_is_asked_for_in_parts():
    """1,000 rows may be a limit that is neither stated nor marked; the list is whole."""
    dialect = Dialect(default_maxrec=1000, overflow="unmarked", stated_limits=False)
    with csc_server(dialect=dialect) as server:
        table: Any = server.csc.query_region(
            SkyCoord([0, 180], [0, 0], unit="deg"), 90 * u.deg, verbosity=1, cache=False
        )

    assert len(np.unique(table["name"])) == len(masters())
    assert table.meta["TRUNC"] is False


def test_a_cut_cone_search_is_asked_of_tap(csc):
    """Where the cone search says that it cut its answer, TAP has the whole."""
    archive = csc(server=SERVER)
    adapter = mount(
        archive, {CONE: from_file("tap_overflow.vot"), SYNC: from_file("cone_ngc1333.vot")}
    )

    table = archive.query_region(NGC1333, 2 * u.arcmin, verbosity=1)

    assert table["name"].tolist() == names_within(NGC1333, 2 * u.arcmin)
    assert [line.rpartition("/")[2] for line in adapter.lines] == ["coneSearch", "sync"]
    assert (table.meta["SERVICE"].partition(" ")[0], table.meta["TRUNC"]) == ("TAP", False)


def test_a_cone_search_with_a_round_number_of_rows_is_asked_of_tap_too():
    """1,000 rows may be a limit that nobody states; here they are all."""
    crowd = masters()["name", "ra", "dec"][:1000].copy()
    crowd["ra"][:], crowd["dec"][:] = NGC1333.ra.deg, np.linspace(31.3, 31.32, 1000)
    with csc_server(catalogue={"master_source": crowd}) as server:
        log = RequestLog(server)
        table: Any = server.csc.query_region(NGC1333, 2 * ARCMIN, verbosity=1, cache=False)

    assert log.paths[:2] == ["GET /csc21scs/coneSearch", "POST /csc21tap/sync"]
    assert (len(table), table.meta["TRUNC"]) == (1000, False)


def test_what_cannot_be_split_any_more_is_said_to_be_short():
    """Two sources nearer than an arcsecond, from a service that gives one row at a time."""
    twins = masters()["name", "ra", "dec"][:2].copy()
    twins["ra"][:], twins["dec"][:] = 10.0, [20.0, 20.00001]
    with (
        csc_server(dialect=Dialect(default_maxrec=1), catalogue={"master_source": twins}) as server,
        pytest.warns(MaxResultsWarning, match="The service cut the answer"),
    ):
        table: Any = server.csc.query_region("10 20", ARCMIN, columns="name", cache=False)

    assert (len(table), table.meta["TRUNC"]) == (1, True)


# ---- splitting by itself ---------------------------------------------------------------------


def asked(*boxes):
    """Make a request for some boxes."""
    return Boxes(boxes, lambda conditions: Query(" AND ".join(conditions)))


class AlwaysCut:
    """
    A service that calls every answer cut.

    Parameters
    ----------
    count : int
        Rows of its catalogue.
    honest : bool
        Whether it gives the rows in the boxes that it is asked for, or always all.
    """

    def __init__(self, count: int, *, honest: bool) -> None:
        ra_deg, dec_deg = everywhere(count)
        self.rows = Table({"name": np.arange(count).astype(str), "ra": ra_deg, "dec": dec_deg})
        self.honest = honest
        self.sent: list[Boxes] = []

    def __call__(self, request: Boxes) -> Answer:
        """Answer a request."""
        self.sent.append(request)
        inside = SkyIndex(self.rows["ra"], self.rows["dec"]).rows_in(request.boxes)
        return Answer(Columns.of(self.rows[inside] if self.honest else self.rows), overflow=True)


@pytest.mark.parametrize(
    ("rows", "honest", "requests"), [(0, True, 1), (50, False, 3), (50, True, 3)]
)
def test_a_service_that_calls_everything_cut_is_not_asked_for_ever(rows, honest, requests):
    """Fewer rows than before, or rows from elsewhere, are not those of a limit."""
    service = AlwaysCut(rows, honest=honest)

    found = fetch(asked(Box(0.0, 360.0, -90.0, 90.0)), service)

    assert len(service.sent) == requests
    assert len(found.columns) == rows
    assert found.answers[-1].overflow


# ---- failures, and the way on ----------------------------------------------------------------


def test_a_failed_request_says_how_far_the_list_came(csc):
    """Class and attributes stay; the message has the request, what is done and what to do."""
    break_road(csc, {3}, DOWN)

    with (
        conf.set_temp("positions_per_request", 10),
        conf.set_temp("retries", 0),
        pytest.raises(RemoteServiceError) as caught,
    ):
        csc.query_region(targets(50), ARCMIN)

    assert "the line is dead" in str(caught.value)
    assert (
        "Request 3 of 5 failed; 20 of 50 positions are done, and are in the cache: the same call "
        "continues from there."
    ) in str(caught.value)
    assert str(caught.value.url).endswith("/csc21tap/sync")
    assert "BETWEEN" in str(caught.value.adql)
    assert caught.value.release == "2.1"


def test_the_same_call_goes_on_where_the_first_one_failed(csc, server):
    """What is done is not asked again, and the table is that of an unbroken call."""
    road = break_road(csc, {3}, DOWN)
    log = RequestLog(server)
    with conf.set_temp("positions_per_request", 10), conf.set_temp("retries", 0):
        with pytest.raises(RemoteServiceError):
            csc.query_region(targets(50), ARCMIN)
        before = len(log.queries)
        road.broken = ()
        table = csc.query_region(targets(50), ARCMIN)
        after = len(log.queries)
        fresh = csc.query_region(targets(50), ARCMIN, cache=False)

    assert (before, after) == (2, 5)
    assert_same_table(table, fresh)


def test_an_interrupt_leaves_what_is_done_in_the_cache(csc, server):
    """Control-C ends the call, and the next one goes on."""
    road = break_road(csc, {4}, KeyboardInterrupt())
    log = RequestLog(server)
    with conf.set_temp("positions_per_request", 10):
        with pytest.raises(KeyboardInterrupt):
            csc.query_region(targets(50), ARCMIN)
        road.broken = ()
        csc.query_region(targets(50), ARCMIN)

    assert len(log.queries) == 5


def test_without_a_cache_the_error_says_that_nothing_was_kept(csc):
    """And how a call could go on."""
    break_road(csc, {2}, DOWN)

    with (
        conf.set_temp("positions_per_request", 10),
        conf.set_temp("retries", 0),
        pytest.raises(
            RemoteServiceError, match=r"not kept, since the cache is off. With cache=True"
        ),
    ):
        csc.query_region(targets(50), ARCMIN, cache=False)


def test_a_list_that_fails_at_once_does_not_speak_of_going_on(csc):
    """Nothing is done, so nothing is in the cache."""
    break_road(csc, {1}, DOWN)

    with (
        conf.set_temp("positions_per_request", 10),
        conf.set_temp("retries", 0),
        pytest.raises(
            RemoteServiceError, match="Request 1 of 5 failed, and with it the list of 50"
        ),
    ):
        csc.query_region(targets(50), ARCMIN)


def test_a_single_request_has_no_such_words(csc):
    """Where there is only one, its error is enough."""
    break_road(csc, {1}, DOWN)

    with conf.set_temp("retries", 0), pytest.raises(RemoteServiceError) as caught:
        csc.query_region(targets(3), ARCMIN)

    assert "Request 1 of" not in str(caught.value)
