# Licensed under a 3-clause BSD style license - see LICENSE
"""Where questions go, what an answer is, and the page on which answers are written down."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import requests

from astroquery_csc.catalogue.releases import RELEASES, Release
from tests.remote.polite import Meter, be_polite

#: Seconds without a word after which a question is given up.
TIMEOUT = 300

#: So much of an answer is kept beside the page.
RAW_BYTES = 2_000_000

#: Seconds between two requests to a service that is not on this computer.
PAUSE_SECONDS = 0.5

#: The status of a service that is busy, closed or away, whatever it was asked.
_NO_ANSWER = frozenset({401, 403, 407, 408, 429, 502, 503, 504})

#: A source in the notebook's cone.
KNOWN = "2CXO J032912.9+311814"


class UnansweredError(AssertionError):
    """What came says nothing about the question: a page of maintenance, for example."""


@dataclass
class Site:
    """
    The services of one archive.

    Parameters
    ----------
    root : str
        Root of the services.
    http : requests.Session
        Sends.
    release : Release
        The release that is asked.
    meter : Meter
        Counts the requests.
    """

    root: str
    http: requests.Session
    release: Release = field(default_factory=lambda: RELEASES["2.1"])
    meter: Meter = field(default_factory=Meter)

    @property
    def is_here(self) -> bool:
        """Whether the services are on this computer."""
        return is_loopback(self.root)

    @property
    def schema(self) -> str:
        """What stands before the tables."""
        return self.release.schema

    def get(self, path: str, **arguments: Any) -> requests.Response:
        """Send a GET to a path under the root."""
        return self.http.get(self.root + path, timeout=TIMEOUT, **arguments)

    def tap(self, path: str = "", **arguments: Any) -> requests.Response:
        """Send a GET to the TAP service."""
        return self.get(self.release.tap + path, **arguments)

    def cone(self, ra: object, dec: object, sr: object, **params: object) -> requests.Response:
        """Search a cone."""
        where = {"RA": ra, "DEC": dec, "SR": sr, **params}
        return self.get(self.release.cone, params={k: str(v) for k, v in where.items()})

    def sync(self, query: str, *, follow: bool = True, **params: Any) -> requests.Response:
        """Send a query; ``files`` and ``stream`` are requests' own, all else goes into the form."""
        own = {key: params.pop(key) for key in ("files", "stream") if key in params}
        data = {"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": "votable", "QUERY": query}
        data = {key: value for key, value in {**data, **params}.items() if value is not None}
        url = f"{self.root}{self.release.tap}/sync"
        return self.http.post(url, data=data, allow_redirects=follow, timeout=TIMEOUT, **own)

    def table(self, query: str, **params: Any) -> "Reading":
        """Send a query that has to be answered with a table."""
        return reading_of(self.sync(query, **params))

    def accepts(self, query: str) -> bool:
        """Tell whether a query is answered with a table; a refusal has to be one."""
        try:
            answer = self.sync(query)
        except requests.ConnectionError:
            self.control()
            return False
        if answer.ok and Reading(answer.content).is_table:
            return True
        self.check_refusal(answer)
        return False

    def check_refusal(self, answer: requests.Response, *, missing: bool = False) -> None:
        """Believe a refusal only from a service that answers a good query right after it."""
        if answer.status_code in _NO_ANSWER or (answer.status_code == 404 and not missing):
            raise UnansweredError(f"status {answer.status_code}, for {answer.request.url}")
        self.control()

    def control(self) -> None:
        """Look a known source up, in the plainest ADQL; no other answer is that of the service."""
        query = f"SELECT m.name FROM {self.schema}.master_source m WHERE m.name = '{KNOWN}'"
        if [name.strip() for name in self.table(query).cells("name")] != [KNOWN]:
            raise UnansweredError(f"{KNOWN} was not found")


class Reading:
    """
    A VOTable as it was sent: its elements, whatever their namespace.

    Parameters
    ----------
    body : bytes
        The document; anything else has no elements.
    """

    def __init__(self, body: bytes) -> None:
        self.text = body.decode("utf-8", "replace")
        try:
            self._root: ET.Element | None = ET.fromstring(body)
        except ET.ParseError:
            self._root = None

    def all(self, name: str) -> list[ET.Element]:
        """List the elements of a name."""
        found = [] if self._root is None else list(self._root.iter())
        return [item for item in found if item.tag.rpartition("}")[2] == name]

    @property
    def is_table(self) -> bool:
        """Whether there is a table, and no word of an error."""
        errors = [item for item in self.all("INFO") if item.get("name") == "Error"]
        return bool(self.all("TABLE")) and not errors and "ERROR" not in self.statuses

    @property
    def statuses(self) -> list[str]:
        """Values of every QUERY_STATUS."""
        return [
            item.get("value", "").upper()
            for item in self.all("INFO")
            if item.get("name") == "QUERY_STATUS"
        ]

    def field(self, name: str) -> ET.Element:
        """Find a FIELD by its name, which may be in capitals."""
        return self.all("FIELD")[self.names.index(name)]

    @property
    def names(self) -> list[str]:
        """Names of the columns, in small letters."""
        return [item.get("name", "").lower() for item in self.all("FIELD")]

    def cells(self, name: str) -> list[str]:
        """List the texts of a column, blanks included."""
        place = self.names.index(name)
        return [list(row)[place].text or "" for row in self.all("TR")]


def reading_of(answer: requests.Response) -> Reading:
    """Read an answer that has to be a table."""
    reading = Reading(answer.content)
    if not (answer.ok and reading.is_table):
        raise UnansweredError(f"status {answer.status_code}: {answer.text[:200]!r}")
    return reading


def is_loopback(root: str) -> bool:
    """Tell whether an address is of this computer."""
    return urlsplit(root).hostname in {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Finding:
    """
    What was seen.

    Parameters
    ----------
    words : str
        On one line.
    settings : dict
        What it means for the test service: settings of switches of its dialect.
    raw : bytes
        The answer as it came, which can become a fixture.
    """

    words: str
    settings: dict[str, Any] = field(default_factory=dict)
    raw: bytes = b""


@dataclass(frozen=True)
class Question:
    """
    One question.

    Parameters
    ----------
    name : str
        Short, for a file name.
    text : str
        The behaviour.
    switches : tuple of str
        Switches of the dialect that an answer can set.
    look : callable
        Looks at a `Site`, gives a `Finding`.
    """

    name: str
    text: str
    switches: tuple[str, ...]
    look: Callable[[Site], Finding]


#: Every question, by its name.
QUESTIONS: dict[str, Question] = {}

Look = Callable[[Site], Finding]


def asks(text: str, *switches: str) -> Callable[[Look], Look]:
    """Make a function a question: it looks at a site, and gives what it found."""

    def register(look: Look) -> Look:
        """Remember the question."""
        name = look.__name__.replace("_", "-")
        QUESTIONS[name] = Question(name, text, switches, look)
        return look

    return register


@contextmanager
def visit(root: str) -> Iterator[Site]:
    """Open a session to the services under a root."""
    meter = Meter(0.0 if is_loopback(root) else PAUSE_SECONDS)
    with requests.Session() as http:
        http.headers["User-Agent"] = f"{http.headers['User-Agent']!s} astroquery_csc-tests"
        be_polite(http, meter)
        yield Site(root.rstrip("/"), http, meter=meter)


class Page:
    """
    The page of answers: rows that fit into the tables of ``docs/develop/service.rst``.

    Parameters
    ----------
    path : Path
        The file; raw answers go into a folder beside it.
    root : str
        Whom the questions were put to.
    """

    HEAD = (
        "{title}\n{line}\n\n"
        ".. list-table::\n   :header-rows: 1\n   :widths: 34 12 34 20\n\n"
        "   * - Behaviour\n     - Rating\n     - What was seen\n     - Switch\n"
    )

    def __init__(self, path: Path, root: str) -> None:
        self.path = path
        self.raw = path.with_suffix("")
        title = f"Seen at {root}"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.HEAD.format(title=title, line="=" * len(title)), encoding="utf-8")

    def close(self, words: str) -> None:
        """Write down what the run came to."""
        with self.path.open("a", encoding="utf-8") as page:
            page.write(f"\n{words}\n")

    def add(self, question: Question, finding: Finding) -> None:
        """Write one answer down, at once: a run that breaks off has lost nothing."""
        settings = ", ".join(f"``{name}={value!r}``" for name, value in finding.settings.items())
        today = datetime.now(UTC).date().isoformat()
        row = (
            f"   * - {question.text}\n     - A, {today}\n"
            f"     - ``{one_line(finding.words)}``\n     - {settings}\n"
        )
        with self.path.open("a", encoding="utf-8") as page:
            page.write(row)
        if finding.raw:
            self.raw.mkdir(exist_ok=True)
            (self.raw / f"{question.name}.raw").write_bytes(finding.raw[:RAW_BYTES])


def one_line(text: str) -> str:
    """Put words on one line without backticks, so that they stay in their cell."""
    return re.sub(r"\s+", " ", text.replace("`", "'"))[:400].strip() or "nothing"
