# Licensed under a 3-clause BSD style license - see LICENSE
"""Csc(mirror=path): the same tables as from the service, without it."""

import copy
import pickle
import re
import warnings

import numpy as np
import pytest
import requests
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astroquery.exceptions import MaxResultsWarning, NoResultsWarning

from astroquery_csc import mirror
from astroquery_csc.catalogue.schema import NAMED_SETS, VERBOSITY
from astroquery_csc.core import Csc, CscClass
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, MirrorError
from astroquery_csc.testing import csc_server
from tests.adql.queries import PASTED
from tests.support.comparing import EMPTY_SKY, NGC1333, UNMEASURED, UPPER_LIMIT, assert_same_table
from tests.support.examples import one_in
from tests.support.mirrors import small_sky

TABLES = (
    "master_source",
    "master_stack_assoc",
    "stack_source",
    "stack_observation_assoc",
    "observation_source",
    "valid_stack",
)
_FLUXES = [f"flux_aper{end}_{band}" for band in "bhmsuw" for end in ("", "_lolim", "_hilim")]
_BOTH = ["conf_code", "dither_warning_flag", "edge_code", "extent_code", "instrument", "livetime"]
_BOTH += ["multi_chip_code", "sat_src_flag", "streak_src_flag", *_FLUXES]
COLUMNS = {
    "master_source": sorted({*VERBOSITY[2], *NAMED_SETS["match"], *NAMED_SETS["quality"]}),
    "stack_source": [
        *_BOTH,
        *["ra", "err_ellipse_r0", "err_ellipse_r1", "err_ellipse_ang", "likelihood_class"],
        *["pileup_flag", "theta_mean", "var_flag"],
    ],
    "observation_source": [
        *_BOTH,
        *["gti_elapse", "gti_mjd_obs", "pileup_warning", "theta", "var_code"],
    ],
}
SOURCE = "2CXO J004236.1+412156"
PLACES = SkyCoord([52.297, 10.7, 0.0, 200.0, 359.9999], [31.31, 41.3, 12.5, 89.9, 12.5], unit="deg")


@pytest.fixture(scope="module")
def path(server, tmp_path_factory):
    """Make a mirror of the test service, once for all tests."""
    place = tmp_path_factory.mktemp("mirrors") / "it's [a] mirror?"
    csc = CscClass(server=server.url)
    mirror.create(place, csc=csc, tables=TABLES, columns=COLUMNS, expected=3393)
    return place


@pytest.fixture
def offline(path):
    """Give a ``Csc`` on the mirror, for which the network fails."""

    class Nowhere(requests.adapters.HTTPAdapter):
        """A network that nothing may enter."""

        def send(self, request, *args, **kwargs):
            """Fail."""
            raise AssertionError(f"{request.url} was asked")

    csc = CscClass(mirror=path)
    csc._session.mount("http://", Nowhere())
    csc._session.mount("https://", Nowhere())
    return csc


# ---- the same tables ---------------------------------------------------------------------------

VERBS = {
    "a cone": lambda csc: csc.query_region(NGC1333, 2 * u.arcmin),
    "a cone, names only": lambda csc: csc.query_region(NGC1333, 2 * u.arcmin, verbosity=1),
    "a wide cone": lambda csc: csc.query_region(NGC1333, 60 * u.deg),
    "a cone on the pole": lambda csc: csc.query_region(SkyCoord(0, 90, unit="deg"), 1 * u.deg),
    "a cone on the seam": lambda csc: csc.query_region(SkyCoord(0, 12.5, unit="deg"), 9 * u.arcmin),
    "columns": lambda csc: csc.query_region(NGC1333, 2 * u.arcmin, columns="match"),
    "a filter": lambda csc: csc.query_region(
        NGC1333, 9 * u.arcmin, column_filters={"significance": (5, None)}
    ),
    "a flag": lambda csc: csc.query_region(PLACES, 9 * u.arcmin, column_filters={"conf_flag": 1}),
    "a condition": lambda csc: csc.query_region(
        NGC1333, 2 * u.arcmin, criteria="significance > 5 OR flux_aper_w IS NULL"
    ),
    "positions": lambda csc: csc.query_region(PLACES, 20 * u.arcmin),
    "positions, nearest": lambda csc: csc.query_region(PLACES[:1], 9 * u.deg, columns="match"),
    "a box": lambda csc: csc.query_region(NGC1333, width=4 * u.arcmin, height=2 * u.arcmin),
    "boxes": lambda csc: csc.query_region(PLACES, width=1 * u.deg),
    "criteria": lambda csc: csc.query_criteria(
        columns="quality", column_filters={"significance": (10, 20), "extent_flag": False}
    ),
    "a source": lambda csc: csc.query_object(UPPER_LIMIT),
    "around a source": lambda csc: csc.query_object(UNMEASURED, 1 * u.arcmin),
    "sources": lambda csc: csc.query_objects([SOURCE, UPPER_LIMIT, UPPER_LIMIT], columns="match"),
    "around sources": lambda csc: csc.query_objects([SOURCE, UPPER_LIMIT], 20 * u.arcsec),
    "ADQL": lambda csc: csc.query_tap(
        "SELECT TOP 30 m.name, m.ra AS x, 2 * m.significance AS s, m.conf_flag "
        "FROM master_source m WHERE m.name LIKE '2CXO J0%' ORDER BY s DESC, m.name"
    ),
    "ADQL, a join": lambda csc: csc.query_tap(
        "SELECT m.name, s.detect_stack_id, s.region_id, s.flux_aper_b FROM master_source m, "
        "master_stack_assoc a, stack_source s WHERE (m.name = a.name) AND (s.detect_stack_id = "
        "a.detect_stack_id AND s.region_id = a.region_id) AND m.significance > 30 "
        "ORDER BY m.name, s.detect_stack_id, s.region_id"
    ),
    "detections": lambda csc: csc.query_detections([SOURCE, UPPER_LIMIT]),
    "detections of all kinds": lambda csc: csc.query_detections(SOURCE, match_type="uan"),
    "detections in stacks": lambda csc: csc.query_detections(SOURCE, level="stack"),
    "detections of an observation": lambda csc: csc.query_detections(obsid=90002),
    "a light curve": lambda csc: csc.query_light_curve(SOURCE),
    "a crossmatch": lambda csc: csc.crossmatch(PLACES, radius=10 * u.arcmin, find="all"),
    "a crossmatch by ellipses": lambda csc: csc.crossmatch(
        SkyCoord([52.297, 10.7], [31.31, 41.3], unit="deg"), sigma=3, position_error=5 * u.arcsec
    ),
    "releases": lambda csc: csc.list_releases(),
    "tables": lambda csc: csc.list_tables(),
    "columns of a table": lambda csc: csc.list_columns("stack_source", keyword="flux"),
}  # fmt: skip


@pytest.mark.parametrize("verb", one_in(3, zip(VERBS)))
@pytest.mark.filterwarnings("ignore::astroquery.exceptions.NoResultsWarning")
def test_every_verb_gives_the_same_table_as_the_service(csc, offline, verb):
    """Columns, order, types, masks, values, units and words are equal."""
    expected = VERBS[verb](csc)

    found = VERBS[verb](offline)

    assert_same_table(found, expected)
    assert len(expected) or "crossmatch" in verb


def test_meta_says_that_the_mirror_answered_and_when_it_was_made(csc, offline, path):
    """What was asked is the same; SERVICE and RETRVD are the mirror's."""
    expected = csc.query_region(NGC1333, 2 * u.arcmin).meta

    found = offline.query_region(NGC1333, 2 * u.arcmin).meta

    assert found["SERVICE"] == f"mirror {path}"
    assert found["RETRVD"] <= expected["RETRVD"]
    assert list(found) == list(expected)
    own = {"SERVICE", "RETRVD"}
    assert {key: found[key] for key in found.keys() - own} == {
        key: expected[key] for key in expected.keys() - own
    }


def test_an_empty_place_is_the_same_empty_table(csc, offline):
    """With its columns, their units, and a warning."""
    with pytest.warns(NoResultsWarning):
        expected = csc.query_region(EMPTY_SKY, 2 * u.arcmin)
    with pytest.warns(NoResultsWarning):
        found = offline.query_region(EMPTY_SKY, 2 * u.arcmin)

    assert_same_table(found, expected)


def test_row_limits_and_maxrec_are_kept(offline):
    """The nearest so many, and a warning, as from the service."""
    with pytest.warns(MaxResultsWarning):
        nearest = offline(row_limit=3).query_region(NGC1333, 2 * u.arcmin)
    with pytest.warns(MaxResultsWarning):
        some = offline.query_tap("SELECT name FROM master_source", maxrec=7)

    assert (len(nearest), len(some)) == (3, 7)
    assert nearest.meta["TRUNC"] is True


def test_uploads_are_joined(offline):
    """A table of the user's own goes along with a query."""
    mine = Table({"name": [UPPER_LIMIT, "nobody"], "k": [1, 2]})

    found = offline.query_tap(
        "SELECT t.k, m.ra FROM master_source m, TAP_UPLOAD.mine t WHERE m.name = t.name",
        uploads={"mine": mine},
    )

    assert found["k"].tolist() == [1]


def test_a_job_is_run_at_once(csc, offline):
    """There is no queue; the table is the same."""
    text = "SELECT name FROM master_source WHERE significance > 30"

    assert_same_table(offline.query_tap(text, async_job=True), csc.query_tap(text))


def test_the_payload_says_what_would_be_run(offline, path):
    """The path stands where the address does."""
    cone = offline.query_region(NGC1333, 2 * u.arcmin, get_query_payload=True)
    boxes = offline.query_region(PLACES[:2], 2 * u.arcmin, get_query_payload=True)
    adql = offline.query_tap("SELECT name FROM master_source", maxrec=3, get_query_payload=True)

    assert cone["url"] == str(path)
    assert (cone["method"], cone["VERB"]) == ("mirror", 2)
    assert "BETWEEN" in boxes["QUERY"]
    assert adql["QUERY"] == "SELECT name FROM csc21.master_source"
    assert adql["MAXREC"] == 4


def test_columns_are_those_of_the_mirror(offline):
    """list_columns(refresh=True) asks the mirror."""
    found = offline.list_columns("valid_stack", refresh=True)

    assert found["name"].tolist() == ["detect_stack_id"]


def test_there_are_no_row_limits(offline):
    """-1, as everywhere."""
    assert (offline.maxrec, offline.hardlimit) == (-1, -1)


def test_many_threads_ask_at_once(offline):
    """Every one gets its own answer."""
    from concurrent.futures import ThreadPoolExecutor

    texts = [f"SELECT name FROM master_source WHERE significance > {n}" for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        lengths = list(pool.map(lambda text: len(offline.query_tap(text)), texts))

    assert lengths == [len(offline.query_tap(text)) for text in texts]


# ---- what a mirror has not ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda csc: csc.query_object("NGC 1333"), "'NGC 1333' is neither a position"),
        (lambda csc: csc.query_region("NGC 1333"), "'NGC 1333' is neither a position"),
        (lambda csc: csc.query_objects(["NGC 1333"]), "'NGC 1333' is neither a position"),
        (lambda csc: csc.crossmatch("M 31", radius=1 * u.arcmin), "'M 31' is neither a position"),
        (lambda csc: csc.query_sensitivity(NGC1333), "limiting sensitivity is in no table"),
        (lambda csc: csc.query_sia(NGC1333, 1 * u.deg), "Files and images"),
        (
            lambda csc: csc.get_product_list(csc.query_detections(SOURCE), types="evt"),
            "Files and images",
        ),
        (lambda csc: csc.download_products(Table({"filename": ["a"]})), "Files and images"),
        (lambda csc: csc.query_limits(csc.query_detections(SOURCE)), "Files and images"),
        (lambda csc: csc.query_light_curve(SOURCE, level=0.9), "Files and images"),
        (lambda csc: csc.get_spectra(SOURCE), "Files and images"),
        (
            lambda csc: csc.query_sia(NGC1333, 1 * u.deg, get_query_payload=True),
            "Files and images",
        ),
        (
            lambda csc: csc.query_sensitivity(NGC1333, get_query_payload=True),
            "limiting sensitivity",
        ),
    ],
)
def test_what_needs_a_service_says_so(offline, ask, words):
    """The error names the mirror and what to write instead; nothing is sent."""
    with pytest.raises(InvalidQueryError, match=rf"{words}.*Ask Csc\(release='2\.1'\) instead"):
        ask(offline)


def test_a_missing_table_is_named_with_the_call_that_adds_it(offline):
    """So that the user can copy it."""
    with pytest.raises(
        InvalidQueryError, match=r"does not contain detect_stack; it has master_"
    ) as told:
        offline.query_tap("SELECT obsid FROM detect_stack")

    assert "mirror.update(" in str(told.value)
    assert "tables=('detect_stack',)" in str(told.value)


@pytest.mark.parametrize(
    "ask",
    [
        lambda csc: csc.query_tap("SELECT m.gal_b FROM master_source m"),
        lambda csc: csc.query_region(NGC1333, 2 * u.arcmin, columns=["gal_b"]),
        lambda csc: csc.query_region(NGC1333, 2 * u.arcmin, column_filters={"gal_b": (1, 2)}),
        lambda csc: csc.query_criteria(column_filters={"gal_b": (1, 2)}),
    ],
)
def test_a_missing_column_is_named_with_the_call_that_adds_it(offline, ask):
    """So that the user can copy it."""
    with pytest.raises(InvalidQueryError, match="does not contain gal_b of master_source") as told:
        ask(offline)

    assert "columns={'master_source': ['gal_b']})" in str(told.value)


@pytest.mark.parametrize(
    "ask",
    [
        lambda csc: csc.query_region(NGC1333, 2 * u.arcmin, columns="*"),
        lambda csc: csc.query_region(NGC1333, 2 * u.arcmin, verbosity=3),
    ],
)
def test_all_columns_of_a_mirror_that_has_some_are_refused(offline, ask):
    """A table of fewer columns would not be what was asked for."""
    with pytest.raises(InvalidQueryError, match=r"columns=\{'master_source': '\*'\}"):
        ask(offline)


def test_a_mirror_without_masters_says_so(csc, tmp_path):
    """It has no positions."""
    mirror.create(tmp_path / "few", csc=csc, tables="valid_stack")

    with pytest.raises(
        InvalidQueryError, match="does not contain master_source; it has valid_stack"
    ):
        CscClass(mirror=tmp_path / "few").query_region(NGC1333, 2 * u.arcmin)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_parquet('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT getenv('HOME') AS x FROM csc21.master_source",
        "SELECT name FROM '/etc/passwd'",
        "SELECT table_name FROM information_schema.tables",
    ],
)
def test_no_query_reaches_other_files(offline, text):
    """Neither with the check nor without."""
    with pytest.raises(InvalidQueryError):
        offline.query_tap(text, validate=False)


def test_the_engine_itself_reads_nothing_else(offline, tmp_path):
    """Whoever gets behind the check finds the doors shut."""
    import duckdb

    (tmp_path / "other.csv").write_text("a\n1\n", encoding="ascii")
    engine = offline._mirror._current.state.engine

    with engine.cursor() as cursor:
        with pytest.raises(duckdb.Error, match="disabled by configuration"):
            cursor.sql(f"SELECT * FROM read_csv('{tmp_path / 'other.csv'}')").fetchall()
        with pytest.raises(duckdb.Error, match="locked"):
            cursor.execute("SET enable_external_access = true")


# ---- instances ---------------------------------------------------------------------------------


def test_the_release_is_that_of_the_mirror(path):
    """Whatever the configuration says; another one is refused."""
    assert CscClass(mirror=path).release == "2.1"
    assert CscClass(release="2.1", mirror=path).release == "2.1"
    with pytest.raises(InvalidQueryError, match=r"is of release 2\.1, not '2\.0'"):
        Csc(mirror=path)(release="2.0")


def test_an_instance_keeps_its_mirror(path):
    """Calls, copies and pickles of it."""
    offline = Csc(mirror=path)

    others = [offline(row_limit=5), copy.copy(offline), pickle.loads(pickle.dumps(offline))]

    assert [repr(other) for other in others] == [f"<Csc release='2.1' mirror={str(path)!r}>"] * 3
    assert offline(mirror=None)._mirror is None


@pytest.mark.parametrize("given", ["", 3, ["csc21"]])
def test_a_mirror_that_is_no_path_is_refused(given):
    """The message shows it."""
    with pytest.raises(InputTypeError, match="expected the path of a folder"):
        Csc(mirror=given)


def test_a_folder_that_is_no_mirror_fails_at_once(tmp_path):
    """Not at the first query."""
    with pytest.raises(MirrorError, match=r"is not a mirror.*mirror\.create\("):
        Csc(mirror=tmp_path)
    with pytest.raises(MirrorError, match=r"is not there.*mirror\.create\("):
        Csc(mirror=tmp_path / "nowhere")


def test_rows_without_a_position_are_found_by_name_only(tmp_path):
    """They are nowhere on the sky, and in no cone."""
    sky = small_sky()
    masters = sky["master_source"]
    masters["dec"] = np.ma.MaskedArray(masters["dec"], mask=np.arange(len(masters)) == 3)
    with csc_server(catalogue=sky) as service:
        mirror.create(tmp_path / "csc21", csc=service.csc, expected=-1)
    offline = Csc(mirror=tmp_path / "csc21")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoResultsWarning)
        everywhere = offline.query_region(SkyCoord(0, 0, unit="deg"), 180 * u.deg, verbosity=1)
    found = offline.query_tap("SELECT name FROM master_source WHERE dec IS NULL")

    assert len(everywhere) == len(masters) - 1
    assert found["name"].tolist() == [masters["name"][3]]


# ---- queries as they are pasted ----------------------------------------------------------------

#: What this mirror does not have, because it was not copied.
_NOT_COPIED = re.compile(
    r"TAP_SCHEMA|ObsCore|detect_stack d|gti_obs|gal_b|hard_h|flux_aper_avg", re.IGNORECASE
)
_COPIED = [one for one in PASTED if not _NOT_COPIED.search(one.query)]
#: Cones are there in four frames; one of each is enough.
PASTED_HERE = [
    *(one.query for one in [one for one in _COPIED if one.outcome == "here"][::4]),
    *(one.query for one in _COPIED if one.outcome in ("sent", "repaired")),
]


@pytest.mark.parametrize("query", one_in(4, zip(PASTED_HERE)))
@pytest.mark.filterwarnings("ignore::astroquery.exceptions.NoResultsWarning")
def test_a_mirror_runs_what_people_paste(offline, query):
    """CSCview's, CIAO's, ADQL's and T-SQL's, with their geometry, in its own engine."""
    assert offline.query_tap(query).colnames
