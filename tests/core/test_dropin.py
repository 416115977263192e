# Licensed under a 3-clause BSD style license - see LICENSE
"""
The same script on Simbad, VizieR and Csc: the code of the how-to page runs as it stands there.

Simbad and VizieR are astroquery's real classes; their answers are canned. Csc asks the test
service.
"""

import re
import textwrap
import warnings
from pathlib import Path
from typing import Any

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astroquery.simbad import Simbad, SimbadClass
from astroquery.vizier import Vizier, VizierClass

from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from tests.support.canned import CannedAdapter, from_file

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "simbad-vizier.rst"
PLACE = SkyCoord(52.304, 31.304, unit="deg")

SIMBAD = {
    "GET https://simbad.cds.unistra.fr/simbad/sim-tap/capabilities": from_file(
        "simbad_capabilities.xml"
    ),
    "POST https://simbad.cds.unistra.fr/simbad/sim-tap/sync": from_file("simbad_region.vot"),
}
VIZIER = {"POST https://vizier.cds.unistra.fr/viz-bin/votable": from_file("vizier_region.vot")}


def blocks(language):
    """List the code blocks of the page in a language."""
    found = re.findall(
        rf"^\.\. code-block:: {language}\n\n((?:   .*\n|\n)+)",
        PAGE.read_text("utf-8"),
        re.MULTILINE,
    )
    return [textwrap.dedent(block).strip("\n") + "\n" for block in found]


def run(*numbers):
    """Run some code blocks of the page, in one namespace."""
    namespace: dict[str, Any] = {}
    with warnings.catch_warnings():
        # astropy takes VizieR's units and Simbad's missing ones for what they are not.
        warnings.simplefilter("ignore", u.UnitsWarning)
        for number in numbers:
            exec(compile(blocks("python")[number], PAGE.name, "exec"), namespace)
    return namespace


@pytest.fixture
def simbad(monkeypatch):
    """Answer for Simbad, whoever asks."""
    return mounted(monkeypatch, Simbad, SIMBAD)


@pytest.fixture
def vizier(monkeypatch):
    """Answer for VizieR, whoever asks; its classes are made anew by calling them."""
    made = VizierClass.__init__

    def make(self, *args, **kwargs):
        """Make a client whose session is canned."""
        made(self, *args, **kwargs)
        self._session.mount("https://", adapter)

    adapter = mounted(monkeypatch, Vizier, VIZIER)
    monkeypatch.setattr(VizierClass, "__init__", make)
    return adapter


def mounted(monkeypatch, service, answers):
    """Mount canned answers on the session of one of astroquery's instances, for one test."""
    adapter = CannedAdapter(answers)
    monkeypatch.setitem(service._session.adapters, "https://", adapter)
    return adapter


@pytest.fixture
def loopback(server):
    """Let the package's own instance ask the test service."""
    with conf.set_temp("server", server.url):
        yield


@pytest.mark.usefixtures("simbad", "vizier", "loopback")
def test_the_page_runs_as_it_stands(capsys):
    """Every block of code runs in its order, and prints what the page says."""
    run(*range(len(blocks("python"))))

    assert capsys.readouterr().out == "".join(blocks("none"))


def of_the_cds(kind, answers, **arguments):
    """Make an instance of a module of astroquery's, with canned answers in front of its service."""
    service = kind(**arguments)
    service._session.mount("https://", CannedAdapter(answers))
    return service


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda _: of_the_cds(SimbadClass, SIMBAD), "main_id"),
        (lambda _: of_the_cds(VizierClass, VIZIER, catalog="II/246"), "2MASS"),
        (lambda server: CscClass(server=server.url), "name"),
    ],
    ids=["Simbad", "VizieR", "Csc"],
)
def test_one_function_serves_three_services(server, make, name):
    """`nearest(service, coordinates, radius)` finds the nearest entry of each."""
    nearest = run(0)["nearest"]
    service = make(server)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", u.UnitsWarning)
        row, separation = nearest(service, PLACE, 2 * u.arcmin)

    assert str(row[name]) in {"Example young star 2", "invented 2", "2CXO J032912.9+311814"}
    assert 0 * u.arcsec <= separation < 1 * u.arcsec


def test_calls_that_work_on_simbad_work_on_csc(csc):
    """What scripts pass to Simbad's verbs, Csc takes: names, order and defaults."""
    by_position = csc.query_region(PLACE, "10 arcsec")
    by_name = csc.query_region(coordinates=PLACE, radius=10 * u.arcsec)
    limited = csc.query_region(PLACE, 10 * u.arcsec, criteria="significance > 1")
    several = csc.query_objects(["2CXO J032912.9+311814"])

    assert [table["name"][0] for table in (by_position, by_name, limited, several)] == [
        "2CXO J032912.9+311814"
    ] * 4
    assert several["user_specified_id"].tolist() == ["2CXO J032912.9+311814"]


def test_the_payload_is_a_dict_as_simbads_is(csc):
    """get_query_payload gives a dict with the ADQL under QUERY in both."""
    ours = csc.query_tap("SELECT name FROM master_source", get_query_payload=True)
    simbad = SimbadClass()
    simbad._session.mount("https://", CannedAdapter(SIMBAD))
    theirs = simbad.query_tap("SELECT main_id FROM basic", get_query_payload=True)

    assert isinstance(ours, dict)
    assert {"REQUEST", "LANG", "QUERY"} <= set(theirs) & set(ours)
