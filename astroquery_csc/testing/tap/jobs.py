# Licensed under a 3-clause BSD style license - see LICENSE
"""One job: its phases, and the documents that describe jobs."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from astroquery_csc.backend import Answer
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.tap.queries import Asked

__all__ = ["Job", "job_document", "job_list"]

_CODING = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACES = (
    'xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_RETENTION = timedelta(days=1)
_ACTIVE = "EXECUTING"


def _now() -> str:
    """Write the present time as UWS does."""
    return _stamp(datetime.now(UTC))


def _stamp(moment: datetime) -> str:
    """Write a time in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _tomorrow() -> str:
    """When a job that is made now will be forgotten."""
    return _stamp(datetime.now(UTC) + _RETENTION)


@dataclass(slots=True)
class Job:
    """One job, from PENDING to its end."""

    key: str
    asked: Asked
    phase: str = "PENDING"
    answer: Answer | None = None
    form: str = "votable"
    message: str = ""
    created: str = field(default_factory=_now)
    started: str = ""
    ended: str = ""
    destruction: str = field(default_factory=_tomorrow)
    duration_seconds: int = 0
    _polls_left: int = field(default=0, init=False)
    _ready_at: float = field(default=0.0, init=False)
    _end: str = field(default="COMPLETED", init=False)

    def start(
        self,
        dialect: Dialect,
        *,
        answer: Answer | None = None,
        form: str = "votable",
        message: str = "",
    ) -> None:
        """Start: the outcome is known, but shows only when the dialect says so."""
        self.answer, self.form, self.message = answer, form, message
        self._end = "ERROR" if answer is None else dialect.async_end
        if self._end == "ERROR" and not message:
            self.message = "The job failed"
        self.started = _now()
        self.phase = _ACTIVE
        self._polls_left = dialect.async_polls
        self._ready_at = time.monotonic() + dialect.async_seconds
        self._settle()

    def look(self) -> None:
        """Count one look of the client; the job may have ended by now."""
        if self.phase == _ACTIVE:
            self._settle()
            self._polls_left -= 1

    def abort(self) -> None:
        """Stop, unless it has ended."""
        if self.phase in ("PENDING", _ACTIVE):
            self.phase, self.ended = "ABORTED", _now()

    def seconds_left(self) -> float:
        """Tell how long the job goes on."""
        return max(0.0, self._ready_at - time.monotonic()) if self.phase == _ACTIVE else 0.0

    def parts(self) -> dict[str, str]:
        """Write the parts of the job that have addresses of their own."""
        return {
            "executionduration": str(self.duration_seconds),
            "destruction": self.destruction,
            "quote": "",
            "owner": "",
            "parameters": f"{_CODING}{_parameters(self, _NAMESPACES)}",
            "results": f"{_CODING}{_results(self, 'results', _NAMESPACES)}",
        }

    def _settle(self) -> None:
        """End, if it is time."""
        if self._polls_left <= 0 and self.seconds_left() <= 0:
            self.phase, self.ended = self._end, _now()


def job_document(job: Job, url: str, dialect: Dialect) -> str:
    """Write the document of a job."""
    return (
        f"{_CODING}<uws:job {_NAMESPACES}{_version(dialect)}>\n"
        f"<uws:jobId>{job.key}</uws:jobId>\n"
        f"{_run_id(job)}"
        '<uws:ownerId xsi:nil="true"/>\n'
        f"<uws:phase>{job.phase}</uws:phase>\n"
        '<uws:quote xsi:nil="true"/>\n'
        f"{_creation(job, dialect)}"
        f"{_moment('startTime', job.started)}{_moment('endTime', job.ended)}"
        f"<uws:executionDuration>{job.duration_seconds}</uws:executionDuration>\n"
        f"{_moment('destruction', job.destruction)}"
        f"{_parameters(job)}{_results(job, f'{url}/results')}{_summary(job)}</uws:job>\n"
    )


def job_list(jobs: Iterable[Job], url: str, dialect: Dialect) -> str:
    """Write the list of jobs."""
    rows = "".join(_reference(job, url, dialect) for job in jobs)
    return f"{_CODING}<uws:jobs {_NAMESPACES}{_version(dialect)}>\n{rows}</uws:jobs>\n"


def _reference(job: Job, url: str, dialect: Dialect) -> str:
    """One line of the list of jobs."""
    return (
        f'<uws:jobref id="{job.key}" xlink:href={quoteattr(f"{url}/{job.key}")}>'
        f"<uws:phase>{job.phase}</uws:phase>{_creation(job, dialect)}</uws:jobref>\n"
    )


def _version(dialect: Dialect) -> str:
    """UWS 1.1 says its version, 1.0 has no word for it."""
    return ' version="1.1"' if dialect.uws_version == "1.1" else ""


def _creation(job: Job, dialect: Dialect) -> str:
    """UWS 1.1 tells when a job was made."""
    return _moment("creationTime", job.created) if dialect.uws_version == "1.1" else ""


def _run_id(job: Job) -> str:
    """Write the client's own name for the job."""
    run_id = job.asked.params.get("RUNID", "")
    return f"<uws:runId>{escape(run_id)}</uws:runId>\n" if run_id else ""


def _moment(tag: str, text: str) -> str:
    """Write a time, or that it is not set."""
    body = f">{escape(text)}</uws:{tag}>" if text else ' xsi:nil="true"/>'
    return f"<uws:{tag}{body}\n"


def _parameters(job: Job, namespaces: str = "") -> str:
    """Write the parameters."""
    rows = "".join(
        f"<uws:parameter id={quoteattr(name)}>{escape(value)}</uws:parameter>\n"
        for name, value in job.asked.params.items()
        if name != "PHASE"
    )
    return f"<uws:parameters{' ' if namespaces else ''}{namespaces}>\n{rows}</uws:parameters>\n"


def _results(job: Job, url: str, namespaces: str = "") -> str:
    """Write where the result is."""
    row = f'<uws:result id="result" xlink:type="simple" xlink:href={quoteattr(f"{url}/result")}/>\n'
    row = row if job.phase == "COMPLETED" else ""
    return f"<uws:results{' ' if namespaces else ''}{namespaces}>\n{row}</uws:results>\n"


def _summary(job: Job) -> str:
    """Write why there is no result."""
    if job.phase != "ERROR":
        return ""
    return (
        '<uws:errorSummary type="fatal" hasDetail="true">\n'
        f"<uws:message>{escape(job.message)}</uws:message>\n</uws:errorSummary>\n"
    )
