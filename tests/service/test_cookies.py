# Licensed under a 3-clause BSD style license - see LICENSE
"""Cookies: few, small, and back to the host that set them."""

from http.client import HTTPMessage
from types import SimpleNamespace

import pytest
import requests
from requests.cookies import extract_cookies_to_jar

from astroquery_csc.core import CscClass

SERVER = "https://cda.example.edu"


@pytest.fixture
def csc():
    """Make a client."""
    return CscClass(server=SERVER)


def ask(csc: CscClass, *cookies: str) -> str:
    """Take an answer that sets cookies; give the cookies that the next request has."""
    request = requests.Request("GET", f"{SERVER}/csc21tap/sync")
    message = HTTPMessage()
    for cookie in cookies:
        message["Set-Cookie"] = cookie
    raw = SimpleNamespace(_original_response=SimpleNamespace(msg=message))
    extract_cookies_to_jar(csc._session.cookies, request.prepare(), raw)
    return str(csc._session.prepare_request(request).headers.get("Cookie"))


def test_a_session_of_the_service_is_kept(csc):
    """A cookie goes back to its host, and a new value replaces the old one."""
    assert ask(csc, "JSESSIONID=1; Path=/") == "JSESSIONID=1"
    assert ask(csc, "JSESSIONID=2; Path=/") == "JSESSIONID=2"


@pytest.mark.parametrize("domain", ["example.edu", ".example.edu", "edu", "other.example", "."])
def test_no_cookie_is_set_for_another_host(csc, domain):
    """A domain that is not the host itself is refused."""
    assert ask(csc, f"id=1; Domain={domain}; Path=/") == "None"


def test_a_cookie_for_the_domain_of_the_host_stays_with_the_host(csc):
    """Hosts below it do not get it."""
    assert ask(csc, "id=1; Domain=cda.example.edu; Path=/") == "id=1"
    assert [cookie.domain for cookie in csc._session.cookies] == ["cda.example.edu"]


def test_cookies_are_few(csc):
    """However many are set, 50 stay; those that are there can still change."""
    ask(csc, *(f"c{number}=1; Path=/" for number in range(300)))

    assert len(csc._session.cookies) == 50
    assert "c0=2" in ask(csc, "c0=2; Path=/", "more=1; Path=/")
    assert len(csc._session.cookies) == 50


def test_cookies_are_small(csc):
    """One of more than 4 kB is refused."""
    assert ask(csc, f"big={'x' * 4096}; Path=/", "small=1; Path=/") == "small=1"


def test_what_a_user_sets_is_sent(csc):
    """The limits are for services."""
    csc._session.cookies.set("mine", "y" * 5000)

    assert ask(csc) == f"mine={'y' * 5000}"
