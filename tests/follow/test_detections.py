# Licensed under a 3-clause BSD style license - see LICENSE
"""query_detections: every row of every source, none twice, and a word for each that is missing."""

import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable, Table
from astroquery.exceptions import MaxResultsWarning, NoResultsWarning

from astroquery_csc import clean_flags, progress
from astroquery_csc.exceptions import TableParseError
from astroquery_csc.follow import absence
from astroquery_csc.follow.levels import LEVELS
from astroquery_csc.testing import Dialect, csc_server
from tests.support.canned import Canned, mount
from tests.support.comparing import RequestLog, assert_same_table, masters
from tests.support.joined import (
    EMPTY_OBSID,
    GONE,
    NO_OBSID,
    OBSID,
    cells,
    keys_of,
    observed,
    one_stack,
    stacked,
    synthetic_names,
)
from tests.support.sky import sky

KEYS = ["name", "detect_stack_id", "region_id", "obsid", "obi", "match_type"]
#: Real, and without any detection in the test sky.
REAL = "2CXO J032908.3+312020"


@pytest.fixture(scope="module")
def everything(server, tmp_path_factory):
    """Ask once for every detection of every synthetic source."""
    csc = server.csc(row_limit=-1)
    csc.cache_location = tmp_path_factory.mktemp("cache")
    return csc.query_detections(
        synthetic_names(), match_type=None, columns=["flux_aper_b", "s.ra", "m.dec"]
    )


# ---- which rows --------------------------------------------------------------------------------


def test_every_detection_of_every_source_comes_once(everything):
    """The rows of all 2,400 sources are those of a join by hand, each with its match type."""
    found = dict(zip(keys_of(everything), everything["match_type"].tolist(), strict=True))

    assert len(found) == len(everything) == len(observed())
    assert found == {key: match for key, (match, _, _) in observed().items()}


def test_each_row_has_the_values_of_its_own_detection(everything):
    """Flux of the observation, position of the stack and of the master belong to the keys."""
    rows = [observed()[key] for key in keys_of(everything)]
    by_name = dict(zip(masters()["name"].tolist(), masters()["dec"].tolist(), strict=True))

    flux = sky()["observation_source"]["flux_aper_b"][[row for _, _, row in rows]]
    assert cells(everything["flux_aper_b"]) == cells(flux)
    ra = sky()["stack_source"]["ra"][[row for _, row, _ in rows]]
    assert everything["stack_ra"].tolist() == ra.tolist()
    assert everything["master_dec"].tolist() == [by_name[name] for name in everything["name"]]


def test_every_stack_detection_of_every_source_comes_once(csc):
    """At level 'stack' a row is a detection in a stack, and there is no obsid."""
    table = csc.query_detections(
        synthetic_names(), level="stack", match_type=None, columns="likelihood_class"
    )

    found = dict(zip(keys_of(table), table["match_type"].tolist(), strict=True))
    assert table.colnames == ["name", "detect_stack_id", "region_id", "match_type",
                              "likelihood_class"]  # fmt: skip
    assert len(table) == len(stacked())
    assert found == stacked()


def test_unique_detections_are_the_default_and_the_rest_is_counted(csc):
    """Without more, only match type u comes; meta counts what that left out."""
    table = csc.query_detections(obsid=OBSID)

    expected = Counter(match for key, (match, _, _) in observed().items() if key[3] == OBSID)
    assert set(table["match_type"]) == {"u"}
    assert len(table) == expected["u"]
    assert table.meta["LEFTOUT"] == f"a: {expected['a']}, n: {expected['n']}"
    assert (table.meta["MATCH"], table.meta["LEVEL"]) == ("u", "observation")
    assert table.meta["NROWS"] == len(table)


@pytest.mark.parametrize("match_type", ["a", "n", "una", ["u", "n"], ("a",), None])
def test_match_types_can_be_chosen(csc, match_type):
    """One, several in a string or a list, or None for all of them."""
    table = csc.query_detections(obsid=OBSID, match_type=match_type)

    wanted = set(match_type or "una")
    expected = {
        key for key, (match, _, _) in observed().items() if key[3] == OBSID and match in wanted
    }
    assert set(keys_of(table)) == expected
    assert len(table) == len(expected)


def test_a_table_that_left_nothing_out_says_so(csc):
    """With every match type, LEFTOUT is 'none'."""
    table = csc.query_detections(obsid=OBSID, match_type=None)

    assert (table.meta["LEFTOUT"], table.meta["MATCH"]) == ("none", "all")


def test_a_shared_detection_has_a_row_for_each_of_its_sources(csc):
    """An ambiguous detection comes under both names, with the same numbers."""
    table = csc.query_detections(obsid=OBSID, match_type="a", columns="flux_aper_b")

    regions = Counter(table["region_id"].tolist())
    assert set(regions.values()) == {2}
    assert len(set(keys_of(table))) == len(table)
    first = table[table["region_id"] == table["region_id"][0]]
    assert first["name"][0] != first["name"][1]
    assert cells(first["flux_aper_b"])[0] == cells(first["flux_aper_b"])[1]


def test_two_detections_of_a_source_in_one_observation_are_two_rows():
    """A source may have two regions in a stack; the keys tell them apart."""
    tables, owner = one_stack()
    with csc_server(catalogue=tables) as own:
        table = own.csc.query_detections(owner, match_type=None, cache=False)

    of_one = table[table["obsid"] == table["obsid"][0]]
    assert len(of_one) == 2
    assert of_one["match_type"].tolist() == ["u", "a"] or of_one["match_type"].tolist() == [
        "a",
        "u",
    ]


def test_rows_stand_in_the_order_of_the_names_then_of_the_keys(csc):
    """The first name comes first, whatever the service's order; then stack, obsid, obi, region."""
    names = synthetic_names()[10:4:-1]

    table = csc.query_detections(names, match_type=None, columns="theta")

    assert list(dict.fromkeys(table["name"].tolist())) == names
    of_one = keys_of(table[table["name"] == names[0]])
    assert of_one == sorted(of_one, key=lambda key: (key[1], key[3], key[4], key[2]))


def test_names_and_obsid_together_are_both_asked_for(csc):
    """Names with an obsid give what these sources have in that observation."""
    names = [key[0] for key in observed() if key[3] == OBSID][:5]

    table = csc.query_detections(names, obsid=OBSID, match_type=None)

    assert set(keys_of(table)) == {key for key in observed() if key[0] in names and key[3] == OBSID}


def test_several_observations_can_be_asked_for(csc):
    """An array of ObsIDs gives the detections in each."""
    table = csc.query_detections(obsid=np.array([90001, 90002]), columns="theta")

    assert set(table["obsid"].tolist()) == {90001, 90002}
    assert set(table["obi"][table["obsid"] == 90002].tolist()) == {0, 1}


def test_stack_detections_of_an_observation_come_once_though_it_has_two_intervals(csc):
    """An ObsID of two intervals does not double the rows of its stack."""
    table = csc.query_detections(obsid=90002, level="stack", match_type=None, columns="ra")

    expected = {key[:3] for key in observed() if key[3] == 90002}
    assert len(table) == len(expected)
    assert set(keys_of(table)) == expected
    assert "obsid" not in table.colnames


# ---- columns -----------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["observation", "stack"])
def test_keys_and_match_type_come_first_then_the_default_columns(csc, level):
    """The documented default: what a person looks at first."""
    table = csc.query_detections(obsid=OBSID, level=level)

    keys = list(LEVELS[level].keys)
    assert table.colnames == [*keys, "match_type", *LEVELS[level].default]
    assert not {column.dtype.kind for column in table.itercols()} - set("Ufbi")
    assert table["match_type"].dtype == np.dtype("U1")
    assert all(column.description for column in table.itercols())


def test_columns_of_other_levels_have_the_names_and_units_of_their_level(csc):
    """m.x, s.x and o.x are master_x, stack_x and the level's own x, with units and words."""
    columns = ["o.theta", "m.flux_aper_b", "s.flux_aper_b", "flux_aper_b", "m.significance"]

    table = csc.query_detections(obsid=OBSID, columns=columns)

    assert table.colnames == [
        *KEYS, "theta", "master_flux_aper_b", "stack_flux_aper_b", "flux_aper_b",
        "master_significance",
    ]  # fmt: skip
    assert {table[name].unit for name in table.colnames if "flux" in name} == {
        u.erg / u.s / u.cm**2
    }
    assert table["theta"].unit == u.arcmin
    assert QTable(table)["theta"].unit == u.arcmin


def test_a_star_gives_every_column_of_the_level(csc):
    """'*' is all of observation_source, each column once."""
    table = csc.query_detections(obsid=OBSID, columns="*", column_filters={"region_id": 3})

    expected = set(sky()["observation_source"].colnames)
    assert set(table.colnames) == expected | set(KEYS)
    assert len(table.colnames) == len(set(table.colnames))


def test_keys_that_are_asked_for_again_come_once(csc):
    """Naming a key, or a column twice, changes nothing."""
    table = csc.query_detections(obsid=OBSID, columns=["obsid", "theta", "name", "o.theta"])

    assert table.colnames == [*KEYS, "theta"]


# ---- filters -----------------------------------------------------------------------------------


def test_columns_that_only_the_service_knows_can_be_asked_for_and_filtered():
    """Below the masters the dictionary is not whole: TAP_SCHEMA tells, and a star brings them."""
    tables, _ = one_stack()
    rows = tables["stack_source"].copy()
    rows["novel"] = np.array(["yes", "no"] * len(rows), dtype="U3")[: len(rows)]
    obsid = int(tables["detect_stack"]["obsid"][0])
    with csc_server(catalogue={**tables, "stack_source": rows}) as own:
        some: Any = own.csc.query_detections(
            obsid=obsid, level="stack", columns="novel", column_filters={"novel": "yes"}
        )
        every: Any = own.csc.query_detections(obsid=obsid, level="stack", columns="*")

    assert set(some["novel"].tolist()) == {"yes"}
    assert every.colnames[-1] == "novel"


def test_a_payload_asks_nobody_for_columns(csc, server):
    """Names that the dictionary does not have go out as they are: the service decides."""
    log = RequestLog(server)

    new = csc.query_detections(obsid=1, columns="novel", get_query_payload=True)
    old = csc(release="2.0").query_detections(obsid=1, get_query_payload=True)
    star = csc.query_detections(obsid=1, level="stack", columns="*", get_query_payload=True)

    assert log.all == []
    assert "o.novel" in new["QUERY"]
    assert "o.multi_chip_code" in old["QUERY"]
    assert "s.theta_mean" in star["QUERY"]


def test_an_answer_without_a_column_that_was_asked_for_is_refused(csc):
    """A table that lacks something is not passed on as if it were whole."""
    document = (
        '<VOTABLE version="1.2" xmlns="http://www.ivoa.net/xml/VOTable/v1.2"><!-- invented -->'
        '<RESOURCE type="results"><INFO name="QUERY_STATUS" value="OK"/><TABLE>'
        '<FIELD name="name" datatype="char" arraysize="*"/><DATA><TABLEDATA>'
        "<TR><TD>2CXO J004206.1+411853</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
    )
    mount(csc, {"POST ": Canned(document.encode())})

    with pytest.raises(TableParseError, match="has no column 'detect_stack_id' although it was"):
        csc.query_detections("2CXO J004206.1+411853", columns="theta", cache=False)


def test_filters_reach_every_level(csc):
    """Columns of the level, and of others with their letter, in their own tables."""
    filters = {"theta": (None, 5 * u.arcmin), "m.conf_flag": False, "s.instrument": "ACIS"}

    table = csc.query_detections(obsid=OBSID, column_filters=filters, columns=["theta"])

    conf = dict(zip(masters()["name"].tolist(), cells(masters()["conf_flag"]), strict=True))
    theta = sky()["observation_source"]["theta"]
    assert set(keys_of(table)) == {
        key
        for key, (match, _, row) in observed().items()
        if key[3] == OBSID and match == "u" and theta[row] <= 5 and conf[key[0]] is False
    }


def test_keys_can_be_filtered(csc):
    """region_id and detect_stack_id are columns of the join, and filter it."""
    table = csc.query_detections(
        obsid=OBSID, match_type=None, column_filters={"region_id": (None, 10)}
    )
    stack = str(table["detect_stack_id"][0])
    same = csc.query_detections(
        obsid=OBSID, match_type=None,
        column_filters={"region_id": [3, 4], "detect_stack_id": stack},
    )  # fmt: skip

    assert set(table["region_id"].tolist()) <= set(range(1, 11))
    assert set(same["region_id"].tolist()) <= {3, 4}


def is_within(value, wanted):
    """Whether a cell satisfies a filter: a value, or a range with None for an open end."""
    low, high = wanted if isinstance(wanted, tuple) else (wanted, wanted)
    return value is not None and (low is None or value >= low) and value <= high


def test_clean_flags_keep_the_clean_rows_of_observations(csc):
    """What they leave is clean by each column, and a null is not."""
    filters = clean_flags("observation")

    table = csc.query_detections(obsid=OBSID, column_filters=filters, columns=list(filters))

    rows = sky()["observation_source"]
    clean = {
        key
        for key, (match, _, row) in observed().items()
        if key[3] == OBSID
        and match == "u"
        and all(is_within(cells(rows[name][[row]])[0], wanted) for name, wanted in filters.items())
    }  # fmt: skip
    assert set(keys_of(table)) == clean
    assert 0 < len(table) < 116


# ---- what is not there -------------------------------------------------------------------------


def test_an_observation_without_a_detection_is_told_from_one_that_is_not_there(csc):
    """detect_stack knows: one was observed, the other is not in the catalogue."""
    with pytest.warns(NoResultsWarning, match="in release 2.1, but the service has no") as one:
        table = csc.query_detections(obsid=EMPTY_OBSID)
    with pytest.warns(NoResultsWarning, match="not in release 2.1, so nothing is known") as two:
        csc.query_detections(obsid=NO_OBSID)

    assert (len(one), len(two)) == (1, 1)
    assert len(table) == 0
    assert table.colnames[:6] == KEYS
    assert table["flux_aper_b"].unit == u.erg / u.s / u.cm**2


@pytest.mark.parametrize("level", ["observation", "stack"])
def test_observations_without_rows_are_warned_about_beside_others(csc, level):
    """Some ObsIDs of several: each that has no row is named, at either level."""
    asked = [OBSID, EMPTY_OBSID, NO_OBSID]
    with pytest.warns(NoResultsWarning) as caught:
        table = csc.query_detections(obsid=asked, level=level, columns="flux_aper_b")

    assert len(table) > 0
    assert [str(one.message).split(":")[0] for one in caught] == [
        f"ObsID {EMPTY_OBSID}",
        f"ObsID {NO_OBSID}",
    ]


def test_a_service_without_detect_stack_leaves_the_question_open():
    """Where detect_stack does not answer, the warning says that it does not know."""
    tables = dict(one_stack()[0])
    del tables["detect_stack"]
    with (
        csc_server(catalogue=tables) as own,
        pytest.warns(NoResultsWarning, match="did not tell whether release 2.1 has"),
    ):
        own.csc.query_detections(obsid=NO_OBSID, cache=False)


def test_a_name_that_is_gone_is_warned_about_with_the_way_on(csc):
    """A 2CXO name that is not there is never plain absence: 400 changed in 2.1.1."""
    names = [GONE, synthetic_names()[0]]
    with pytest.warns(NoResultsWarning) as caught:
        table = csc.query_detections(names)

    assert set(table["name"]) == {names[1]}
    assert len(caught) == 1
    message = str(caught[0].message)
    assert message.startswith(f"{GONE}: not in release 2.1.")
    assert "query_region(SkyCoord(10.52562, 41.31653, unit='deg'), 5*u.arcsec)" in message


def test_a_source_without_a_detection_is_told_from_one_that_is_gone(csc):
    """A name that master_source has is said to be there."""
    with pytest.warns(
        NoResultsWarning, match=f"{REAL[:4]}.*: a source of release 2.1, but"
    ) as seen:
        csc.query_detections(REAL.replace(" ", "_").lower())

    assert len(seen) == 1


def test_the_test_service_says_that_it_lacks_the_detections_of_real_sources(csc):
    """Nothing is claimed of the real sources: the words are those of the service."""
    with pytest.warns(NoResultsWarning, match="of which it has no detections; every other row is"):
        csc.query_detections(REAL)
    with pytest.warns(NoResultsWarning, match="The service says of its table: Test service: "):
        csc.query_detections(obsid=735)


def test_a_service_that_says_nothing_of_itself_is_not_quoted(tmp_path):
    """What was seen is said, and no more; a user's catalogue has another description."""
    with csc_server(catalogue=sky()) as own:
        own.csc.cache_location = tmp_path
        with pytest.warns(NoResultsWarning) as seen:
            own.csc.query_detections(REAL)

    assert "11 real sources" not in str(seen[0].message)


def test_a_filter_that_keeps_nothing_is_named_as_the_reason(csc):
    """The warning says that column_filters may be why."""
    name = synthetic_names()[0]
    with pytest.warns(NoResultsWarning, match="has no detection of it that satisfies the filters"):
        csc.query_detections(name, column_filters={"theta": (100, None)})
    with pytest.warns(NoResultsWarning) as two:
        csc.query_detections(name, obsid=90049)

    assert [str(one.message).partition(": ")[2][:70] for one in two] == [
        "a source of release 2.1, but the service has no detection of it in the",
        "in release 2.1, but the service has no detection in it of the sources ",
    ]


def test_only_other_match_types_is_said_and_is_not_absence(csc):
    """No row of the type that was asked for, but of others: the warning counts them."""
    name = next(key[0] for key, value in stacked().items() if value == "a")
    wanted = "n" if "n" not in {v for k, v in stacked().items() if k[0] == name} else "u"
    with pytest.warns(NoResultsWarning, match="match_type=None gives them") as caught:
        table = csc.query_detections(name, match_type=wanted)

    assert len(caught) == 1
    assert str(caught[0].message).startswith(f"{name}: no row of match type")
    assert len(table) == 0
    assert "a: " in table.meta["LEFTOUT"]


def test_an_observation_with_rows_of_other_match_types_alone_is_not_empty(csc):
    """Filters may leave forced limits alone: the warning says that there are some."""
    region = next(key[2] for key, (match, _, _) in observed().items()
                  if key[3] == OBSID and match == "n")  # fmt: skip
    with pytest.warns(NoResultsWarning, match="Nothing: no row of match type u, but") as caught:
        table = csc.query_detections(obsid=OBSID, column_filters={"region_id": region})

    assert len(caught) == 1
    assert table.meta["LEFTOUT"] == "n: 1"


def test_a_long_list_of_missing_names_is_cut_in_the_warning(csc, monkeypatch):
    """The warning names the first ones and counts the rest."""
    monkeypatch.setattr(absence, "LISTED", 2)
    names = [f"2CXO J0042{second:02d}.1+411859" for second in range(5)]
    with pytest.warns(NoResultsWarning, match=r"41185[0-9] and 3 more: not in release 2.1"):
        csc.query_detections(names)


def test_an_answer_that_the_service_cut_is_said_to_be_short(csc):
    """Where a single source has more rows than the service gives, TRUNC is set, with a warning."""
    name = csc.query_detections(obsid=OBSID, columns="theta")["name"][0]
    with csc_server(dialect=Dialect(default_maxrec=1)) as short:
        asking = csc(server=short.url)
        with pytest.warns(MaxResultsWarning):
            table = asking.query_detections(
                name, match_type=None, columns=["gti_elapse"], cache=False
            )

    assert table.meta["TRUNC"] is True


# ---- names as they come ------------------------------------------------------------------------


def test_names_come_in_every_form(csc):
    """One name in any spelling, several, an array, a column, a table, or a row of one."""
    name = synthetic_names()[0]
    expected = csc.query_detections(name)
    table = Table({"name": [name, name]})

    forms = [name.lower(), name.replace(" ", ""), [name], np.array([name]), table["name"], table,
             table[0]]  # fmt: skip
    found = [csc.query_detections(form) for form in forms]

    assert [keys_of(one) for one in found] == [keys_of(expected)] * len(forms)


def test_masked_names_of_a_table_are_passed_over(csc):
    """A table of query_objects has a masked row for each name that matched nothing."""
    name = synthetic_names()[0]
    with pytest.warns(NoResultsWarning):
        sources = csc.query_objects([name, GONE])

    table = csc.query_detections(sources)

    assert set(table["name"]) == {name}


def test_ten_thousand_names_go_in_chunks_of_two_hundred(csc):
    """The request for 10,000 names is 50 queries with 200 names each."""
    names = [f"2CXO J{n // 3600:02d}{n // 60 % 60:02d}{n % 60:02d}.0+100000" for n in range(10_000)]

    payload = csc.query_detections(names, get_query_payload=True)

    assert len(payload["QUERY"]) == 50
    assert {query.count("'2CXO J") for query in payload["QUERY"]} == {200}


def test_a_long_list_says_how_far_it_is(csc, monkeypatch, caplog):
    """Requests that take long are counted at level INFO."""
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.0)
    csc.query_detections(synthetic_names()[:401], columns="theta")

    assert "1 of 3 requests are done." in caplog.text
    assert "2 of 3 requests are done." in caplog.text


# ---- what is sent ------------------------------------------------------------------------------


def test_the_query_is_the_join_that_every_tool_uses(csc):
    """Comma join, conditions in parentheses, names quoted; word by word."""
    payload = csc.query_detections("2CXO J004206.1+411853", columns=["theta", "m.ra"],
                                   get_query_payload=True)  # fmt: skip

    assert payload["QUERY"] == (
        "SELECT m.name, a.detect_stack_id, o.region_id, o.obsid, o.obi, a.match_type, o.theta, "
        "m.ra AS master_ra "
        "FROM csc21.master_source m, csc21.master_stack_assoc a, csc21.stack_source s, "
        "csc21.stack_observation_assoc b, csc21.observation_source o "
        "WHERE (m.name = a.name) "
        "AND (s.detect_stack_id = a.detect_stack_id AND s.region_id = a.region_id) "
        "AND (s.detect_stack_id = b.detect_stack_id AND s.region_id = b.region_id) "
        "AND (o.obsid = b.obsid AND o.obi = b.obi AND o.region_id = b.region_id) "
        "AND (m.name IN ('2CXO J004206.1+411853'))"
    )


def test_a_good_answer_takes_one_request(csc, server):
    """Nothing is asked beside the rows where none is missing."""
    log = RequestLog(server)

    csc.query_detections(synthetic_names()[:3], columns="theta")

    assert log.paths[0] == "POST /csc21tap/sync"
    assert len(log.queries) == 1


def test_other_releases_have_their_own_schema(csc):
    """The same question goes to the release's tables."""
    table = csc(release="2.0").query_detections(obsid=OBSID)

    assert len(table) == 116
    assert table.meta["RELEASE"] == "2.0"
    assert "FROM csc2.master_source m" in table.meta["QUERY"]


@pytest.mark.parametrize(
    "dialect",
    [
        Dialect(
            string_padding="all",
            booleans="true/false",
            field_ids=False,
            unit_spelling="none",
            null_ints="values",
        ),
        pytest.param(Dialect.tidy(), marks=pytest.mark.slow),
    ],
    ids=["padded and bare", "tidy"],
)
def test_the_service_may_speak_in_other_ways(csc, dialect):
    """Padding, units and nulls of any spelling give the same table."""
    tables, owner = one_stack()
    expected = csc.query_detections(owner, match_type="u")

    with csc_server(dialect=dialect, catalogue=tables) as other:
        found = csc(server=other.url).query_detections(owner, match_type="u")

    stack = expected[expected["detect_stack_id"] == found["detect_stack_id"][0]]
    assert_same_table(found, stack)


def test_no_warning_comes_with_a_good_answer(csc):
    """All is well: silence."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = csc.query_detections(synthetic_names()[:3], match_type=None)

    assert len(table) > 0
