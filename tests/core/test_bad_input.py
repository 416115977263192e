# Licensed under a 3-clause BSD style license - see LICENSE
"""Bad input: refused at the door with what to write instead, and nothing is sent to anybody."""

from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import ICRS, AltAz, SkyCoord, SkyOffsetFrame
from astropy.coordinates.name_resolve import sesame_url
from astropy.table import Table
from astropy.utils.masked import Masked

from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import CscError, InputTypeError, InvalidQueryError
from tests.support.comparing import NGC1333, RequestLog

VALUE, TYPE = InvalidQueryError, InputTypeError
TWO = SkyCoord([10, 20], [1, 2], unit="deg")
MASKED = SkyCoord(Masked([10.0, 20.0] * u.deg, mask=[False, True]), [1, 2] * u.deg)
NAME = "2CXO J032908.3+312020"


def region(*args, **kwargs):
    """Ask for a region with some arguments wrong."""
    return lambda csc: csc.query_region(*(args or (NGC1333,)), **kwargs)


def tap(*args, **kwargs):
    """Ask ADQL with some arguments wrong."""
    return lambda csc: csc.query_tap(*(args or ("SELECT ra FROM master_source",)), **kwargs)


def objects(*args, **kwargs):
    """Ask for one object with some arguments wrong."""
    return lambda csc: csc.query_object(*args, **kwargs)


SIZES = {
    "bare radius": (region(NGC1333, 2), TYPE, r"2, without a unit. Write radius=2\*u.arcmin"),
    "bare float": (region(NGC1333, 0.03), TYPE, "without a unit"),
    "bare array": (region(TWO, np.array([1, 2])), TYPE, "without a unit"),
    "text without unit": (region(NGC1333, "2"), VALUE, "not an angle with a unit. Write '2 arc"),
    "no number": (region(NGC1333, "wide"), VALUE, "'wide' is not an angle"),
    "zero radius": (region(NGC1333, 0 * u.deg), VALUE, "more than 0 and at most 180 deg"),
    "negative radius": (region(NGC1333, -2 * u.arcmin), VALUE, "more than 0"),
    "NaN radius": (region(NGC1333, np.nan * u.deg), VALUE, "nan deg.*more than 0"),
    "infinite radius": (region(NGC1333, np.inf * u.deg), VALUE, "at most 180 deg"),
    "radius over 180": (region(NGC1333, 180.001 * u.deg), VALUE, "at most 180 deg"),
    "radius in seconds": (region(NGC1333, 2 * u.s), VALUE, "2. s>; expected an angle"),
    "one of two is NaN": (region(TWO, [1, np.nan] * u.deg), VALUE, "more than 0"),
    "three radii for two": (region(TWO, [1, 2, 3] * u.deg), VALUE, "one for each of 2 positions"),
    "radius of a name": (region("NGC 1333", 2), TYPE, "without a unit"),
    "bare width": (region(width=2), TYPE, "width is 2, without a unit"),
    "bare height": (region(width=2 * u.deg, height=2), TYPE, "height is 2, without a unit"),
    "negative width": (region(width=-2 * u.deg), VALUE, "width is .*more than 0"),
    "width over 360": (region(width=361 * u.deg, height="1d"), VALUE, "at most 360 deg"),
    "height over 180": (region(width="1d", height=181 * u.deg), VALUE, "height.*at most 180"),
    "radius and width": (
        region(NGC1333, "2 arcmin", width="1d"),
        VALUE,
        "radius is '2 arcmin' and width is '1d'; .*Leave one out",
    ),
    "height alone": (region(height=2 * u.deg), VALUE, "height is given without width"),
}

PLACES = {
    "NaN": (region(SkyCoord(np.nan, 1, unit="deg")), VALUE, "not finite"),
    "one NaN": (region(SkyCoord([1, np.nan], [1, 2], unit="deg")), VALUE, "Position 1 is not fin"),
    # astropy before 7 turns a masked position into NaN.
    "masked": (region(MASKED), VALUE, r"coordinates\[~coordinates.mask\]|Drop positions that are"),
    "empty": (region(SkyCoord([], [], unit="deg")), VALUE, "coordinates is empty"),
    "empty string": (region(""), VALUE, "empty string. Write '52.297 31.31' or a name"),
    "blank": (region("  "), VALUE, "empty string"),
    "no declination": (region("52.297"), VALUE, "'52.297' is not a position"),
    "over the pole": (region("52.297 99"), VALUE, "is not a position. Write '52.297 31.31'"),
    "quoted": (region("52.297 '31.31"), VALUE, "is not a position"),
    "nothing": (region(None), TYPE, "NoneType; expected a SkyCoord"),
    "a tuple": (region((52.297, 31.31)), TYPE, r"tuple.*SkyCoord\(ra, dec, unit='deg'\)"),
    "a number": (region(52.297), TYPE, "float; expected a SkyCoord"),
    "a table": (region(Table({"ra": [1.0], "dec": [2.0]})), TYPE, "Table; expected a SkyCoord"),
    "bytes": (region(b"52.297 31.31"), TYPE, "bytes; expected a SkyCoord"),
    "list of strings": (region(["52.297 31.31"]), TYPE, "list; expected a SkyCoord"),
    "a frame without data": (region(ICRS()), TYPE, "expected a SkyCoord"),
    "no way to ICRS": (region(AltAz(1 * u.deg, 2 * u.deg)), VALUE, "cannot be turned into ICRS"),
    "an offset of nothing": (
        region(SkyOffsetFrame(1 * u.deg, 2 * u.deg, origin=AltAz(1 * u.deg, 2 * u.deg))),
        VALUE,
        "cannot be turned into ICRS",
    ),
}

COLUMNS = {
    "unknown": (region(columns="nonsense"), VALUE, "'nonsense' is not in master_source"),
    "misspelt": (region(columns=["flux_aper_bb"]), VALUE, "Did you mean 'flux_aper_b'"),
    "another table's": (region(columns=["obsid"]), VALUE, "'obsid' is not in master_source"),
    "injected": (region(columns=["ra; DROP TABLE t"]), VALUE, "not in master_source"),
    "none at all": (region(columns=[]), VALUE, "columns is empty"),
    "a number": (region(columns=5), TYPE, "columns is 5; expected column names"),
    "numbers": (region(columns=[1, 2]), TYPE, "expected column names"),
    "columns and verbosity": (region(columns="ra", verbosity=2), VALUE, "both choose columns"),
    "verbosity 0": (region(verbosity=0), VALUE, "verbosity is 0; expected 1, 2 or 3"),
    "verbosity 4": (region(verbosity=4), VALUE, "verbosity is 4; expected 1, 2 or 3"),
    "verbosity 2.5": (region(verbosity=2.5), TYPE, "verbosity is 2.5; expected 1, 2 or 3"),
    "verbosity text": (region(verbosity="2"), TYPE, "verbosity is '2'; expected 1, 2 or 3"),
    "verbosity True": (region(verbosity=True), TYPE, "verbosity is True; expected 1, 2 or 3"),
}


def filtered(**filters):
    """Ask with a column filter that is wrong."""
    return lambda csc: csc.query_criteria(column_filters=filters)


FILTERS = {
    "unknown column": (filtered(significanc=(10, None)), VALUE, "Did you mean 'significance'"),
    "no mapping": (region(column_filters=["ra"]), TYPE, "expected a dict"),
    "no name": (region(column_filters={5: 1}), TYPE, "A column name is a string, not 5"),
    "open at both ends": (filtered(ra=(None, None)), VALUE, "with None for one open end"),
    "three ends": (filtered(ra=(1, 2, 3)), VALUE, r"a range is \(low, high\)"),
    "empty list": (filtered(name=[]), VALUE, "empty list. Give at least one value"),
    "NaN": (filtered(ra=(np.nan, 1)), VALUE, "not a finite number. Use None for an open end"),
    "text for a number": (filtered(ra="1"), VALUE, "expected a value of type double"),
    "number for a text": (filtered(likelihood_class=1), VALUE, "expected a string"),
    "flag for a text": (filtered(likelihood_class=True), VALUE, "expected a string"),
    "unit that does not fit": (filtered(flux_aper_b=1 * u.Jy), VALUE, "in erg/s/cm"),
    "control character": (
        filtered(name="a\nb"),
        VALUE,
        "contains a character that no value of the catalogue has",
    ),
    "a type that is none": (filtered(ra=object()), TYPE, "takes strings, numbers and booleans"),
    "empty criteria": (region(criteria=" "), VALUE, "criteria is empty. Leave it out, or write"),
    "no text": (region(criteria=5), TYPE, "one ADQL condition in a string"),
    "no condition": (region(criteria="significance"), VALUE, "not exactly one ADQL condition"),
    "two statements": (region(criteria="ra > 1; DROP TABLE t"), VALUE, "exactly one ADQL cond"),
    "out of its brackets": (region(criteria="1=1) OR (1=1"), VALUE, "exactly one ADQL condition"),
    "a comment": (region(criteria="ra > 1 -- and"), VALUE, "exactly one ADQL condition"),
    "an ORDER BY": (region(criteria="ra > 1 ORDER BY ra"), VALUE, "exactly one ADQL condition"),
    "column in criteria": (region(criteria="significanc > 1"), VALUE, "mean 'significance'"),
    "geometry in criteria": (
        region(criteria="CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 1, 2, 3)) = 0"),
        VALUE,
        "query_region does cones",
    ),
}

LIMITS = {
    "row_limit 0": (region(row_limit=0), VALUE, "Write 1 or more, or -1 for all rows"),
    "row_limit -2": (region(row_limit=-2), VALUE, "A row limit of -2 asks for nothing"),
    "row_limit 2.5": (region(row_limit=2.5), TYPE, "an integer, not 2.5. Write row_limit=100"),
    "row_limit text": (region(row_limit="5"), TYPE, "an integer, not '5'"),
    "row_limit True": (region(row_limit=True), TYPE, "an integer, not True"),
    "maxrec 0": (tap(maxrec=0), VALUE, "asks for nothing"),
    "maxrec -5": (tap(maxrec=-5), VALUE, "asks for nothing"),
    "maxrec 1.5": (tap(maxrec=1.5), TYPE, "an integer, not 1.5"),
    "maxrec text": (tap(maxrec="5"), TYPE, "an integer, not '5'"),
    "cache text": (region(cache="yes"), TYPE, "cache is 'yes'; expected True or False"),
    "payload number": (region(get_query_payload=1), TYPE, "expected True or False"),
    "async text": (tap(async_job="yes"), TYPE, "async_job is 'yes'; expected True or False"),
}

NAMES = {
    "empty": (objects(""), VALUE, "An object name is empty. Write 'NGC 1333'"),
    "blank": (objects("  "), VALUE, "An object name is empty"),
    "a number": (objects(1333), TYPE, "An object name is a string, not 1333"),
    "nothing": (objects(None), TYPE, "An object name is a string, not None"),
    "bytes": (objects(b"NGC 1333"), TYPE, "An object name is a string"),
    "a list": (objects(["NGC 1333"]), TYPE, "An object name is a string"),
    "semicolon": (objects("NGC 1333; DROP TABLE t"), VALUE, "holds a quote, a semicolon"),
    "double quote": (objects('NGC "1333"'), VALUE, "holds a quote, a semicolon"),
    "single quotes": (objects("'NGC 1333'"), VALUE, "holds a quote, a semicolon"),
    "line end": (objects("NGC\n1333"), VALUE, "or a control character"),
    "NUL": (objects("NGC 1333\0"), VALUE, "or a control character"),
    "injected 2CXO name": (objects(f"{NAME}' OR '1'='1"), VALUE, "is not a 2CXO name"),
    "half a 2CXO name": (objects("2CXO J032908"), VALUE, "Expected 2CXO Jhhmmss.s"),
    "no such hour": (objects("2CXO J252908.3+312020"), VALUE, "is not a 2CXO name"),
    "release 1": (objects("CXO J032908.3+312020"), VALUE, "a name of release 1"),
    "bare radius": (objects("NGC 1333", 2), TYPE, r"radius=2\*u.arcmin"),
    "bare radius of a source": (objects(NAME, 2), TYPE, "without a unit"),
    "large radius": (objects(NAME, 200 * u.deg), VALUE, "at most 180 deg"),
    "unknown column": (objects(NAME, columns="nonsense"), VALUE, "not in master_source"),
    "one string": (lambda csc: csc.query_objects(NAME), TYPE, r"For one: query_object\('2CXO"),
    "no names": (lambda csc: csc.query_objects([]), VALUE, "object_names is empty"),
    "no sequence": (lambda csc: csc.query_objects(5), TYPE, "expected several names"),
    "number among names": (lambda csc: csc.query_objects([NAME, 5]), TYPE, "not 5"),
    "empty among names": (lambda csc: csc.query_objects([NAME, " "]), VALUE, "name is empty"),
    "release 1 among names": (
        lambda csc: csc.query_objects(["NGC 1333", "CXO J032908.3+312020"]),
        VALUE,
        "a name of release 1",
    ),
    "bare radius of names": (lambda csc: csc.query_objects([NAME], 2), TYPE, "without a unit"),
}

POINT = "SELECT ra FROM master_source WHERE CONTAINS(POINT('', ra, dec), CIRCLE('', 1, 2, 3)) = 0"

ADQL = {
    "empty": (tap(""), VALUE, "The query is empty. Write for example 'SELECT name"),
    "blank": (tap(" \n"), VALUE, "The query is empty"),
    "no text": (tap(None), TYPE, "A query is a string, not NoneType"),
    "bytes": (tap(b"SELECT 1"), TYPE, "A query is a string, not bytes"),
    "empty, untouched": (tap("", validate=False), VALUE, "The query is empty"),
    "no text, untouched": (tap(5, validate=False), TYPE, "A query is a string, not int"),
    "DROP": (tap("DROP TABLE master_source"), VALUE, "not one SELECT but starts with 'DROP'"),
    "INSERT": (tap("INSERT INTO master_source VALUES (1)"), VALUE, "starts with 'INSERT'"),
    "two": (tap("SELECT ra FROM master_source; SELECT 1"), VALUE, "not exactly one SELECT"),
    "INTO": (tap("SELECT ra INTO mine FROM master_source"), VALUE, "INTO"),
    "unreadable": (tap("SELECT ra FROM"), VALUE, "validate=False sends the text as it is"),
    "unknown column": (tap("SELECT flux_aper_bb FROM master_source"), VALUE, "mean 'flux_aper_b'"),
    "no such alias": (tap("SELECT x.ra FROM master_source m"), VALUE, "the query has no table 'x'"),
    "another release": (
        tap("SELECT ra FROM csc2.master_source"),
        VALUE,
        r"csc2.master_source is of release 2.0.*Write csc21.master_source, or Csc\(release='2.0'\)",
    ),
    "another schema": (tap("SELECT ra FROM dbo.master_source"), VALUE, "Schema 'dbo' is not known"),
    "geometry": (tap(POINT), VALUE, "write a box in ra and dec"),
    "uploads that are none": (tap(uploads=[1]), TYPE, r"expected a dict: \{'mine': table\}"),
    "name of an upload": (tap(uploads={"a b": Table()}), VALUE, "is not a plain word"),
}

LISTINGS = {
    "unknown table": (lambda csc: csc.list_columns("master_sorce"), VALUE, "mean 'master_source'"),
    "no name": (lambda csc: csc.list_columns(5), TYPE, "Write 'master_source'"),
    "no keyword": (lambda csc: csc.list_columns(keyword=5), TYPE, "keyword is a string, not 5"),
    "known to the service": (
        lambda csc: csc.list_columns("ivoa.ObsCore"),
        VALUE,
        "refresh=True",
    ),
}

MAKING = {
    "unknown release": (
        lambda csc: csc(release="2.3"),
        VALUE,
        "Release '2.3' is not known. Known: 2.1, 2.0, current",
    ),
    "release 1.1": (lambda csc: csc(release="1.1"), VALUE, "another schema and no TAP service"),
    "release number": (lambda csc: csc(release=2.1), TYPE, "Write release='2.1'"),
    "server number": (lambda csc: csc(server=5), TYPE, "expected an address such as"),
    "server scheme": (lambda csc: csc(server="ftp://a.b"), VALUE, "is not a web address. Write 'h"),
    "no server": (lambda csc: csc(server=""), VALUE, "is not a web address"),
    "half a server": (lambda csc: csc(server="http://[::1"), VALUE, "is not a web address"),
    "server port": (lambda csc: csc(server="http://a.b:99999"), VALUE, "is not a web address"),
    "server with a blank": (lambda csc: csc(server="http://a b"), VALUE, "is not a web address"),
    "server on two lines": (lambda csc: csc(server="http://a.b\n"), VALUE, "is not a web address"),
    "server with query": (lambda csc: csc(server="https://a.b?c=d"), VALUE, "is not a web address"),
    "timeout 0": (lambda csc: csc(timeout=0), VALUE, "expected seconds above 0"),
    "timeout NaN": (lambda csc: csc(timeout=np.nan), VALUE, "expected seconds above 0"),
    "timeout infinite": (lambda csc: csc(timeout=np.inf), VALUE, "expected seconds above 0"),
    "timeout text": (lambda csc: csc(timeout="5"), TYPE, "'5'; expected a number of seconds"),
    "timeout bytes": (lambda csc: csc(timeout=b"5"), TYPE, "expected a number of seconds"),
    "timeout flag": (lambda csc: csc(timeout=True), TYPE, "True; expected a number of seconds"),
    "timeouts": (lambda csc: csc(timeout=[5, 6] * u.s), TYPE, r"\[5., 6.\] s>; expected a number"),
    "timeout length": (lambda csc: csc(timeout=3 * u.m), VALUE, "expected a time"),
    "row_limit 0": (lambda csc: csc(row_limit=0), VALUE, "Write 1 or more"),
    "row_limit text": (lambda csc: csc(row_limit="all"), TYPE, "an integer, not 'all'"),
    "no such argument": (lambda csc: csc(no_such="2.0"), TypeError, "no_such"),
}

GROUPS: dict[str, dict[str, tuple[Any, ...]]] = {
    "sizes": SIZES,
    "places": PLACES,
    "columns": COLUMNS,
    "filters": FILTERS,
    "limits": LIMITS,
    "names": NAMES,
    "ADQL": ADQL,
    "listings": LISTINGS,
    "making": MAKING,
}

CASES = [
    pytest.param(*case, id=f"{group}: {name}")
    for group, cases in GROUPS.items()
    for name, case in cases.items()
]


@pytest.mark.parametrize(("ask", "error", "words"), CASES)
def test_bad_input_is_refused_with_what_to_write_and_nothing_is_sent(
    csc, server, ask, error, words
):
    """The class of the error, a sentence that helps, and no request, not even to the resolver."""
    log = RequestLog(server)

    with sesame_url.set((server.sesame_url,)), pytest.raises(error, match=words):
        ask(csc)

    assert log.all == []
    assert list(csc.cache_location.iterdir()) == []


@pytest.mark.parametrize(("ask", "error", "words"), CASES)
def test_an_error_says_one_thing_on_one_line(csc, ask, error, words):
    """Every message is one line that a person reads, and ends with a full stop or a bracket."""
    with pytest.raises(error) as caught:
        ask(csc)

    text = str(caught.value)
    assert "\n" not in text
    assert text[-1] in ".)'"
    assert issubclass(error, TypeError) or isinstance(caught.value, CscError)


def test_a_table_that_may_be_new_is_asked_for_before_it_is_refused(csc, server):
    """The service tells its tables once; the query itself is not sent."""
    log = RequestLog(server)

    for _ in range(2):
        with pytest.raises(InvalidQueryError, match=r"Did you mean 'master_source'.*list_tables"):
            csc.query_tap("SELECT ra FROM master_sorce", cache=False)

    assert [query.rpartition(" ")[2] for query in log.queries] == ["TAP_SCHEMA.columns"]


@pytest.mark.parametrize("item", ["release", "server"])
def test_a_bad_configuration_is_refused_at_the_call(item):
    """What conf holds is read at the call, and checked like an argument."""
    with conf.set_temp(item, "nonsense"), pytest.raises(InvalidQueryError, match="'nonsense'"):
        CscClass().query_region(NGC1333)


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("timeout", 0.0),
        ("max_wait", -1.0),
        ("max_wait", np.nan),
        ("retries", -1),
        ("retry_wait", -1.0),
        ("positions_per_request", 0),
        ("max_remote_positions", 0),
    ],
)
def test_a_bad_number_of_the_configuration_is_refused_at_the_call(server, item, value):
    """The error names the setting, its value and what is expected; nothing is sent."""
    log = RequestLog(server)

    with (
        conf.set_temp(item, value),
        pytest.raises(InvalidQueryError, match=rf"conf.{item} is {value:g}; expected.* or more"),
    ):
        CscClass(server=server.url).query_region(TWO, cache=False)

    assert log.all == []


def test_wrong_types_are_type_errors_and_csc_errors():
    """`except TypeError` and `except CscError` both catch a wrong type."""
    assert issubclass(InputTypeError, TypeError)
    assert issubclass(InputTypeError, CscError)
