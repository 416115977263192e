# Licensed under a 3-clause BSD style license - see LICENSE
"""The fault matrix: each fault with each verb that can meet it, and what the user gets."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults.catalogue import CASES, FAULTS
from tests.faults.model import (
    LIMITS,
    SHORT_LIMITS,
    TABLE,
    Fault,
    Outcome,
    limits,
    same,
    try_out,
)
from tests.faults.verbs import VERBS

#: Beyond the limit, for a machine that is busy with other things; the server would wait for ever.
SLACK_SECONDS = 5.0

#: Verbs that share every line of the transport; the normal run takes one of each row in turn.
_SISTERS = (
    (
        *("region", "list", "crossmatch", "objects", "criteria", "tap", "maxrec", "upload"),
        *("job's result", "sensitivity"),
    ),
    ("job created", "job started"),
    ("job looked at", "columns", "maxrec stated", "product list"),
)


def _marked(number: int, fault: str, verb: str) -> object:
    """Leave to the slow run what another verb stands for in the normal one."""
    can_meet = FAULTS[fault].results
    row = next((row for row in _SISTERS if verb in row), (verb,))
    turns = [sister for sister in row if sister in can_meet]
    marks = [] if verb == turns[number % len(turns)] else [pytest.mark.slow]
    return pytest.param(fault, verb, marks=marks, id=f"{fault}-{verb}")


_NUMBERS = {name: number for number, name in enumerate(FAULTS)}
each_case = pytest.mark.parametrize(
    ("fault", "verb"), [_marked(_NUMBERS[fault], fault, verb) for fault, verb in CASES]
)


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> dict[str, object]:
    """What each verb gives when all is well."""
    well = Fault("well", "is well", lambda wire, reply: wire.send(reply.raw), TABLE)
    folder = tmp_path_factory.mktemp("well")
    with limits(LIMITS):
        outcomes = {name: try_out(well, verb, folder / name) for name, verb in VERBS.items()}
    assert [outcome.error for outcome in outcomes.values()] == [None] * len(VERBS)
    return {name: outcome.found for name, outcome in outcomes.items()}


@pytest.fixture(scope="module")
def hanging(request, tmp_path_factory) -> dict[tuple[str, str], Outcome]:
    """Try out all faults that hang at once: each takes a second of waiting."""
    wanted = {
        (item.callspec.params["fault"], item.callspec.params["verb"])
        for item in request.session.items
        if getattr(item, "callspec", None)
        and "fault" in item.callspec.params
        and "verb" in item.callspec.params
    }
    cases = sorted(case for case in wanted if FAULTS[case[0]].hangs)
    folders = [tmp_path_factory.mktemp("hanging") for _ in cases]
    with limits(SHORT_LIMITS), ThreadPoolExecutor(24) as pool:
        futures: list[Future[Outcome]] = [
            pool.submit(try_out, FAULTS[fault], VERBS[verb], folder)
            for (fault, verb), folder in zip(cases, folders, strict=True)
        ]
        return {case: future.result() for case, future in zip(cases, futures, strict=True)}


@pytest.fixture
def outcome(request, tmp_path: Path) -> Callable[[str, str], Outcome]:
    """Give what a user got: of a hang from those that were tried out together."""

    def find(fault: str, verb: str) -> Outcome:
        """Look it up, or try it out."""
        if FAULTS[fault].hangs:
            found: Outcome = request.getfixturevalue("hanging")[fault, verb]
            return found
        with limits(LIMITS):
            return try_out(FAULTS[fault], VERBS[verb], tmp_path / "cache")

    return find


def complaints(fault: Fault, verb: str, found: Outcome, expected: object) -> list[str]:
    """List what is wrong with what a user got."""
    gets = fault.results[verb]
    wrong = [] if found.met else ["the fault was not met"]
    limit = SHORT_LIMITS if fault.hangs else LIMITS
    if found.seconds > limit["max_wait"] + SLACK_SECONDS:
        wrong.append(f"it took {found.seconds:.1f} s")
    wanted = [fault.warns] if fault.warns else []
    if [type(warning) for warning in found.warned] != wanted:
        wrong.append(f"warned of {found.warned}")
    if isinstance(gets, str):
        return wrong + _complaints_of_table(fault, gets, found, expected)
    return wrong + _complaints_of_error(fault, verb, gets, found)


def _complaints_of_table(fault: Fault, gets: str, found: Outcome, expected: object) -> list[str]:
    """List what is wrong where the right table should received."""
    if found.error is not None:
        return [f"raised {found.error!r}"]
    if not fault.warns and not same(found.found, expected, gets):
        return [f"gave another result: {found.found}"]
    return []


def _complaints_of_error(fault: Fault, verb: str, gets: type, found: Outcome) -> list[str]:
    """List what is wrong where an error should received."""
    error = found.error
    wrong = [] if type(error) is gets else [f"gave {error!r} {found.found!r}"]
    if found.kept:
        wrong.append(f"kept {found.kept}")
    if fault.says not in str(error):
        wrong.append(f"does not say {fault.says!r}: {error}")
    if not urlsplit(getattr(error, "url", None) or "").hostname:
        wrong.append("names no address")
    if VERBS[verb].adql not in (getattr(error, "adql", None) or ""):
        wrong.append(f"does not know the ADQL, but {getattr(error, 'adql', None)!r}")
    return wrong


@each_case
def test_the_user_gets_what_the_table_says(fault, verb, outcome, good):
    """The right table or our error that says why, in time; and no error is ever kept."""
    found = outcome(fault, verb)

    assert complaints(FAULTS[fault], verb, found, good[verb]) == []


def test_there_are_many_faults():
    """At least 60 faults, each with a name of its own and a verb that meets it."""
    assert len(FAULTS) >= 60
    assert all(fault.results for fault in FAULTS.values())
    assert {verb for _, verb in CASES} == set(VERBS)
