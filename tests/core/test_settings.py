# Licensed under a 3-clause BSD style license - see LICENSE
"""What a verb works with is read when it begins: changing ``conf`` meanwhile changes nothing."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astroquery_csc import conf
from astroquery_csc.core import CscClass
from tests.support.comparing import assert_same_table

PLACES = SkyCoord([10.7, 55.1, 200.0], [41.3, 24.1, 10.0], unit="deg")
#: A server that does not exist, another release, and times in which nothing can be answered.
CHANGED = {"server": "http://127.0.0.1:9", "release": "2.0", "timeout": 1e-6, "max_wait": 0.0}


def sensitivity(csc: CscClass, _: object) -> Table:
    """Ask for three positions, one request each."""
    return csc.query_sensitivity(PLACES, cache=False)


def region(csc: CscClass, _: object) -> Table:
    """Ask for a list of positions in three requests."""
    return csc.query_region(PLACES, 5 * u.arcmin, verbosity=1, cache=False)


def download(csc: Any, folder: Path) -> Table:
    """Fetch several files, after a look at which there are."""
    rows = csc.query_detections("2CXO J004236.1+412156")
    files = csc.get_product_list(rows, types=["pha", "arf", "rmf"])
    csc.__dict__["changing"] = True
    done = csc.download_products(files, location=folder)
    done.remove_column("path")
    return done


class Changing(CscClass):
    """A catalogue whose user changes ``conf`` at the first request of a verb."""

    changing = True

    def _request(self, method, url, *args, **kwargs):
        """Send a request, change ``conf`` once, and remember where the request went."""
        if self.changing:
            self.__dict__.setdefault("sent", []).append((url, kwargs["timeout"]))
            for name, value in CHANGED.items():
                setattr(conf, name, value)
        return super()._request(method, url, *args, **kwargs)


@pytest.fixture
def settings(server):
    """Set ``conf`` for the test service, and restore all that a test changes."""
    with ExitStack() as stack:
        for name in CHANGED:
            stack.enter_context(conf.set_temp(name, getattr(conf, name)))
        stack.enter_context(conf.set_temp("positions_per_request", 1))
        conf.server = server.url
        yield


@pytest.mark.parametrize("verb", [sensitivity, region, download])
def test_a_running_verb_does_not_see_a_change_of_conf(settings, server, tmp_path, verb):
    """Every request goes to the same server, release and time limit, and the table says so."""
    expected = verb(CscClass(), tmp_path / "expected")
    changing = Changing()
    changing.changing = verb is not download

    table = verb(changing, tmp_path / "changed")

    assert_same_table(table, expected)
    assert table.meta["RELEASE"] == "2.1"
    assert len(changing.sent) >= 3
    assert {url.startswith(server.url) for url, _ in changing.sent} == {True}
    assert min(seconds for _, seconds in changing.sent) > 100


@pytest.mark.parametrize("verb", [sensitivity, region])
def test_the_next_call_sees_the_change(settings, tmp_path, verb):
    """The properties and the next verb read ``conf`` anew."""
    csc = CscClass()
    before = (csc.release, csc.timeout)
    conf.release, conf.timeout = "2.0", 5.0

    table = verb(csc, tmp_path)

    assert before == ("2.1", 120.0)
    assert (csc.release, csc.timeout) == ("2.0", 5.0)
    assert table.meta["RELEASE"] == "2.0"


def test_a_payload_is_of_the_settings_at_the_call(settings):
    """``get_query_payload`` shows the server and release that ``conf`` names now."""
    conf.server, conf.release = "http://127.0.0.1:9", "2.0"

    payload = CscClass().query_region(PLACES[0], 5 * u.arcmin, get_query_payload=True)

    assert payload["url"].startswith("http://127.0.0.1:9/csc2scs/")
