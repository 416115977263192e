# Licensed under a 3-clause BSD style license - see LICENSE
"""Binary streams of VOTables: a row that is not whole is found out, whatever its columns are."""

import base64
import struct

import pytest

from astroquery_csc.votable.binary import check_stream
from tests.votable.votables import field, refused, rows, wrapped

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
    """Long streams stand in lines, which do not hide that a row is not whole."""
    check_stream([INT], "AAAA\n  AQAA\r\n\tAAI=\n", masks=False)

    with pytest.raises(ValueError, match="end within a row"):
        check_stream([INT], "AAAA\n  AQAA\r\n\tAA==\n", masks=False)


# ---- text beyond ASCII --------------------------------------------------------------------------


def text(words):
    """Write a string with its length."""
    return struct.pack(">i", len(words.encode())) + words.encode()


def binary(fields, *pieces, kind="BINARY"):
    """Write a document whose rows are binary."""
    data = f'<{kind}><STREAM encoding="base64">{stream(*pieces)}</STREAM></{kind}>'
    return wrapped(f"<RESOURCE><TABLE>{fields}<DATA>{data}</DATA></TABLE></RESOURCE>", "1.3")


def test_strings_are_utf_8():
    """Astropy alone takes nothing but ASCII."""
    fields = field("a", "char", 'arraysize="*"') + field("b", "int")

    found = rows(binary(fields, text("é…"), b"\0\0\0\1", text(""), b"\0\0\0\2"))

    assert found == [["é…", 1], [None, 2]]


def test_strings_of_binary2_are_utf_8():
    """Masks and strings without a character are null."""
    fields = field("a", "char", 'arraysize="*"')

    found = rows(binary(fields, b"\0", text("é"), b"\x80", text(""), kind="BINARY2"))

    assert found == [["é"], [None]]


@pytest.mark.parametrize("size", ["6", "3x2"])
def test_fixed_strings_are_utf_8_and_end_at_a_zero_byte(size):
    """Their length is in bytes."""
    fields = field("a", "char", f'arraysize="{size}"')

    found = rows(binary(fields, "éab".encode() + b"\0\0", b"abcdef", bytes(6)))

    assert found == [["éab"], ["abcdef"], [None]]


def test_a_string_may_be_longer_than_its_column_says():
    """It says itself how long it is."""
    assert rows(binary(field("a", "char", 'arraysize="3*"'), text("abcdef"))) == [["abcdef"]]


def test_what_is_not_utf_8_is_refused():
    """No character of a text is guessed."""
    broken = struct.pack(">i", 1) + b"\xe9"

    assert "utf-8" in refused(binary(field("a", "char", 'arraysize="*"'), broken))
