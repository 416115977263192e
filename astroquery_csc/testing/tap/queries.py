# Licensed under a 3-clause BSD style license - see LICENSE
"""Parameters of TAP into a query, the query into an answer: what /sync and /async share."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from astropy.table import MaskedColumn, Table

from astroquery_csc.backend import Answer, Query
from astroquery_csc.catalogue.releases import Release
from astroquery_csc.exceptions import CscError, InvalidQueryError
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.holdings import Holdings
from astroquery_csc.testing.messages import DROP, Params, Response
from astroquery_csc.testing.tap.constructs import longest_in_list, read_adql, refusal
from astroquery_csc.testing.write.answers import answer_response, error_response
from astroquery_csc.votable import reader as votable

__all__ = ["Asked", "QueryRunner"]

_FORMS = {
    "": "votable",
    "votable": "votable",
    "votable/td": "votable",
    "text/xml": "votable",
    "application/x-votable+xml": "votable",
    "text": "text",
    "text/plain": "text",
    "csv": "csv",
    "text/csv": "csv",
}

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a query: its parameters and the files that came along."""

    params: Params
    files: Files


class QueryRunner:
    """Answers the queries on one release."""

    def __init__(self, release: Release, holdings: Holdings, dialect: Dialect) -> None:
        self._release = release
        self._holdings = holdings
        self._dialect = dialect

    def respond(self, asked: Asked) -> Response:
        """Answer a request, whatever is wrong with it."""
        try:
            form = self.form(asked.params)
            answer = self.run(asked)
        except CscError as error:
            return self.refuse(str(error))
        return DROP if answer is None else self.write(answer, form)

    def write(self, answer: Answer, form: str) -> Response:
        """Write an answer."""
        return answer_response(
            answer,
            self._dialect,
            release=self._release.name,
            note=self._holdings.note,
            form=form,
        )

    def refuse(self, message: str) -> Response:
        """Write a refusal."""
        return error_response(message, self._dialect)

    def form(self, params: Params) -> str:
        """Read FORMAT, and RESPONSEFORMAT where it is known."""
        text = params.get("FORMAT", "")
        if self._dialect.responseformat:
            text = params.get("RESPONSEFORMAT", text)
        form = _FORMS.get(text.partition(";")[0].strip().lower())
        if form is None or (form == "csv" and self._dialect.csv == "error"):
            raise InvalidQueryError(f"Unsupported format: {text}")
        return self._dialect.csv if form == "csv" else form

    def run(self, asked: Asked) -> Answer | None:
        """Run the query of a request."""
        query = self._read_query(asked)
        backend = self._holdings.backend(self._release)
        tree = read_adql(query.adql)
        if tree is not None:
            longest = self._dialect.max_in_list
            if longest is not None and longest_in_list(tree) > longest:
                return None
            refused = refusal(tree, self._dialect, self._holdings.flags(self._release))
            if refused:
                raise InvalidQueryError(refused)
        return backend.run(query)

    def _read_query(self, asked: Asked) -> Query:
        """Check the parameters that TAP asks for."""
        params = asked.params
        if params.get("REQUEST", "").lower() != "doquery":
            raise InvalidQueryError(f"REQUEST has to be doQuery, not [{params.get('REQUEST', '')}]")
        if not params.get("LANG", "").upper().startswith("ADQL"):
            raise InvalidQueryError(f"LANG has to be ADQL, not [{params.get('LANG', '')}]")
        if not params.get("QUERY", "").strip():
            raise InvalidQueryError("Missing required parameter: QUERY")
        return Query(params["QUERY"], maxrec=self._limit(params), uploads=self._uploads(asked))

    def _limit(self, params: Params) -> int:
        """Rows that this answer may have."""
        limit, text = self._dialect.default_maxrec, params.get("MAXREC", "").strip()
        if text and self._dialect.maxrec_honoured:
            if not text.isdigit():
                raise InvalidQueryError(f"Invalid MAXREC: {text}")
            limit = int(text)
        hard = self._dialect.hard_limit
        return hard if limit is None else min(limit, hard)

    def _uploads(self, asked: Asked) -> dict[str, Table]:
        """Read the tables of UPLOAD: ``name,param:part`` pairs with semicolons between."""
        text = asked.params.get("UPLOAD", "").strip()
        if not text:
            return {}
        if not self._dialect.upload:
            raise InvalidQueryError("UPLOAD is not supported")
        pairs = (pair.partition(",") for pair in text.split(";") if pair.strip())
        return {name.strip(): _read_upload(uri.strip(), asked.files) for name, _, uri in pairs}


def _read_upload(uri: str, files: Files) -> Table:
    """Read one uploaded table; nothing is fetched from anywhere."""
    part = uri.removeprefix("param:")
    if part not in files:
        raise InvalidQueryError(f"UPLOAD takes param:NAME of a part that is sent along, not {uri}")
    table = votable.read(io.BytesIO(files[part])).table
    if table is None:
        raise InvalidQueryError(f"UPLOAD {uri} holds no table")
    for name in table.colnames:
        if table[name].dtype.kind == "O":
            table[name] = _as_strings(table[name])
    return table


def _as_strings(column: MaskedColumn) -> MaskedColumn:
    """Give a column of Python strings a width; its description stays."""
    texts = np.ma.asarray(column)
    return MaskedColumn(
        texts.filled("").astype(str),
        mask=np.ma.getmaskarray(texts),
        description=column.description,
        meta=column.meta,
    )
