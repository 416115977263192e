# Licensed under a 3-clause BSD style license - see LICENSE
"""Tables to Arrow: every cell as it is, and nothing imported that is not needed."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from astropy.table import MaskedColumn, Table

from astroquery_csc.exceptions import InputTypeError
from astroquery_csc.store.arrow import to_arrow

#: Values, and what Arrow has of them; the last of each is masked.
COLUMNS = {
    "strings": (["2CXO J0", "", "J0"], ["2CXO J0", "", None]),
    "letters of more than one byte": (["é", "漢🐈", "é"], ["é", "漢🐈", None]),
    "a NUL inside": (["a\0b", "c", "d"], ["a\0b", "c", None]),
    "bytes": ([b"a", "é".encode(), b""], ["a", "é", None]),
    "objects": (np.array(["a", None, "b"], dtype=object), ["a", None, None]),
    "objects that are not a number": (
        np.array(["a", np.nan, "b"], dtype=object),
        ["a", None, None],
    ),
    "flags": ([True, False, True], [True, False, None]),
    "doubles": ([1.5, np.nan, 2.0], [1.5, None, None]),
    "the other byte order": (np.array([1, 2, 3], dtype=">i4"), [1, 2, None]),
    "short integers": (np.array([-7, 7, 0], dtype=np.int16), [-7, 7, None]),
    "long integers": (np.array([2**62 + 1, -1, 0]), [2**62 + 1, -1, None]),
    "unsigned integers": (np.array([2**63 - 1, 0, 2**63], dtype=np.uint64), [2**63 - 1, 0, None]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_every_cell_is_handed_over_as_it_is(name):
    """Whatever its type, its letters and its mask."""
    values, expected = COLUMNS[name]
    table = Table({"a": MaskedColumn(values, mask=[False, False, True])})

    found = to_arrow("mine", table)

    found.validate(full=True)
    assert found["a"].to_pylist() == expected


@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_without_rows_has_the_same_types(name):
    """An answer with nothing in it can be queried like any other."""
    table = Table({"a": MaskedColumn(COLUMNS[name][0])})

    assert to_arrow("mine", table[:0]).schema == to_arrow("mine", table[:2]).schema
    assert to_arrow("mine", table[:0]).num_rows == 0


def test_nine_flags_are_nine_flags():
    """Arrow keeps eight in a byte."""
    flags = [True, False, False, True, True, False, True, True, True]

    found = to_arrow("mine", Table({"a": MaskedColumn(flags, mask=np.arange(9) == 8)}))

    assert found["a"].to_pylist() == [*flags[:8], None]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.array([1j]), "complex128 is neither a number, a flag nor a string"),
        (np.array([2**63], dtype=np.uint64), "9223372036854775808 does not fit into int64"),
        (np.array(["a", 1], dtype=object), "1 is a int, not a string"),
        (np.array(["\ud800"]), "surrogates not allowed"),
    ],
)
def test_what_arrow_cannot_hold_is_refused(values, words):
    """The error names the table, the column and the value."""
    with pytest.raises(InputTypeError, match=f"Column 'a' of mine: .*{words}"):
        to_arrow("mine", Table({"a": values}))


def test_more_text_than_arrow_counts_is_refused(monkeypatch):
    """Where each string begins is a number of 32 bits, which must not run over."""
    monkeypatch.setattr("astroquery_csc.store.arrow._MAX_TEXT_BYTES", 3)

    with pytest.raises(InputTypeError, match="4 bytes of text are more than 3"):
        to_arrow("mine", Table({"a": ["ab", "cd"]}))
    assert isinstance(to_arrow("mine", Table({"a": ["ab", "c"]})), pa.Table)


@pytest.mark.slow
def test_a_table_is_handed_over_without_pandas():
    """Importing it takes longer than a query; ``pa.array`` would do so where it is installed."""
    code = """
import sys
from astropy.table import Table
from astroquery_csc.store.arrow import to_arrow
table = Table({"name": ["a", "b"], "ra": [1.0, 2.0], "n": [3, 4], "flag": [True, False]})
print(to_arrow("mine", table).num_rows, "pyarrow" in sys.modules, "pandas" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )

    assert done.stdout.split() == ["2", "True", "False"]
