# Licensed under a 3-clause BSD style license - see LICENSE
"""The verbs that follow a source down: its detections, its light curve, and how deep a place is."""

import abc
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from astropy.coordinates import BaseCoordinateFrame, SkyCoord
from astropy.table import Row, Table

from astroquery_csc.follow import detections, light_curve, sensitivity
from astroquery_csc.search.ask import Search

__all__ = ["SourceVerbs"]

Names: TypeAlias = str | Collection[str] | Table | Row
Words: TypeAlias = str | Collection[str]


class SourceVerbs(abc.ABC):
    """
    The verbs of `~astroquery_csc.CscClass` below the masters.

    Each is *build, send, decode, polish*; the work is in the files below this one.
    """

    @abc.abstractmethod
    def _search(self, *, cache: bool | None, get_query_payload: bool) -> Search:
        """Bundle what a verb needs to ask."""

    def query_detections(
        self,
        names: Names | None = None,
        *,
        obsid: int | Collection[int] | None = None,
        level: str = "observation",
        match_type: Words | None = "u",
        columns: Words | None = None,
        column_filters: Mapping[str, Any] | None = None,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Find the detections of sources, or those in an observation.

        Measurements of single observations (or of stacks of them) belong to a source in three
        ways: ``u``, unique, it is this source's alone; ``a``, ambiguous, several sources share
        it, and each has a row with the same numbers; ``n``, not detected, a limit was measured
        where the source is. Only ``u`` comes unless more is asked for, and ``meta["LEFTOUT"]``
        counts the rest. No row limit applies.

        Parameters
        ----------
        names : str, sequence of str, or `~astropy.table.Table`, optional
            2CXO names in any spelling, or a table with a column ``name``.
        obsid : int or sequence of int, optional
            Keep what is in these observations. Without names: the detections in them of any
            source.
        level : {"observation", "stack"}
            Whose measurements: a row an observation, or a row a stack.
        match_type : str or sequence of str, optional
            ``"u"``, ``"a"``, ``"n"``, or several: ``"una"``; None keeps all.
        columns : str or sequence of str, optional
            Columns of the level, or ``"*"``; ``"m.ra"``, ``"s.ra"``, ``"o.theta"`` are those of
            masters, stacks and observations, which are called ``master_ra``, ``stack_ra``,
            ``obs_theta``. Default for observations: instrument, gti_mjd_obs (start), livetime,
            theta, flux_aper of the bands b and w with its limits, the codes and flags. Default
            for stacks: instrument, position and error ellipse, likelihood_class, livetime,
            theta_mean, the same fluxes, the codes and flags.
        column_filters : mapping, optional
            As for `query_region`, under the names that ``columns`` takes;
            `~astroquery_csc.clean_flags` makes one.
        get_query_payload : bool
            Give the request as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row a detection: name, detect_stack_id, region_id, obsid, obi, which together are
            unique, and match_type; then the columns. For stacks there is no obsid and obi. In the
            order of the names, then of the keys. Names and observations without a row are warned
            about, and the NoResultsWarning says why: a name that is gone, a source without such
            a detection, an observation in which nothing was detected, or one that the catalogue
            has not.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong, or a name is of release 1 (``CXO J…``); nothing is sent.
        InputTypeError
            If an argument is of the wrong type.
        RemoteServiceError
            If the service is out of reach or fails.
        ServiceTimeoutError
            If it does not answer in time.
        TableParseError
            If its answer is not a whole table.

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
            obsid=obsid,
            level=level,
            match_type=match_type,
            columns=columns,
            filters=column_filters,
        )
        if get_query_payload:
            return detections.payload(search, asked)
        return detections.detections(search, asked)

    def query_light_curve(
        self,
        name: str,
        *,
        bands: Words | None = None,
        flux: str = "flux_aper",
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Give the light curve of a source: its flux in every observation, limits among them.

        Unique, ambiguous and forced measurements all come, marked by ``match_type``: ``a`` is
        shared with another source, ``n`` a limit where the source was not detected. An
        observation of ACIS has bands b, h, m, s, u, one of HRC has w; they are never mixed. Two
        detections in one observation are two rows.

        Parameters
        ----------
        name : str
            A 2CXO name in any spelling.
        bands : str or sequence of str, optional
            Letters (``"b"``, ``["b", "w"]``) or CIAO's words (``"broad"``). Default: all.
        flux : str
            A quantity of observations with limits, without its band: ``"flux_aper"``,
            ``"flux_powlaw_aper"``, ``"src_rate_aper"`` and others.
        get_query_payload : bool
            Give the request as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row a detection in an observation, and band, in order of time: name,
            detect_stack_id, region_id, obsid, obi, band, instrument, ``mjd_start``, ``mjd_mid``,
            ``mjd_stop`` (d; TT, not barycentred), livetime, ``flux``, ``flux_lolim``,
            ``flux_hilim`` (bounds at 68 %), ``is_limit``, match_type, codes and flags, theta.
            Where ``is_limit`` is set, flux is 0 and ``flux_hilim`` is an upper limit at 68 %. A
            null flux was not measured, and is masked.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong; nothing is sent.
        InputTypeError
            If an argument is of the wrong type.
        CscError
            What `query_detections` raises.

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
        return light_curve.light_curve(search, name, bands, flux, describe=get_query_payload)

    def query_sensitivity(
        self,
        coordinates: SkyCoord | BaseCoordinateFrame | str,
        *,
        bands: Words | None = None,
        get_query_payload: bool = False,
        cache: bool | None = None,
    ) -> Table | dict[str, Any]:
        """
        Tell whether places were observed, and how deep.

        The limit of the pixel (of a HEALPix map) that holds the place comes: the one whose centre
        is nearest where the service gives several with their positions; where it gives several
        without, the shallowest. Positions are asked two at a time, and each answer is cached, so
        a list that broke off goes on where it was.

        Parameters
        ----------
        coordinates : `~astropy.coordinates.SkyCoord`, frame or str
            One position or an array of them, in any frame, as for `query_region`.
        bands : str or sequence of str, optional
            Letters (``"b"``, ``["b", "w"]``) or CIAO's words (``"broad"``). Default: all.
        get_query_payload : bool
            Give the requests as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row a position, in the order of the input: ra, dec, for an array ``query_index``,
            ``status``, ``flux_sens_<band>`` (erg/s/cm2), ``photflux_sens_<band>`` (photon/s/cm2),
            ``pixels``, ``reason``. The status is ``covered``; ``not covered``, where no band has
            a limit: the place was never observed; or ``failed``, with its reason: nobody knows.
            A limit that is masked at a covered place is of a band without data. A limit is that
            for detection in the stack of observations, not an upper limit measured at the place.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong, or there is no such service (a mirror).
        InputTypeError
            If an argument is of the wrong type.
        ResolverError
            If a name cannot be resolved.
        RemoteServiceError
            If every position failed. Where only some did, a BlankResponseWarning says so.
        ServiceTimeoutError, TableParseError
            Likewise.

        Examples
        --------
        >>> from astroquery_csc import Csc
        >>> t = Csc.query_sensitivity("Synthetic Field 1", bands="b")
        >>> t["status"].tolist(), t["flux_sens_b"].unit
        (['covered'], Unit("erg / (s cm2)"))
        """
        search = self._search(cache=cache, get_query_payload=get_query_payload)
        return sensitivity.sensitivity(search, coordinates, bands, describe=get_query_payload)
