# Licensed under a 3-clause BSD style license - see LICENSE
"""clean_flags: what is unclean at which level, any or all, and that a null is not clean."""

from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astroquery.exceptions import NoResultsWarning

from astroquery_csc import clean_flags
from astroquery_csc.catalogue.flags import FLAGS
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from tests.support.comparing import RequestLog
from tests.support.joined import OBSID, cells, observed
from tests.support.sky import sky

ACIS = "2CXO J004236.1+412156"
MASTER = {
    "conf_flag": [False, None],
    "dither_warning_flag": False,
    "sat_src_flag": False,
    "streak_src_flag": False,
    "pileup_flag": False,
}
CODES = {"conf_code": (0, 7), "edge_code": (0, 1), "multi_chip_code": 0}
ROW = {"dither_warning_flag": False, "sat_src_flag": False, "streak_src_flag": False}


def test_each_level_has_its_own_columns():
    """Masters have flags, stacks flags and codes, observations a number for pile-up."""
    assert clean_flags("master") == MASTER
    assert clean_flags("stack") == CODES | ROW | {"pileup_flag": False}
    assert clean_flags("observation") == CODES | ROW | {"pileup_warning": (None, 0.1)}


@pytest.mark.parametrize("level", ["master", "stack", "observation"])
def test_variable_extended_and_reviewed_are_not_unclean(level):
    """No level asks for var_*, extent_* or man_*."""
    assert not [name for name in clean_flags(level) if name.startswith(("var_", "extent_", "man_"))]


def test_the_limit_of_pile_up_can_be_chosen_and_left_out():
    """pileup_warning is a number; its limit is the caller's."""
    assert clean_flags("observation", max_pileup=0.02)["pileup_warning"] == (None, 0.02)
    assert "pileup_warning" not in clean_flags("observation", max_pileup=None)
    assert clean_flags("master", max_pileup=None) == MASTER


def test_strict_codes_are_zero():
    """With strict=True no overlap and no edge of a chip is clean."""
    strict = clean_flags("observation", strict=True)

    assert [strict["conf_code"], strict["edge_code"], strict["multi_chip_code"]] == [0, 0, 0]


def test_extended_sources_can_be_left_out():
    """conf_flag of an X source is null: the filter admits it unless extended=False."""
    assert clean_flags("master", extended=False) == MASTER | {"conf_flag": False}


PLACE = SkyCoord(10.7, 41.3, unit="deg")


@pytest.mark.parametrize(
    "ask",
    [
        lambda csc, **filters: csc.query_region(PLACE, 10 * u.arcmin, **filters),
        lambda csc, **filters: csc.query_region(PLACE.reshape(1), "10 arcmin", **filters),
        lambda csc, **filters: csc.query_criteria(criteria="ra BETWEEN 10.6 AND 10.8", **filters),
    ],
    ids=["cone", "cones", "criteria"],
)
def test_extended_sources_that_are_left_out_are_counted(csc, ask):
    """The warning and meta have their number, whether the table is cut or not."""
    without, every = clean_flags("master", extended=False), clean_flags("master")
    names = ask(csc, columns=["name"], column_filters=every)["name"].tolist()
    extended = sum(name.endswith("X") for name in names)

    with pytest.warns(NoResultsWarning, match=rf"^Sources left out .*X: {extended}\."):
        table = ask(csc, columns=["name"], column_filters=without)

    assert extended > 0
    assert len(table) == len(names) - extended
    assert table.meta["LEFTOUT"] == f"X: {extended}"


@pytest.mark.filterwarnings("ignore:No row of the list")
def test_counterparts_that_are_left_out_are_counted(csc):
    """By radius and by error ellipses, whether all or the best counterparts are wanted."""
    place = csc.query_object("2CXO J004239.0+411742X", columns=["name"])
    here = SkyCoord(place["ra"], place["dec"])
    without = clean_flags("master", extended=False)
    limits: Any = {"radius": 1 * u.arcsec, "column_filters": without}

    with pytest.warns(NoResultsWarning, match="conf_flag is null: X: 1"):
        near = csc.crossmatch(here, **limits)
    with pytest.warns(NoResultsWarning, match="conf_flag is null: X: 1"):
        best = csc.crossmatch(here, sigma=3, find="best", **limits)
    every = csc.crossmatch(here, radius=1 * u.arcsec, column_filters=clean_flags("master"))

    assert (near.meta["LEFTOUT"], best.meta["LEFTOUT"]) == ("X: 1", "X: 1")
    assert "LEFTOUT" not in every.meta


def test_an_extended_source_that_its_filter_drops_is_counted_by_name(csc):
    """An empty table says why it is empty."""
    with pytest.warns(NoResultsWarning) as seen:
        table = csc.query_object(
            "2CXO J004239.0+411742X", column_filters=clean_flags("master", extended=False)
        )

    assert (len(table), table.meta["LEFTOUT"]) == (0, "X: 1")
    assert any("conf_flag is null: X: 1." in str(one.message) for one in seen)


def test_nothing_is_counted_where_no_source_lacks_the_flag(csc, server):
    """LEFTOUT is "none"; other filters of the flag are sent unchanged."""
    log = RequestLog(server)

    none = csc.query_object(ACIS, columns="match", column_filters={"CONF_FLAG": False})
    other = csc.query_object(ACIS, columns="match", column_filters={"conf_flag": [False, None]})

    assert none.meta["LEFTOUT"] == "none"
    assert "LEFTOUT" not in other.meta
    assert len([query for query in log.queries if "TAP_SCHEMA" not in query]) == 3


def test_extended_sources_pass_the_filter_of_masters(csc):
    """A source whose name ends with X is found, though its conf_flag is null."""
    found = csc.query_criteria(columns="quality", column_filters=clean_flags("master"))

    extended = np.char.endswith(found["name"].tolist(), "X")
    assert extended.any()
    assert found["conf_flag"].mask[extended].all()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"max_pileup": -0.1}, InvalidQueryError, "counts per frame"),
        ({"max_pileup": float("nan")}, InvalidQueryError, "counts per frame"),
        ({"max_pileup": "0.1"}, InputTypeError, "expected a number"),
        ({"strict": 1}, InputTypeError, "strict is 1"),
        ({"extended": None}, InputTypeError, "extended is None"),
    ],
)
def test_wrong_arguments_are_refused_in_words(arguments, error, words):
    """A limit that is not a number from 0 on, or a switch that is not a boolean, is an error."""
    with pytest.raises(error, match=words):
        clean_flags("observation", **arguments)


def test_each_call_gives_a_dict_of_its_own():
    """What a user takes out is not gone for the next one."""
    clean_flags("master").clear()

    assert clean_flags("master") == MASTER


def _fits(cell, wanted):
    """Tell whether a cell is what a filter wants: a value, one of a list, or in a range."""
    if isinstance(wanted, tuple):
        return cell is not None and wanted[0] <= cell <= wanted[1]
    return cell in wanted if isinstance(wanted, list) else cell == wanted


def _clean_rows(table, wanted):
    """Tell which rows of a table are clean, and which have a null among their flags."""
    values = {name: cells(table[name]) for name in wanted}
    clean = np.all(
        [[_fits(cell, wanted[name]) for cell in values[name]] for name in wanted], axis=0
    )
    named = [name for name in wanted if name != "conf_flag"]
    unknown = np.any([[cell is None for cell in values[name]] for name in named], axis=0)
    return clean, unknown


@pytest.mark.parametrize(
    ("level", "table"), [("master", "master_source"), ("stack", "stack_source")]
)
def test_null_is_not_clean(level, table):
    """The sky of the tests has rows with a null in a flag, and none of them is clean."""
    clean, unknown = _clean_rows(sky()[table], clean_flags(level))

    assert unknown.any()
    assert not (clean & unknown).any()


def test_it_is_a_column_filter_of_masters(csc):
    """The sources that come are clean in every column."""
    wanted = clean_flags("master")
    table = sky()["master_source"]
    clean, _ = _clean_rows(table, wanted)

    found = csc.query_criteria(columns=["name"], column_filters=wanted)

    assert sorted(found["name"].tolist()) == sorted(table["name"][clean].tolist())


def test_it_is_a_column_filter_of_stack_detections(csc):
    """The detections of a stack that come are clean in every column."""
    wanted = clean_flags("stack")
    table = sky()["stack_source"]
    clean, _ = _clean_rows(table, wanted)
    good = table[clean]

    rows = csc.query_detections(
        obsid=OBSID, level="stack", match_type=None, columns="ra", column_filters=wanted
    )

    regions = set(good["region_id"][good["detect_stack_id"] == rows["detect_stack_id"][0]])
    seen = {key[:3] for key in observed() if key[3] == OBSID}
    assert sorted(rows["region_id"].tolist()) == sorted(
        region for _, _, region in seen if region in regions
    )


def _observations_of_masters(column):
    """Give the values of a column in the unambiguous observations of each master."""
    values = cells(sky()["observation_source"][column])
    of: dict[str, list[object]] = {}
    for key, (match, _, row) in observed().items():
        if match == "u":
            of.setdefault(key[0], []).append(values[row])
    return of


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag.master != "none"])
def test_a_master_flag_means_any_or_all_observations_as_the_rule_says(flag):
    """In the test sky, master flags sum up the rows of observations just as the rule has it."""
    name, _ = flag.columns["master"]
    column, clean = flag.columns["observation"]
    masters = dict(zip(sky()["master_source"]["name"].tolist(),
                       cells(sky()["master_source"][name]), strict=True))  # fmt: skip
    together = {"any": any, "all": all}[flag.master]
    limit = clean[1] if column == "pileup_warning" else 0

    known = {
        source: together(value > limit for value in values)
        for source, values in _observations_of_masters(column).items()
        if None not in values and masters[source] is not None
    }

    assert len(known) > 2000
    assert {source for source, bad in known.items() if bad != masters[source]} == set()


def test_a_clean_master_has_unclean_observations(csc):
    """Saturated in all observations is what the master says: rows need their own filter."""
    masters = csc.query_criteria(columns=["name"], column_filters=clean_flags("master"))

    rows = csc.query_detections(masters, columns=["sat_src_flag", "pileup_warning"])

    assert rows["sat_src_flag"].any()
    assert (rows["pileup_warning"] > 0.1).any()


def test_an_unknown_level_is_refused_with_the_one_that_was_meant():
    """The message names the levels; a level that is not a string is a TypeError."""
    with pytest.raises(InvalidQueryError, match="Did you mean 'observation'"):
        clean_flags("observations")
    nothing: Any = None
    with pytest.raises(InputTypeError):
        clean_flags(nothing)
