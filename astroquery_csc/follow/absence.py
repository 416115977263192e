# Licensed under a 3-clause BSD style license - see LICENSE
"""
Why there are no detections of a source, or in an observation: what a warning says of it.

Only what was seen is said: a service may hold less than the catalogue, and its own words follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from astropy.table import Table
from astroquery.exceptions import NoResultsWarning

from astroquery_csc import tables
from astroquery_csc.adql import write as clauses
from astroquery_csc.adql.speech import Term, topics
from astroquery_csc.backend import Answer, Query
from astroquery_csc.catalogue import names
from astroquery_csc.catalogue.schema import MASTER
from astroquery_csc.exceptions import CscError, warn
from astroquery_csc.search.ask import Search
from astroquery_csc.search.pieces import in_pieces

__all__ = ["few", "warn_missing"]

#: How many names or ObsIDs a warning lists.
LISTED = 100
#: How much of a service's description of its table a warning repeats.
_NOTE_CHARACTERS = 160


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
    by_place: bool

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
    by_place: bool = False,
) -> None:
    """Warn about names and observations that have no row at all, and find out why."""
    asked = _Asked(
        search,
        by_name=bool(source_names),
        by_obsid=by_obsid,
        filtered=filtered,
        by_place=by_place,
    )
    there = set(table["name"].tolist())
    missing = [name for name in source_names if name not in there]
    if missing:
        _warn_names(asked, missing)
    if empty:
        _warn_obsids(asked, empty)


def _known(
    search: Search, table: str, column: str, values: Sequence[Any]
) -> tuple[set[Any] | None, str]:
    """Ask which values a column has, None where the service does not tell; and its own words."""
    found: set[Any] = set()
    note = ""

    def ask(some: Sequence[Term]) -> Answer:
        """Ask about some of them."""
        text = clauses.select(search.release, [column], where=some, table=table)
        return search.asked(lambda: Query(text, columns=(column,), topics=topics(some)))[1]

    try:
        for answer in in_pieces(search.backend, [clauses.in_list(f"m.{column}", values)], ask):
            cells = tables.polish(answer.columns, search.release.name, sources={})[column]
            found.update(cells.tolist())
            note = note or clauses.fold(answer.note)[:_NOTE_CHARACTERS]
    except CscError:
        return None, ""
    return found, f" The service says of its table: {note}" if note else ""


def _warn_names(asked: _Asked, missing: Sequence[str]) -> None:
    """Tell apart names that are gone, and sources without such a detection."""
    known, words = _known(asked.search, MASTER, "name", missing)
    here = [name for name in missing if known is not None and name in known]
    gone = [name for name in missing if name not in here]
    if gone:
        doubt = " (or without a detection; the service did not tell)" if known is None else ""
        around = names.look_around(gone[0])
        _warn(f"{few(gone)}: not in release {asked.release}{doubt}. {around}{words}")
    if here:
        such = ["that satisfies the filters"] if asked.filtered else []
        such += ["in the observations that were asked for"] if asked.by_obsid else []
        such += ["around the position"] if asked.by_place else []
        _warn(
            f"{few(here)}: a source of release {asked.release}, but {_who(asked.search)} has no "
            f"detection of it{_and(such)}.{words}"
        )


def _warn_obsids(asked: _Asked, empty: Sequence[int]) -> None:
    """Tell apart observations without a detection from those not in the catalogue."""
    known, words = _known(asked.search, "detect_stack", "obsid", empty)
    such = ["that satisfies the filters"] if asked.filtered else []
    such += ["of the sources that were asked for"] if asked.by_name else []
    such += ["around the position"] if asked.by_place else []
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
            f"ObsID {few(here)}: in release {asked.release}, but {_who(asked.search)} has no "
            f"detection in it{_and(such)}. query_sensitivity gives the depth at a position."
        )
    if absent:
        _warn(
            f"ObsID {few(absent)}: not in release {asked.release}, so nothing is known about "
            f"its sources.{words}"
        )


def _who(search: Search) -> str:
    """Name what answers: a service, or a mirror."""
    return "the service" if search.backend.url.startswith("http") else "the mirror"


def _warn(text: str) -> None:
    """Warn that there is nothing, and why."""
    warn(text, NoResultsWarning)


def _and(parts: Sequence[str]) -> str:
    """Join the conditions on a detection."""
    return f" {' and '.join(parts)}" if parts else ""
