# Licensed under a 3-clause BSD style license - see LICENSE
"""VOTables in the archive's shape, in pieces, so that a large answer is never held as one text."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from astropy.table import Table

from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.tap.ivoa import Field
from astroquery_csc.testing.write.cells import make_cell_writers, row_chunks

__all__ = ["NULL_INT", "write_error", "write_scs_error", "write_votable"]

#: What stands for a null integer.
NULL_INT = "-2147483648"

_XSI = "http://www.w3.org/2001/XMLSchema-instance"

#: Digits that a reader should show, by unit.
_PRECISION = {"arcsec": "F2", "": "F4"}

_CODING = '<?xml version="1.0" encoding="UTF-8"?>\n'


def write_votable(
    table: Table,
    fields: Sequence[Field],
    dialect: Dialect,
    *,
    description: str = "",
    overflow: bool = False,
) -> Iterator[bytes]:
    """Write a table as a VOTable with TABLEDATA."""
    tag = dialect.namespace_prefix + ":" if dialect.namespace_prefix else ""
    yield _head(tag, fields, dialect, description).encode()
    null = NULL_INT if dialect.null_ints == "values" else ""
    writers = make_cell_writers(table, dialect, escape=escape, null="", null_int=null)
    between, row = f"</{tag}TD><{tag}TD>", f"<{tag}TR><{tag}TD>%s</{tag}TD></{tag}TR>\n"
    for rows in row_chunks(writers, len(table)):
        yield "".join([row % between.join(cells) for cells in rows]).encode()
    yield _tail(tag, overflow=overflow).encode()


def write_error(message: str, dialect: Dialect) -> bytes:
    """Write the VOTable of a refused query."""
    tag = dialect.namespace_prefix + ":" if dialect.namespace_prefix else ""
    return (
        f"{_root(tag, dialect)}{_resource(tag, dialect)}"
        f'<{tag}INFO name="QUERY_STATUS" value="ERROR">{escape(message)}</{tag}INFO>\n'
        f"</{tag}RESOURCE>\n</{tag}VOTABLE>\n"
    ).encode()


def write_scs_error(message: str, dialect: Dialect) -> bytes:
    """Write the VOTable of a refused cone search: an INFO or a PARAM named Error."""
    tag = dialect.namespace_prefix + ":" if dialect.namespace_prefix else ""
    value = f'ID="Error" name="Error" value={quoteattr(message)}'
    if dialect.cone_error == "PARAM":
        param = f'<{tag}PARAM {value} datatype="char" arraysize="*"/>'
        body = f"{_resource(tag, dialect)}{param}\n</{tag}RESOURCE>\n"
    else:
        body = f"<{tag}INFO {value}/>\n{_resource(tag, dialect)}</{tag}RESOURCE>\n"
    return f"{_root(tag, dialect)}{body}</{tag}VOTABLE>\n".encode()


def _root(tag: str, dialect: Dialect) -> str:
    """Open the document."""
    version = dialect.votable_version
    # From 1.3 on the standard keeps the namespace of 1.3.
    space = f"http://www.ivoa.net/xml/VOTable/v{min(version, '1.3')}"
    prefix = f":{dialect.namespace_prefix}" if dialect.namespace_prefix else ""
    return (
        f'{_CODING}<{tag}VOTABLE version="{version}" xmlns:xsi="{_XSI}" xmlns{prefix}="{space}">\n'
    )


def _resource(tag: str, dialect: Dialect) -> str:
    """Open the RESOURCE."""
    return f'<{tag}RESOURCE type="results">\n' if dialect.resource_type else f"<{tag}RESOURCE>\n"


def _head(tag: str, fields: Sequence[Field], dialect: Dialect, description: str) -> str:
    """Everything before the rows."""
    described = f"<{tag}DESCRIPTION>{escape(description)}</{tag}DESCRIPTION>\n"
    return "".join(
        (
            _root(tag, dialect),
            _resource(tag, dialect),
            f'<{tag}INFO name="QUERY_STATUS" value="OK"/>\n<{tag}TABLE name="results">\n',
            described if description else "",
            *(_field(tag, number, field, dialect) for number, field in enumerate(fields)),
            f"<{tag}DATA>\n<{tag}TABLEDATA>\n",
        )
    )


def _tail(tag: str, *, overflow: bool) -> str:
    """Everything after the rows."""
    mark = f'<{tag}INFO name="QUERY_STATUS" value="OVERFLOW"/>\n' if overflow else ""
    return (
        f"</{tag}TABLEDATA>\n</{tag}DATA>\n</{tag}TABLE>\n{mark}</{tag}RESOURCE>\n</{tag}VOTABLE>\n"
    )


def _field(tag: str, number: int, field: Field, dialect: Dialect) -> str:
    """Write one FIELD."""
    attributes = {
        "ID": f"col{number}" if dialect.field_ids else "",
        "arraysize": "*" if field.datatype == "char" else "",
        "datatype": field.datatype,
        "name": field.name.upper() if dialect.column_case == "upper" else field.name,
        "precision": _precision(field) if dialect.precision else "",
        "ucd": field.ucd,
        "unit": field.unit,
        "utype": field.utype,
        "xtype": field.xtype,
    }
    words = "".join(f" {name}={quoteattr(text)}" for name, text in attributes.items() if text)
    inside = f"<{tag}DESCRIPTION>{escape(field.description)}</{tag}DESCRIPTION>\n"
    if field.datatype == "int" and dialect.null_ints != "undeclared":
        inside += f'<{tag}VALUES null="{NULL_INT}"/>\n'
    return f"<{tag}FIELD{words}>\n{inside}</{tag}FIELD>\n"


def _precision(field: Field) -> str:
    """Digits to show; positions have none."""
    if field.datatype != "double" or field.name in ("ra", "dec"):
        return ""
    return _PRECISION.get(field.unit, "E4")
