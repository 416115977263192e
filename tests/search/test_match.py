# Licensed under a 3-clause BSD style license - see LICENSE
"""crossmatch: counterparts by radius and by error ellipses, against brute force."""

from typing import Any

import numpy as np
import pytest
import requests
from astropy import units as u
from astropy.coordinates import Galactic, SkyCoord
from astropy.table import QTable, Table
from astroquery.exceptions import MaxResultsWarning, NoResultsWarning

from astroquery_csc import for_fits
from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.config import conf
from astroquery_csc.exceptions import RemoteServiceError
from astroquery_csc.testing import Dialect, csc_server
from astroquery_csc.testing.engine import LocalBackend
from tests.support.comparing import EMPTY_SKY, RequestLog, assert_same_table, masters
from tests.support.matching import counterparts, listed
from tests.support.places import beside_sources, break_road, near_sources, small_sky

ARCSEC = u.arcsec
LEAD = ["name", "ra", "dec", "separation", "query_index", "nsigma", "n_match", "shared", "extended"]
INFO = ["RADIUS", "SYSTEM", "FIND", "NINPUT"]


def sky_of(targets):
    """Give targets as coordinates."""
    return SkyCoord(targets, unit="deg")


def table_of(targets, **columns):
    """Give targets as a table, with further columns."""
    ra_deg, dec_deg = np.array(targets).T
    return Table({"ra": ra_deg * u.deg, "dec": dec_deg * u.deg, **columns})


def assert_same_pairs(found, expected):
    """Compare counterparts: the same pairs, and the same numbers to a millionth."""
    assert found.keys() == expected.keys()
    assert [found[key] for key in expected] == [
        pytest.approx(numbers, rel=1e-6, abs=1e-6, nan_ok=True) for numbers in expected.values()
    ]


# ---- against brute force ---------------------------------------------------------------------


def test_a_radius_finds_what_brute_force_finds(csc):
    """All sources within it, with separation and, where there is an ellipse, nsigma."""
    targets = beside_sources(60, 10.0)

    table = csc.crossmatch(sky_of(targets), radius=30 * ARCSEC)

    assert_same_pairs(listed(table), counterparts(targets, radius=30.0))
    assert table.meta["RADIUS"] == 30.0


@pytest.mark.parametrize(
    ("error", "own", "systematic"),
    [
        (None, (0.0, 0.0, 0.0), 0.0),
        (0.8 * ARCSEC, (0.8, 0.8, 0.0), 0.0),
        (0.8 * ARCSEC, (0.8, 0.8, 0.0), 0.3),
        ((2 * ARCSEC, 500 * u.mas, 130 * u.deg), (2.0, 0.5, 130.0), 0.0),
    ],
    ids=["exact", "circle", "systematic", "ellipse"],
)
def test_sigma_finds_what_brute_force_finds(csc, error, own, systematic):
    """The Mahalanobis distance of both ellipses and the systematic error, for every pair."""
    targets = beside_sources(150, 2.0)

    table = csc.crossmatch(
        sky_of(targets), sigma=3, position_error=error, systematic=systematic * ARCSEC
    )

    reach = table.meta["RADIUS"]
    expected = counterparts(targets, radius=reach, sigma=3, own=own, systematic=systematic)
    assert_same_pairs(listed(table), expected)
    assert 50 < len(expected) < 250
    assert table.meta["SIGMA"] == 3.0


def test_radius_and_sigma_must_both_hold(csc):
    """What one of them leaves out is left out."""
    targets = beside_sources(150, 2.0)

    table = csc.crossmatch(sky_of(targets), radius=1.5 * ARCSEC, sigma=2)

    expected = counterparts(targets, radius=1.5, sigma=2)
    assert_same_pairs(listed(table), expected)
    assert len(expected) < len(counterparts(targets, radius=1.5))
    assert len(expected) < len(counterparts(targets, radius=10.0, sigma=2))


def at_the_pole():
    """Move sources with long ellipses to within arcseconds of the north pole."""
    dice = np.random.default_rng(8)
    table = small_sky()
    table = table[~np.ma.getmaskarray(table["err_ellipse_r1"])][:40]
    table["ra"][:] = dice.uniform(0, 360, 40)
    table["dec"][:] = 90 - np.abs(dice.normal(0, 10, 40)) / 3600
    table["err_ellipse_r0"][:] = 9.0
    table["err_ellipse_r1"][:] = 1.0
    return table


def test_ellipses_keep_their_direction_next_to_a_pole(csc):
    """North turns from one position to the next there; the distances are right all the same."""
    polar = at_the_pole()
    targets = [(10.0, 89.999), (200.0, 89.9995), (77.0, 90.0)]
    error = (4 * ARCSEC, 1 * ARCSEC, 30 * u.deg)
    with csc_server(catalogue={"master_source": polar}) as server:
        table: Any = server.csc.crossmatch(
            sky_of(targets), radius=20 * ARCSEC, position_error=error, cache=False
        )

    expected = counterparts(targets, radius=20.0, own=(4.0, 1.0, 30.0), table=polar)
    assert_same_pairs(listed(table), expected)
    assert len(expected) > 40


def test_errors_may_differ_from_row_to_row(csc):
    """Each row has its own circle, from a Quantity or from a column, in any unit."""
    targets = beside_sources(12, 2.0)
    errors = np.linspace(0.1, 2.0, 12)
    listing = table_of(targets, err=errors * 1e3 * u.mas)

    limits: Any = {"radius": 30 * ARCSEC, "sigma": 2}
    table = csc.crossmatch(sky_of(targets), **limits, position_error=errors * ARCSEC)
    same = csc.crossmatch(listing, **limits, position_error="err")
    also = csc.crossmatch(listing, **limits, position_error=("err", "err", 20 * u.deg))

    expected = {
        (row, name): numbers
        for row, target in enumerate(targets)
        for (_, name), numbers in counterparts(
            [target], radius=30.0, sigma=2, own=(errors[row], errors[row], 0.0)
        ).items()
    }
    assert_same_pairs(listed(table), expected)
    assert_same_pairs(listed(same), expected)
    assert_same_pairs(listed(also), expected)


def test_a_source_with_a_large_ellipse_is_not_lost(csc):
    """It may be far beyond what is fetched around the position; it is asked for by itself."""
    sky = small_sky()
    sky["err_ellipse_r0"][100], sky["err_ellipse_r1"][100] = 300.0, 300.0
    target = (float(sky["ra"][100]), float(sky["dec"][100]) - 200 / 3600)
    with csc_server(catalogue={"master_source": sky}) as server:
        log = RequestLog(server)
        table: Any = server.csc.crossmatch(sky_of([target]), sigma=3, cache=False)
        queries = log.queries

    assert str(sky["name"][100]) in table["name"].tolist()
    assert_same_pairs(
        listed(table) | counterparts([target], radius=table.meta["RADIUS"], sigma=3, table=sky),
        listed(table),
    )
    assert "m.err_ellipse_r0 > 20.0" in queries[-1]
    assert table.meta["RADIUS"] < 30


def test_a_cut_answer_about_large_ellipses_is_said(csc):
    """A match may be lost then, and the table says so."""
    sky = small_sky()
    sky["err_ellipse_r0"][:40] = 50.0
    target = (float(sky["ra"][1000]), float(sky["dec"][1000]))
    with (
        csc_server(dialect=Dialect(default_maxrec=30), catalogue={"master_source": sky}) as server,
        pytest.warns(MaxResultsWarning, match="The service cut"),
    ):
        table: Any = server.csc.crossmatch(sky_of([target]), sigma=1, cache=False)

    assert table.meta["TRUNC"] is True


@pytest.mark.parametrize("radius", [1e4, 1e9])
def test_an_ellipse_of_any_size_is_taken(radius):
    """Also one that is larger than the sky, as no source has."""
    sky = small_sky()
    sky["err_ellipse_r0"][100], sky["err_ellipse_r1"][100] = radius, radius
    target = (float(sky["ra"][100]), float(sky["dec"][100]) - 0.5)
    with csc_server(catalogue={"master_source": sky}) as server:
        table: Any = server.csc.crossmatch(sky_of([target]), sigma=3, cache=False)

    assert str(sky["name"][100]) in table["name"].tolist()


def test_a_failed_request_for_large_ellipses_is_an_error(csc):
    """Not a table that may lack some."""
    break_road(csc, {2}, requests.ConnectionError("the line is dead"))

    with conf.set_temp("retries", 0), pytest.raises(RemoteServiceError, match="line is dead"):
        csc.crossmatch(sky_of(beside_sources(3)), sigma=3)


def test_a_catalogue_on_this_computer_gives_the_same(csc):
    """Whatever answers, the counterparts are decided here; a list is never too long for it."""
    targets = sky_of(beside_sources(150, 2.0))
    remote = csc.crossmatch(targets, sigma=3, position_error=0.5 * ARCSEC)
    tables = {"csc21.master_source": small_sky()}
    with (
        LocalBackend(tables, release=get_release("2.1")) as backend,
        conf.set_temp("max_remote_positions", 10),
    ):
        csc._backend = lambda _: backend
        local = csc.crossmatch(targets, sigma=3, position_error=0.5 * ARCSEC)

    assert_same_table(local, remote)


# ---- rows and columns ------------------------------------------------------------------------


def test_every_row_is_answered_for_in_order(csc):
    """A row without a counterpart has one row of masked cells, where it stands in the list."""
    here = beside_sources(1, 0.1)[0]
    places = SkyCoord([EMPTY_SKY, sky_of([here])[0], EMPTY_SKY])

    table = csc.crossmatch(places, radius=3 * ARCSEC)

    assert table["query_index"].tolist() == [0, 1, 2]
    assert table["n_match"].tolist() == [0, 1, 0]
    assert table["name"].mask.tolist() == table["separation"].mask.tolist() == [True, False, True]


def test_a_row_without_a_position_is_kept_and_marked(csc):
    """Its n_match is masked, which is not zero: nobody looked."""
    here = beside_sources(1, 0.1)[0]
    places = SkyCoord([here[0], np.nan], [here[1], 5.0], unit="deg")

    with pytest.warns(match="1 of 2 rows have no position"):
        table = csc.crossmatch(places, radius=3 * ARCSEC)

    assert table["query_index"].tolist() == [0, 1]
    assert table["n_match"].tolist() == [1, None]


def test_the_best_counterpart_is_that_of_the_least_nsigma(csc):
    """One row per row of the list: the first of all its counterparts."""
    targets = beside_sources(200, 5.0)
    every = csc.crossmatch(sky_of(targets), radius=60 * ARCSEC)

    best = csc.crossmatch(sky_of(targets), radius=60 * ARCSEC, find="best")

    first = np.unique(every["query_index"], return_index=True)[1]
    assert best["query_index"].tolist() == list(range(200))
    assert best["name"].tolist() == every["name"][first].tolist()
    assert best["n_match"].tolist() == every["n_match"][first].tolist()
    assert max(best["n_match"]) > 1


def test_counterparts_are_sorted_by_nsigma_and_those_without_come_last(csc):
    """Within a row of the list; without nsigma by separation."""
    sky = small_sky()[:6]
    sky["ra"][:], sky["dec"][:] = 10.0, 20 + np.array([5, 4, 3, 2, 1, 0]) / 3600
    sky["err_ellipse_r0"][:], sky["err_ellipse_r1"][:] = [1.0, 9, 9, 9, 9, 9], [1.0, 9, 9, 9, 9, 9]
    sky["err_ellipse_r1"].mask[4:] = True
    with csc_server(catalogue={"master_source": sky}) as server:
        table: Any = server.csc.crossmatch("10 20", radius=10 * ARCSEC, cache=False)

    assert table["name"].tolist() == [str(sky["name"][row]).strip() for row in (3, 2, 1, 0, 5, 4)]
    assert table["nsigma"].mask.tolist() == [False] * 4 + [True] * 2


def test_a_highly_extended_source_is_flagged_and_counts_by_radius(csc):
    """Its ellipse is of the centre: nsigma is given, with a flag, and does not decide."""
    sky = small_sky()[:1]
    sky["name"][:] = "2CXO J004000.0+200000X"
    sky["ra"][:], sky["dec"][:] = 10.0, 20.0
    sky["err_ellipse_r0"][:], sky["err_ellipse_r1"][:], sky["err_ellipse_ang"][:] = 0.1, 0.1, 0.0
    with csc_server(catalogue={"master_source": sky}) as server:
        near: Any = server.csc.crossmatch(SkyCoord(10, 20.005, unit="deg"), sigma=3, cache=False)
        with pytest.warns(NoResultsWarning):
            far: Any = server.csc.crossmatch(SkyCoord(10, 20.01, unit="deg"), sigma=3, cache=False)

    assert (near["n_match"].tolist(), near["extended"].tolist()) == ([1], [True])
    assert near["nsigma"][0] > 3
    assert near.meta["RADIUS"] == pytest.approx(3 * 20 / 2.4477468, rel=1e-6)
    assert far["n_match"].tolist() == [0]


def test_an_ellipse_below_the_systematic_error_is_noted(csc, caplog):
    """It should contain the error of the frame: 0.71 arcsec in release 2.0."""
    place = SkyCoord(161.31475415, -59.69604745, unit="deg")

    csc(release="2.0").crossmatch(place, radius=0.1 * ARCSEC)
    csc.crossmatch(place, radius=0.1 * ARCSEC)

    noted = [line for line in caplog.messages if "systematic error that the ellipses" in line]
    assert [line.partition(",")[0] for line in noted] == [
        "1 sources have a 95 % ellipse below 0.71 arcsec"
    ]


def test_a_counterpart_of_several_rows_is_marked(csc):
    """``shared`` is true in each of their rows, and masked where there is none."""
    first, second = beside_sources(2, 0.1)
    places = sky_of([first, second, first])

    table = csc.crossmatch(SkyCoord([*places, EMPTY_SKY]), radius=0.7 * ARCSEC, find="best")

    assert table["shared"].tolist() == [True, False, True, None]


def test_the_columns_of_the_list_come_along(csc):
    """Under their own names; ``my`` stands before one that the catalogue has, or would seem to."""
    listing = table_of(
        beside_sources(3, 0.1), name=["a", "b", "c"], kT=[1, 2, 3] * u.keV, pmra=[0.0, 0.0, 0.0]
    )
    listing["ra_error"] = [0.1, 0.1, 0.1]
    listing["kT"].description = "temperature"

    with pytest.warns(match="proper motions are not applied"):
        table = csc.crossmatch(listing, radius=3 * ARCSEC)

    own = ["myra", "mydec", "myname", "kT", "pmra", "myra_error"]
    assert table.colnames[: len(LEAD) + len(own)] == [*LEAD, *own]
    assert table["myname"].tolist() == [listing["name"][row] for row in table["query_index"]]
    assert (table["kT"].unit, table["kT"].description) == (u.keV, "temperature")
    assert SkyCoord.guess_from_table(table).ra.deg.tolist() == table["ra"].tolist()
    assert listing.colnames == ["ra", "dec", "name", "kT", "pmra", "ra_error"]


def test_a_name_that_stays_taken_gets_another_prefix(csc):
    """Nothing of the list is overwritten, whatever it is called."""
    listing = table_of(beside_sources(1, 0.1), name=["a"], myname=["b"], NSIGMA=[3.0])

    table = csc.crossmatch(listing, radius=3 * ARCSEC)

    assert [table[name][0] for name in ("mymyname", "myname", "myNSIGMA")] == ["b", "a", 3.0]


def test_columns_and_filters_are_those_of_query_region(csc):
    """The error ellipses come in any case; a filter leaves sources out, not rows of the list."""
    targets = beside_sources(30, 0.5)

    table = csc.crossmatch(
        sky_of(targets),
        radius=3 * ARCSEC,
        columns="flux_aper_b",
        column_filters={"significance": (5, None)},
        criteria="m.dec > 0",
    )

    ellipse = ["err_ellipse_r0", "err_ellipse_r1", "err_ellipse_ang"]
    assert table.colnames == [*LEAD, *ellipse, "flux_aper_b"]
    assert set(table["query_index"].tolist()) == set(range(30))
    bright = {
        str(row["name"]).strip()
        for row in masters()[(masters()["significance"] >= 5) & (masters()["dec"] > 0)]
    }
    expected = {key for key in counterparts(targets, radius=3.0) if key[1] in bright}
    assert set(listed(table)) == expected


def test_every_column_can_be_asked_for(csc):
    """``"*"`` works, and what leads still leads."""
    table = csc.crossmatch(sky_of(beside_sources(2)), radius=9 * ARCSEC, columns="*")

    assert table.colnames[: len(LEAD)] == LEAD
    assert len(table.colnames) == len(masters().colnames) + 6


def test_an_instances_row_limit_does_not_cut_counterparts(csc):
    """A row limit is for tables that one reads; a match is whole."""
    targets = sky_of(beside_sources(20, 5.0))

    assert_same_table(
        csc(row_limit=1).crossmatch(targets, radius=60 * ARCSEC),
        csc.crossmatch(targets, radius=60 * ARCSEC),
    )


@pytest.mark.parametrize(
    "form",
    [
        lambda place: place,
        lambda place: place.galactic,
        lambda place: Galactic(place.galactic.l, place.galactic.b),
        lambda place: place.reshape(1),
        lambda place: f"{place.ra.deg:.12f} {place.dec.deg:.12f}",
        lambda place: Table({"ra": [place.ra.deg] * u.deg, "dec": [place.dec.deg] * u.deg}),
        lambda place: QTable({"where": place.reshape(1)}),
        lambda place: Table(
            {"RA_ICRS": [place.ra.deg] * u.deg, "DE_ICRS": [place.dec.deg] * u.deg}
        ),
    ],
    ids=["scalar", "galactic", "frame", "array", "text", "table", "coordinates column", "VizieR"],
)
def test_positions_may_come_in_any_form(csc, form):
    """The same counterpart, and a query_index also for one position."""
    (target,) = beside_sources(1, 0.1)

    table = csc.crossmatch(form(SkyCoord(*target, unit="deg")), radius=3 * ARCSEC)

    assert_same_pairs(listed(table), counterparts([target], radius=3.0))
    assert table["query_index"].tolist() == [0]


def test_an_empty_list_gives_an_empty_table(csc, server):
    """With its columns and a warning; nothing is asked."""
    log = RequestLog(server)
    listing = Table({"ra": [] * u.deg, "dec": [] * u.deg, "id": np.array([], dtype="U5")})

    with pytest.warns(NoResultsWarning, match="The list is empty"):
        table = csc.crossmatch(listing, sigma=3)

    full = csc.crossmatch(sky_of(beside_sources(1, 0.1)), sigma=3)
    assert log.queries == log.queries[-2:]
    assert len(table) == 0
    assert [name for name in table.colnames if name not in ("myra", "mydec", "id")] == full.colnames
    assert table["separation"].unit == ARCSEC
    assert table.meta["NINPUT"] == table.meta["NROWS"] == 0


def test_a_list_without_any_counterpart_warns(csc):
    """All rows are there, all masked."""
    with pytest.warns(NoResultsWarning, match="No row of the list has a counterpart"):
        table = csc.crossmatch(EMPTY_SKY.reshape(1), radius=1 * ARCSEC)

    assert (len(table), table["n_match"].tolist()) == (1, [0])


def test_meta_says_what_was_used(csc):
    """Keys have at most 8 characters, values are scalars on one line."""
    meta = csc.crossmatch(sky_of(beside_sources(3)), sigma=3, systematic=0.1 * ARCSEC).meta

    assert max(map(len, meta)) <= 8
    assert {type(value) for value in meta.values()} == {str, int, bool, float}
    assert (meta["SIGMA"], meta["SYSTEM"], meta["FIND"], meta["NINPUT"]) == (3.0, 0.1, "all", 3)
    assert meta["NROWS"] >= 3


@pytest.mark.parametrize("name", ["t.fits", "t.ecsv", "t.parquet"])
def test_the_table_can_be_written(csc, tmp_path, name):
    """Strings, flags, masks, input columns of objects and all."""
    listing = table_of(beside_sources(3, 0.1), who=np.array(["a", None, "ccc"], dtype=object))
    table = csc.crossmatch(listing, radius=3 * ARCSEC)

    for_fits(table).write(tmp_path / name)
    again = Table.read(tmp_path / name)

    assert [column.dtype.kind for column in table.itercols()].count("O") == 0
    assert again["query_index"].tolist() == table["query_index"].tolist()
    assert table["who"].tolist() == ["a", None, "ccc"]
    assert again.colnames == table.colnames


def test_the_payload_is_what_is_sent(csc, server):
    """The boxes and, with sigma, the sources with large ellipses."""
    targets = sky_of(beside_sources(5))
    log = RequestLog(server)

    payload = csc.crossmatch(targets, sigma=3, get_query_payload=True)

    assert log.all == []
    csc.crossmatch(targets, sigma=3)
    assert payload["QUERY"] == log.queries
    assert len(payload["QUERY"]) == 2


def test_a_long_list_is_few_requests(csc, server):
    """It goes the way of every list."""
    log = RequestLog(server)

    table = csc.crossmatch(SkyCoord(*near_sources(1000), unit="deg"), radius=5 * ARCSEC)

    assert len(log.queries) <= 20
    assert set(table["query_index"].tolist()) == set(range(1000))


def test_a_second_call_is_answered_from_the_cache(csc, server):
    """Also the request for large ellipses."""
    targets = sky_of(beside_sources(5))
    first = csc.crossmatch(targets, sigma=3)
    log = RequestLog(server)

    assert_same_table(csc.crossmatch(targets, sigma=3), first)
    assert log.all == []
