# Licensed under a 3-clause BSD style license - see LICENSE
"""
Rows are decoded piece by piece: how large a piece is, and how the columns grow with them.

The documents are invented; all of them are read with pyarrow.
"""

import tracemalloc

import pytest

from astroquery_csc.exceptions import TableParseError
from astroquery_csc.votable import reader as votable
from astroquery_csc.votable import rows as tabledata
from tests.votable.decoding import rows_decoded_fast
from tests.votable.votable_parts import column, document, row, wide
from tests.votable.votables import Trickle, cells

INT = '<FIELD name="n" datatype="int"/>'
NAME = '<FIELD name="name" datatype="char" arraysize="*"/>'
#: A row of one column, of 20 bytes.
SHORT = "<TR><TD>12</TD></TR>"


@pytest.fixture
def small(monkeypatch):
    """Decode pieces of 1,000 bytes, and grow by a few rows."""
    monkeypatch.setattr(tabledata, "PIECE_BYTES", 1_000)
    monkeypatch.setattr(tabledata, "PIECE_BYTES_A_COLUMN", 1)
    monkeypatch.setattr(tabledata, "_ROOM_ROWS", 10)


def told(text, sizes=()):
    """Read a document byte by byte; give the numbers of rows that were told."""
    found: list[int] = []
    votable.read(Trickle(text, sizes), on_rows=found.append)
    return found


# ---- how large a piece is --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("least", "a_column", "most", "rows"),
    [(1_000, 1, 5_000, 50), (1_000, 4_000, 5_000, 200), (1_000, 4_000, 2_000, 100)],
)
def test_a_piece_is_as_large_as_the_table_is_wide(least, a_column, most, rows, monkeypatch):
    """So many bytes at least, so many a column, and no more than the most."""
    monkeypatch.setattr(tabledata, "PIECE_BYTES", least)
    monkeypatch.setattr(tabledata, "PIECE_BYTES_A_COLUMN", a_column)
    monkeypatch.setattr(tabledata, "MAX_PIECE_BYTES", most)

    assert told(document(SHORT * 1_000, fields=INT))[:3] == [rows, 2 * rows, 3 * rows]


@pytest.mark.usefixtures("small")
def test_a_row_may_be_longer_than_a_piece():
    """Then more is read at once, until it ends."""
    texts = ["a", "b" * 9_500, "c"]

    found = votable.read(Trickle(column("char", texts, arraysize="*"))).table

    assert cells(found) == [[text] for text in texts]


@pytest.mark.usefixtures("small")
def test_a_row_that_does_not_end_is_refused_at_the_limit(monkeypatch):
    """Not one byte more is read than it takes to know; rows are counted from 1."""
    monkeypatch.setattr(tabledata, "MAX_ROW_BYTES", 1_500)
    text = document(SHORT * 60 + "<TR><TD>" + " " * 9_000, fields=INT)
    source = Trickle(text)

    with pytest.raises(TableParseError) as caught:
        votable.read(source)

    assert str(caught.value) == (
        "The answer is not a complete VOTable: row 61 does not end within 1,501 bytes. Ask again."
    )
    assert source.taken == text.index(b"<TR><TD>  ") + 1_501


@pytest.mark.usefixtures("small")
def test_a_row_may_be_as_long_as_the_limit(monkeypatch):
    """Its last byte may be the last one that is let pass."""
    monkeypatch.setattr(tabledata, "MAX_ROW_BYTES", 1_500)
    long = SHORT.replace("12", "12" + " " * 1_480)

    found = votable.read(Trickle(document(long, fields=INT))).table

    assert len(long) == 1_500
    assert cells(found) == [[12]]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("rows", ["", SHORT * 3])
def test_what_comes_after_the_rows_is_no_row(rows, monkeypatch):
    """It may be longer than a row, also where there is none."""
    monkeypatch.setattr(tabledata, "MAX_ROW_BYTES", 1_500)
    text = document(rows, fields=INT, after=f"<!-- {'x' * 9_000} -->")

    found = votable.read(Trickle(text)).table

    assert cells(found) == [[12]] * rows.count("12")


# ---- how columns grow ------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("letter", ["a", "é"])
def test_strings_that_are_too_many_are_refused_before_the_rest_is_read(letter, monkeypatch):
    """The message names the column; what comes after is not waited for."""
    monkeypatch.setattr("astroquery_csc.votable.cells._MAX_COLUMN_BYTES", 4_000)
    source = Trickle(column("char", [letter * 10] * 500, arraysize="*"), [1_000] * 100)

    with pytest.raises(TableParseError, match="Column 'it' has a cell of 10 characters: 1"):
        votable.read(source)

    assert source.taken < 10_000


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("letter", ["a", "é"])
def test_strings_may_be_as_many_as_the_limit(letter, monkeypatch):
    """Letters take four bytes each, of whatever alphabet."""
    monkeypatch.setattr("astroquery_csc.votable.cells._MAX_COLUMN_BYTES", 4_000)

    found = votable.read(Trickle(column("char", [letter * 10] * 100, arraysize="*"))).table

    assert cells(found) == [[letter * 10]] * 100


@pytest.mark.usefixtures("small")
def test_columns_grow_and_widen_from_piece_to_piece():
    """Strings get longer, and other than ASCII; nulls come late; every row is at its place."""
    names = ["a"] * 90 + ["bcd"] * 90 + ["é"] * 90 + ["wider"] * 90
    numbers = ["1"] * 200 + ["", "2"] * 80
    text = document("".join(map(row, zip(names, numbers, strict=True))), fields=NAME + INT)

    found = votable.read(Trickle(text)).table

    assert cells(found) == [
        [name, int(number) if number else None] for name, number in zip(names, numbers, strict=True)
    ]


@pytest.mark.usefixtures("small")
def test_nulls_may_come_first():
    """What follows them has values."""
    text = document("<TR><TD/></TR>" * 100 + SHORT * 200, fields=INT)

    found = votable.read(Trickle(text)).table

    assert cells(found) == [[None]] * 100 + [[12]] * 200


def test_room_is_kept_for_rows_to_come_and_not_more(monkeypatch):
    """A table of several pieces takes no more memory at once than is said."""
    monkeypatch.setattr(tabledata, "PIECE_BYTES", 30_000)
    monkeypatch.setattr(tabledata, "PIECE_BYTES_A_COLUMN", 1)
    monkeypatch.setattr(tabledata, "_ROOM_BYTES", 1 << 22)
    text = wide(200, 20)
    tracemalloc.start()

    found = votable.read(Trickle(text, [1_000] * 200)).table
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(cells(found)) == 200
    assert (1 << 22) < peak < 3 * (1 << 22)


# ---- what a row is ---------------------------------------------------------------------------


def test_a_last_row_is_looked_at_as_the_others_are():
    """White space between the cells of the first, longer than the last row, hides nothing."""
    good = "<TR><TD>1</TD>" + " " * 500 + "<TD>2</TD></TR>"
    bad = "<TR><TD>1</TX><TD>2</TD></TR>"

    with pytest.raises(TableParseError, match="after 2 rows: mismatched tag"):
        votable.read(Trickle(document(good + bad, fields=INT * 2)))


def test_one_row_of_one_column_needs_no_astropy():
    """There is nothing between its cells to learn from."""
    assert rows_decoded_fast(document(SHORT, fields=INT)) == 1
    assert rows_decoded_fast(document(row())) == 1


@pytest.mark.parametrize("character", ["\v", "\f"])
def test_only_white_space_of_xml_may_stand_before_rows(character):
    """What Python takes for white space besides is not XML."""
    with pytest.raises(TableParseError, match="invalid token"):
        votable.read(Trickle(document(character + SHORT, fields=INT)))
