# Licensed under a 3-clause BSD style license - see LICENSE
"""Asynchronous jobs (UWS): created, started, looked at until they end, fetched and deleted."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from pyvo.io import uws

from astroquery_csc.backend import Request
from astroquery_csc.exceptions import (
    CscError,
    InvalidQueryError,
    RemoteServiceError,
    ServiceTimeoutError,
)
from astroquery_csc.log import log
from astroquery_csc.service.deadline import Deadline
from astroquery_csc.service.refusals import READER_ERRORS, check_xml, host_of, quote, words_of
from astroquery_csc.service.transport import Transport, safe_target

__all__ = ["finished_job"]

#: A job is asked for its phase after so many seconds, then ever more rarely.
_FIRST_POLL = 0.25
_LAST_POLL = 15.0
_POLL_GROWTH = 1.5
#: Seconds that the deletion of a job may take, beside the time of its query.
_DELETE_SECONDS = 5.0
_WAITING = frozenset({"PENDING", "QUEUED", "EXECUTING", "HELD", "SUSPENDED", "UNKNOWN"})
_DONE = frozenset({"COMPLETED", "ERROR", "ABORTED", "ARCHIVED"})
#: Of the statuses from 400 to 499, those that may pass.
_PASSING = frozenset({408, 425, 429})
#: Nobody needs the times of a job, and reading a far one makes astropy warn.
_TIMES = re.compile(
    rb"<((?:[\w.-]+:)?(?:destruction|quote|creationTime|startTime|endTime))\b[^<>]*>[^<>]*</\1\s*>"
)


@contextmanager
def finished_job(
    transport: Transport, request: Request, home: str, deadline: Deadline
) -> Iterator[str]:
    """
    Run an asynchronous job to its end, and give the address of its result for a block.

    It is deleted once the block has its answer, the job has failed, or the user stops.
    """
    job = _Job(transport, request, home, deadline)
    is_of_use = False
    try:
        job.start()
        is_of_use = True
        state = job.ended()
        is_of_use = False
        result = job.result(state)
        is_of_use = True
        yield result
    except CscError as error:
        if is_of_use:
            error.args = (f"{error} The job {job.address} was not deleted.",)
        else:
            job.delete()
        raise
    except BaseException:
        job.delete()
        raise
    job.delete()


class _Job:
    """A job of the service; made by creating it, which is never tried twice."""

    def __init__(
        self, transport: Transport, request: Request, home: str, deadline: Deadline
    ) -> None:
        self._transport = transport
        self._home = home
        self._deadline = deadline
        self._adql = request.adql
        self._phase = ""
        self._trouble: Exception | None = None
        self.address = self._post(
            request.url, data=request.written, files=request.uploads.parts or None
        )
        if self.address and self._leads_to(request.url):
            with self._look(self._deadline) as response:
                self.address = response.url or ""
        if not self.address or self._leads_to(request.url):
            raise RemoteServiceError(
                f"{host_of(home)} accepted the query but did not give the address of its job.",
                url=request.url,
                adql=self._adql,
            )

    def _leads_to(self, url: str) -> bool:
        """Tell whether the job's address is one of the list of jobs."""
        # A redirect may name the list at another host, or https.
        return urlsplit(self.address).path.rstrip("/") == urlsplit(url).path.rstrip("/")

    def _look(self, deadline: Deadline) -> requests.Response:
        """Ask for the document of the job."""
        return self._transport.follow("GET", self.address, deadline=deadline, home=self._home)

    def _post(self, url: str, **arguments: Any) -> str:
        """Send a POST, once; give where it leads."""
        home, deadline = self._home, self._deadline
        leads, response = self._transport.post(url, deadline=deadline, home=home, **arguments)
        if response is not None:
            with self._transport.good(response, deadline=deadline, adql=self._adql) as body:
                body.peek(1)  # the end of the time can look like the end of the headers
                location = response.headers.get("Location", "")
            leads = safe_target(url, location, "points for a job") if location else ""
        return leads

    def start(self) -> None:
        """Start the job."""
        self._post(f"{self.address}/phase", data={"PHASE": "RUN"})

    def ended(self) -> Any:
        """Wait until the job has ended and give its last state; a look that fails ends nothing."""
        pause = _FIRST_POLL
        while (state := self._state()) is None or self._phase not in _DONE:
            if self._trouble is None and self._phase not in _WAITING:
                raise self._error(f"is in phase {self._phase[:40]!r}, which UWS does not define.")
            if pause >= self._deadline.left:
                raise self._late()
            self._deadline.wait(pause)
            pause = min(pause * _POLL_GROWTH, _LAST_POLL)
        return state

    def _state(self) -> Any:
        """Look at the job; None where that failed in a way that may pass."""
        status, deadline = 0, Deadline(min(self._transport.timeout, self._deadline.left))
        try:
            response = self._look(deadline)
            status = response.status_code
            with self._transport.good(response, deadline=deadline, adql=self._adql) as body:
                state = _read(body.whole(), self.address)
        except (CscError, *READER_ERRORS) as error:
            if 400 <= status < 500 and status not in _PASSING:
                raise
            log.info(f"{self.address}: polling again ({error})")
            self._trouble = error
            return None
        phase, self._trouble = str(state.phase).strip(), None
        if phase != self._phase:
            log.info(f"{self.address}: {phase}")
        self._phase = phase
        return state

    def _late(self) -> ServiceTimeoutError:
        """Make the error for a job that did not end in time."""
        said = f"is still {self._phase}" if self._phase else "has not shown its phase"
        last = "" if self._trouble is None else f" The last poll failed: {self._trouble}"
        return ServiceTimeoutError(
            f"The job {self.address} {said} after {self._deadline.seconds:g} s.{last} Raise "
            "conf.max_wait, or ask for less.",
            url=self.address,
            adql=self._adql,
        )

    def _error(self, words: str) -> RemoteServiceError:
        """Make the error for a job that gave no result."""
        return RemoteServiceError(
            f"The job {self.address} {words}", url=self.address, adql=self._adql
        )

    def result(self, state: Any) -> str:
        """Find where the result of a job is, or say why there is no result."""
        if self._phase == "ABORTED":
            raise self._error(
                "was aborted by the service. Try again; if it happens again, ask for less."
            )
        if self._phase == "ERROR":
            words = _words_of(state) or self._words_of_error()
            raise InvalidQueryError(
                f"The service refused the query. {host_of(self.address)} {quote(words)}. The job "
                f"was {self.address}. The ADQL was: {self._adql}",
                url=self.address,
                adql=self._adql,
            )
        for found in state.results or ():
            href = str(found.href or "").strip()
            if href and (found.id_ == "result" or href.endswith("results/result")):
                return safe_target(self.address, href, "points for the result of a job")
        raise self._error("has ended without a result.")

    def _words_of_error(self) -> str:
        """Ask for the error document of a job whose state does not say what is wrong."""
        url = f"{self.address}/error"
        try:
            with self._transport.fetch(
                "GET", url, deadline=self._deadline, home=self._home
            ) as body:
                return words_of(body.whole())
        except CscError as error:
            log.debug(f"The job {self.address} has no error document: {error}")
            return ""

    def delete(self) -> None:
        """Delete the job; a failure to do so is no reason to lose its result."""
        deadline = Deadline(min(self._transport.timeout, _DELETE_SECONDS))
        try:
            self._transport.once("DELETE", self.address, deadline=deadline, home=self._home).close()
        except CscError as error:
            log.debug(f"The job {self.address} could not be deleted: {error}")


def _read(document: bytes, url: str) -> Any:
    """Read the document of a job."""
    check_xml(document, url, "job")
    state = uws.parse_job(io.BytesIO(_TIMES.sub(b"", document)).read)
    if not state.phase:
        raise RemoteServiceError(f"The job {url} does not state its phase.", url=url)
    return state


def _words_of(state: Any) -> str:
    """Find why a job failed, on one line."""
    message = getattr(getattr(state, "errorsummary", None), "message", None)
    return " ".join(str(getattr(message, "content", None) or "").split())
