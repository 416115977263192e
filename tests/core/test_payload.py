# Licensed under a 3-clause BSD style license - see LICENSE
"""What ``get_query_payload`` shows is what is sent."""

import pytest
from astropy import units as u

from astroquery_csc.core import CscClass
from tests.support.comparing import NGC1333


class Noting(CscClass):
    """A catalogue that remembers its requests."""

    def _request(self, method, url, *args, params=None, data=None, **kwargs):
        """Note a request, and send it."""
        shown = {key: str(value) for key, value in {**(params or {}), **(data or {})}.items()}
        self.__dict__.setdefault("sent", []).append({"url": url, "method": method, **shown})
        return super()._request(method, url, params, data, *args, **kwargs)


@pytest.mark.parametrize(
    "ask",
    [
        lambda csc, **more: csc.query_region(NGC1333, 1 * u.arcmin, **more),
        lambda csc, **more: csc.query_region(NGC1333, 1 * u.arcmin, columns="match", **more),
        lambda csc, **more: csc.query_criteria(column_filters={"ra": (52.2, 52.3)}, **more),
        lambda csc, **more: csc.query_tap("SELECT name FROM master_source WHERE ra < 9", **more),
        lambda csc, **more: csc.query_sensitivity(NGC1333, **more),
        lambda csc, **more: csc.query_sia(NGC1333, 0.3 * u.deg, **more),
        lambda csc, **more: csc.query_detections(obsid=90005, **more),
    ],
    ids=["cone", "box", "criteria", "TAP", "sensitivity", "images", "detections"],
)
@pytest.mark.filterwarnings("ignore::astroquery.exceptions.NoResultsWarning")
def test_the_payload_is_a_request_that_is_sent(server, ask):
    """Address, method and parameters are the same."""
    csc = Noting(server=server.url)

    shown = ask(csc, get_query_payload=True)
    ask(csc, cache=False)

    assert {key: str(value) for key, value in shown.items()} in csc.sent
