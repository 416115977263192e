# Licensed under a 3-clause BSD style license - see LICENSE
"""
The good answers that the faults are faults of.

Provenance: invented, in the form that ``docs/develop/service.rst`` describes; the sources' names,
positions and significances are three of the real ones in ``ngc1333.csv``, their ellipses not.
"""

import gzip
import json
from collections.abc import Sequence

__all__ = [
    "CAPABILITIES",
    "FILES",
    "LIMITS",
    "ROWS",
    "SCHEMA_ROWS",
    "SOURCES",
    "TABLES",
    "TAP_SCHEMA",
    "chunked",
    "job",
    "votable",
    "zipped",
]

Cells = Sequence[str]

#: (name, datatype, unit) of the columns that every verb of the matrix asks for.
FIELDS = (
    ("name", 'char" arraysize="*', ""),
    ("ra", "double", "deg"),
    ("dec", "double", "deg"),
    ("significance", "double", ""),
    ("err_ellipse_r0", "double", "arcsec"),
    ("err_ellipse_r1", "double", "arcsec"),
    ("err_ellipse_ang", "double", "deg"),
)
ROWS = (
    ("2CXO J032912.9+311814", "52.303847", "31.30412", "23.176909884218283", "0.5", "0.4", "30"),
    ("2CXO J032915.6+311851", "52.315248", "31.314437", "5.214285714285858", "0.6", "0.6", "0"),
    ("2CXO J032913.5+311743", "52.306396", "31.295349", "3.684210526316029", "", "", ""),
)


def votable(
    rows: Sequence[Cells] = ROWS,
    *,
    fields: Sequence[tuple[str, str, str]] = FIELDS,
    start: str = '<?xml version="1.0" encoding="UTF-8"?>\n',
    before: str = '<INFO name="QUERY_STATUS" value="OK"/>',
    after: str = "",
    table: str = "",
    end: str = "</TABLEDATA></DATA></TABLE>{after}</RESOURCE></VOTABLE>\n",
) -> bytes:
    """Write a VOTable as the archive does, with whatever a fault changes."""
    columns = "".join(
        f'<FIELD name="{name}" datatype="{kind}"{f" unit={unit!r}" if unit else ""}/>\n'
        for name, kind, unit in fields
    )
    cells = "".join(f"<TR>{''.join(f'<TD>{cell}</TD>' for cell in row)}</TR>\n" for row in rows)
    return (
        f'{start}<VOTABLE version="1.2" xmlns="http://www.ivoa.net/xml/VOTable/v1.2">\n'
        f'<RESOURCE type="results">{before}\n<TABLE name="results"{table}>\n{columns}'
        f"<DATA><TABLEDATA>\n{cells}{end.format(after=after)}"
    ).encode()


SOURCES = votable()

#: What the sensitivity service answers: limits, null in the medium band, for pixels near by.
LIMITS = votable(
    [(*row, "1.5e-15", "") for row in ROWS],
    fields=(*FIELDS, ("flux_sens_s", "double", ""), ("flux_sens_m", "double", "")),
)
#: What csccli lists.
FILES = json.dumps(
    [
        {
            "productId": n,
            "filetype": "regevt3",
            "filename": f"acisf00635_000N02{n}_r0012_regevt3.fits",
        }
        for n in range(5)
    ]
).encode()

_SCHEMA_FIELDS = tuple(
    (name, 'char" arraysize="*', "")
    for name in ("table_name", "column_name", "datatype", "unit", "ucd", "description")
)
SCHEMA_ROWS = (
    ("csc21.master_source", "name", "char", "", "", "source name"),
    ("csc21.master_source", "ra", "double", "deg", "", "right ascension"),
)
TAP_SCHEMA = votable(SCHEMA_ROWS, fields=_SCHEMA_FIELDS)

_COLUMN = (
    "<column><name>{1}</name><description>{5}</description>{0}<dataType>{2}</dataType></column>"
)


def _unit(row: Cells) -> str:
    """Write the unit of a column of VOSI."""
    return f"<unit>{row[3]}</unit>" if row[3] else ""


TABLES = (
    '<?xml version="1.0"?><vosi:tableset xmlns:vosi="http://www.ivoa.net/xml/VOSITables/v1.0" '
    'xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><schema><name>csc21</name>'
    "<table><name>csc21.master_source</name>"
    + "".join(_COLUMN.format(_unit(row), *row[1:2], *row[2:]) for row in SCHEMA_ROWS)
    + "</table></schema></vosi:tableset>"
).encode()

CAPABILITIES = b"""<?xml version="1.0"?>
<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0"
 xmlns:tr="http://www.ivoa.net/xml/TAPRegExt/v1.0" xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<capability standardID="ivo://ivoa.net/std/TAP" xsi:type="tr:TableAccess">
<interface xsi:type="vs:ParamHTTP" role="std"><accessURL use="base">http://127.0.0.1/</accessURL></interface>
<language><name>ADQL</name><version>2.0</version></language>
<outputFormat><mime>text/xml</mime></outputFormat>
<outputLimit><default unit="row">1000</default><hard unit="row">5000</hard></outputLimit>
</capability></vosi:capabilities>"""


def job(
    root: str, phase: str = "COMPLETED", *, result: str | None = None, error: str = ""
) -> bytes:
    """Write the document of a job."""
    href = f"{root}/csc21tap/async/1/results/result" if result is None else result
    results = f'<uws:results><uws:result id="result" xlink:href="{href}"/></uws:results>'
    message = (
        f"<uws:errorSummary type='fatal'><uws:message>{error}</uws:message></uws:errorSummary>"
    )
    return (
        '<?xml version="1.0"?><uws:job xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<uws:jobId>1</uws:jobId><uws:phase>{phase}</uws:phase>"
        f"{results if phase == 'COMPLETED' and href else ''}{message if error else ''}</uws:job>"
    ).encode()


def zipped(body: bytes) -> bytes:
    """Compress a body, always to the same bytes."""
    return gzip.compress(body, mtime=0)


def chunked(body: bytes, size: int = 200, *, last: bytes = b"0\r\n\r\n") -> bytes:
    """Write a body in chunks."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + last
