# Licensed under a 3-clause BSD style license - see LICENSE
"""Decoded tables become tables that people keep: types, units, nulls, order, words."""

import io

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Column, MaskedColumn, QTable, Table
from hypothesis import given
from hypothesis import strategies as st

from astroquery_csc import for_fits, stack, tables
from astroquery_csc.catalogue.schema import get_tables, master_columns
from astroquery_csc.exceptions import InputTypeError
from astroquery_csc.tables import empty, order, parse_unit, polish
from astroquery_csc.votable import reader as votable
from tests.support.examples import examples

MASTER = get_tables("2.1")["master_source"].columns


def polished(values, name="x", raw=MaskedColumn, **words):
    """Polish a table of one column."""
    return polish(Table([raw(values, name=name, **words)]), "2.1")[name]


# ---- units -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("deg", u.deg),
        ("arcsec", u.arcsec),
        ("arcsec**2", u.arcsec**2),
        ("erg/s/cm**2", u.erg / u.s / u.cm**2),
        ("photon/s/cm**2", u.photon / u.s / u.cm**2),
        ("count/s", u.count / u.s),
        ("10**20/cm**2", 1e20 / u.cm**2),
        ("keV", u.keV),
        ("pixel", u.pix),
        (" deg ", u.deg),
        ("erg s^-1 cm^-2", u.erg / u.s / u.cm**2),
        ("erg.s-1.cm-2", u.erg / u.s / u.cm**2),
        ("erg.s**-1.cm**-2", u.erg / u.s / u.cm**2),
        ("erg / (s cm2)", u.erg / u.s / u.cm**2),
    ],
)
def test_the_services_units_are_astropys(text, unit):
    """Every unit that was seen, and other services' ways to write them, can be converted."""
    found = parse_unit(text)

    assert isinstance(found, u.UnitBase)
    assert not isinstance(found, u.UnrecognizedUnit)
    assert (1 * found).to_value(unit) == pytest.approx(1.0, rel=1e-15)


def test_every_unit_of_the_dictionary_is_one():
    """No column of the dictionary goes without its unit, and FITS can write each."""
    texts = {column.unit for column in MASTER.values() if column.unit}

    units = [parse_unit(text) for text in sorted(texts)]

    assert all(isinstance(unit, u.UnitBase) and unit.to_string("fits") for unit in units)


@pytest.mark.parametrize(
    "text",
    ["", " ", "\t", "-", "---", "none", "unitless", "bananas", "counts", "1/0", "1,", "(", "**"],
)
def test_what_is_no_unit_is_none(text):
    """Blanks, dashes and words that only look like a unit."""
    assert parse_unit(text) is None


@given(st.one_of(st.text(max_size=12), st.text("ergscm2/*().^-+ 10,dk%[]", max_size=12)))
@examples(200)
def test_no_unit_raises_or_warns(text):
    """Whatever a service writes, there is a unit that converts, or none."""
    found = parse_unit(text)

    assert found is None or isinstance(found, u.UnitBase)
    assert not isinstance(found, u.UnrecognizedUnit)


@pytest.mark.parametrize("unit", [None, "", " ", "degrees", "bananas"])
def test_the_dictionary_fills_what_the_service_forgets_or_misspells(unit):
    """``ra`` is in degrees also where the service does not say so."""
    assert polished([1.0], "ra", unit=unit).unit == u.deg


def test_the_services_unit_wins():
    """A unit that the service does give is not replaced by the dictionary's."""
    assert polished([1.0], "ra", unit="arcmin").unit == u.arcmin


@pytest.mark.parametrize("unit", ["erg/s/cm**2", "10**20/cm**2"])
def test_a_unit_that_astropy_did_not_recognise_is_read_again(unit):
    """What its VOTable reader leaves unrecognised becomes a unit."""
    raw = polished([1.0], unit=u.UnrecognizedUnit(unit))

    assert raw.unit.is_equivalent(parse_unit(unit))


@pytest.mark.parametrize("values", [["a"], [True]])
def test_text_and_flags_have_no_unit(values):
    """A unit on a string or a boolean would break QTable."""
    assert polished(values, unit="deg").unit is None


# ---- types -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([1.5, 2.5]), "f8"),
        (np.array([1.5, 2.5], "f4"), "f4"),
        (np.array([1, 2], "i4"), "i4"),
        (np.array([1, 2], "i8"), "i8"),
        (np.array([1, 2], "i2"), "i2"),
        (np.array([1, 2], "u1"), "u1"),
        (np.array([True, False]), "?"),
        (np.array(["a", "bcd"]), "U3"),
        (np.array(["a", "bcd"], dtype=object), "U3"),
        (np.array([b"a", b"bcd"]), "U3"),
        (np.array([b"a", "bcd"], dtype=object), "U3"),
        (np.array(["", ""], dtype=object), "U1"),
    ],
)
@pytest.mark.parametrize("raw", [Column, MaskedColumn])
def test_types_are_plain(values, dtype, raw):
    """Numbers and flags keep their type; strings of any kind are of fixed width."""
    assert polished(values, raw=raw).dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (np.array([[1.0, 2.5], [3.0, 4.0]]), ["1.0 2.5", "3.0 4.0"]),
        (np.array([["a", "b"], ["c", "d"]]), ["a b", "c d"]),
        (np.arange(4).reshape(2, 2, 1), ["0 1", "2 3"]),
    ],
)
def test_arrays_in_cells_become_text(values, texts):
    """A file format without arrays, and pandas, take the table all the same."""
    column = polished(values, raw=Column, unit="deg")

    assert column.tolist() == texts
    assert (column.dtype.kind, column.ndim, column.unit) == ("U", 1, None)


def test_arrays_of_different_lengths_become_text():
    """An object column of arrays is one of strings; an empty array is not a value."""
    values = np.empty(3, dtype=object)
    values[:] = [np.array([1.0, 2.0]), np.array([]), np.ma.array([3.0])]

    column = polished(values)

    assert column.filled("").tolist() == ["1.0 2.0", "", "3.0"]
    assert column.mask.tolist() == [False, True, False]


def test_no_column_is_ever_an_object():
    """What a document can hold, read and polished, is of plain types."""
    kinds = ("boolean", "unsignedByte", "short", "int", "long", "float", "double")
    fields = "".join(f'<FIELD name="{kind}" datatype="{kind}"/>' for kind in kinds)
    fields += '<FIELD name="c" datatype="char" arraysize="*"/>'
    fields += '<FIELD name="a" datatype="double" arraysize="*"/>'
    row = "<TR>" + "<TD>1</TD>" * 9 + "</TR><TR>" + "<TD/>" * 9 + "</TR>"
    text = (
        f'<VOTABLE version="1.2"><RESOURCE><TABLE>{fields}<DATA><TABLEDATA>{row}</TABLEDATA>'
        "</DATA></TABLE></RESOURCE></VOTABLE>"
    )

    table = polish(votable.read(io.BytesIO(text.encode())).table, "2.1")

    assert {column.dtype.kind for column in table.itercols()} <= set("biufU")
    assert [column.mask.tolist() for column in table.itercols()] == [[False, True]] * 9


# ---- nulls -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [[1.5, 2.5], np.array([1, 2]), [True, False], ["a", "b"], np.array(["a", "b"], object)],
)
def test_a_column_without_nulls_is_a_plain_column(values):
    """Masks appear only where something is missing, as readers of files give it."""
    column = polished(values)

    assert type(column) is Column
    assert column.tolist() == list(values)


@pytest.mark.parametrize(
    ("values", "hidden"),
    [
        (np.array([1.5, 2.5]), np.nan),
        (np.array([1.5, 2.5], "f4"), np.nan),
        (np.array([1, 2], "i4"), -(2**31)),
        (np.array([1, 2], "i2"), -(2**15)),
        (np.array(["a", "b"]), ""),
    ],
)
def test_a_null_is_masked_and_hides_no_number(values, hidden):
    """Under the mask is what a program that ignores it takes for null, not a stray value."""
    column = polished(values, mask=[False, True])

    assert type(column) is MaskedColumn
    assert column.mask.tolist() == [False, True]
    assert column.data.data[0] == values[0]
    np.testing.assert_equal(column.data.data[1], values.dtype.type(hidden))


def test_a_masked_flag_stays_masked():
    """A flag that is not known is neither true nor false."""
    column = polished([True, False, True], mask=[False, False, True])

    assert column.tolist() == [True, False, None]


def test_nan_is_null():
    """A number that is none is masked, also where the service did not leave the cell empty."""
    assert polished([1.0, np.nan], raw=Column).mask.tolist() == [False, True]


def test_infinity_and_zero_are_values():
    """Only what is missing is null: zero is zero."""
    column = polished([0.0, np.inf, -np.inf, -0.0])

    assert type(column) is Column
    assert np.signbit(column).tolist() == [False, False, True, True]


@pytest.mark.parametrize("blank", ["", " ", "   ", "\t\n"])
def test_blank_text_is_null(blank):
    """Strings are stripped, and one of blanks alone is not a value."""
    column = polished(["u  ", blank, " a"])

    assert column.mask.tolist() == [False, True, False]
    assert column.filled("?").tolist() == ["u", "?", "a"]


@pytest.mark.parametrize("odd", ["", " a", "a ", "\u3000b", "ab"])
@pytest.mark.parametrize("place", [0, 3, 4, 8])
def test_one_odd_string_among_many_is_seen(odd, place, monkeypatch):
    """Text is looked at part by part, and none is left out."""
    monkeypatch.setattr(tables, "_BLOCK_ROWS", 4)
    words = ["c"] * 9
    words[place] = odd

    column = polished(words, raw=Column)

    assert column.tolist() == [odd.strip() or None if word == odd else "c" for word in words]
    assert column.dtype == f"U{max(1, len(odd.strip()))}"


def test_text_under_a_mask_is_gone(monkeypatch):
    """Wherever it is, it makes the column no wider."""
    monkeypatch.setattr(tables, "_BLOCK_ROWS", 2)

    column = polished(["a", "b", "c", "hidden"], mask=[False, False, False, True])

    assert np.ma.getdata(column).tolist() == ["a", "b", "c", ""]


def test_a_padded_column_is_as_wide_as_its_words():
    """Blanks around a word do not count for the width."""
    assert polished([f"{'u':30}", f"{'an':30}"]).dtype == np.dtype("U2")


def test_none_in_a_masked_object_column_is_null():
    """What a database driver gives for null does not become the word None."""
    column = polished(np.array([None, "x"], dtype=object), mask=[True, False])

    assert column.filled("").tolist() == ["", "x"]


def test_a_row_of_an_array_column_is_null_where_all_of_it_is():
    """An array with one missing number is still there."""
    column = polished(np.array([[1, 2], [3, 4]]), mask=[[True, True], [False, True]])

    assert column.mask.tolist() == [True, False]


@pytest.mark.parametrize(("dtype", "filler"), [("i4", -(2**31)), ("i2", -(2**15))])
def test_integers_are_filled_with_the_catalogues_null(dtype, filler):
    """The 999999 of astropy could be a number that was measured, and does not fit every type."""
    assert polished(np.array([1, 2], dtype), mask=[True, False]).fill_value == filler


# ---- words -----------------------------------------------------------------------------------


def test_nothing_is_left_that_cuts_digits():
    """A FIELD's precision and width do not shorten what is written to a file."""
    raw = MaskedColumn([1.23456789], name="x", format="%.4E", meta={"precision": "E4", "width": 3})

    column = polish(Table([raw]), "2.1")["x"]

    assert column.format is None
    assert column.meta == {}


def test_of_meta_the_ucd_stays():
    """The ucd is the dictionary's, on every route, or else the service's; the rest goes."""
    known = polished([1.0], "ra", meta={"ucd": "POS_EQ_RA_MAIN", "links": [1]})
    served = polished([1.0], "x", meta={"ucd": "pos.eq.ra", "links": [1], "values": {}})

    assert dict(known.meta) == {"ucd": MASTER["ra"].ucd}
    assert dict(served.meta) == {"ucd": "pos.eq.ra"}


def test_descriptions_are_the_services_or_else_the_dictionarys():
    """A column is never without words that are known."""
    assert polished([1.0], "ra", description="mine").description == "mine"
    assert polished([1.0], "ra").description == MASTER["ra"].description
    assert polished([1.0], "nonsense").description is None


def test_the_table_has_no_meta_of_the_document():
    """ID and name of a VOTable's TABLE do not get into the user's meta."""
    raw = Table({"x": [1.0]}, meta={"ID": "t1", "name": "results"})

    assert polish(raw, "2.1").meta == {}


def test_names_and_their_order_stay():
    """Polishing changes no name and moves no column."""
    raw = Table({"b": [1], "a": [2], "name": ["x"]})

    assert polish(raw, "2.1").colnames == ["b", "a", "name"]


def test_only_what_is_a_column_of_the_catalogue_gets_its_words():
    """``2 * ra AS ra`` is not a right ascension: with sources, only plain columns are described."""
    raw = Table({"ra": [1.0], "x": [1.0], "y": [1.0]})

    table = polish(raw, "2.1", sources={"x": ("stack_source", "ra"), "y": ("", "dec")})

    assert [column.unit for column in table.itercols()] == [None, u.deg, u.deg]
    assert table["ra"].description is None
    assert table["y"].description == MASTER["dec"].description


def test_a_polished_table_works_with_quantities():
    """QTable takes it: floats with units are quantities, masked ones too."""
    raw = Table(
        {
            "name": np.array(["a", "b"], dtype=object),
            "ra": MaskedColumn([1.0, 2.0], mask=[False, True]),
            "var_inter_index_b": MaskedColumn([1, 2], mask=[False, True]),
            "extent_flag": MaskedColumn([True, False], mask=[False, True]),
        }
    )

    table = QTable(polish(raw, "2.1"))

    assert table["ra"].unit == u.deg
    assert table["ra"].mask.tolist() == [False, True]


def test_polishing_twice_changes_nothing():
    """A polished table is polished."""
    raw = Table(
        {
            "name": np.array(["a ", ""], dtype=object),
            "ra": MaskedColumn([1.0, 2.0], mask=[False, True]),
            "n": MaskedColumn([1, 2], mask=[False, True]),
        }
    )

    once = polish(raw, "2.1")
    twice = polish(once, "2.1")

    assert [column.info.dtype for column in twice.itercols()] == [
        column.info.dtype for column in once.itercols()
    ]
    assert twice.pformat() == once.pformat()


@pytest.mark.parametrize("size", [0, 1])
def test_tables_without_rows_or_columns_are_fine(size):
    """The smallest tables come through."""
    raw = Table({"o": np.array(["x"], dtype=object)[:size], "f": [1.0][:size]})

    assert len(polish(raw, "2.1")) == size
    assert polish(Table(), "2.1").colnames == []


# ---- order -----------------------------------------------------------------------------------


def test_the_order_begins_with_what_was_found():
    """Name and position, separation and index come first, then the dictionary's order."""
    names = ["dec", "flux_aper_b", "user_specified_id", "query_index", "separation", "ra", "name"]

    assert order([*names, "err_ellipse_r0"], "2.1") == [
        "name",
        "ra",
        "dec",
        "separation",
        "query_index",
        "user_specified_id",
        *(name for name in master_columns("2.1") if name in {"err_ellipse_r0", "flux_aper_b"}),
    ]


def test_unknown_columns_are_last_in_their_old_order():
    """What the dictionary does not know stays as the service has it, behind the rest."""
    assert order(["z", "a", "significance", "m"], "2.1") == ["significance", "z", "a", "m"]


@pytest.mark.parametrize("release", ["2.1", "2.0", "current"])
def test_the_dictionarys_order_is_the_order(release):
    """All columns, in whatever order they come, stand as in 2.1, in every release."""
    names = list(master_columns("2.1"))

    assert order(reversed(names), release) == names


def test_repeats_count_once():
    """A name that is asked for twice is one column."""
    assert order(["ra", "ra", "name", "ra"], "2.1") == ["name", "ra"]
    assert order([], "2.1") == []


# ---- empty -----------------------------------------------------------------------------------


def test_an_empty_table_has_the_types_that_an_answer_has():
    """No rows, but every column with its type, unit and words; unknown ones are numbers."""
    names = ["name", "ra", "var_inter_index_b", "extent_flag", "nonsense"]

    table = polish(empty(names, "2.1"), "2.1")

    assert len(table) == 0
    assert [column.dtype.str[1:] for column in table.itercols()] == ["U1", "f8", "i4", "b1", "f8"]
    assert (table["ra"].unit, table["ra"].description) == (u.deg, MASTER["ra"].description)
    assert table.meta == {}


def test_all_columns_can_be_empty():
    """515 columns without rows, in the order in which they were asked for."""
    table = polish(empty(master_columns("2.1"), "2.1"), "2.1")

    assert tuple(table.colnames) == master_columns("2.1")
    assert not {column.name for column in table.itercols() if column.dtype.hasobject}


# ---- for FITS --------------------------------------------------------------------------------


def test_a_masked_flag_takes_its_mask_along_to_fits():
    """Only masked booleans need a second column; the user's own table is left alone."""
    table = Table(
        {
            "flag": MaskedColumn([True, False], mask=[False, True]),
            "x": MaskedColumn([1.0, 2.0], mask=[False, True]),
            "plain": [True, False],
        }
    )

    copy = for_fits(table)

    assert copy["flag"].info.serialize_method["fits"] == "data_mask"
    assert copy["x"].info.serialize_method["fits"] == "null_value"
    assert table["flag"].info.serialize_method["fits"] == "null_value"
    assert copy["flag"].tolist() == [True, None]


@pytest.mark.parametrize("dtype", ["i2", "i4", "i8"])
def test_masked_integers_take_a_null_along_that_is_no_number(dtype):
    """A table that was not polished gets a filler that no measurement has."""
    table = Table({"n": MaskedColumn(np.array([1, 2], dtype), mask=[False, True])})

    assert for_fits(table)["n"].fill_value == np.iinfo(dtype).min


def test_text_beyond_ascii_comes_back_from_fits(tmp_path):
    """Names of objects in other scripts, masked ones among them, are in the file."""
    names = MaskedColumn(["ω Cen", "M 31", "x"], "object", mask=[False, False, True])
    for_fits(Table([names, ["é", "f", "g"]], names=["object", "note"])).write(tmp_path / "a.fits")

    back = Table.read(tmp_path / "a.fits")
    assert back["object"].mask.tolist() == [False, False, True]
    back.convert_bytestring_to_unicode()
    assert back["object"].tolist()[:2] == ["ω Cen", "M 31"]
    assert back["note"].tolist() == ["é", "f", "g"]


def test_stacked_results_have_a_meta_of_their_own():
    """What the tables agree on stays; the rows are counted, and one that is short is enough."""
    near = Table({"name": ["a"]}, meta={"RELEASE": "2.1", "RA": 1.0, "NROWS": 1, "TRUNC": False})
    far = Table({"name": ["b"]}, meta={"RELEASE": "2.1", "RA": 2.0, "NROWS": 1, "TRUNC": True})

    assert stack([near, near]).meta == {"RELEASE": "2.1", "RA": 1.0, "NROWS": 2, "TRUNC": False}
    assert stack(iter([near, far])).meta == {"RELEASE": "2.1", "NROWS": 2, "TRUNC": True}
    assert near.meta["NROWS"] == 1


@pytest.mark.parametrize(("parts", "words"), [([], "has no table"), ([3], "has int")])
def test_only_tables_can_be_stacked(parts, words):
    """No table, or something else, is refused."""
    with pytest.raises(InputTypeError, match=words):
        stack(parts)
