# Licensed under a 3-clause BSD style license - see LICENSE
"""Questions about what TAP answers: redirects, VOTables and their cells, other formats, errors."""

import re

from tests.remote.site import (
    Finding,
    Reading,
    Site,
    UnansweredError,
    asks,
    reading_of,
)

__all__ = [
    "adql_error",
    "cells",
    "csv_format",
    "fields",
    "headers",
    "known_rows",
    "location",
    "maxrec",
    "null_text",
    "padding",
    "response_format",
    "units",
    "votable",
]

#: Cells of a text answer that stand for a string of a null double.
_NULL_AT = "flux_aper_b"


def known_rows(site: Site) -> str:
    """Ask for the real sources of NGC 1333, a column of each kind, nulls among them."""
    return (
        "SELECT m.name, m.ra, m.dec, m.err_ellipse_r0, m.extent_flag, m.var_inter_index_w, "
        f"m.flux_aper_b FROM {site.schema}.master_source m WHERE m.ra BETWEEN 52.25 AND 52.34 "
        "AND m.dec BETWEEN 31.28 AND 31.34"
    )


@asks("the form of ``Location`` in the 303 of ``/sync``", "redirect")
def location(site: Site) -> Finding:
    """Send a query and look where it leads."""
    hop = site.sync(known_rows(site), follow=False)
    site.control()
    where = hop.headers.get("Location", "")
    if not (hop.is_redirect or Reading(hop.content).is_table):
        raise UnansweredError(f"status {hop.status_code}: {hop.text[:200]!r}")
    if hop.status_code == 200:
        form = "none"
    elif "://" in where:
        form = "absolute"
    else:
        form = "path" if where.startswith("/") else "relative"
    return Finding(f"status {hop.status_code}, Location: {where}", {"redirect": form})


@asks("bodies are compressed; the content type of a VOTable", "gzip", "votable_mime")
def headers(site: Site) -> Finding:
    """Look at the headers of a result."""
    answer = site.sync(known_rows(site))
    reading_of(answer)
    mime = answer.headers.get("Content-Type", "").partition(";")[0].strip()
    packed = answer.headers.get("Content-Encoding", "") == "gzip"
    said = "; ".join(f"{name}: {text}" for name, text in answer.headers.items())
    return Finding(said, {"gzip": packed, "votable_mime": mime})


@asks(
    "form of a VOTable: version, prefix, type of the RESOURCE",
    "votable_version",
    "namespace_prefix",
    "resource_type",
)
def votable(site: Site) -> Finding:
    """Look at the elements of a result."""
    answer = site.sync(known_rows(site))
    reading = reading_of(answer)
    start = re.search(r"<((?:\w+(?=:))?):?VOTABLE\b[^>]*>", reading.text)
    assert start is not None, "no VOTable came"
    version = re.search(r"""\bversion=["']([\d.]+)""", start.group())
    return Finding(
        start.group(),
        {
            "votable_version": version.group(1) if version else "",
            "namespace_prefix": start.group(1),
            "resource_type": "type" in reading.all("RESOURCE")[0].attrib,
        },
        answer.content,
    )


@asks("IDs, names and ``precision`` of FIELDs", "field_ids", "precision", "column_case")
def fields(site: Site) -> Finding:
    """Look at the attributes of the FIELDs."""
    found = [item.attrib for item in site.table(known_rows(site)).all("FIELD")]
    return Finding(
        str(found),
        {
            "field_ids": any("ID" in item for item in found),
            "precision": any("precision" in item for item in found),
            "column_case": "upper" if any(item["name"].isupper() for item in found) else "lower",
        },
    )


@asks("units of ra and dec, and how units are spelled", "ra_dec_units", "unit_spelling")
def units(site: Site) -> Finding:
    """Look at the units of the FIELDs."""
    reading = site.table(known_rows(site))
    flux = reading.field("flux_aper_b").get("unit", "").strip()
    spellings = {"erg/s/cm**2": "cda", "erg.s**-1.cm**-2": "vounit", "": "none"}
    return Finding(
        f"ra: {reading.field('ra').get('unit')}, flux_aper_b: {flux}",
        {
            "ra_dec_units": bool(reading.field("ra").get("unit", "").strip()),
            "unit_spelling": spellings.get(flux, flux),
        },
    )


@asks("how a boolean and a null integer are written", "booleans", "null_ints")
def cells(site: Site) -> Finding:
    """Look at the cells of a flag, and of an index that is null."""
    reading = site.table(known_rows(site))
    flags, index = set(reading.cells("extent_flag")), set(reading.cells("var_inter_index_w"))
    declared = any(
        child.tag.rpartition("}")[2] == "VALUES" for child in reading.field("var_inter_index_w")
    )
    forms = {"T/F": {"T", "F"}, "true/false": {"true", "false"}, "1/0": {"1", "0"}}
    form = next((name for name, texts in forms.items() if flags <= texts), str(flags))
    null = "values" if "-2147483648" in index else "empty" if declared else "undeclared"
    words = f"extent_flag: {sorted(flags)}, var_inter_index_w: {sorted(index)}, VALUES: {declared}"
    return Finding(words, {"booleans": form, "null_ints": null})


@asks("strings are padded with blanks", "string_padding")
def padding(site: Site) -> Finding:
    """Look at codes of one letter, and at words of two lengths."""
    schema = site.schema
    codes = site.table(f"SELECT TOP 20 a.match_type FROM {schema}.master_stack_assoc a")
    classes = site.table(
        f"SELECT TOP 300 m.likelihood_class FROM {schema}.master_source m WHERE m.dec > 75"
    )
    letters = set(codes.cells("match_type"))
    words = set(classes.cells("likelihood_class"))
    padded = [any(text != text.rstrip() for text in texts) for texts in (letters, words)]
    form = "all" if padded[1] else "codes" if padded[0] else "none"
    seen = f"match_type: {sorted(letters)}, likelihood_class: {sorted(words)}"
    return Finding(seen, {"string_padding": form})


@asks("the text of null in ``FORMAT=text``", "text_null")
def null_text(site: Site) -> Finding:
    """Find the source whose flux was not measured."""
    answer = site.sync(known_rows(site), FORMAT="text")
    rows = [line.split("\t") for line in answer.text.splitlines() if not line.startswith("#")]
    if not answer.ok or not rows or _NULL_AT not in rows[0]:
        raise UnansweredError(f"status {answer.status_code}: {answer.text[:200]!r}")
    place = rows[0].index(_NULL_AT)
    cell = next(row[place] for row in rows if row[0].strip() == "2CXO J032908.3+312020")
    return Finding(f"the cell is {cell!r}", {"text_null": cell.strip()}, answer.content)


@asks("what ``FORMAT=csv`` brings", "csv")
def csv_format(site: Site) -> Finding:
    """Ask for CSV."""
    answer = site.sync(known_rows(site), FORMAT="csv")
    reading = Reading(answer.content)
    if answer.ok and reading.is_table:
        form = "votable"
    elif answer.ok and answer.text.startswith("name,ra,dec"):
        form = "csv"
    else:
        site.check_refusal(answer)
        form = "error"
    return Finding(f"status {answer.status_code}: {answer.text[:100]}", {"csv": form})


@asks("``RESPONSEFORMAT`` is understood", "responseformat")
def response_format(site: Site) -> Finding:
    """Ask for text by the newer word alone."""
    answer = site.sync(known_rows(site), FORMAT=None, RESPONSEFORMAT="text")
    rows = [line.split("\t") for line in answer.text.splitlines() if not line.startswith("#")]
    understood = answer.ok and bool(rows) and _NULL_AT in rows[0]
    if not understood and not (answer.ok and Reading(answer.content).is_table):
        site.check_refusal(answer)
    return Finding(f"it begins {answer.text[:60]}", {"responseformat": understood})


@asks("status and body of an ADQL error", "error_form")
def adql_error(site: Site) -> Finding:
    """Ask for a column that is not there."""
    answer = site.sync(f"SELECT m.nonsense FROM {site.schema}.master_source m")
    if answer.ok and Reading(answer.content).is_table:
        raise UnansweredError("a query for a column that is not there gave a table")
    site.check_refusal(answer)
    form = str(answer.status_code)
    if not Reading(answer.content).all("VOTABLE"):
        form += "-html" if "<html" in answer.text.lower() else "-text"
    words = f"status {answer.status_code}: {answer.text[:300]}"
    return Finding(words, {"error_form": form}, answer.content)


@asks("``MAXREC`` cuts, and a cut answer says OVERFLOW", "maxrec_honoured", "overflow")
def maxrec(site: Site) -> Finding:
    """Ask for 3 of 11 rows."""
    answer = site.sync(known_rows(site), MAXREC="3")
    reading = reading_of(answer)
    rows = len(reading.all("TR"))
    marked = "OVERFLOW" in reading.statuses
    settings: dict[str, object] = {"maxrec_honoured": rows == 3}
    if rows == 3:
        settings["overflow"] = "marked" if marked else "unmarked"
    return Finding(f"{rows} rows, {reading.statuses}", settings, answer.content)
