# Licensed under a 3-clause BSD style license - see LICENSE
"""
Connections that can be hung up on when the time for a whole query is over.

requests limits the wait for the next byte. A service whose headers come byte by byte, or whose
redirect has a body without an end, would still hold its caller as long as it likes.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from copy import copy
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from requests.utils import select_proxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from astroquery_csc.log import log
from astroquery_csc.service.cookies import limit_cookies
from astroquery_csc.service.deadline import Deadline

__all__ = ["PatientAdapter", "leave_to_parent", "make_patient", "patience"]

#: Threads that share a session keep so many connections to a host.
_POOL_SIZE = 32
#: The body of a redirect is nobody's; so much is read to keep its connection.
_REDIRECT_BYTES = 65_536
#: Sent at a time.
_SENT_BYTES = 65_536
#: Of a parent process. Kept, since pools that are freed wait for locks that nobody gives back.
_left: list[Any] = []


class _Waiting:
    """The sockets that one call waits for, as copies, which stay when TLS takes a socket over."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._over = False
        self._lock = threading.Lock()

    def add(self, connection: socket.socket) -> None:
        """Note the socket of a connection; none is waited for when the time is over."""
        with self._lock:
            self.check()
            self._sockets.append(socket.socket(fileno=os.dup(connection.fileno())))

    def check(self) -> None:
        """Raise an error when the time is over."""
        if self._over:
            raise TimeoutError("the time for the whole query is over")

    def hang_up(self) -> None:
        """End every wait, on whatever thread it is."""
        with self._lock:
            self._over = True
            for held in self._sockets:
                with suppress(OSError):
                    held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the copies back."""
        with self._lock:
            for held in self._sockets:
                held.close()
            self._sockets.clear()


_waiting: ContextVar[_Waiting | None] = ContextVar("_waiting", default=None)


@contextmanager
def patience(deadline: Deadline) -> Iterator[None]:
    """Hang up on what is waited for in a block when the time is over."""
    waiting = _Waiting()
    token = _waiting.set(waiting)
    try:
        with deadline.watch(waiting.hang_up):
            yield
    finally:
        _waiting.reset(token)
        waiting.close()


class _Noted:
    """Part of a connection: notes its socket before a proxy, TLS or the service is waited for."""

    sock: Any

    def _new_conn(self) -> socket.socket:
        """Connect."""
        made: socket.socket = super()._new_conn()  # type: ignore[misc]
        try:
            _note(made)
        except OSError:
            made.close()
            raise
        return made

    def _tunnel(self) -> None:
        """Ask a proxy for a tunnel; an answer that was hung up on looks like a whole one."""
        super()._tunnel()  # type: ignore[misc]
        waiting = _waiting.get()
        if waiting is not None:
            waiting.check()

    def send(self, data: Any) -> None:
        """Send something, in pieces: the timeout is one for each piece, not for a whole upload."""
        if not isinstance(data, bytes):
            super().send(data)  # type: ignore[misc]
            return
        view = memoryview(data)
        for start in range(0, len(data), _SENT_BYTES):
            super().send(view[start : start + _SENT_BYTES])  # type: ignore[misc]

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request, maybe on a connection that is open."""
        if self.sock is not None:
            _note(self.sock)
        super().request(*args, **kwargs)  # type: ignore[misc]


def _note(connection: socket.socket) -> None:
    """Note the socket of a connection that somebody waits for."""
    waiting = _waiting.get()
    if waiting is not None:
        waiting.add(connection)


class _Connection(_Noted, HTTPConnection):
    """A connection for http."""


class _SecureConnection(_Noted, HTTPSConnection):
    """A connection for https."""


class _Pool(HTTPConnectionPool):
    """Connections for http."""

    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override]  # noqa: N802 - urllib3's name
        """What is opened: ours, or what vcrpy, for example, has put in the place of urllib3's."""
        given = HTTPConnectionPool.ConnectionCls
        return _Connection if given is HTTPConnection else given


class _SecurePool(HTTPSConnectionPool):
    """Connections for https."""

    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override]  # noqa: N802 - urllib3's name
        """What is opened: ours, or what vcrpy, for example, has put in the place of urllib3's."""
        given = HTTPSConnectionPool.ConnectionCls
        return _SecureConnection if given is HTTPSConnection else given


class PatientAdapter(HTTPAdapter):
    """
    What requests sends with, on connections that know who waits for them.

    Proxies, certificates and pools are those of requests.
    """

    def __init__(self) -> None:
        super().__init__(pool_maxsize=_POOL_SIZE)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools."""
        super().init_poolmanager(*args, **kwargs)
        _use_ours(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the pools behind a proxy; those for SOCKS stay as they are."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if type(manager) is urllib3.ProxyManager:
            _use_ours(manager)
        return manager

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """
        Send a request, to this computer without a proxy.

        Of a redirect, read a small body and hang up on a large one: requests would read it whole,
        however long it is.
        """
        url = str(request.url)
        if _is_loopback(url):
            kwargs["proxies"] = {}
        try:
            response = super().send(request, **kwargs)
        except requests.RequestException as error:
            error.proxy = select_proxy(url, kwargs.get("proxies"))  # type: ignore[attr-defined]
            raise
        if response.is_redirect:
            raw: Any = response.raw
            with suppress(urllib3.exceptions.HTTPError):
                raw.read(_REDIRECT_BYTES, decode_content=False)
            raw.close()
        return response


def _is_loopback(url: str) -> bool:
    """Whether an address is on this computer."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _use_ours(manager: Any) -> None:
    """Make a manager open our connections."""
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def make_patient(session: requests.Session) -> None:
    """Mount the adapter on a session, which names this package; a later adapter replaces it."""
    adapter = PatientAdapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    limit_cookies(session.cookies)
    # requests would prepare what nobody sends: a request to the target of each redirect.
    session.resolve_redirects = partial(_redirects, session.resolve_redirects)  # type: ignore[method-assign]
    session.hooks["response"] = [partial(_log, hook) for hook in session.hooks["response"]]
    session.headers["User-Agent"] = f"{session.headers.get('User-Agent', '')!s} {_ours()}".strip()


def leave_to_parent(session: requests.Session) -> None:
    """Leave the open connections of a session to the parent of this forked process."""
    for adapter in dict.fromkeys(session.adapters.values()):
        if isinstance(adapter, HTTPAdapter) and hasattr(adapter, "poolmanager"):
            _left.append((adapter.poolmanager, adapter.proxy_manager))
            # As pickling does it: the settings stay, the pools are new.
            state: Any = adapter
            state.__setstate__(state.__getstate__())
    if isinstance(session.cookies, RequestsCookieJar):
        # A copy has a lock of its own.
        session.cookies = copy(session.cookies)
        limit_cookies(session.cookies)


def _log(hook: Callable[..., Any], *words: Any, **more: Any) -> None:
    """Write a request for the log only if that shows it: an upload in it may have megabytes."""
    if log.isEnabledFor(logging.DEBUG):
        hook(*words, **more)


def _redirects(
    follow: Callable[..., Iterator[Any]], *words: Any, yield_requests: bool = False, **more: Any
) -> Iterator[Any]:
    """Follow redirects if a caller asks for that."""
    return iter(()) if yield_requests else follow(*words, **more)


def _ours() -> str:
    """Name this package and its version."""
    try:
        return f"astroquery_csc/{version('astroquery_csc')}"
    except PackageNotFoundError:
        return "astroquery_csc"
