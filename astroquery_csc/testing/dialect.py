# Licensed under a 3-clause BSD style license - see LICENSE
"""
How the test service speaks: one switch for every behaviour of the CDA that is not certain.

What the real services do is rated from A (raw answers, or the CXC's own pages) over B (working
code), C (one report) and D (inference) to U (unknown). A switch exists for what is rated below A.
Its default is the likeliest behaviour; a client has to live with every setting.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args, get_origin, get_type_hints

from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.testing.files.faults import FILE_FAULTS

__all__ = ["CONSTRUCTS", "Dialect"]

#: Constructs of ADQL that `Dialect.refused` can name.
CONSTRUCTS = (
    "BETWEEN",
    "COMMA JOIN",
    "COUNT",
    "DISTINCT",
    "GROUP BY",
    "IN",
    "IS NULL",
    "JOIN ON",
    "LIKE",
    "OR",
    "ORDER BY",
    "SELECT *",
    "SUBQUERY",
    "TOP",
)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """
    The behaviour of a test service, switch by switch.

    The letter in brackets is the rating of what is known about the real service.

    Parameters
    ----------
    redirect : {"absolute", "path", "relative", "none"}
        What ``/sync`` answers [303: A/C, form of the Location: U]: a whole URL, a path from the
        root, a path from here, or the result itself with status 200. Jobs have whole URLs with
        the first and the last, else paths from the root.
    gzip : bool
        Whether a body is compressed for a client that accepts it [U].
    votable_mime : {"application/x-votable+xml", "text/xml"}
        Content type of a VOTable [U].
    delay_seconds : float
        How long the service thinks before it answers a query or a cone search.
    votable_version : {"1.1", "1.2", "1.3", "1.4"}
        Version and namespace of VOTables [B: 1.2].
    namespace_prefix : str
        Prefix of VOTable elements; an empty string is the default namespace [B].
    resource_type : bool
        Whether the RESOURCE has ``type="results"`` [U].
    field_ids : bool
        Whether a FIELD has ``ID="colN"`` beside its name [disputed for TAP: C].
    column_case : {"lower", "upper"}
        How FIELDs spell the names of columns [B: lower].
    precision : bool
        Whether a FIELD has ``precision`` [U for TAP]; it never shortens the cells.
    booleans : {"T/F", "true/false", "1/0"}
        How a boolean cell is written [B: T/F].
    null_ints : {"empty", "values", "undeclared"}
        A null integer [A/B]: an empty TD beside VALUES null, the VALUES null itself
        (-2147483648), or an empty TD without any VALUES.
    string_padding : {"none", "codes", "all"}
        Which strings are padded with blanks [B]: none, ``match_type``, or all that are shorter
        than the longest of their column.
    ra_dec_units : bool
        Whether ``ra`` and ``dec`` have their unit [A that it is missing sometimes].
    unit_spelling : {"cda", "vounit", "none"}
        Units as the archive spells them (``erg/s/cm**2``), as the standard does
        (``erg.s**-1.cm**-2``), or none at all.
    text_null : str
        What ``FORMAT=text`` writes for null [U].
    csv : {"votable", "csv", "error"}
        What ``FORMAT=csv`` brings [C: a VOTable].
    responseformat : bool
        Whether ``RESPONSEFORMAT`` is understood [U].
    error_form : {"200", "400", "500-html", "500-text"}
        A refused query [U]: a VOTable with QUERY_STATUS=ERROR under status 200 or 400, an HTML
        page or a line of text under status 500.
    overflow : {"marked", "unmarked"}
        Whether an answer that was cut says so with QUERY_STATUS=OVERFLOW [U].
    maxrec_honoured : bool
        Whether MAXREC cuts the answer [C].
    default_maxrec : int or None
        Rows at which a query without MAXREC is cut [U]; None only leaves ``hard_limit``.
    hard_limit : int
        Rows that no answer exceeds [A: the service states 1,000,000].
    stated_limits : bool
        Whether ``/capabilities`` states limits [A that it did once].
    join_on : bool
        Whether ``JOIN … ON`` is accepted [C: rejected].
    cone_distance : bool
        Whether ``dbo.cone_distance`` is known [documented A, "not found" C].
    boolean_literals : {"numbers", "strings", "letters", "words", "keywords", "any"}
        What a flag may be compared with [C]: ``1``, any string, ``'T'``, ``'True'``, ``TRUE``, or
        each of them.
    refused : frozenset of str
        Constructs that are rejected, out of ``CONSTRUCTS`` [B or U that they work].
    max_in_list : int or None
        Longest ``IN (…)`` list; with a longer one the connection is dropped [C].
    capabilities : bool
        Whether ``/capabilities`` exists [U], or is 404.
    tables : bool
        Whether ``/tables`` exists [documented A], or is 404.
    upload : bool
        Whether UPLOAD is accepted [B].
    tap_schema_name : {"TAP_SCHEMA", "tap_schema"}
        How TAP_SCHEMA spells itself [U].
    uws_version : {"1.0", "1.1"}
        Version of the asynchronous jobs [U]; 1.1 knows WAIT.
    async_polls : int
        How often a job is looked at before it has ended [U].
    async_seconds : float
        How long a job takes, besides its query [U].
    async_end : {"COMPLETED", "ERROR", "ABORTED"}
        How a job ends whose query is good.
    cone_columns : {"dictionary", "varied"}
        Order of columns of the cone search [B: it varies].
    cone_ucds : {"ucd1+", "scs"}
        Words for name, ra and dec in a cone's answer [U]: ``pos.eq.ra;meta.main``, or
        ``POS_EQ_RA_MAIN`` as the cone-search standard asks.
    empty_cone : {"table", "error"}
        A cone without any source [U]: a table without rows, or an error document.
    cone_error : {"INFO", "PARAM", "400", "500-html"}
        A refused cone search [U]: status 200 with an INFO or PARAM named Error, status 400 with
        the INFO, or an HTML page under status 500.
    max_sr_deg : float or None
        Largest SR [U].
    cut_sr_deg : float or None
        SR beyond which the cone search silently looks no further [U].
    zero_sr : {"empty", "error"}
        SR=0 [U]: a table without rows, or an error document.
    limsen_pixels : {"touched", "centres"}
        Which pixels a limiting sensitivity is of [B: one for a tiny SR]: those that the circle
        touches, or those whose centres are in it.
    limsen_uncovered : {"null", "no row"}
        A pixel that was never observed [A: null in every band]: a row of nulls, or none.
    limsen_columns : {"position", "index", "none"}
        What a row says of its pixel beside the limits [U]: its centre, its number, nothing.
    limsen_null : {"3.4E38", "empty"}
        A limit that is null [A: 3.4E38].
    limsen_fault : {"none", "html", "500", "dropped"}
        What the limiting-sensitivity service suffers from: a page instead of an answer, under
        status 200 or 500, or a connection that closes without a word.
    browse_order : {"asked", "shuffled"}
        Order of a list of files [B: not to be relied on].
    file_coding : {"gzip", "content-encoding", "plain"}
        How a file is sent [A: compressed; how HTTP says so: U]: as a compressed file, as a file
        that is compressed on its way, or as it is.
    file_ranges : {"none", "etag", "last-modified", "refused"}
        Whether a part of a file can be asked for [U], and what names its version: nothing, its
        checksum or its date; or the version is named, and parts are refused.
    file_faults : tuple of (str, str)
        What is wrong with files: part of a name, and one of ``FILE_FAULTS``.
    sia_least_size_deg : float
        SIZE below which the image service finds nothing [C: 0.3].
    sia_reference : {"accref", "access_url"}
        Name of the column with the addresses of images [B: accref].
    sia_ucds : bool
        Whether columns of the image service have the UCDs of its standard [U].
    extra_columns : tuple of str
        Columns (double) of ``master_source`` that no dictionary knows [D].
    missing_columns : tuple of str
        Columns of the dictionary that ``master_source`` has not [D].

    Raises
    ------
    InvalidQueryError
        If a switch is set to what it does not know.

    Examples
    --------
    >>> from astroquery_csc.testing import Dialect
    >>> Dialect(error_form="400").error_form
    '400'
    >>> Dialect(booleans="yes/no")
    Traceback (most recent call last):
    ...
    astroquery_csc.exceptions.InvalidQueryError: Dialect(booleans='yes/no') is not known. \
Known: 'T/F', 'true/false', '1/0'.
    """

    # HTTP
    redirect: Literal["absolute", "path", "relative", "none"] = "absolute"
    gzip: bool = True
    votable_mime: Literal["application/x-votable+xml", "text/xml"] = "application/x-votable+xml"
    delay_seconds: float = 0.0
    # VOTable and text
    votable_version: Literal["1.1", "1.2", "1.3", "1.4"] = "1.2"
    namespace_prefix: str = ""
    resource_type: bool = True
    field_ids: bool = True
    column_case: Literal["lower", "upper"] = "lower"
    precision: bool = True
    booleans: Literal["T/F", "true/false", "1/0"] = "T/F"
    null_ints: Literal["empty", "values", "undeclared"] = "empty"
    string_padding: Literal["none", "codes", "all"] = "codes"
    ra_dec_units: bool = False
    unit_spelling: Literal["cda", "vounit", "none"] = "cda"
    text_null: str = ""
    csv: Literal["votable", "csv", "error"] = "votable"
    responseformat: bool = False
    # errors and limits
    error_form: Literal["200", "400", "500-html", "500-text"] = "200"
    overflow: Literal["marked", "unmarked"] = "marked"
    maxrec_honoured: bool = True
    default_maxrec: int | None = None
    hard_limit: int = 1_000_000
    stated_limits: bool = True
    # ADQL
    join_on: bool = False
    cone_distance: bool = False
    boolean_literals: Literal["numbers", "strings", "letters", "words", "keywords", "any"] = (
        "numbers"
    )
    refused: frozenset[str] = frozenset()
    max_in_list: int | None = 1_000
    # around the queries
    capabilities: bool = True
    tables: bool = True
    upload: bool = True
    tap_schema_name: Literal["TAP_SCHEMA", "tap_schema"] = "TAP_SCHEMA"
    uws_version: Literal["1.0", "1.1"] = "1.0"
    async_polls: int = 0
    async_seconds: float = 0.0
    async_end: Literal["COMPLETED", "ERROR", "ABORTED"] = "COMPLETED"
    # cone search
    cone_columns: Literal["dictionary", "varied"] = "varied"
    cone_ucds: Literal["ucd1+", "scs"] = "ucd1+"
    empty_cone: Literal["table", "error"] = "table"
    cone_error: Literal["INFO", "PARAM", "400", "500-html"] = "INFO"
    max_sr_deg: float | None = None
    cut_sr_deg: float | None = None
    zero_sr: Literal["empty", "error"] = "empty"
    # limiting sensitivity
    limsen_pixels: Literal["touched", "centres"] = "touched"
    limsen_uncovered: Literal["null", "no row"] = "null"
    limsen_columns: Literal["position", "index", "none"] = "none"
    limsen_null: Literal["3.4E38", "empty"] = "3.4E38"
    limsen_fault: Literal["none", "html", "500", "dropped"] = "none"
    # files and images
    browse_order: Literal["asked", "shuffled"] = "asked"
    file_coding: Literal["gzip", "content-encoding", "plain"] = "gzip"
    file_ranges: Literal["none", "etag", "last-modified", "refused"] = "none"
    file_faults: tuple[tuple[str, str], ...] = ()
    sia_least_size_deg: float = 0.3
    sia_reference: Literal["accref", "access_url"] = "accref"
    sia_ucds: bool = True
    # catalogue
    extra_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse settings that no code would act on."""
        for name, known in _choices().items():
            if getattr(self, name) not in known:
                _refuse(name, getattr(self, name), known)
        for construct in self.refused:
            if construct not in CONSTRUCTS:
                _refuse("refused", construct, CONSTRUCTS)
        for _, fault in self.file_faults:
            if fault not in FILE_FAULTS:
                _refuse("file_faults", fault, FILE_FAULTS)

    @classmethod
    def tidy(cls) -> "Dialect":
        """
        Make the dialect of a service that keeps to the standards where the CDA may not.

        Returns
        -------
        Dialect
            What a validator finds least fault with.

        Examples
        --------
        >>> from astroquery_csc.testing import Dialect
        >>> Dialect.tidy().votable_version
        '1.3'
        """
        return cls(
            votable_version="1.3",
            precision=False,
            string_padding="none",
            ra_dec_units=True,
            unit_spelling="vounit",
            error_form="400",
            responseformat=True,
            join_on=True,
            boolean_literals="any",
            uws_version="1.1",
            cone_ucds="scs",
        )


@lru_cache(maxsize=1)
def _choices() -> dict[str, tuple[str, ...]]:
    """List the settings of every switch that is a choice between words."""
    hints = get_type_hints(Dialect)
    return {name: get_args(hint) for name, hint in hints.items() if get_origin(hint) is Literal}


def _refuse(name: str, value: object, known: tuple[str, ...]) -> None:
    """Say which settings a switch knows."""
    words = ", ".join(map(repr, known))
    raise InvalidQueryError(f"Dialect({name}={value!r}) is not known. Known: {words}.")
