# Licensed under a 3-clause BSD style license - see LICENSE
"""
`Csc`: the Chandra Source Catalog behind the verbs of astroquery.

The class has the settings, the cache and the one seam to the network; its verbs are in
``verbs.py``.
"""

import os
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from astropy import units as u
from astropy.table import Table
from astroquery import log
from astroquery.query import BaseQuery, BaseVOQuery

from astroquery_csc import tables
from astroquery_csc.backend import Backend
from astroquery_csc.catalogue.releases import Release, get_release
from astroquery_csc.config import conf
from astroquery_csc.exceptions import CscError, InputTypeError, InvalidQueryError
from astroquery_csc.product_verbs import ProductVerbs
from astroquery_csc.search import inputs, listing
from astroquery_csc.search.ask import Search
from astroquery_csc.service.cache import Cache
from astroquery_csc.service.connections import make_patient
from astroquery_csc.service.files import Archive
from astroquery_csc.service.memory import Memory
from astroquery_csc.service.transport import Transport
from astroquery_csc.settings import number
from astroquery_csc.source_verbs import SourceVerbs
from astroquery_csc.store.disk import MirrorBackend
from astroquery_csc.store.manifest import path_of
from astroquery_csc.verbs import CatalogueVerbs

__all__ = ["Csc", "CscClass"]

#: What a time limit is at least: none of a network is as short.
_SHORTEST_SECONDS = 1e-6


class CscClass(CatalogueVerbs, SourceVerbs, ProductVerbs, BaseVOQuery, BaseQuery):
    """
    The Chandra Source Catalog: cones, objects, criteria and ADQL.

    Nothing is sent, written or imported in vain when an instance is made. ``Csc`` is a ready
    instance; calling one gives another with some arguments changed: ``Csc(release="2.0")``.

    Parameters
    ----------
    release : str, optional
        ``"2.1"``, ``"2.0"`` or ``"current"``. Default: ``conf.release``, read at each call.
    server : str, optional
        Root of the services. Default: ``conf.server``, read at each call.
    row_limit : int, optional
        Largest number of rows of a query verb; -1 for all. Default: ``conf.row_limit``.
    timeout : float or `~astropy.units.Quantity`, optional
        Seconds to wait for a connection or for the next bytes. Default: ``conf.timeout``.
    mirror : str or path-like, optional
        A folder that `astroquery_csc.mirror.create` made. It answers, and nothing is sent; the
        release is the mirror's.

    Raises
    ------
    InvalidQueryError
        If the release is not known, is not the mirror's, or a value is out of range.
    InputTypeError
        If an argument is of the wrong type.
    MirrorError
        If the mirror is none, its release is not known, or a file of it is not there or has another
        size.
    MissingPackageError
        If a mirror needs a package that is not installed.

    Examples
    --------
    >>> from astroquery_csc import Csc
    >>> older = Csc(release="2.0", row_limit=100)
    >>> older.release, older(row_limit=-1).release
    ('2.0', '2.0')
    """

    def __init__(
        self,
        release: str | None = None,
        *,
        server: str | None = None,
        row_limit: int | None = None,
        timeout: float | u.Quantity | None = None,
        mirror: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__()
        make_patient(self._session)
        self._mirror = None if mirror is None else _open_mirror(mirror, release)
        self._arguments = {
            "release": release,
            "server": None if server is None else _server(server),
            "row_limit": row_limit,
            "timeout": None if timeout is None else _seconds(timeout),
            "mirror": None if self._mirror is None else self._mirror.url,
        }
        if release is not None:
            get_release(release)
        if row_limit is not None:
            inputs.row_limit(row_limit)
        self._cache = Cache(lambda: self.cache_location)
        self._known_columns = Memory(self._ask_columns)
        self._known_limits = Memory(self._ask_limits)
        self._remote = Archive(
            self,
            Transport(
                # Looked up at each call, so that a patched _request sees every request.
                lambda *args, **kwargs: self._request(*args, **kwargs),  # noqa: PLW0108
                timeout=lambda: self.timeout,
                max_wait=lambda: number("max_wait", conf.max_wait),
            ),
            self._cache,
        )
        self._backend: Backend = self._remote if self._mirror is None else self._mirror

    def __call__(self, *args: Any, **kwargs: Any) -> Self:
        """Make another instance; arguments that are not given again are kept."""
        again = {"release", *kwargs} if args else set(kwargs)
        kept = {name: value for name, value in self._arguments.items() if name not in again}
        make: Any = self.__class__
        made: Self = make(*args, **kept, **kwargs)
        if self._cache_location is not None:
            made.cache_location = self._cache_location
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy by arguments; sessions and locks are made anew."""
        return _remake, (self.__class__, self._arguments, self._cache_location)

    @property
    def _archive(self) -> Archive:
        """What holds files and images, which no mirror has."""
        if self._mirror is not None:
            raise self._mirror.no_service("Files and images are not in the catalogue's tables")
        return self._remote

    def __repr__(self) -> str:
        """Show release and server, or mirror."""
        if self._mirror is not None:
            return f"<Csc release={self.release!r} mirror={self._mirror.url!r}>"
        return f"<Csc release={self.release!r} server={self.server!r}>"

    # ------------------------------------------------------------- settings

    @property
    def release(self) -> str:
        """Name of the release that is asked."""
        if self._mirror is not None:
            return self._mirror.release
        return str(self._arguments["release"] or conf.release)

    @property
    def server(self) -> str:
        """Root of the services, without a slash at the end."""
        return str(self._arguments["server"] or _server(conf.server))

    @property
    def row_limit(self) -> int:
        """Largest number of rows of a query verb; -1 for all."""
        value = self._arguments["row_limit"]
        return int(conf.row_limit if value is None else value)

    @property
    def timeout(self) -> float:
        """Seconds to wait for a connection or for the next bytes."""
        value = self._arguments["timeout"]
        if value is not None:
            return float(value)
        return number("timeout", conf.timeout, least=_SHORTEST_SECONDS)

    @property
    def maxrec(self) -> int:
        """Row limit that the service applies without MAXREC, as its capabilities state it."""
        return self._backend.limit("maxrec")

    @property
    def hardlimit(self) -> int:
        """Largest MAXREC that the service accepts, as its capabilities state it."""
        return self._backend.limit("hardlimit")

    def clear_cache(self) -> None:
        """
        Remove every cached answer of this instance's ``cache_location``.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> Csc.clear_cache()
        """
        self._cache.clear()

    def cache_info(self) -> Table:
        """
        List the cached answers.

        Returns
        -------
        `~astropy.table.Table`
            Columns release, route, url, retrieved (ISO, UTC) and size in bytes, oldest first.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> Csc.cache_info().colnames
        ['release', 'route', 'url', 'retrieved', 'size']
        """
        return listing.cached(self._cache.entries())

    def _request(  # noqa: PLR0917 - the signature of BaseQuery._request
        self,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        files: Any = None,
        save: bool = False,  # noqa: FBT001, FBT002
        savedir: str = "",
        timeout: float | None = None,
        cache: bool | None = None,  # noqa: FBT001
        stream: bool = False,  # noqa: FBT001, FBT002
        auth: Any = None,
        continuation: bool = True,  # noqa: FBT001, FBT002
        verify: bool = True,  # noqa: FBT001, FBT002
        allow_redirects: bool = True,  # noqa: FBT001, FBT002
        json: Any = None,
        return_response_on_save: bool = False,  # noqa: FBT001, FBT002
    ) -> requests.Response:
        """
        Send one request: the seam that every request of this instance goes through.

        It has the signature of ``BaseQuery._request`` and leaves its cache alone: that one keeps
        errors, and turns a global switch that threads share. Our own cache is in ``cache.py``.
        """
        if save:
            saved: requests.Response = super()._request(
                method, url, params=params, data=data, headers=headers, files=files, save=True,
                savedir=savedir, timeout=timeout, cache=cache, stream=stream, auth=auth,
                continuation=continuation, verify=verify, allow_redirects=allow_redirects,
                json=json, return_response_on_save=return_response_on_save,
            )  # fmt: skip
            return saved
        response: requests.Response = self._session.request(
            method, url, params=params, data=data, headers=headers, files=files, timeout=timeout,
            stream=stream, auth=auth, verify=verify, allow_redirects=allow_redirects, json=json,
        )  # fmt: skip
        return response

    # -------------------------------------------------------------- helpers

    def _search(self, *, cache: bool | None, get_query_payload: bool) -> Search:
        """Bundle what a verb needs to ask."""
        inputs.check_flag(cache, "cache")
        inputs.check_flag(get_query_payload, "get_query_payload")
        release: Release = get_release(self.release)
        ask = _no_answer if get_query_payload else self._service_columns
        resolver = None if self._mirror is None else self._mirror.no_name
        return Search(self._backend, release, ask, cache, self._service_limits, resolver)

    def _limit(self, row_limit: int | None) -> int:
        """Take the verb's row limit or, failing that, the instance's."""
        return self.row_limit if row_limit is None else row_limit

    def _service_columns(self, table: str) -> set[str] | None:
        """Ask the service once for its columns; None where it does not tell."""
        if self._mirror is not None:
            told = self._ask_columns()  # at once, and an update may have changed it
        else:
            told = self._known_columns.get((self.server, self.release))
        return None if told is None else told.get(table.lower(), set())

    def _service_limits(self) -> frozenset[int]:
        """Ask the service once for its row limits; none where it does not tell."""
        return self._known_limits.get((self.server, self.release)) or frozenset()

    def _ask_limits(self) -> frozenset[int] | None:
        """Ask the service's capabilities for its row limits."""
        try:
            return frozenset({self.maxrec, self.hardlimit})
        except CscError as error:
            log.info(f"The service does not tell its row limits ({error}).")
            return None

    def _ask_columns(self) -> dict[str, set[str]] | None:
        """Ask the service for the columns of every table."""
        release = get_release(self.release)
        try:
            told = tables.polish(self._backend.columns(), release.name, sources={})
        except CscError as error:
            log.info(f"The service does not tell its columns ({error}); it decides by itself.")
            return None
        found: dict[str, set[str]] = {}
        for table, name in zip(told["table_name"], told["column_name"], strict=True):
            bare = str(table).lower().removeprefix(f"{release.schema.lower()}.")
            found.setdefault(bare, set()).add(str(name))
        return found or None


def _no_answer(table: str) -> None:
    """Stand in for the service where nothing may be sent."""


def _remake(cls: type[CscClass], arguments: dict[str, Any], location: Path | None) -> CscClass:
    """Make an instance from its arguments: unpickling and copying."""
    made = cls(**arguments)
    if location is not None:
        made.cache_location = location
    return made


def _open_mirror(mirror: object, release: str | None) -> MirrorBackend:
    """Open a mirror, which has to be of the release that is asked for, if one is."""
    found = MirrorBackend(path_of(mirror, "mirror"))
    if release is not None and release != found.release:
        raise InvalidQueryError(
            f"The mirror {found.url!r} is of release {found.release}, not {release!r}. Leave "
            f"release out, or write mirror=None to ask the service.",
            release=release,
        )
    return found


def _server(server: object) -> str:
    """Read the address of a server."""
    if not isinstance(server, str):
        raise InputTypeError(
            f"server is {server!r}; expected an address such as 'https://cda.cfa.harvard.edu'."
        )
    try:
        parts = urlsplit(server)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    blank = any(letter.isspace() or not letter.isprintable() for letter in server)
    if not is_address or blank or parts.query or parts.fragment:
        raise InvalidQueryError(
            f"server {server!r} is no web address. Write 'https://cda.cfa.harvard.edu'."
        )
    if parts.username is not None:
        raise InvalidQueryError(
            f"server has a user or password in it, which would end in tables and messages. Write "
            f"{parts._replace(netloc=parts.netloc.rpartition('@')[2]).geturl()!r}, and set "
            "_session.auth, or use a .netrc file."
        )
    return server.rstrip("/")


def _seconds(timeout: object) -> float:
    """Read a time limit."""
    seconds = timeout
    if isinstance(timeout, u.Quantity):
        try:
            seconds = timeout.to_value(u.s)
        except u.UnitConversionError as error:
            raise InvalidQueryError(
                f"timeout is {timeout!r}; expected a time, such as 2*u.min."
            ) from error
    if not inputs.is_real(seconds):
        raise InputTypeError(
            f"timeout is {timeout!r}; expected a number of seconds, such as 60, or one time with "
            "its unit, such as 2*u.min."
        )
    if not _SHORTEST_SECONDS <= float(seconds) < float("inf"):
        raise InvalidQueryError(f"timeout is {timeout!r}; expected seconds above 0.")
    return float(seconds)


Csc: CscClass = CscClass()
