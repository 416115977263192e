# Licensed under a 3-clause BSD style license - see LICENSE
"""
Bring the dictionary of columns in line with a live TAP_SCHEMA, and report what changed.

Run ``python tools/refresh_schema.py`` from the root of the project; ``--check`` writes nothing.
What the service says goes before what the dictionary says, but for descriptions, which are in the
project's own words. What the service does not say is kept. Nothing is guessed: what cannot be read
is reported and left as it was. The file appears whole or not at all.
"""

import argparse
import csv
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from astropy import units as u

from astroquery_csc.catalogue.releases import get_release
from astroquery_csc.catalogue.schema import MASTER, TAP_TABLES, Column
from astroquery_csc.core import CscClass
from astroquery_csc.tables import parse_unit

DICTIONARY = Path("astroquery_csc/catalogue/columns.tsv")

_HEADER = ("release", "table", "column", "datatype", "unit", "ucd", "description", "evidence")

#: What a column is known by once TAP_SCHEMA has told it.
SEEN = "tap"

#: The evidence of columns that were inferred; TAP_SCHEMA replaces it.
_INFERRED = frozenset({"band", "level", "unit"})

#: The dictionary's datatypes, by the words of TAP_SCHEMA and of /tables.
_DATATYPES = {
    "boolean": "boolean",
    "char": "char",
    "varchar": "char",
    "double": "double",
    "float8": "double",
    "int": "int",
    "int4": "int",
    "integer": "int",
}

#: A column: its table and its name.
Place = tuple[str, str]

#: A row of the dictionary: its release, table and name.
Key = tuple[str, str, str]


@dataclass
class Report:
    """What a run found."""

    added: dict[Place, str] = field(default_factory=dict)
    removed: dict[Place, str] = field(default_factory=dict)
    changed: dict[Place, str] = field(default_factory=dict)
    left: dict[Place, str] = field(default_factory=dict)
    confirmed: int = 0

    def lines(self) -> list[str]:
        """Write the report."""
        parts = {
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed,
            "left as it was": self.left,
        }
        lines = []
        for name, found in parts.items():
            lines.append(f"{name}: {len(found)}")
            lines += [f"  {'.'.join(filter(None, place))}: {what}" for place, what in found.items()]
        return [*lines, f"the same: {self.confirmed}"]


def read_dictionary(path: Path) -> dict[Key, Column]:
    """Read the dictionary."""
    with path.open(encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {
        (row["release"], row["table"], row["column"]): Column(*(row[name] for name in _HEADER[1:]))
        for row in rows
    }


def write_dictionary(path: Path, columns: Mapping[Key, Column]) -> None:
    """Write the dictionary, whole or not at all."""
    rows = [
        (
            release,
            column.table,
            column.name,
            column.datatype,
            column.unit,
            column.ucd,
            column.description,
            column.evidence,
        )
        for (release, _, _), column in columns.items()
    ]
    text = "".join("\t".join(row) + "\n" for row in [_HEADER, *rows])
    with tempfile.NamedTemporaryFile(
        "w", encoding="ascii", newline="", dir=path.parent, prefix=path.name, delete=False
    ) as file:
        try:
            file.write(text)
            file.close()
            Path(file.name).chmod(path.stat().st_mode)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def read_answer(
    rows: Iterable[Any], spellings: Iterable[str]
) -> tuple[dict[Place, Column], dict[Place, str]]:
    """Read what the service tells of the catalogue's own tables."""
    columns: dict[Place, Column] = {}
    problems: dict[Place, str] = {}
    spelled = {text: parse_unit(text) for text in spellings}
    for row in rows:
        table, name, datatype, unit, ucd, text = (" ".join(str(cell).split()) for cell in row)
        place = (table, name.lower())
        try:
            told = Column(*place, _datatype(datatype), _unit(unit, spelled), ucd, text, SEEN)
            columns[place] = _checked(told)
        except ValueError as error:
            problems[place] = str(error)
    return columns, problems


def _datatype(text: str) -> str:
    """Read a datatype: ``adql:VARCHAR(21*)`` is ``char``."""
    word = text.lower().removeprefix("adql:").partition("(")[0].rstrip("*")
    if word not in _DATATYPES:
        raise ValueError(f"its datatype {text!r} is not known")
    return _DATATYPES[word]


def _unit(text: str, spelled: Mapping[str, u.UnitBase | None]) -> str:
    """Spell a unit as the dictionary does or, where that has none like it, as FITS does."""
    if not text:
        return ""
    unit = parse_unit(text)
    if unit is None:
        raise ValueError(f"its unit {text!r} is not known")
    known = [spelling for spelling, other in spelled.items() if other == unit]
    return known[0] if known else str(unit.to_string("fits"))


def _checked(column: Column) -> Column:
    """Let a column pass that the dictionary can hold."""
    if column.table not in TAP_TABLES:
        raise ValueError("schema.TAP_TABLES does not have its table")
    if not column.name.isidentifier():
        raise ValueError("its name is not a plain word")
    if not f"{column.name}{column.ucd}{column.description}".isascii():
        raise ValueError("it is described in letters that the dictionary cannot hold")
    return column


def merge(
    known: Mapping[Key, Column], told: Mapping[Place, Column], release: str, report: Report
) -> dict[Key, Column]:
    """Bring the columns of one release in line with what the service tells."""
    tables = {table for table, _ in told}
    merged: dict[Key, Column] = {}
    for key, old in known.items():
        place = (old.table, old.name)
        if key[0] != release or old.table not in tables or place in report.left:
            merged[key] = old
        elif place in told:
            merged[key] = _update(old, told[place], report)
        else:
            report.removed[place] = _facts(old)
    for place, new in told.items():
        if (release, *place) not in known:
            merged[release, *place] = new
            report.added[place] = _facts(new)
    return _grouped(merged)


def _update(old: Column, new: Column, report: Report) -> Column:
    """Bring one column in line; what the service does not say is kept."""
    new = replace(
        new,
        unit=new.unit or old.unit,
        ucd=new.ucd or old.ucd,
        description=old.description or new.description,
    )
    if _facts(old) != _facts(new):
        report.changed[old.table, old.name] = f"{_facts(old)} is now {_facts(new)}"
        return new
    report.confirmed += 1
    return replace(new, evidence=_confirmed(old.evidence))


def _facts(column: Column) -> str:
    """Write what is a fact about a column, not words about it."""
    return " ".join(filter(None, (column.datatype, column.unit, column.ucd)))


def _confirmed(evidence: str) -> str:
    """Add the service's word to the evidence; what was inferred was no evidence."""
    words = [word for word in evidence.split("+") if word not in {*_INFERRED, SEEN}]
    return "+".join([*words, SEEN])


def _grouped(columns: Mapping[Key, Column]) -> dict[Key, Column]:
    """Put the columns of each table together, in the order in which the tables come first."""
    order = {key[:2]: None for key in columns}
    return {key: columns[key] for table in order for key in columns if key[:2] == table}


def refresh(csc: CscClass, path: Path, *, write: bool) -> Report:
    """Ask a service for its columns and bring a dictionary in line."""
    known = read_dictionary(path)
    prefix = f"{get_release(csc.release).schema}."
    listed = [
        row
        for row in csc.list_columns(refresh=True)
        if row["table"] in TAP_TABLES or row["table"].lower().startswith(prefix.lower())
    ]
    told, problems = read_answer(listed, dict.fromkeys(column.unit for column in known.values()))
    tables = {table for table, _ in told}
    if MASTER not in tables:
        raise ValueError(
            f"The service lists no column of {MASTER} in release {csc.release} that can be read, "
            f"so it is not believed; {path} is as it was. Csc.list_columns(refresh=True) shows "
            "its answer."
        )
    report = Report(left=dict(problems))
    for table in {key[1]: None for key in known if key[0] == csc.release}.keys() - tables:
        report.left[table, ""] = "not listed by the service"
    merged = merge(known, told, csc.release, report)
    if write:
        write_dictionary(path, merged)
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Refresh the dictionary and print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().partition("\n")[0])
    parser.add_argument("--server", help="root of the services; the archive's without it")
    parser.add_argument("--release", help="release to ask for; the default one without it")
    parser.add_argument("--file", type=Path, default=DICTIONARY, help="the columns.tsv")
    parser.add_argument("--check", action="store_true", help="write nothing")
    asked = parser.parse_args(arguments)
    csc = CscClass(server=asked.server, release=asked.release)
    report = refresh(csc, asked.file, write=not asked.check)
    print("\n".join(report.lines()))
    changed = report.added or report.removed or report.changed
    return bool(report.left or (asked.check and changed))


if __name__ == "__main__":
    sys.exit(main())
