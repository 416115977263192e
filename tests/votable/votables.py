# Licensed under a 3-clause BSD style license - see LICENSE
"""What the tests of the VOTable reader share: invented documents, and how they are read."""

import io

import numpy as np
import pytest

from astroquery_csc.exceptions import TableParseError
from astroquery_csc.votable import reader as votable

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
STATUS = '<INFO name="QUERY_STATUS" value="{}">{}</INFO>'


def field(name, datatype, attributes="", content=""):
    """Write a FIELD."""
    return f'<FIELD name="{name}" datatype="{datatype}" {attributes}>{content}</FIELD>'


def text_field(name="text"):
    """Write a FIELD of strings of any length."""
    return field(name, "char", 'arraysize="*"')


def document(fields, *rows, version='version="1.2"', prolog=DECLARATION, before="", after=""):
    """Write a document with one table, as the service does; invented."""
    cells = "\n".join(f"<TR>{''.join(f'<TD>{cell}</TD>' for cell in row)}</TR>" for row in rows)
    return (
        f'{prolog}<VOTABLE {version} xmlns="http://www.ivoa.net/xml/VOTable/v1.2">'
        f'<RESOURCE type="results">{before}<TABLE name="results">{fields}'
        f"<DATA><TABLEDATA>{cells}</TABLEDATA></DATA></TABLE>{after}</RESOURCE></VOTABLE>"
    )


def wrapped(content, version="1.2"):
    """Write a document with anything in it."""
    return f'{DECLARATION}<VOTABLE version="{version}">{content}</VOTABLE>'


def as_bytes(text):
    """Encode a document, unless it is bytes."""
    return text if isinstance(text, bytes) else text.encode()


def read(text):
    """Read a document from memory."""
    return votable.read(io.BytesIO(as_bytes(text)))


def rows(text):
    """Read a document that has to have a table, as lists; None where a cell is masked."""
    found = read(text)
    assert found.error is None
    return cells(found.table)


def cells(table):
    """Give the cells of a table as Python's values: blanks stripped, None where there is none."""
    columns = [np.ma.array(column).tolist() for column in table.itercols()]
    return [[plain(cell) for cell in row] for row in zip(*columns, strict=True)]


def plain(cell):
    """Strip a string; nothing but blanks is nothing."""
    return (cell.strip() or None) if isinstance(cell, str) else cell


def outcome(text):
    """Read a document, and say what came: its rows, its error, or the message of ours."""
    try:
        found = read(text)
    except TableParseError as error:
        return error
    return found.error if found.table is None else cells(found.table)


class Trickle:
    """A source that gives its bytes in pieces of given sizes, then one by one."""

    def __init__(self, text, sizes=()):
        self._stream = io.BytesIO(as_bytes(text))
        self._sizes = iter(sizes)

    @property
    def taken(self):
        """Number of bytes given so far."""
        return self._stream.tell()

    def read(self, size=-1, /):
        """Give the next piece, however much is asked for."""
        return self._stream.read(next(self._sizes, 1))


def refused(text):
    """Read a document that has to be refused, and give the message."""
    with pytest.raises(TableParseError) as caught:
        read(text)
    return str(caught.value)
