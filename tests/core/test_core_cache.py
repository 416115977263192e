# Licensed under a 3-clause BSD style license - see LICENSE
"""The cache as users of the verbs meet it: what is kept, what is sent again, what never is kept."""

import time
from typing import Any

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astroquery import cache_conf
from astroquery.exceptions import MaxResultsWarning, NoResultsWarning

from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InvalidQueryError, RemoteServiceError
from astroquery_csc.testing import Dialect, csc_server
from tests.support.comparing import EMPTY_SKY, NGC1333, RequestLog, assert_same_table

RADIUS = 2 * u.arcmin
QUERY = "SELECT TOP 3 name, ra FROM master_source ORDER BY name ASC"

VERBS = {
    "region": lambda csc, **kw: csc.query_region(NGC1333, RADIUS, **kw),
    "regions": lambda csc, **kw: csc.query_region(NGC1333.reshape(1), RADIUS, columns="ra", **kw),
    "object": lambda csc, **kw: csc.query_object("2CXO J032908.3+312020", **kw),
    "objects": lambda csc, **kw: csc.query_objects(["2CXO J032908.3+312020"], **kw),
    "criteria": lambda csc, **kw: csc.query_criteria(column_filters={"dec": (88, None)}, **kw),
    "tap": lambda csc, **kw: csc.query_tap(QUERY, **kw),
    "async": lambda csc, **kw: csc.query_tap(QUERY, async_job=True, **kw),
}

each_verb = pytest.mark.parametrize("ask", VERBS.values(), ids=VERBS)


@each_verb
def test_a_hit_sends_nothing_and_equals_the_cold_table(csc, server, ask):
    """The second call is answered from the disk: same table, same meta, the same time of answer."""
    cold = ask(csc)
    log = RequestLog(server)

    warm = ask(csc)

    assert log.all == []
    assert warm is not cold
    assert_same_table(warm, cold)
    assert warm.meta == cold.meta


@each_verb
def test_cache_false_neither_reads_nor_writes(csc, server, ask):
    """With cache=False every call is sent, and nothing is kept."""
    log = RequestLog(server)

    ask(csc, cache=False)
    once = len(log.all)
    ask(csc, cache=False)

    assert len(log.all) == 2 * once > 0
    assert len(csc.cache_info()) == 0


def test_the_table_of_a_hit_is_ones_own(csc):
    """Changing a table does not change what the next call gives."""
    first = csc.query_tap(QUERY)
    first["ra"][:] = -1

    assert csc.query_tap(QUERY)["ra"].min() >= 0


def test_the_global_switch_counts_where_the_call_says_nothing(csc, server):
    """cache_conf.cache_active=False turns the cache off; cache=True in the call turns it on."""
    with cache_conf.set_temp("cache_active", False):
        csc.query_tap(QUERY)
        nothing = len(csc.cache_info())
        csc.query_tap(QUERY, cache=True)
        log = RequestLog(server)
        csc.query_tap(QUERY, cache=True)

    assert (nothing, len(csc.cache_info()), log.all) == (0, 1, [])


@pytest.mark.parametrize(("seconds", "sent"), [(0, True), (3600, False), (None, False)])
def test_the_time_out_of_the_cache_counts(csc, server, monkeypatch, seconds, sent):
    """cache_conf.cache_timeout decides how long an answer is good; None is for ever."""
    csc.query_tap(QUERY)
    now = time.time() + 60
    monkeypatch.setattr("astroquery_csc.service.cache.time.time", lambda: now)
    log = RequestLog(server)

    monkeypatch.setattr(type(cache_conf), "cache_timeout", seconds)
    csc.query_tap(QUERY)

    assert bool(log.all) is sent


def test_current_is_never_kept_for_long(csc, server, monkeypatch):
    """The release that changes daily is asked again after half a day, whatever astroquery says."""
    current = csc(release="current")
    current.query_tap(QUERY)
    csc.query_tap(QUERY)
    later = time.time() + 13 * 3600
    monkeypatch.setattr("astroquery_csc.service.cache.time.time", lambda: later)
    log = RequestLog(server)

    current.query_tap(QUERY)
    csc.query_tap(QUERY)

    assert [path.split("/")[1] for path in log.paths] == ["csc_snapshot_tap", "csc_snapshot_tap"]


def test_clear_cache_forgets_everything(csc, server):
    """After clear_cache the question is sent again."""
    csc.query_tap(QUERY)
    csc.query_region(NGC1333, RADIUS)
    kept = len(csc.cache_info())
    csc.clear_cache()
    log = RequestLog(server)

    csc.query_tap(QUERY)

    assert (kept, len(csc.cache_info())) == (2, 1)
    assert log.queries


def test_cache_info_lists_what_is_kept(csc, server):
    """One row per answer: release, route, address, time and size."""
    csc.query_tap(QUERY)
    table = csc.query_region(NGC1333, RADIUS)

    info = csc.cache_info()

    assert info["route"].tolist() == ["TAP", "cone search"]
    assert info["url"].tolist() == [f"{server.url}/csc21tap/sync", table.meta["SERVICE"][12:]]
    assert info["retrieved"][1] == table.meta["RETRVD"]
    assert info["size"].min() > 0


def test_cache_info_says_how_much_there_is_and_where(csc):
    """Its meta holds the number, the bytes, the limit and the folder."""
    csc.query_tap(QUERY)

    with conf.set_temp("cache_max_mb", 500):
        limited = csc.cache_info()
    with conf.set_temp("cache_max_mb", -1):
        unlimited = csc.cache_info()

    assert limited.meta == {
        "NROWS": 1,
        "SIZE": limited["size"][0],
        "LIMIT": 500_000_000,
        "LOCATION": str(csc.cache_location),
    }
    assert unlimited.meta["LIMIT"] == -1


def test_the_cache_stays_within_its_limit(csc):
    """conf.cache_max_mb=0 keeps nothing, and asks again."""
    with conf.set_temp("cache_max_mb", 0):
        csc.query_tap(QUERY)

    assert len(csc.cache_info()) == 0


def test_a_limit_that_is_not_one_is_refused(csc):
    """The message names the setting."""
    with conf.set_temp("cache_max_mb", -5), pytest.raises(InvalidQueryError, match="cache_max_mb"):
        csc.query_tap(QUERY)


def test_cache_location_can_be_set_and_reset(csc, tmp_path):
    """Answers go where cache_location says; reset_cache_location goes back to astropy's folder."""
    csc.cache_location = tmp_path / "elsewhere"
    csc.query_tap(QUERY)
    here = len(list((tmp_path / "elsewhere").iterdir()))
    csc.reset_cache_location()

    assert here == 1
    assert csc.cache_location.parts[-2:] == ("astroquery", "Csc")


def test_instances_share_a_folder(csc, server):
    """Another instance with the same folder finds the answer."""
    csc.query_tap(QUERY)
    other = CscClass(server=server.url)
    other.cache_location = csc.cache_location
    log = RequestLog(server)

    other.query_tap(QUERY)

    assert log.all == []


@pytest.mark.parametrize("change", [{"release": "2.0"}, {"server": "localhost"}])
def test_answers_of_other_releases_and_servers_are_other_answers(csc, server, change):
    """Release and server are part of what is asked."""
    csc.query_tap(QUERY)
    address = {"server": server.url.replace("127.0.0.1", "localhost")}
    log = RequestLog(server)

    csc(**{**change, **(address if "server" in change else {})}).query_tap(QUERY)

    assert log.queries


def test_limits_share_one_answer(csc, server):
    """A cone is kept whole, so another row limit or a smaller column order sends nothing."""
    whole = csc.query_region(NGC1333, RADIUS)
    log = RequestLog(server)

    with pytest.warns(MaxResultsWarning):
        cut = csc.query_region(NGC1333, RADIUS, row_limit=4)

    assert log.all == []
    assert cut["name"].tolist() == whole["name"][:4].tolist()


def test_an_empty_answer_is_kept_and_warns_again(csc, server):
    """That there is nothing is an answer too."""
    with pytest.warns(NoResultsWarning):
        csc.query_region(EMPTY_SKY, RADIUS)
    log = RequestLog(server)

    with pytest.warns(NoResultsWarning):
        csc.query_region(EMPTY_SKY, RADIUS)

    assert log.all == []


def test_a_kept_answer_still_says_that_it_was_cut(tmp_path):
    """OVERFLOW is not lost on the way through the cache."""
    with csc_server(dialect=Dialect(default_maxrec=5)) as cutting:
        asking: Any = cutting.csc
        asking.cache_location = tmp_path
        query = "SELECT name FROM master_source"
        with pytest.warns(MaxResultsWarning, match="The service cut"):
            cold = asking.query_tap(query)
        log = RequestLog(cutting)
        with pytest.warns(MaxResultsWarning, match="The service cut"):
            warm = asking.query_tap(query)

    assert log.all == []
    assert cold.meta == warm.meta
    assert warm.meta["TRUNC"] is True


@pytest.mark.parametrize("form", ["200", "400", "500-html", "500-text"])
def test_an_error_is_never_kept(tmp_path, form):
    """What was refused is sent again, and leaves no file, whatever its status."""
    refusing = Dialect(error_form=form, max_sr_deg=0.01, refused=frozenset({"BETWEEN"}))
    with csc_server(dialect=refusing) as server:
        asking = server.csc
        asking.cache_location = tmp_path
        for _ in range(2):
            with pytest.raises((InvalidQueryError, RemoteServiceError)):
                asking.query_tap("SELECT nonsense FROM csc21.master_source", validate=False)
            with pytest.raises((InvalidQueryError, RemoteServiceError)):
                asking.query_region(NGC1333, 2 * u.arcmin)

    assert len([request for request in server.requests if "QUERY" in request.params]) == 4
    assert len([request for request in server.requests if "SR" in request.params]) == 2
    assert list(tmp_path.iterdir()) == []


def test_uploads_are_kept_by_their_content(csc, server):
    """A query with the same upload is answered from the disk; with another one it is sent."""
    query = "SELECT t.number FROM TAP_UPLOAD.mine t"
    cold = csc.query_tap(query, uploads={"mine": Table({"number": [1, 2]})})
    log = RequestLog(server)

    warm = csc.query_tap(query, uploads={"mine": Table({"number": [1, 2]})})
    other = csc.query_tap(query, uploads={"mine": Table({"number": [1, 3]})})

    assert_same_table(warm, cold)
    assert other["number"].tolist() == [1, 3]
    assert len(log.queries) == 1
    assert len(csc.cache_info()) == 2


def test_a_damaged_answer_is_asked_for_again(csc, server):
    """A file that was truncated or changed is a miss; the good answer takes its place."""
    cold = csc.query_tap(QUERY)
    (path,) = csc.cache_location.iterdir()
    body = path.read_bytes()
    path.write_bytes(body.replace(b"2CXO", b"3CXO"))
    log = RequestLog(server)

    again = csc.query_tap(QUERY)

    assert log.queries
    assert_same_table(again, cold)
    assert b"3CXO" not in path.read_bytes()


def test_neighbours_do_not_share_an_answer(csc):
    """Positions that differ in the last digit are different questions."""
    a = csc.query_region(NGC1333, RADIUS, verbosity=1)
    b = csc.query_region(SkyCoord(52.297 + 1e-9, 31.31, unit="deg"), RADIUS, verbosity=1)

    assert a.meta["RA"] != b.meta["RA"]
    assert len(csc.cache_info()) == 2
