# Licensed under a 3-clause BSD style license - see LICENSE
"""mirror.create, update and verify: whole, counted copies of the catalogue on disk."""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from astroquery_csc import mirror, tables
from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import InputTypeError, InvalidQueryError, MirrorError
from astroquery_csc.testing import Dialect, csc_server
from tests.support.comparing import RequestLog, assert_same_table, masters
from tests.support.examples import one_in
from tests.support.mirrors import SIZE, copied, held, manifest_of, small_sky

EVERYTHING = "SELECT * FROM master_source ORDER BY ra, name"
LEVELS = (
    "master_stack_assoc",
    pytest.param("stack_source", marks=pytest.mark.slow),
    "stack_observation_assoc",
    pytest.param("observation_source", marks=pytest.mark.slow),
    "detect_stack",
    "valid_stack",
    "likely_stack",
    "image",
)


def listing(folder: Path) -> list[str]:
    """Name what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


# ---- what is copied ----------------------------------------------------------------------------


def test_a_copy_has_every_row_as_the_service_gives_it(csc, tmp_path):
    """Values, masks, types, units and words come back from the file."""
    found = copied(tmp_path / "csc21", csc, columns="quality")

    expected = csc.query_tap(f"SELECT {', '.join(found.colnames)} FROM master_source")
    assert len(found.colnames) == 21
    assert_same_table(tables.polish(found, "2.1"), expected)


@pytest.mark.slow
def test_a_copy_has_every_column_as_the_service_gives_it(csc, tmp_path):
    """So do those of all 515 columns."""
    found = copied(tmp_path / "csc21", csc, columns="*")

    assert_same_table(tables.polish(found, "2.1"), csc.query_tap(EVERYTHING))


def test_some_columns_come_with_name_and_position(csc, tmp_path):
    """A mirror without these could not answer; they stand in the service's order."""
    found = copied(tmp_path / "csc21", csc, columns=["significance", "err_ellipse_r0"])

    assert found.colnames == ["name", "ra", "dec", "err_ellipse_r0", "significance"]
    assert manifest_of(tmp_path / "csc21").tables["master_source"].complete is False


@pytest.mark.parametrize("table", LEVELS)
def test_every_table_can_be_copied(csc, tmp_path, table):
    """Tables without positions are gone through by their keys."""
    mirror.create(tmp_path / "csc21", csc=csc, tables=table, columns=None)
    found = tables.polish(held(tmp_path / "csc21", table), "2.1", sources={})

    expected = csc.query_tap(f"SELECT * FROM {table}")

    assert sorted(map(str, found.as_array().tolist())) == sorted(
        map(str, expected.as_array().tolist())
    )
    assert mirror.verify(tmp_path / "csc21")["rows"].tolist() == [len(expected)]


def test_a_mapping_chooses_columns_for_each_table(csc, tmp_path):
    """Tables that it does not name are copied whole."""
    made = mirror.create(
        tmp_path / "csc21",
        csc=csc,
        tables=("master_source", "detect_stack"),
        columns={"master_source": ["significance"]},
        expected=3393,
    )

    assert made["columns"].tolist() == [4, 4]
    assert made["complete"].tolist() == [False, True]


def test_a_row_limit_of_the_client_does_not_shorten_its_copy(small, tmp_path):
    """It is for queries."""
    asking = small.csc(row_limit=3)

    assert len(copied(tmp_path / "csc21", asking)) == SIZE


def test_rows_without_a_position_are_kept_and_marked(tmp_path):
    """They stand at the end, and the overview counts them."""
    dec = MaskedColumn(np.linspace(-50, 50, SIZE), mask=np.arange(SIZE) < 2)
    ra = MaskedColumn(np.linspace(0, 350, SIZE), mask=np.arange(SIZE) == 1)
    with csc_server(catalogue=small_sky(ra=ra, dec=dec)) as service:
        found = copied(tmp_path / "csc21", service.csc)

    assert len(found) == SIZE
    assert found["ra"].mask.tolist() == [False] * (SIZE - 1) + [True]
    assert mirror.verify(tmp_path / "csc21")["without_position"].tolist() == [2]


def test_sources_at_the_poles_and_at_an_edge_come_once(small, tmp_path):
    """Spans meet without a gap, and are open at both ends."""
    with csc_server(dialect=Dialect(hard_limit=7), catalogue=small_sky()) as service:
        found = copied(tmp_path / "csc21", service.csc)

    assert sorted(found["name"]) == sorted(small_sky()["master_source"]["name"])
    assert len(manifest_of(tmp_path / "csc21").tables["master_source"].queries) > 5


def test_rows_are_sorted_along_right_ascension(csc, tmp_path):
    """Neighbours stand together, so that a cone reads little of the file."""
    found = copied(tmp_path / "csc21", csc, columns="match")

    assert np.array_equal(found["name"], masters()["name"])


def test_astropy_reads_a_file_with_its_units(csc, tmp_path):
    """The Parquet files are of use without this package."""
    copied(tmp_path / "csc21", csc, columns="match")
    file = tmp_path / "csc21" / manifest_of(tmp_path / "csc21").tables["master_source"].file

    found = Table.read(file)

    assert str(found["flux_aper_b"].unit) == "erg / (s cm2)"
    assert found["dec"].description == "ICRS declination"


def test_a_mirror_can_be_copied_from_a_mirror(csc, tmp_path):
    """What is copied is what the given client would ask."""
    copied(tmp_path / "first", csc, columns="match")

    found = copied(tmp_path / "second", CscClass(mirror=tmp_path / "first"), columns=["dec"])

    assert found.colnames == ["name", "ra", "dec"]
    assert len(found) == 3393


# ---- nothing is cut ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "overflow", "stated"),
    one_in(11, product([7, 17, 39], ["marked", "unmarked"], [True, False])),
)
def test_no_limit_of_the_service_cuts_a_copy(tmp_path, limit, overflow, stated):
    """Whether it says that it cuts, or what its limits are, or neither."""
    dialect = Dialect(overflow=overflow, hard_limit=limit, stated_limits=stated)
    with csc_server(dialect=dialect, catalogue=small_sky()) as service:
        found = copied(tmp_path / "csc21", service.csc)

    assert sorted(found["name"]) == sorted(small_sky()["master_source"]["name"])


def test_a_limit_without_maxrec_cuts_no_copy(tmp_path):
    """The service may cut what is asked for without MAXREC, and not say so."""
    dialect = Dialect(overflow="unmarked", default_maxrec=11, stated_limits=False)
    with csc_server(dialect=dialect, catalogue=small_sky()) as service:
        found = copied(tmp_path / "csc21", service.csc)

    assert len(found) == SIZE


def test_a_value_that_too_many_rows_share_is_an_error(tmp_path):
    """Six sources at one declination cannot be divided under a limit of four."""
    with (
        csc_server(dialect=Dialect(hard_limit=4), catalogue=small_sky()) as service,
        pytest.raises(MirrorError, match="the same dec: they cannot be divided further"),
    ):
        mirror.create(tmp_path / "csc21", csc=service.csc, expected=-1)


def test_the_number_of_the_release_is_checked(small, tmp_path):
    """Another number of masters is an error that says both, and no mirror appears."""
    with pytest.raises(MirrorError, match=r"gives 40 sources.*has 407806.*expected=40"):
        mirror.create(tmp_path / "csc21", csc=small.csc)

    assert not (tmp_path / "csc21").exists()


def test_the_number_is_that_of_the_row_of_the_release(small, tmp_path, monkeypatch):
    """A row that says otherwise is believed."""
    monkeypatch.setitem(RELEASES, "2.1", replace(RELEASES["2.1"], masters=SIZE))

    made = mirror.create(tmp_path / "csc21", csc=small.csc)

    assert made["rows"].tolist() == [SIZE]


def test_a_changing_release_is_counted_twice(small, tmp_path):
    """It has no published number; both sweeps agree, and the date is there."""
    copied(tmp_path / "now", small.csc(release="current"), expected=None)

    found = manifest_of(tmp_path / "now")

    assert found.release == "current"
    assert found.tables["master_source"].counted.startswith("keys and rows agree")
    assert found.created[:4].isdigit()


def test_rows_with_the_same_key_are_an_error(tmp_path):
    """A source that comes twice would be counted twice."""
    names = [f"2CXO J{place // 2:06d}.0+000000" for place in range(SIZE)]
    with (
        csc_server(catalogue=small_sky(name=names)) as service,
        pytest.raises(MirrorError, match="20 rows of master_source have the same name"),
    ):
        mirror.create(tmp_path / "csc21", csc=service.csc, expected=-1)


@pytest.mark.parametrize(
    "refused",
    one_in(6, zip(["IS NULL", "TOP", "SELECT *", "COUNT", "ORDER BY", "BETWEEN"])),
)
def test_a_service_that_knows_less_adql_is_copied_too(tmp_path, refused):
    """Nothing but SELECT and comparisons is relied on."""
    dialect = Dialect(refused=frozenset({refused}), hard_limit=25)
    with csc_server(dialect=dialect, catalogue=small_sky()) as service:
        found = copied(tmp_path / "csc21", service.csc)

    assert len(found) == SIZE


def test_what_could_not_be_asked_for_is_written_down(tmp_path):
    """A service that refuses IS NULL may have rows that nobody can ask for."""
    dialect = Dialect(refused=frozenset({"IS NULL"}), hard_limit=25)
    with csc_server(dialect=dialect, catalogue=small_sky()) as service:
        copied(tmp_path / "csc21", service.csc)

    told = manifest_of(tmp_path / "csc21").tables["master_source"].counted
    assert "could not be asked for" in told


# ---- going on ----------------------------------------------------------------------------------


def test_an_interrupted_copy_goes_on(tmp_path):
    """What has come is not asked for again."""
    with csc_server(dialect=Dialect(hard_limit=12), catalogue=small_sky()) as service:
        with pytest.raises(MirrorError, match="has 41"):
            mirror.create(tmp_path / "csc21", csc=service.csc, expected=41)
        before = RequestLog(service)
        copied(tmp_path / "csc21", service.csc, expected=SIZE)
        second = before.queries
        whole = RequestLog(service)
        copied(tmp_path / "again", service.csc, expected=SIZE)

    assert len(second) < len(whole.queries)
    assert len(held(tmp_path / "csc21")) == SIZE


def test_answers_to_another_question_are_not_taken(small, tmp_path):
    """Another choice of columns begins anew."""
    with pytest.raises(MirrorError):
        mirror.create(tmp_path / "csc21", csc=small.csc, expected=41)
    log = RequestLog(small)
    copied(tmp_path / "csc21", small.csc, columns=["dec"])

    assert len(log.queries) > 2
    assert listing(tmp_path) == ["csc21"]


def test_nothing_stays_beside_a_mirror(small, tmp_path):
    """The folder in which it grew is gone."""
    copied(tmp_path / "csc21", small.csc)

    assert listing(tmp_path) == ["csc21"]


# ---- what is there already ---------------------------------------------------------------------


def test_an_empty_folder_becomes_the_mirror(small, tmp_path):
    """It holds nothing that could be lost."""
    (tmp_path / "csc21").mkdir()

    assert len(copied(tmp_path / "csc21", small.csc)) == SIZE


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_is_no_mirror_is_not_touched(small, tmp_path, kind):
    """A folder with a file, a file, a link that leads nowhere: nothing is asked or changed."""
    place = tmp_path / "csc21"
    {
        "folder": lambda: (place.mkdir(), (place / "thesis.tex").touch()),
        "file": place.touch,
        "link": lambda: place.symlink_to(tmp_path / "nowhere"),
    }[kind]()
    log = RequestLog(small)

    with pytest.raises(MirrorError, match="not a mirror, and it is not touched"):
        mirror.create(place, csc=small.csc, expected=-1)

    assert log.all == []
    assert listing(tmp_path) == ["csc21"]


def test_a_mirror_is_not_made_twice(small, tmp_path):
    """The error names the call that brings it up to date."""
    copied(tmp_path / "csc21", small.csc)

    with pytest.raises(MirrorError, match=r"mirror\.update\("):
        mirror.create(tmp_path / "csc21", csc=small.csc, expected=-1)


# ---- arguments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"tables": ()}, InvalidQueryError, "tables is empty"),
        ({"tables": 7}, InputTypeError, "tables is 7"),
        ({"tables": (7,)}, InputTypeError, "A table name is a string"),
        ({"tables": "master_sorce"}, InvalidQueryError, "Did you mean 'master_source'"),
        ({"columns": 7}, InputTypeError, "columns is 7"),
        ({"columns": []}, InvalidQueryError, "columns is empty"),
        ({"columns": ["signifcance"]}, InvalidQueryError, "Did you mean 'significance'"),
        ({"columns": {"image": ["obsid"]}}, InvalidQueryError, "not among the tables"),
        ({"expected": "all"}, InputTypeError, "expected is 'all'"),
        ({"expected": -2}, InputTypeError, "expected is -2"),
        ({"csc": "2.1"}, InputTypeError, "csc is '2.1'"),
        ({"path": ""}, InputTypeError, "path is ''"),
        ({"path": 3}, InputTypeError, "path is 3"),
    ],
)
def test_bad_arguments_are_refused(small, tmp_path, arguments, error, words):
    """The message has the value, and nothing is written."""
    given = {"path": tmp_path / "csc21", "csc": small.csc, "expected": -1} | arguments

    with pytest.raises(error, match=words):
        mirror.create(given.pop("path"), **given)

    assert not (tmp_path / "csc21").exists()


# ---- up to date --------------------------------------------------------------------------------


def test_update_asks_again(small, tmp_path):
    """Without arguments every table comes anew, with the columns that it had."""
    copied(tmp_path / "csc21", small.csc, columns=["significance"])
    log = RequestLog(small)

    mirror.update(tmp_path / "csc21", csc=small.csc)

    assert held(tmp_path / "csc21").colnames == ["name", "ra", "dec", "significance"]
    assert len(log.queries) > 2
    assert listing(tmp_path) == ["csc21"]
    assert len(listing(tmp_path / "csc21")) == 2


def test_update_adds_columns(small, tmp_path):
    """Those that are there come again with them."""
    copied(tmp_path / "csc21", small.csc, columns=["significance"])

    mirror.update(tmp_path / "csc21", csc=small.csc, columns=["extent_flag"])

    assert held(tmp_path / "csc21").colnames[3:] == ["significance", "extent_flag"]


def test_update_adds_all_columns(small, tmp_path):
    """A star stands for all."""
    copied(tmp_path / "csc21", small.csc, columns=["significance"])

    mirror.update(tmp_path / "csc21", csc=small.csc, columns="*")

    assert manifest_of(tmp_path / "csc21").tables["master_source"].complete is True


def test_update_adds_a_table_and_leaves_the_others(csc, tmp_path):
    """The file of the masters is the same as before."""
    copied(tmp_path / "csc21", csc, columns="match")
    before = manifest_of(tmp_path / "csc21").tables["master_source"]

    made = mirror.update(tmp_path / "csc21", csc=csc, tables=("valid_stack",))

    assert made["table"].tolist() == ["master_source", "valid_stack"]
    assert manifest_of(tmp_path / "csc21").tables["master_source"] == before
    mirror.verify(tmp_path / "csc21")


def test_an_update_that_fails_leaves_the_old_mirror(small, tmp_path):
    """It is whole, and answers as before."""
    copied(tmp_path / "csc21", small.csc)
    before = manifest_of(tmp_path / "csc21")

    with pytest.raises(MirrorError, match="has 41"):
        mirror.update(tmp_path / "csc21", csc=small.csc, expected=41)

    mirror.verify(tmp_path / "csc21")
    assert manifest_of(tmp_path / "csc21") == before


def test_files_of_the_user_in_a_mirror_stay(small, tmp_path):
    """Only files that a mirror calls its own are removed."""
    copied(tmp_path / "csc21", small.csc, columns=["dec"])
    (tmp_path / "csc21" / "notes.txt").touch()
    (tmp_path / "csc21" / "mine.parquet").touch()

    mirror.update(tmp_path / "csc21", csc=small.csc, columns="*")

    assert {"notes.txt", "mine.parquet"} < set(listing(tmp_path / "csc21"))


def test_an_update_takes_the_release_of_the_mirror(small, tmp_path):
    """Another one would mix two catalogues."""
    copied(tmp_path / "csc21", small.csc)

    with pytest.raises(InvalidQueryError, match=r"is of release 2\.1, and csc asks 2\.0"):
        mirror.update(tmp_path / "csc21", csc=small.csc(release="2.0"))


def test_what_is_no_mirror_is_not_updated(tmp_path):
    """The error names the call that makes one."""
    with pytest.raises(MirrorError, match=r"is not a mirror.*mirror\.create\("):
        mirror.update(tmp_path)


# ---- the manifest ------------------------------------------------------------------------------


def test_the_manifest_says_where_everything_is_from(small, tmp_path):
    """Release, date, service, queries with their rows, checksum."""
    copied(tmp_path / "csc21", small.csc)
    found = json.loads((tmp_path / "csc21" / "manifest.json").read_text(encoding="utf-8"))
    table = found["tables"]["master_source"]

    assert found["release"] == "2.1"
    assert found["server"] == f"{small.url}/csc21tap/sync"
    assert sum(query["rows"] for query in table["queries"]) == table["rows"] == SIZE
    assert table["queries"][0]["adql"].startswith("SELECT m.* FROM csc21.master_source m")
    assert len(table["sha256"]) == 64
