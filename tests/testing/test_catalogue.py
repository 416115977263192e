# Licensed under a 3-clause BSD style license - see LICENSE
"""The test catalogue: its real sources are exact, and its synthetic sky has every case."""

import csv
import re
from collections import Counter
from importlib.resources import files

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table
from astropy.time import Time

from astroquery_csc.catalogue.names import normalise, position_deg
from astroquery_csc.catalogue.schema import VERBOSITY, get_tables
from astroquery_csc.tables import parse_unit
from astroquery_csc.testing.sky.catalogue import NAMES, SYNTHETIC, build_catalogue
from tests.support.sky import sky

TABLES = sky()
MASTER = TABLES["master_source"]
STACK = TABLES["stack_source"]
OBSERVATION = TABLES["observation_source"]
MASTER_STACK = TABLES["master_stack_assoc"]
STACK_OBSERVATION = TABLES["stack_observation_assoc"]
LEVELS = ("master_source", "stack_source", "observation_source")
DICTIONARY = get_tables("2.1")

REAL = np.isin(
    MASTER["name"],
    [
        line.split(",")[0]
        for line in files("astroquery_csc")
        .joinpath("testing", "sky", "ngc1333.csv")
        .read_text()
        .splitlines()
    ],
)


def cells(table: Table, names: tuple[str, ...]) -> list[dict[str, str]]:
    """Write rows as ngc1333.csv has them: t and f, nothing for null, shortest numbers."""
    short = {"True": "t", "False": "f", "None": ""}
    return [
        {name: short.get(str(row[name]), str(row[name])) for name in names}
        for row in ({n: table[n][i : i + 1].tolist()[0] for n in names} for i in range(len(table)))
    ]


def keys(table: Table, *names: str) -> list[tuple[object, ...]]:
    """Give a table's keys as tuples."""
    return list(zip(*(table[name].tolist() for name in names), strict=True))


def limits(table: Table) -> list[tuple[str, str, str]]:
    """List every family of value, lower and upper limit in a table."""
    found = []
    for low in table.colnames:
        value, high = low.replace("_lolim", ""), low.replace("_lolim", "_hilim")
        if "_lolim" in low and value in table.colnames and high in table.colnames:
            found.append((low, value, high))
    return found


def out_of_order(table: Table) -> list[str]:
    """Find families where lolim <= value <= hilim does not hold."""
    return [
        value
        for low, value, high in limits(table)
        if not np.ma.all((table[low] <= table[value]) & (table[value] <= table[high]))
    ]


def test_the_real_sources_are_exactly_the_notebooks():
    """The 11 sources of NGC 1333 have the 24 columns of ngc1333.csv, digit for digit."""
    text = files("astroquery_csc").joinpath("testing", "sky", "ngc1333.csv").read_text()
    expected = list(csv.DictReader(text.splitlines()))

    real = cells(MASTER[REAL], tuple(expected[0]))

    assert sorted(real, key=lambda row: row["name"]) == expected


def test_nothing_else_is_said_of_the_real_sources():
    """Their other columns are null, and they have no detections."""
    others = [name for name in MASTER.colnames if name not in VERBOSITY[2]]

    assert all(MASTER[name].mask[REAL].all() for name in others)
    assert not np.isin(MASTER["name"][REAL], MASTER_STACK["name"]).any()


def test_only_the_real_sources_are_near_ngc_1333():
    """No invented source lies within a degree of the real ones."""
    sky = SkyCoord(MASTER["ra"], MASTER["dec"])

    near = sky.separation(SkyCoord(*NAMES["NGC 1333"], unit="deg")) < 1 * u.deg

    assert near.sum() == 11
    assert (near == REAL).all()


@pytest.mark.parametrize("name", TABLES)
def test_every_table_says_what_is_synthetic(name):
    """The description of each table tells real rows from invented ones."""
    description = TABLES[name].meta["description"]

    assert description.endswith(SYNTHETIC)
    assert "only the 11 sources of NGC 1333 are real" in SYNTHETIC


@pytest.mark.parametrize("name", [name for name in TABLES if DICTIONARY[name].columns])
def test_columns_are_the_dictionarys_in_order(name):
    """Names, order, units, descriptions and UCDs come from the dictionary; nothing is an object."""
    table, known = TABLES[name], DICTIONARY[name].columns.values()
    kinds = {"double": "f8", "int": "i4", "boolean": "b1"}

    assert table.colnames == [column.name for column in known]
    assert all(type(column) is MaskedColumn for column in table.itercols())
    assert [column.unit for column in table.itercols()] == [parse_unit(c.unit) for c in known]
    assert [c.description for c in table.itercols()] == [c.description for c in known]
    assert [c.meta.get("ucd", "") for c in table.itercols()] == [c.ucd for c in known]
    assert [
        "char" if column.dtype.kind == "U" else column.dtype.str[1:] for column in table.itercols()
    ] == [kinds.get(c.datatype, "char") for c in known]


def test_the_master_table_has_the_size_of_a_small_catalogue():
    """There are 3,382 invented masters and all 515 columns, each of them used."""
    unused = [name for name in MASTER.colnames if MASTER[name].mask.all()]

    assert (len(MASTER), len(MASTER.colnames), unused) == (3393, 515, [])


@pytest.mark.parametrize("name", ["valid_stack", "likely_stack", "image"])
def test_tables_known_by_name_only_say_that_their_columns_are_invented(name):
    """Their few columns are marked."""
    descriptions = {column.description for column in TABLES[name].itercols()}

    assert len(TABLES[name]) > 0
    assert descriptions == {"invented: the archive's own columns of this table are not known"}


@pytest.mark.slow
def test_the_same_seed_gives_the_same_sky():
    """Two builds are equal cell by cell; another seed moves the synthetic sources only."""
    again, other = build_catalogue(), build_catalogue(seed=1)

    assert all(
        np.array_equal(TABLES[name][column].filled(), again[name][column].filled())
        for name in TABLES
        for column in TABLES[name].colnames
    )
    assert len(set(other["master_source"]["name"]) & set(MASTER["name"])) < 50
    assert set(MASTER["name"][REAL]) <= set(other["master_source"]["name"])


def test_names_are_canonical_and_unique():
    """Every name, real ones included, is spelled as the catalogue does and is there once."""
    names = MASTER["name"].tolist()

    assert len(set(names)) == len(names)
    assert [normalise(name) for name in names] == names


def test_synthetic_names_are_their_truncated_positions():
    """A name holds its position to half of its last digits, the middle of the truncated cell."""
    chosen = MASTER[~REAL]
    ra, dec = np.transpose([position_deg(name) for name in chosen["name"]])

    assert np.abs(ra - chosen["ra"]).max() * 3600 <= 0.7501
    assert np.abs(dec - chosen["dec"]).max() * 3600 <= 0.5001


def test_suffixes_mark_extended_sources_and_close_pairs():
    """At least 20 names end in X; compact sources that share a name have A and B."""
    suffixes = Counter(name[21:] for name in MASTER["name"])

    assert set(suffixes) == {"", "A", "B", "X"}
    assert suffixes["X"] >= 20
    assert suffixes["A"] == suffixes["B"] >= 5


def test_extended_sources_look_extended():
    """X sources are large, flagged, and some of them have no error ellipse."""
    is_x = np.char.endswith(MASTER["name"].filled(""), "X")

    assert MASTER["major_axis_b"][is_x].min() > 5
    assert MASTER["extent_flag"][is_x].all()
    assert 0 < MASTER["err_ellipse_r0"].mask[is_x].sum() < is_x.sum()
    assert not MASTER["err_ellipse_r0"].mask[~is_x].any()


def test_sources_lie_where_software_goes_wrong():
    """There are sources at RA 0 and on both sides of it, and next to both poles."""
    ra, dec = MASTER["ra"], MASTER["dec"]

    assert ra.min() == 0
    assert ra.max() > 359.9999
    assert ((ra < 0.2).sum() > 50, (ra > 359.8).sum() > 50) == (True, True)
    assert dec.max() > 89.999
    assert dec.min() < -89.999
    assert ((dec > 89.8).sum(), (dec < -89.8).sum()) == (160, 160)


def test_one_field_is_crowded():
    """Hundreds of sources lie within an arcminute."""
    sky = SkyCoord(MASTER["ra"], MASTER["dec"])

    near = (
        sky.separation(SkyCoord(*NAMES["Synthetic Crowded Field"], unit="deg")) <= 1.01 * u.arcmin
    )

    assert near.sum() == 420


@pytest.mark.parametrize(
    ("field", "broad", "wide", "both"),
    [
        ("Synthetic HRC Field", False, True, False),
        ("Synthetic Field 2", True, False, False),
        ("Synthetic Mixed Field", True, True, True),
    ],
)
def test_fields_have_the_bands_of_their_instruments(field, broad, wide, both):
    """An HRC field has w alone, an ACIS field all but w, and the mixed one sources with both."""
    sky = SkyCoord(MASTER["ra"], MASTER["dec"])
    rows = MASTER[sky.separation(SkyCoord(*NAMES[field], unit="deg")) < 10 * u.arcmin]
    has_b, has_w = ~rows["flux_aper_b"].mask, ~rows["flux_aper_w"].mask

    assert (has_b.any(), has_w.any(), (has_b & has_w).any()) == (broad, wide, both)


def test_the_resolvers_names_are_one_real_and_the_synthetic_fields():
    """Every name but NGC 1333 says that it is synthetic."""
    assert NAMES["NGC 1333"] == (52.297, 31.31)
    assert all(name.startswith("Synthetic ") for name in NAMES if name != "NGC 1333")
    assert {"Synthetic Pole Field", "Synthetic Seam Field"} < set(NAMES)


@pytest.mark.parametrize("name", LEVELS)
def test_values_lie_within_their_limits(name):
    """Lower limit, value and upper limit are in order wherever they are given."""
    assert len(limits(TABLES[name])) >= 9
    assert out_of_order(TABLES[name]) == []


@pytest.mark.parametrize("name", LEVELS)
def test_value_and_limits_are_null_together(name):
    """No family has a limit without a value, or the other way round."""
    table = TABLES[name]

    torn = [
        value
        for low, value, high in limits(table)
        if not (
            np.array_equal(table[value].mask[1:], table[low].mask[1:])
            and np.array_equal(table[value].mask, table[high].mask)
        )
    ]

    assert torn == []


@pytest.mark.parametrize("name", LEVELS)
def test_upper_limits_are_zero_with_a_limit_above(name):
    """Some fluxes are 0 with an upper limit above; some are null; most are values."""
    table = TABLES[name]
    is_limit = (table["flux_aper_b"] == 0).filled(False)

    assert is_limit.sum() >= 20
    assert (table["flux_aper_lolim_b"][is_limit] == 0).all()
    assert (table["flux_aper_hilim_b"][is_limit] > 0).all()
    assert table["flux_aper_b"].mask.sum() >= 20
    assert (table["flux_aper_b"] > 0).sum() > len(table) / 2


@pytest.mark.parametrize("name", LEVELS)
def test_hardness_ratios_end_at_the_edge_of_the_grid(name):
    """Ratios reach ±0.99937…, limits ±1."""
    ratio, lolim, hilim = (TABLES[name][f"hard_hm{part}"] for part in ("", "_lolim", "_hilim"))

    assert (ratio.min(), ratio.max()) == (-0.99937539038101, 0.99937539038101)
    assert (lolim.min(), hilim.max()) == (-1, 1)


@pytest.mark.parametrize("name", ["stack_source", "observation_source"])
def test_an_instrument_has_its_own_bands(name):
    """ACIS rows have null w; HRC rows have null u, s, m, h and b."""
    table = TABLES[name]
    is_hrc = np.asarray(table["instrument"] == "HRC")

    assert 100 < is_hrc.sum() < len(table)
    assert table["flux_aper_w"].mask[~is_hrc].all()
    assert all(table[f"flux_aper_{band}"].mask[is_hrc].all() for band in "usmhb")


def test_keys_are_unique_where_they_should_be():
    """One row per master, stack region and observation region, and one per link."""
    assert max(Counter(keys(STACK, "detect_stack_id", "region_id")).values()) == 1
    assert max(Counter(keys(OBSERVATION, "obsid", "obi", "region_id")).values()) == 1
    assert max(Counter(keys(MASTER_STACK, *MASTER_STACK.colnames)).values()) == 1
    assert max(Counter(keys(STACK_OBSERVATION, *STACK_OBSERVATION.colnames)).values()) == 1


def test_region_ids_start_anew_in_every_stack():
    """A region_id alone means nothing: each stack counts from 1."""
    first = STACK["detect_stack_id"][STACK["region_id"] == 1]

    assert sorted(first) == sorted(set(STACK["detect_stack_id"]))
    assert len(first) == 143


def test_links_point_at_rows_that_exist():
    """Every key of an association is in the tables that it joins."""
    stack = set(keys(STACK, "detect_stack_id", "region_id"))
    observation = set(keys(OBSERVATION, "obsid", "obi", "region_id"))

    assert set(MASTER_STACK["name"]) <= set(MASTER["name"])
    assert set(keys(MASTER_STACK, "detect_stack_id", "region_id")) < stack
    assert set(keys(STACK_OBSERVATION, "detect_stack_id", "region_id")) == stack
    assert set(keys(STACK_OBSERVATION, "obsid", "obi", "region_id")) == observation
    assert set(keys(STACK_OBSERVATION, "detect_stack_id", "obsid", "obi")) < set(
        keys(TABLES["detect_stack"], "detect_stack_id", "obsid", "obi")
    )


def test_some_detections_have_no_master():
    """Every stack has detections that no master owns."""
    owned = set(keys(MASTER_STACK, "detect_stack_id", "region_id"))

    orphans = Counter(
        stack
        for stack, region in keys(STACK, "detect_stack_id", "region_id")
        if (stack, region) not in owned
    )

    assert set(orphans.values()) == {2}
    assert set(orphans) == set(STACK["detect_stack_id"])


def test_one_observation_of_a_stack_detected_nothing():
    """One (obsid, obi) of the large fields, and one of the small, is in detect_stack alone."""
    stacked = set(keys(TABLES["detect_stack"], "obsid", "obi"))

    assert len(stacked - set(keys(OBSERVATION, "obsid", "obi"))) == 2


def test_stacks_have_one_to_four_observations_and_two_obsids_have_two_intervals():
    """Stacks are small; an ObsID alone is not a key; all ObsIDs are above the real ones."""
    members = Counter(TABLES["detect_stack"]["detect_stack_id"])
    intervals = Counter(TABLES["detect_stack"]["obsid"].tolist())

    assert set(members.values()) == {1, 2, 3, 4}
    assert sorted(intervals.values())[-3:] == [1, 2, 2]
    assert min(intervals) > 90_000


def test_stack_names_have_the_form_of_the_archive():
    """Names are ``acisfJhhmmsss±ddmmss_nnn``, with p for plus and m for minus."""
    form = re.compile(r"(acis|hrc)fJ\d{7}[pm]\d{6}_\d{3}")

    assert all(form.fullmatch(name) for name in STACK["detect_stack_id"])
    assert max(len(name) for name in STACK["detect_stack_id"]) == 24


def test_every_synthetic_master_is_detected_unambiguously_once_at_least():
    """All match types are there; each master has a ``u``."""
    kinds = Counter(MASTER_STACK["match_type"])
    unique = set(MASTER_STACK["name"][MASTER_STACK["match_type"] == "u"])

    assert set(kinds) == {"u", "a", "n"}
    assert min(kinds.values()) > 100
    assert unique == set(MASTER["name"][~REAL])


def test_ambiguous_detections_are_shared_by_two_masters():
    """A detection of type ``a`` has two masters, of type ``u`` and ``n`` one."""
    shared = Counter(keys(MASTER_STACK, "detect_stack_id", "region_id", "match_type"))

    assert {(key[2], count) for key, count in shared.items()} == {("a", 2), ("u", 1), ("n", 1)}


def test_forced_limits_are_limits_in_stack_and_observations():
    """Regions of type ``n`` have no class, and no flux above zero."""
    chosen = MASTER_STACK[MASTER_STACK["match_type"] == "n"]
    forced = set(keys(chosen, "detect_stack_id", "region_id"))
    rows = np.array([key in forced for key in keys(STACK, "detect_stack_id", "region_id")])

    assert STACK["likelihood_class"].mask[rows].all()
    assert not STACK["likelihood_class"].mask[~rows].any()
    assert np.ma.all(STACK["flux_aper_b"][rows] == 0)
    assert np.ma.all(STACK["flux_aper_hilim_b"][rows] > 0)


def test_significance_is_the_highest_over_stacks_and_bands():
    """A master's significance is the largest flux significance of its ``u`` detections."""
    best = {
        key: max(STACK[f"flux_significance_{band}"][row] or 0 for band in "bhmsuw")
        for row, key in enumerate(keys(STACK, "detect_stack_id", "region_id"))
    }
    unique = MASTER_STACK[MASTER_STACK["match_type"] == "u"]
    highest: dict[str, float] = {}
    for name, stack, region, _ in unique.iterrows():
        highest[name] = max(highest.get(name, 0), best[stack, region])

    found = dict(zip(MASTER["name"][~REAL], MASTER["significance"][~REAL], strict=True))

    assert found == highest


def test_saturation_of_a_master_means_all_of_its_observations():
    """``sat_src_flag`` is set only where every observation of the ``u`` detections has it."""
    owner = {
        (stack, region): name
        for name, stack, region, match in MASTER_STACK.iterrows()
        if match == "u"
    }
    flags = dict(
        zip(
            keys(OBSERVATION, "obsid", "obi", "region_id"),
            OBSERVATION["sat_src_flag"].tolist(),
            strict=True,
        )
    )
    clean = {
        owner[stack, region]
        for stack, region, obsid, obi in STACK_OBSERVATION.iterrows()
        if (stack, region) in owner and flags[obsid, obi, region] is False
    }

    saturated = set(MASTER["name"][MASTER["sat_src_flag"].filled(False)])

    assert len(saturated) > 5
    assert not saturated & clean


def test_flags_are_true_false_and_null():
    """No flag is constant, and but for four of compact sources none is known everywhere."""
    names = [name for name in MASTER.colnames if MASTER[name].dtype.kind == "b"]

    assert len(names) > 10
    known = {"extent_flag", "sat_src_flag", "streak_src_flag"}
    assert {name for name in names if not MASTER[name].mask[~REAL].any()} == known
    assert all({True, False} <= set(MASTER[name].compressed().tolist()) for name in names)


def test_conf_flag_is_null_for_extended_sources_alone():
    """As in the catalogue, the conf_flag of an extended source is always null."""
    extended = np.char.endswith(MASTER["name"].astype(str), "X")

    assert (MASTER["conf_flag"].mask == extended).all()
    assert np.count_nonzero(extended) == 68


def test_small_fields_lie_all_over_the_sky():
    """Each part of the sky has sources: 24 equal boxes of right ascension and sin(declination)."""
    ra, sine = np.asarray(MASTER["ra"]), np.sin(np.radians(MASTER["dec"]))
    counts, _, _ = np.histogram2d(ra, sine, bins=(6, 4), range=((0, 360), (-1, 1)))

    assert counts.min() >= 10


def test_variability_indices_run_from_0_to_10_with_nulls():
    """Indices are ints 0 to 10; some are null."""
    for_all = [MASTER[f"var_{kind}_index_b"] for kind in ("intra", "inter")]

    assert [(index.min(), index.max()) for index in for_all] == [(0, 10), (0, 10)]
    assert all(index.mask.sum() > 20 for index in for_all)


def test_classes_are_strings():
    """``likelihood_class`` is TRUE or MARGINAL, both as text."""
    assert set(MASTER["likelihood_class"][~REAL]) == {"TRUE", "MARGINAL"}
    assert MASTER["likelihood_class"].dtype == np.dtype("U8")


def test_times_agree_with_each_other():
    """``gti_mjd_obs`` is the start as ``gti_obs``; the end comes ``gti_elapse`` later."""
    start = Time(OBSERVATION["gti_obs"].tolist(), scale="tt")
    end = Time(OBSERVATION["gti_end"].tolist(), scale="tt")

    assert np.allclose(start.mjd, OBSERVATION["gti_mjd_obs"], rtol=0, atol=1e-8)
    assert np.allclose((end - start).sec, OBSERVATION["gti_elapse"], atol=1e-3)
    assert (OBSERVATION["livetime"] < OBSERVATION["gti_elapse"]).all()


def test_exposures_count_the_observations_of_a_master():
    """``acis_num`` and ``hrc_num`` add up to the observations of the ``u`` detections."""
    unique = {
        (stack, region) for _, stack, region, match in MASTER_STACK.iterrows() if match == "u"
    }
    rows = sum(key in unique for key in keys(STACK_OBSERVATION, "detect_stack_id", "region_id"))

    assert MASTER["acis_num"].sum() + MASTER["hrc_num"].sum() == rows
    assert MASTER["acis_hetg_num"].max() == 1


def test_the_sky_looks_plausible():
    """Brighter means more significant, and off axis means less well placed."""
    flux, significance = MASTER["flux_aper_b"], MASTER["significance"]
    chosen = (flux > 0).filled(False)
    slope = np.corrcoef(np.log(flux[chosen]), np.log(significance[chosen]))[0, 1]
    worse = np.corrcoef(STACK["theta_mean"], np.log(STACK["err_ellipse_r0"]))[0, 1]

    assert slope > 0.8
    assert worse > 0.8
    assert 1e-17 < flux[chosen].min() < flux.max() < 1e-11
