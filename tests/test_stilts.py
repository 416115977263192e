# Licensed under a 3-clause BSD style license - see LICENSE
"""
STILTS judges the test service: its validators, its cone search, its TAP client.

The default dialect keeps traits of the archive that a validator calls errors. Each that remains is
listed here with its reason; whatever is not listed fails.
"""

import re
import shutil
import subprocess

import pytest
import requests

from astroquery_csc.testing import Dialect, csc_server
from tests.support.loopback import BAD, CONE, NAMES, NGC1333, TAP, sync

pytestmark = [
    pytest.mark.slow,
    pytest.mark.stilts,
    pytest.mark.skipif(
        shutil.which("stilts") is None,
        reason="STILTS is not on the PATH; it is in Debian's package stilts",
    ),
]

#: What remains in every dialect.
COMMON = {
    "E-CAP-MUPM",  # uploads from a URL are mandatory, but this service fetches nothing
    "F-EXA-EXNO",  # there are no examples; nothing says that the archive has some
    "F-LOC-NOTP",  # there is no ivoa.obsplan; the CXC's notebook does not list one
    "W-UPL-TMDA",  # an uploaded short, long or float comes back as int or double, as all does
}

#: A null integer is an empty TD, which VOTable allows from 1.3 on; the archive writes 1.2.
EMPTY_INT = {"E-TMS-YETD", "E-UPL-YETD"}

EMPTY_INT_WORDS = "Empty cell illegal for integer value"

TIDY = Dialect.tidy()


@pytest.fixture(scope="module")
def http():
    """Give a session that is closed at the end."""
    with requests.Session() as session:
        yield session


def stilts(*arguments, document=None):
    """Run STILTS; give what it prints, and what it says of errors."""
    done = subprocess.run(
        ["stilts", *arguments], input=document, capture_output=True, timeout=120, check=False
    )
    return done.stdout.decode(), done.stderr.decode()


def taplint(server):
    """List what taplint finds, as codes: level, stage, fault."""
    text, _ = stilts("taplint", f"tapurl={server.url}{TAP}", "report=EWF", "maxrepeat=1")
    assert "Totals:" in text
    return set(re.findall(r"^([EWF]-\w{3}-\w{4})-", text, flags=re.MULTILINE))


def votlint(document):
    """List what votlint finds in a document, without the places."""
    text, _ = stilts("votlint", "votable=-", document=document)
    return set(re.findall(r"^(?:ERROR|WARNING|FATAL).*?: (.*)$", text, flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("dialect", "remaining"),
    [
        (Dialect(), COMMON | EMPTY_INT),
        (Dialect(null_ints="values"), COMMON),
        (TIDY, COMMON),
    ],
    ids=["default", "declared nulls", "tidy"],
)
def test_taplint_finds_only_what_is_known(dialect, remaining):
    """Taplint, in all its stages, finds the traits that are listed and nothing else."""
    with csc_server(dialect=dialect) as server:
        found = taplint(server)

    assert found == remaining
    assert server.faults == []


@pytest.mark.parametrize(
    ("dialect", "remaining"),
    [
        (Dialect(), {EMPTY_INT_WORDS}),
        (Dialect(null_ints="values"), set()),
        (Dialect(null_ints="values", namespace_prefix="vot"), set()),
        (TIDY, set()),
    ],
    ids=["default", "declared nulls", "prefix", "tidy"],
)
def test_votlint_accepts_tables(http, dialect, remaining):
    """A whole-row answer of /sync and a cone are well-formed but for the listed trait."""
    with csc_server(dialect=dialect) as server:
        rows = sync(http, server, "SELECT TOP 200 * FROM csc21.master_source ORDER BY name")
        cone = http.get(server.url + CONE, params=NGC1333)

    assert votlint(rows.content) == remaining
    assert votlint(cone.content) == remaining


@pytest.mark.parametrize("form", ["INFO", "PARAM"])
def test_votlint_accepts_error_documents(http, form):
    """Refusals of TAP and of the cone search are valid VOTables."""
    with csc_server(dialect=Dialect(cone_error=form)) as server:
        refused = sync(http, server, BAD)
        cone = http.get(server.url + CONE, params={**NGC1333, "SR": "-1"})

    assert votlint(refused.content) == set()
    assert votlint(cone.content) == set()


def test_votlint_finds_faults():
    """The judge is awake: a document with a wrong cell is not accepted."""
    document = (
        b'<VOTABLE version="1.3"><RESOURCE><TABLE><FIELD name="a" datatype="int"/>'
        b"<DATA><TABLEDATA><TR><TD>word</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
    )

    assert votlint(document) != set()


@pytest.mark.parametrize("dialect", [Dialect(), TIDY], ids=["default", "tidy"])
def test_cone_finds_the_eleven_sources(dialect):
    """The cone client of STILTS gets the 11 sources of NGC 1333."""
    with csc_server(dialect=dialect) as server:
        text, _ = stilts(
            "cone",
            f"serviceurl={server.url}{CONE}?",
            "lon=52.297",
            "lat=31.31",
            "radius=0.0333333",
            "verb=2",
            "ocmd=keepcols 'name flux_aper_b'; sort name",
            "ofmt=csv",
        )

    lines = text.split()
    assert len(text.splitlines()) == 12
    assert lines[:2] == ["name,flux_aper_b", "2CXO"]
    assert lines[2] == "J032903.3+311839,0.0"
    assert lines[6] == "J032908.3+312020,"


@pytest.mark.parametrize("sync_mode", ["true", "false"])
@pytest.mark.parametrize("dialect", [Dialect(), TIDY], ids=["default", "tidy"])
def test_tapquery_gets_the_rows(dialect, sync_mode):
    """The TAP client of STILTS gets the same rows synchronously and from a job."""
    with csc_server(dialect=dialect) as server:
        text, _ = stilts(
            "tapquery",
            f"tapurl={server.url}{TAP}",
            f"adql={NAMES} WHERE ra BETWEEN 52.26 AND 52.28 AND dec BETWEEN 31.3 AND 31.33",
            f"sync={sync_mode}",
            "ocmd=sort name",
            "ofmt=csv",
        )

    assert text.splitlines() == ["name", "2CXO J032903.3+311839", "2CXO J032906.5+311933"]


@pytest.mark.parametrize("form", ["200", "400"])
def test_tapquery_shows_the_words_of_a_refusal(form):
    """The TAP client of STILTS shows why a query was refused."""
    with csc_server(dialect=Dialect(error_form=form)) as server:
        _, error = stilts("tapquery", f"tapurl={server.url}{TAP}", f"adql={BAD}", "sync=true")

    assert "Column: [nonsense] not found" in error
