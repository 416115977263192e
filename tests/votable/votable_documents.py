# Licensed under a 3-clause BSD style license - see LICENSE
"""
VOTables to try decoders on, written by hand: each is odd in one way, which its name says.

Most have the columns of `FIELDS` and, between good rows, one that is odd.
"""

from tests.votable.votable_parts import FIELDS, GOOD, column, document, row

FLOATS = (
    "1e5", "1E-5", "+1", "-0", "-0.0", ".5", "5.", ".", "1e400", "-1e400", "1e-400", "4.9e-324",
    "2.2250738585072011e-308", "1.7976931348623159e308", "nan", "NaN", "NAN", "-nan", "+nan",
    "nan(7)", "snan", "inf", "-inf", "+inf", "Inf", "INF", "infinity", "-Infinity", "infinit",
    "1_000", "1__0", "0x10", "0x1p3", "1d5", "1,5", "1 5", "--1", "e5", "1e", "1e+", "1e+05",
    "true", "\u0661\u0662", "1.0f", "1e5.5", "9007199254740993",
    "0.1000000000000000055511151231257827021181583404541015625", "1.00000005960464484",
    "16777217", "3.4028236e38", "1e39", "1e-46", "0." + "0" * 400 + "1", "1" * 400, "1" * 4000,
    "123456789012345678901234567890.5e-30", "9.007E-4", "5.8379249864394E-15", " 7 ", "\n7\n",
    "1\x00", "1&#50;", "&#49;", "0.30000000000000004", "1e23", "8.5e22",
)  # fmt: skip
INTEGERS = (
    "0", "-0", "+5", "007", "1.0", "1e3", "0x1F", "0X1f", "-0x1F", "0xFFFFFFFF", "0x7fffffff",
    "0x", "x1", "nan", "NaN", "32767", "32768", "-32768", "-32769", "2147483647", "2147483648",
    "-2147483648", "-2147483649", "99999999999999999999", "-99", " 5 ", "\t5\n", "1_0", "1 0",
    "\u0663", "", " ", "T", "--1", "+", "5.", "5\x00", "&#53;", "0" * 50 + "5",
)  # fmt: skip
BOOLEANS = (
    "T", "F", "t", "f", "true", "false", "TRUE", "FALSE", "True", "tRuE", "1", "0", "?", "", " ",
    "  ", "\n", " T ", "\tfalse\n", "yes", "no", "2", "TF", "T T", "null", "NaN", "on", "\x00",
    "&#84;", "<![CDATA[T]]>", "\u0422",
)  # fmt: skip
STRINGS = {
    "padded": "2CXO J1    ",
    "indented": "   2CXO J1",
    "blank": "    ",
    "with a tab": "a\tb",
    "with a line feed": "a\nb",
    "with a carriage return": "a\rb",
    "with CR and LF": "a\r\nb",
    "between line feeds": "\na\n",
    "with the five entities": "a &amp; b &lt;c&gt; &quot;&apos;",
    "with an escaped entity": "&amp;lt;",
    "with character references": "A&#66;&#x43;",
    "between referred blanks": "&#32;A&#32;",
    "with a referred tab": "A&#9;B",
    "with a referred CR": "A&#13;B",
    "with a referred letter of another alphabet": "&#233;",
    "with a referred astral character": "&#x1F52D;",
    "with a referred NUL": "&#0;",
    "with a reference out of Unicode": "&#x110000;",
    "with an unknown entity": "&nbsp;",
    "with a bare ampersand": "a & b",
    "with an entity that does not end": "a &amp b",
    "in CDATA": "<![CDATA[a<b]]>",
    "half in CDATA": "a<![CDATA[ & ]]>b",
    "of rows in CDATA": "<![CDATA[</TD></TR><TR><TD>]]>",
    "of a table's end in CDATA": "<![CDATA[</TABLEDATA>]]>",
    "with a comment": "a<!-- c -->b",
    "of a comment": "<!-- </TD> -->",
    "with a processing instruction": "a<?b c?>d",
    "with an element": "a<B>c</B>d",
    "with a greater-than sign": "a>b",
    "with the end of CDATA": "a]]>b",
    "with brackets": "a]]b]",
    "with quotes": "a\"b'c,d;e|f",
    "of quotes": '""',
    "with NUL": "a\x00b",
    "with a control character": "a\x01b",
    "with a unit separator": "a\x1fb",
    "with DEL": "a\x7fb",
    "in Greek": "\u03c0 \u03a3",
    "with a telescope": "\U0001f52d",
    "with NEL": "a\u0085b",
    "between no-break spaces": "\u00a0a\u00a0",
    "with a line separator": "a\u2028b",
    "with U+FFFE": "a\ufffeb",
    "with U+FFFF": "a\uffffb",
    "that looks like a number": "1.5",
    "that looks like NaN": "NaN",
    "of 3,000 characters": "x" * 3000,
    "of an odd bracket": "<",
}

_ROW, _LINE, _EMPTY = row(), row() + "\n", row([""] * 6)
_THREE = _LINE * 3
_SOME_EMPTY = row(["a", "1", "T", "", "", ""])
_INDENTED = "".join(
    "  <TR>\n    " + "\n    ".join(f"<TD>{cell}</TD>" for cell in cells) + "\n  </TR>\n"
    for cells in (list(GOOD.values()), ["b", "", "F", "", "7", "1e-3"])
)
#: Rows in all forms, and what is none.
ROWS = {
    "of the usual form": _LINE * 3,
    "of no number": "",
    "of white space": "\n\t \r\n",
    "of number one": _ROW,
    "without line ends": _ROW * 3,
    "with CR and LF": (_ROW + "\r\n") * 3,
    "with blank lines": (_ROW + "\n\n\n") * 3,
    "after white space": "\n  " + _LINE * 3,
    "indented": _INDENTED,
    "indented, then not": _INDENTED + _LINE * 2,
    "with white space in one": _LINE + _ROW.replace("</TD><TD>", "</TD> <TD>", 1) + _LINE,
    "with white space in one start": _LINE + _ROW.replace("<TR>", "<TR> ") + "\n" + _LINE,
    "with white space in one end": _LINE + _ROW.replace("</TR>", "\n</TR>") + "\n" + _LINE,
    "with a word between cells": _LINE + _ROW.replace("</TD><TD>", "</TD>x<TD>", 1) + _LINE,
    "with words between them": _LINE + "junk" + _LINE,
    "with words before them": "junk" + _LINE,
    "with words after them": _LINE + "junk",
    "of empty cells": _EMPTY * 2,
    "of empty tags": "<TR><TD/><TD/><TD/><TD/><TD/><TD/></TR>\n" * 2 + _LINE,
    "of empty tags with blanks": "<TR><TD /><TD>1</TD><TD/><TD/><TD/><TD/></TR>" + _LINE,
    "with an attribute of a row": _LINE + _ROW.replace("<TR>", "<TR ID='x'>") + _LINE,
    "with an attribute of a cell": _LINE + _ROW.replace("<TD>", "<TD ID='x'>", 1) + _LINE,
    "with a cell in base64": _ROW.replace("<TD>2CXO J1", '<TD encoding="base64">QQ==') + _LINE,
    "with blanks in a tag": _LINE + _ROW.replace("<TD>", "<TD >", 1) + _LINE,
    "with blanks in an end tag": _LINE + _ROW.replace("</TD>", "</TD >", 1) + _LINE,
    "with too few cells": _LINE + row(["a"]) + _LINE,
    "with no cells": _LINE + "<TR></TR>" + _LINE,
    "with an empty row tag": _LINE + "<TR/>" + _LINE,
    "with too many cells": _LINE + row([*GOOD.values(), "9"]) + _LINE,
    "with a cell more, then less": row([*GOOD.values(), "9"]) + row(list(GOOD.values())[:5]),
    "with a cell less, then more": row(list(GOOD.values())[:5]) + row([*GOOD.values(), "9"]),
    "with cells of one in the next": _LINE + _ROW.replace("</TR>", "") + _LINE,
    "with a cell in a cell": _LINE + row(["<TD>x</TD>"] * 6) + _LINE,
    "with a cell that does not end": _LINE + "<TR><TD>a<TD>b</TD></TR>" + _LINE,
    "in a row": "<TR>" + _LINE + "</TR>",
    "without their end": _LINE + _ROW.replace("</TR>", "") + "\n",
    "with a cell outside": _LINE + "<TD>x</TD>" + _LINE,
    "of other elements": _LINE + _ROW.replace("TD>", "TH>") + _LINE,
    "with another element": _LINE + _ROW.replace("</TR>", "<X>1</X></TR>") + _LINE,
    "in lower case": _LINE + _ROW.lower() + _LINE,
    "with a prefix": _ROW.replace("TR>", "v:TR>") + _LINE,
    "with a comment between": _LINE + "<!-- " + _ROW + " -->" + _LINE,
    "with a comment in one": _LINE + _ROW.replace("</TR>", "<!-- --></TR>") + _LINE,
    "with the end in a comment": _LINE + "<!-- </TABLEDATA> -->" + _LINE,
    "with an instruction between": _LINE + "<?pi x?>" + _LINE,
    "in CDATA": "<![CDATA[" + _LINE + "]]>" + _LINE,
    "with mismatched tags": _LINE + _ROW.replace("</TR>", "</TD>") + _LINE,
    "with an odd bracket": _LINE + "<" + _LINE,
    "with an odd bracket in a tag": _LINE + _ROW.replace("</TD><TD>", "</TD><<TD>", 1) + _LINE,
    "with a NUL between": _LINE + "\x00" + _LINE,
    "with a no-break space between": _LINE + "\u00a0" + _LINE,
    "with many different widths": "".join(row(name="x" * n) for n in range(1, 40)),
    "with all strings padded": row(name="abc   ") * 3 + row(name="abcdef"),
    "with all numbers padded": (row(ra="  1.25 ", index=" 3 ", flag=" F ") + "\n") * 3,
    "with null integers of both kinds": _LINE + row(index="-99") + row(index="") + _LINE,
}

#: Columns of all datatypes, alone.
COLUMNS = {
    "a string of fixed length": column("char", ["abcdef", "", "ab"], arraysize="4"),
    "a string of bounded length": column("char", ["abcdef", "", "ab"], arraysize="4*"),
    "a string without a length": column("char", ["abcdef", "", "a"]),
    "a string with a null": column("char", ["-", "a"], '<VALUES null="-"/>', arraysize="*"),
    "an array of strings": column("char", ["abcd", "efgh"], arraysize="2x2"),
    "a string of odd length": column("char", ["a"], arraysize="many"),
    "Unicode": column("unicodeChar", ["é π", " x\u2028 ", ""], arraysize="*"),
    "lines alone": column("char", ["a\nb", "", "\n"], arraysize="*"),
    "a double alone": column("double", ["1", "", "NaN", "-2.5e-300"]),
    "a null of doubles": column("double", ["1", "", "-9", "NaN", "-9.0"], '<VALUES null="-9"/>'),
    "NaN as null": column("double", ["1", "", "NaN"], '<VALUES null="NaN"/>'),
    "an odd null of doubles": column("double", ["1", ""], '<VALUES null="none"/>'),
    "a null of floats": column("float", ["1", "", "0.1", "NaN"], '<VALUES null="0.1"/>'),
    "a null of booleans": column("boolean", ["T", "", "F"], '<VALUES null="F"/>'),
    "words for booleans": column("boolean", ["true", "", "False", "?", "T", "0", " "]),
    "many words for booleans": column("boolean", ["true", "x"] * 50),
    "bits": column("bit", ["1", "0"]),
    "complex numbers": column("doubleComplex", ["1 2", "3 4"]),
    "an unknown datatype": column("quaternion", ["1", "2"]),
    "values in a range": column("int", ["1", ""], '<VALUES><MIN value="0"/></VALUES>'),
    "an option": column("int", ["1", ""], '<VALUES><OPTION value="1"/></VALUES>'),
    "a link": column("int", ["1"], '<LINK href="http://127.0.0.1/"/>'),
    "a width and a precision": column("double", ["1.25", ""], width="9", precision="F2"),
    "an odd precision": column("double", ["1.25", ""], precision="many"),
    "a unit that is none": column("double", ["1.25"], unit="no such unit"),
    "a blank unit": column("double", ["1.25"], unit=" "),
    "an empty unit": column("double", ["1.25"], unit=""),
    "a reference to a frame": column("double", ["1.25"], ref="frame"),
}

_USUAL = document(_THREE)
_SECOND = (
    b'</TABLE><TABLE name="b"><FIELD name="q" datatype="int"/><DATA><TABLEDATA>'
    b"<TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE>"
)


def _prefixed(text: bytes) -> bytes:
    """Give every element a prefix."""
    return (
        text.replace(b"</", b"</vot:")
        .replace(b"<", b"<vot:")
        .replace(b"<vot:/", b"</")
        .replace(b"<vot:?", b"<?")
        .replace(b"xmlns=", b"xmlns:vot=")
    )


#: The usual rows under unusual headers.
HEADERS = {
    "no version": _USUAL.replace(b' version="1.3"', b""),
    "the same name twice": document(
        row(["1", "2", "3"]),
        fields='<FIELD name="x" datatype="int"/><FIELD name="x2" datatype="int"/>'
        '<FIELD name="x" datatype="int"/>',
    ),
    "the same ID twice": document(
        row(["1", "2"]), fields='<FIELD ID="a" name="x" datatype="int"/>' * 2
    ),
    "names with blanks": document(row(["1"]), fields='<FIELD name="y z" datatype="int"/>'),
    "an ID and no name": document(row(["1"]), fields='<FIELD ID="y" datatype="int"/>'),
    "no datatype": document(row(["1"]), fields='<FIELD name="y"/>'),
    "no columns": document("", fields=""),
    "no columns, but a row": document("<TR></TR>", fields=""),
    "an overflow": document(_THREE, after='<INFO name="QUERY_STATUS" value="OVERFLOW"/>'),
    "words in an INFO": document(_THREE, after='<INFO name="x" value="y">&lt;TR&gt;</INFO>'),
    "an INFO in the table": _USUAL.replace(b"</DATA>", b'</DATA><INFO name="x" value="y"/>'),
    "a tag in a comment": document(_THREE, before="<!-- <TABLEDATA> -->"),
    "a tag in CDATA": document(_THREE, before="<DESCRIPTION><![CDATA[<TABLEDATA>]]></DESCRIPTION>"),
    "a tag in an attribute": document(
        _THREE, before='<PARAM name="p" datatype="char" arraysize="*" value="&lt;TABLEDATA&gt;"/>'
    ),
    "a TABLEDATA with an attribute": _USUAL.replace(b"<TABLEDATA>", b'<TABLEDATA ID="x">'),
    "a TABLEDATA with a blank": _USUAL.replace(b"<TABLEDATA>", b"<TABLEDATA >"),
    "an end of TABLEDATA with a blank": _USUAL.replace(b"</TABLEDATA>", b"</TABLEDATA >"),
    "an empty TABLEDATA": document("").replace(b"<TABLEDATA></TABLEDATA>", b"<TABLEDATA/>"),
    "no TABLEDATA": document("").replace(b"<TABLEDATA></TABLEDATA>", b""),
    "no DATA": document("").replace(b"<DATA><TABLEDATA></TABLEDATA></DATA>", b""),
    "a TABLE in a nested RESOURCE": _USUAL.replace(b"<TABLE ", b"<RESOURCE><TABLE ").replace(
        b"</TABLE>", b"</TABLE></RESOURCE>"
    ),
    "two tables": _USUAL.replace(b"</TABLE>", _SECOND),
    "two tables, the first empty": document("").replace(b"</TABLE>", _SECOND),
    "two tables, the first without data": document("", fields=FIELDS).replace(
        b"<DATA><TABLEDATA></TABLEDATA></DATA></TABLE>", _SECOND
    ),
    "a table in a group": _USUAL.replace(b"<DATA>", b'<GROUP><FIELDref ref="ra"/></GROUP><DATA>'),
    "a frame": document(_THREE, before='<COOSYS ID="c" system="ICRS"/>'),
    "a right number of rows": _USUAL.replace(b"<TABLE ", b'<TABLE nrows="3" '),
    "too small a number of rows": _USUAL.replace(b"<TABLE ", b'<TABLE nrows="0" '),
    "an odd number of rows": _USUAL.replace(b"<TABLE ", b'<TABLE nrows="-1" '),
    "a prefix": _prefixed(_USUAL),
    "a byte order mark": b"\xef\xbb\xbf" + _USUAL,
    "UTF-16": document(_THREE, encoding="UTF-16").decode().encode("utf-16"),
    "Latin-1": document(row(name="é") + _THREE, encoding="ISO-8859-1").decode().encode("latin-1"),
    "ASCII": document(_THREE, encoding="US-ASCII"),
    "an unknown encoding": document(_THREE, encoding="x-none"),
    "no XML declaration": _USUAL.partition(b"?>\n")[2],
    "an XML declaration with single quotes": _USUAL.replace(b'"UTF-8"', b"'UTF-8'"),
    "white space before it": b"\n" + _USUAL,
    "a comment after it": _USUAL + b"<!-- well -->\n",
    "words after it": _USUAL + b"junk",
    "another document after it": _USUAL + _USUAL,
    "a mismatched end": _USUAL.replace(b"</RESOURCE>", b"</RESOURSE>"),
    "a NUL after it": _USUAL + b"\x00",
}


def by_hand() -> dict[str, bytes]:
    """Write some 400 documents; each has a name that says what is odd about it."""
    made = {f"rows {words}": document(rows) for words, rows in ROWS.items()}
    made |= {f"a string {words}": _among_good(name=cell) for words, cell in STRINGS.items()}
    for cell in FLOATS:
        made[f"a double {cell!r:.40}"] = _among_good(ra=cell)
        made[f"a float {cell!r:.40}"] = _among_good(flux=cell)
    for cell in INTEGERS:
        made[f"an int {cell!r:.40}"] = _among_good(index=cell)
        made[f"a short {cell!r:.40}"] = _among_good(small=cell)
        made[f"a byte {cell!r:.40}"] = column("unsignedByte", ["7", cell])
        made[f"a long {cell!r:.40}"] = column("long", ["7", cell])
    made |= {f"a boolean {cell!r}": _among_good(flag=cell) for cell in BOOLEANS}
    return made | COLUMNS | _columns_of_integers() | HEADERS | _versions() | _bytes()


def _among_good(**changed: str) -> bytes:
    """Put an odd row between good ones."""
    return document(f"{row()}\n{row(**changed)}\n{row()}\n", version="1.2")


def _columns_of_integers() -> dict[str, bytes]:
    """Write columns of each kind of integer, and arrays."""
    made = {}
    for datatype in ("long", "int", "short", "unsignedByte"):
        cells = ["1", "", "9", "120", "0"]
        made[f"a null of {datatype}"] = column(datatype, cells, '<VALUES null="9"/>')
        made[f"a null beyond {datatype}"] = column(
            datatype, ["1", ""], f'<VALUES null="{"9" * 30}"/>'
        )
        made[f"an odd null of {datatype}"] = column(datatype, ["1", ""], '<VALUES null="x"/>')
        made[f"{datatype} without a null"] = column(datatype, cells)
        made[f"{datatype} beyond its range"] = column(datatype, ["1", "9" * 25])
        made[f"{datatype} below zero"] = column(datatype, ["1", "-1"])
    for size in ("1", "2", "*", "2*", "2x2", "2x*", "-1", "x"):
        made[f"doubles with arraysize {size}"] = column("double", ["1 2", "3 4"], arraysize=size)
    made["a variable array"] = column("int", ["1 2 3", "", "4"], arraysize="*")
    return made


def _versions() -> dict[str, bytes]:
    """Write the usual rows under every version."""
    versions = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "2.0", "v1.2", "", "x")
    return {f"version {it}": document(_THREE + _SOME_EMPTY, version=it) for it in versions}


def _bytes() -> dict[str, bytes]:
    """Write what is not text."""
    good = row().encode()
    return {
        "a string that is not UTF-8": document(good.replace(b"2CXO J1", b"\xff\xfe") + good),
        "a string in Latin-1": document(good.replace(b"2CXO J1", b"\xe9") + good),
        "a surrogate": document(good.replace(b"2CXO J1", b"\xed\xa0\x80") + good),
        "an overlong letter": document(good.replace(b"2CXO J1", b"\xc1\x81") + good),
        "a number that is not UTF-8": document(good.replace(b"1.5", b"\xff") + good),
        "a boolean that is not UTF-8": document(good.replace(b">T<", b">\xfftrue<") + good),
        "bytes between rows": document(good + b"\xff" + good),
    }
