# Licensed under a 3-clause BSD style license - see LICENSE
"""The verbs that find and fetch files: spectra, light curves, events, images."""

import abc
import os
from collections.abc import Collection
from typing import Any, TypeAlias

from astropy import units as u
from astropy.coordinates import BaseCoordinateFrame, SkyCoord
from astropy.table import Row, Table

from astroquery_csc.products import download as downloads
from astroquery_csc.products import find as products
from astroquery_csc.products import images
from astroquery_csc.search import inputs
from astroquery_csc.search.ask import Search
from astroquery_csc.service.files import Archive

__all__ = ["ProductVerbs"]

Words: TypeAlias = str | Collection[str]


class ProductVerbs(abc.ABC):
    """
    The verbs of `~astroquery_csc.CscClass` for files.

    Each is *build, send, decode, polish*; the work is in the files below this one.
    """

    @property
    @abc.abstractmethod
    def _archive(self) -> Archive:
        """Files and images."""

    @abc.abstractmethod
    def _search(self, *, cache: bool | None, get_query_payload: bool) -> Search:
        """Bundle what a verb needs to ask."""

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

        Types have CIAO's names; the page "Types of files" of the documentation has all of them.
        The archive is asked for many files at once. What cannot exist is said without asking:
        spectra of the HRC, bands of the other instrument, files of single observations for
        extended sources (X).

        Parameters
        ----------
        rows : `~astropy.table.Table`
            Rows of `query_detections`, or any table with the key columns that the types need:
            obsid and obi for files of observations; name, obsid, obi and region_id for those of
            source regions; detect_stack_id for stacks; name, detect_stack_id and region_id for
            regions of stacks; name for masters. Masked keys are passed over, with a warning.
        types : str or sequence of str
            ``"lc"``, ``["pha", "arf", "rmf"]``, ``"pha,arf,rmf"``.
        bands : str or sequence of str, optional
            ``"b"``, ``["b", "s"]``, ``"broad"``; those of each row's instrument by default.
        get_query_payload : bool
            Give the request as a dict and send nothing. For files of masters and of regions of
            stacks, from rows without obsid, obi and region_id, it is the look-up of these.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row a file, each once, and one for each that there is not: name, obsid, obi,
            region_id, detect_stack_id (masked where they say nothing of the file), level, type,
            band, filename (empty where there is no file), filetype (the archive's name of the
            type), note (why there is no file). Ready for `download_products`.

        Raises
        ------
        InvalidQueryError
            If there is no such type or band, or the table lacks columns; nothing is sent.
        InputTypeError
            If an argument is of the wrong type.
        RemoteServiceError
            If the archive is out of reach, fails, or gives no list.
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
            return products.payload(search, self._archive, asked)
        return products.product_list(search, self._archive, asked)

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
        Fetch the files of a list; call it again, and only what is missing is fetched.

        Files appear whole or not at all: each is written under another name, unpacked and read
        while it arrives, and moved to its place at the end. Two are fetched at a time. They stay
        compressed, as CIAO's search_csc keeps them (``….fits.gz``, which astropy, CIAO and DS9
        read), but for pictures (``….jpg``).

        The folders are CIAO's: ``2CXOJ…/OBSID_OBI/`` for files of source regions,
        ``2CXOJ…/STACK/`` for those of regions of stacks, ``2CXOJ…/`` for those of masters. Files
        of whole observations and stacks belong to many sources, so they are in ``OBSID_OBI/``
        and ``STACK/``.

        Parameters
        ----------
        products : `~astropy.table.Table`
            From `get_product_list` or `query_sia`, or some of its rows.
        location : str or path-like, optional
            Where the folders go; it is made if it is not there. Nothing is written elsewhere.
        overwrite : bool, optional
            Fetch also what is there and whole.
        get_query_payload : bool
            Give the requests as a dict, send nothing, and touch nothing.
        cache : bool, optional
            Files are not in the cache; False fetches what is there too, as ``overwrite`` does.

        Returns
        -------
        `~astropy.table.Table` or dict
            The list, with path, size (bytes), sha256 and status: downloaded, present (was there,
            and is whole), not made (there is no such file), failed; note says why.

        Raises
        ------
        InvalidQueryError
            If the table is no list of files, or the location can be no folder.
        InputTypeError
            If an argument is of the wrong type.
        RemoteServiceError
            If every file failed, and the service is the reason. Otherwise a warning tells how
            many did.
        ServiceTimeoutError
            The same, where the service did not answer in time.

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
        self._search(cache=cache, get_query_payload=get_query_payload)
        inputs.check_flag(overwrite, "overwrite")
        asked = downloads.check_arguments(
            self._archive, products, location, overwrite=bool(overwrite) or cache is False
        )
        if get_query_payload:
            return downloads.payload(self._archive, asked)
        return downloads.download(self._archive, asked)

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
        List the images of whole observations that overlap a box.

        Parameters
        ----------
        coordinates : `~astropy.coordinates.SkyCoord`, frame or str
            One position or an array of them, as for `query_region`.
        size : `~astropy.units.Quantity` or str
            Full size of the box along and across the parallel; one, or one a position. Below
            0.3 deg the service is said to find nothing; a warning says so.
        format : {"fits", "jpeg"}, optional
            Only images of this format.
        get_query_payload : bool
            Give the request as a dict and send nothing.
        cache : bool, optional
            Whether to use the cache; None means ``astroquery.cache_conf.cache_active``.

        Returns
        -------
        `~astropy.table.Table` or dict
            One row an image: for an array of positions ``query_index``, then filename, filetype
            and level, which `download_products` takes, the service's own columns, and note.
            Images have 50 to 90 MB each.

        Raises
        ------
        InvalidQueryError
            If an argument is wrong, or the release has no image service; nothing is sent.
        InputTypeError
            If an argument is of the wrong type, such as a size without a unit.
        ResolverError
            If a name cannot be resolved.
        RemoteServiceError
            If the service is out of reach or fails.
        ServiceTimeoutError
            If it does not answer in time.
        TableParseError
            If its answer is not a whole table, or does not say where the images are.

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
        asked = images.check_arguments(self._archive, coordinates, size, format, search.resolve)
        if get_query_payload:
            return images.payload(self._archive, asked)
        return images.image_list(search, self._archive, asked)
