# Licensed under a 3-clause BSD style license - see LICENSE
"""tools/refresh_schema.py: the dictionary of columns follows a live service, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, Table

from astroquery_csc.exceptions import CscError
from astroquery_csc.testing import Dialect, csc_server
from tools import refresh_schema

HEADER = "release\ttable\tcolumn\tdatatype\tunit\tucd\tdescription\tevidence\n"
KNOWN = (
    "2.1\tmaster_source\tname\tchar\t\tmeta.id\tour words\trd+vot\n"
    "2.1\tmaster_source\tra\tdouble\tdeg\tpos.eq.ra\tour words\trd\n"
    "2.1\tmaster_source\tflux_aper_b\tdouble\terg/s/cm**2\t\tour words\tband\n"
    "2.1\tstack_source\tdetect_stack_id\tchar\t\t\tour words\tadql\n"
    "2.0\tmaster_source\tname\tchar\t\tmeta.id\tour words\trd\n"
)


@pytest.fixture
def dictionary(tmp_path):
    """Write a small dictionary, alone in its folder."""
    path = tmp_path / "columns.tsv"
    path.write_text(HEADER + KNOWN, encoding="ascii", newline="")
    return path


def _masters(**more):
    """Make a table of master sources that agrees with the small dictionary."""
    table = Table(
        {
            "name": MaskedColumn(np.array(["2CXO J000000.0+000000"]), description="its words"),
            "ra": MaskedColumn([10.0], unit=u.deg, description="its words"),
            "flux_aper_b": MaskedColumn(
                [1e-14], unit=u.erg / u.s / u.cm**2, description="its words"
            ),
        }
    )
    table["name"].meta["ucd"] = "meta.id"
    table["ra"].meta["ucd"] = "pos.eq.ra"
    for name, column in more.items():
        table[name] = column
    return table


def _stacks():
    """Make a table of stack detections that agrees with the small dictionary."""
    return Table({"detect_stack_id": MaskedColumn(np.array(["acisf"]), description="its words")})


def _run(dictionary, *options, dialect=None, **catalogue):
    """Refresh the small dictionary from a service with these tables."""
    tables = {"master_source": _masters(), "stack_source": _stacks()} | catalogue
    dialect = dialect or Dialect(ra_dec_units=True)
    with csc_server(dialect=dialect, catalogue=tables) as server:
        return refresh_schema.main(["--server", server.url, "--file", str(dictionary), *options])


def _rows(dictionary):
    """Read the rows of a dictionary as lists of cells."""
    return [line.split("\t") for line in dictionary.read_text(encoding="ascii").splitlines()[1:]]


def test_what_the_service_confirms_gets_its_word_as_evidence(dictionary, capsys):
    """Nothing changes but the evidence: seen now, and no longer inferred from another band."""
    code = _run(dictionary)

    assert code == 0
    assert [row[-1] for row in _rows(dictionary)] == [
        "rd+vot+tap",
        "rd+tap",
        "tap",
        "adql+tap",
        "rd",
    ]
    assert {row[-2] for row in _rows(dictionary)} == {"our words"}
    assert "the same: 4" in capsys.readouterr().out


def test_a_second_run_changes_nothing(dictionary):
    """The dictionary is the same, byte for byte, when nothing new is told."""
    _run(dictionary)
    once = dictionary.read_bytes()

    code = _run(dictionary, "--check")

    assert (code, dictionary.read_bytes()) == (0, once)


def test_a_new_column_comes_at_the_end_of_its_table(dictionary, capsys):
    """It has what the service tells: datatype, unit in the dictionary's spelling, words."""
    new = MaskedColumn([1], dtype=np.int32, unit=u.count, description="Counts in it")

    code = _run(dictionary, master_source=_masters(new_counts=new))

    assert code == 0
    assert _rows(dictionary)[3] == [
        *("2.1", "master_source", "new_counts", "int"),
        *("count", "", "Counts in it", "tap"),
    ]
    assert "added: 1\n  master_source.new_counts: int count\n" in capsys.readouterr().out


def test_a_column_that_is_gone_is_removed(dictionary, capsys):
    """The service lists its table without it, so the dictionary has it no longer."""
    table = _masters()
    table.remove_column("flux_aper_b")

    code = _run(dictionary, master_source=table)

    assert code == 0
    assert "flux_aper_b" not in dictionary.read_text(encoding="ascii")
    assert (
        "removed: 1\n  master_source.flux_aper_b: double erg/s/cm**2\n" in capsys.readouterr().out
    )


def test_a_unit_that_changed_is_taken_over(dictionary, capsys):
    """The service knows better than what was published; the old evidence spoke of the old unit."""
    column = MaskedColumn([10.0], unit=u.arcsec, description="its words")

    code = _run(dictionary, master_source=_masters(ra=column))

    assert code == 0
    assert _rows(dictionary)[1][3:] == ["double", "arcsec", "pos.eq.ra", "our words", "tap"]
    assert (
        "changed: 1\n  master_source.ra: double deg pos.eq.ra is now double arcsec pos.eq.ra\n"
        in capsys.readouterr().out
    )


def test_a_datatype_that_changed_is_taken_over(dictionary):
    """A double that is an integer now is one in the dictionary, too."""
    column = MaskedColumn([10], dtype=np.int32, unit=u.deg, description="its words")

    _run(dictionary, master_source=_masters(ra=column))

    assert _rows(dictionary)[1][3:5] == ["int", "deg"]


def test_what_the_service_does_not_say_is_kept(dictionary):
    """A service that forgets its units and ucds takes none away."""
    table = _masters(name=MaskedColumn(np.array(["2CXO J000000.0+000000"]), description="x"))

    code = _run(dictionary, dialect=Dialect(unit_spelling="none"), master_source=table)

    assert code == 0
    assert [row[3:6] for row in _rows(dictionary)[:3]] == [
        ["char", "", "meta.id"],
        ["double", "deg", "pos.eq.ra"],
        ["double", "erg/s/cm**2", ""],
    ]


def test_another_spelling_of_a_unit_is_no_change(dictionary, capsys):
    """``erg.s**-1.cm**-2`` is what the dictionary calls ``erg/s/cm**2``."""
    _run(dictionary, dialect=Dialect(unit_spelling="vounit"))

    assert "changed: 0" in capsys.readouterr().out
    assert _rows(dictionary)[2][4] == "erg/s/cm**2"


def test_a_unit_that_nobody_knows_is_reported_and_not_guessed(dictionary, capsys):
    """The column stays as it was, without the new evidence, and the exit code says so."""
    odd = MaskedColumn([10.0], unit=u.def_unit("furlong"), description="its words")

    code = _run(dictionary, master_source=_masters(ra=odd))

    assert code == 1
    assert _rows(dictionary)[1] == KNOWN.splitlines()[1].split("\t")
    assert (
        "left as it was: 1\n  master_source.ra: its unit 'furlong' is not known\n"
        in capsys.readouterr().out
    )


def test_words_that_the_dictionary_cannot_hold_are_reported(dictionary, capsys):
    """The file is ASCII: a description with other letters is for a person to write."""
    new = MaskedColumn([1.0], description="Galaxien zählen")

    code = _run(dictionary, master_source=_masters(new=new))

    assert code == 1
    assert len(_rows(dictionary)) == 5
    assert "  master_source.new: it is described in letters" in capsys.readouterr().out


def test_a_table_that_the_service_does_not_list_is_kept(dictionary, capsys):
    """Its columns may be all there; nothing is said of them, so nothing is changed."""
    with csc_server(catalogue={"master_source": _masters()}) as server:
        code = refresh_schema.main(["--server", server.url, "--file", str(dictionary)])

    assert code == 1
    assert _rows(dictionary)[3] == KNOWN.splitlines()[3].split("\t")
    assert "  stack_source: not listed by the service\n" in capsys.readouterr().out


def test_another_release_is_left_alone(dictionary):
    """Refreshing 2.0 touches its rows and no other."""
    code = _run(dictionary, "--release", "2.0")

    assert code == 0
    assert _rows(dictionary)[:4] == [line.split("\t") for line in KNOWN.splitlines()[:4]]
    assert _rows(dictionary)[4][-1] == "rd+tap"


def test_check_reports_and_writes_nothing(dictionary, capsys):
    """With ``--check`` the file stays, and the exit code tells that it is out of date."""
    new = MaskedColumn([1.0], description="its words")

    code = _run(dictionary, "--check", master_source=_masters(new=new))

    assert code == 1
    assert dictionary.read_text(encoding="ascii") == HEADER + KNOWN
    assert "added: 1" in capsys.readouterr().out


def test_a_service_without_master_sources_is_not_believed(dictionary):
    """An answer that cannot be of the catalogue changes nothing."""
    with (
        csc_server(catalogue={"stack_source": _stacks()}) as server,
        pytest.raises(ValueError, match="no column of master_source"),
    ):
        refresh_schema.main(["--server", server.url, "--file", str(dictionary)])

    assert dictionary.read_text(encoding="ascii") == HEADER + KNOWN


def test_a_service_that_does_not_answer_changes_nothing(dictionary):
    """The error comes through, and the file is as it was."""
    with pytest.raises(CscError):
        refresh_schema.main(["--server", "http://127.0.0.1:9", "--file", str(dictionary)])

    assert dictionary.read_text(encoding="ascii") == HEADER + KNOWN


def test_a_file_that_cannot_be_replaced_is_whole(dictionary, monkeypatch):
    """The old dictionary is there, and nothing beside it."""

    def fail(self, target):
        """Fail as a full disk does."""
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Path, "replace", fail)

    with pytest.raises(OSError, match="No space"):
        _run(dictionary)

    assert dictionary.read_text(encoding="ascii") == HEADER + KNOWN
    assert list(dictionary.parent.iterdir()) == [dictionary]


def test_datatypes_are_read_in_every_spelling_of_tap():
    """TAP_SCHEMA and /tables, of TAP 1.0 and 1.1, spell the same four datatypes."""
    words = ["VARCHAR", "adql:VARCHAR(21*)", "char", "BOOLEAN", "adql:DOUBLE", "INTEGER", "int"]
    rows = [["master_source", f"c{n}", word, "", "", ""] for n, word in enumerate(words)]

    columns, problems = refresh_schema.read_answer(rows, [])

    assert problems == {}
    assert [column.datatype for column in columns.values()] == [
        *("char", "char", "char", "boolean", "double", "int", "int"),
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (["master_source", "x", "BLOB", "", "", ""], "its datatype 'BLOB' is not known"),
        (["master_source", '"a b"', "int", "", "", ""], "its name is not a plain word"),
        (["csc21.novel", "x", "int", "", "", ""], "schema.TAP_TABLES does not have its table"),
    ],
)
def test_columns_that_the_dictionary_cannot_hold_are_refused(row, problem):
    """Each is named with its reason, and none is guessed at."""
    columns, problems = refresh_schema.read_answer([row], [])

    assert columns == {}
    assert problems == {(row[0], row[1]): problem}


def test_a_description_over_several_lines_becomes_one():
    """Tabs and line ends would break the file."""
    row = ["master_source", "x", "int", "", "", "one\n\ttwo"]

    columns, _ = refresh_schema.read_answer([row], [])

    assert columns["master_source", "x"].description == "one two"


def test_the_projects_own_dictionary_is_written_as_it_is_read(tmp_path):
    """Reading and writing the real file keeps every byte."""
    original = Path(__file__).parents[2] / refresh_schema.DICTIONARY
    copy = tmp_path / "columns.tsv"
    copy.touch()

    refresh_schema.write_dictionary(copy, refresh_schema.read_dictionary(original))

    assert copy.read_bytes() == original.read_bytes()
