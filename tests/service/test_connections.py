# Licensed under a 3-clause BSD style license - see LICENSE
"""The session of an instance: what it logs, and whom it follows."""

import logging

QUERY = {
    "REQUEST": "doQuery",
    "LANG": "ADQL",
    "QUERY": "SELECT TOP 1 m.name FROM csc21.master_source m",
}


def test_requests_are_logged_for_who_looks_for_faults(server, caplog):
    """At level DEBUG each request is on the log, as astroquery writes it."""
    with caplog.at_level(logging.DEBUG, logger="astroquery"):
        server.csc._request("GET", f"{server.url}/csc21tap/availability")

    assert "HTTP request" in caplog.text
    assert "/csc21tap/availability" in caplog.text


def test_requests_are_not_written_for_a_log_that_does_not_show_them(server, caplog, monkeypatch):
    """At level INFO a request, which may hold megabytes of an upload, is not made text."""
    monkeypatch.setattr("textwrap.indent", lambda *_: 1 / 0)

    with caplog.at_level(logging.INFO, logger="astroquery"):
        response = server.csc._request("GET", f"{server.url}/csc21tap/availability")

    assert response.ok


def test_redirects_are_followed_if_that_is_asked_for(server):
    """The session follows a redirect by default, and prepares nothing where it does not follow."""
    url = f"{server.url}/csc21tap/sync"

    followed = server.csc._request("POST", url, data=QUERY)
    left = server.csc._request("POST", url, data=QUERY, allow_redirects=False)

    assert (followed.status_code, len(followed.history)) == (200, 1)
    assert (left.status_code, left.next) == (303, None)
