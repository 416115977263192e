# Licensed under a 3-clause BSD style license - see LICENSE
"""
The fast decoder gives what astropy's reader gives, to the bit, but for what differs on purpose.

Each document is decoded by astropy alone, by the package without pyarrow, and by the fast decoder
in pieces of several sizes. What differs on purpose is written down once, in decoding.py.
"""

import io
import random
import subprocess
import sys
import tracemalloc
from functools import cache
from itertools import chain, repeat

import numpy as np
import pytest

from astroquery_csc import optional
from astroquery_csc.exceptions import TableParseError
from astroquery_csc.votable import reader as votable
from astroquery_csc.votable import rows as tabledata
from tests.support.examples import one_in
from tests.votable.decoding import (
    MORE_PIECES,
    REFUSED,
    Pieces,
    all_decoded,
    assert_read_alike,
    assert_same,
    decoded,
    good,
    polished,
    rows_decoded_fast,
    table_of,
)
from tests.votable.votable_dice import mutated, structured
from tests.votable.votable_documents import ROWS, by_hand
from tests.votable.votable_parts import FIELDS, column, document, plain, row

DOCUMENTS = by_hand()


@cache
def outcomes(name):
    """Decode a document in every way, once for all tests."""
    return all_decoded(DOCUMENTS[name])


@pytest.mark.parametrize("name", one_in(4, zip(DOCUMENTS)))
def test_a_document_is_read_as_astropy_reads_it(name):
    """Names, types, bits, masks, units and words are astropy's; or both refuse."""
    assert_read_alike(DOCUMENTS[name], outcomes(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", DOCUMENTS)
def test_bytes_that_come_by_sevens_make_no_difference(name):
    """Wherever a document is cut on its way, it is read as if it came at once."""
    size, piece = MORE_PIECES

    assert_same(decoded(DOCUMENTS[name], size=size, piece=piece), outcomes(name)[1])


@pytest.mark.parametrize("name", one_in(4, zip(DOCUMENTS)))
def test_polished_tables_do_not_tell_who_decoded_them(name):
    """With pyarrow and without it, the user gets one and the same table."""
    slow, fast, *_ = outcomes(name)

    assert_same(polished(fast), polished(slow))


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 10))]
)
def test_documents_thrown_with_dice_are_read_as_astropy_reads_them(seed):
    """Random columns, cells and white space, and random damage, make no difference."""
    dice = random.Random(seed)
    texts = [make(dice) for make in (structured, mutated) for _ in range(15)]

    for text in texts:
        assert_read_alike(text)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_thousands_of_documents_are_read_as_astropy_reads_them(seed):
    """The same, 4,000 times."""
    dice = random.Random(seed)
    texts = [make(dice) for make in (structured, mutated) for _ in range(100)]

    for text in texts:
        assert_read_alike(text)


@pytest.mark.parametrize("fast", [True, False])
def test_every_truncation_is_refused(fast):
    """Wherever a document of plain rows ends early, there is no table."""
    text = plain(rows=4)

    outcomes = {decoded(text[:end], piece=200, fast=fast) for end in range(len(text))}

    assert outcomes == {REFUSED}
    assert len(decoded(text, piece=200, fast=fast)) == 4


# ---- what the fast decoder reads itself ------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "of the usual form",
        "without line ends",
        "with CR and LF",
        "with blank lines",
        "after white space",
        "indented",
        "with white space in one",
        "with white space in one start",
        "of empty cells",
        "of empty tags",
        "with many different widths",
        "with all strings padded",
        "with all numbers padded",
        "with null integers of both kinds",
    ],
)
def test_rows_of_a_plain_form_need_no_astropy(name):
    """White space, nulls, padding and empty tags are decoded fast: the comparison is not a sham."""
    text = document(ROWS[name])

    assert rows_decoded_fast(text) == len(decoded(text, fast=False)) > 0


@pytest.mark.parametrize(
    "cell",
    ["a &amp; b", "&lt;&#65;&#x42;", "é π ∑", "\U0001f52d", "a\r\nb", " a\tb ", "a]b", "a>b"],
)
def test_strings_with_entities_and_letters_of_all_alphabets_need_no_astropy(cell):
    """One odd letter does not make the rest of 400,000 rows slow."""
    text = document(row() + row(name=cell) + row())

    assert rows_decoded_fast(text) == 3


def test_a_prefix_needs_no_astropy():
    """Elements in a namespace with a prefix are as fast."""
    assert rows_decoded_fast(DOCUMENTS["a prefix"]) == 3


@pytest.mark.parametrize(
    "odd", ["<!-- -->" + row(), row(name="<![CDATA[a]]>"), row(index="0x1F"), row(ra="1_0")]
)
def test_what_is_not_plain_is_handed_over_from_its_piece_on(odd, monkeypatch):
    """Rows before it are decoded once and kept; no row is decoded twice."""
    text = document((row() + "\n") * 500 + odd + (row() + "\n") * 500)
    taken: list[int] = []
    monkeypatch.setattr("astroquery_csc.votable.rows.PIECE_BYTES", 10_000)
    monkeypatch.setattr("astroquery_csc.votable.rows.PIECE_BYTES_A_COLUMN", 1)

    found = table_of(Pieces.of(text, 5_000), taken.append)

    assert len(found) == 1001
    assert 300 < taken[-2] < 501
    assert taken[-1] == 1000
    assert taken == sorted(set(taken))
    assert found["ra"][[0, 1000]].tolist() == [1.5, 1.5]


def test_rows_are_told_while_they_come():
    """Who waits for a long answer can be told how many rows have come, fast or slow."""
    told: list[int] = []
    text = document((row() + "\n") * 2500)
    odd = text.replace(b"<TR>", b"<!-- --><TR>", 1)

    votable.read(io.BytesIO(text), on_rows=told.append)
    votable.read(io.BytesIO(odd), on_rows=told.append)

    assert told == [2500, 1000, 2000]


# ---- nulls -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fast", [True, False])
def test_what_stands_under_a_mask_is_no_value(fast):
    """A float is NaN there, an integer the smallest one, a string empty: nothing to mistake."""
    found = good(document(row() + row([""] * 6) + row(index="-99")), fast=fast)

    under = [np.ma.getdata(found[name])[1].item() for name in found.colnames]
    assert under[0] == ""
    assert np.isnan([under[1], under[5]]).all()
    assert under[2:5] == [False, -(2**31), -(2**15)]
    assert np.ma.getdata(found["index"])[2] == -(2**31)


@pytest.mark.parametrize("fast", [True, False])
def test_a_column_without_nulls_has_no_mask(fast):
    """Nothing is kept for nulls that are not there."""
    found = good(document(row() * 3), fast=fast)

    assert [np.ma.is_masked(found[name]) for name in found.colnames] == [False] * 6


# ---- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (row(ra="fast"), "Row 4, column 'ra': 'fast' is not a number."),
        (row(small="40000"), "Row 4, column 'small': '40000' is out of the range of its datatype."),
        (row(index="1.5"), "Row 4, column 'index': '1.5' invalid literal for int() with base 10"),
        (row(flag="maybe"), "Row 4, column 'flag': 'maybe' Invalid boolean value 'maybe'"),
        (row(ra="x" * 99), "Row 4, column 'ra': '" + "x" * 60 + "…' is not a number."),
        (row(["a", "1", "T"]), "row 4 ends before column 'index': Data has fewer columns (3) than"),
        (row(["a", "1", "T", "", "", "", "7"]), "row 4 goes on with '7': Data has more columns"),
        ("<TR><X>1</X></TR>", "row 4 holds a 'X' beside its cells."),
        ("<TR>" + row(), "row 4 does not end before the next begins."),
        (row(name="a & b"), "not a complete VOTable after 4 rows: not well-formed"),
    ],
)
def test_an_error_names_the_row_and_the_column(odd, words, fast, monkeypatch):
    """Rows are counted from 1, whoever decoded those before."""
    monkeypatch.setattr(optional, "has_arrow", lambda: fast)
    text = document(row() * 3 + odd + row() * 2)

    with pytest.raises(TableParseError) as caught:
        votable.read(io.BytesIO(text))

    assert words in str(caught.value)
    assert str(caught.value).endswith("Ask again.")


@pytest.mark.parametrize("size", ["2", "2*"])
def test_a_string_longer_than_its_column_is_found(size):
    """It is kept whole, where astropy would cut it."""
    text = column("char", ["a", "abc", "abcd"], arraysize=size)

    assert good(text)["it"].tolist() == ["a", "abc", "abcd"]


def test_a_table_of_fewer_rows_than_it_claims_is_cut():
    """It is marked like one that says that it was cut."""
    text = document(row() * 3).replace(b"<TABLE ", b'<TABLE nrows="4" ')
    cut = text.replace(b"</TABLE>", b'</TABLE><INFO name="QUERY_STATUS" value="OVERFLOW"/>')

    found = votable.read(io.BytesIO(text))

    assert (found.overflow, len(found.table or ())) == (True, 3)
    assert len(good(cut)) == 3


# ---- hostile ---------------------------------------------------------------------------------


def _fields(datatype, size):
    """Write a FIELD that claims a size."""
    return f'<FIELD name="a" datatype="{datatype}" arraysize="{size}"/>'


#: How a document is written, and what is said of it.
HOSTILE = {
    "a cell of 40 MB": (lambda: document(row() + "<TR><TD>" + "x" * 40_000_000), "does not end"),
    "40 MB of text": (lambda: document("x" * 40_000_000), "does not end within"),
    "40 MB of blanks": (lambda: document(row() + " " * 40_000_000 + row()), "does not end within"),
    "a number of 4 MB": (lambda: document(row(ra="1" * 4_000_000)), "does not end within"),
    "a row of 2,000,000 cells": (
        lambda: document("<TR>" + "<TD>1</TD>" * 2_000_000 + "</TR>"),
        "goes on with '1'",
    ),
    "2,000,000 rows in rows": (lambda: document("<TR>" * 2_000_000), "before the next begins"),
    "20,000,000 brackets": (lambda: document("<" * 20_000_000), "not well-formed"),
    "a string as long as all others": (
        lambda: document(row() * 20_000 + row(name="x" * 900_000)),
        "rows of that width would take",
    ),
    "100,000 columns": (
        lambda: document("", fields='<FIELD name="f" datatype="int"/>' * 100_000),
        "more than 5,000 columns",
    ),
    "400,000 groups in groups": (lambda: document("", before="<GROUP>" * 400_000), "not a comp"),
    "4 GB a number": (lambda: document("", fields=_fields("double", 500_000_000)), "claims an"),
    "many dimensions": (lambda: document("", fields=_fields("int", "9x" * 40 + "9")), "claims an"),
    "many large arrays": (lambda: document("", fields=_fields("int", 60_000) * 20), "claims an"),
    "4,000,000,000 rows": (
        lambda: document("").replace(b"<TABLE ", b'<TABLE nrows="4000000000" '),
        "says that it has 4,000,000,000 rows, and none came",
    ),
    "a comment of 40 MB": (lambda: document("", before="<!-- " + "x" * 40_000_000), "no rows so"),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("fast", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", one_in(2, zip(HOSTILE)))
def test_a_hostile_document_is_refused_soon(name, fast, monkeypatch):
    """What never ends, and what claims to be huge, costs neither minutes nor gigabytes."""
    monkeypatch.setattr(optional, "has_arrow", lambda: fast)
    write, words = HOSTILE[name]

    with pytest.raises(TableParseError) as caught:
        votable.read(io.BytesIO(write()))

    assert words in str(caught.value)


@pytest.mark.parametrize("fast", [True, False])
def test_a_wide_claim_takes_no_memory(fast):
    """A column that says it is 100,000 wide, and is not, is as wide as its strings."""
    found = good(column("char", ["abc", "de"] * 500, arraysize="100000"), fast=fast)

    assert found["it"].dtype == "U3"


@pytest.mark.timeout(60)
def test_thousands_of_equal_names_are_no_burden():
    """They are numbered, and do not take the minutes that astropy takes for them."""
    found = good(document("", fields='<FIELD name="f" datatype="int"/>' * 3_000))

    assert found.colnames[:3] + found.colnames[-1:] == ["f", "f2", "f3", "f3000"]


@pytest.mark.parametrize("width", [1, 128, 129, 4_000])
def test_strings_of_any_width_are_read_as_astropy_reads_them(width):
    """Short and long ones in one column, and what is looked up or not."""
    assert_read_alike(column("char", ["a" * width, "", "b", "c" * (width // 2)], arraysize="*"))


@pytest.mark.parametrize("rows", [1, 5, 6, 7, 40])
def test_strings_become_pythons_part_by_part(rows, monkeypatch):
    """However many parts there are, each string is at its place."""
    monkeypatch.setattr(tabledata, "_WIDENED_ROWS", 6)
    cells = [f"{number}" * (number % 4) for number in range(rows)]

    assert_read_alike(column("char", cells, arraysize="*"))


@pytest.mark.slow
def test_a_padded_answer_is_read_without_pandas():
    """Where pandas is installed, pyarrow would import it for a small array of ours."""
    fields = FIELDS.partition('<FIELD name="small"')[0]
    text = document(row([" a", " 1.5", " true", " 7"]), fields=fields)
    code = (
        "import io, sys; from astroquery_csc.votable import reader as votable; "
        f"print(votable.read(io.BytesIO({text!r})).table[0].as_void().item()); "
        "print('pyarrow' in sys.modules, 'pandas' in sys.modules)"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.split("\n") == ["('a', 1.5, True, 7)", "True False", ""]


def test_memory_is_that_of_the_table_and_little_more():
    """A document that arrives piece by piece is never held whole."""
    head, begin, rest = plain(rows=2_000).partition(b"<TABLEDATA>")
    rows, end, tail = rest.partition(b"</TABLEDATA>")
    pieces = chain([head + begin], repeat(rows, 250), [end + tail])
    tracemalloc.start()

    found = table_of(Pieces(pieces))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    size = sum(found[name].nbytes for name in found.colnames)
    assert len(found) == 500_000
    assert len(rows) * 250 > 30e6 > peak - 2 * size
