# Licensed under a 3-clause BSD style license - see LICENSE
"""The dictionary of tables and columns: whole, consistent, and able to suggest."""

import csv
from importlib.resources import files

import pytest
from astropy import units as u

from astroquery_csc.catalogue.releases import RELEASES
from astroquery_csc.catalogue.schema import (
    NAMED_SETS,
    TAP_TABLES,
    VERBOSITY,
    find_column,
    get_tables,
    master_columns,
)
from astroquery_csc.catalogue.units import with_one_slash

DATATYPES = {"double", "int", "boolean", "char"}


@pytest.fixture(scope="module")
def columns():
    """Give every column that the dictionary knows, of all releases."""
    return [
        column
        for release in RELEASES
        for info in get_tables(release).values()
        for column in info.columns.values()
    ]


@pytest.fixture(scope="module")
def rows():
    """Read the dictionary's file as a plain reader would."""
    text = files("astroquery_csc").joinpath("catalogue", "columns.tsv").read_text(encoding="ascii")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_every_row_of_the_file_is_a_column(rows):
    """No row is lost to a repeat, and each is found under its release, table and name."""
    keys = {(row["release"], row["table"], row["column"]) for row in rows}

    known = {
        (release, table, name)
        for release in ("2.1", "2.0")
        for table, info in get_tables(release).items()
        for name in info.columns
    }

    assert len(keys) == len(rows)
    assert known == keys


def test_the_file_has_no_odd_cells(rows):
    """No cell is missing or has blanks around it, but for units, which may be one blank."""
    cells = {cell for row in rows for name, cell in row.items() if name != "unit"}

    assert None not in cells
    assert not {cell for cell in cells if cell != cell.strip()}


def test_columns_are_typed_words(columns):
    """Each name is a lower-case word, each datatype one that the service has."""
    assert {column.datatype for column in columns} == DATATYPES
    assert not {column.name for column in columns if not column.name.isidentifier()}
    assert not {column.name for column in columns if column.name != column.name.lower()}


def test_every_unit_is_one(columns):
    """Every unit of the dictionary is read by astropy; words and flags have none."""
    units = {with_one_slash(column.unit) for column in columns if column.unit}

    assert [
        u.Unit(with_one_slash(unit), format="fits", parse_strict="raise") for unit in sorted(units)
    ]
    assert not {c.name for c in columns if c.unit and c.datatype in {"char", "boolean"}}


def test_every_master_column_is_described():
    """A user finds words for each of the 515 columns."""
    info = get_tables("2.1")["master_source"]

    assert len(info.columns) == 515
    assert not {name for name, column in info.columns.items() if not column.description}


def test_tables_stand_in_their_order_and_say_whether_they_are_whole():
    """Only what is believed whole counts as complete, so that only there a word is refused."""
    tables = get_tables("2.1")

    assert list(tables) == list(TAP_TABLES)
    assert [name for name, info in tables.items() if info.complete] == ["master_source"]


@pytest.mark.parametrize("release", ["2.0", "current", "9.9"])
def test_no_other_release_is_known_in_full(release):
    """Outside of 2.1 no table counts as complete: the service has the last word."""
    assert not any(info.complete for info in get_tables(release).values())


def test_a_release_without_rows_is_described_by_2_1():
    """``current`` has no dictionary of its own and lends that of 2.1."""
    lent = get_tables("current")["master_source"].columns

    assert list(lent) == list(get_tables("2.1")["master_source"].columns)


def test_verbosity_two_is_what_the_notebook_prints():
    """The 24 columns are those of the 11 real sources, whatever their order."""
    text = (
        files("astroquery_csc")
        .joinpath("testing", "sky", "ngc1333.csv")
        .read_text(encoding="ascii")
    )

    header = next(csv.reader(text.splitlines()))

    assert set(VERBOSITY[2]) == set(header)
    assert len(VERBOSITY[2]) == 24
    assert VERBOSITY[1] == ("name", "ra", "dec")


@pytest.mark.parametrize("names", [*NAMED_SETS.values(), *VERBOSITY.values()])
def test_named_sets_hold_columns_that_exist(names):
    """Each set begins with name, ra, dec, repeats nothing, and 2.1 has all of it."""
    assert names[:3] == ("name", "ra", "dec")
    assert len(set(names)) == len(names)
    assert not set(names) - set(master_columns("2.1"))


def test_a_column_is_found_in_its_table():
    """The same name is another column in another table."""
    master = found("2.1", "flux_aper_b", "master_source")
    observed = found("2.1", "flux_aper_b", "observation_source")

    assert (master.table, master.unit) == ("master_source", "erg/s/cm**2")
    assert observed.table == "observation_source"


def found(*args):
    """Find a column that has to be there."""
    column = find_column(*args)
    assert column is not None
    return column


def test_without_a_table_the_first_that_has_the_column_is_taken():
    """``ra`` is the master's; a column of detections alone is found there."""
    assert found("2.1", "ra").table == "master_source"
    assert found("2.1", "match_type").table == "master_stack_assoc"


def test_what_a_release_does_not_list_is_looked_up_in_2_1():
    """The partial dictionary of 2.0 is filled from 2.1."""
    assert "err_ellipse_r1" not in get_tables("2.0")["master_source"].columns
    assert found("2.0", "err_ellipse_r1", "master_source").unit == "arcsec"


@pytest.mark.parametrize(
    ("name", "table"), [("nonsense", None), ("match_type", "master_source"), ("", None)]
)
def test_a_column_that_is_nowhere_is_none(name, table):
    """A word that no table has, or not this one, is not a column."""
    assert find_column("2.1", name, table) is None


def test_master_columns_begin_as_tables_do():
    """The order of the dictionary begins with name and position and ends each release alike."""
    assert master_columns("2.1")[:3] == ("name", "ra", "dec")
    assert len(set(master_columns("2.1"))) == 515
    assert master_columns("current") == master_columns("2.1")
