# Licensed under a 3-clause BSD style license - see LICENSE
"""
Every setting of every switch of the dialect through the main verbs.

What a service does is not certain; a user must not notice. So each setting gives the tables of the
default dialect, or the error that stands in ``DIFFERENT``. A switch that is new, or a setting that
is not tried, fails the first tests of this file.
"""

import warnings
from dataclasses import fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from astropy import units as u
from astropy.table import Table
from astroquery.exceptions import MaxResultsWarning

from astroquery_csc import clean_flags
from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import (
    CscError,
    InvalidQueryError,
    RemoteServiceError,
)
from astroquery_csc.testing import Dialect, csc_server
from astroquery_csc.testing.dialect import CONSTRUCTS
from tests.support.comparing import EMPTY_SKY, NGC1333, UNMEASURED, assert_same_table
from tests.support.joined import OBSID, synthetic_names

RADIUS = 2 * u.arcmin

JOINED = (
    "SELECT m.name, m.ra AS x, m.flux_aper_b, m.var_inter_index_w, m.extent_flag, "
    "m.likelihood_class, a.match_type FROM master_source m, master_stack_assoc a "
    "WHERE (m.name = a.name) AND m.dec > 89.8 ORDER BY m.name ASC"
)

PLAIN = "SELECT m.name, m.extent_flag FROM master_source m WHERE m.dec > 89.9"

UPLOAD = "SELECT t.number, m.ra FROM master_source m, TAP_UPLOAD.mine t WHERE (m.name = t.name)"

#: More names than one list takes.
MANY = synthetic_names()[:230]

#: What is asked of every dialect: by name, a verb.
PROBES = {
    "cone": lambda csc: csc.query_region(NGC1333, RADIUS),
    "box": lambda csc: csc.query_region(
        NGC1333, RADIUS, columns=["likelihood_class", "significance", "var_inter_index_w"]
    ),
    "empty cone": lambda csc: csc.query_region(EMPTY_SKY, RADIUS, verbosity=1),
    "large cone": lambda csc: csc.query_region(NGC1333, 5 * u.arcmin, verbosity=1),
    "object": lambda csc: csc.query_object(UNMEASURED, columns=["significance", "extent_flag"]),
    "criteria": lambda csc: csc.query_criteria(
        columns="name", column_filters={"extent_flag": True, "dec": (80, None)}
    ),
    "names": lambda csc: csc.query_objects(MANY, columns="extent_flag"),
    "list": lambda csc: csc.query_criteria(
        columns="name", column_filters={"name": MANY, "var_flag": [True, False]}, row_limit=215
    ),
    "list around": lambda csc: csc.query_region(
        NGC1333, 100 * u.deg, columns="name", column_filters={"name": MANY}
    ),
    "detections": lambda csc: csc.query_detections(
        MANY, match_type=None, columns=["theta", "m.ra"], column_filters=clean_flags("observation")
    ),
    "stacks": lambda csc: csc.query_detections(obsid=OBSID, level="stack", columns="theta_mean"),
    "theta": lambda csc: csc.query_detections(obsid=OBSID, columns="theta", criteria="o.theta < 5"),
    "light curve": lambda csc: csc.query_light_curve(MANY[3]),
    "join": lambda csc: csc.query_tap(JOINED),
    "limit": lambda csc: csc.query_tap(PLAIN, maxrec=4),
    "job": lambda csc: csc.query_tap(PLAIN, async_job=True),
    "upload": lambda csc: csc.query_tap(
        UPLOAD, uploads={"mine": Table({"name": [UNMEASURED], "number": [7]})}
    ),
    "columns": lambda csc: csc.list_columns("master_stack_assoc", refresh=True),
    "refused": lambda csc: csc.query_tap("SELECT ra FROM csc21.nowhere", validate=False),
    "hard limit": lambda csc: Table({"hardlimit": [csc.hardlimit]}),
}

#: What is asked with every setting: both routes of a region, ADQL, a listing, a refusal.
MAIN = ("cone", "box", "join", "columns", "refused")

#: What else a switch can change.
MORE = {
    **dict.fromkeys(("redirect", "gzip", "votable_mime", "votable_version"), ("job", "upload")),
    **dict.fromkeys(("namespace_prefix", "resource_type", "error_form"), ("job", "empty cone")),
    **dict.fromkeys(("booleans", "null_ints"), ("object", "criteria", "job")),
    **dict.fromkeys(("overflow", "maxrec_honoured"), ("limit",)),
    **dict.fromkeys(("default_maxrec", "hard_limit"), ("limit", "hard limit", "job")),
    **dict.fromkeys(("stated_limits", "capabilities"), ("hard limit",)),
    **dict.fromkeys(("refused", "max_in_list", "boolean_literals", "column_case"), tuple(PROBES)),
    **dict.fromkeys(("join_on", "string_padding"), ("detections", "light curve")),
    "missing_columns": ("criteria", "object", "empty cone"),
    **dict.fromkeys(("uws_version", "async_polls", "async_seconds", "async_end"), ("job",)),
    **dict.fromkeys(("empty_cone", "cone_error", "zero_sr"), ("empty cone",)),
    **dict.fromkeys(("max_sr_deg", "cut_sr_deg"), ("large cone",)),
    "upload": ("upload",),
}

#: A service with such a setting loads its tables anew, which takes it a second.
RELOADS = frozenset(
    {
        "cone_distance",
        "extra_columns",
        "join_on",
        "missing_columns",
        "ra_dec_units",
        "tap_schema_name",
        "unit_spelling",
    }
)

#: Constructs that no probe sends.
UNUSED = frozenset(CONSTRUCTS) - {"BETWEEN", "COMMA JOIN", "IN", "JOIN ON", "ORDER BY"}

#: Settings of the switches that are no choice between words, and no yes or no.
NUMBERS: dict[str, list[Any]] = {
    "delay_seconds": [0.01],
    "namespace_prefix": ["v"],
    "text_null": ["--"],
    "default_maxrec": [2_000],
    "hard_limit": [2_000],
    "refused": [*map(frozenset, ({"BETWEEN"}, {"COMMA JOIN"}, {"IN"}, {"ORDER BY"})), UNUSED],
    "max_in_list": [None, 200],
    "async_polls": [1],
    "async_seconds": [0.05],
    "max_sr_deg": [1.0],
    "cut_sr_deg": [1.0],
    "extra_columns": [("flux_new_b",)],
    "missing_columns": [("significance",)],
    "file_faults": [(("lc3", "html"),)],
    "sia_least_size_deg": [0.1],
}

#: What names sources or observations in a list, if only of one.
NAMED = ("object", "names", "list", "list around", "detections", "stacks", "theta", "light curve")

REFUSED = (InvalidQueryError, r"Construct \[.*\] is not supported")

#: Where a setting shows: the error of a probe, or None for a table of its own.
DIFFERENT: dict[tuple[str, object], dict[str, tuple[type[CscError], str] | None]] = {
    ("error_form", "500-html"): {"refused": (InvalidQueryError, "Table \\[ csc21.nowhere \\]")},
    ("stated_limits", False): {"hard limit": (RemoteServiceError, "none is stated")},
    ("capabilities", False): {"hard limit": (RemoteServiceError, "404|does not say")},
    ("hard_limit", 2_000): {"hard limit": None},
    ("upload", False): {"upload": (InvalidQueryError, "UPLOAD is not supported")},
    ("refused", frozenset({"BETWEEN"})): dict.fromkeys(
        ("box", "large cone", "list around", "detections"), REFUSED
    ),
    ("refused", frozenset({"COMMA JOIN"})): {"join": REFUSED, "upload": REFUSED},
    ("refused", frozenset({"IN"})): dict.fromkeys(NAMED, REFUSED),
    ("refused", frozenset({"ORDER BY"})): {"join": REFUSED},
    ("async_end", "ERROR"): {"job": (InvalidQueryError, "The job failed")},
    ("async_end", "ABORTED"): {"job": (RemoteServiceError, "aborted")},
    ("missing_columns", ("significance",)): {
        "cone": None,
        "box": (InvalidQueryError, "not found"),
        "object": (InvalidQueryError, "not found"),
    },
}


def switches():
    """List every switch with every setting that is tried."""
    hints = get_type_hints(Dialect)
    for switch in fields(Dialect):
        hint = hints[switch.name]
        if get_origin(hint) is Literal:
            yield from ((switch.name, value) for value in get_args(hint))
        elif hint is bool:
            yield from ((switch.name, value) for value in (True, False))
        else:
            yield from ((switch.name, value) for value in NUMBERS.get(switch.name, ()))


def tried():
    """Give the settings that differ from the default."""
    default = Dialect()
    return [(name, value) for name, value in switches() if getattr(default, name) != value]


def spelled(value):
    """Name a setting in the same words in every process: a set has no order of its own."""
    words = sorted(value) if isinstance(value, frozenset) else value
    return str(words).strip("()[]")


def weighed():
    """
    Mark most settings as slow.

    The first of every eighth switch are left; test_remote_offline.py tells every setting from the
    others in the normal run.
    """
    settings = tried()
    first = {name: value for name, value in reversed(settings) if name not in RELOADS}
    sample = list(first.items())[::8]
    return [
        pytest.param(name, value, marks=[] if (name, value) in sample else pytest.mark.slow)
        for name, value in settings
    ]


def ask(csc, probe):
    """Run one verb; give its table and the classes of its warnings, or its error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            table = PROBES[probe](csc)
        except CscError as error:
            return error
    return table, {warning.category for warning in caught}


def ask_all(dialect, probes, folder):
    """Run some verbs against a service of a dialect, with an empty cache."""
    with (
        csc_server(dialect=dialect) as server,
        conf.set_temp("retries", 0),
        conf.set_temp("max_wait", 20.0),
    ):
        csc = CscClass(server=server.url)
        csc.cache_location = folder
        try:
            return {probe: ask(csc, probe) for probe in probes}
        finally:
            csc._session.close()


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """Run every verb against the default dialect, once."""
    return ask_all(Dialect(), PROBES, tmp_path_factory.mktemp("usual"))


def test_every_switch_is_tried():
    """A switch without a setting here, or a setting of no switch, is a gap of this file."""
    assert {name for name, _ in tried()} == {switch.name for switch in fields(Dialect)}
    assert set(NUMBERS) <= {switch.name for switch in fields(Dialect)}
    assert set(DIFFERENT) <= set(tried())
    assert {name for name, _ in DIFFERENT} <= set(MORE)
    assert set(MORE) <= {switch.name for switch in fields(Dialect)}


def test_the_usual_dialect_answers_every_probe(usual):
    """By default every verb gives a table with rows, but for the two that are to have none."""
    tables = {name: outcome[0] for name, outcome in usual.items() if isinstance(outcome, tuple)}

    assert set(PROBES) - set(tables) == {"refused"}
    assert [name for name, table in tables.items() if len(table) == 0] == ["empty cone"]
    assert MaxResultsWarning in usual["limit"][1]


@pytest.mark.parametrize(("switch", "value"), weighed(), ids=spelled)
def test_no_setting_shows_in_the_tables(usual, tmp_path, switch, value):
    """The same tables, warnings and errors as usual; where not, it stands in DIFFERENT."""
    probes = dict.fromkeys((*MAIN, *MORE.get(switch, ())))
    outcomes = ask_all(Dialect(**{switch: value}), probes, tmp_path)

    different = DIFFERENT.get((switch, value), {})
    for probe, outcome in outcomes.items():
        assert_as_expected(outcome, usual[probe], different.get(probe, "same"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "switches",
    [
        {"refused": frozenset({"COMMA JOIN"}), "join_on": True},
        {"refused": frozenset({"JOIN ON"}), "max_in_list": 20},
        {"refused": frozenset({"COMMA JOIN", "OR"}), "boolean_literals": "words"},
        {"refused": frozenset({"COMMA JOIN"}), "max_in_list": 150, "error_form": "500-text"},
        {"boolean_literals": "keywords", "max_in_list": 90, "error_form": "500-html"},
    ],
    ids=str,
)
def test_no_mixture_shows_in_the_tables(usual, tmp_path, switches):
    """Several things that the verbs live through at once give the same tables."""
    probes = [*NAMED, "criteria", "box"]

    outcomes = ask_all(Dialect(**switches), probes, tmp_path)

    for probe, outcome in outcomes.items():
        assert_as_expected(outcome, usual[probe], "same")


def assert_as_expected(outcome, usual, expected):
    """Compare one outcome with the usual one, or with the error that is expected."""
    if expected is None:
        assert isinstance(outcome, tuple)
    elif expected != "same":
        error, words = expected
        with pytest.raises(error, match=words):
            raise outcome
    elif isinstance(usual, tuple):
        assert isinstance(outcome, tuple), outcome
        assert_same_table(outcome[0], usual[0])
        assert outcome[1] == usual[1]
        assert outcome[0].meta.get("TRUNC") == usual[0].meta.get("TRUNC")
    else:
        assert type(outcome) is type(usual)
        assert "csc21.nowhere" in str(outcome)
