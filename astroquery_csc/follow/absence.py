# Licensed under a 3-clause BSD style license - see LICENSE
"""
Why there is no row: a source that is gone, one without a detection, a field nobody observed.

These must never look the same; each has a warning of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from astropy.table import Table
from astroquery.exceptions import NoResultsWarning

from astroquery_csc import tables
from astroquery_csc.adql import write as clauses
from astroquery_csc.backend import Query
from astroquery_csc.catalogue import names
from astroquery_csc.catalogue.schema import MASTER
from astroquery_csc.exceptions import CscError
from astroquery_csc.notice import warn
from astroquery_csc.search.ask import Search

__all__ = ["few", "warn_missing"]

#: How many names or ObsIDs a warning lists.
LISTED = 100


def few(values: Sequence[Any]) -> str:
    """List values for a warning."""
    more = f" and {len(values) - LISTED} more" if len(values) > LISTED else ""
    return ", ".join(map(str, values[:LISTED])) + more


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for beside the names or observations that have no row."""

    search: Search
    by_name: bool
    by_obsid: bool
    filtered: bool

    @property
    def release(self) -> str:
        """Name of the release."""
        return self.search.release.name


def warn_missing(
    search: Search,
    table: Table,
    empty: Sequence[int],
    *,
    source_names: Sequence[str] = (),
    by_obsid: bool = False,
    filtered: bool = False,
) -> None:
    """Warn about names and observations that have no row at all, and find out why."""
    asked = _Asked(search, by_name=bool(source_names), by_obsid=by_obsid, filtered=filtered)
    there = set(table["name"].tolist())
    missing = [name for name in source_names if name not in there]
    if missing:
        _warn_names(asked, missing)
    if empty:
        _warn_obsids(asked, empty)


def _known(search: Search, table: str, column: str, values: Sequence[Any]) -> set[Any] | None:
    """Ask which values a column of a table has; None where the service does not tell."""
    found: set[Any] = set()
    for condition in clauses.in_lists(f"m.{column}", values):
        text = clauses.select(search.release, [column], where=[condition], table=table)
        try:
            answer = search.send(Query(text))
        except CscError:
            return None
        cells = tables.polish(answer.columns, search.release.name, sources={})[column]
        found.update(cells.tolist())
    return found


def _warn_names(asked: _Asked, missing: Sequence[str]) -> None:
    """Tell apart names that are gone, and sources without such a detection."""
    known = _known(asked.search, MASTER, "name", missing)
    here = [name for name in missing if known is not None and name in known]
    gone = [name for name in missing if name not in here]
    if gone:
        doubt = " (or without a detection; the service did not tell)" if known is None else ""
        _warn(f"{few(gone)}: not in release {asked.release}{doubt}. {names.look_around(gone[0])}")
    if here:
        such = ["that satisfies column_filters"] if asked.filtered else []
        such += ["in the observations that were asked for"] if asked.by_obsid else []
        _warn(f"{few(here)}: in release {asked.release}, but without a detection{_and(such)}.")


def _warn_obsids(asked: _Asked, empty: Sequence[int]) -> None:
    """Tell apart observations without a detection, and those that the catalogue has not."""
    known = _known(asked.search, "detect_stack", "obsid", empty)
    such = ["that satisfies column_filters"] if asked.filtered else []
    such += ["of the sources that were asked for"] if asked.by_name else []
    if known is None:
        _warn(
            f"ObsID {few(empty)}: no detection{_and(such)}; the service did not tell whether "
            f"release {asked.release} has the observation."
        )
        return
    here = [obsid for obsid in empty if obsid in known]
    absent = [obsid for obsid in empty if obsid not in known]
    if here:
        _warn(
            f"ObsID {few(here)}: observed and in release {asked.release}, but without a "
            f"detection{_and(such)}. query_sensitivity tells how deep a place was seen."
        )
    if absent:
        _warn(
            f"ObsID {few(absent)}: not in release {asked.release}, which says nothing of what is "
            "there."
        )


def _warn(text: str) -> None:
    """Warn that there is nothing, and why."""
    warn(text, NoResultsWarning)


def _and(parts: Sequence[str]) -> str:
    """Join what a detection had to be."""
    return f" {' and '.join(parts)}" if parts else ""
