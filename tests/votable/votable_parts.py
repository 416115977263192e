# Licensed under a 3-clause BSD style license - see LICENSE
"""How the tests of the decoder write VOTables. Invented, all of them."""

import random
from collections.abc import Sequence

#: One column of each kind that the catalogue has, and some that it has not.
FIELDS = (
    '<FIELD name="name" datatype="char" arraysize="*"/>'
    '<FIELD name="ra" datatype="double" unit="deg" ucd="pos.eq.ra;meta.main">'
    "<DESCRIPTION>Not &lt;TABLEDATA&gt; &amp; not a row</DESCRIPTION></FIELD>"
    '<FIELD name="flag" datatype="boolean"/>'
    '<FIELD name="index" datatype="int"><VALUES null="-99"/></FIELD>'
    '<FIELD name="small" datatype="short"/>'
    '<FIELD name="flux" datatype="float" unit="erg/s/cm**2"/>'
)
GOOD = {"name": "2CXO J1", "ra": "1.5", "flag": "T", "index": "3", "small": "4", "flux": "0.1"}


def document(
    rows: str | bytes,
    *,
    fields: str = FIELDS,
    version: str = "1.3",
    before: str = "",
    after: str = "",
    encoding: str = "UTF-8",
) -> bytes:
    """Put rows, and what stands before and after the table, into a document."""
    head = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n'
        f'<VOTABLE version="{version}" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">{before}'
        '<RESOURCE type="results"><INFO name="QUERY_STATUS" value="OK"/>'
        f'<TABLE name="results">{fields}<DATA><TABLEDATA>'
    )
    tail = f"</TABLEDATA></DATA></TABLE>{after}</RESOURCE></VOTABLE>"
    text = rows if isinstance(rows, bytes) else rows.encode("utf-8", "surrogatepass")
    return head.encode() + text + tail.encode()


def row(cells: Sequence[str] = tuple(GOOD.values()), **changed: str) -> str:
    """Write one row; some cells of the good one can be changed by name."""
    texts = list({**GOOD, **changed}.values()) if changed else cells
    return "<TR>" + "".join(f"<TD>{text}</TD>" for text in texts) + "</TR>"


def column(datatype: str, cells: Sequence[str], inside: str = "", **words: str) -> bytes:
    """Write a document of one column."""
    attributes = "".join(f' {word}="{value}"' for word, value in words.items())
    return document(
        "".join(f"<TR><TD>{cell}</TD></TR>\n" for cell in cells),
        fields=f'<FIELD name="it" datatype="{datatype}"{attributes}>{inside}</FIELD>',
        version="1.2",
    )


def plain(rows: int = 12, seed: int = 1) -> bytes:
    """Write a document that the fast decoder reads alone."""
    dice = random.Random(seed)
    return document(
        "".join(
            row(
                [
                    f"2CXO J{dice.randrange(10**6):06d}",
                    repr(dice.uniform(0, 360)),
                    dice.choice("TF"),
                    str(dice.randrange(-100, 100)),
                    dice.choice(["", "7"]),
                    f"{dice.gauss(0, 1):.6e}",
                ]
            )
            + "\n"
            for _ in range(rows)
        )
    )


def wide(rows: int, columns: int, seed: int = 1) -> bytes:
    """Write a document of a name and many numbers."""
    dice = random.Random(seed)
    numbers = range(columns - 1)
    return document(
        "".join(
            row([f"2CXO J{dice.randrange(10**15):015d}", *(repr(dice.random()) for _ in numbers)])
            for _ in range(rows)
        ),
        fields='<FIELD name="name" datatype="char" arraysize="*"/>'
        + "".join(f'<FIELD name="x{number}" datatype="double"/>' for number in numbers),
    )
