# Licensed under a 3-clause BSD style license - see LICENSE
"""
One table of the catalogue onto the disk, counted.

Whether the service marks an answer that it cuts is not known, nor whether it tells its limits. So a
table is gone through twice: its keys, divided by one column, then its rows, divided by another.
Only where both sweeps bring the same keys was nothing cut. Where they differ, spans as large as the
largest are divided further, and both are compared again.
"""

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.table import Table
from astroquery.exceptions import MaxResultsWarning, NoResultsWarning
from numpy.typing import NDArray

from astroquery_csc.catalogue.releases import Release
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import CscError, InvalidQueryError, MirrorError
from astroquery_csc.log import log
from astroquery_csc.mirror.plan import Plan
from astroquery_csc.mirror.staging import Kept, Staging, digest
from astroquery_csc.mirror.sweep import (
    Span,
    edges_of,
    equal_area_edges,
    halves,
    repeated,
    same_rows,
    spans,
)
from astroquery_csc.store import parquet
from astroquery_csc.store.manifest import Held, Page

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Asker", "copy_table"]

#: Rows that a page is meant to have; keys are short, so that more of them go into one.
PAGE_ROWS = 10_000
KEY_PAGE_ROWS = 50_000
#: Each time the sweeps differ, pages become half as large: from a million to below fifty.
_ROUNDS = 15
_SAY_EVERY_SECONDS = 20.0
#: What stands for a null where rows are compared.
_NULLS: dict[str, Any] = {"f": np.inf, "U": "", "S": b"", "b": False}
_NULL_INT = np.iinfo(np.int32).min


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page that counts."""

    adql: str
    kept: Kept

    def read(self, names: Sequence[str]) -> Table:
        """Read some columns."""
        with parquet.opened(self.kept.path) as file:
            return file.read(names)


@dataclass(slots=True)
class Sweep:
    """All pages of a table."""

    leaves: list[Leaf] = field(default_factory=list)
    refused: str = ""

    @property
    def rows(self) -> int:
        """How many rows came."""
        return sum(leaf.kept.rows for leaf in self.leaves)

    @property
    def largest(self) -> int:
        """How many rows the largest page has."""
        return max((leaf.kept.rows for leaf in self.leaves), default=0)

    def values(self, names: Sequence[str]) -> list[NDArray[Any]]:
        """Give some columns, nulls filled."""
        tables = [leaf.read(names) for leaf in self.leaves]
        return [np.concatenate([_filled(table[name]) for table in tables]) for name in names]


class Asker:
    """Asks a catalogue, unless the answer is there already."""

    def __init__(self, csc: CscClass, release: Release, staging: Staging) -> None:
        self._csc = csc
        self._staging = staging
        self.release = release
        self.service: str = ""
        self.stars: set[str] = set()
        self._said = time.monotonic()

    def ask(self, adql: str) -> Table:
        """Ask, past the cache."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MaxResultsWarning)
            warnings.simplefilter("ignore", NoResultsWarning)
            table: Table = self._csc.query_tap(adql, maxrec=-1, cache=False)
        self.service = str(table.meta["SERVICE"]).partition(" ")[2]
        return table

    def page(self, adql: str) -> Kept:
        """Give the answer of a query, from the disk."""
        kept = self._staging.find(adql)
        if kept is None:
            table = self.ask(adql)
            cut = "cut" if table.meta["TRUNC"] else "whole"
            kept = self._staging.keep(adql, table, state=cut, retrieved=table.meta["RETRVD"])
        return kept

    def columns(self, table: str) -> list[str]:
        """Find which columns the service has in a table."""
        name = f"{self.release.schema}.{table}"
        try:
            found = self.ask(f"SELECT TOP 1 m.* FROM {name} m")
        except InvalidQueryError as error:
            log.info(
                f"The service does not show a row of {table} ({error}); using its lists of columns."
            )
        else:
            self.stars.add(table)
            return list(found.colnames)
        listed = self._csc.list_columns(table, refresh=True)["name"]
        return [str(column) for column in listed]

    def limits(self) -> set[int]:
        """Tell the row limits that are known or told."""
        found = {self.release.hard_limit}
        for kind in ("maxrec", "hardlimit"):
            try:
                found.add(int(getattr(self._csc, kind)))
            except CscError as error:
                log.info(f"The service does not tell its row limits ({error}).")
        return {limit for limit in found if limit > 0}

    def say(self, done: int, what: str) -> None:
        """Log how far a long copy has come."""
        if time.monotonic() - self._said >= _SAY_EVERY_SECONDS:
            self._said = time.monotonic()
            log.info(f"{done} rows of {what} received.")

    def forget(self) -> None:
        """Forget every answer."""
        self._staging.forget()


class _Copy:
    """Copies one table."""

    def __init__(self, asker: Asker, plan: Plan, expected: int) -> None:
        self._asker = asker
        self._plan = plan
        self._expected = expected
        # A page is believed only well below every limit that is known.
        self._most = max(min(asker.limits(), default=2) // 2, 1)

    def run(self) -> Sweep:
        """Sweep until keys and rows agree."""
        for _ in range(_ROUNDS):
            keys = self._sweep(self._plan.checked, self._plan.keys_by, self._first_edges())
            largest = keys.largest
            if self._has_right_number(keys) or self._agrees_again(keys):
                values = keys.values([self._plan.rows_by])[0]
                aim = max(min(PAGE_ROWS, keys.largest // 2, self._most), 1)
                edges = edges_of(values[~_is_null(values)], aim)
                rows = self._sweep(self._plan.columns, self._plan.rows_by, edges)
                if same_rows(keys.values(self._plan.checked), rows.values(self._plan.checked)):
                    self._check_keys(rows)
                    return rows
                largest = max(largest, rows.largest)
            self._shrink(largest)
        raise MirrorError(
            f"{self._plan.table} could not be copied: its keys and its rows, asked for in "
            f"different pages, differ each of {_ROUNDS} times. It may be changing now.",
            release=self._asker.release.name,
        )

    def _shrink(self, largest: int) -> None:
        """Make pages smaller after sweeps that differ."""
        log.info(f"Two sweeps of {self._plan.table} differ; asking for smaller pages.")
        self._most = max(min(self._most, largest or self._most) // 2, 1)
        # A page among them may be short or old, and which one is not known.
        self._asker.forget()

    def _has_right_number(self, keys: Sweep) -> bool:
        """Whether the number of keys is the expected one, if one is."""
        return self._expected < 0 or keys.rows == self._expected

    def _agrees_again(self, keys: Sweep) -> bool:
        """Count a wrong number once more, in other pages: an error if it is wrong again."""
        plan = self._plan
        values = keys.values([plan.rows_by])[0]
        edges = edges_of(values[~_is_null(values)], max(keys.largest // 2, 1))
        again = self._sweep(plan.checked, plan.rows_by, edges)
        if not same_rows(keys.values(plan.checked), again.values(plan.checked)):
            return False
        raise MirrorError(
            f"The service gives {keys.rows} sources, counted twice in different pages, but release "
            f"{self._asker.release.name} has {self._expected}. If you know why, write "
            f"expected={keys.rows} to take them, or expected=-1 for any number.",
            release=self._asker.release.name,
        )

    def _first_edges(self) -> list[Any]:
        """Divide what is known to be large from the beginning."""
        if self._plan.keys_by != "dec" or self._expected < 0:
            return []
        return equal_area_edges(-(-self._expected // min(KEY_PAGE_ROWS, self._most)))

    def _sweep(self, columns: Sequence[str], by: str, edges: Sequence[Any]) -> Sweep:
        """Ask for some columns of all rows, divided by one of them."""
        found, todo = Sweep(), spans(by, list(edges))[::-1]
        done = 0
        while todo:
            span = todo.pop()
            try:
                leaf = self._leaf(columns, span)
            except InvalidQueryError as error:
                if not span.nulls:
                    raise
                found.refused = str(error)
                continue
            parts = self._parts(span, leaf)
            todo += parts[::-1]
            if not parts:
                found.leaves.append(leaf)
                done += leaf.kept.rows
                self._asker.say(done, self._plan.table)
        return found

    def _leaf(self, columns: Sequence[str], span: Span) -> Leaf:
        """Ask for one span."""
        adql = self._adql(columns, span)
        return Leaf(adql, self._asker.page(adql))

    def _adql(self, columns: Sequence[str], span: Span) -> str:
        """Write the query for a span."""
        whole = self._plan.complete and tuple(columns) == self._plan.columns
        whole = whole and self._plan.table in self._asker.stars
        names = "m.*" if whole else ", ".join(f"m.{name}" for name in columns)
        where = f" WHERE {span.condition}" if span.condition else ""
        table = f"{self._asker.release.schema}.{self._plan.table}"
        return f"SELECT {names} FROM {table} m{where}"

    def _parts(self, span: Span, leaf: Leaf) -> list[Span]:
        """Divide a span whose page is not to be believed; none where it is."""
        kept = leaf.kept
        cut = kept.notes.get("state") != "whole"
        if not cut and kept.rows <= self._most:
            return []
        values = _filled(leaf.read([span.column])[span.column])
        parts = halves(span, values[~_is_null(values)])
        if not parts and cut:
            raise MirrorError(
                f"The service cuts {self._plan.table} at {kept.rows} rows, and all of these have "
                f"the same {span.column}: they cannot be divided further.",
                release=self._asker.release.name,
            )
        return parts

    def _check_keys(self, rows: Sweep) -> None:
        """Refuse rows that come twice."""
        twice = repeated(rows.values(self._plan.key)) if self._plan.key and rows.rows else 0
        if twice:
            raise MirrorError(
                f"{twice} rows of {self._plan.table} have the same {', '.join(self._plan.key)} as "
                "others, which should be unique.",
                release=self._asker.release.name,
            )


def copy_table(asker: Asker, plan: Plan, expected: int, staging: Staging) -> Held:
    """Copy one table into the staging folder."""
    sweep = _Copy(asker, plan, expected).run()
    size = sum(leaf.kept.bytes for leaf in sweep.leaves)
    staging.check_room(size)
    notes = {"csc_release": asker.release.name, "csc_table": plan.table}
    with staging.table(plan.table, size) as (file, done):
        _join(file, sweep, plan, notes)
    path: Path = done[0]
    places = {"ra", "dec"} & set(plan.columns)
    lost = sum(_without_position(leaf, sorted(places)) for leaf in sweep.leaves)
    return Held(
        file=path.name,
        rows=sweep.rows,
        bytes=path.stat().st_size,
        sha256=digest(path),
        columns=plan.columns,
        complete=plan.complete,
        key=plan.key,
        without_position=lost,
        retrieved=max(leaf.kept.notes["retrieved"] for leaf in sweep.leaves),
        counted=_counted(sweep, expected),
        queries=tuple(Page(adql=leaf.adql, rows=leaf.kept.rows) for leaf in sweep.leaves),
    )


def _counted(sweep: Sweep, expected: int) -> str:
    """Say how the number of rows was checked."""
    words = "keys and rows agree, asked for in different pages"
    if expected >= 0:
        words += f"; the number is the expected one, {expected}"
    if sweep.refused:
        words += "; rows without a value could not be asked for: " + sweep.refused
    return words


def _join(file: Any, sweep: Sweep, plan: Plan, notes: dict[str, str]) -> None:
    """Write all pages into one file, sorted, in row groups of one size."""
    import pyarrow as pa
    import pyarrow.compute as pc

    order = [(name, "ascending") for name in plan.order]
    schema = _schema(sweep, plan, notes)
    waiting: list[pa.Table] = []
    with parquet.writing(file, schema) as writer:
        for leaf in sweep.leaves:
            with parquet.opened(leaf.kept.path) as kept:
                page = kept.arrow(list(plan.columns)).cast(schema)
            waiting.append(page.take(pc.sort_indices(page, sort_keys=order)))
            waiting = _write_groups(writer, waiting)
        rest = pa.concat_tables(waiting)
        if rest.num_rows:
            writer.write_table(rest)


def _write_groups(writer: Any, waiting: list["pa.Table"]) -> list["pa.Table"]:
    """Write as many whole row groups as there are; give the rest."""
    import pyarrow as pa

    rows = pa.concat_tables(waiting)
    whole = rows.num_rows - rows.num_rows % parquet.GROUP_ROWS
    if whole:
        writer.write_table(rows.slice(0, whole), row_group_size=parquet.GROUP_ROWS)
    return [rows.slice(whole)]


def _schema(sweep: Sweep, plan: Plan, notes: dict[str, str]) -> "pa.Schema":
    """Take what the columns are from the first page, and see that no page says otherwise."""
    first: pa.Schema | None = None
    widths: dict[str, int] = {}
    for leaf in sweep.leaves:
        with parquet.opened(leaf.kept.path) as file:
            schema = file.schema(plan.columns)
            texts = [name for name, column in file.columns.items() if column.dtype.kind == "U"]
            _widen(widths, file.arrow(texts))
        first = schema if first is None else first
        for mine, other in zip(first, schema, strict=True):
            if mine.type != other.type:
                raise MirrorError(
                    f"Column {mine.name!r} of {plan.table} is {mine.type} in one page and "
                    f"{other.type} in another: {leaf.adql}"
                )
    about = {**notes, **{f"table::len::{name}": str(width) for name, width in widths.items()}}
    yaml = first.metadata[b"table_meta_yaml"]  # type: ignore[union-attr]
    return first.with_metadata({"table_meta_yaml": yaml, **about})  # type: ignore[union-attr]


def _widen(widths: dict[str, int], texts: "pa.Table") -> None:
    """Note the longest string of each column, which astropy's reader wants to know."""
    import pyarrow.compute as pc

    for name, values in zip(texts.column_names, texts.columns, strict=True):
        longest = pc.max(pc.utf8_length(values)).as_py() or 1
        widths[name] = max(widths.get(name, 1), longest)


def _without_position(leaf: Leaf, names: list[str]) -> int:
    """Count rows that are nowhere on the sky."""
    if not names:
        return 0
    table = leaf.read(names)
    missing = [_is_null(_filled(table[name])) for name in names]
    return int(np.logical_or.reduce(missing).sum())


def _filled(column: Any) -> NDArray[Any]:
    """Give a column as a plain array, with one value for null."""
    values = np.asarray(np.ma.getdata(column))
    null = _NULLS.get(values.dtype.kind, _NULL_INT)
    filled: NDArray[Any] = np.where(np.ma.getmaskarray(column), null, values)
    return filled


def _is_null(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which values stand for null."""
    null = _NULLS.get(values.dtype.kind, _NULL_INT)
    return np.asarray(values == null)
