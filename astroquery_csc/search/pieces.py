# Licensed under a 3-clause BSD style license - see LICENSE
"""Long lists of values: asked in pieces, in smaller ones where a connection breaks at them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from astroquery_csc.adql.speech import SHORTEST_LIST, Term, longest, pieces
from astroquery_csc.backend import Backend
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.exceptions import InvalidQueryError, RemoteServiceError
from astroquery_csc.log import log
from astroquery_csc.service.refusals import is_too_much

__all__ = ["check_values", "in_pieces"]

T = TypeVar("T")


def in_pieces(
    backend: Backend, terms: Iterable[Term], ask: Callable[[Sequence[Term]], T]
) -> Iterator[T]:
    """Ask for each piece of the lists in some conditions; what the server takes is remembered."""
    waiting: list[tuple[Term, ...]] = [tuple(terms)]
    broken: tuple[int, Exception] | None = None
    while waiting:
        some = waiting.pop()
        length = longest(some)
        if length > backend.speech.longest_list:
            waiting += reversed(list(pieces(some, backend.speech.longest_list)))
            continue
        try:
            found = ask(some)
        except (InvalidQueryError, RemoteServiceError) as error:
            most = _less(backend, length, error)
            if not most:
                if broken is None:
                    raise
                raise broken[1] from error
            if is_too_much(error):
                broken = (length, error if broken is None else broken[1])
            waiting += reversed(list(pieces(some, most)))
            continue
        if broken is not None and length < broken[0]:
            backend.note(longest_list=length)
            broken = None
        yield found


def _less(backend: Backend, length: int, error: Exception) -> int:
    """Tell how long a list to try after an error; 0 where shorter ones will not help."""
    if length > backend.speech.longest_list:
        return backend.speech.longest_list  # which was found out since the list was cut
    if not is_too_much(error) or length < 2 * SHORTEST_LIST:
        return 0
    log.info(f"A list of {length} values breaks the connection; trying half of it.")
    return (length + 1) // 2


def check_values(terms: Iterable[Term], most: int | None, release: Release) -> None:
    """Refuse lists that are too long to ask a shared service about."""
    length = longest(terms)
    if most is not None and length > most:
        raise InvalidQueryError(
            f"column_filters has a list of {length} values, more than one call asks the archive "
            f"about (conf.max_remote_positions is {most}). A mirror takes lists of any length: "
            "see mirror.create. To send them to the archive anyway: "
            f"conf.max_remote_positions = {length}.",
            release=release.name,
        )
