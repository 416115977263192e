# Licensed under a 3-clause BSD style license - see LICENSE
"""A fault: what the service does, who can meet it, what the user gets; and how it is tried out."""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from astropy.table import Table

from astroquery_csc.config import conf
from astroquery_csc.core import CscClass
from astroquery_csc.exceptions import CscError, ServiceTimeoutError
from astroquery_csc.service.connections import PatientAdapter
from tests.faults.server import Wire, fault_server
from tests.faults.verbs import VERBS, Reply, Service, Verb

__all__ = [
    "LIMITS",
    "SHORT_LIMITS",
    "TABLE",
    "WITH_BODY",
    "WITH_MORE",
    "Fault",
    "Outcome",
    "limits",
    "try_out",
]

#: What a user gets where the fault does no harm: the right table.
TABLE = "the right table"
WITH_MORE = "the right table, with one column more"

Act = Callable[[Wire, Reply], None]
Gets = type[CscError] | str

#: Settings under which a fault is tried out; a hang must end in a second.
LIMITS = {"timeout": 10.0, "max_wait": 20.0, "retries": 1, "retry_wait": 0.001}
SHORT_LIMITS = {"timeout": 1.5, "max_wait": 4.0, "retries": 1, "retry_wait": 0.001}

TABLES = frozenset({"table", "both"})
EVERY = frozenset({"table", "document", "redirect", "both", "list"})
WITH_BODY = EVERY - {"redirect"}


@dataclass(frozen=True)
class Fault:
    """
    One way to go wrong.

    Parameters
    ----------
    name : str
        Short, and its own.
    does : str
        What the service does.
    act : callable
        Does it.
    gets : class or str
        What the user gets: an error, or ``TABLE``.
    others : mapping, optional
        What the users of some verbs get instead; None: the verb cannot meet it.
    speaks : frozenset of str
        Verbs with such answers can meet it.
    only : tuple of str
        Only these verbs can; all of the above if empty.
    times : int
        How often it strikes.
    hangs : bool
        Whether it is tried out with short time limits.
    warns : class, optional
        The warning that comes with the table.
    says : str
        Words that the error must have, of the service or of ours.
    encrypted : bool
        Whether the service is asked with https.
    phase : str
        The phase in which a job ends.
    is_final : bool
        Whether it ends a job also where a later look would be answered well.
    """

    name: str
    does: str
    act: Act
    gets: Gets
    others: Mapping[str, Gets | None] = field(default_factory=dict)
    speaks: frozenset[str] = EVERY
    only: tuple[str, ...] = ()
    times: int = 1_000_000
    hangs: bool = False
    warns: type[Warning] | None = None
    says: str = ""
    encrypted: bool = False
    phase: str = "COMPLETED"
    is_final: bool = False

    def passes(self, verb: Verb) -> bool:
        """Tell whether a verb looks again, so that the fault is tried out as one bad look."""
        return verb.forgives and not self.only and not self.is_final

    def on(self, name: str) -> Gets | None:
        """What the users of a verb get that can meet it."""
        verb, gets = VERBS[name], self.others.get(name, self.gets)
        is_bypassed = verb.has_way_round and isinstance(gets, type) and name not in self.others
        if self.passes(verb) or (is_bypassed and gets is not ServiceTimeoutError):
            return TABLE
        return gets

    @property
    def results(self) -> dict[str, Gets]:
        """What the users of each verb get that can meet it."""
        return {
            name: gets
            for name, verb in VERBS.items()
            if (name in self.only if self.only else verb.speaks in self.speaks)
            and (gets := self.on(name)) is not None
        }


@dataclass(frozen=True)
class Outcome:
    """
    What a user got.

    Parameters
    ----------
    error : BaseException or None
        What was raised.
    found : object
        What came back.
    warned : list of Warning
        Warnings.
    seconds : float
        How long it took.
    kept : list of str
        Files in the cache.
    met : int
        How many requests met the fault.
    host : str
        Host of the service.
    """

    error: BaseException | None
    found: Any
    warned: list[Any]
    seconds: float
    kept: list[str]
    met: int
    host: str


class _Behind(PatientAdapter):
    """Sends what is for https hosts to a server on loopback, as if it had their certificates."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Send a request to the server on loopback."""
        asked, request.url = str(request.url), self._url + str(request.path_url)
        request.headers["Host"] = str(urlsplit(asked).hostname)
        response = super().send(request, **kwargs)
        response.url = request.url = asked
        return response


@contextmanager
def limits(values: Mapping[str, float]) -> Iterator[None]:
    """Set the time limits of the package for a block."""
    with ExitStack() as stack:
        for name, value in values.items():
            stack.enter_context(conf.set_temp(name, value))
        yield


@contextmanager
def client(url: str, folder: Path, *, encrypted: bool = False) -> Iterator[CscClass]:
    """Make a client of a server, with a cache of its own, and close its connections at the end."""
    host = "https://catalogue.test" if encrypted else url
    csc = CscClass(release="2.1", server=host)
    csc.cache_location = folder
    if encrypted:
        csc._session.mount("https://", _Behind(url))
    try:
        yield csc
    finally:
        csc._session.close()


def try_out(fault: Fault, verb: Verb, folder: Path) -> Outcome:
    """Ask a service that has the fault."""
    times = 1 if fault.passes(verb) else fault.times
    service = Service(verb.stages, fault.act, times, fault.phase)
    error, found = None, None
    with (
        fault_server(service) as server,
        client(server.url, folder, encrypted=fault.encrypted) as csc,
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        started = time.monotonic()
        try:
            found = verb.ask(csc)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the test names it
            error = problem
        seconds = time.monotonic() - started
        host = csc.server.partition("//")[2]
    kept = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return Outcome(error, found, [w.message for w in warned], seconds, kept, service.met, host)


def same(found: Any, expected: Any, gets: str = TABLE) -> bool:
    """Tell whether two results of a verb are equal, meta aside."""
    if not isinstance(expected, Table):
        return bool(found == expected)
    if gets == WITH_MORE and len(found.colnames) == len(expected.colnames) + 1:
        found = found[expected.colnames]
    return (
        isinstance(found, Table)
        and found.colnames == expected.colnames
        and found.pformat(max_lines=-1, show_dtype=True, show_unit=True)
        == expected.pformat(max_lines=-1, show_dtype=True, show_unit=True)
    )
