# Licensed under a 3-clause BSD style license - see LICENSE
"""Cookies that a service may set: few, small, and for its own host alone."""

from http.cookiejar import Cookie, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

from requests.cookies import RequestsCookieJar

__all__ = ["limit_cookies"]

_MOST = 50
_MOST_BYTES = 4096


class _Policy(DefaultCookiePolicy):
    """Takes a cookie of a host for that host, if there is room for it."""

    def __init__(self, jar: RequestsCookieJar) -> None:
        super().__init__()
        self._jar = jar

    def set_ok(self, cookie: Cookie, request: Any) -> bool:
        """Whether a cookie is kept; one for a domain becomes one for the host."""
        host = urlsplit(request.get_full_url()).hostname or ""
        if cookie.domain_specified and cookie.domain.lstrip(".") != host:
            return False
        size = len(cookie.name) + len(cookie.value or "") + len(cookie.path)
        if size > _MOST_BYTES or not super().set_ok(cookie, request):
            return False
        if cookie.domain_specified:
            cookie.domain, cookie.domain_specified = host, False
        place = (cookie.domain, cookie.path, cookie.name)
        known = {(each.domain, each.path, each.name) for each in self._jar}
        return place in known or len(known) < _MOST


def limit_cookies(jar: RequestsCookieJar) -> None:
    """Limit what services may put into a jar; its owner may put in anything."""
    jar.set_policy(_Policy(jar))
