# Licensed under a 3-clause BSD style license - see LICENSE
"""
The services that CIAO uses: lists of files, files, archives of files, and ADQL on bare names.

Reconstructed from the code of CIAO's search_csc and from the pages of the CXC; the contents of
the files are invented.
"""

import gzip
import io
import json
import tarfile
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache
from random import Random
from threading import Event, Lock

from astroquery_csc.catalogue.releases import RELEASES, Release
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.files.archive import ArchiveFile, FileHoldings
from astroquery_csc.testing.files.faults import faulty, good
from astroquery_csc.testing.files.fits import make_file
from astroquery_csc.testing.files.properties import properties
from astroquery_csc.testing.files.ranges import ranged
from astroquery_csc.testing.holdings import SYNTHETIC, Holdings
from astroquery_csc.testing.messages import Params, Request, Response, text_response

__all__ = ["PREFIX", "CsccliService", "FileStore"]

PREFIX = "/csccli"
_FILE = "retrieveFile"

#: Longest address that is answered; servlet engines have such limits.
_LONGEST_QUERY = 8000
_ORDER_SEED = 3


class FileStore:
    """The files of every release, which are looked up once they are asked for."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._made: dict[str, FileHoldings] = {}
        self._lock = Lock()

    def of(self, release: Release) -> FileHoldings:
        """Give the files of a release."""
        if self._holdings.note == SYNTHETIC:
            return _built_in(release)
        with self._lock:
            if release.name not in self._made:
                tables = self._holdings.tables(release)
                self._made[release.name] = FileHoldings(tables, release)
            return self._made[release.name]


@lru_cache(maxsize=8)
def _built_in(release: Release) -> FileHoldings:
    """Give the files of the built-in sky, which are looked up once for all servers."""
    return FileHoldings(Holdings(Dialect()).tables(release), release)


class CsccliService:
    """``browse``, ``retrieveFile``, ``retrieve`` and ``getProperties`` of every release."""

    def __init__(self, files: FileStore, holdings: Holdings, dialect: Dialect, halt: Event) -> None:
        self._files = files
        self._holdings = holdings
        self._dialect = dialect
        self._halt = halt
        self._asked: Counter[str] = Counter()
        self._lock = Lock()
        self._resources: Mapping[str, Callable[[Params, Release], Response]] = {
            "browse": self._browse,
            "retrieve": self._package,
            "getProperties": self._properties,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request under the service's path."""
        self._halt.wait(self._dialect.delay_seconds)
        resource = self._resources.get(request.path)
        release = _release(request.params.get("VERSION", ""))
        if resource is None and request.path != _FILE:
            return text_response(404, f"Nothing is here: {request.path}")
        if release is None:
            return text_response(400, f"version {request.params.get('VERSION')} is not known")
        if len(request.query) > _LONGEST_QUERY:
            return text_response(414, "Request-URI Too Long")
        if resource is None:
            return self._file(request, release)
        return resource(request.params, release)

    def _listed(self, params: Params, release: Release) -> list[ArchiveFile]:
        """Find the files of a set of packages, each once."""
        files = self._files.of(release)
        specs = filter(None, params.get("PACKAGESET", "").split(","))
        found = {file.filename: file for spec in specs for file in files.browse(spec)}
        return list(found.values())

    def _browse(self, params: Params, release: Release) -> Response:
        """List files."""
        listed = [
            {
                "productId": number,
                "filetype": file.kind.filetype,
                "filename": self._name(file),
            }
            for number, file in enumerate(self._listed(params, release), 1)
        ]
        if self._dialect.browse_order == "shuffled":
            Random(_ORDER_SEED).shuffle(listed)  # noqa: S311 - an order, not a secret
        return Response(200, json.dumps(listed).encode(), "application/json")

    def _name(self, file: ArchiveFile) -> str:
        """Name a file, or do worse."""
        hostile = self._fault(file.filename) == "hostile name"
        return f"../../{file.filename}" if hostile else file.filename

    def _fault(self, filename: str) -> str:
        """Find what is wrong with a file."""
        faults = (fault for part, fault in self._dialect.file_faults if part in filename)
        return next(faults, "")

    def _file(self, request: Request, release: Release) -> Response:
        """Send one file, or a part of it."""
        filename = request.params.get("FILENAME", "")
        filetype = request.params.get("FILETYPE", "")
        file = self._files.of(release).find(filename, filetype)
        if file is None:
            return text_response(404, f"File not found: {filename}")
        with self._lock:
            self._asked[filename] += 1
            asked_before = self._asked[filename] > 1
        fault, data = self._fault(filename), make_file(file)
        if fault:
            response = faulty(data, fault, self._halt, asked_before=asked_before)
        else:
            response = good(data, self._dialect.file_coding)
        if self._dialect.file_ranges == "none" or response.status != 200:
            return response
        return ranged(response, data, request.headers, self._dialect.file_ranges)

    def _package(self, params: Params, release: Release) -> Response:
        """Send several files in one archive, with one folder."""
        files = self._listed(params, release)
        if not files:
            return text_response(404, "No files found")
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as package:
            for file in files:
                data = gzip.compress(make_file(file), mtime=0)
                member = tarfile.TarInfo(f"package/{file.filename}.gz")
                member.size = len(data)
                package.addfile(member, io.BytesIO(data))
        return Response(200, stream.getvalue(), "application/x-tar")

    def _properties(self, params: Params, release: Release) -> Response:
        """Answer ADQL."""
        return properties(params, release, self._holdings, self._dialect)


def _release(version: str) -> Release | None:
    """Find the release that csccli calls so; the default one without a name."""
    wanted = version or RELEASES["2.1"].csccli
    return next((release for release in RELEASES.values() if release.csccli == wanted), None)
