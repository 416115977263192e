# Licensed under a 3-clause BSD style license - see LICENSE
"""
`Csc`: the Chandra Source Catalog with the verbs of astroquery.

Every verb is *build, send, decode, polish*; the work is done in the rooms below.
"""

import os
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeAlias, cast

import requests
from astropy import units as u
from astropy.coordinates import BaseCoordinateFrame, SkyCoord
from astropy.table import Row, Table
from astroquery import cache_conf
from astroquery.query import BaseQuery, BaseVOQuery

from astroquery_csc import tables
from astroquery_csc.backend import Backend, Settings, show
from astroquery_csc.catalogue.releases import Release, get_release
from astroquery_csc.config import SHORTEST_SECONDS, conf, number, seconds, server_address
from astroquery_csc.exceptions import CscError, InvalidQueryError
from astroquery_csc.follow import detections, light_curve, sensitivity
from astroquery_csc.forks import renew_in_child
from astroquery_csc.habits import call_it_csc, meant_by, what_to_write
from astroquery_csc.log import log
from astroquery_csc.products import curve_limits, images, limits, spectra
from astroquery_csc.products import download as downloads
from astroquery_csc.products import find as products
from astroquery_csc.search import arguments, listing, match, objects, tap
from astroquery_csc.search.ask import Search
from astroquery_csc.search.nothing import warn_if_no_source
from astroquery_csc.search.places import Resolver
from astroquery_csc.search.reach import Reaches
from astroquery_csc.search.region import DEFAULT_RADIUS, region_of
from astroquery_csc.service.cache import Cache
from astroquery_csc.service.connections import leave_to_parent, make_patient
from astroquery_csc.service.files import Archive, File
from astroquery_csc.service.memory import Memory
from astroquery_csc.service.resolver import NameResolver
from astroquery_csc.service.transport import Transport
from astroquery_csc.store.disk import MirrorBackend
from astroquery_csc.store.manifest import path_of

__all__ = ["Csc", "CscClass"]

Coordinates: TypeAlias = SkyCoord | BaseCoordinateFrame | str
Angle: TypeAlias = u.Quantity | str
Names: TypeAlias = str | Collection[str] | Table | Row
Words: TypeAlias = str | Collection[str]

_LIMIT_NAMES = ("row_limit", "ROW_LIMIT", "MAXREC")
_TIMEOUT_NAMES = ("timeout", "TIMEOUT")


@call_it_csc
class CscClass(BaseVOQuery, BaseQuery):
    """
    Query the Chandra Source Catalog.

    ``Csc`` is an instance that is ready for use. Calling an instance returns another one with
    some arguments changed: ``Csc(release="2.0")``. Creating an instance sends and writes nothing.

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
        A folder that `astroquery_csc.mirror.create` made. Queries use it and nothing is sent; the
        release is that of the mirror.

    Raises
    ------
    InvalidQueryError
        If the release is unknown or not that of the mirror, or a value is out of range.
    InputTypeError
        If an argument is of the wrong type.
    MirrorError
        If the folder is not a mirror, its release is unknown, or one of its files is missing or
        has the wrong size.
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
            "server": None if server is None else server_address(server),
            "row_limit": row_limit,
            "timeout": None if timeout is None else seconds(timeout),
            "mirror": None if self._mirror is None else self._mirror.url,
        }
        if release is not None:
            get_release(release)
        if row_limit is not None:
            arguments.row_limit(row_limit)
        self._cache = Cache(lambda: self.cache_location)
        self._known_columns: Memory[dict[str, set[str]]] = Memory()
        self._known_limits: Memory[frozenset[int]] = Memory()
        self._reaches = Reaches()
        renew_in_child(self, CscClass._leave_connections)

    def __call__(self, *args: Any, **kwargs: Any) -> Self:
        """Make another instance; arguments that are not given again are kept."""
        again = {"release", *kwargs} if args else set(kwargs)
        kept = {name: value for name, value in self._own.items() if name not in again}
        make: Any = self.__class__
        made: Self = make(*args, **kept, **kwargs)
        if self._cache_location is not None:
            made.cache_location = self._cache_location
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy by arguments; sessions and locks are made again."""
        return _remake, (self.__class__, self._own, self._cache_location)

    def __repr__(self) -> str:
        """Show release and server, or mirror."""
        if self._mirror is not None:
            return f"<Csc release={self.release!r} mirror={self._mirror.url!r}>"
        return f"<Csc release={self.release!r} server={self.server!r}>"

    if not TYPE_CHECKING:  # so that type checkers see what is missing

        def __getattr__(self, name: str) -> NoReturn:
            """Say what an attribute that is missing was meant to be."""
            words = f"Csc has no attribute {name!r}.{meant_by(CscClass, name)}"
            raise AttributeError(words, name=name, obj=self)

    def __dir__(self) -> list[str]:
        """Leave out what asks the service: whoever inspects or mocks an instance gets the rest."""
        return sorted({*super().__dir__()} - {"maxrec", "hardlimit"})

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a setting, or replace a verb; an attribute that would change nothing is refused."""
        if type(self) is CscClass and "_arguments" in vars(self) and not _may_be_set(self, name):
            way_on = what_to_write(CscClass, name)
            raise AttributeError(f"Csc has no attribute {name!r} to set. {way_on}".strip())
        super().__setattr__(name, value)

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
        return str(self._arguments["server"] or server_address(conf.server))

    @property
    def row_limit(self) -> int:
        """Largest number of rows of a query verb; -1 for all. Can be set; None follows ``conf``."""
        value = self._own["row_limit"]
        return int(conf.row_limit if value is None else value)

    @row_limit.setter
    def row_limit(self, value: int | None) -> None:
        if value is not None:
            arguments.row_limit(value)
        self._keep(_LIMIT_NAMES, value)

    @row_limit.deleter
    def row_limit(self) -> None:
        """Follow ``conf`` again."""
        self._forget(_LIMIT_NAMES)

    #: What other modules of astroquery call it.
    ROW_LIMIT = MAXREC = row_limit

    @property
    def timeout(self) -> float:
        """Seconds to wait for a connection or the next bytes. Can be set; None follows ``conf``."""
        value = self._own["timeout"]
        if value is not None:
            return float(value)
        return number("timeout", conf.timeout, least=SHORTEST_SECONDS)

    @timeout.setter
    def timeout(self, value: float | u.Quantity | None) -> None:
        self._keep(_TIMEOUT_NAMES, None if value is None else seconds(value))

    @timeout.deleter
    def timeout(self) -> None:
        """Follow ``conf`` again."""
        self._forget(_TIMEOUT_NAMES)

    #: What other modules of astroquery call it.
    TIMEOUT = timeout

    @BaseQuery.cache_location.setter  # type: ignore[untyped-decorator]
    def cache_location(self, location: str | os.PathLike[str] | None) -> None:
        """
        Set the folder of the cache.

        Parameters
        ----------
        location : str or path-like or None
            The folder; None is the default one.
        """
        self._cache_location = None if location is None else Path(location).expanduser()

    @property
    def maxrec(self) -> int:
        """Row limit that the service applies without MAXREC, as its capabilities state it."""
        return self._backend(self._settings()).limits().maxrec

    @property
    def hardlimit(self) -> int:
        """Largest MAXREC that the service accepts, as its capabilities state it."""
        return self._backend(self._settings()).limits().hardlimit

    # ---------------------------------------------------------------- verbs

    def query_region(
        self,
        coordinates: Coordinates,
        radius: Angle | None = DEFAULT_RADIUS,
        *,
        width: Angle | None = None,
        height: Angle | None = None,
        columns: str | Collection[str] | None = None,
        verbosity: int | None = None,
        column_filters: Mapping[str, Any] | None = None,
        criteria: str | None = None,
        row_limit: int | None = None,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Find the sources in cones or boxes around positions.

        A single cone up to 0.1 deg without ``columns`` or filters goes to the cone-search
        service, everything else to TAP; both give the same table. If the cone search does not
        give a complete table, TAP is used. The request is slightly larger than the region, and
        the exact cut along great circles is made here. Proper motions are not applied; a warning
        says so.

        Parameters
        ----------
        coordinates : `~astropy.coordinates.SkyCoord`, frame or str
            One position or an array of them, in any frame. A string is a position (two plain
            numbers are degrees, ``"03:29:11.3 +31:18:36"`` is hours and degrees, anything else
            needs its units), a 2CXO name, or a name for the resolver.
        radius : `~astropy.units.Quantity` or str, optional
            Radius of the cone, up to 180 deg; one for all positions, or one per position. None
            means 2 arcmin.
        width, height : `~astropy.units.Quantity` or str, optional
            Full size of a box instead of a cone, along and across the parallel of the position
            (sky-offset frame). Without ``height`` the box is a square. Not beside ``radius``.
        columns : str or sequence of str, optional
            Column names, ``"*"``, or a named set: ``"match"``, ``"photometry"``,
            ``"variability"``, ``"quality"``, or CIAO's ``"MSBS"``, ``"MSS"``, ``"MSP"``,
            ``"MSV"``. name, ra and dec always come.
        verbosity : int, optional
            1: name and position; 2 (default): 24 columns; 3: all. Not beside ``columns``.
        column_filters : mapping, optional
            Conditions on columns. ``{"significance": (10, None)}`` is a range with an open end,
            a list of any length means one of its values, None means null, and anything else means
            equality. Quantities are converted.
        criteria : str, optional
            An additional condition in ADQL. A cone in it (``dbo.cone_distance``, ``CONTAINS``) is
            sent as a box, and cut here.
        row_limit : int, optional
            Keep this many nearest sources per position; -1 keeps all. Default: the instance's.
        get_query_payload : bool
            Return the request as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row per source (and position): name, ra, dec (deg), ``separation`` (arcsec), for an
            array of positions ``query_index``, then the other columns in the order of the
            database; sorted by query_index, then separation. If no source is found, the table
            is empty and there is a NoResultsWarning. If the row limit was reached, there is a
            MaxResultsWarning and ``meta["TRUNC"]`` is True.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong; nothing is sent.
        InputTypeError
            If an argument is of the wrong type, such as a radius without a unit.
        ResolverError
            If a name cannot be resolved.
        RemoteServiceError
            If the service cannot be reached or fails.
        ServiceTimeoutError
            If it does not answer in time.
        TableParseError
            If its answer is not a complete table.

        Examples
        --------
        >>> from astropy import units as u
        >>> from astropy.coordinates import SkyCoord
        >>> from astroquery_csc import Csc
        >>> t = Csc.query_region(SkyCoord(52.297, 31.31, unit="deg"), 2 * u.arcmin)
        >>> len(t)
        11
        >>> print(t["name", "separation", "flux_aper_b"][:2])
                 name         separation     flux_aper_b
                                arcsec      erg / (s cm2)
        --------------------- ---------- -------------------
        2CXO J032912.9+311814      30.53 8.5586371260174e-14
        2CXO J032915.6+311851      58.08 1.3001357225142e-14
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        wanted = search.wanted(columns, verbosity, column_filters, criteria, row_limit)
        region = region_of(coordinates, radius, width, height, search.resolve)
        if get_query_payload:
            return search.shown(search.region_shown(region, wanted))
        found = search.finish(search.region(region, wanted), **region.meta)
        return warn_if_no_source(found, wanted, search.release, region)

    def query_object(
        self,
        object_name: str,
        radius: Angle | None = None,
        *,
        columns: str | Collection[str] | None = None,
        verbosity: int | None = None,
        column_filters: Mapping[str, Any] | None = None,
        criteria: str | None = None,
        row_limit: int | None = None,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Find one source by its 2CXO name, or the sources around an object.

        A 2CXO name in any spelling is looked up in the catalogue, without a resolver; with a
        radius, the cone around that source. Any other name is resolved by Sesame.

        Parameters
        ----------
        object_name : str
            ``"2CXO J032908.3+312020"`` or ``"NGC 1333"``.
        radius : `~astropy.units.Quantity` or str, optional
            Radius of the cone; 2 arcmin for an object that is resolved.
        columns, verbosity, column_filters, criteria, row_limit, get_query_payload, cache : optional
            As for `query_region`. For a 2CXO name with a radius, the payload is that of the
            look-up of the name.

        Returns
        -------
        `~astropy.table.Table` or dict
            As for `query_region`, but without ``separation`` for a source found by its name. If
            a 2CXO name is not in the release, the table is empty and a NoResultsWarning says how
            to search around its position: 400 names changed in 2.1.1.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong, such as a name of release 1 (``CXO J…``).
        ResolverError
            If the name cannot be resolved.
        CscError
            What `query_region` raises.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> t = Csc.query_object("2cxo_j032908.3+312020", columns=["flux_aper_b"])
        >>> print(t["name", "flux_aper_b"])
                 name           flux_aper_b
                             erg / (s cm2)
        --------------------- -------------
        2CXO J032908.3+312020            --
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        wanted = search.wanted(columns, verbosity, column_filters, criteria, row_limit)
        return objects.one(search, object_name, radius, wanted, payload=get_query_payload)

    def query_objects(
        self,
        object_names: Collection[str],
        radius: Angle | None = None,
        *,
        columns: str | Collection[str] | None = None,
        verbosity: int | None = None,
        column_filters: Mapping[str, Any] | None = None,
        criteria: str | None = None,
        row_limit: int | None = None,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Find several sources by their 2CXO names, or the sources around several objects.

        Parameters
        ----------
        object_names : sequence of str
            2CXO names, other names, or both.
        radius : `~astropy.units.Quantity` or str, optional
            As for `query_object`; the same for all.
        columns, verbosity, column_filters, criteria, row_limit, get_query_payload, cache : optional
            As for `query_region`.

        Returns
        -------
        `~astropy.table.Table` or dict
            As for `query_region` with an array, with ``query_index`` and
            ``user_specified_id``. A name without a source has a masked row; one
            NoResultsWarning lists all such names.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong.
        InputTypeError
            If it is one string, or a name is not a string.
        ResolverError
            If the resolver cannot be reached.
        CscError
            What `query_region` raises.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> names = ["2CXO J032908.3+312020", "2CXO J032903.3+311839"]
        >>> t = Csc.query_objects(names, verbosity=1)
        >>> t["query_index"].tolist()
        [0, 1]
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        wanted = search.wanted(columns, verbosity, column_filters, criteria, row_limit)
        return objects.several(search, object_names, radius, wanted, payload=get_query_payload)

    def query_criteria(
        self,
        *,
        columns: str | Collection[str] | None = None,
        column_filters: Mapping[str, Any] | None = None,
        criteria: str | None = None,
        row_limit: int | None = None,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Find sources anywhere on the sky by the values of their columns.

        Parameters
        ----------
        columns, column_filters, criteria, row_limit, get_query_payload, cache : optional
            As for `query_region`; ``row_limit`` keeps this many rows, in no particular order.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row per source, in the order of the service; columns in the order of the database.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong; nothing is sent.
        CscError
            What `query_region` raises.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> wanted = {"significance": (30, None), "extent_flag": False}
        >>> t = Csc.query_criteria(columns="match", column_filters=wanted)
        >>> bool((t["significance"] >= 30).all())
        True
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        wanted = search.wanted(columns, None, column_filters, criteria, row_limit)
        if get_query_payload:
            return search.shown(search.criteria_requests(wanted))
        found = search.finish(search.all_sky(wanted))
        return warn_if_no_source(found, wanted, search.release)

    def crossmatch(
        self,
        coordinates_or_table: Coordinates | Table,
        *,
        radius: Angle | None = None,
        sigma: float | None = None,
        position_error: Any = None,
        systematic: u.Quantity = 0 * u.arcsec,
        find: str = "all",
        columns: str | Collection[str] | None = None,
        column_filters: Mapping[str, Any] | None = None,
        criteria: str | None = None,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Find the counterparts of a list, by radius or by error ellipses.

        Each row of the list has at least one row in the result. With ``sigma``, the distance is
        the Mahalanobis distance: the separation in units of the combined error ellipse, which
        includes the catalogue's (95 %, divided by 2.4477 for one sigma), yours and the systematic
        error. In two dimensions, 1 sigma contains 39 % of the true counterparts, 2.45 sigma 95 %
        and 3.44 sigma 99.7 %. Sources without an ellipse have no such distance, and for highly
        extended ones (``…X``, True in ``extended``) it means little, since their ellipse
        describes only the centre. Both kinds are matched within the radius or, without one,
        within ``meta["RADIUS"]``: the reach of a source with a 95 % ellipse of 20 arcsec. Sources
        with larger ellipses are queried separately, so that none is lost.

        Parameters
        ----------
        coordinates_or_table : `~astropy.table.Table`, `~astropy.coordinates.SkyCoord`, frame or str
            The list. A table has a SkyCoord column, or columns with units that
            `~astropy.coordinates.SkyCoord.guess_from_table` or VizieR call ra and dec. Positions
            are used as given: proper motions are not applied, with a warning.
        radius : `~astropy.units.Quantity` or str, optional
            Largest separation; one, or one per row.
        sigma : float, optional
            Largest Mahalanobis distance. If ``radius`` is also given, both apply; one is needed.
        position_error : `~astropy.units.Quantity`, str or tuple, optional
            One-sigma error of the list: the radius of a circle, one or one per row; the column of
            the table that holds it; or (major, minor, position angle east of north) of an ellipse,
            each of these. Where it is masked or NaN, the row has no ``nsigma``. Default: none.
        systematic : `~astropy.units.Quantity`
            Systematic error of your list's frame, one sigma; added in quadrature. That of the
            catalogue (95 %: 0.71 arcsec in release 2.0, 0.29 in 2.1) is already inside the
            published ellipses: do not add it again.
        find : {"all", "best"}
            All counterparts of a row, or the one with the least ``nsigma`` or, where none has one,
            the least separation.
        columns, column_filters, criteria, get_query_payload, cache : optional
            As for `query_region`; columns are by default those of ``"match"``. The error ellipses
            always come. The row limit of the instance does not apply.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row per counterpart, and one with masked cells for each row without any; sorted by
            ``query_index`` (row of the list, from 0; also for one position), then ``nsigma`` and
            separation. Columns: name, ra, dec, ``separation`` (arcsec), ``query_index``,
            ``nsigma`` (also with ``radius`` alone), ``n_match`` (number of counterparts; masked
            if the row has no position), ``shared`` (whether other rows have this source too),
            ``extended`` (whether its name ends with X), the columns of the list (with ``my`` before
            a name that the catalogue has), then the catalogue's. meta also has RADIUS and SYSTEM
            (arcsec), SIGMA, FIND and NINPUT. No counterpart at all gives a NoResultsWarning.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong; nothing is sent.
        InputTypeError
            If an argument is of the wrong type, such as an error without a unit.
        CscError
            What `query_region` raises.

        Examples
        --------
        >>> from astropy import units as u
        >>> from astropy.table import Table
        >>> from astroquery_csc import Csc
        >>> stars = Table({"star": ["A", "B"]})
        >>> stars["ra"] = [187.69425, 187.9] * u.deg
        >>> stars["dec"] = [12.32151, 12.8] * u.deg
        >>> t = Csc.crossmatch(stars, sigma=3, position_error=0.2 * u.arcsec)
        >>> t["nsigma"].format = ".1f"
        >>> print(t["query_index", "star", "n_match", "name", "nsigma"])
        query_index star n_match          name         nsigma
        ----------- ---- ------- --------------------- ------
                  0    A       1 2CXO J123046.5+121917    1.1
                  1    B       0                    --     --
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        chosen = "match" if columns is None else columns
        wanted = search.wanted(chosen, None, column_filters, criteria, -1)
        rule = {
            "radius": radius,
            "sigma": sigma,
            "position_error": position_error,
            "systematic": systematic,
            "find": find,
        }
        return match.crossmatch(
            search, coordinates_or_table, rule, wanted, payload=get_query_payload
        )

    def query_tap(
        self,
        query: str,
        *,
        maxrec: int | None = None,
        async_job: bool = False,
        uploads: Mapping[str, Any] | None = None,
        validate: bool = True,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Run an ADQL query, such as one copied from CSCview.

        The query is checked before it is sent: it must be a single query, of tables and columns
        that exist. The schema of the release is added to bare table names. Cones that the service
        does not support are evaluated here.

        Parameters
        ----------
        query : str
            ADQL.
        maxrec : int, optional
            Largest number of rows. Default: the instance's row limit. -1: the service's own limit.
        async_job : bool
            Run as an asynchronous job, which may take longer. Its phases are logged at level
            INFO. The wait ends after ``conf.max_wait`` seconds; the error then has the job's
            address.
        uploads : mapping, optional
            Tables to upload, as in pyvo: each name, which is ``TAP_UPLOAD.name`` in the query,
            with a `~astropy.table.Table`, a VOTable file or its path. Cached answers depend on
            their content. Columns of a Table get types that VOTables have, with None as null.
        validate : bool
            If False, send the text unchanged.
        get_query_payload : bool
            Return the request as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            Columns and rows in the order of the query. Columns of the catalogue have their units
            and descriptions, even if the service omits them; computed columns have those that the
            service gives.

        Raises
        ------
        InvalidQueryError
            If the query is refused, either here, before it is sent, or by the service, whose
            message it contains.
        InputTypeError
            If an argument is of the wrong type.
        RemoteServiceError
            If the service cannot be reached or fails.
        ServiceTimeoutError
            If it does not answer, or a job does not end, in time.
        TableParseError
            If its answer is not a complete table.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> t = Csc.query_tap("SELECT TOP 2 m.name, m.ra FROM master_source m", cache=False)
        >>> t["ra"].unit
        Unit("deg")
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        return tap.tap(
            search,
            query,
            maxrec=maxrec,
            async_job=async_job,
            uploads=uploads,
            validate=validate,
            payload=get_query_payload,
        )

    def list_releases(self) -> Table:
        """
        List the releases of the catalogue; nothing is sent.

        Returns
        -------
        `~astropy.table.Table`
            One row per release: release, schema, cone_search, the published counts (masked where a
            count is not fixed), note.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> print(Csc.list_releases()["release", "masters", "extended"])
        release masters extended
        ------- ------- --------
            2.1  407806     1717
            2.0  317167     1299
        current      --       --
        """
        return listing.releases()

    def list_tables(self, *, refresh: bool = False) -> Table:
        """
        List the tables of the release; nothing is sent unless ``refresh`` is set.

        Parameters
        ----------
        refresh : bool
            Query the service (TAP_SCHEMA or /tables), and not the cache.

        Returns
        -------
        `~astropy.table.Table`
            Columns: name, columns (the number known offline), complete (whether these are
            believed to be all), description.

        Raises
        ------
        CscError
            With ``refresh``, if the service does not answer.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> print(Csc(release="2.1").list_tables()["name", "columns", "complete"][5:8])
                name        columns complete
        ------------------- ------- --------
                 csc21.cone       0    False
        csc21.master_source     515     True
         csc21.stack_source     121    False
        """
        if not refresh:
            return listing.table_list(get_release(self.release))
        settings = self._settings()
        told = self._backend(settings).columns(cache=False)
        return listing.remote_tables(told, settings.release)

    def list_columns(
        self, *table_names: str, keyword: str | None = None, refresh: bool = False
    ) -> Table:
        """
        List columns; nothing is sent unless ``refresh`` is set.

        Parameters
        ----------
        *table_names : str
            Tables, with or without the schema. Default: all.
        keyword : str, optional
            Keep columns with this text in their name or description.
        refresh : bool
            Query the service (TAP_SCHEMA or /tables), and not the cache.

        Returns
        -------
        `~astropy.table.Table`
            Columns: table, name, datatype, unit, ucd, description; all strings.

        Raises
        ------
        InvalidQueryError
            If there is no such table.
        InputTypeError
            If a name or the keyword is not a string.
        CscError
            With ``refresh``, if the service does not answer.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> print(Csc.list_columns("master_source", keyword="err_ellipse")["name", "unit"])
              name       unit
        --------------- ------
         err_ellipse_r0 arcsec
         err_ellipse_r1 arcsec
        err_ellipse_ang    deg
        """
        settings = self._settings()
        release = settings.release
        read = listing.known_name if refresh else listing.bare_name
        wanted = [read(name, release) for name in table_names]
        if not refresh:
            return listing.columns(release, wanted, keyword)
        told = self._backend(settings).columns(cache=False)
        told = tables.polish(told, release.name, sources={})
        return listing.remote_columns(told, release, wanted, keyword)

    def query_detections(
        self,
        names: Names | None = None,
        *,
        coordinates: Coordinates | None = None,
        radius: Angle | None = None,
        obsid: int | Collection[int] | None = None,
        level: str = "observation",
        match_type: Words | None = "u",
        columns: Words | None = None,
        column_filters: Mapping[str, Any] | None = None,
        criteria: str | None = None,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Find detections: of sources, around a position, in an observation, or by their values.

        A measurement in an observation (or a stack of observations) has one of three match types:
        ``u``, unique, belongs to this source alone; ``a``, ambiguous, is shared by several
        sources, each of which has a row with the same numbers; ``n``, not detected, is a limit at
        the position of the source. By default only ``u`` is returned, and ``meta["LEFTOUT"]``
        counts the rest. No row limit applies.

        Parameters
        ----------
        names : str, sequence of str, or `~astropy.table.Table`, optional
            2CXO names in any spelling, or a table with a column ``name``.
        coordinates : `~astropy.coordinates.SkyCoord`, frame or str, optional
            Detections of the sources around a position, or around any of several.
        radius : `~astropy.units.Quantity` or str, optional
            Largest distance of the source from ``coordinates``; 2 arcmin by default.
        obsid : int or sequence of int, optional
            Keep only detections in these observations. Without names, those of any source.
        level : {"observation", "stack"}
            Measurements in observations or in stacks.
        match_type : str or sequence of str, optional
            ``"u"``, ``"a"``, ``"n"``, or several: ``"una"``; ``"all"`` or None
            keeps all.
        columns : str or sequence of str, optional
            Columns of the level, ``"*"``, or a set (``"photometry"``, ``"variability"``,
            ``"quality"``; for stacks ``"match"``; CIAO's ``"SOS"``, ``"SOP"``, ``"SOV"``, for
            stacks ``"SSS"``, ``"SSP"``); ``"m.ra"``, ``"s.ra"``, ``"o.theta"`` are those
            of masters, stacks and observations, which are called ``master_ra``, ``stack_ra``,
            ``obs_theta``. Default for observations: instrument, gti_mjd_obs (start), livetime,
            theta, flux_aper of the bands b and w with its limits, the codes and flags. Default
            for stacks: instrument, position and error ellipse, likelihood_class, livetime,
            theta_mean, the same fluxes, the codes and flags.
        column_filters : mapping, optional
            As for `query_region`, under the names that ``columns`` takes;
            `~astroquery_csc.clean_flags` makes one. Filters or criteria alone find detections
            anywhere on the sky; an answer that the service cuts is asked for in parts.
        criteria : str, optional
            A condition in ADQL, whose columns have the letter of their table:
            ``"o.theta < 5 AND o.cnts_aper_b >= 40"``.
        get_query_payload : bool
            Return the request as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row per detection: name, detect_stack_id, region_id, obsid, obi (together unique;
            for stacks without obsid and obi) and match_type; then the columns. Sorted by the
            order of the names, then by the keys. For names and observations without a row, a
            NoResultsWarning says why: the name no longer exists, the source has no such
            detection, nothing was detected in the observation, or the catalogue does not contain
            the observation.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong, or a name is of release 1 (``CXO J…``); nothing is sent.
        InputTypeError
            If an argument is of the wrong type.
        RemoteServiceError
            If the service cannot be reached or fails.
        ServiceTimeoutError
            If it does not answer in time.
        TableParseError
            If its answer is not a complete table.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> t = Csc.query_detections(obsid=90005, columns=["theta", "flux_aper_b", "m.ra"])
        >>> t.colnames[:6]
        ['name', 'detect_stack_id', 'region_id', 'obsid', 'obi', 'match_type']
        >>> t.colnames[6:], t.meta["LEFTOUT"]
        (['theta', 'flux_aper_b', 'master_ra'], 'a: 8, n: 36')
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        asked = detections.check_arguments(
            search,
            source_names=names,
            coordinates=coordinates,
            radius=radius,
            criteria=criteria,
            obsid=obsid,
            level=level,
            match_type=match_type,
            columns=columns,
            filters=column_filters,
        )
        if get_query_payload:
            return search.shown(detections.requests(search, asked))
        return detections.detections(search, asked)

    def query_light_curve(
        self,
        name_or_position: Coordinates,
        *,
        radius: Angle | None = None,
        bands: Words | None = None,
        flux: str = "flux_aper",
        level: float | None = None,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Get the light curve of a source: its flux in every observation, with upper limits.

        All measurements are included, with their ``match_type``: ``u`` is a detection of this
        source alone, ``a`` is shared with another source, and ``n`` is a limit where the source
        was not detected. ACIS observations have the bands b, h, m, s and u, HRC observations
        have w. Two detections in one observation are two rows.

        Parameters
        ----------
        name_or_position : str, `~astropy.coordinates.SkyCoord` or frame
            A 2CXO name in any spelling, or the position of the source, as for `query_region`.
        radius : `~astropy.units.Quantity` or str, optional
            How far the source may be from a position; 5 arcsec by default. If not exactly one
            source is that near, an error lists those that are.
        bands : str or sequence of str, optional
            Letters (``"b"``, ``["b", "w"]``) or CIAO's words (``"broad"``). Default: all.
        flux : str
            A quantity of observations with limits, without its band: ``"flux_aper"``,
            ``"flux_powlaw_aper"``, ``"src_rate_aper"`` and others.
        level : float, optional
            Probability between the bounds. None keeps the catalogue's bounds, at 68 %; for any
            other level the posteriors are fetched, as in `query_limits`, and a column ``note``
            says where a posterior is missing.
        get_query_payload : bool
            Return the request as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row per detection and band, in order of time: name,
            detect_stack_id, region_id, obsid, obi, band, instrument, ``mjd_start``, ``mjd_mid``,
            ``mjd_stop`` (d; TT, not barycentred), livetime, ``flux``, ``flux_lolim``,
            ``flux_hilim`` (bounds at 68 %), ``is_limit``, match_type, codes and flags, theta.
            Where ``is_limit`` is True, flux is 0 and ``flux_hilim`` is an upper limit at 68 %. A
            flux that was not measured is masked.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong; nothing is sent. Also if a position has no source near, or
            several.
        InputTypeError
            If an argument is of the wrong type.
        CscError
            What `query_detections` raises, and for a position `query_region`.

        Examples
        --------
        >>> from astropy.time import Time
        >>> from astropy.timeseries import TimeSeries
        >>> from astroquery_csc import Csc
        >>> names = Csc.query_detections(obsid=90005)["name"]
        >>> lc = Csc.query_light_curve(names[0], bands="b")
        >>> series = TimeSeries(lc, time=Time(lc["mjd_mid"], format="mjd", scale="tt"))
        >>> len(series) == len(lc)
        True
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        wanted = None if level is None else limits.check_level(level)
        archive = None if wanted is None else self._archive(search)
        found = light_curve.light_curve(
            search, name_or_position, radius, bands, flux, describe=get_query_payload
        )
        if wanted is None or archive is None or not isinstance(found, Table):
            return found
        folder = self._posteriors(search)
        return curve_limits.light_curve_limits(search, archive, found, wanted, folder)

    def query_limits(
        self,
        rows: Table | Row,
        *,
        level: float = 0.9973,
        bands: Words | None = None,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Get fluxes and their bounds at any level, from the posteriors of the catalogue.

        The catalogue's own limits are at 68 %. Here the posterior of each row's photon flux (its
        file ``phot3.fits``) is fetched and integrated by the catalogue's rule: the value is the
        mode, and the bounds are the smallest interval that is not negative, holds the mode and
        has the probability of the level. Files are fetched two at a time, and kept in the folder
        ``posteriors`` of ``cache_location``.

        Parameters
        ----------
        rows : `~astropy.table.Table`
            Rows of `query_detections`, of observations or of stacks, or rows of masters.
        level : float
            Probability between the bounds, above 0 and below 1; the default is 3 sigma.
        bands : str or sequence of str, optional
            ``"b"``, ``["b", "s"]``, ``"broad"``; those of each row's instrument by default.
        get_query_payload : bool
            Return the request for the list of files as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``. Without
            it, no file is kept.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row per input row and band: the keys, band, level, ``photflux``,
            ``photflux_lolim``, ``photflux_hilim`` (photon/s/cm2), ``flux``, ``flux_lolim``,
            ``flux_hilim`` (erg/s/cm2; by the row's own ratio of flux to photon flux), is_limit,
            filename and note (if values are masked, why). Where ``is_limit`` is True, the flux is
            0 and ``flux_hilim`` is an upper limit at the level.

        Raises
        ------
        InvalidQueryError
            If the level or a band is wrong, or the rows have no keys; nothing is sent.
        InputTypeError
            If an argument is of the wrong type.
        CscError
            What `get_product_list` and `download_products` raise.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> rows = Csc.query_detections("2CXO J004236.1+412156")
        >>> limits = Csc.query_limits(rows[:1], bands="b")
        >>> print(limits["level"][0], limits["flux_hilim"][0] > rows["flux_aper_hilim_b"][0])
        0.9973 True
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        asked = limits.check_arguments(rows, level, bands)
        if get_query_payload:
            return products.shown(search, self._archive(search), asked.files)
        return limits.limits(search, self._archive(search), asked, self._posteriors(search))

    def query_sensitivity(
        self,
        coordinates: SkyCoord | BaseCoordinateFrame | str,
        *,
        bands: Words | None = None,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Find whether positions were observed, and how deep.

        The limit is that of the HEALPix pixel that contains the position. If the service gives
        several pixels, the one with the nearest centre counts; if it gives them without their
        positions, the shallowest. Two positions are queried at a time, and each answer is cached,
        so an interrupted list continues where it stopped.

        Parameters
        ----------
        coordinates : `~astropy.coordinates.SkyCoord`, frame or str
            One position or an array of them, in any frame, as for `query_region`.
        bands : str or sequence of str, optional
            Letters (``"b"``, ``["b", "w"]``) or CIAO's words (``"broad"``). Default: all.
        get_query_payload : bool
            Return the requests as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row per position, in the order of the input: ra, dec, for an array ``query_index``,
            ``status``, ``flux_sens_<band>`` (erg/s/cm2), ``photflux_sens_<band>`` (photon/s/cm2),
            ``pixels``, ``reason``. The status is ``covered``; ``not covered``, if no band has a
            limit, that is, the position was never observed; or ``failed``, with the reason, if
            the service did not answer. At a covered position, the limit of a band without data is
            masked. The limit is that for detection in the stack of observations, not an upper
            limit measured at the position.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong, or the instance uses a mirror.
        InputTypeError
            If an argument is of the wrong type.
        ResolverError
            If a name cannot be resolved.
        RemoteServiceError
            If every position failed. If only some did, a BlankResponseWarning says so.
        ServiceTimeoutError, TableParseError
            As for RemoteServiceError.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> t = Csc.query_sensitivity("Synthetic Field 1", bands="b")
        >>> t["status"].tolist(), t["flux_sens_b"].unit
        (['covered'], Unit("erg / (s cm2)"))
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        return sensitivity.sensitivity(search, coordinates, bands, describe=get_query_payload)

    def get_product_list(
        self,
        rows: Table | Row,
        *,
        types: Words,
        bands: Words | None = None,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        List the files that the archive has for detections or sources.

        Types have the names that CIAO uses; the page "Types of files" of the documentation lists
        them. Many files are looked up per request. Files that cannot exist, such as spectra of
        the HRC and bands of the other instrument, are not requested.

        Parameters
        ----------
        rows : `~astropy.table.Table`
            Rows of `query_detections`, or any table with the key columns that the types need:
            obsid and obi for files of observations; obsid, obi and region_id for those of
            source regions; detect_stack_id for stacks; detect_stack_id and region_id (with obsid
            and obi, or with name) for regions of stacks; name for masters. Rows with masked keys
            are skipped, with a warning.
        types : str or sequence of str
            ``"lc"``, ``["pha", "arf", "rmf"]``, ``"pha,arf,rmf"``.
        bands : str or sequence of str, optional
            ``"b"``, ``["b", "s"]``, ``"broad"``. Default: all of each row's instrument, where
            CIAO's scripts take broad and wide: ``["b", "w"]``.
        get_query_payload : bool
            Return the request as a dict and send nothing. For files of masters and of regions of
            stacks, from rows without obsid, obi and region_id, it is the look-up of these.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row per file, without duplicates, and one for each file that does not exist: name,
            obsid, obi, region_id, detect_stack_id (masked where they do not apply), level, type,
            band, filename (empty if there is no file), filetype (the archive's name of the type),
            note (why there is no file). `download_products` accepts it.

        Raises
        ------
        InvalidQueryError
            If there is no such type or band, or the table lacks columns; nothing is sent.
        InputTypeError
            If an argument is of the wrong type.
        RemoteServiceError
            If the archive cannot be reached, fails, or gives no list.
        ServiceTimeoutError
            If it does not answer in time.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> rows = Csc.query_detections("2CXO J004236.1+412156")
        >>> files = Csc.get_product_list(rows[:1], types=["pha", "lc"], bands=["b", "w"])
        >>> print(files["type", "band", "filename"])
        type band              filename
        ---- ---- ----------------------------------
         pha   -- acisf90001_000N029_r0001_pha3.fits
          lc    b acisf90001_000N023_r0001b_lc3.fits
          lc    w
        >>> print(files["note"][2])
        the band w is not ACIS's, which has b h m s u
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        asked = products.check_arguments(rows, types, bands)
        if get_query_payload:
            return products.shown(search, self._archive(search), asked)
        return products.product_list(search, self._archive(search), asked)

    def download_products(
        self,
        products: Table | Row,
        *,
        location: str | os.PathLike[str] = ".",
        overwrite: bool = False,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Download the files of a list; a second call fetches only what is missing.

        A file appears complete or not at all: it is written under a temporary name, checked while
        it arrives, and renamed at the end. Two files are fetched at a time. They stay compressed
        (``….fits.gz``, which astropy, CIAO and DS9 read), as with CIAO's search_csc, except for
        pictures (``….jpg``).

        The folders are CIAO's: ``2CXOJ…/OBSID_OBI/`` for files of source regions,
        ``2CXOJ…/STACK/`` for those of regions of stacks, ``2CXOJ…/`` for those of masters. Files
        of whole observations and stacks belong to many sources, so they are in ``OBSID_OBI/``
        and ``STACK/``.

        Parameters
        ----------
        products : `~astropy.table.Table`
            From `get_product_list` or `query_sia`, or some of its rows.
        location : str or path-like, optional
            Folder for the files, created if necessary. Nothing is written elsewhere.
        overwrite : bool, optional
            Fetch files again that are already there.
        get_query_payload : bool
            Return the requests as a dict; send nothing and write nothing.
        cache : bool, optional
            Files are not cached; False has the effect of ``overwrite``.

        Returns
        -------
        `~astropy.table.Table` or dict
            The list, with path, size (bytes), sha256 and status: ``downloaded``, ``present`` (it
            was already there and is complete), ``not made`` (there is no such file) or
            ``failed``; note says why.

        Raises
        ------
        InvalidQueryError
            If the table is not a list of files, or the location cannot be a folder.
        InputTypeError
            If an argument is of the wrong type.
        RemoteServiceError
            If every file failed because of the service. If only some did, a warning gives their
            number.
        ServiceTimeoutError
            If every file failed because the service did not answer in time.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> from astroquery_csc import Csc
        >>> rows = Csc.query_detections("2CXO J004236.1+412156")
        >>> files = Csc.get_product_list(rows[:1], types="arf")
        >>> with TemporaryDirectory() as folder:
        ...     done = Csc.download_products(files, location=folder)
        >>> print(done["status"][0], done["path"][0].rpartition("2CXO")[2])
        downloaded J004236.1+412156/90001_000/acisf90001_000N020_r0001_arf3.fits.gz
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        arguments.check_flag(overwrite, "overwrite")
        archive = self._archive(search)
        asked = downloads.check_arguments(
            archive, products, location, overwrite=bool(overwrite) or cache is False
        )
        if get_query_payload:
            return show(archive, downloads.requests(asked), File("", "", ""))
        return downloads.download(archive, asked)

    def get_spectra(
        self,
        names_or_rows: Names,
        *,
        location: str | os.PathLike[str] = ".",
        clean: bool = True,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Download spectra of sources with their responses, and write scripts that load them.

        For each unique ACIS detection, the spectrum (pha), effective area (arf) and energy
        response (rmf) are downloaded as with `download_products`. An unpacked copy of each
        spectrum is written beside it, in which the keywords BACKFILE, ANCRFILE and RESPFILE name
        the files on disk. ``load_spectra.py`` (Sherpa) and ``load_spectra.xcm`` (XSPEC) in
        ``location`` load all of them; each call writes both again.

        Parameters
        ----------
        names_or_rows : str, sequence of str, or `~astropy.table.Table`
            2CXO names, rows of masters, or rows of `query_detections`, of which each is one
            detection.
        location : str or path-like, optional
            Folder for the files and scripts, created if necessary.
        clean : bool
            Whether to use only detections that pass ``clean_flags("observation")``. A warning and
            ``meta["LEFTOUT"]`` count the others.
        get_query_payload : bool
            Return the request for the detections as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache for tables; None means
            ``astroquery.cache_conf.cache_active``. Files in ``location`` are not fetched again.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row per spectrum: name, detect_stack_id, region_id, obsid, obi, ``pha``, ``arf``,
            ``rmf`` (paths; empty if there is no file), counts, exposure (s), theta (arcmin), and
            note: which files are missing and why, and which keywords were corrected.
            ``meta["SHERPA"]`` and ``meta["XSPEC"]`` are the paths of the scripts.

        Raises
        ------
        InvalidQueryError
            If a name or the location is wrong, or a table lacks keys; nothing is sent.
        InputTypeError
            If an argument is of the wrong type.
        CscError
            What `query_detections`, `get_product_list` and `download_products` raise.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> from astroquery_csc import Csc
        >>> rows = Csc.query_detections("2CXO J004236.1+412156")
        >>> with TemporaryDirectory() as folder:
        ...     spectra = Csc.get_spectra(rows[:1], location=folder, clean=False)
        >>> spectra.colnames[5:]
        ['pha', 'arf', 'rmf', 'counts', 'exposure', 'theta', 'note']
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        arguments.check_flag(clean, "clean")
        asked = spectra.check_arguments(search, names_or_rows, location, clean=bool(clean))
        if get_query_payload:
            return search.shown(spectra.requests(search, asked))
        return spectra.get_spectra(search, self._archive(search), asked)

    def query_sia(
        self,
        coordinates: SkyCoord | BaseCoordinateFrame | str,
        size: u.Quantity | str,
        *,
        format: str | None = None,  # noqa: A002 - what pyvo and the protocol call it
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        List the images of sources, stacks and observations in a box; there may be thousands.

        Parameters
        ----------
        coordinates : `~astropy.coordinates.SkyCoord`, frame or str
            One position or an array of them, as for `query_region`.
        size : `~astropy.units.Quantity` or str
            Full size of the box along and across the parallel; one, or one per position. A
            warning is given below 0.3 deg, where the service has been reported to find nothing.
        format : {"fits", "jpeg"}, optional
            List only images of this format.
        get_query_payload : bool
            Return the request as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row per image: for an array of positions ``query_index``, then filename, filetype
            and level (read from type and name), which `download_products` takes, the service's own
            columns, and note.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong, or the release has no image service; nothing is sent.
        InputTypeError
            If an argument is of the wrong type, such as a size without a unit.
        ResolverError
            If a name cannot be resolved.
        RemoteServiceError
            If the service cannot be reached or fails.
        ServiceTimeoutError
            If it does not answer in time.
        TableParseError
            If its answer is not a complete table, or lacks the addresses of the images.

        Examples
        --------
        >>> from astropy import units as u
        >>> from astropy.coordinates import SkyCoord
        >>> from astroquery_csc import Csc
        >>> images = Csc.query_sia(SkyCoord(10.7, 41.3, unit="deg"), 0.3 * u.deg, format="fits")
        >>> print(images["filename", "filetype"][:2])
                   filename            filetype
        ------------------------------ --------
        acisf90001_000N027_b_img3.fits ecorrimg
        acisf90001_000N027_h_img3.fits ecorrimg
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        archive = self._archive(search)
        asked = images.check_arguments(archive, coordinates, size, format, search.resolve)
        if get_query_payload:
            return show(archive, asked.requests)
        return images.image_list(search, archive, asked)

    # ---------------------------------------------------------------- cache

    def clear_cache(self) -> None:
        """
        Remove every cached answer and posterior of this instance's ``cache_location``.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> Csc.clear_cache()
        """
        limits.clear(self._cache.folder())
        self._cache.clear()

    def cache_info(self) -> Table:
        """
        List the cached answers.

        Returns
        -------
        `~astropy.table.Table`
            Columns: release, route, url, retrieved (ISO, UTC) and size in bytes, oldest first. The
            meta holds NROWS, the SIZE of all in bytes, the LIMIT in bytes (-1 for none; set
            ``conf.cache_max_mb``) and the LOCATION.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> Csc.cache_info().colnames
        ['release', 'route', 'url', 'retrieved', 'size']
        """
        return listing.cached(self._cache.entries(), self._cache.folder(), _cache_bytes())

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

    @property
    def _own(self) -> dict[str, Any]:
        """Arguments of this instance: what was set, else what it was made with."""
        set_later = {name: vars(self)[name] for name in self._arguments if name in vars(self)}
        return {**self._arguments, **set_later}

    def _keep(self, names: tuple[str, ...], value: Any) -> None:
        """
        Keep a value that was set, under all of its names, as mocks look for one that they replace.

        The value that holds anyway is not kept: a mock that ends sets it, and fixes nothing.
        """
        self._forget(names)
        if value != getattr(self, names[0]):
            self.__dict__.update(dict.fromkeys(names, value))

    def _forget(self, names: tuple[str, ...]) -> None:
        """Forget a value that was set."""
        for name in names:
            self.__dict__.pop(name, None)

    def _leave_connections(self) -> None:
        """In a forked process, open other connections than its parent's."""
        if isinstance(self._session, requests.Session):
            leave_to_parent(self._session)

    def _settings(self, *, cache: bool | None = None) -> Settings:
        """Read and check what one call works with: the only place where a verb reads ``conf``."""
        return Settings(
            release=get_release(self.release),
            server=self.server,
            row_limit=self.row_limit,
            timeout=self.timeout,
            max_wait=number("max_wait", conf.max_wait),
            retries=int(number("retries", conf.retries)),
            retry_wait=number("retry_wait", conf.retry_wait),
            positions_per_request=int(
                number("positions_per_request", conf.positions_per_request, least=1)
            ),
            max_remote_positions=int(
                number("max_remote_positions", conf.max_remote_positions, least=1)
            ),
            cache=Cache.active(cache=cache),
            cache_seconds=cache_conf.cache_timeout,
            cache_bytes=_cache_bytes(),
        )

    def _transport(self, settings: Settings) -> Transport:
        """Make what sends requests with these settings."""

        def send(*args: Any, **kwargs: Any) -> requests.Response:
            """Look _request up at each call, so that a patched one sees every request."""
            return self._request(*args, **kwargs)

        return Transport(send, settings)

    def _service(self, settings: Settings) -> Archive:
        """Make what asks the archive with these settings."""
        return Archive(settings, self._transport(settings), self._cache)

    def _resolver(self, settings: Settings) -> Resolver:
        """Make what finds an object by its name."""
        if self._mirror is not None:
            return self._mirror.no_name
        resolver = NameResolver(settings, self._transport(settings), self._cache)
        return partial(resolver.find, cache=settings.cache)

    def _backend(self, settings: Settings) -> Backend:
        """Make what answers queries with these settings."""
        if self._mirror is not None:
            return self._mirror.within(settings.max_wait)
        return self._service(settings)

    def _archive(self, search: Search) -> Archive:
        """Find what holds files and images, which no mirror has."""
        if self._mirror is not None:
            raise self._mirror.no_service("Files and images are not in the catalogue's tables")
        return cast("Archive", search.backend)

    def _search(self, *, cache: bool | None, get_query_payload: bool) -> Search:
        """Bundle what a verb needs to ask."""
        arguments.check_flag(cache, "cache")
        arguments.check_flag(get_query_payload, "get_query_payload")
        settings = self._settings(cache=cache)
        backend = self._backend(settings)

        def columns_of(table: str) -> set[str] | None:
            """Ask the service once for its columns; None where it does not tell."""
            known = self._columns_known(backend, settings)
            return None if known is None else known.get(table.lower(), set())

        def limits() -> frozenset[int]:
            """Ask the service once for its row limits; none where it does not tell."""
            key = (settings.server, settings.release.name)
            return self._known_limits.get(key, lambda: _limits_of(backend)) or frozenset()

        return Search(
            backend,
            settings.release,
            _no_answer if get_query_payload else columns_of,
            settings.cache,
            limits,
            self._resolver(settings),
            settings.row_limit,
            self._reaches.of((settings.server, settings.release.name)),
        )

    def _posteriors(self, search: Search) -> Path | None:
        """Find the folder in which posteriors are kept; None where nothing is to be kept."""
        return self._cache.folder() if Cache.active(cache=search.cache) else None

    def _columns_known(self, backend: Backend, settings: Settings) -> dict[str, set[str]] | None:
        """Ask a service once for its columns; a mirror each time, since it may be updated."""
        if self._mirror is not None:
            return _columns_of(backend, settings.release)
        key = (settings.server, settings.release.name)
        return self._known_columns.get(key, lambda: _columns_of(backend, settings.release))


def _cache_bytes() -> float | None:
    """Read how many bytes cached answers may take; None for any number."""
    megabytes = number("cache_max_mb", conf.cache_max_mb, least=-1.0)
    return None if megabytes < 0 else 1e6 * megabytes


def _may_be_set(csc: CscClass, name: str) -> bool:
    """Tell whether setting an attribute changes something."""
    known = getattr(CscClass, name, None)
    if isinstance(known, property):
        return known.fset is not None
    return name.startswith("_") or known is not None or name in vars(csc)


def _limits_of(backend: Backend) -> frozenset[int] | None:
    """Ask the service's capabilities for its row limits."""
    try:
        stated = backend.limits()
    except CscError as error:
        log.info(f"The service does not state its row limits ({error}).")
        return None
    return frozenset({stated.maxrec, stated.hardlimit})


def _columns_of(backend: Backend, release: Release) -> dict[str, set[str]] | None:
    """Ask the service for the columns of every table."""
    try:
        told = tables.polish(backend.columns(), release.name, sources={})
    except CscError as error:
        log.info(f"The service does not list its columns ({error}); it decides by itself.")
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


Csc: CscClass = CscClass()
