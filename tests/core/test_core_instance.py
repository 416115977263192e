# Licensed under a 3-clause BSD style license - see LICENSE
"""`Csc` as an object: made without a trace, copied, pickled, patched, shared by threads."""

import copy
import gc
import json
import os
import pickle
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from astropy import units as u
from astroquery import cache_conf
from astroquery.query import BaseQuery, BaseVOQuery
from requests.adapters import HTTPAdapter

from astroquery_csc import Csc, CscClass, conf
from astroquery_csc.exceptions import RemoteServiceError
from astroquery_csc.testing import Dialect, csc_server
from tests.support.comparing import NGC1333, UNMEASURED, RequestLog, assert_same_table

#: Imports the package and makes instances under an audit hook; prints what was opened or asked.
QUIET = """
import json, sys
import astroquery.query
seen = []
def watch(event, args):
    if event.startswith("socket.") or event in {"os.mkdir", "os.rename", "os.remove"}:
        seen.append([event, repr(args)])
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        seen.append([event, repr(args)])
sys.dont_write_bytecode = True
sys.addaudithook(watch)
import astroquery_csc
astroquery_csc.Csc(release="2.0", row_limit=5, timeout=3)
repr(astroquery_csc.Csc)
heavy = {"pyarrow", "duckdb", "sqlglot", "matplotlib", "pandas", "h5py", "astroquery_csc.testing"}
print(json.dumps([seen, sorted(heavy & set(sys.modules))]))
"""


def test_importing_and_making_touches_nothing(tmp_path):
    """No socket is made, no file or folder written, no heavy package imported."""
    folders = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    (tmp_path / "astropy").mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", QUIET],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **folders, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )

    assert json.loads(done.stdout.splitlines()[-1]) == [[], []]
    assert list((tmp_path / "astropy").iterdir()) == []


def test_csc_is_a_module_of_astroquery():
    """The bases stand in the order that keeps pyVO's user agent, and the name is Csc."""
    bases = CscClass.__mro__

    assert bases.index(BaseVOQuery) < bases.index(BaseQuery)
    assert isinstance(Csc, CscClass)
    assert Csc.name == "Csc"


def test_repr_shows_release_and_server():
    """Who looks at an instance sees what it asks."""
    assert repr(CscClass(release="2.0", server="https://a.b/")) == (
        "<Csc release='2.0' server='https://a.b'>"
    )
    assert repr(CscClass()) == "<Csc release='2.1' server='https://cda.cfa.harvard.edu'>"


def test_calling_an_instance_keeps_what_is_not_given_again(tmp_path):
    """Csc(...) on an instance changes only what is given, the cache's folder included."""
    first = CscClass("2.0", server="https://a.b", row_limit=7, timeout=9 * u.s)
    first.cache_location = tmp_path

    second = first(row_limit=-1)
    third = first("current")

    assert [second.release, second.server, second.row_limit, second.timeout] == [
        "2.0",
        "https://a.b",
        -1,
        9.0,
    ]
    assert (third.release, third.row_limit) == ("current", 7)
    assert second.cache_location == third.cache_location == tmp_path
    assert (first.release, first.row_limit) == ("2.0", 7)


@pytest.mark.parametrize("make", [CscClass, Csc], ids=["class", "instance"])
@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        (("2.0", "https://a.b"), {}, "positional"),
        (("2.0",), {"release": "2.1"}, "multiple values"),
        ((), {"no_such": 1}, "no_such"),
    ],
)
def test_an_argument_too_many_is_an_error(make, args, kwargs, words):
    """Nothing that is written in the brackets is dropped in silence, on an instance neither."""
    with pytest.raises(TypeError, match=words):
        make(*args, **kwargs)


@pytest.mark.parametrize("item", ["release", "server", "row_limit", "timeout"])
def test_configuration_is_read_at_each_call(item):
    """conf.set_temp works on an instance that is there already, unless it has its own value."""
    values = {"release": "2.0", "server": "https://x.y", "row_limit": 3, "timeout": 4.5}
    open_one = CscClass()
    own = CscClass("2.1", server="https://a.b", row_limit=9, timeout=8)
    before = getattr(open_one, item), getattr(own, item)

    with conf.set_temp(item, values[item]):
        during = getattr(open_one, item), getattr(own, item)

    assert during == (values[item], before[1])
    assert getattr(open_one, item) == before[0]


def test_a_temporary_server_is_asked(server):
    """The module's own instance follows conf.server."""
    log = RequestLog(server)

    with conf.set_temp("server", server.url):
        table = Csc.query_region(NGC1333, verbosity=1, cache=False)

    assert len(table) == 11
    assert log.paths == ["GET /csc21scs/coneSearch"]


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda csc: pickle.loads(pickle.dumps(csc))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies_ask_the_same(csc, server, duplicate):
    """Copies keep arguments and the cache's folder, and have a session of their own."""
    original = csc(release="2.0", row_limit=20)
    cold = original.query_region(NGC1333, verbosity=1)
    log = RequestLog(server)

    again = duplicate(original)
    warm = again.query_region(NGC1333, verbosity=1)

    assert repr(again) == repr(original)
    assert again.row_limit == 20
    assert again._session is not original._session
    assert_same_table(warm, cold)
    assert log.all == []


def test_a_copy_of_an_untouched_instance_follows_the_common_cache_folder():
    """A folder that was never set is not fixed by copying."""
    again = copy.copy(CscClass(release="2.0"))

    assert again._cache_location is None
    assert again.cache_location == CscClass().cache_location


def test_a_request_can_be_saved_as_by_every_module_of_astroquery(csc, server, tmp_path):
    """_request(save=True) is BaseQuery's own: it writes the body and gives the path."""
    url = f"{server.url}/csc21tap/capabilities"

    path = csc._request("GET", url, save=True, savedir=str(tmp_path), cache=False)

    assert Path(path).parent == tmp_path
    assert b"capabilities" in Path(path).read_bytes()


def test_a_patched_request_sees_every_request(csc, monkeypatch):
    """Every verb, job, upload and listing goes through _request."""
    seen: list[str] = []
    send = csc._session.send

    def count(request, **kwargs):
        """Count what leaves the session."""
        left.append(request.url)
        return send(request, **kwargs)

    left: list[str] = []
    seam = csc._request

    def watch(method, url, *args, **kwargs):
        """Note a request at the seam."""
        seen.append(url)
        return seam(method, url, *args, **kwargs)

    monkeypatch.setattr(csc, "_request", watch)
    monkeypatch.setattr(csc._session, "send", count)
    csc.query_region(NGC1333, verbosity=1)
    csc.query_object(UNMEASURED, verbosity=1)
    csc.query_tap("SELECT TOP 1 name FROM master_source", async_job=True)
    csc.list_columns("valid_stack", refresh=True)
    csc.hardlimit  # noqa: B018 - it asks the service

    assert len(seen) == len(left) > 8
    assert [url.partition("?")[0] for url in left] == [url.partition("?")[0] for url in seen]


def test_a_request_that_is_patched_away_sends_nothing(csc, server, monkeypatch):
    """A function in the place of _request answers for the service, as users mock astroquery."""
    log = RequestLog(server)
    answer = requests.get(
        f"{server.url}/csc21scs/coneSearch?RA=52.297&DEC=31.31&SR=0.04", timeout=9
    )
    sent = len(log.all)
    monkeypatch.setattr(csc, "_request", lambda *args, **kwargs: answer)

    table = csc.query_region(NGC1333, 2 * u.arcmin)

    assert len(table) == 11
    assert len(log.all) == sent


def test_an_adapter_on_the_session_sees_every_request(csc):
    """Requests' own way to stand between works too."""

    class Watcher(HTTPAdapter):
        """Notes who is asked."""

        def send(self, request, **kwargs):  # type: ignore[override]
            """Note, and pass on."""
            seen.append(request.method)
            return super().send(request, **kwargs)

    seen: list[str] = []
    csc._session.mount(csc.server, Watcher())

    csc.query_tap("SELECT TOP 1 name FROM master_source")

    assert seen == ["POST", "GET"]


def test_the_limits_of_the_service_are_those_it_states():
    """Maxrec and hardlimit come from /capabilities."""
    with csc_server(dialect=Dialect(default_maxrec=500, hard_limit=70_000)) as server:
        assert (server.csc.maxrec, server.csc.hardlimit) == (500, 70_000)


@pytest.mark.parametrize("limit", ["maxrec", "hardlimit"])
@pytest.mark.parametrize("switches", [{"capabilities": False}, {"stated_limits": False}])
def test_limits_that_nobody_states_are_an_error(switches, limit):
    """A service that does not tell gives RemoteServiceError, not a number."""
    with (
        csc_server(dialect=Dialect(**switches)) as server,
        conf.set_temp("retries", 0),
        pytest.raises(RemoteServiceError, match=r"does not state its row limits|HTTP status 404"),
    ):
        getattr(server.csc, limit)


VERBS = [
    lambda csc: csc.query_region(NGC1333),
    lambda csc: csc.query_region(NGC1333, columns=["significance"]),
    lambda csc: csc.query_object(UNMEASURED),
    lambda csc: csc.query_tap("SELECT name, ra FROM master_source WHERE dec > 88"),
    lambda csc: csc.query_tap("SELECT detect_stack_id FROM valid_stack"),
    lambda csc: csc.list_columns("valid_stack", refresh=True),
]


@pytest.mark.parametrize("cache", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_sixteen_threads_share_one_instance(csc, cache):
    """Every call of every thread gets the table that one thread alone gets, cold and warm."""
    alone = [ask(csc(timeout=60)) for ask in VERBS]
    csc.clear_cache()
    with cache_conf.set_temp("cache_active", cache), ThreadPoolExecutor(16) as pool:
        jobs = [
            (number, pool.submit(ask, csc)) for _ in range(8) for number, ask in enumerate(VERBS)
        ]
        tables = [(number, job.result()) for number, job in jobs]

    for number, table in tables:
        assert_same_table(table, alone[number])


def test_a_job_gives_all_its_connections_back(server):
    """After a job no connection is left open that nobody closes."""
    asking = CscClass(server=server.url)
    asking.query_tap("SELECT TOP 1 name FROM master_source", async_job=True, cache=False)

    asking._session.close()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        del asking
        gc.collect()

    assert [str(warning.message) for warning in caught] == []
