# Licensed under a 3-clause BSD style license - see LICENSE
"""Questions about asynchronous jobs."""

import re
import time
from urllib.parse import urljoin

import requests

from tests.remote.answers import known_rows
from tests.remote.site import TIMEOUT, Finding, Site, UnansweredError, asks, reading_of

__all__ = [
    "job",
    "job_error",
]

_DONE = ("COMPLETED", "ERROR", "ABORTED")

#: Seconds between two looks, and looks at most.
_PAUSE, _LOOKS = 0.5, 120


def start(site: Site, query: str) -> tuple[requests.Response, str]:
    """Create a job and let it run; give the answer to its creation, and its address."""
    data = {"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": "votable", "QUERY": query}
    root = f"{site.root}{site.release.tap}/async"
    made = site.http.post(root, data=data, allow_redirects=False, timeout=TIMEOUT)
    if not made.headers.get("Location"):
        raise UnansweredError(f"no job: status {made.status_code}: {made.text[:200]!r}")
    url = urljoin(root, made.headers.get("Location", ""))
    site.http.post(f"{url}/phase", data={"PHASE": "RUN"}, timeout=TIMEOUT)
    return made, url


def phases_of(site: Site, url: str) -> list[str]:
    """Look at a job until it ends."""
    seen: list[str] = []
    for _ in range(_LOOKS):
        seen.append(site.http.get(f"{url}/phase", timeout=TIMEOUT).text.strip())
        if seen[-1] in _DONE:
            break
        time.sleep(_PAUSE)
    return seen


@asks("asynchronous jobs: version, phases, how long", "uws_version")
def job(site: Site) -> Finding:
    """Run a small query as a job, read it, delete it."""
    began = time.monotonic()
    made, url = start(site, known_rows(site))
    phases = phases_of(site, url)
    document = site.http.get(url, timeout=TIMEOUT)
    version = re.search(r"""<(?:\w+:)?job\b[^>]*\bversion=["']([\d.]+)""", document.text)
    result = site.http.get(f"{url}/results/result", timeout=TIMEOUT)
    reading_of(result)
    gone = site.http.delete(url, allow_redirects=False, timeout=TIMEOUT)
    words = (
        f"created with {made.status_code}, Location {made.headers.get('Location')}; "
        f"{' '.join(dict.fromkeys(phases))} after {len(phases)} looks, "
        f"{time.monotonic() - began:.1f} s; result {result.status_code}; "
        f"deleted with {gone.status_code}"
    )
    return Finding(words, {"uws_version": version.group(1) if version else "1.0"}, document.content)


@asks("a job whose query is wrong: where its words are")
def job_error(site: Site) -> Finding:
    """Run a wrong query as a job, and read its error."""
    _, url = start(site, f"SELECT m.nonsense FROM {site.schema}.master_source m")
    phases = phases_of(site, url)
    document = site.http.get(url, timeout=TIMEOUT)
    error = site.http.get(f"{url}/error", timeout=TIMEOUT)
    site.http.delete(url, allow_redirects=False, timeout=TIMEOUT)
    if phases[-1] != "ERROR":
        raise UnansweredError(f"a job with a wrong query is {phases[-1]!r}")
    said = re.search(r"<(?:\w+:)?message>(.*?)</", document.text, re.DOTALL)
    words = (
        f"{phases[-1]}; in the job: {said.group(1) if said else 'nothing'}; "
        f"/error: status {error.status_code}, {error.text[:100]}"
    )
    return Finding(words, raw=document.content + b"\n\n" + error.content)
