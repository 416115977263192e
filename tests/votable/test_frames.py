# Licensed under a 3-clause BSD style license - see LICENSE
"""What documents say beside their rows is read once, and never taken for that of another one."""

from typing import Any

import pytest

from astroquery_csc.exceptions import TableParseError
from astroquery_csc.votable import reader
from astroquery_csc.votable.frames import MAX_FRAME_BYTES, Frame, Frames
from tests.votable.votables import STATUS, document, field, read, rows

pytest.importorskip("pyarrow")

FIELDS = field(
    "flux", "double", 'unit="ct/s" ucd="phot.flux"', "<DESCRIPTION>Photons</DESCRIPTION>"
)


def count_parses(monkeypatch):
    """Count how often astropy's reader is asked, from now on and with nothing kept."""
    asked: list[Any] = []
    parse = reader._parse
    monkeypatch.setattr(reader, "_FRAMES", Frames())

    def counted(*words: Any) -> Any:
        """Count, and read."""
        asked.append(1)
        return parse(*words)

    monkeypatch.setattr(reader, "_parse", counted)
    return asked


def test_documents_that_differ_in_their_rows_are_parsed_by_astropy_once(monkeypatch):
    """Each has its own rows, and the same unit, UCD and description."""
    asked = count_parses(monkeypatch)

    first = read(document(FIELDS, ["1.5"], ["2.5"])).table
    second = read(document(FIELDS, ["3.5"])).table

    assert len(asked) == 1
    assert (first["flux"].tolist(), second["flux"].tolist()) == ([1.5, 2.5], [3.5])
    assert second["flux"].unit == first["flux"].unit == "ct/s"
    assert second["flux"].description == "Photons"
    assert second["flux"].meta["ucd"] == "phot.flux"


def test_what_a_user_does_to_a_table_does_not_reach_the_next_one():
    """Units, descriptions and meta of two answers are their own; also where there are no rows."""
    first = read(document(FIELDS)).table
    first["flux"].meta["ucd"] = first["flux"].description = "changed"
    first["flux"].unit = "m"

    second = read(document(FIELDS)).table

    assert second["flux"].meta["ucd"] == "phot.flux"
    assert (second["flux"].description, second["flux"].unit) == ("Photons", "ct/s")


def test_a_status_behind_the_rows_belongs_to_its_own_document():
    """A document that says OVERFLOW after its rows is short; the next one is not."""
    whole, short = STATUS.format("OK", ""), STATUS.format("OVERFLOW", "")

    found = [read(document(FIELDS, ["1"], after=after)).overflow for after in (whole, short, whole)]

    assert found == [False, True, False]


def test_an_error_behind_the_rows_is_not_lost_when_it_is_read_again():
    """The words of a failure are there each time."""
    text = document(FIELDS, ["1"], after=STATUS.format("ERROR", "the disk is full"))

    assert [read(text).error, read(text).error] == ["the disk is full"] * 2


def test_claims_of_a_size_are_held_against_the_rows_each_time():
    """A document that claims two rows is whole with two, and short with one."""
    one, two = (
        document(FIELDS, *cells).replace("<TABLE ", '<TABLE nrows="2" ')
        for cells in ([["1"]], [["1"], ["2"]])
    )

    assert [read(two).overflow, read(one).overflow, read(two).overflow] == [False, True, False]


def test_rows_that_only_astropy_reads_are_read_each_time(monkeypatch):
    """A document with a comment between its rows is not kept."""
    asked = count_parses(monkeypatch)
    text = document(FIELDS, ["1"], ["2"]).replace("</TR>\n", "</TR><!-- here -->\n")

    assert [rows(text), rows(text)] == [[[1.0], [2.0]]] * 2
    assert len(asked) == 2


def test_words_for_null_are_counted_each_time(recwarn):
    """Rows that hold "null" are warned of at the second reading, too."""
    text = document(field("n", "int"), ["null"], ["2"])

    assert [rows(text), rows(text)] == [[[None], [2]]] * 2
    assert len(recwarn) == 2


def test_a_unit_that_is_not_read_is_reported_each_time(caplog):
    """The log names it at the second reading, too."""
    text = document(field("flux", "double", f'unit="{"m" * 600}"'), ["1"])

    read(text)
    read(text)

    assert caplog.text.count("is not read: too long or too large") == 2


def test_a_long_end_is_left_to_astropy(monkeypatch):
    """What follows the rows may be of any length, and is not kept."""
    asked = count_parses(monkeypatch)
    text = document(FIELDS, ["1"], after=f"<!-- {'x' * MAX_FRAME_BYTES} -->")

    assert [rows(text), rows(text)] == [[[1.0]]] * 2
    assert len(asked) == 2


def test_a_document_that_breaks_off_is_refused_each_time():
    """Nothing is kept of it."""
    text = document(FIELDS, ["1"]).removesuffix("</RESOURCE></VOTABLE>")

    with pytest.raises(TableParseError, match="not a complete VOTable"):
        read(text)
    with pytest.raises(TableParseError, match="not a complete VOTable"):
        read(text)


def test_frames_forget_the_one_that_was_not_used_for_longest():
    """Of one more than are kept, the one that was looked at last stays."""
    frames, kept = Frames(), Frame(None)
    frames.keep(b"first", kept)
    frames.keep(b"second", kept)
    assert frames.find(b"first") is kept

    for number in range(31):
        frames.keep(b"%d" % number, kept)

    assert frames.find(b"first") is kept
    assert frames.find(b"second") is None
