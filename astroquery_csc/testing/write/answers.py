# Licensed under a 3-clause BSD style license - see LICENSE
"""Answers and refusals as HTTP responses, in the dialect's forms."""

from xml.sax.saxutils import escape

from astroquery_csc.backend import Answer
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.messages import Response, text_response
from astroquery_csc.testing.write.describe import describe_table
from astroquery_csc.testing.write.text import write_csv, write_text
from astroquery_csc.testing.write.votable import write_error, write_scs_error, write_votable

__all__ = ["answer_response", "error_response", "scs_error_response"]


def answer_response(
    answer: Answer,
    dialect: Dialect,
    *,
    release: str,
    note: str,
    form: str = "votable",
    cone: bool = False,
) -> Response:
    """Write an answer in the form that was asked for."""
    table = answer.table
    if form == "csv":
        return Response(200, write_csv(table, dialect), "text/csv")
    fields = describe_table(table, dialect, release=release, cone=cone)
    if form == "text":
        return Response(200, write_text(table, fields, dialect), "text/plain")
    overflow = answer.overflow and dialect.overflow == "marked"
    pieces = write_votable(table, fields, dialect, description=note, overflow=overflow)
    return Response(200, pieces, dialect.votable_mime)


def error_response(message: str, dialect: Dialect) -> Response:
    """Write a refusal of TAP in the dialect's form."""
    if dialect.error_form == "500-html":
        return _html_error(message)
    if dialect.error_form == "500-text":
        return text_response(500, message)
    return Response(int(dialect.error_form), write_error(message, dialect), dialect.votable_mime)


def scs_error_response(message: str, dialect: Dialect) -> Response:
    """Write a refusal of a cone search in the dialect's form."""
    if dialect.cone_error == "500-html":
        return _html_error(message)
    status = 400 if dialect.cone_error == "400" else 200
    return Response(status, write_scs_error(message, dialect), dialect.votable_mime)


def _html_error(message: str) -> Response:
    """Write the page that a servlet engine makes of an exception."""
    text = escape(message)
    page = (
        "<!DOCTYPE html><html><head><title>HTTP Status 500</title></head><body>"
        f"<h1>HTTP Status 500</h1><p>{text}</p></body></html>\n"
    )
    return Response(500, page.encode(), "text/html; charset=utf-8")
