# Licensed under a 3-clause BSD style license - see LICENSE
"""query_light_curve: every measurement with its time, limits marked, nothing mixed or left out."""

import re
from functools import lru_cache

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table, vstack
from astropy.time import Time
from astropy.timeseries import TimeSeries
from astroquery.exceptions import NoResultsWarning

from astroquery_csc import for_fits
from astroquery_csc.catalogue.bands import read_bands
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError
from astroquery_csc.testing import csc_server
from tests.support.comparing import RequestLog, assert_same_table
from tests.support.joined import GONE, cells, keys_of, observed, one_stack, stacked
from tests.support.sky import sky

COLUMNS = [
    "name", "detect_stack_id", "region_id", "obsid", "obi", "band", "instrument", "mjd_start",
    "mjd_mid", "mjd_stop", "livetime", "flux", "flux_lolim", "flux_hilim", "is_limit",
    "match_type", "conf_code", "edge_code", "extent_code", "multi_chip_code", "var_code",
    "dither_warning_flag", "sat_src_flag", "streak_src_flag", "pileup_warning", "theta",
]  # fmt: skip
REAL = "2CXO J032908.3+312020"
ALONE = "2CXO J174529.3-285749"
NOWHERE = SkyCoord(200, -80, unit="deg")


@lru_cache(maxsize=1)
def of_every_kind():
    """Find sources by what their detections are: their match types, and their instruments."""
    kinds: dict[tuple[str, ...], str] = {}
    instruments: dict[str, set[str]] = {}
    for (name, stack, _), match in stacked().items():
        instruments.setdefault(name, set()).add(stack[:4].strip("f"))
        kinds.setdefault(tuple(sorted({match})), name)
    types: dict[str, set[str]] = {}
    for (name, _, _), match in stacked().items():
        types.setdefault(name, set()).add(match)
    for name, found in types.items():
        kinds.setdefault(tuple(sorted(found)), name)
    mixed = [name for name, found in instruments.items() if found == {"acis", "hrc"}]
    return kinds, mixed


def rows_of(name, column):
    """Give a column of observation_source for each detection of a source, by its keys."""
    values = cells(sky()["observation_source"][column])
    return {key: values[row] for key, (_, _, row) in observed().items() if key[0] == name}


@pytest.fixture(params=[("n", "u"), ("a", "u"), ("u",)], ids="".join)
def name(request):
    """Find a source with these match types among its detections."""
    return of_every_kind()[0][request.param]


@pytest.mark.parametrize("band", ["b", "s"])
def test_every_detection_has_one_row_a_band_with_its_own_flux(csc, name, band):
    """Unique, ambiguous and forced measurements all come, with value and bounds of their row."""
    curve = csc.query_light_curve(name, bands=band)

    keys = keys_of(curve)
    expected = {key: match for key, (match, _, _) in observed().items() if key[0] == name}
    assert dict(zip(keys, curve["match_type"].tolist(), strict=True)) == expected
    assert len(keys) == len(expected)
    limits = ("", "_lolim", "_hilim")
    found = [dict(zip(keys, cells(curve[f"flux{limit}"]), strict=True)) for limit in limits]
    assert found == [rows_of(name, f"flux_aper{limit}_{band}") for limit in limits]


def test_all_bands_of_the_instrument_come_without_more(csc, name):
    """ACIS has five bands; w has no row there."""
    curve = csc.query_light_curve(name)

    detections = sum(key[0] == name for key in observed())
    assert set(curve["instrument"]) == {"ACIS"}
    assert sorted(set(curve["band"].tolist())) == ["b", "h", "m", "s", "u"]
    assert len(curve) == 5 * detections


def test_hrc_is_beside_acis_and_never_in_its_place(csc):
    """A source that both saw has b from ACIS alone and w from HRC alone."""
    name = of_every_kind()[1][0]

    curve = csc.query_light_curve(name)

    pairs = set(zip(curve["instrument"].tolist(), curve["band"].tolist(), strict=True))
    assert pairs == {("ACIS", band) for band in "bhmsu"} | {("HRC", "w")}
    wide = curve[curve["band"] == "w"]
    found = dict(zip(keys_of(wide), cells(wide["flux"]), strict=True))
    known = {key: flux for key, flux in rows_of(name, "flux_aper_w").items() if key in found}
    assert found == known
    assert {key[1][:3] for key in found} == {"hrc"}


def test_columns_stand_in_their_order_with_units_and_words(csc, name):
    """The documented columns; times in days, TT, at the telescope; 68 % is said."""
    curve = csc.query_light_curve(name)

    assert curve.colnames == COLUMNS
    assert {column.dtype.kind for column in curve.itercols()} == set("Ufib")
    assert [curve[f"mjd_{end}"].unit for end in ("start", "mid", "stop")] == [u.d] * 3
    assert curve["flux"].unit == u.erg / u.s / u.cm**2
    assert all(column.description for column in curve.itercols())
    assert all("TT" in curve[f"mjd_{end}"].description for end in ("start", "mid", "stop"))
    assert all("not barycentred" in curve[f"mjd_{e}"].description for e in ("start", "stop"))
    assert "68%" in curve["is_limit"].description
    assert "68%" in curve["flux_hilim"].description


def test_meta_says_what_it_is(csc, name):
    """Source, quantity, clock and level stand in meta, and FITS keeps them."""
    meta = csc.query_light_curve(name).meta

    assert (meta["OBJECT"], meta["FLUX"], meta["LIMITS"]) == (name, "flux_aper", "68%")
    assert "TT" in meta["TIME"]
    assert "not barycentred" in meta["TIME"]
    assert max(map(len, meta)) <= 8


def test_times_are_start_middle_and_end_of_the_observation(csc, name):
    """gti_mjd_obs is the start; the end is gti_elapse seconds later; rows are in order of time."""
    curve = csc.query_light_curve(name, bands="b")

    start, elapse = rows_of(name, "gti_mjd_obs"), rows_of(name, "gti_elapse")
    keys = keys_of(curve)
    assert curve["mjd_start"].tolist() == [start[key] for key in keys] == sorted(start.values())
    stop = [start[key] + elapse[key] / 86400 for key in keys]
    np.testing.assert_allclose(curve["mjd_stop"], stop, rtol=0, atol=1e-9)
    middle = (np.asarray(curve["mjd_start"]) + np.asarray(curve["mjd_stop"])) / 2
    np.testing.assert_allclose(curve["mjd_mid"], middle, rtol=0, atol=1e-9)


def test_limits_are_marked_row_by_row_and_nulls_are_masked(csc):
    """A limit is where flux = lolim = 0 < hilim, whatever the match type; nulls are masked."""
    curves = vstack(
        [csc.query_light_curve(name) for name in sorted(of_every_kind()[0].values())],
        metadata_conflicts="silent",
    )

    flux, lolim, hilim = (cells(curves[f"flux{end}"]) for end in ("", "_lolim", "_hilim"))
    expected = [
        value == 0 and low == 0 and high > 0
        for value, low, high in zip(flux, lolim, hilim, strict=True)
    ]
    assert curves["is_limit"].tolist() == expected
    assert {"u", "n"} <= set(curves["match_type"][curves["is_limit"]].tolist())
    assert None in flux
    assert not np.ma.getmaskarray(curves["flux"])[curves["is_limit"]].any()
    assert not any(mark for mark, value in zip(expected, flux, strict=True) if value is None)


def test_two_detections_in_one_observation_are_both_there():
    """A source with two regions in a stack has two rows an observation and band."""
    tables, owner = one_stack()
    with csc_server(catalogue=tables) as own:
        curve = own.csc.query_light_curve(owner, bands="b", cache=False)

    first = curve[curve["obsid"] == curve["obsid"][0]]
    assert len(first) == 2
    assert len(set(first["region_id"].tolist())) == 2
    assert set(first["match_type"].tolist()) == {"u", "a"}


def test_another_quantity_can_be_asked_for(csc, name):
    """flux= takes any quantity of observations that has limits, by band."""
    curve = csc.query_light_curve(name, bands=["soft", "b"], flux="src_rate_aper")

    assert curve["flux"].unit == u.count / u.s
    assert set(curve["band"].tolist()) == {"b", "s"}
    soft = curve[curve["band"] == "s"]
    found = dict(zip(keys_of(soft), cells(soft["flux"]), strict=True))
    assert found == rows_of(name, "src_rate_aper_s")


def test_a_payload_is_the_query_and_nothing_is_sent(csc, server):
    """A quantity that the dictionary does not know may be the service's: nobody asks here."""
    log = RequestLog(server)

    payload = csc.query_light_curve(REAL, flux="novel", bands="b", get_query_payload=True)

    assert log.all == []
    assert "o.novel_b, o.novel_lolim_b, o.novel_hilim_b" in payload["QUERY"]


def test_one_line_makes_a_time_series(csc, name):
    """The line of the docs: an astropy TimeSeries with a TT time at the middle."""
    curve = csc.query_light_curve(name, bands="b")

    series = TimeSeries(curve, time=Time(curve["mjd_mid"], format="mjd", scale="tt"))

    assert (series.time.scale, len(series)) == ("tt", len(curve))
    np.testing.assert_allclose(series.time.mjd, curve["mjd_mid"], rtol=0, atol=1e-9)


def test_a_light_curve_can_be_written_and_read_again(csc, tmp_path):
    """FITS keeps all of it, masks and meta too."""
    curve = csc.query_light_curve(of_every_kind()[0]["a", "u"])

    for_fits(curve).write(tmp_path / "curve.fits")
    back = Table.read(tmp_path / "curve.fits")
    back.convert_bytestring_to_unicode()

    assert back.colnames == curve.colnames
    assert cells(back["flux"]) == cells(curve["flux"])
    assert back["is_limit"].tolist() == curve["is_limit"].tolist()
    assert back.meta["TIME"] == curve.meta["TIME"]


def test_the_cache_gives_the_same_light_curve(csc, server, name):
    """The second time nothing is sent."""
    first = csc.query_light_curve(name)
    log = RequestLog(server)

    second = csc.query_light_curve(name)

    assert log.all == []
    assert_same_table(second, first)


def test_a_source_without_observations_gives_an_empty_table_with_columns(csc):
    """No detection, or a name that is gone: the warning says which."""
    with pytest.warns(NoResultsWarning, match="of which it has no detections"):
        curve = csc.query_light_curve(REAL)
    with pytest.warns(NoResultsWarning, match="not in release 2.1. 400 names changed"):
        csc.query_light_curve(GONE)

    assert len(curve) == 0
    assert curve.colnames == COLUMNS
    assert curve["mjd_mid"].unit == u.d


def north_of(csc, offset_arcsec=0.0):
    """Give a position north of a source that has no near neighbour."""
    row = csc.query_object(ALONE, verbosity=1)[0]
    return SkyCoord(row["ra"], row["dec"] + offset_arcsec / 3600, unit="deg")


def test_a_position_gives_the_light_curve_of_the_source_there(csc):
    """The same rows as by name; meta says how far the source is from the position."""
    curve = csc.query_light_curve(north_of(csc, 0.5), bands="b", radius=1 * u.arcsec)

    assert_same_table(curve, csc.query_light_curve(ALONE, bands="b"))
    assert curve.meta["OBJECT"] == ALONE
    assert curve.meta["SEP"] == pytest.approx(0.5, abs=1e-3)


def test_the_radius_is_a_circle_and_a_position_may_be_text(csc):
    """A source just outside the radius is not taken, and the error names it."""
    place = north_of(csc, 3)
    text = f"{place.ra.deg} {place.dec.deg}"

    assert csc.query_light_curve(text, bands="b", radius="3.1 arcsec").meta["OBJECT"] == ALONE
    with pytest.raises(InvalidQueryError, match=r"is within 2\.9 arcsec .*\(3\.00 arcsec\)"):
        csc.query_light_curve(text, bands="b", radius="2.9 arcsec")


def test_several_sources_near_a_position_are_listed_to_choose_from(csc):
    """Nothing is chosen for the user; nearest first, and the rest is counted."""
    words = rf"\d+ sources .* 1200 arcsec .*: {re.escape(ALONE)} \(0\.00 arcsec\), .* more\. Give"

    with pytest.raises(InvalidQueryError, match=words):
        csc.query_light_curve(north_of(csc), radius=20 * u.arcmin)


def test_no_source_near_a_position_points_to_the_sensitivity(csc):
    """An empty place is not a place that was never observed."""
    with pytest.raises(InvalidQueryError, match=r"nor within 1 arcmin\. query_sensitivity"):
        csc.query_light_curve(NOWHERE)


def test_the_payload_of_a_position_is_the_look_for_its_source(csc, server):
    """Nothing is sent; the cone is a little wider, so that an error can name neighbours."""
    log = RequestLog(server)

    payload = csc.query_light_curve(NOWHERE, get_query_payload=True)

    assert log.all == []
    assert (payload["RA"], payload["DEC"]) == (200.0, -80.0)


def test_a_band_of_the_other_instrument_is_said_to_be_that(csc, name):
    """Band w of a source that only ACIS saw: no row, and the warning says why."""
    with pytest.warns(NoResultsWarning, match="they are by ACIS, with b, h, m, s, u"):
        curve = csc.query_light_curve(name, bands="wide")

    assert len(curve) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"bands": "q"}, "Band 'q' does not exist"),
        ({"bands": "braod"}, "Did you mean 'broad'"),
        ({"bands": []}, "bands is empty"),
        ({"flux": "flux_apr"}, "Did you mean 'flux_aper'"),
        ({"flux": "flux_aper_b"}, "Write flux='flux_aper', bands='b'"),
        ({"flux": "theta"}, "is not measured in observations"),
        ({"name_or_position": "2CXO J0329"}, "is not a 2CXO name"),
        ({"name_or_position": "CXO J032908.3+312020"}, "release 1 of the catalogue"),
        ({"radius": "1 arcsec"}, "beside the name"),
        ({"name_or_position": NOWHERE, "radius": -1 * u.arcsec}, "radius"),
    ],
)
def test_bad_input_is_refused_with_the_sentence_that_helps(csc, server, arguments, words):
    """Nothing of the question is sent."""
    log = RequestLog(server)

    with pytest.raises(InvalidQueryError, match=words):
        csc.query_light_curve(**({"name_or_position": REAL} | arguments))

    assert not [query for query in log.queries if "TAP_SCHEMA" not in query]


@pytest.mark.parametrize(
    "arguments",
    [
        {"name_or_position": [REAL]},
        {"name_or_position": SkyCoord([1, 2], [3, 4], unit="deg")},
        {"name_or_position": NOWHERE, "radius": 5},
        {"flux": 1},
        {"bands": 1},
        {"bands": [1]},
    ],
)
def test_a_value_of_the_wrong_type_is_a_type_error(csc, arguments):
    """Several sources are for query_detections; a radius has a unit; the others are not strings."""
    with pytest.raises(InputTypeError):
        csc.query_light_curve(**({"name_or_position": REAL} | arguments))


@pytest.mark.parametrize(
    ("bands", "letters"),
    [
        (None, ("b", "h", "m", "s", "u", "w")),
        ("b", ("b",)),
        ("broad", ("b",)),
        ("wb", ("b", "w")),
        ("soft, hard", ("h", "s")),
        (["B", "broad", "ultrasoft"], ("b", "u")),
    ],
)
def test_bands_are_letters_or_the_words_of_ciao(bands, letters):
    """Any spelling gives letters in the order of the catalogue."""
    assert read_bands(bands) == letters
