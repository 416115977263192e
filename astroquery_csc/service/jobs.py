# Licensed under a 3-clause BSD style license - see LICENSE
"""Asynchronous jobs, which pyvo keeps an eye on, on our own way to the network."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from astroquery import log
from pyvo.dal import exceptions as dal_exceptions
from pyvo.dal.tap import AsyncTAPJob

from astroquery_csc.backend import Query
from astroquery_csc.exceptions import (
    CscError,
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
)
from astroquery_csc.service.deadline import Deadline
from astroquery_csc.service.refusals import READER_ERRORS, host_of, quote, words_of
from astroquery_csc.service.transport import JobSession, Transport, safe_target
from astroquery_csc.service.uploads import Packed

__all__ = ["finished_job"]

#: A job is asked for its phase after so many seconds, then ever more rarely.
_FIRST_POLL = 0.25
_LAST_POLL = 15.0
_POLL_GROWTH = 1.5
#: Seconds that the deletion of a job may take, beside the time of its query.
_DELETE_SECONDS = 5.0
_WAITING = frozenset({"PENDING", "QUEUED", "EXECUTING", "HELD", "SUSPENDED", "UNKNOWN"})
_DONE = frozenset({"COMPLETED", "ERROR", "ABORTED", "ARCHIVED"})


@contextmanager
def finished_job(
    transport: Transport, url: str, query: Query, uploads: Packed, deadline: Deadline
) -> Iterator[str]:
    """Run an asynchronous job to its end, and delete it when the block ends."""
    job = _created(transport, url, query, uploads, deadline)
    address = str(job.url)
    try:
        try:
            state = _ended(job, address, deadline, query.adql)
            _raise_if_failed(transport, state, address, deadline, query.adql)
            result = _result(job, address, query.adql)
        except (dal_exceptions.DALAccessError, *READER_ERRORS) as error:
            problem: CscError = _unreadable(error, address, query.adql)
            raise problem from error
        yield result
    finally:
        _delete(transport, url, address)


def _created(
    transport: Transport, url: str, query: Query, uploads: Packed, deadline: Deadline
) -> Any:
    """Create a job; never twice."""
    files = {name: io.BytesIO(content) for name, content in uploads.files.items()}
    try:
        job = AsyncTAPJob.create(
            url,
            query.adql,
            maxrec=query.maxrec,
            uploads={**files, **uploads.addresses},
            session=JobSession(transport, url, deadline, query.adql),
            FORMAT="votable",
        )
    except (dal_exceptions.DALAccessError, *READER_ERRORS) as error:
        raise _unreadable(error, f"{url}/async", query.adql) from error
    if str(job.url).partition("?")[0].rstrip("/") == f"{url}/async":
        raise RemoteServiceError(
            f"{host_of(url)} took the query but did not say where its job is.",
            url=f"{url}/async",
            adql=query.adql,
        )
    return job


def _ended(job: Any, address: str, deadline: Deadline, adql: str) -> Any:
    """Start a job and wait until it has ended; give its last state."""
    pause, seen = _FIRST_POLL, ""
    job.run()
    while (phase := str((state := job.job).phase)) not in _DONE:
        if phase not in _WAITING:
            raise ValueError(f"its phase is {phase[:40]!r}")
        if phase != seen:
            log.info(f"{address}: {phase}")
            seen = phase
        if pause >= deadline.left:
            raise ServiceTimeoutError(
                f"The job {address} is still {phase} after {deadline.seconds:g} s and is deleted. "
                "Raise conf.max_wait, or ask for less.",
                url=address,
                adql=adql,
            )
        time.sleep(pause)
        pause = min(pause * _POLL_GROWTH, _LAST_POLL)
    log.info(f"{address}: {phase}")
    return state


def _raise_if_failed(
    transport: Transport, state: Any, address: str, deadline: Deadline, adql: str
) -> None:
    """Tell why a job has no result."""
    phase = str(state.phase)
    if phase == "ABORTED":
        raise RemoteServiceError(
            f"The service aborted the job {address}. Try again; ask for less if it stays.",
            url=address,
            adql=adql,
        )
    if phase != "ERROR":
        return
    message = getattr(getattr(state, "errorsummary", None), "message", None)
    words = " ".join(str(getattr(message, "content", None) or "").split())
    if not words:
        words = _words_of_error(transport, address, deadline)
    raise InvalidQueryError(
        f"The service refused the query. {host_of(address)} {quote(words)}. The ADQL was: {adql}",
        url=address,
        adql=adql,
    )


def _words_of_error(transport: Transport, address: str, deadline: Deadline) -> str:
    """Ask for the error document of a job whose state does not say what is wrong."""
    try:
        with transport.fetch("GET", f"{address}/error", deadline=deadline) as body:
            return words_of(body.whole())
    except CscError as error:
        log.debug(f"The job {address} has no error document: {error}")
        return ""


def _result(job: Any, address: str, adql: str) -> str:
    """Find where the result of a job is."""
    result = job.result
    href = str(getattr(result, "href", None) or "").strip()
    if not href:
        raise RemoteServiceError(
            f"The job {address} is at its end but has no result.", url=address, adql=adql
        )
    return safe_target(address, href, "points for the result of a job")


def _delete(transport: Transport, url: str, address: str) -> None:
    """Delete a job; a failure to do so is no reason to lose its result."""
    deadline = Deadline(min(transport.timeout, _DELETE_SECONDS))
    try:
        JobSession(transport, url, deadline, "").delete(address)
    except CscError as error:
        log.debug(f"A job could not be deleted: {error}")


def _unreadable(error: Exception, address: str, adql: str) -> CscError:
    """Turn an error of pyvo into one of ours."""
    text = " ".join(str(error).split())[:200]
    return RemoteServiceError(
        f"The job at {address} has no readable state: {text}.", url=address, adql=adql
    )
