# Licensed under a 3-clause BSD style license - see LICENSE
"""Limits at any level: the catalogue's own again at 68 %, and a reason where there are none."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable, Table
from astroquery.exceptions import CorruptDataWarning, InputWarning, NoResultsWarning

from astroquery_csc import progress
from astroquery_csc.config import conf
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.testing import Dialect, csc_server

SOURCE = "2CXO J174529.3-285749"
BOUNDS = ["flux_aper_b", "flux_aper_lolim_b", "flux_aper_hilim_b"]


@pytest.fixture(scope="module")
def rows(server):
    """Give the detections of one source in single observations, two of them limits."""
    return server.csc.query_detections(SOURCE, match_type=None, cache=False)


def fluxes(table):
    """Give the fluxes of a table of limits, in columns."""
    return np.stack([table[name] for name in ("flux", "flux_lolim", "flux_hilim")], axis=1)


def fetched(server):
    """List the files that were asked for so far."""
    return [seen for seen in server.requests if seen.path == "/csccli/retrieveFile"]


# ---- what comes -------------------------------------------------------------------------------


def test_the_level_of_the_catalogue_gives_its_limits_again(csc, rows):
    """Within 3 %, limits and measurements alike."""
    table = csc.query_limits(rows, level=0.68, bands="b")

    expected = np.stack([rows[name] for name in BOUNDS], axis=1)
    np.testing.assert_allclose(fluxes(table), expected, rtol=0.03)
    assert table["is_limit"].tolist() == [False, False, False, False, True, True]


@pytest.mark.parametrize(
    "ask",
    [
        lambda csc: csc.query_detections(SOURCE, level="stack"),
        lambda csc: csc.query_object(SOURCE, columns=["name", *BOUNDS]),
    ],
    ids=["stack", "master"],
)
def test_stacks_and_masters_have_limits_of_their_own(csc, ask):
    """They are those of their own rows."""
    rows = ask(csc)

    table = csc.query_limits(rows, level=0.68, bands="b")

    expected = np.stack([rows[name] for name in BOUNDS], axis=1)
    np.testing.assert_allclose(fluxes(table), expected, rtol=0.03)


def test_columns_that_the_rows_lack_are_asked_for(csc, rows):
    """The keys are enough."""
    keys = rows["name", "detect_stack_id", "region_id", "obsid", "obi", "instrument"]

    table = csc.query_limits(keys, level=0.68, bands="b")

    np.testing.assert_allclose(table["flux_hilim"], rows["flux_aper_hilim_b"], rtol=0.03)


def test_detections_without_names_have_limits(csc, rows):
    """Their fluxes are looked up by observation."""
    keys = rows["region_id", "obsid", "obi"]

    table = csc.query_limits(keys, level=0.68, bands="b")

    assert table.colnames[:4] == ["region_id", "obsid", "obi", "band"]
    np.testing.assert_allclose(table["flux_hilim"], rows["flux_aper_hilim_b"], rtol=0.03)


def test_a_long_list_says_how_far_it_is(csc, rows, monkeypatch, caplog):
    """Files and posteriors are counted at level INFO."""
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.0)

    csc.query_limits(rows, bands="b", cache=False)

    assert "5 of 6 files are done." in caplog.text
    assert "5 of 6 posteriors are done." in caplog.text


@pytest.mark.parametrize("kind", [QTable, lambda rows: Table(rows, masked=True)])
def test_a_table_of_another_kind_has_the_same_limits(csc, rows, kind):
    """Quantities and masked columns are read as what they are."""
    table = csc.query_limits(kind(rows), bands="b")

    np.testing.assert_array_equal(fluxes(table), fluxes(csc.query_limits(rows, bands="b")))


def test_fluxes_in_another_unit_are_converted(csc, rows):
    """The ratio to the photon flux is in erg per photon."""
    other = rows.copy()
    for name in BOUNDS:
        other[name] = other[name].quantity.to("W/m2")

    table = csc.query_limits(other, bands="b")

    np.testing.assert_allclose(fluxes(table), fluxes(csc.query_limits(rows, bands="b")))


@pytest.mark.parametrize("cells", [["abc"] * 6, [1.0] * 6 * u.mJy])
def test_a_column_that_holds_no_fluxes_is_refused(csc, server, rows, cells):
    """The message names the column and the unit; nothing is sent."""
    before = len(server.requests)
    other = rows.copy()
    other["flux_aper_b"] = cells

    with pytest.raises(InvalidQueryError, match="'flux_aper_b' does not hold fluxes in erg"):
        csc.query_limits(other, bands="b")
    assert len(server.requests) == before


def test_a_row_with_a_masked_key_has_a_row_that_says_so(csc, rows):
    """There is one row per input row and band, in any case."""
    masked = Table(rows, masked=True)
    masked["obsid"].mask[0] = True

    with (
        pytest.warns(InputWarning, match="1 of 6 rows lack keys"),
        pytest.warns(NoResultsWarning, match="1 of 6 rows have no limits"),
    ):
        table = csc.query_limits(masked, bands="b")

    assert table["note"].tolist() == ["a key of the row is masked", *[""] * 5]


def test_the_ratio_is_that_of_the_row(csc, rows):
    """Energy per photon is taken from the row's columns where it has them."""
    given = rows[:1].copy()
    per_photon = 2e-9 * u.erg / u.photon
    given["photflux_aper_b"] = given["flux_aper_b"].quantity / per_photon
    given["photflux_aper_hilim_b"] = given["flux_aper_hilim_b"].quantity / per_photon

    table = csc.query_limits(given, bands="b")

    np.testing.assert_allclose(table["flux_hilim"], table["photflux_hilim"] * 2e-9)


def test_a_higher_level_has_wider_bounds(csc, rows):
    """The default is 3 sigma, and the value stays."""
    usual, wide = (csc.query_limits(rows, bands="b", **at) for at in ({"level": 0.68}, {}))

    assert set(wide["level"]) == {0.9973}
    assert (wide["flux_hilim"] > usual["flux_hilim"]).all()
    assert (wide["flux_lolim"] <= usual["flux_lolim"]).all()
    np.testing.assert_allclose(wide["flux"], usual["flux"])


def test_there_is_one_row_per_row_and_band(csc, rows):
    """Keys come first, then band and level; bands are those of the instrument by default."""
    table = csc.query_limits(rows[:2])

    assert table.colnames[:8] == [
        *("name", "detect_stack_id", "region_id", "obsid", "obi", "match_type"),
        *("band", "level"),
    ]
    assert table["band"].tolist() == list("bhmsu") * 2
    assert str(table["flux"].unit) == "erg / (s cm2)"
    assert table.meta["LEVEL"] == 0.9973


def test_what_has_no_posterior_says_why(csc, rows):
    """Its values are masked, and a warning counts it."""
    with pytest.warns(NoResultsWarning, match="6 of 12 rows have no limits"):
        table = csc.query_limits(rows, bands="bw")

    hrc = table[table["band"] == "w"]
    assert hrc["flux_hilim"].mask.all()
    assert "not ACIS's" in hrc["note"][0]


def test_a_file_that_does_not_arrive_whole_gives_no_limits(rows, tmp_path):
    """Its row says why, and the other rows have theirs."""
    dialect = Dialect(file_faults=(("90018_000N026_r0050b_phot3", "short"),))
    with csc_server(dialect=dialect) as service, conf.set_temp("retries", 0):
        service.csc.cache_location = tmp_path
        with (
            pytest.warns(CorruptDataWarning, match="1 of 2 files failed"),
            pytest.warns(NoResultsWarning, match="1 of 2 rows have no limits"),
        ):
            table = service.csc.query_limits(rows[:2], bands="b")

    assert np.ma.getmaskarray(table["flux_hilim"]).tolist() == [True, False]
    assert table["note"][0]


# ---- the cache --------------------------------------------------------------------------------


def test_files_are_fetched_once(server, csc, rows):
    """The second call, at another level, asks for none of them again."""
    csc.query_limits(rows[:1], bands="b")
    before = len(fetched(server))

    csc.query_limits(rows[:1], bands="b", level=0.9)

    assert len(fetched(server)) == before


def test_the_cache_can_be_cleared(csc, rows):
    """Posteriors are in it."""
    csc.query_limits(rows[:1], bands="b")
    there = list(csc.cache_location.rglob("*phot3.fits.gz"))

    csc.clear_cache()

    assert len(there) == 1
    assert not list(csc.cache_location.rglob("*phot3.fits.gz"))


def test_without_the_cache_nothing_is_kept(csc, rows):
    """The values are the same."""
    table = csc.query_limits(rows[:1], bands="b", cache=False)

    assert not list(csc.cache_location.rglob("*phot3*"))
    assert table["flux_hilim"][0] > rows["flux_aper_hilim_b"][0]


# ---- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 1, -0.1, 68, float("nan")])
def test_a_level_is_a_probability(csc, rows, level):
    """68 is 68 % of nothing."""
    with pytest.raises(InvalidQueryError, match="between 0 and 1"):
        csc.query_limits(rows, level=level)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"level": "3 sigma"}, InputTypeError, "level is '3 sigma'"),
        ({"level": True}, InputTypeError, "level is True"),
        ({"bands": "x"}, InvalidQueryError, "Band 'x' does not exist"),
    ],
)
def test_bad_arguments_are_refused(csc, rows, arguments, error, words):
    """In words."""
    with pytest.raises(error, match=words):
        csc.query_limits(rows, **arguments)


def test_rows_without_keys_are_refused(server, csc):
    """Nothing is sent."""
    before = len(server.requests)

    with pytest.raises(InvalidQueryError, match="no keys"):
        csc.query_limits(Table({"flux_aper_b": [1e-15]}))

    assert len(server.requests) == before


def test_names_are_not_rows(csc):
    """The message shows what to write."""
    with pytest.raises(InputTypeError, match=r"query_limits\(Csc.query_detections"):
        csc.query_limits(SOURCE)


def test_the_payload_is_the_list_of_files(csc, rows):
    """Nothing is sent."""
    payload = csc.query_limits(rows[:1], bands="b", get_query_payload=True)

    assert payload["packageset"] == "90018.0.50/aperphot/b"


# ---- light curves -----------------------------------------------------------------------------


def test_a_light_curve_keeps_its_limits_at_68_percent(csc):
    """Without a level no file is asked for."""
    assert csc.query_light_curve(SOURCE, bands="b").meta["LIMITS"] == "68%"


def test_a_light_curve_takes_other_limits_from_posteriors(csc):
    """Fluxes and rows stay as they are."""
    usual = csc.query_light_curve(SOURCE, bands="b")
    wide = csc.query_light_curve(SOURCE, bands="b", level=0.9973)

    assert wide.meta["LIMITS"] == "0.9973"
    assert wide["flux"].tolist() == usual["flux"].tolist()
    assert (wide["flux_hilim"] > usual["flux_hilim"]).all()
    assert wide.colnames == [*usual.colnames, "note"]


def test_a_light_curve_at_68_percent_agrees_with_the_catalogue(csc):
    """For a flux of another spectrum, too: the ratio is that of the row."""
    usual, same = (
        csc.query_light_curve(SOURCE, bands="b", flux="flux_powlaw_aper", **at)
        for at in ({}, {"level": 0.68})
    )

    np.testing.assert_allclose(same["flux_hilim"], usual["flux_hilim"], rtol=0.03)


def test_a_bad_level_of_a_light_curve_is_refused(server, csc):
    """Nothing is sent."""
    before = len(server.requests)

    with pytest.raises(InvalidQueryError, match="between 0 and 1"):
        csc.query_light_curve(SOURCE, level=3)

    assert len(server.requests) == before
