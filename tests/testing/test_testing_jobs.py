# Licensed under a 3-clause BSD style license - see LICENSE
"""The test service's jobs, and the documents in which it describes itself."""

import gc
import time
from xml.etree import ElementTree as ET

import pytest
import pyvo
import requests
from packaging.version import Version

from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.catalogue.schema import TAP_TABLES
from astroquery_csc.testing import Dialect, csc_server
from tests.support.loopback import BAD, NAMES, TAP, sync, table_of, words_of

UWS = "{http://www.ivoa.net/xml/UWS/v1.0}"


@pytest.fixture(scope="module")
def http():
    """Give a session that is closed at the end."""
    with requests.Session() as session:
        yield session


def submit(http, server, query=NAMES, **params):
    """Make a job, and give its address."""
    data = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": query, **params}
    made = http.post(f"{server.url}{TAP}/async", data=data, allow_redirects=False)
    assert made.status_code == 303
    return made.headers["Location"]


def phases(http, job, looks):
    """Look at the phase of a job so many times."""
    return [http.get(f"{job}/phase").text for _ in range(looks)]


# ---- jobs ------------------------------------------------------------------------------------


# pyvo never reads the body of the answer to which its POST is redirected, nor the end of a result
# in chunks; the connections are closed when the collector finds them.
_PYVO_LEAKS = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def service(server):
    """Give pyvo's TAP service on connections of its own, which are collected at the end."""
    with requests.Session() as session:
        yield pyvo.dal.TAPService(server.url + TAP, session=session)
    gc.collect()


@_PYVO_LEAKS
def test_pyvo_runs_a_job(service):
    """A job that pyvo runs gives all rows."""
    assert len(service.run_async(NAMES)) > 2000


@_PYVO_LEAKS
def test_pyvo_gets_the_words_of_a_failed_job(service):
    """A job with a bad query ends in ERROR with the service's words."""
    with pytest.raises(pyvo.dal.DALQueryError, match="nonsense"):
        service.run_async(BAD)


def test_a_job_waits_for_run(server, http):
    """A job is PENDING until it is told to run, and then done."""
    job = submit(http, server)
    before = http.get(f"{job}/phase").text
    http.post(f"{job}/phase", data={"PHASE": "RUN"})

    assert before == "PENDING"
    assert http.get(f"{job}/phase").text == "COMPLETED"
    assert len(table_of(http.get(f"{job}/results/result"))) > 2000


def test_a_job_can_run_at_once(server, http):
    """PHASE=RUN at the start needs no second request."""
    job = submit(http, server, PHASE="RUN", FORMAT="text", MAXREC="1")

    assert http.get(f"{job}/phase").text == "COMPLETED"
    assert http.get(f"{job}/results/result").text.startswith("# name")


def test_a_job_takes_as_many_looks_as_the_dialect_says(http):
    """A job goes on for so many looks before it has ended."""
    with csc_server(dialect=Dialect(async_polls=2)) as server:
        seen = phases(http, submit(http, server, PHASE="RUN"), 4)

    assert seen == ["EXECUTING", "EXECUTING", "COMPLETED", "COMPLETED"]


def test_a_job_takes_as_long_as_the_dialect_says(http):
    """A job goes on for so many seconds; UWS 1.1 waits for the end."""
    dialect = Dialect(async_seconds=1.0, uws_version="1.1")
    with csc_server(dialect=dialect) as server:
        job = submit(http, server, PHASE="RUN")
        early = http.get(f"{job}/phase").text
        started = time.monotonic()
        late = ET.fromstring(http.get(job, params={"WAIT": "-1"}).text)
        waited = time.monotonic() - started

    assert early == "EXECUTING"
    assert late.findtext(f"{UWS}phase") == "COMPLETED"
    assert waited < 5


def test_uws_1_0_does_not_wait(http):
    """A service of UWS 1.0 ignores WAIT, and says no version."""
    with csc_server(dialect=Dialect(async_seconds=60.0)) as server:
        job = submit(http, server, PHASE="RUN")
        document = ET.fromstring(http.get(job, params={"WAIT": "-1"}).text)

    assert document.findtext(f"{UWS}phase") == "EXECUTING"
    assert document.get("version") is None


@pytest.mark.parametrize("end", ["ERROR", "ABORTED"])
def test_a_good_job_can_end_badly(http, end):
    """A dialect can let a job end otherwise than it should; then there is no result."""
    with csc_server(dialect=Dialect(async_end=end)) as server:
        job = submit(http, server, PHASE="RUN")
        phase = http.get(f"{job}/phase").text
        result = http.get(f"{job}/results/result")

    assert phase == end
    assert result.status_code == 404


def test_the_error_of_a_job_is_a_document(server, http):
    """The address of the error gives the refusal; a job without one has none."""
    bad = submit(http, server, BAD, PHASE="RUN")
    good = submit(http, server, PHASE="RUN")

    assert "nonsense" in words_of(http.get(f"{bad}/error"))
    assert http.get(f"{good}/error").status_code == 404


def test_a_job_can_be_aborted(http):
    """ABORT ends a job that runs; it then has no result, and cannot run again."""
    with csc_server(dialect=Dialect(async_polls=9)) as server:
        job = submit(http, server, PHASE="RUN")
        http.post(f"{job}/phase", data={"PHASE": "ABORT"})
        phase = http.get(f"{job}/phase").text
        again = http.post(f"{job}/phase", data={"PHASE": "RUN"})

    assert phase == "ABORTED"
    assert again.status_code == 400


def test_a_lost_connection_to_the_database_is_an_error_of_the_job(http):
    """Where /sync would drop the connection, a job ends in ERROR."""
    with csc_server(dialect=Dialect(max_in_list=1)) as server:
        job = submit(http, server, f"{NAMES} WHERE name IN ('a', 'b')", PHASE="RUN")
        phase = http.get(f"{job}/phase").text

    assert phase == "ERROR"


@pytest.mark.parametrize("how", ["DELETE", "POST"])
def test_a_deleted_job_is_gone(server, http, how):
    """DELETE, and POST with ACTION=DELETE, lead to the list; the job is 404 then."""
    job = submit(http, server)
    gone = http.request(how, job, data={"ACTION": "DELETE"}, allow_redirects=False)

    assert gone.status_code == 303
    assert gone.headers["Location"] == f"{server.url}{TAP}/async"
    assert http.get(job).status_code == 404


def test_parameters_can_change_until_a_job_runs(server, http):
    """A job takes other parameters before it runs, and none after."""
    job = submit(http, server, BAD, MAXREC="3")
    changed = http.post(f"{job}/parameters", data={"QUERY": NAMES})
    http.post(f"{job}/phase", data={"PHASE": "RUN"})
    late = http.post(f"{job}/parameters", data={"QUERY": BAD})

    assert changed.status_code == 200
    assert late.status_code == 403
    assert len(table_of(http.get(f"{job}/results/result"))) == 3


def test_parameters_may_be_posted_to_the_job_itself(server, http):
    """As UWS allows: a POST to the address of a job changes its parameters, too."""
    job = submit(http, server, BAD, MAXREC="3")

    http.post(job, data={"QUERY": NAMES})
    http.post(f"{job}/phase", data={"PHASE": "RUN"})

    assert len(table_of(http.get(f"{job}/results/result"))) == 3


def test_aborting_a_job_that_has_ended_changes_nothing(server, http):
    """Its result stays."""
    job = submit(http, server, PHASE="RUN")
    http.post(f"{job}/phase", data={"PHASE": "ABORT"})

    assert http.get(f"{job}/phase").text == "COMPLETED"


def test_a_job_tells_about_itself(server, http):
    """The document of a job has its parameters and, at the end, where the result is."""
    job = submit(http, server, RUNID="mine", PHASE="RUN")
    document = ET.fromstring(http.get(job).text)
    (result,) = document.findall(f"{UWS}results/{UWS}result")

    assert document.findtext(f"{UWS}runId") == "mine"
    assert document.findtext(f"{UWS}parameters/{UWS}parameter[@id='QUERY']") == NAMES
    assert result.get("{http://www.w3.org/1999/xlink}href") == f"{job}/results/result"


@pytest.mark.parametrize(
    ("part", "start"),
    [
        ("executionduration", "0"),
        ("destruction", "20"),
        ("quote", ""),
        ("owner", ""),
        ("parameters", "<?xml"),
        ("results", "<?xml"),
    ],
)
def test_each_part_of_a_job_has_its_address(server, http, part, start):
    """The parts of a job can be asked for one by one."""
    answer = http.get(f"{submit(http, server)}/{part}")

    assert answer.status_code == 200
    assert answer.text.startswith(start)


def test_limits_of_a_job_can_be_changed(server, http):
    """The time that a job may take, and when it is forgotten, can be set."""
    job = submit(http, server)
    http.post(f"{job}/executionduration", data={"EXECUTIONDURATION": "60"})
    http.post(f"{job}/destruction", data={"DESTRUCTION": "2030-01-01T00:00:00Z"})
    bad = http.post(f"{job}/executionduration", data={"EXECUTIONDURATION": "long"})

    assert http.get(f"{job}/executionduration").text == "60"
    assert http.get(f"{job}/destruction").text == "2030-01-01T00:00:00Z"
    assert bad.status_code == 400


def test_jobs_are_listed_by_phase(http):
    """The list has every job, or those of one phase."""
    with csc_server(dialect=Dialect(redirect="path", uws_version="1.1")) as server:
        url = f"{server.url}{TAP}/async"
        made = submit(http, server)
        submit(http, server, PHASE="RUN")
        every = ET.fromstring(http.get(url).text)
        done = ET.fromstring(http.get(url, params={"PHASE": "COMPLETED"}).text)

    assert made == f"{TAP}/async/j1"
    assert [row.get("id") for row in every] == ["j1", "j2"]
    assert [row.get("id") for row in done] == ["j2"]


@pytest.mark.parametrize("path", ["async/none", "async/none/phase"])
def test_an_unknown_job_is_404(server, http, path):
    """A job that never was is 404."""
    assert http.get(f"{server.url}{TAP}/{path}").status_code == 404


def test_an_unknown_part_of_a_job_is_404(server, http):
    """A job has no other parts."""
    assert http.get(f"{submit(http, server)}/weather").status_code == 404


def test_old_jobs_are_forgotten(http):
    """The service keeps a bounded number of jobs."""
    with csc_server() as server:
        jobs = [submit(http, server) for _ in range(65)]
        status = [http.get(job).status_code for job in (jobs[0], jobs[-1])]

    assert status == [404, 200]


# ---- what the service says of itself ---------------------------------------------------------


@pytest.mark.parametrize("release", RELEASES.values(), ids=RELEASES)
def test_every_release_has_the_sixteen_tables(server, http, release):
    """/tables lists what the CXC's notebook lists, in its order."""
    service = pyvo.dal.TAPService(server.url + release.tap, session=http)

    names = [table.name for table in service.tables]

    assert names == [
        *(f"TAP_SCHEMA.{name}" for name in ("schemas", "tables", "columns", "keys", "key_columns")),
        *(f"{release.schema}.{name}" for name in TAP_TABLES),
        "ivoa.ObsCore",
    ]


def test_tap_schema_lists_what_tables_lists(server, http):
    """TAP_SCHEMA.columns has exactly the columns of /tables, with the same units and words."""
    service = pyvo.dal.TAPService(server.url + TAP, session=http)
    listed = {
        (table.name, column.name, column.unit or "", column.description or "")
        for table in service.tables
        for column in table.columns
    }

    columns = table_of(
        sync(
            http,
            server,
            "SELECT table_name, column_name, unit, description FROM TAP_SCHEMA.columns",
        )
    )

    assert {tuple(cell or "" for cell in row) for row in columns.filled("").iterrows()} == listed
    assert len(columns) == len(listed)


@pytest.mark.parametrize("spelling", ["TAP_SCHEMA", "tap_schema"])
def test_tap_schema_spells_itself_as_the_dialect_says(http, spelling):
    """TAP_SCHEMA appears in its own tables in upper or lower case; either can be asked for."""
    with csc_server(dialect=Dialect(tap_schema_name=spelling)) as server:
        tables = table_of(sync(http, server, "SELECT table_name FROM tap_schema.tables"))
        document = http.get(f"{server.url}{TAP}/tables").text

    assert f"{spelling}.columns" in tables["table_name"].tolist()
    assert f"<name>{spelling}.columns</name>" in document


def test_tables_of_the_catalogue_say_that_they_are_synthetic(server, http):
    """The description of every table of the catalogue says what is synthetic."""
    tables = table_of(
        sync(
            http,
            server,
            "SELECT table_name, description FROM TAP_SCHEMA.tables WHERE schema_name = 'csc21'",
        )
    )

    assert len(tables) == 10
    assert all("every other row is synthetic" in text for text in tables["description"])


@pytest.mark.skipif(
    Version(pyvo.__version__) < Version("1.6"), reason="pyvo 1.5 forgets the port of a service"
)
def test_limits_are_stated(server, http):
    """The service states its limits as the archive's does."""
    service = pyvo.dal.TAPService(server.url + TAP, session=http)

    assert (service.maxrec, service.hardlimit) == (1_000_000, 1_000_000)


def test_limits_can_go_unstated(http):
    """A service can have capabilities without limits."""
    with csc_server(dialect=Dialect(stated_limits=False, upload=False)) as server:
        text = http.get(f"{server.url}{TAP}/capabilities").text

    assert "tr:TableAccess" in text
    assert "outputLimit" not in text
    assert "uploadMethod" not in text


@pytest.mark.skipif(
    Version(pyvo.__version__) < Version("1.6"), reason="pyvo 1.5 forgets the port of a service"
)
def test_stated_limits_are_those_of_the_dialect(http):
    """The default limit and the hard limit that are stated are the ones that hold."""
    with csc_server(dialect=Dialect(default_maxrec=5, hard_limit=9)) as server:
        service = pyvo.dal.TAPService(server.url + TAP, session=http)
        assert (service.maxrec, service.hardlimit) == (5, 9)


def test_capabilities_can_be_missing(http):
    """/capabilities can be 404."""
    with csc_server(dialect=Dialect(capabilities=False)) as server:
        answer = http.get(f"{server.url}{TAP}/capabilities")

    assert answer.status_code == 404


def test_tables_can_be_missing(http):
    """/tables can be 404, and then nothing points at it."""
    with csc_server(dialect=Dialect(tables=False)) as server:
        answer = http.get(f"{server.url}{TAP}/tables")
        capabilities = http.get(f"{server.url}{TAP}/capabilities").text

    assert answer.status_code == 404
    assert "VOSI#tables" not in capabilities


def test_capabilities_can_be_asked_for_as_a_request(server, http):
    """REQUEST=getCapabilities on /sync gives the same document."""
    document = http.get(f"{server.url}{TAP}/capabilities")
    request = http.get(f"{server.url}{TAP}/sync", params={"REQUEST": "getCapabilities"})

    assert request.text == document.text


def test_the_service_is_available(server, http):
    """/availability says that the service is up."""
    document = ET.fromstring(http.get(f"{server.url}{TAP}/availability").text)

    assert document.findtext("{http://www.ivoa.net/xml/VOSIAvailability/v1.0}available") == "true"
