# Licensed under a 3-clause BSD style license - see LICENSE
"""Whether a file is whole: FITS, JPEG, compressed or not, in pieces of any size."""

import gzip
import io

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from astroquery_csc.products.filecheck import BrokenFileError, FileCheck


def make_fits():
    """Make a file with an image, tables with and without a heap, and a compressed image."""
    heap = np.array([np.arange(3), np.arange(5)], dtype=object)
    blocks = [
        fits.PrimaryHDU(np.ones((7, 9), "f4")),
        fits.BinTableHDU.from_columns([fits.Column("a", "PJ()", array=heap)]),
        fits.ImageHDU(),
        fits.CompImageHDU(np.ones((50, 50), "i2")),
        fits.TableHDU.from_columns([fits.Column("b", "I5", array=[1, 2])]),
    ]
    stream = io.BytesIO()
    fits.HDUList(blocks).writeto(stream)
    return stream.getvalue()


WHOLE = make_fits()
with fits.open(io.BytesIO(WHOLE)) as opened:
    ENDS = {info["datLoc"] + info["datSpan"] for info in map(opened.fileinfo, range(5))}
PACKED = gzip.compress(WHOLE, mtime=0)


def check(data, step=1 << 16, **kwargs):
    """Look at a file in pieces of a size."""
    checking = FileCheck(**kwargs)
    for start in range(0, len(data), step):
        checking.feed(data[start : start + step])
    checking.finish()
    return checking


@given(step=st.integers(1, 9000), packed=st.booleans())
def test_a_whole_file_is_whole_however_it_arrives(step, packed):
    """In pieces of any size, compressed or not."""
    assert check(PACKED if packed else WHOLE, step).compressed is packed


@given(length=st.integers(0, len(PACKED) - 1), step=st.integers(1, 9000))
def test_a_compressed_file_that_is_cut_anywhere_is_found_out(length, step):
    """Even one byte before its end."""
    with pytest.raises(BrokenFileError):
        check(PACKED[:length], step)


@given(length=st.integers(0, len(WHOLE) - 1).filter(lambda length: length not in ENDS))
def test_a_fits_file_that_is_cut_in_its_data_or_headers_is_found_out(length):
    """Anywhere but at the end of one of its HDUs."""
    with pytest.raises(BrokenFileError):
        check(WHOLE[:length])


@pytest.mark.parametrize("length", sorted(ENDS))
def test_a_fits_file_may_end_where_one_of_its_hdus_does(length):
    """Only compression, which every file of the archive has, can tell there."""
    assert check(WHOLE[:length]).compressed is False


def test_a_file_of_several_gzip_members_is_whole():
    """As concatenated files are; one that does not end is found out."""
    members = gzip.compress(WHOLE[:5000]) + gzip.compress(WHOLE[5000:])

    assert check(members, 777).compressed is True
    with pytest.raises(BrokenFileError):
        check(members[:-1], 777)


def header(*cards):
    """Write a header."""
    every = ("SIMPLE  =                    T", *cards, "END")
    return "".join(f"{card:80}" for card in every).ljust(2880).encode()


BROKEN = {
    "nothing": (b"", "it is empty"),
    "a page": (b"<html><body>Try later</body></html>", "not a FITS file; it says: Try later"),
    "binary noise": (bytes(range(256)) * 40, "not a FITS file"),
    "zeros": (bytes(9000), "not a FITS file"),
    "no axes": (header("BITPIX  = 8"), "lacks BITPIX or NAXIS"),
    "words for numbers": (header("BITPIX  = 'eight'"), "lacks BITPIX or NAXIS"),
    "an odd BITPIX": (header("BITPIX  = 7", "NAXIS   = 0"), "impossible data"),
    "a negative axis": (
        header("BITPIX  = 8", "NAXIS   = 1", "NAXIS1  = -5"),
        "impossible data",
    ),
    "no end": (b"SIMPLE  =                    T".ljust(80) * 36 * 2001, "a header has no end"),
    "something behind": (WHOLE + b"x" * 2880, "something follows its data"),
    "something behind gzip": (PACKED + b"\0\0", "something follows the compressed file"),
    "two kinds of gzip": (PACKED[:40] + PACKED, "damaged|not a FITS"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_file_is_told_from_one(case):
    """Each with its reason."""
    data, words = BROKEN[case]
    with pytest.raises(BrokenFileError, match=words):
        check(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xd8\xff\xe0 cut", "the JPEG file is cut"),
        (b"<html>Sorry</html>", "not a JPEG file; it says: Sorry"),
        (WHOLE, "not a JPEG file"),
        (b"\xff\xd8", "the JPEG file is cut"),
    ],
)
def test_what_is_no_picture_is_told_from_one(data, words):
    """A JPEG file has a beginning and an end."""
    with pytest.raises(BrokenFileError, match=words):
        check(data, jpeg=True)


def test_the_unpacked_bytes_are_given_on():
    """For pictures, which are kept without compression."""
    pieces: list[bytes] = []
    check(gzip.compress(b"\xff\xd8\xff rest \xff\xd9"), 4, jpeg=True, unpacked=pieces.append)
    assert b"".join(pieces) == b"\xff\xd8\xff rest \xff\xd9"
