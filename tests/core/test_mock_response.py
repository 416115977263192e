# Licensed under a 3-clause BSD style license - see LICENSE
"""Responses as users of astroquery mock them, which a patched ``_request`` gives to every verb."""

from functools import lru_cache
from itertools import product
from shutil import rmtree
from typing import Any

import pytest
import requests
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astroquery.utils.mocks import MockResponse
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InputTypeError, RemoteServiceError
from tests.support.comparing import NGC1333, UNMEASURED, assert_same_table
from tests.support.examples import one_in

SOURCE = "2CXO J004236.1+412156"
PLACES = SkyCoord([10.7, 55.1], [41.3, 24.1], unit="deg")
ADQL = "SELECT TOP 3 name, ra FROM master_source ORDER BY name"


@lru_cache(maxsize=1)
def rows(url):
    """Give the first detection of a source."""
    found: Any = CscClass(server=url).query_detections(SOURCE, cache=False)
    return found[:1]


@lru_cache(maxsize=1)
def files(url):
    """List its spectrum."""
    return CscClass(server=url).get_product_list(rows(url), types="pha", cache=False)


#: Every verb that sends something, and every way on which one does.
VERBS = {
    "region": lambda csc, _: csc.query_region(NGC1333),
    "region, list": lambda csc, _: csc.query_region(PLACES, columns=["significance"]),
    "object": lambda csc, _: csc.query_object(UNMEASURED),
    "objects": lambda csc, _: csc.query_objects([UNMEASURED, SOURCE], verbosity=1),
    "criteria": lambda csc, _: csc.query_criteria(column_filters={"significance": (30, None)}),
    "crossmatch": lambda csc, _: csc.crossmatch(PLACES, radius=2 * u.arcmin),
    "tap": lambda csc, _: csc.query_tap(ADQL),
    "tap, job": lambda csc, _: csc.query_tap(ADQL, async_job=True),
    "detections": lambda csc, _: csc.query_detections(SOURCE),
    "light curve": lambda csc, _: csc.query_light_curve(SOURCE),
    "light curve, level": lambda csc, _: csc.query_light_curve(SOURCE, bands="b", level=0.9),
    "limits": lambda csc, _: csc.query_limits(rows(csc.server), bands="b"),
    "sensitivity": lambda csc, _: csc.query_sensitivity(PLACES),
    "product list": lambda csc, _: csc.get_product_list(rows(csc.server), types=["pha", "lc"]),
    "download": lambda csc, to: csc.download_products(files(csc.server), location=to),
    "spectra": lambda csc, to: csc.get_spectra(rows(csc.server), location=to, clean=False),
    "images": lambda csc, _: csc.query_sia(PLACES[0], 0.3 * u.deg, format="fits"),
    "tables": lambda csc, _: csc.list_tables(refresh=True),
    "columns": lambda csc, _: csc.list_columns("valid_stack", refresh=True),
    "limits of rows": lambda csc, _: Table({"rows": [csc.maxrec, csc.hardlimit]}),
}


def mocked(answer):
    """Give an answer as astroquery's own mock."""
    headers = {"Location": answer.headers["Location"]} if answer.is_redirect else None
    return MockResponse(answer.content, headers=headers, status_code=answer.status_code)


def bare(answer):
    """Give an answer as a response of requests that has a body, and what a redirect needs."""
    made: Any = requests.Response()
    made._content = answer.content
    made.status_code = answer.status_code if answer.is_redirect else None
    made.headers = {"Location": answer.headers.get("Location")}
    return made


def relay(kind):
    """Make a function for the place of ``_request``: it asks the service, and gives a mock."""

    def request(method, url, *, cache, stream, **arguments):
        """Ask, and read the whole answer."""
        with requests.Session() as session:
            return kind(session.request(method, url, **arguments))

    return request


@pytest.mark.parametrize(("verb", "kind"), one_in(3, product(VERBS, [mocked, bare])))
def test_a_mocked_response_serves_every_verb(csc, tmp_path, monkeypatch, verb, kind):
    """What a patched _request gives makes the same table as the service."""
    expected = VERBS[verb](csc(), tmp_path / "files")
    csc.clear_cache()
    rmtree(tmp_path / "files", ignore_errors=True)
    monkeypatch.setattr(csc, "_request", relay(kind))

    assert_same_table(VERBS[verb](csc, tmp_path / "files"), expected)


def test_a_request_can_be_mocked_on_the_class(csc, monkeypatch):
    """A function on the class serves every instance."""
    expected = csc.query_region(NGC1333, cache=False)
    send = relay(mocked)
    monkeypatch.setattr(CscClass, "_request", lambda self, *args, **kwargs: send(*args, **kwargs))

    assert_same_table(csc.query_region(NGC1333, cache=False), expected)


@pytest.mark.parametrize("body", [b"", None])
def test_a_mock_without_a_body_is_an_error(csc, monkeypatch, body):
    """It is not a table without rows."""
    monkeypatch.setattr(csc, "_request", lambda *args, **kwargs: MockResponse(body))

    with pytest.raises(RemoteServiceError):
        csc.query_region(NGC1333)


@pytest.mark.parametrize("given", [None, 7, MockResponse])
def test_what_is_not_a_response_is_refused(csc, monkeypatch, given):
    """The error says what a patched _request has to give."""
    monkeypatch.setattr(csc, "_request", lambda *args, **kwargs: given)

    with pytest.raises(InputTypeError, match=r"^_request gave .*MockResponse\(body\)\.$"):
        csc.query_region(NGC1333)


def test_what_tools_put_in_the_place_of_urllib3s_connection_is_used(server, monkeypatch):
    """As vcrpy does it, which records requests and plays them again."""
    made = []

    class Recorder(HTTPConnection):
        """A connection that is counted."""

        def __init__(self, *args, **kwargs):
            """Note that one is made."""
            made.append(self)
            super().__init__(*args, **kwargs)

    before, during = CscClass(server=server.url), CscClass(server=server.url)
    before.query_region(NGC1333, cache=False)
    monkeypatch.setattr(HTTPConnectionPool, "ConnectionCls", Recorder)

    during.query_region(NGC1333, cache=False)

    assert len(made) == 1
