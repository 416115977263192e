# Licensed under a 3-clause BSD style license - see LICENSE
"""Habits of astroquery's users: settings that are assigned, mocked verbs, misspelt words."""

import copy
import inspect
import pickle
from dataclasses import dataclass
from typing import Any
from unittest.mock import MagicMock, create_autospec, patch

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astroquery.exceptions import MaxResultsWarning

from astroquery_csc import Csc, conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from tests.support.comparing import NGC1333, RequestLog

ANY: Any = Csc
ANY_CLASS: Any = CscClass
QUERY = "SELECT name FROM master_source"


@pytest.fixture(autouse=True)
def untouched():
    """Leave the common instance as it was."""
    yield
    Csc.row_limit = Csc.timeout = None


# ---- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["row_limit", "ROW_LIMIT", "MAXREC"])
@pytest.mark.parametrize(
    "verb",
    [
        lambda csc: csc.query_region(NGC1333),
        lambda csc: csc.query_criteria(columns="match"),
        lambda csc: csc.query_tap(QUERY),
    ],
    ids=["region", "criteria", "tap"],
)
def test_a_row_limit_that_is_set_is_obeyed(csc, name, verb):
    """Whatever name it has: as many rows come, with a warning."""
    setattr(csc, name, 3)

    with pytest.warns(MaxResultsWarning):
        table = verb(csc)

    assert len(table) == 3
    assert (csc.row_limit, csc.ROW_LIMIT, csc.MAXREC) == (3, 3, 3)


def test_maxrec_of_a_call_comes_before_the_row_limit(csc):
    """A number is obeyed; -1 leaves the limit to the service."""
    csc.row_limit = 3

    with pytest.warns(MaxResultsWarning):
        short = csc.query_tap(QUERY, maxrec=5)

    assert (len(short), len(csc.query_tap(QUERY, maxrec=-1)) > 3) == (5, True)


@pytest.mark.parametrize("name", ["timeout", "TIMEOUT"])
def test_a_timeout_that_is_set_is_obeyed(csc, monkeypatch, name):
    """Requests have it; a quantity is converted."""
    seen = []
    send = csc._request

    def request(*args, timeout, **kwargs):
        """Note the time limit, and send."""
        seen.append(timeout)
        return send(*args, timeout=timeout, **kwargs)

    monkeypatch.setattr(csc, "_request", request)
    setattr(csc, name, 0.5 * u.min)

    csc.query_region(NGC1333, cache=False)

    assert (csc.timeout, csc.TIMEOUT, seen) == (30.0, 30.0, [30.0])


@pytest.mark.parametrize(
    ("name", "value", "kind", "words"),
    [
        ("ROW_LIMIT", 0, InvalidQueryError, "-1 for all rows"),
        ("MAXREC", "5", InputTypeError, "an integer, not '5'"),
        ("row_limit", True, InputTypeError, "an integer, not True"),
        ("TIMEOUT", -1, InvalidQueryError, "seconds above 0"),
        ("timeout", "1 min", InputTypeError, "a number of seconds"),
    ],
)
def test_a_bad_value_is_refused_when_it_is_set(name, value, kind, words):
    """The setting stays as it was."""
    csc = CscClass(row_limit=7, timeout=8)

    with pytest.raises(kind, match=words):
        setattr(csc, name, value)

    assert (csc.row_limit, csc.timeout) == (7, 8.0)


def test_the_cache_may_be_in_the_home_folder(monkeypatch, tmp_path):
    """A tilde is no folder; None is the default folder again."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    csc = CscClass()

    csc.cache_location = "~/csc"
    found = csc.cache_location
    csc.cache_location = None

    assert (found, found.is_dir()) == (tmp_path / "csc", True)
    assert csc.cache_location == CscClass().cache_location


def test_none_follows_the_configuration_again():
    """Also where the instance was made with a value."""
    csc = CscClass(row_limit=7, timeout=8)
    csc.ROW_LIMIT = csc.TIMEOUT = None

    with conf.set_temp("row_limit", 4), conf.set_temp("timeout", 5.0):
        assert (csc.row_limit, csc.timeout) == (4, 5.0)


@pytest.mark.parametrize(
    "duplicate",
    [lambda csc: csc(), copy.copy, copy.deepcopy, lambda csc: pickle.loads(pickle.dumps(csc))],
    ids=["call", "copy", "deepcopy", "pickle"],
)
def test_what_was_set_is_kept_by_copies(duplicate):
    """A copy has it, and can be changed by itself."""
    csc: Any = CscClass(row_limit=7)
    csc.row_limit, csc.TIMEOUT = np.int64(3), 9

    again = duplicate(csc)
    again.row_limit = 2

    assert (again.timeout, again.row_limit, csc.row_limit) == (9.0, 2, 3)


@pytest.mark.parametrize("name", ["row_limit", "ROW_LIMIT", "MAXREC", "timeout", "TIMEOUT"])
def test_a_mocked_setting_is_what_it_was_afterwards(monkeypatch, name):
    """Of a new instance it follows the configuration, of another it has its own value."""
    new, own = CscClass(), CscClass(row_limit=7, timeout=7)
    later = CscClass(row_limit=7, timeout=7)
    setattr(later, name, 6)
    with patch.object(new, name, 3), patch.object(own, name, 3), patch.object(later, name, 3):
        mocked = [getattr(csc, name) for csc in (new, own, later)]
    with monkeypatch.context() as context:
        context.setattr(new, name, 4)
        context.setattr(own, name, 4)
        context.setattr(later, name, 4)

    with conf.set_temp("row_limit", 5), conf.set_temp("timeout", 5.0):
        after = [getattr(csc, name) for csc in (new, own, later)]

    assert (mocked, after) == ([3, 3, 3], [5, 7, 6])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("row_limits", "Did you mean 'row_limit'?"),
        ("ROWLIMIT", "Did you mean 'row_limit'?"),
        ("Timeout", "Did you mean 'timeout'?"),
        ("query_regions", "Did you mean 'query_region'?"),
        ("cache_locaton", "Did you mean 'cache_location'?"),
        ("release", 'Write older = Csc(release="2.0"), or set conf.release'),
        ("server", "Csc(server='https://…'), or set conf.server"),
        ("URL", "Csc(server="),
        ("mirror", "Csc(mirror="),
        ("max_wait", "from astroquery_csc import conf; conf.max_wait"),
        ("columns", "an argument of the verbs: Csc.query_region(…, columns=…)"),
        ("maxrec", "what the service states. Write Csc.MAXREC = 100"),
        ("hardlimit", "what the service states"),
        ("nonsense", "no attribute"),
    ],
)
def test_an_attribute_that_would_change_nothing_is_refused(name, words):
    """The error says what to write, or which name was meant."""
    with pytest.raises(AttributeError) as caught:
        setattr(Csc, name, 5)

    assert str(caught.value).startswith(f"Csc has no attribute {name!r} to set.")
    assert words in str(caught.value)
    assert name not in vars(Csc)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("query_regoin", "query_region"),
        ("query_region_async", "query_region"),
        ("query_adql", "query_tap"),
        ("search", "query_region"),
        ("row_limits", "row_limit"),
        ("TIME_OUT", "timeout"),
    ],
)
def test_an_attribute_that_is_missing_leads_to_the_one_that_was_meant(name, meant):
    """Also under the names of other modules; hasattr and getattr work as ever."""
    with pytest.raises(AttributeError, match=f"^Csc has no attribute '{name}'.*'{meant}'"):
        getattr(Csc, name)

    assert not hasattr(Csc, name)


def test_a_private_attribute_that_is_missing_has_no_advice():
    """Tools look for these, and show no words."""
    with pytest.raises(AttributeError, match=r"^Csc has no attribute '_repr_html_'\.$"):
        getattr(Csc, "_repr_html_")  # noqa: B009 - mypy knows that it is missing


def test_a_misspelt_setting_of_conf_is_refused():
    """The error names those that there are."""
    with pytest.raises(
        AttributeError, match=r"no setting 'row_limits'. Settings: server, .*retries"
    ):
        conf.row_limits = 5


def test_verbs_and_the_seam_can_be_replaced(monkeypatch):
    """By mock and by monkeypatch, which leave no trace; a subclass may have what it likes."""

    class Mine(CscClass):
        """A catalogue with something else in it."""

    mine = Mine()
    mine.label = "mine"
    monkeypatch.setattr(Csc, "query_region", lambda: 1)
    monkeypatch.setattr(Csc, "_request", lambda: 2)
    with patch.object(Csc, "query_tap", return_value=3), patch.object(Csc, "_session"):
        found = [ANY.query_region(), ANY._request(), ANY.query_tap("?")]

    assert (found, mine.label) == ([1, 2, 3], "mine")
    assert "query_tap" not in vars(Csc)


@pytest.mark.parametrize(
    "make",
    [
        inspect.getmembers,
        create_autospec,
        lambda csc: MagicMock(spec=csc),
    ],
    ids=["members", "autospec", "spec"],
)
def test_inspecting_or_mocking_an_instance_asks_nobody(make):
    """What asks the service is not among the attributes that are looked through."""
    csc: Any = CscClass()
    csc._request = lambda *args, **kwargs: pytest.fail("a request was sent")

    assert make(csc)
    assert {"query_region", "row_limit"} < set(dir(csc))


def test_a_subclass_may_be_a_dataclass():
    """One that compares by value, and so has no hash."""

    @dataclass
    class Labelled(CscClass):
        """A catalogue with a label."""

        label: str = ""

        def __post_init__(self):
            """Make the rest."""
            super().__init__()

    assert Labelled("mine").label == "mine"


# ---- arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ANY.query_region(NGC1333, radus=1), r"^Csc\.query_region\(\) got .*'radus'"),
        (
            lambda: ANY.query_object("M31", row_limits=1),
            r"^Csc\.query_object\(\) got .*'row_limits'",
        ),
        (Csc.get_spectra, r"^Csc\.get_spectra\(\) missing .*'names_or_rows'"),
        (lambda: ANY.query_tap(QUERY, 5), r"^Csc\.query_tap\(\) takes 2 positional"),
        (lambda: Csc(ROW_LIMIT=5), r"^Csc\(\) got .*'ROW_LIMIT'"),
        (lambda: ANY_CLASS(no_such=5), r"^Csc\(\) got .*'no_such'"),
    ],
)
def test_errors_about_arguments_name_what_was_written(call, words):
    """Python's own words have Csc in them, not a class."""
    with pytest.raises(TypeError, match=words):
        call()


@pytest.mark.parametrize(
    "ask",
    [
        lambda csc, **radius: csc.query_region(NGC1333, verbosity=1, **radius),
        lambda csc, **radius: csc.query_detections(coordinates=NGC1333, obsid=9, **radius),
    ],
    ids=["region", "detections"],
)
def test_no_radius_is_the_default_radius(csc, ask):
    """radius=None sends what is sent without it."""
    asked = [ask(csc, get_query_payload=True, **radius) for radius in ({}, {"radius": None})]

    assert asked[0] == asked[1]


def test_no_radius_beside_a_box_is_no_radius(csc):
    """Width alone decides."""
    assert len(csc.query_region(NGC1333, None, width=4 * u.arcmin, verbosity=1)) >= 11


# ---- names ---------------------------------------------------------------------------------------

SOURCE = "2CXO J004236.1+412156"
PLACE = SkyCoord(10.7, 41.3, unit="deg")
FRAME = pd.DataFrame({"name": [SOURCE]})

ONE_NAME = {
    "object": lambda csc, given: csc.query_object(given),
    "light curve": lambda csc, given: csc.query_light_curve(given),
}
SEVERAL_NAMES = {
    "objects": lambda csc, given: csc.query_objects(given),
    "detections": lambda csc, given: csc.query_detections(given),
    "spectra": lambda csc, given: csc.get_spectra(given),
}
NOT_NAMES = {
    "frame": (FRAME, r"DataFrame"),
    "dict": ({"name": SOURCE}, "a dict"),
    "0-d": (np.array(SOURCE), r"ndarray of shape \(\)"),
    "2-d": (np.array([[SOURCE]]), r"ndarray of shape \(1, 1\)"),
    "bytes": (SOURCE.encode(), "b'2CXO J0042"),
    "masked": (np.ma.masked, "masked"),
    "bytes in it": ([SOURCE.encode()], "a list|b'2CXO J0042"),
    "None in it": ([None], "a list|None"),
    "position in it": ([PLACE], "a list|SkyCoord"),
    "number": (7, "7"),
}


@pytest.mark.parametrize("verb", [*ONE_NAME, *SEVERAL_NAMES])
@pytest.mark.parametrize("given", NOT_NAMES)
def test_what_is_not_a_name_is_refused_in_words(csc, server, verb, given):
    """Whatever is given in the place of names: the error shows it, and nothing is sent."""
    value, words = NOT_NAMES[given]
    log = RequestLog(server)

    with pytest.raises(InputTypeError, match=words):
        (ONE_NAME | SEVERAL_NAMES)[verb](csc, value)

    assert log.all == []


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("object", r"For a position: query_region\(coordinates\)"),
        ("objects", r"For positions: query_region\(coordinates\)"),
        ("detections", r"For positions: query_detections\(coordinates=...\)"),
        ("spectra", "a SkyCoord of shape"),
    ],
)
@pytest.mark.parametrize("given", [PLACE, PLACE.reshape(1)], ids=["one", "array"])
def test_a_position_that_is_given_as_a_name_leads_to_what_takes_one(
    csc, server, verb, words, given
):
    """Nothing is sent."""
    log = RequestLog(server)

    with pytest.raises(InputTypeError, match=words):
        (ONE_NAME | SEVERAL_NAMES)[verb](csc, given)

    assert log.all == []


@pytest.mark.parametrize("verb", SEVERAL_NAMES)
@pytest.mark.parametrize("given", [FRAME, Table(FRAME.to_dict("list")).as_array().reshape(1, 1)])
def test_a_frame_in_the_place_of_names_leads_to_its_column(csc, verb, given):
    """What has columns is not taken for the names of these."""
    with pytest.raises(InputTypeError, match=r"\['name'\] for one column of it"):
        SEVERAL_NAMES[verb](csc, given)


@pytest.mark.parametrize(
    "given",
    [FRAME["name"], FRAME["name"].to_numpy(), (name for name in [SOURCE]), {SOURCE: 1}.keys()],
    ids=["series", "array", "generator", "keys"],
)
def test_columns_of_frames_and_whatever_yields_names_are_names(csc, tmp_path, given):
    """Each is read once, also by the verb that reads detections twice."""
    spectra = csc.get_spectra(given, location=tmp_path, clean=False)

    assert set(spectra["name"]) == {SOURCE}
