# Licensed under a 3-clause BSD style license - see LICENSE
"""
Where a VOTable is just right, or just wrong: lengths, bounds, and what a message says of them.

Every test runs with the fast decoder and with astropy alone, but for those that say otherwise. The
documents are invented.
"""

import base64
import io
import struct
import tracemalloc

import numpy as np
import pytest

from astroquery_csc import optional
from astroquery_csc.votable import reader as votable
from astroquery_csc.votable.cells import MAX_CELL_BYTES
from tests.votable.votable_parts import column, document, row
from tests.votable.votables import Trickle, cells, read, refused, wrapped

pytestmark = pytest.mark.usefixtures("each_reader")

AGAIN = "Ask again."
#: Only astropy's reader takes a row with a comment in it, and all rows after it.
ODD_ROW = row().replace("<TR>", "<TR><!-- -->")


# ---- strings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 2, 8])
@pytest.mark.parametrize("form", ["{}", "{}*"])
def test_a_string_may_be_longer_than_its_column_says(length, form):
    """No character is lost, whatever the header claims."""
    text = "abcdefgh"[:length]

    found = read(column("char", [text, text + "i"], arraysize=form.format(length))).table

    assert found["it"].tolist() == [text, text + "i"]


def test_blanks_around_a_string_do_not_count():
    """Only what is kept of a string has to fit into its column."""
    found = read(column("char", ["  ab\n"], arraysize="2")).table

    assert found["it"].tolist() == ["ab"]


def test_zeros_behind_a_string_do_not_count():
    """A service may fill up strings of BINARY with NUL, which no table has."""
    payload = base64.b64encode(struct.pack(">I4s2s", 6, b"abcd", b"")).decode()
    field = '<FIELD name="it" datatype="char" arraysize="4*"/>'
    stream = f'<BINARY><STREAM encoding="base64">{payload}</STREAM></BINARY>'

    found = read(wrapped(f"<RESOURCE><TABLE>{field}<DATA>{stream}</DATA></TABLE></RESOURCE>"))

    assert found.table["it"].tolist() == ["abcd"]


def test_strings_beyond_all_memory_are_refused_by_name(monkeypatch):
    """What would take gigabytes at fixed width is refused; the message names the column."""
    monkeypatch.setattr("astroquery_csc.votable.cells._MAX_COLUMN_BYTES", 100)

    message = refused(column("char", ["abcdefghij"] * 3, arraysize="*"))

    assert message.startswith("Column 'it' has a cell of 10 characters: 3 rows of that width")


# ---- numbers ---------------------------------------------------------------------------------


def test_a_float_in_an_array_may_be_too_large():
    """It is infinite, as it is outside of an array, and nobody is warned."""
    found = read(column("float", ["1e50 1"], arraysize="2")).table

    assert np.asarray(found["it"]).tolist() == [[np.inf, 1.0]]


def test_nan_within_an_array_is_null():
    """As it is outside of one, also where the column declares another null."""
    text = column("double", ["1 NaN", "-9 2"], '<VALUES null="-9"/>', arraysize="2")

    found = read(text).table

    assert found["it"].tolist() == [[1.0, None], [None, 2.0]]


# ---- what does not end -----------------------------------------------------------------------


@pytest.mark.parametrize("before", [row(), ODD_ROW])
def test_a_cell_may_be_a_mebibyte_long(before, monkeypatch):
    """The longest cell that is let pass is read, whoever reads it."""
    monkeypatch.setattr(votable, "MAX_ROW_BYTES", 1 << 16)
    text = "x" * MAX_CELL_BYTES

    found = read(document(before + row(name=text) + " " * 20_000)).table

    assert found["name"].tolist() == ["2CXO J1", text]


def test_a_cell_may_be_as_long_in_whatever_pieces_it_comes():
    """The reader gets no more than it asks for, so that no piece counts whole."""
    blanks = " " * 14_000
    text = document(ODD_ROW + blanks + row(name="x" * MAX_CELL_BYTES) + 4 * blanks)

    found = cells(votable.read(Trickle(text, [10_000] * 200)).table)

    assert len(found) == 2


def test_a_cell_without_end_is_refused_by_its_place():
    """Row and cell are counted from 1."""
    text = document(ODD_ROW + "<TR><TD>a</TD><TD>" + "1" * 3 * MAX_CELL_BYTES)

    assert refused(text) == (
        "The answer is not a complete VOTable: cell 2 of row 2 does not end within "
        f"1,048,576 bytes. {AGAIN}"
    )


def test_blanks_between_rows_end_soon(monkeypatch):
    """Nobody waits for a row behind blanks without end; a cell may be longer than that."""
    monkeypatch.setattr(votable, "MAX_ROW_BYTES", 1 << 16)
    text = document(ODD_ROW + " " * 200_000 + row())

    assert refused(text) == (
        "The answer is not a complete VOTable: what follows row 1 does not end within "
        f"65,536 bytes. {AGAIN}"
    )


def test_no_more_is_asked_for_than_a_mebibyte():
    """A source is read piece by piece: nobody's answer is held whole."""
    asked = []

    class Asked(Trickle):
        """A source that notes how much it is asked for."""

        def read(self, size=-1, /):
            """Note, and give a piece."""
            asked.append(size)
            return super().read(size)

    votable.read(Asked(document(row() * 100), [1_000] * 99))

    assert set(asked) == {1 << 20}


def test_columns_are_not_held_twice_at_the_end(monkeypatch):
    """Memory is that of the strings as they came, and of one table; astropy alone."""
    # The fast decoder reserves room that it does not use.
    monkeypatch.setattr(optional, "has_arrow", lambda: False)
    text = column("char", ["x" * 2_000] * 2_000, arraysize="*")
    tracemalloc.start()

    found = read(text).table
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found["it"].nbytes == 16_000_000
    assert peak < 1.9 * found["it"].nbytes


# ---- what a message says ---------------------------------------------------------------------


def test_rows_are_counted_over_all_pieces(monkeypatch):
    """Rows that were decoded before count in the message of a row that is damaged."""
    monkeypatch.setattr("astroquery_csc.votable.rows.PIECE_BYTES", 10_000)
    monkeypatch.setattr("astroquery_csc.votable.rows.PIECE_BYTES_A_COLUMN", 1)
    text = document(row() * 500 + row(ra="fast") + row() * 500)

    assert refused(text).startswith("Row 501, column 'ra': 'fast' is not a number.")


def test_a_damaged_document_says_why_it_was_not_read_fast(monkeypatch):
    """Who asks why an answer was read slowly, and then refused, is told; fast alone."""
    monkeypatch.setattr(optional, "has_arrow", lambda: True)
    text = document(ODD_ROW + row(name="a & b"))

    message = refused(text)

    assert f" ({len(text)} bytes read; something else than rows of cells). {AGAIN}" in message


def test_plain_rows_are_not_left_to_astropy(monkeypatch):
    """With pyarrow, astropy gets a document without its rows; fast alone."""
    monkeypatch.setattr(optional, "has_arrow", lambda: True)
    told: list[int] = []
    text = document(row() * 10)

    found = votable.read(io.BytesIO(text), on_rows=told.append)

    assert told == [10]
    assert len(cells(found.table)) == 10
