# Licensed under a 3-clause BSD style license - see LICENSE
"""
Why a server refused a query: small questions, each about one construct, tell.

Nothing depends on the words of a refusal, which are not known. Each question asks for a source
that does not exist, so that an answer has no rows.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from astroquery_csc.adql.speech import BOOLEANS, JOINS, LONGEST_LIST, SHORTEST_LIST
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.exceptions import CscError
from astroquery_csc.log import log
from astroquery_csc.service.memory import LEARNT
from astroquery_csc.service.refusals import is_about_query, is_too_much

__all__ = ["learn"]

_NOBODY = "'2CXO J000000.0+000000'"
_PLAIN = "SELECT m.name FROM {schema}.master_source m WHERE (m.name = {nobody})"


def _flag(form: str) -> str:
    """Compare a flag in some form."""
    return f"{_PLAIN} AND (m.sat_src_flag = {BOOLEANS[form][1]})"


def _list(length: int) -> str:
    """Name so many sources."""
    return _PLAIN.replace("= {nobody}", f"IN ({', '.join(['{nobody}'] * length)})")


def _join(form: str) -> str:
    """Join two tables in some form."""
    one, two = "{schema}.master_source m", "{schema}.master_stack_assoc a"
    tables = f"{one} JOIN {two} ON (m.name = a.name)" if form == "on" else f"{one}, {two}"
    where = "" if form == "on" else "(m.name = a.name) AND "
    return f"SELECT m.name FROM {tables} WHERE {where}(m.name = {{nobody}})"


_LENGTHS = [
    LONGEST_LIST // 2**step for step in range(5) if LONGEST_LIST // 2**step >= SHORTEST_LIST
]
#: By field of `Speech`, its possible values with a question that needs each; "" needs none.
_QUESTIONS: Mapping[str, Mapping[Any, str]] = {
    "booleans": {form: _flag(form) for form in BOOLEANS},
    "joins": {form: "" if form == "none" else _join(form) for form in JOINS},
    "has_top": {True: _PLAIN.replace("SELECT", "SELECT TOP 1"), False: ""},
    "longest_list": {length: _list(length) for length in _LENGTHS},
}


def learn(
    topics: Iterable[str], server: str, release: Release, ask: Callable[[str], object]
) -> None:
    """Find out what a server takes, for topics that are not settled."""

    def takes(question: str) -> bool:
        """Ask; what is not about the query ends it all."""
        try:
            ask(question.format(schema=release.schema, nobody=_NOBODY))
        except CscError as error:
            if is_about_query(error) or is_too_much(error):
                return False
            raise
        return True

    open_topics = sorted(topic for topic in topics if not LEARNT.is_settled(server, topic))
    try:
        if not open_topics or not takes(_PLAIN):
            return
        for topic in open_topics:
            _settle(topic, server, takes)
    except CscError as error:
        log.debug(f"What {server} takes cannot be found out: {error}")


def _settle(topic: str, server: str, takes: Callable[[str], bool]) -> None:
    """Keep the first form that a server takes; where it takes none, what is known stays."""
    before = getattr(LEARNT.speech(server), topic)
    found = (
        form for form, question in _QUESTIONS[topic].items() if not question or takes(question)
    )
    form = next(found, before)
    LEARNT.learn(server, **{topic: form})
    if form != before:
        log.info(f"{server} does not take {topic}={before!r}; {form!r} from now on.")
