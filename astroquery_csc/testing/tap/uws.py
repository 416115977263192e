# Licensed under a 3-clause BSD style license - see LICENSE
"""/async: jobs of the Universal Worker Service, as far as TAP clients use them."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from itertools import count
from threading import Event, Lock

from astroquery_csc.exceptions import CscError
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.messages import Request, Response, see_other, text_response
from astroquery_csc.testing.tap.jobs import Job, job_document, job_list
from astroquery_csc.testing.tap.queries import Asked, QueryRunner

__all__ = ["JobService"]

#: Jobs that are remembered; the oldest is forgotten.
_KEPT = 64

#: What WAIT=-1 waits for at most, in seconds.
_LONGEST_WAIT = 60.0

_XML = "text/xml"


class JobService:
    """The asynchronous queries of one release."""

    def __init__(self, runner: QueryRunner, dialect: Dialect, halt: Event) -> None:
        self._runner = runner
        self._dialect = dialect
        self._halt = halt
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._numbers = count(1)
        self._lock = Lock()
        self._actions: Mapping[tuple[str, str], Callable[[Request, Job], Response]] = {
            ("GET", ""): self._show,
            ("POST", ""): self._change,
            ("DELETE", ""): self._delete,
            ("GET", "phase"): self._phase,
            ("POST", "phase"): self._set_phase,
            ("POST", "destruction"): self._set_destruction,
            ("POST", "executionduration"): self._set_duration,
            ("POST", "parameters"): self._set_parameters,
            ("GET", "error"): self._error,
            ("GET", "results/result"): self._result,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request under ``/async``."""
        key, _, rest = request.path.partition("/")[2].partition("/")
        if not key:
            return self._create(request) if request.method == "POST" else self._list(request)
        with self._lock:
            job = self._jobs.get(key)
        if job is None:
            return text_response(404, f"No job {key}")
        action = self._actions.get((request.method, rest))
        if action is not None:
            return action(request, job)
        text = job.parts().get(rest) if request.method == "GET" else None
        return text_response(404, f"Nothing is at {rest}") if text is None else _part(text)

    def _create(self, request: Request) -> Response:
        """Make a job; PHASE=RUN starts it at once."""
        with self._lock:
            job = Job(f"j{next(self._numbers)}", Asked(request.params, request.files))
            self._jobs[job.key] = job
            while len(self._jobs) > _KEPT:
                self._jobs.popitem(last=False)
        if request.params.get("PHASE", "").upper() == "RUN":
            self._run(job)
        return self._to_job(request, job)

    def _run(self, job: Job) -> None:
        """Run the query of a job; its end shows when the dialect says so."""
        try:
            form, answer = self._runner.form(job.asked.params), self._runner.run(job.asked)
        except CscError as error:
            job.start(self._dialect, message=str(error))
            return
        if answer is None:
            job.start(self._dialect, message="Connection to the database was lost")
            return
        job.start(self._dialect, answer=answer, form=form)

    def _to_job(self, request: Request, job: Job) -> Response:
        """Send the client to a job."""
        return see_other(self._place(request, f"async/{job.key}"))

    def _place(self, request: Request, path: str) -> str:
        """Put an address as the dialect does, but always as one that can be followed."""
        whole = f"{request.base}/{path}"
        is_whole = self._dialect.redirect in ("absolute", "none")
        return whole if is_whole else whole[len(request.root) :]

    def _list(self, request: Request) -> Response:
        """List the jobs."""
        with self._lock:
            jobs = list(self._jobs.values())
        wanted = request.params.get("PHASE")
        shown = [job for job in jobs if wanted in (None, job.phase)]
        text = job_list(shown, f"{request.base}/async", self._dialect)
        return Response(200, text.encode(), _XML)

    def _show(self, request: Request, job: Job) -> Response:
        """Show a job, after a while if the client wants to wait for its end."""
        wait = request.params.get("WAIT", "")
        if self._dialect.uws_version == "1.1" and wait.lstrip("-").isdigit():
            longest = _LONGEST_WAIT if int(wait) < 0 else float(wait)
            self._halt.wait(min(longest, job.seconds_left()))
        job.look()
        text = job_document(job, f"{request.base}/async/{job.key}", self._dialect)
        return Response(200, text.encode(), _XML)

    def _change(self, request: Request, job: Job) -> Response:
        """ACTION=DELETE, or parameters as with /parameters."""
        if request.params.get("ACTION", "").upper() == "DELETE":
            return self._delete(request, job)
        return self._set_parameters(request, job)

    def _delete(self, request: Request, job: Job) -> Response:
        """Forget a job."""
        with self._lock:
            self._jobs.pop(job.key, None)
        return see_other(self._place(request, "async"))

    def _phase(self, _request: Request, job: Job) -> Response:
        """Tell the phase."""
        job.look()
        return _part(job.phase)

    def _set_phase(self, request: Request, job: Job) -> Response:
        """Start or stop a job."""
        wanted = request.params.get("PHASE", "").upper()
        if wanted == "RUN" and job.phase == "PENDING":
            self._run(job)
        elif wanted == "ABORT":
            job.abort()
        else:
            return text_response(400, f"PHASE={wanted} does not fit a job that is {job.phase}")
        return self._to_job(request, job)

    def _set_destruction(self, request: Request, job: Job) -> Response:
        """Change when a job will be forgotten."""
        job.destruction = request.params.get("DESTRUCTION", job.destruction)
        return self._to_job(request, job)

    def _set_duration(self, request: Request, job: Job) -> Response:
        """Change how long a job may take."""
        text = request.params.get("EXECUTIONDURATION", "")
        if not text.isdigit():
            return text_response(400, f"EXECUTIONDURATION has to be whole seconds, not {text}")
        job.duration_seconds = int(text)
        return self._to_job(request, job)

    def _set_parameters(self, request: Request, job: Job) -> Response:
        """Change parameters before a job runs."""
        if job.phase != "PENDING":
            return text_response(403, f"The job is {job.phase}")
        merged = {**job.asked.params, **request.params}
        job.asked = Asked(merged, {**job.asked.files, **request.files})
        return self._to_job(request, job)

    def _error(self, _request: Request, job: Job) -> Response:
        """Give the error of a job as a document."""
        if job.phase != "ERROR":
            return text_response(404, "No error")
        return self._runner.refuse(job.message)

    def _result(self, _request: Request, job: Job) -> Response:
        """Give the table of a job."""
        if job.phase != "COMPLETED" or job.answer is None:
            return text_response(404, f"No result: the job is {job.phase}")
        return self._runner.write(job.answer, job.form)


def _part(text: str) -> Response:
    """Give one part of a job as XML or as a bare word."""
    if text.startswith("<"):
        return Response(200, text.encode(), _XML)
    return Response(200, text.encode(), "text/plain")
