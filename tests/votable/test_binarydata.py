# Licensed under a 3-clause BSD style license - see LICENSE
"""Binary streams of VOTables: a row that is not whole is found out, whatever its columns are."""

import base64

import pytest

from astroquery_csc.votable.binary import check_stream

INT = {"name": "n", "datatype": "int"}
TEXT = {"name": "t", "datatype": "char", "arraysize": "*"}
PAIRS = {"name": "p", "datatype": "short", "arraysize": "2x*"}
BITS = {"name": "b", "datatype": "bit", "arraysize": "9"}


def stream(*pieces):
    """Write bytes as they stand in a document."""
    return base64.b64encode(b"".join(pieces)).decode("ascii")


@pytest.mark.parametrize(
    ("fields", "row", "masks"),
    [
        ([INT], b"\0\0\0\1", False),
        ([INT], b"\x80\0\0\0\0", True),
        ([TEXT, INT], b"\0\0\0\2ab\0\0\0\1", False),
        ([TEXT], b"\0\0\0\0", False),
        ([PAIRS], b"\0\0\0\1\0\1\0\2", False),
        ([BITS], b"\xff\x80", False),
        ([INT] * 9, b"\0\0" + b"\0\0\0\1" * 9, True),
    ],
)
def test_whole_rows_pass_and_a_cut_one_does_not(fields, row, masks):
    """Any number of rows is right; without its last byte the stream ends within a row."""
    check_stream(fields, stream(), masks=masks)
    check_stream(fields, stream(row, row), masks=masks)

    with pytest.raises(ValueError, match="end within a row"):
        check_stream(fields, stream(row, row[:-1]), masks=masks)


def test_a_stream_that_ends_within_a_count_is_cut():
    """How many letters there are is four bytes itself."""
    with pytest.raises(ValueError, match="end within a row"):
        check_stream([TEXT], stream(b"\0\0\0\1a", b"\0\0"), masks=False)


def test_a_negative_count_is_refused():
    """No cell has fewer elements than none."""
    with pytest.raises(ValueError, match="hold a negative length"):
        check_stream([TEXT], stream(b"\xff\xff\xff\xff"), masks=False)


def test_a_column_of_an_unknown_type_is_refused():
    """Nobody knows how long its cells are; the error names it."""
    field = {"name": "odd", "datatype": "quaternion"}

    with pytest.raises(ValueError, match="its column 'odd' is of an unknown type 'quaternion'"):
        check_stream([field], stream(b"x"), masks=False)


def test_rows_without_a_byte_are_refused():
    """Bytes where no column has any would never end."""
    field = {"name": "nothing", "datatype": "char", "arraysize": "0"}

    with pytest.raises(ValueError, match="end within a row"):
        check_stream([field], stream(b"x"), masks=False)


def test_what_is_no_base64_is_refused():
    """A letter that is none of base64's is damage, and not passed over."""
    with pytest.raises(ValueError, match="base64"):
        check_stream([INT], "AAAAAQAAéAAI=", masks=False)


def test_a_stream_may_have_line_ends():
    """Long streams stand in lines."""
    check_stream([INT], "AAAA\n  AQAA\r\n\tAAI=\n", masks=False)
