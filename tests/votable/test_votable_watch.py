# Licensed under a 3-clause BSD style license - see LICENSE
"""
What astropy's reader would believe or let pass is refused, and the message says where it stands.

Every test runs with the fast decoder and with astropy alone. The documents are invented.
"""

import pytest

from tests.votable.votable_parts import column, document, row
from tests.votable.votables import cells, outcome, read

pytestmark = pytest.mark.usefixtures("each_reader")

AGAIN = "Ask again."
INT = '<FIELD name="n" datatype="int"/>'


def message(text):
    """Read a document that has to be refused, and give the message."""
    return str(outcome(text))


def second(inside):
    """Write a document whose first table is good, with a second one."""
    return document(row(), after=inside)


def table(rows, fields=INT, claim=""):
    """Write a TABLE of integers."""
    inside = "".join(f"<TR><TD>{cell}</TD></TR>" for cell in rows)
    return f"<TABLE {claim}>{fields}<DATA><TABLEDATA>{inside}</TABLEDATA></DATA></TABLE>"


# ---- claims ----------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", ["4", " 4 ", "9999999999999999999"])
def test_fewer_rows_than_claimed_are_a_cut_answer(claim):
    """The claim is read as an integer."""
    text = document(row() * 3).replace(b"<TABLE ", f'<TABLE nrows="{claim}" '.encode())

    found = read(text)

    assert (found.overflow, len(found.table)) == (True, 3)


@pytest.mark.parametrize("claim", ["3", "2", "0", "-4", "four", "", "4.0", "9" * 20])
def test_a_claim_that_is_no_number_or_kept_is_none(claim):
    """A table may have more rows than it says; what is not a sensible number says nothing."""
    text = document(row() * 3).replace(b"<TABLE ", f'<TABLE nrows="{claim}" '.encode())

    assert len(read(text).table) == 3


def test_a_table_without_columns_claims_nothing():
    """There is nothing that its rows could hold."""
    text = document("", fields="").replace(b"<TABLE ", b'<TABLE nrows="4" ')

    assert len(read(text).table) == 0


def test_the_claim_of_a_second_table_does_not_count():
    """Only the first table is given."""
    assert len(read(second(table([], claim='nrows="9"'))).table) == 1


@pytest.mark.parametrize("sizes", [["1048576"], ["1048575", "1"], ["1024x1024"]])
def test_arrays_may_have_a_mebi_of_numbers(sizes):
    """All columns together, and one number more is refused by the name of its column."""
    fields = "".join(f'<FIELD name="a" datatype="int" arraysize="{size}"/>' for size in sizes)

    found = read(document("", fields=fields)).table

    assert len(found.columns) == len(sizes)
    assert message(document("", fields=fields + INT)) == (
        f"The answer is not a complete VOTable: column 'n' claims an arraysize of '1'. {AGAIN}"
    )


def test_an_array_of_no_numbers_is_refused():
    """An array of none has no value; strings of no length are empty."""
    field = '<FIELD name="a" datatype="{}" arraysize="{}"/>'

    assert message(document("", fields=field.format("int", "0"))) == (
        f"The answer is not a complete VOTable: column 'a' claims an arraysize of '0'. {AGAIN}"
    )
    assert read(document("<TR><TD/></TR>", fields=field.format("char", "0"))).table["a"].mask.all()


def test_an_arraysize_has_60_characters_at_most():
    """It is shown to there."""
    field = '<FIELD name="a" datatype="int" arraysize="{}"/>'

    long = message(document("", fields=field.format("1x" * 30 + "1")))

    assert read(document("", fields=field.format("1x" * 29 + "1*"))).table.colnames == ["a"]
    assert long.endswith(f"column 'a' claims an arraysize of '{'1x' * 30}…'. {AGAIN}")


def test_a_param_of_many_numbers_is_refused():
    """The reader would make room for them too."""
    param = '<PARAM name="p" datatype="int" arraysize="9999999" value="1"/>'

    assert f"column 'p' claims an arraysize of '9999999'. {AGAIN}" in message(
        document("", before=param)
    )


@pytest.mark.parametrize("size", [" 2 ", "2*", " 2* "])
def test_the_length_of_strings_may_have_blanks_around_it(size):
    """A longer string is kept whole."""
    assert read(column("char", ["abc"], arraysize=size)).table["it"].tolist() == ["abc"]


@pytest.mark.parametrize("size", ["*", "0", "0*"])
def test_strings_without_a_length_have_any(size):
    """A length of 0 is none."""
    assert read(column("char", ["abc"], arraysize=size)).table["it"].tolist() == ["abc"]


# ---- columns ---------------------------------------------------------------------------------


def test_a_second_table_has_no_more_columns_than_the_first_may_have(monkeypatch):
    """The limit is that of one table."""
    monkeypatch.setattr("astroquery_csc.votable.events.MAX_FIELDS", 6)

    assert len(read(second(table([], INT * 6))).table) == 1
    assert message(second(table([], INT * 7))) == (
        f"The answer is not a complete VOTable: it has more than 6 columns. {AGAIN}"
    )


def test_a_column_without_a_name_is_refused():
    """Columns are counted from 1."""
    assert message(document("", fields=INT + '<FIELD datatype="int"/>')) == (
        f"The answer is not a complete VOTable: FIELD 2 has no name. {AGAIN}"
    )


def test_an_unknown_datatype_is_that_of_a_named_column():
    """The message has the name of the document, and none of ours."""
    found = message(column("quaternion", ["1"]))

    assert "Unknown datatype 'quaternion' on field 'it'" in found


def test_a_null_without_a_column_is_nothing():
    """VALUES of an integer that no cell can have, and of strings, are no error."""
    fields = '<FIELD name="s" datatype="char" arraysize="*"><VALUES null="-"/></FIELD>'
    fields += '<FIELD name="n" datatype="short"><VALUES null="40000"/></FIELD>'

    found = read(document("<TR><TD>-</TD><TD>32767</TD></TR>", fields=fields)).table

    assert cells(found)[0][1] == 32767


# ---- where it stands -------------------------------------------------------------------------


def test_rows_are_counted_in_each_table():
    """A word in the third row of the second table is in row 3, column 1 of it."""
    found = message(second(table(["1", "2", "word"])))

    assert found == (
        f"Row 3, column 'n': 'word' invalid literal for int() with base 10: 'word'. {AGAIN}"
    )


def test_a_damaged_end_says_how_many_rows_came():
    """Thousands have a comma; before any row, none are mentioned."""
    many, none = document(row() * 1_234) + b"x", document("") + b"x"

    assert message(many).startswith("The answer is not a complete VOTable after 1,234 rows: ")
    assert message(none).startswith("The answer is not a complete VOTable: ")


def test_a_cell_of_60_characters_is_shown_whole():
    """One of 61 loses its end."""
    whole, long = "x" * 60, "x" * 61

    assert message(column("double", [whole])) == (
        f"Row 1, column 'it': '{whole}' is not a number. {AGAIN}"
    )
    assert message(column("double", [long])) == (
        f"Row 1, column 'it': '{whole}…' is not a number. {AGAIN}"
    )


def test_a_stranger_in_a_row_is_named():
    """With the row, counted from 1."""
    assert message(document(row() + "<TR><TH>1</TH></TR>")) == (
        f"The answer is not a complete VOTable: row 2 holds a 'TH' beside its cells. {AGAIN}"
    )


def test_a_row_that_does_not_end_is_named():
    """The next begins within it."""
    assert message(document(row() + "<TR><TD>a</TD>" + row())) == (
        f"The answer is not a complete VOTable: row 2 does not end before the next begins. {AGAIN}"
    )


def test_an_array_of_another_length_is_named():
    """With its cell, and what is wrong."""
    assert message(column("int", ["1 2", "1 2 3"], arraysize="2")) == (
        f"Row 2, column 'it': '1 2 3' has not as many numbers as its FIELD says. {AGAIN}"
    )


def test_a_row_of_too_few_or_too_many_cells_is_named():
    """A short one ends before a column, a long one goes on with a cell."""
    short, long = document(row() + row(["a", "1"])), document(row() + row(["1"] * 6 + ["more"]))

    assert message(short).startswith(
        "The answer is not a complete VOTable: row 2 ends before column 'flag': "
        "Data has fewer columns"
    )
    assert message(long).startswith(
        "The answer is not a complete VOTable: row 2 goes on with 'more': Data has more columns"
    )
