# Licensed under a 3-clause BSD style license - see LICENSE
"""VOSI documents: what the service holds, can do, and that it is up."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from astropy.table import Table

from astroquery_csc.catalogue.releases import Release
from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.tap.ivoa import Field, listed_name
from astroquery_csc.testing.tap.schema import (
    Reference,
    is_principal,
    references,
)
from astroquery_csc.testing.write.describe import describe

__all__ = ["availability", "capabilities", "tableset"]

_CODING = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_VOD = 'xmlns:vod="http://www.ivoa.net/xml/VODataService/v1.1"'
_TAP_REGEXT = "ivo://ivoa.net/std/TAPRegExt"


def availability() -> str:
    """Write the document that says the service is up."""
    return (
        f"{_CODING}"
        '<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">\n'
        "<vosi:available>true</vosi:available>\n"
        "<vosi:note>Test service on this computer.</vosi:note>\n"
        "</vosi:availability>\n"
    )


def tableset(tables: Mapping[str, Table], dialect: Dialect, release: Release) -> str:
    """Write the document that describes every table and column."""
    schemas: dict[str, list[str]] = {}
    keys = references(tables)
    for full, table in tables.items():
        schema, _, bare = full.partition(".")
        schema = dialect.tap_schema_name if schema == "TAP_SCHEMA" else schema
        text = _table(schema, bare, table, dialect, release)
        text += "".join(_foreign_key(key) for key in keys if key.source == full)
        schemas.setdefault(schema, []).append(text + "</table>\n")
    body = "".join(
        f"<schema>\n<name>{schema}</name>\n{''.join(texts)}</schema>\n"
        for schema, texts in schemas.items()
    )
    return (
        f'{_CODING}<vosi:tableset xmlns:vosi="http://www.ivoa.net/xml/VOSITables/v1.0" '
        f"{_VOD} {_XSI}>\n{body}</vosi:tableset>\n"
    )


def _table(schema: str, bare: str, table: Table, dialect: Dialect, release: Release) -> str:
    """Describe one table, but for its foreign keys and its end."""
    words = escape(table.meta["description"])
    fields = (
        describe(table[name], dialect, release=release.name, table=bare) for name in table.colnames
    )
    return (
        f"<table>\n<name>{schema}.{bare}</name>\n"
        f"<description>{words}</description>\n"
        f"{_utype(table)}{''.join(map(_column, fields))}"
    )


def _utype(table: Table) -> str:
    """Write the utype of a table, if it has one."""
    utype = table.meta.get("utype", "")
    return f"<utype>{escape(utype)}</utype>\n" if utype else ""


def _foreign_key(reference: Reference) -> str:
    """Describe a reference to another table."""
    pairs = "".join(
        f"<fkColumn><fromColumn>{name}</fromColumn><targetColumn>{name}</targetColumn></fkColumn>"
        for name in reference.columns
    )
    return f"<foreignKey><targetTable>{reference.target}</targetTable>{pairs}</foreignKey>\n"


def _column(field: Field) -> str:
    """Describe one column."""
    parts = (
        ("name", listed_name(field.name)),
        ("description", field.description),
        ("unit", field.unit),
        ("ucd", field.ucd),
        ("utype", field.utype),
    )
    words = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in parts if text)
    size = ' arraysize="*"' if field.datatype == "char" else ""
    datatype = f'<dataType xsi:type="vod:VOTableType"{size}>{field.datatype}</dataType>'
    flag = "<flag>indexed</flag>" if is_principal(field.name) else ""
    return f"<column>{words}{datatype}{flag}</column>\n"


def capabilities(base: str, dialect: Dialect) -> str:
    """Write the document that says what the TAP service can do."""
    resources = (
        ("VOSI#capabilities", "capabilities", True),
        ("VOSI#availability", "availability", True),
        ("VOSI#tables", "tables", dialect.tables),
    )
    vosi = "".join(
        _capability(f"ivo://ivoa.net/std/{standard}", f"{base}/{path}")
        for standard, path, there in resources
        if there
    )
    return (
        f'{_CODING}<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" '
        f'xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1" '
        f'xmlns:tr="http://www.ivoa.net/xml/TAPRegExt/v1.0" {_XSI}>\n'
        f"{_tap_capability(base, dialect)}{vosi}</vosi:capabilities>\n"
    )


def _capability(standard: str, url: str) -> str:
    """Describe one document that has a fixed address."""
    return (
        f'<capability standardID="{standard}">\n'
        f'<interface xsi:type="vs:ParamHTTP" role="std">\n'
        f'<accessURL use="full">{escape(url)}</accessURL>\n</interface>\n</capability>\n'
    )


def _tap_capability(base: str, dialect: Dialect) -> str:
    """Describe the queries."""
    upload = f'<uploadMethod ivo-id="{_TAP_REGEXT}#upload-inline"/>\n' if dialect.upload else ""
    return (
        '<capability standardID="ivo://ivoa.net/std/TAP" xsi:type="tr:TableAccess">\n'
        f'<interface xsi:type="vs:ParamHTTP" role="std">\n'
        f'<accessURL use="base">{escape(base)}</accessURL>\n</interface>\n'
        "<language>\n<name>ADQL</name>\n"
        '<version ivo-id="ivo://ivoa.net/std/ADQL#v2.0">2.0</version>\n'
        "<description>ADQL without geometry.</description>\n</language>\n"
        f"<outputFormat>\n<mime>{dialect.votable_mime}</mime>\n<alias>votable</alias>\n"
        "</outputFormat>\n"
        "<outputFormat>\n<mime>text/plain</mime>\n<alias>text</alias>\n</outputFormat>\n"
        f"{upload}{_limits(dialect)}</capability>\n"
    )


def _limits(dialect: Dialect) -> str:
    """State the limits."""
    if not dialect.stated_limits:
        return ""
    default = dialect.default_maxrec or dialect.hard_limit
    return (
        f'<outputLimit>\n<default unit="row">{default}</default>\n'
        f'<hard unit="row">{dialect.hard_limit}</hard>\n</outputLimit>\n'
    )
