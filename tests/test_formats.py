# Licensed under a 3-clause BSD style license - see LICENSE
"""
What each file format keeps of our tables.

The calls are those of docs/howto/save.rst, which are read from there: each line of its table is a
test with a table that has nulls in columns of every type, and with others that are odd.
"""

import csv
import io
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import MaskedColumn, QTable, Table, join, vstack
from astropy.utils.metadata import MergeConflictWarning
from astroquery.exceptions import NoResultsWarning

from astroquery_csc import for_fits
from astroquery_csc.exceptions import InputTypeError
from tests.support.comparing import EMPTY_SKY, NGC1333, UNMEASURED, UPPER_LIMIT
from tests.support.formats import lost, read_lines

LINES = {line.title: line for line in read_lines()}

#: The formats that keep everything, to the last detail.
EXACT = ("ECSV", "Parquet", "HDF5", "HDF5, wide tables", "pickle")

#: Nulls and values in a column of every type, words that need quoting, and a computed column.
EVERY_TYPE = """
    SELECT m.name, m.ra, m.flux_aper_b, m.pileup_flag, m.var_intra_index_b, m.likelihood_class,
           2 * m.significance AS twice
      FROM master_source m
     WHERE m.ra BETWEEN 52 AND 60 AND m.name <> 'it''s  & not a name & '
"""


@pytest.fixture(scope="module")
def ngc1333(server):
    """Ask for the 11 real sources."""
    return server.csc.query_region(NGC1333, 2 * u.arcmin)


@pytest.fixture(scope="module")
def every_type(server):
    """Ask for columns of every type, each with nulls and values."""
    return server.csc.query_tap(EVERY_TYPE)


@pytest.fixture(scope="module")
def odd_tables(server, ngc1333):
    """Make tables that formats stumble over."""
    with pytest.warns(NoResultsWarning):
        empty = server.csc.query_region(EMPTY_SKY, 1 * u.arcsec)
    steps = np.linspace(0, 0.05, 45)
    path = SkyCoord(52.25 + steps, 31.3 + steps / 3, unit="deg")
    return {
        "11 sources": ngc1333,
        "no rows": empty,
        "515 columns": server.csc.query_region(NGC1333, 2 * u.arcmin, verbosity=3),
        "a long query": server.csc.query_region(path, 1 * u.arcmin, columns="match"),
        "names": server.csc.query_objects([UNMEASURED, UPPER_LIMIT], verbosity=1),
    }


@pytest.fixture
def ngc1333_fits(ngc1333, tmp_path):
    """Write the 11 real sources as FITS."""
    path = tmp_path / "ngc1333.fits"
    ngc1333.write(path)
    return path


def test_the_page_has_a_line_for_each_format():
    """The lines of the page are found, each with its calls."""
    assert " / ".join(LINES) == (
        "ECSV / Parquet / HDF5 / HDF5, wide tables / FITS / FITS, whole / VOTable / VOTable 1.3"
        " / CSV / pandas / QTable / pickle"
    )


def test_the_example_has_nulls_and_values_of_every_type(every_type):
    """The table that the lines are tested with has what the formats differ in."""
    masked = every_type["flux_aper_b", "pileup_flag", "var_intra_index_b", "likelihood_class"]
    assert [column.dtype.kind for column in masked.itercols()] == ["f", "b", "i", "U"]
    assert all(0 < column.mask.sum() < len(column) for column in masked.itercols())


@pytest.mark.parametrize("title", LINES)
def test_a_line_of_the_page_loses_what_it_says(title, every_type, tmp_path, monkeypatch):
    """A line's calls run without any warning and lose just what the line says."""
    monkeypatch.chdir(tmp_path)
    assert lost(every_type, LINES[title].carry(every_type)) == LINES[title].lost


@pytest.mark.parametrize("title", sorted(LINES.keys() - {"HDF5"}))
@pytest.mark.parametrize(
    "which",
    [
        "11 sources",
        "no rows",
        pytest.param("515 columns", marks=pytest.mark.slow),
        "a long query",
        "names",
    ],
)
def test_a_line_of_the_page_serves_odd_tables(title, which, odd_tables, tmp_path, monkeypatch):
    """A line's calls lose no more of an odd table than the line says."""
    monkeypatch.chdir(tmp_path)
    table = odd_tables[which]
    assert lost(table, LINES[title].carry(table)) <= LINES[title].lost


def test_plain_hdf5_refuses_all_columns(odd_tables, tmp_path):
    """HDF5 with its default settings has no room for 515 columns, as the page says."""
    with pytest.raises(ValueError, match="object header message is too large"):
        odd_tables["515 columns"].write(tmp_path / "csc.hdf5", path="csc", serialize_meta=True)


def words_of(table):
    """Say of each column all that is neither its values nor its unit."""
    return {
        column.name: (column.dtype, column.description, column.meta, column.format)
        for column in table.itercols()
    }


@pytest.mark.parametrize("title", EXACT)
def test_exact_formats_keep_descriptions_and_types(title, every_type, tmp_path, monkeypatch):
    """Types, descriptions and what a column's meta holds come back to the letter."""
    monkeypatch.chdir(tmp_path)

    back = LINES[title].carry(every_type)

    assert words_of(back) == words_of(every_type)


def test_meta_survives_fits_to_the_last_digit(server, tmp_path):
    """A position with many digits in meta is the same after FITS."""
    table = server.csc.query_region(
        SkyCoord(52.12345678901234, -0.012345678901234567, unit="deg"), 60 * u.deg, row_limit=-1
    )
    table.write(tmp_path / "csc.fits")
    assert dict(Table.read(tmp_path / "csc.fits").meta) == dict(table.meta)


def test_fits_text_is_bytes_that_compare_with_text(ngc1333_fits):
    """Without the page's last line a name is bytes in memory, but can be looked for as text."""
    back = Table.read(ngc1333_fits)
    assert back["name"].dtype.kind == "S"
    assert (back["name"] == UNMEASURED).sum() == 1


def test_for_fits_leaves_the_table_alone(every_type):
    """What is changed for FITS is a copy."""
    assert for_fits(every_type) is not every_type
    assert every_type["pileup_flag"].info.serialize_method["fits"] == "null_value"


def test_for_fits_takes_tables_alone():
    """A list of rows is told what is expected."""
    rows: Any = [1, 2]

    with pytest.raises(InputTypeError, match="table is a list; expected a Table"):
        for_fits(rows)


def test_for_fits_keeps_a_number_that_astropy_takes_for_null(tmp_path):
    """Beside a null integer, 999999 is a number, though astropy's own filler is that."""
    table = Table([MaskedColumn([999999, 0], mask=[False, True], name="obsid")])
    for_fits(table).write(tmp_path / "csc.fits")
    assert Table.read(tmp_path / "csc.fits")["obsid"].tolist() == [999999, None]


def test_a_stack_of_two_results_survives_fits(ngc1333, server, tmp_path):
    """Results with different columns can be stacked, and the nulls that this makes are kept."""
    named = server.csc.query_objects([UNMEASURED], columns=["name", "var_intra_index_w"])
    stacked = vstack([ngc1333, named], metadata_conflicts="silent")
    for_fits(stacked).write(tmp_path / "csc.fits")
    back = Table.read(tmp_path / "csc.fits")
    back.convert_bytestring_to_unicode()
    assert lost(stacked, back) == frozenset()


def test_stacking_results_warns_of_meta_unless_told(ngc1333):
    """Astropy warns where queries differ, which is why the page names an argument."""
    other = ngc1333.copy()
    other.meta["QUERY"] = "another"
    with pytest.warns(MergeConflictWarning, match="QUERY"):
        vstack([ngc1333, other])


def test_results_join_by_name(ngc1333, server):
    """A join finds the same sources in two results and keeps units."""
    wanted = {"name": ngc1333["name"].tolist()}
    other = server.csc.query_criteria(columns=["var_flag"], column_filters=wanted)
    joined = join(ngc1333, other, keys=["name", "ra", "dec"], metadata_conflicts="silent")
    assert len(joined) == 11
    assert joined["flux_aper_b"].unit == ngc1333["flux_aper_b"].unit


def test_a_copy_is_equal_and_apart(ngc1333):
    """A copy loses nothing, and a change of it is not seen in the first."""
    copy = ngc1333.copy()
    assert lost(ngc1333, copy) == frozenset()
    copy["ra"][0] = 0
    assert ngc1333["ra"][0] != 0


def test_quantities_have_units(ngc1333):
    """In a QTable a flux is a masked quantity."""
    fluxes = QTable(ngc1333)["flux_aper_b"]
    assert fluxes.unit == u.Unit("erg / (s cm2)")
    assert fluxes.mask.sum() == 1


def test_positions_are_found_in_a_table(odd_tables):
    """SkyCoord finds ra and dec by itself, also among all columns."""
    found = SkyCoord.guess_from_table(odd_tables["515 columns"])
    assert np.array_equal(found.ra.deg, odd_tables["515 columns"]["ra"])


def test_pandas_has_nulls_and_nullable_integers(every_type):
    """In pandas a null is missing, an integer stays one, and a flag can be made boolean."""
    frame = every_type.to_pandas()
    assert frame["flux_aper_b"].isna().sum() == every_type["flux_aper_b"].mask.sum()
    assert str(frame["var_intra_index_b"].dtype) == "Int32"
    assert str(frame.convert_dtypes()["pileup_flag"].dtype) == "boolean"


def test_headers_say_what_null_is(ngc1333_fits):
    """The FITS header has the archive's own null for the integers that have nulls."""
    header = fits.getheader(ngc1333_fits, 1)
    nulls = {key: header[key] for key in header if key.startswith("TNULL")}
    assert nulls == {"TNULL23": -2147483648, "TNULL25": -2147483648}


def test_fitsio_reads_the_real_sources(ngc1333_fits):
    """Fitsio finds 25 columns, text of 21 characters, logicals, units and nulls."""
    fitsio = pytest.importorskip("fitsio", reason="fitsio is not installed: pip install fitsio")
    with fitsio.FITS(ngc1333_fits) as file:
        table, header = file[1].read(), file[1].read_header()
        forms = {info["name"]: info["tform"] for info in file[1].get_info()["colinfo"]}
    assert len(forms) == 25
    assert (forms["name"], forms["extent_flag"], forms["ra"]) == ("21A", "L", "D")
    assert (header["TUNIT2"], header["TUNIT9"]) == ("deg", "erg s-1 cm-2")
    assert np.isnan(table["flux_aper_b"][table["name"] == UNMEASURED]).tolist() == [True]
    assert (table["var_intra_index_w"] == header["TNULL23"]).all()


@pytest.mark.stilts
@pytest.mark.skipif(
    shutil.which("stilts") is None,
    reason="STILTS is not on the PATH; it is in Debian's package stilts",
)
def test_stilts_reads_the_real_sources(ngc1333_fits):
    """STILTS finds 25 columns, String and Boolean, units and nulls."""
    columns = stilts_rows(ngc1333_fits, "meta name class units shape elsize")
    kinds = {row["Name"]: (row["Class"], row["Units"]) for row in columns}
    assert len(kinds) == 25
    assert kinds["name"][0] == "String"
    assert kinds["extent_flag"][0] == "Boolean"
    assert kinds["flux_aper_b"] == ("Double", "erg s-1 cm-2")
    bad = stilts_rows(ngc1333_fits, "stats name nbad")
    nulls = {row["Name"]: int(row["NBad"]) for row in bad}
    assert (nulls["flux_aper_b"], nulls["var_intra_index_w"], nulls["ra"]) == (1, 11, 0)


def stilts_rows(path, what):
    """Run one STILTS filter on a file; read the rows that it prints."""
    done = subprocess.run(
        ["stilts", "tpipe", f"in={path}", "ifmt=fits", f"cmd={what}", "ofmt=csv"],
        capture_output=True,
        timeout=120,
        check=True,
    )
    return list(csv.DictReader(io.StringIO(done.stdout.decode())))
