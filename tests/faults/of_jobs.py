# Licensed under a 3-clause BSD style license - see LICENSE
"""Faults of asynchronous jobs, and of the documents in which a service describes itself."""

from collections.abc import Callable

from astroquery_csc.exceptions import (
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
    TableParseError,
)
from tests.faults.bodies import CAPABILITIES, TABLES, job, votable
from tests.faults.model import TABLE, Act, Fault
from tests.faults.server import Wire, http
from tests.faults.verbs import Reply

__all__ = ["OF_JOBS"]

_POLL = ("job looked at",)
_WORDS = "ORA-01652: unable to extend temp segment"


def _xml(make: Callable[[Wire], bytes], status: int = 200) -> Act:
    """Answer with a document."""
    return lambda wire, good: wire.send(http(make(wire), status=status, mime="text/xml"))


def _ends(phase: str, error: str = "") -> Act:
    """Answer with the document of a job in some phase."""
    return _xml(lambda wire: job(wire.root, phase, error=error))


def _gone(wire: Wire, good: Reply) -> None:
    """Answer that there is no such job."""
    wire.send(http(b"No job 1", status=404, mime="text/plain"))


def _error_without_words(wire: Wire, good: Reply) -> None:
    """Say ERROR in the job, and why in its error document."""
    assert good.request is not None
    if good.request.path.endswith("/error"):
        said = f'<INFO name="QUERY_STATUS" value="ERROR">{_WORDS}</INFO>'
        wire.send(http(f"<VOTABLE><RESOURCE>{said}</RESOURCE></VOTABLE>".encode()))
    else:
        _ends("ERROR")(wire, good)


_ENDS = (
    Fault(
        "job in ERROR",
        "says why in the job",
        _ends("ERROR", _WORDS),
        InvalidQueryError,
        only=_POLL,
        says=_WORDS,
    ),
    Fault(
        "job in ERROR, no words", "does not say why", _ends("ERROR"), InvalidQueryError, only=_POLL
    ),
    Fault(
        "job in ERROR, words elsewhere",
        "says why in the error document of the job",
        _error_without_words,
        InvalidQueryError,
        only=_POLL,
        says=_WORDS,
    ),
    Fault(
        "job ABORTED",
        "aborts the job",
        _ends("ABORTED"),
        RemoteServiceError,
        only=_POLL,
        says="aborted",
    ),
    Fault(
        "job ARCHIVED",
        "has thrown the result away",
        _ends("ARCHIVED"),
        RemoteServiceError,
        only=_POLL,
        says="without a result",
    ),
    Fault(
        "job without end",
        "executes for ever",
        _ends("EXECUTING"),
        ServiceTimeoutError,
        only=_POLL,
        hangs=True,
        says="still EXECUTING",
    ),
    Fault(
        "job that never starts",
        "keeps the job pending",
        _ends("PENDING"),
        ServiceTimeoutError,
        only=_POLL,
        hangs=True,
        says="still PENDING",
    ),
    Fault(
        "job that waits",
        "holds the job",
        _ends("HELD"),
        ServiceTimeoutError,
        only=_POLL,
        hangs=True,
        says="still HELD",
    ),
    Fault(
        "job that vanishes",
        "does not know the job any more",
        _gone,
        RemoteServiceError,
        only=("job looked at", "job's result"),
        says="404",
    ),
    Fault(
        "job in no phase",
        "gives a phase that is none",
        _ends("DREAMING"),
        RemoteServiceError,
        only=_POLL,
        says="DREAMING",
    ),
    Fault(
        "job without a phase",
        "gives a document of a job without a phase",
        _xml(lambda wire: job(wire.root).replace(b"<uws:phase>COMPLETED</uws:phase>", b"")),
        TABLE,
        only=_POLL,
        times=1,
    ),
    Fault(
        "job of another kind",
        "gives a document of something else",
        _xml(lambda wire: TABLES),
        TABLE,
        only=_POLL,
        times=1,
    ),
    Fault(
        "job that is a page",
        "gives a page instead of a job",
        _xml(lambda wire: b"<html><body>Log in</body></html>"),
        TABLE,
        only=_POLL,
        times=1,
    ),
    Fault(
        "job, not well-formed",
        "cuts the document of the job",
        _xml(lambda wire: job(wire.root)[:-9]),
        TABLE,
        only=_POLL,
        times=1,
    ),
    Fault(
        "job with a DTD",
        "sends a job with entities",
        _xml(
            lambda wire: job(wire.root).replace(
                b"<uws:job ", b'<!DOCTYPE x [<!ENTITY a "a">]><uws:job ', 1
            )
        ),
        TABLE,
        only=_POLL,
        times=1,
    ),
    Fault(
        "job without a result",
        "is COMPLETED, without a result",
        _xml(lambda wire: job(wire.root, result="")),
        RemoteServiceError,
        only=_POLL,
        says="without a result",
    ),
    Fault(
        "result in a file",
        "has its result in ``file:///etc/passwd``",
        _xml(lambda wire: job(wire.root, result="file:///etc/passwd")),
        RemoteServiceError,
        only=_POLL,
        says="not a web address",
    ),
    Fault(
        "result at a relative address",
        "has its result at a relative address",
        _xml(lambda wire: job(wire.root, result="1/results/result")),
        TABLE,
        only=_POLL,
    ),
    Fault(
        "result on another host",
        "has its result under another name of the machine",
        _xml(lambda wire: job(wire.root.replace("127.0.0.1", "localhost"))),
        TABLE,
        only=_POLL,
    ),
    Fault(
        "job from nowhere",
        "takes the query and does not say where the job is",
        lambda wire, good: wire.send(http(b"<ok/>", mime="text/xml")),
        RemoteServiceError,
        only=("job created",),
    ),
    Fault(
        "job that cannot be deleted",
        "refuses to delete the job",
        lambda wire, good: wire.send(http(b"no", status=500)),
        TABLE,
        only=("job deleted",),
    ),
    Fault(
        "job whose deletion hangs",
        "does not answer when the job is deleted",
        lambda wire, good: wire.hang(),
        TABLE,
        only=("job deleted",),
        hangs=True,
    ),
)

_SELF = (
    Fault(
        "TAP_SCHEMA cut",
        "cuts TAP_SCHEMA at a row limit",
        _xml(lambda wire: votable(after='<INFO name="QUERY_STATUS" value="OVERFLOW"/>')),
        TABLE,
        only=("columns of TAP_SCHEMA",),
    ),
    Fault(
        "TAP_SCHEMA of other columns",
        "has other columns in TAP_SCHEMA",
        _xml(lambda wire: votable()),
        TABLE,
        only=("columns of TAP_SCHEMA",),
    ),
    Fault(
        "tables without columns",
        "lists no table",
        _xml(lambda wire: TABLES.partition(b"<table>")[0] + b"</schema></vosi:tableset>"),
        TableParseError,
        only=("columns",),
    ),
    Fault(
        "tables of another kind",
        "gives another document as /tables",
        _xml(lambda wire: CAPABILITIES),
        TableParseError,
        only=("columns",),
    ),
    Fault(
        "limits unsaid",
        "states no limits",
        _xml(
            lambda wire: (
                CAPABILITIES.partition(b"<outputLimit>")[0] + b"</capability></vosi:capabilities>"
            )
        ),
        RemoteServiceError,
        only=("maxrec stated",),
    ),
    Fault(
        "limits in bytes",
        "states its limit in bytes",
        _xml(lambda wire: CAPABILITIES.replace(b'unit="row"', b'unit="byte"')),
        RemoteServiceError,
        only=("maxrec stated",),
    ),
    Fault(
        "limits in words",
        "states its limit in words",
        _xml(lambda wire: CAPABILITIES.replace(b"1000", b"many")),
        RemoteServiceError,
        only=("maxrec stated",),
    ),
    Fault(
        "no TAP",
        "has capabilities without TAP",
        _xml(lambda wire: CAPABILITIES.partition(b"<cap")[0] + b"</vosi:capabilities>"),
        RemoteServiceError,
        only=("maxrec stated",),
    ),
)

OF_JOBS = _ENDS + _SELF
