# Licensed under a 3-clause BSD style license - see LICENSE
"""query_object, query_objects and query_criteria: names in every spelling, and gone ones."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.coordinates.name_resolve import sesame_url
from astroquery.exceptions import MaxResultsWarning, NoResultsWarning

from astroquery_csc.catalogue.schema import VERBOSITY
from astroquery_csc.exceptions import ResolverError
from tests.support.comparing import (
    NGC1333,
    UNMEASURED,
    UPPER_LIMIT,
    RequestLog,
    assert_same_table,
    masters,
    names_within,
    real_sources,
    sources_of,
)

#: A name of the right form that no source has.
GONE = "2CXO J032900.0+311800"

#: An address on this computer where nobody listens.
NOBODY = "http://127.0.0.1:9/"


@pytest.fixture
def resolver(server):
    """Resolve names by the test service's Sesame."""
    with sesame_url.set((server.sesame_url,)):
        yield


@pytest.fixture
def no_resolver():
    """Resolve names where nobody answers."""
    with sesame_url.set((NOBODY,)):
        yield


def test_a_resolver_whose_address_is_none_is_an_error(csc):
    """Whatever the resolver's library stumbles over becomes one error, with the way on."""
    with (
        sesame_url.set(("http://[broken/",)),
        pytest.raises(ResolverError, match=r"Give coordinates: SkyCoord\(ra, dec, unit='deg'\)"),
    ):
        csc.query_object("NGC 1333", cache=False)


def test_several_objects_may_all_be_resolved(csc, resolver):
    """Without a 2CXO name among them, nothing is looked up by name."""
    table = csc.query_objects(["NGC 1333", "NGC 1333"], radius=1 * u.arcmin)

    assert set(table["query_index"].tolist()) == {0, 1}


# ---- one name ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling",
    [
        "2CXO J032908.3+312020",
        "2CXOJ032908.3+312020",
        "2CXO_J032908.3+312020",
        "2cxo j032908.3+312020",
        " 2CXO  J032908.3+312020 ",
        "\uff12CXO J032908.3\uff0b312020",
        np.str_("2CXO J032908.3+312020"),
    ],
)
@pytest.mark.usefixtures("no_resolver")
def test_a_source_is_found_by_its_name_in_any_spelling(csc, spelling):
    """No resolver is needed; the row is that source, without a separation."""
    table = csc.query_object(spelling)

    assert sources_of(table, dict.fromkeys(VERBOSITY[2])) == {
        UNMEASURED: real_sources()[UNMEASURED]
    }
    assert table.colnames[:3] == ["name", "ra", "dec"]
    assert set(table.colnames) == set(VERBOSITY[2])
    assert table.meta["OBJECT"] == UNMEASURED
    assert table.meta["SERVICE"].startswith("TAP http")


@pytest.mark.parametrize("minus", ["−", "–", "-"])
@pytest.mark.usefixtures("no_resolver")
def test_a_minus_may_be_any_dash(csc, minus):
    """Names copied from papers hold typographic minus signs."""
    southern = next(str(name) for name in masters()["name"] if "-" in name)

    assert csc.query_object(southern.replace("-", minus))["name"].tolist() == [southern]


@pytest.mark.parametrize("letter", ["X", "A"])
def test_letters_after_the_digits_are_part_of_the_name(csc, letter):
    """Extended sources end in X, close pairs in A and B."""
    name = next(str(name) for name in masters()["name"] if name.endswith(letter))

    assert csc.query_object(name.lower())["name"].tolist() == [name]


@pytest.mark.usefixtures("no_resolver")
def test_a_name_that_is_gone_is_told_with_the_way_on(csc):
    """An empty table, and a warning with the cone at the position in the name."""
    with pytest.warns(NoResultsWarning, match="not in release 2.1") as caught:
        table = csc.query_object(GONE)

    assert len(caught) == 1
    assert "400 names changed in 2.1.1" in str(caught[0].message)
    assert "query_region(SkyCoord(52.25021, 31.30014, unit='deg'), 5*u.arcsec)" in str(
        caught[0].message
    )
    assert len(table) == 0
    assert table["flux_aper_b"].unit == u.erg / u.s / u.cm**2
    assert (table.meta["OBJECT"], table.meta["NROWS"]) == (GONE, 0)


def test_a_source_that_fails_the_filters_is_not_called_gone_alone(csc):
    """With filters the warning says that they may be why."""
    with pytest.warns(NoResultsWarning, match="or does not satisfy significance >= 10"):
        table = csc.query_object(UNMEASURED, column_filters={"significance": (10, None)})

    assert len(table) == 0


@pytest.mark.usefixtures("no_resolver")
def test_a_radius_around_a_source_is_a_cone_around_it(csc):
    """The source itself is the nearest, at 0 arcsec."""
    table = csc.query_object(UPPER_LIMIT, 1 * u.arcmin, verbosity=1)

    row = real_sources()[UPPER_LIMIT]
    place = SkyCoord(row["ra"], row["dec"], unit="deg")
    assert table["name"].tolist() == names_within(place, 1 * u.arcmin)
    assert (table["name"][0], table["separation"][0]) == (UPPER_LIMIT, 0)
    assert table.meta["OBJECT"] == UPPER_LIMIT
    assert table.meta["RA"] == pytest.approx(row["ra"], abs=1e-9)


@pytest.mark.usefixtures("no_resolver")
def test_a_radius_around_a_gone_name_is_a_cone_around_its_digits(csc):
    """The cone is around the position in the name, and this is said."""
    with pytest.warns(NoResultsWarning, match="the cone is around the position in its name"):
        table = csc.query_object(GONE, "2 arcmin", verbosity=1)

    place = SkyCoord(table.meta["RA"], table.meta["DEC"], unit="deg")
    assert table["name"].tolist() == names_within(place, 2 * u.arcmin)
    assert len(table) > 0


def test_another_name_is_resolved(csc, resolver):
    """NGC 1333 is the notebook's cone, with the name in meta."""
    table = csc.query_object("NGC 1333")

    assert_same_table(table, csc.query_region(NGC1333, 2 * u.arcmin))
    assert (table.meta["OBJECT"], table.meta["RA"]) == ("NGC 1333", 52.297)


def test_a_resolved_name_may_have_a_radius(csc, resolver):
    """The radius of an object is the caller's, or 2 arcmin."""
    table = csc.query_object("ngc 1333", 1 * u.arcmin, verbosity=1)

    assert table["name"].tolist() == names_within(NGC1333, 1 * u.arcmin)


def test_query_region_takes_names_too(csc, resolver):
    """A string that is not a position is a name."""
    table = csc.query_region("NGC 1333", 2 * u.arcmin, verbosity=1)

    assert len(table) == 11
    assert table.meta["OBJECT"] == "NGC 1333"


@pytest.mark.parametrize(
    "ask",
    [
        lambda csc: csc.query_object("Nowhere 7"),
        lambda csc: csc.query_object("Barnard's star"),
        lambda csc: csc.query_region("Nowhere 7"),
    ],
)
def test_a_name_that_nobody_knows_is_an_error(csc, resolver, server, ask):
    """ResolverError with a way on; the catalogue is not asked."""
    log = RequestLog(server)

    with pytest.raises(ResolverError, match=r"not known to the resolver.*coordinates.*SkyCoord"):
        ask(csc)

    assert {path.split("/")[1] for path in log.paths} == {"sesame"}


@pytest.mark.parametrize(
    "ask",
    [
        lambda csc: csc.query_object("NGC 1333"),
        lambda csc: csc.query_objects([UNMEASURED, "NGC 1333"]),
        lambda csc: csc.query_region("NGC 1333"),
    ],
)
@pytest.mark.usefixtures("no_resolver")
def test_a_resolver_out_of_reach_is_told_with_a_way_on(csc, ask):
    """That nobody could be asked is not that nobody knows: give coordinates."""
    with pytest.raises(ResolverError, match=r"(?i)resolver.*'NGC 1333'.*Give coordinates: SkyC"):
        ask(csc)


@pytest.mark.usefixtures("no_resolver")
def test_the_payload_of_a_name_is_its_query(csc, server):
    """Nothing is sent for a 2CXO name."""
    log = RequestLog(server)

    payload = csc.query_object(UNMEASURED.lower(), verbosity=1, get_query_payload=True)

    assert log.all == []
    assert payload["QUERY"] == (
        f"SELECT m.name, m.ra, m.dec FROM csc21.master_source m WHERE (m.name IN ('{UNMEASURED}'))"
    )


def test_the_payload_of_an_object_is_its_cone(csc, server, resolver):
    """A name is resolved, the catalogue is not asked."""
    log = RequestLog(server)

    payload = csc.query_object("NGC 1333", get_query_payload=True)

    assert {path.split("/")[1] for path in log.paths} <= {"sesame"}
    assert (payload["RA"], payload["VERB"]) == (52.297, 2)


# ---- several names -----------------------------------------------------------------------------


def test_names_in_any_mixture_are_answered_in_their_order(csc, resolver):
    """Sources by name, objects by cone, gone and unknown names: each input is accounted for."""
    names = [UPPER_LIMIT.lower(), "Nowhere 7", "NGC 1333", GONE, UNMEASURED, UPPER_LIMIT]

    with pytest.warns(NoResultsWarning, match="2 names match nothing") as caught:
        table = csc.query_objects(names)

    counts = [1, 1, 11, 1, 1, 1]
    assert len(caught) == 1
    assert f"Nowhere 7, {GONE}. 400 names" in str(caught[0].message)
    assert table["query_index"].tolist() == np.repeat(range(6), counts).tolist()
    assert table["user_specified_id"].tolist() == np.repeat(names, counts).tolist()
    assert table["name"][table["query_index"] == 2].tolist() == names_within(NGC1333, 2 * u.arcmin)
    assert table["name"][table["query_index"] == 5].tolist() == [UPPER_LIMIT]


def test_a_name_that_matches_nothing_has_a_masked_row(csc, resolver):
    """Everything is masked but the input itself; strings and flags too."""
    with pytest.warns(NoResultsWarning):
        table = csc.query_objects([UNMEASURED, GONE])

    known = {"query_index", "user_specified_id"}
    assert {name for name in table.colnames if not np.ma.is_masked(table[name][1])} == known
    assert table["query_index"].tolist() == [0, 1]
    assert table["user_specified_id"].tolist() == [UNMEASURED, GONE]
    assert {column.dtype.kind for column in table.itercols()} == set("Ufbi")


def test_columns_of_several_names_lead_with_where_they_are_from(csc, resolver):
    """The order is that of a region, with the caller's own name behind query_index."""
    table = csc.query_objects(["NGC 1333"], verbosity=1)

    assert table.colnames == [
        "name",
        "ra",
        "dec",
        "separation",
        "query_index",
        "user_specified_id",
    ]
    assert table["query_index"].dtype == np.int32


def test_sources_by_name_alone_have_no_separation(csc):
    """Without any cone there is nothing to be apart from."""
    table = csc.query_objects([UNMEASURED, UPPER_LIMIT], verbosity=1)

    assert table.colnames == ["name", "ra", "dec", "query_index", "user_specified_id"]
    assert table["name"].tolist() == [UNMEASURED, UPPER_LIMIT]


@pytest.mark.parametrize("names", [["Nowhere 7"], [GONE], ["Nowhere 7", GONE]])
def test_nothing_but_unknown_names_is_a_table_of_masked_rows(csc, resolver, names):
    """Columns and units are there, and one row for each name."""
    with pytest.warns(NoResultsWarning, match="nothing in release 2.1"):
        table = csc.query_objects(names)

    assert table["user_specified_id"].tolist() == names
    assert table["name"].mask.all()
    assert table["flux_aper_b"].unit == u.erg / u.s / u.cm**2
    assert table.meta["NROWS"] == len(names)


def test_a_radius_makes_cones_of_all_names(csc, resolver):
    """2CXO names are looked up, then all are cones."""
    with pytest.warns(NoResultsWarning, match=GONE.replace("+", r"\+")):
        table = csc.query_objects([UPPER_LIMIT, "NGC 1333", GONE], 1 * u.arcmin, verbosity=1)

    row = real_sources()[UPPER_LIMIT]
    around = names_within(SkyCoord(row["ra"], row["dec"], unit="deg"), 1 * u.arcmin)
    assert table["name"][table["query_index"] == 0].tolist() == around
    assert table["separation"][0] == 0
    assert table["name"][table["query_index"] == 1].tolist() == names_within(NGC1333, 1 * u.arcmin)
    assert table["name"].mask[-1]


@pytest.mark.parametrize(
    "container", [tuple, np.array, lambda names: masters()["name"][names.index(names[0]) : 2]]
)
def test_names_may_come_in_any_sequence(csc, container):
    """A tuple, an array, a column of a table."""
    names = container([UNMEASURED, UPPER_LIMIT])

    assert csc.query_objects(names, verbosity=1)["name"].tolist() == list(names)


def test_many_names_go_in_groups_of_two_hundred(csc, server):
    """450 names are three queries: longer lists were seen to break connections."""
    names = masters()["name"][:450]
    log = RequestLog(server)

    table = csc.query_objects(names, columns=["significance"])

    assert [query.count("2CXO") for query in log.queries] == [200, 200, 50]
    assert table["name"].tolist() == names.tolist()
    assert table["query_index"].tolist() == list(range(450))
    assert table["significance"].tolist() == masters()["significance"][:450].tolist()


def test_a_row_limit_holds_for_each_object(csc, resolver):
    """Each cone keeps its nearest."""
    with pytest.warns(MaxResultsWarning):
        table = csc.query_objects(["NGC 1333", "Synthetic Seam Field"], row_limit=2, verbosity=1)

    assert table["query_index"].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("names", "methods"),
    [
        ([UNMEASURED], "POST"),
        ([UNMEASURED, "NGC 1333"], ["POST", "GET"]),
        (["Nowhere 7"], "POST"),
    ],
)
def test_the_payload_of_several_names_lists_every_request(csc, server, resolver, names, methods):
    """Requests of both services stand side by side; what one has not is None."""
    log = RequestLog(server)

    payload = csc.query_objects(names, get_query_payload=True)

    assert {path.split("/")[1] for path in log.paths} <= {"sesame"}
    assert payload["method"] == methods


# ---- criteria ----------------------------------------------------------------------------------


def test_criteria_find_sources_anywhere(csc):
    """The rows of the whole sky that satisfy filters and criteria, in the database's columns."""
    table = csc.query_criteria(
        columns="match",
        column_filters={"significance": (8, None), "extent_flag": False},
        criteria="dec > 0 AND name NOT LIKE '%X'",
    )

    sky = masters()
    wanted = (sky["significance"] >= 8) & ~sky["extent_flag"] & (sky["dec"] > 0)
    wanted &= ~np.char.endswith(sky["name"], "X")
    assert sorted(table["name"]) == sorted(sky["name"][wanted.filled(False)])
    assert len(table) > 0
    assert "separation" not in table.colnames


def test_criteria_with_a_limit_are_cut_and_say_so(csc, server):
    """One row more than the limit is asked for, so that full and cut differ."""
    log = RequestLog(server)
    count = len(masters())

    with pytest.warns(MaxResultsWarning, match="5 are given"):
        table = csc.query_criteria(columns="name", row_limit=5)
    whole = csc.query_criteria(columns="name", row_limit=count)

    assert (len(table), table.meta["TRUNC"]) == (5, True)
    assert (len(whole), whole.meta["TRUNC"]) == (count, False)
    assert [query.split()[2] for query in log.queries] == ["6", str(count + 1)]


def test_criteria_that_nothing_satisfies_give_an_empty_table(csc):
    """Columns, units and a warning."""
    with pytest.warns(NoResultsWarning):
        table = csc.query_criteria(column_filters={"significance": (1e9, None)})

    assert (len(table), table["err_ellipse_r0"].unit) == (0, u.arcsec)


def test_null_is_none_of_the_values(csc):
    """None asks for sources where a quantity was not measured."""
    table = csc.query_criteria(columns="flux_aper_w", column_filters={"flux_aper_w": None})

    assert table["flux_aper_w"].mask.all()
    assert len(table) == int(masters()["flux_aper_w"].mask.sum())


def test_the_payload_of_criteria_is_adql(csc, server):
    """One SELECT with the schema of the release; quotes are doubled."""
    log = RequestLog(server)

    payload = csc(release="2.0").query_criteria(
        columns="ra", column_filters={"name": "O'Brien"}, row_limit=7, get_query_payload=True
    )

    assert log.all == []
    assert payload["QUERY"] == (
        "SELECT TOP 8 m.name, m.ra, m.dec FROM csc2.master_source m WHERE (m.name = 'O''Brien')"
    )
