# Licensed under a 3-clause BSD style license - see LICENSE
"""The verbs that ask the catalogue itself: regions, objects, criteria, ADQL, and its listings."""

import abc
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from astropy import units as u
from astropy.coordinates import BaseCoordinateFrame, SkyCoord
from astropy.table import Table

from astroquery_csc import tables
from astroquery_csc.adql import read as adql
from astroquery_csc.backend import Backend, Query
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.search import inputs, listing, match, objects
from astroquery_csc.search.ask import Rows, Search, warn_if_empty
from astroquery_csc.search.region import Region

__all__ = ["Angle", "CatalogueVerbs", "Coordinates"]

Coordinates: TypeAlias = SkyCoord | BaseCoordinateFrame | str
Angle: TypeAlias = u.Quantity | str


class CatalogueVerbs(abc.ABC):
    """
    The catalogue verbs of `~astroquery_csc.CscClass`, which gives what they need.

    Each is *build, send, decode, polish*; the work is in the files below this one.
    """

    _backend: Backend

    @property
    @abc.abstractmethod
    def release(self) -> str:
        """Name of the release that is asked."""

    @abc.abstractmethod
    def _search(self, *, cache: bool | None, get_query_payload: bool) -> Search:
        """Bundle what a verb needs to ask."""

    @abc.abstractmethod
    def _limit(self, row_limit: int | None) -> int:
        """Take the verb's row limit or, failing that, the instance's."""

    def query_region(
        self,
        coordinates: Coordinates,
        radius: Angle = objects.DEFAULT_RADIUS,
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

        One cone without ``columns`` or filters is asked of the cone-search service, all else of
        TAP; both give the same table. A release without a cone search, and a cone that it refuses,
        use TAP. The service is asked for a little more and the cut is made here, along great
        circles. Positions are used as given: proper motions are not applied, with
        a warning.

        Parameters
        ----------
        coordinates : `~astropy.coordinates.SkyCoord`, frame or str
            One position or an array of them, in any frame. A string is a position (two plain
            numbers are degrees, anything else needs its units), a 2CXO name, or a name for the
            resolver.
        radius : `~astropy.units.Quantity` or str
            Radius of the cone, up to 180 deg; one, or one a position.
        width, height : `~astropy.units.Quantity` or str, optional
            Full size of a box instead of a cone, along and across the parallel of the position
            (sky-offset frame). Without ``height`` the box is a square. Not beside ``radius``.
        columns : str or sequence of str, optional
            Column names, ``"*"``, or a named set: ``"match"``, ``"photometry"``,
            ``"variability"``, ``"quality"``. name, ra and dec always come.
        verbosity : int, optional
            1: name and position; 2 (default): 24 columns; 3: all. Not beside ``columns``.
        column_filters : mapping, optional
            What each column must be: ``{"significance": (10, None)}`` is a range with an open
            end, a list is one of several, None is null, anything else is equality. Quantities
            are converted.
        criteria : str, optional
            One more ADQL condition.
        row_limit : int, optional
            Keep the nearest so many, a position; -1 keeps all. Default: the instance's.
        get_query_payload : bool
            Give the request as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row a source (and position): name, ra, dec (deg), ``separation`` (arcsec), for an
            array of positions ``query_index``, then the other columns in the order of the
            database; sorted by query_index, then separation. No source gives an empty table with
            its columns and a NoResultsWarning; a row limit that was hit gives a
            MaxResultsWarning and ``meta["TRUNC"]``.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong; nothing is sent.
        InputTypeError
            If an argument is of the wrong type, such as a radius without a unit.
        ResolverError
            If a name cannot be resolved.
        RemoteServiceError
            If the service is out of reach or fails.
        ServiceTimeoutError
            If it does not answer in time.
        TableParseError
            If its answer is not a whole table.

        Examples
        --------
        >>> from astropy import units as u
        >>> from astropy.coordinates import SkyCoord
        >>> from astroquery_csc import Csc
        >>> t = Csc.query_region(SkyCoord(52.297, 31.31, unit="deg"), 2 * u.arcmin)
        >>> len(t)
        11
        >>> print(t["name", "separation", "flux_aper_b"][:2])
                 name            separation         flux_aper_b
                                   arcsec          erg / (s cm2)
        --------------------- ------------------ -------------------
        2CXO J032912.9+311814 30.526572044541947 8.5586371260174e-14
        2CXO J032915.6+311851  58.08021036822765 1.3001357225142e-14
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        wanted = search.wanted(columns, verbosity, column_filters, criteria, self._limit(row_limit))
        region = _region(search, coordinates, radius, width, height)
        if get_query_payload:
            return search.payload(
                [request for request, _ in search.region_requests(region, wanted)]
            )
        return warn_if_empty(search.finish(search.region(region, wanted), **region.meta))

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
            As `query_region` gives it; without ``separation`` for a source by name. A 2CXO name
            that is not in the release gives an empty table and a NoResultsWarning that says how
            to look around its position: 400 names changed in 2.1.1.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong; a name of release 1 (``CXO J…``) is.
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
        wanted = search.wanted(columns, verbosity, column_filters, criteria, self._limit(row_limit))
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
            2CXO names and other names, in any mixture.
        radius : `~astropy.units.Quantity` or str, optional
            As for `query_object`; one for all.
        columns, verbosity, column_filters, criteria, row_limit, get_query_payload, cache : optional
            As for `query_region`.

        Returns
        -------
        `~astropy.table.Table` or dict
            As `query_region` gives it for an array, with ``query_index`` and
            ``user_specified_id``. A name that matches nothing has a masked row; one
            NoResultsWarning lists these names.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong.
        InputTypeError
            If it is one string, or a name is none.
        ResolverError
            If the resolver is out of reach.
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
        wanted = search.wanted(columns, verbosity, column_filters, criteria, self._limit(row_limit))
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
        Find sources anywhere on the sky by what is known of them.

        Parameters
        ----------
        columns, column_filters, criteria, row_limit, get_query_payload, cache : optional
            As for `query_region`; ``row_limit`` keeps any so many.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row a source, in the order of the service; columns in the order of the database.

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
        wanted = search.wanted(columns, None, column_filters, criteria, self._limit(row_limit))
        if get_query_payload:
            return search.payload([search.criteria_request(wanted)])
        return warn_if_empty(search.finish(search.all_sky(wanted)))

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
        Find the counterparts of a list, by radius or by error ellipses; every row is answered for.

        With ``sigma`` the distance is Mahalanobis': the separation in units of the error ellipse
        that the catalogue's (95 %, taken to one sigma: divided by 2.4477), yours and the systematic
        error make together. In two dimensions 1 sigma holds 39 %, 2.45 hold 95 %, 3.44 hold 99.7 %
        of the true counterparts. Sources without an ellipse, and highly extended ones (``…X``),
        have no such distance: they count within the radius or, without one, within
        ``meta["RADIUS"]``, how far a source with a 95 % ellipse of 20 arcsec could be; sources with
        larger ones are asked for by themselves, so none is lost.

        Parameters
        ----------
        coordinates_or_table : `~astropy.table.Table`, `~astropy.coordinates.SkyCoord`, frame or str
            The list. A table has a SkyCoord column, or columns with units that
            `~astropy.coordinates.SkyCoord.guess_from_table` or VizieR call ra and dec. Positions
            are used as given: proper motions are not applied, with a warning.
        radius : `~astropy.units.Quantity` or str, optional
            Largest separation; one, or one a row.
        sigma : float, optional
            Largest Mahalanobis distance. With ``radius``, both must hold; one must be given.
        position_error : `~astropy.units.Quantity`, str or tuple, optional
            One-sigma error of the list: the radius of a circle, one or one a row; the column of
            the table that holds it; or (major, minor, position angle east of north) of an ellipse,
            each of these. Where it is masked or NaN, the row has no ``nsigma``. Default: none.
        systematic : `~astropy.units.Quantity`
            Systematic error of the separation, one sigma; added in quadrature.
        find : {"all", "best"}
            All counterparts of a row, or the one with the least ``nsigma`` or, where none has one,
            the least separation.
        columns, column_filters, criteria, get_query_payload, cache : optional
            As for `query_region`; columns are by default those of ``"match"``. The error ellipses
            always come. An instance's row limit does not count.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row a counterpart, and one with masked cells for each row of the list without any;
            sorted by ``query_index`` (row of the list, from 0; also for one position), then
            ``nsigma`` and separation. name, ra, dec, ``separation`` (arcsec), ``query_index``,
            ``nsigma`` (also with ``radius`` alone), ``n_match`` (counterparts of the row; masked
            where it has no position), ``shared`` (whether other rows have this source too), the
            columns of the list (with ``my`` before a name that the catalogue has), then the
            catalogue's. meta also has RADIUS and SYSTEM (arcsec), SIGMA, FIND and NINPUT. No
            counterpart at all gives a NoResultsWarning.

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
        Run ADQL, as it stands in CSCview or with the release's schema.

        The query is read before it is sent: exactly one SELECT, tables and columns that exist, no
        geometry (the service has none). Bare table names get the release's schema.

        Parameters
        ----------
        query : str
            ADQL.
        maxrec : int, optional
            Largest number of rows. Default: the service's own limit.
        async_job : bool
            Run as an asynchronous job, which the service keeps running longer. Its phases are
            logged at level INFO; it is deleted at the end, and after ``conf.max_wait`` seconds.
        uploads : mapping, optional
            From a name, which is ``TAP_UPLOAD.name`` in the query, to a
            `~astropy.table.Table`, a VOTable file or its path, as pyvo takes them. The cache goes
            by their content.
        validate : bool
            False sends the text untouched.
        get_query_payload : bool
            Give the request as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            Columns and rows in the order of the query. Columns of the catalogue have their units
            and descriptions, also where the service forgets them; computed columns have what the
            service says. With ``validate=False`` nothing is added.

        Raises
        ------
        InvalidQueryError
            If the query is refused, here (nothing is sent) or by the service, whose words it has.
        InputTypeError
            If an argument is of the wrong type.
        RemoteServiceError
            If the service is out of reach or fails.
        ServiceTimeoutError
            If it does not answer, or a job does not end, in time.
        TableParseError
            If its answer is not a whole table.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> t = Csc.query_tap("SELECT TOP 2 m.name, m.ra FROM master_source m", cache=False)
        >>> t["ra"].unit
        Unit("deg")
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        inputs.check_flag(async_job, "async_job")
        release = search.release
        text = adql.prepare(query, release, ask=search.ask) if validate else _untouched(query)
        limit = inputs.maxrec(maxrec)
        request = Query(
            text, None if limit is None else limit + 1, async_job, inputs.uploads(uploads)
        )
        if get_query_payload:
            return search.payload([request])
        answer = search.send(request)
        cut = limit is not None and len(answer.table) > limit
        sources = adql.sources(text, release) if validate else {}
        # A slice makes every column anew.
        rows = answer.table[:limit] if cut else answer.table
        table = tables.polish(rows, release.name, sources=sources)
        return warn_if_empty(search.report(table, Rows(table, [request], [answer], cut)))

    def list_releases(self) -> Table:
        """
        List the releases of the catalogue; nothing is sent.

        Returns
        -------
        `~astropy.table.Table`
            One row a release: release, schema, cone_search, the published counts (masked where a
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

    def list_tables(self) -> Table:
        """
        List the tables of the release; nothing is sent.

        Returns
        -------
        `~astropy.table.Table`
            Columns name, columns (how many are known offline), complete (whether these are
            believed to be all), description.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> print(Csc(release="2.1").list_tables()["name", "columns", "complete"][:2])
                   name          columns complete
        ------------------------ ------- --------
             csc21.master_source     515     True
        csc21.master_stack_assoc       4    False
        """
        return listing.table_list(get_release(self.release))

    def list_columns(
        self, *table_names: str, keyword: str | None = None, refresh: bool = False
    ) -> Table:
        """
        List columns; nothing is sent unless ``refresh`` is set.

        Parameters
        ----------
        *table_names : str
            Tables, with or without the schema; none means all.
        keyword : str, optional
            Keep columns with this text in their name or description.
        refresh : bool
            Ask the service itself (TAP_SCHEMA, or /tables), past the cache.

        Returns
        -------
        `~astropy.table.Table`
            Columns table, name, datatype, unit, ucd, description; all text.

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
        release = get_release(self.release)
        wanted = [listing.bare_name(name, release) for name in table_names]
        if not refresh:
            return listing.columns(release, wanted, keyword)
        told = tables.polish(self._backend.columns(cache=False), release.name, sources={})
        return listing.remote_columns(told, release, wanted, keyword)


def _region(
    search: Search,
    coordinates: Coordinates,
    radius: Angle,
    width: Angle | None,
    height: Angle | None,
) -> Region:
    """Read the place that a verb is asked for."""
    if height is not None and width is None:
        raise InvalidQueryError("height stands without width. Give width, or both, for a box.")
    if width is not None:
        # The default itself, not one that is equal to it: what a user gives is never ignored.
        if radius is not objects.DEFAULT_RADIUS:
            raise InvalidQueryError(
                f"radius is {radius!r} and width is {width!r}; a cone has the one, a box the "
                "other. Leave one out."
            )
        # Sizes are checked before a name is sent to the resolver.
        inputs.angles_deg(width, "width", _count(coordinates), maximum_deg=360.0)
        inputs.angles_deg(width if height is None else height, "height", _count(coordinates))
        places = inputs.positions(coordinates, search.resolve)
        count = places.ra_deg.size
        return Region.boxes(
            places,
            inputs.angles_deg(width, "width", count, maximum_deg=360.0),
            inputs.angles_deg(width if height is None else height, "height", count),
        )
    inputs.angles_deg(radius, "radius", _count(coordinates))
    places = inputs.positions(coordinates, search.resolve)
    return Region(places, inputs.angles_deg(radius, "radius", places.ra_deg.size))


def _count(coordinates: Coordinates) -> int:
    """Count the positions, as far as can be told without resolving a name."""
    if isinstance(coordinates, BaseCoordinateFrame) and not coordinates.has_data:
        return 1  # a frame without positions has no size; it is refused when it is read
    return int(getattr(coordinates, "size", 1))


def _untouched(query: object) -> str:
    """Take a query as it is."""
    if not isinstance(query, str):
        raise InputTypeError(f"A query is a string, not {type(query).__name__} ({query!r}).")
    if not query.strip():
        raise InvalidQueryError("The query is empty.")
    return query
