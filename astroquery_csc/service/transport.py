# Licensed under a 3-clause BSD style license - see LICENSE
"""
One HTTP exchange through one seam, with time limits and redirects that stay safe.

The seam is ``CscClass._request``; nothing else in this package sends anything.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.sessions import SessionRedirectMixin

from astroquery_csc.backend import Settings
from astroquery_csc.exceptions import CscError, RemoteServiceError
from astroquery_csc.service.body import Body
from astroquery_csc.service.connections import patience
from astroquery_csc.service.deadline import Deadline
from astroquery_csc.service.mocks import as_response
from astroquery_csc.service.refusals import (
    host_of,
    late,
    refusal,
    translate,
    words_of,
)

__all__ = ["Transport", "safe_target"]

Send = Callable[..., requests.Response]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})
_MAX_REDIRECTS = 5
#: Too many requests, bad gateway, unavailable: the same request may do better in a while.
_TRANSIENT = frozenset({429, 502, 503})
#: So much of an error page is read; the words are at its beginning.
_ERROR_BYTES = 65_536
#: Headers of a session that are for the service alone, taken off on the way to another host.
_PRIVATE_HEADERS = ("Authorization", "Cookie")


class Transport:
    """Sends requests and gives responses that are not error pages."""

    def __init__(self, send: Send, settings: Settings) -> None:
        self._send = send
        self._settings = settings
        self.timeout: float = settings.timeout

    def deadline(self, begun: float | None = None) -> Deadline:
        """Start the time of a query, or give what is left of it."""
        settings = self._settings
        return Deadline(
            settings.max_wait,
            retries=settings.retries,
            retry_wait=settings.retry_wait,
            begun=begun,
        )

    def follow(
        self, method: str, url: str, *, deadline: Deadline, home: str = "", **arguments: Any
    ) -> requests.Response:
        """Send one request and follow its redirects."""
        home = home or url
        for _ in range(_MAX_REDIRECTS + 1):
            response = self.once(method, url, deadline=deadline, home=home, **arguments)
            if response.status_code not in _REDIRECTS:
                return response
            target = _target(response, url)
            if response.status_code in _KEEP_METHOD:
                arguments.pop("params", None)
            else:
                method, arguments = "GET", {"headers": arguments.get("headers")}
            url = target
        raise _lost(url)

    def post(
        self,
        url: str,
        *,
        deadline: Deadline,
        home: str = "",
        **arguments: Any,
    ) -> tuple[str, requests.Response | None]:
        """Send a POST; give where it leads, or its response."""
        home = home or url
        for _ in range(_MAX_REDIRECTS + 1):
            response = self.once("POST", url, deadline=deadline, home=home, **arguments)
            if response.status_code not in _REDIRECTS:
                return "", response
            url = _target(response, url)
            if response.status_code not in _KEEP_METHOD:
                return url, None
        raise _lost(url)

    def posting(
        self, url: str, *, deadline: Deadline, adql: str | None = None, **arguments: Any
    ) -> Callable[[], Body]:
        """Make what fetches the body that a POST leads to, and may be called again."""
        result = ""

        def fetch() -> Body:
            """Send the POST, unless it led to a result that was not ready."""
            nonlocal result
            response = None
            if not result:
                result, response = self.post(url, deadline=deadline, **arguments)
            if response is None:
                response = self.follow("GET", result, deadline=deadline, home=url)
                if response.status_code not in _TRANSIENT:
                    result = ""
            return self.good(response, deadline=deadline, adql=adql)

        return fetch

    def once(
        self, method: str, url: str, *, deadline: Deadline, home: str = "", **arguments: Any
    ) -> requests.Response:
        """Send one request through the seam."""
        seconds = min(self.timeout, deadline.left)
        if seconds <= 0:
            problem: CscError = late(url, deadline)
            raise problem
        try:
            if home and SessionRedirectMixin().should_strip_auth(home, url):
                arguments = _as_a_stranger(arguments)
            with patience(deadline):
                response = self._send(
                    method,
                    url,
                    timeout=seconds,
                    stream=True,
                    cache=False,
                    allow_redirects=False,
                    # None, not True: only then does session.verify count, a CA bundle for example.
                    verify=None,
                    **arguments,
                )
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            # requests' own errors are OSErrors; it lets others of the network through.
            problem = (
                late(url, deadline) if deadline.passed else translate(error, url, self.timeout)
            )
            raise problem from error
        return as_response(response, url)

    def fetch(
        self,
        method: str,
        url: str,
        *,
        deadline: Deadline,
        adql: str | None = None,
        **arguments: Any,
    ) -> Body:
        """Send a request, follow it, and give the body of a good response."""
        response = self.follow(method, url, deadline=deadline, **arguments)
        return self.good(response, deadline=deadline, adql=adql)

    def good(
        self, response: requests.Response, *, deadline: Deadline, adql: str | None = None
    ) -> Body:
        """Give the body of a response that is not an error."""
        body = Body(response, self.timeout, deadline)
        if response.status_code < 400:
            return body
        with body:
            try:
                head = body.peek(_ERROR_BYTES)
            except RemoteServiceError:
                head = b""  # the status says enough
            problem = refusal(
                words_of(head),
                url=response.url or "",
                status=response.status_code,
                adql=adql,
                is_table=b"VOTABLE" in head[:1000].upper(),
                retry_after=_retry_after(response),
            )
            raise problem


def _lost(url: str) -> RemoteServiceError:
    """Make the error for redirects without an end."""
    return RemoteServiceError(
        f"More than {_MAX_REDIRECTS} redirects; the last one to {url}.", url=url
    )


def _target(response: requests.Response, url: str) -> str:
    """Find where a redirect leads, and let go of it."""
    response.close()
    location = response.headers.get("Location", "")
    return safe_target(url, location, f"answered {response.status_code} with a redirect")


def _as_a_stranger(arguments: dict[str, Any]) -> dict[str, Any]:
    """Take from a request what the session would add to show who asks; cookies keep their host."""
    headers = {**(arguments.get("headers") or {}), **dict.fromkeys(_PRIVATE_HEADERS)}
    return {**arguments, "headers": headers, "auth": _no_credentials}


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stand where credentials would: neither the session's nor those of .netrc are added."""
    return request


def _retry_after(response: requests.Response) -> float | None:
    """How long the service asks to wait; None for a status that waiting does not mend."""
    if response.status_code not in _TRANSIENT:
        return None
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        wait = parsedate_to_datetime(text) - datetime.now(UTC)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return max(wait.total_seconds(), 0.0)


def safe_target(url: str, location: str, how: str) -> str:
    """Find where a service sends its client, if one may go there."""
    host = host_of(url)
    try:
        target = urljoin(url, location)
        old, new = urlsplit(url), urlsplit(target)
        is_address = new.scheme in {"http", "https"} and bool(new.hostname) and new.port != 0
    except ValueError:
        is_address = False
    if not location or not is_address:
        raise RemoteServiceError(
            f"{host} {how} to {location[:200]!r}, which is not a web address.", url=url
        )
    if old.scheme == "https" and new.scheme == "http":
        if old.hostname != new.hostname:
            raise RemoteServiceError(
                f"{host} redirects from https down to http on another host ({target[:200]}); not "
                "followed.",
                url=url,
            )
        # The same host behind a proxy that ends TLS: stay encrypted.
        target = new._replace(scheme="https", netloc=old.netloc).geturl()
    return target
