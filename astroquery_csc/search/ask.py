# Licensed under a 3-clause BSD style license - see LICENSE
"""What to ask a backend for a checked request."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table
from numpy.typing import NDArray

from astroquery_csc import tables
from astroquery_csc.adql import read as adql
from astroquery_csc.adql import write as clauses
from astroquery_csc.adql.cut import without_cones
from astroquery_csc.adql.geometry import Circle
from astroquery_csc.adql.read import ColumnLookup
from astroquery_csc.adql.speech import Term, pieces, topics
from astroquery_csc.backend import Answer, Backend, Boxes, Cone, Depth, Query, Question, show
from astroquery_csc.catalogue.names import RENAMED, is_csc_name, normalise, place_of
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.columns import Columns, doubles
from astroquery_csc.exceptions import CscError, InvalidQueryError, RemoteServiceError
from astroquery_csc.log import log
from astroquery_csc.progress import track
from astroquery_csc.search import arguments
from astroquery_csc.search.answer import (
    Rows,
    describe,
    left_out,
    meta_of,
    stack,
    warn_if_short,
)
from astroquery_csc.search.cut import inside
from astroquery_csc.search.lists import Fetched, Group, Stage, check_length, fetch, is_round, merged
from astroquery_csc.search.pieces import check_values, in_pieces
from astroquery_csc.search.places import Resolver
from astroquery_csc.search.reach import Reach
from astroquery_csc.search.region import Region
from astroquery_csc.service.cache import Cache
from astroquery_csc.service.refusals import is_about_query, is_answered
from astroquery_csc.sky.geometry import Box

__all__ = ["Search", "Wanted"]

#: A row limit that a service states is a multiple of this.
_ROUND_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a verb wants of master_source, checked."""

    columns: tuple[str, ...]
    conditions: tuple[Term, ...]
    verbosity: int | None
    limit: int | None
    free_text: bool
    #: The same of sources without conf_flag, where the filters leave them out.
    unflagged: "Wanted | None" = None
    circles: tuple[Circle, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """Asks one backend about one release."""

    backend: Backend
    release: Release
    ask: ColumnLookup
    cache: bool | None = None
    limits: Callable[[], Collection[int]] = frozenset
    resolver: Resolver | None = None
    row_limit: int = -1
    reach: Reach = field(default_factory=Reach)

    def resolve(self, name: str) -> SkyCoord | None:
        """Find where an object is: a 2CXO name in the catalogue, any other by the resolver."""
        if not is_csc_name(name):
            return None if self.resolver is None else self.resolver(name)
        csc_name = normalise(name)
        found = self.named([csc_name], self.wanted(None, 1, None, None, -1)).columns
        if not len(found):
            raise InvalidQueryError(
                f"{csc_name} is not in release {self.release.name}. {RENAMED}, so give the "
                f"position in the name: {place_of(csc_name)}.",
                release=self.release.name,
            )
        return SkyCoord(doubles(found["ra"])[0], doubles(found["dec"])[0], unit="deg")

    # ---------------------------------------------------------------- build

    def wanted(
        self,
        columns: object,
        verbosity: object,
        filters: object,
        criteria: object,
        row_limit: object,
    ) -> Wanted:
        """Check the arguments that all catalogue verbs share."""
        if columns is not None and verbosity is not None:
            raise InvalidQueryError(
                f"columns={columns!r} and verbosity={verbosity!r} both choose columns; give one."
            )
        conditions = arguments.conditions(filters, criteria, self.release, self.ask)
        check_values(conditions, self.backend.longest_list, self.release)
        circles: tuple[Circle, ...] = ()
        if criteria is not None and not self.backend.has_geometry:
            conditions[-1], circles = without_cones(str(conditions[-1]))
        if circles:
            log.info("The service has no geometry; the cone in criteria is cut here.")
        if columns is None:
            level = 2 if verbosity is None else verbosity
            names = arguments.verbosity_columns(level, self.release)
        else:
            level, names = None, arguments.column_names(columns, self.release, self.ask)
        others = arguments.of_unflagged(filters, self.release)
        return Wanted(
            columns=names,
            conditions=tuple(conditions),
            verbosity=None if conditions or level is None else int(level),  # type: ignore[call-overload]
            limit=arguments.row_limit(self.row_limit if row_limit is None else row_limit),
            free_text=criteria is not None,
            circles=circles,
            unflagged=None if others is None else self.wanted(["name"], None, others, criteria, -1),
        )

    def query(self, wanted: Wanted, conditions: Sequence[Term], top: int | None = None) -> Query:
        """Build the ADQL for some rows of master_source."""
        terms, speech = (*conditions, *wanted.conditions), self.backend.speech
        maxrec = None if speech.has_top else top
        top = top if speech.has_top else None
        text = clauses.select(self.release, wanted.columns, where=terms, top=top, speech=speech)
        if wanted.free_text:
            has_geometry = self.backend.has_geometry
            text = adql.prepare(text, self.release, ask=self.ask, geometry=has_geometry)
        columns = ("name", "ra", "dec") if wanted.columns == ("*",) else wanted.columns
        found = topics(terms) | ({"has_top"} if top is not None else set())
        return Query(text, maxrec, columns=columns, topics=found)

    def region_requests(
        self, region: Region, wanted: Wanted
    ) -> list[tuple[Cone | Boxes, NDArray[np.intp]]]:
        """Build the requests for a region."""
        if wanted.verbosity is not None and self._can_be_cone(region):
            ra_deg, dec_deg = region.positions.ra_deg[0], region.positions.dec_deg[0]
            cone = Cone(float(ra_deg), float(dec_deg), region.service_radius_deg, wanted.verbosity)
            return [(cone, np.zeros(1, dtype=np.intp))]
        count = region.positions.ra_deg.size
        check_length(count, self.backend.longest_list, self.release)
        return [
            (self._boxes(found, wanted), found.indices)
            for found in region.groups(self.backend.most_positions)
        ]

    def _can_be_cone(self, region: Region) -> bool:
        """Whether the cone search may be asked for a region."""
        if not (region.is_one_cone and self.backend.has_cone):
            return False
        return self.backend.cone_is_sure or float(region.radius_deg[0]) <= self.reach.limit_deg

    def _boxes(self, group: Group, wanted: Wanted) -> Boxes:
        """Ask for the boxes that cover some of a region's positions."""
        return Boxes(group.boxes, lambda conditions: self.query(wanted, conditions))

    def region_shown(self, region: Region, wanted: Wanted) -> list[Cone | Boxes]:
        """List every request that a region would need, as far as is known."""
        longest = self.backend.speech.longest_list
        return [
            Boxes(request.boxes, partial(self.query, replace(wanted, conditions=some)))
            if isinstance(request, Boxes)
            else request
            for request, _ in self.region_requests(region, wanted)
            for some in pieces(wanted.conditions, longest)
        ]

    def shown(self, questions: Iterable[Question]) -> dict[str, Any]:
        """Show what would be sent for some questions."""
        return show(self.backend, questions)

    # ----------------------------------------------------------------- send

    def asked(self, make: Callable[[], Query]) -> tuple[Query, Answer]:
        """Write and send a query; if it is refused, find out why and write it anew."""
        query = make()
        try:
            return query, self._sent(query)
        except (InvalidQueryError, RemoteServiceError) as error:
            again = self._written_anew(query, make, error)
            return again, self._sent(again)

    def send(self, question: Question, begun: float | None = None) -> Answer:
        """Ask the backend; boxes that are refused are asked for in another way."""
        if not isinstance(question, Boxes):
            return self._sent(question, begun)
        try:
            return self._sent(question, begun)
        except (InvalidQueryError, RemoteServiceError) as error:
            make = partial(question.query, [])
            self._written_anew(make(), make, error)
            return self._sent(question, begun)

    def _written_anew(self, query: Query, make: Callable[[], Query], error: CscError) -> Query:
        """Find out why a query was refused, and write it anew; raise what would come again."""
        if not query.topics or not is_about_query(error):
            raise error
        self.backend.learn(query.topics)
        again = make()
        if again.adql == query.adql:
            raise error
        return again

    def _sent(self, question: Question, begun: float | None = None) -> Answer:
        """Ask the backend, and note whether the answer may be cut."""
        request = replace(self.backend.plan(question), begun=begun)
        answer = self.backend.answer(request, cache=self.cache)
        if isinstance(question, Depth):
            return answer
        rows = len(answer.columns)
        if isinstance(question, Cone):
            # A round number of rows may be a limit: TAP tells, for one more request.
            cut = is_round(rows) and not self.backend.cone_is_sure
        else:
            cut = self._is_full(rows)
        return replace(answer, overflow=answer.overflow or cut)

    def _is_full(self, rows: int) -> bool:
        """Whether an answer has just as many rows as the service gives at most."""
        if rows == self.release.hard_limit:
            return True
        # Limits are round numbers, so few answers cost a look at the capabilities.
        return rows > 0 and rows % _ROUND_LIMIT == 0 and rows in self.limits()

    def region(self, region: Region, wanted: Wanted) -> Rows:
        """Fetch the sources in a region."""
        requests = self.region_requests(region, wanted)
        parts, done, kept = [], 0, Cache.active(cache=self.cache)
        for number, (planned, indices) in enumerate(track(requests, "requests"), 1):
            stage = Stage(number, len(requests), done, region.positions.ra_deg.size, kept)
            with stage.told():
                found = self._fetched(planned, region, wanted)
            columns, cut = region.select(found.columns, indices, wanted.limit)
            parts.append(Rows(columns, list(found.requests), found.answers, cut))
            done += indices.size
        return self._with_left(stack(parts), wanted, partial(self.region, region))

    def _with_left(self, rows: Rows, wanted: Wanted, ask: Callable[[Wanted], Rows]) -> Rows:
        """Name the sources that are left out because they do not have a conf_flag."""
        if wanted.unflagged is None:
            return rows
        left = ask(wanted.unflagged)
        return replace(rows, left=frozenset(str(name).strip() for name in left.columns["name"]))

    def _fetched(self, request: Cone | Boxes, region: Region, wanted: Wanted) -> Fetched:
        """Ask; where the cone search gives no whole cone, ask TAP, before the same time is over."""
        if isinstance(request, Boxes):
            return self._in_boxes(request.boxes, wanted)
        begun = monotonic()
        answer, trouble = self._cone(request, begun)
        if answer is not None and not self._is_doubtful(answer, region):
            return Fetched(answer.columns, [request], [answer])
        (everything,) = region.groups(None)
        try:
            found = self._in_boxes(everything.boxes, wanted, begun)
        except CscError as error:
            if trouble:
                error.args = (f"{error} The cone search had failed before: {trouble}",)
            raise
        if answer is not None and not answer.overflow:
            self._compare(region, answer.columns, found.columns)
        return found

    def _cone(self, cone: Cone, begun: float) -> tuple[Answer | None, str]:
        """Ask the cone search; without an answer that can be used, say why."""
        try:
            return self.send(cone, begun), ""
        except CscError as error:
            if self.backend.cone_is_sure or not is_answered(error):
                raise
            log.info(f"The cone search does not give this cone; asking TAP instead. ({error})")
            return None, str(error)

    def _is_doubtful(self, answer: Answer, region: Region) -> bool:
        """Whether rows of a cone may be missing: beyond a row limit, or beyond some radius."""
        if answer.overflow:
            log.info("The cone search cut its answer, or may have done so; asking TAP instead.")
            return True
        if self.backend.cone_is_sure:
            return False
        radius_deg, separations_deg = region.radius_deg[0], region.separations_deg(answer.columns)
        if not self.reach.is_doubtful(radius_deg, separations_deg):
            return False
        log.debug(
            f"The cone search found no source beyond {separations_deg.max():.2g} of "
            f"{radius_deg:.2g} deg; asking TAP whether there is one."
        )
        return True

    def _compare(self, region: Region, columns: Columns, true_columns: Columns) -> None:
        """Learn from one cone whether the cone search cuts the radius."""
        found_deg, true_deg = map(region.separations_deg, (columns, true_columns))
        if self.reach.compare(float(region.radius_deg[0]), found_deg, true_deg):
            log.info(
                f"The cone search does not look beyond {self.reach.limit_deg:.2g} deg; larger "
                "cones are asked of TAP from now on."
            )

    def _in_boxes(
        self, boxes: tuple[Box, ...], wanted: Wanted, begun: float | None = None
    ) -> Fetched:
        """Fetch the sources in some boxes, piece by piece of long lists in the filters."""

        def ask(some: Sequence[Term]) -> Fetched:
            """Fetch those that satisfy some conditions."""
            query = partial(self.query, replace(wanted, conditions=tuple(some)))
            found = fetch(Boxes(boxes, query), partial(self.send, begun=begun))
            return replace(found, columns=inside(wanted.circles, found.columns))

        parts = list(in_pieces(self.backend, wanted.conditions, ask))
        return parts[0] if len(parts) == 1 else merged(parts)

    def criteria_requests(self, wanted: Wanted) -> list[Query]:
        """Build the requests for sources anywhere on the sky."""
        top = None if wanted.limit is None or wanted.circles else wanted.limit + 1
        longest = self.backend.speech.longest_list
        return [
            self.query(replace(wanted, conditions=some), [], top)
            for some in pieces(wanted.conditions, longest)
        ]

    def all_sky(self, wanted: Wanted) -> Rows:
        """Fetch the sources that satisfy conditions, anywhere on the sky."""
        most = None if wanted.limit is None else wanted.limit + 1
        parts: list[Rows] = []

        def ask(some: Sequence[Term]) -> Rows | None:
            """Ask for what is still wanted."""
            left = None if most is None else most - sum(len(part.columns) for part in parts)
            if left == 0:
                return None
            top = None if wanted.circles else left
            make = partial(self.query, replace(wanted, conditions=tuple(some)), [], top)
            request, answer = self.asked(make)
            columns = inside(wanted.circles, answer.columns)[:left]
            return Rows(columns, [request], [answer], cut=False)

        for part in in_pieces(self.backend, wanted.conditions, ask):
            if part is None:
                break
            parts.append(part)
        rows = stack(parts)
        cut = wanted.limit is not None and len(rows.columns) > wanted.limit
        rows = replace(rows, columns=rows.columns[: wanted.limit], cut=cut)
        return self._with_left(rows, wanted, self.all_sky)

    def requests(self, terms: Iterable[Term], wanted: Wanted) -> list[Query]:
        """Build the requests for the sources that satisfy conditions beside those of a verb."""
        only = replace(wanted, conditions=())
        longest = self.backend.speech.longest_list
        return [self.query(only, some) for some in pieces((*terms, *wanted.conditions), longest)]

    def rows(self, terms: Iterable[Term], wanted: Wanted) -> Rows:
        """Fetch the sources that satisfy conditions beside those of a verb."""
        only = replace(wanted, conditions=())

        def ask(some: Sequence[Term]) -> Rows:
            """Ask for some of them."""
            request, answer = self.asked(partial(self.query, only, some))
            columns = inside(wanted.circles, answer.columns)
            return Rows(columns, [request], [answer], cut=False)

        return stack(list(in_pieces(self.backend, (*terms, *wanted.conditions), ask)))

    def name_requests(self, found: Iterable[str], wanted: Wanted) -> list[Query]:
        """Build the requests for sources by name."""
        return self.requests([clauses.in_list("m.name", found)], wanted)

    def named(self, found: Iterable[str], wanted: Wanted) -> Rows:
        """Fetch sources by name."""
        found = list(found)
        rows = self.rows([clauses.in_list("m.name", found)], wanted)
        return self._with_left(rows, wanted, partial(self.named, found))

    # --------------------------------------------------------------- answer

    def finish(self, rows: Rows, **place: Any) -> Table:
        """Polish sources, put their columns in order, and describe where they are from."""
        names = tables.order(rows.columns.colnames, self.release.name)
        table = tables.polish(rows.columns, self.release.name, names=names)
        return self.report(table, rows, **place)

    def report(self, table: Table, rows: Rows, **more: Any) -> Table:
        """Write where a table is from into its meta, and warn where it is short."""
        answers = rows.answers or [Answer(rows.columns, self.backend.url, "not asked")]
        query, cut = describe(rows.requests), rows.is_short
        more |= left_out(rows)
        table.meta.update(meta_of(self.release, answers, query, len(table), cut=cut, **more))
        warn_if_short(rows, len(table))
        return table
