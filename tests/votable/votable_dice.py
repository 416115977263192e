# Licensed under a 3-clause BSD style license - see LICENSE
"""VOTables to try decoders on, thrown with dice: well-formed ones, and damaged ones."""

import random
from collections.abc import Callable

from tests.votable.votable_documents import BOOLEANS, FLOATS, INTEGERS, ROWS
from tests.votable.votable_parts import column, document, row

_DATATYPES = (
    "char", "char", "unicodeChar", "double", "double", "float", "int", "long", "short",
    "unsignedByte", "boolean",
)  # fmt: skip
_LETTERS = ("a", "B", " ", "1", ".", "e", "-", "x", "&amp;", "&lt;")
_WILD_LETTERS = (*_LETTERS, "\n", "é", "\t", "]", "&#65;", "\u00a0")


def structured(dice: random.Random) -> bytes:
    """Write a well-formed document of random columns; one in four has wild cells and gaps."""
    wild = dice.random() < 0.25
    datatypes = [dice.choice(_DATATYPES) for _ in range(dice.randrange(1, 6))]
    fields = "".join(_random_field(dice, place, name) for place, name in enumerate(datatypes))
    gaps = [dice.choice(("", "", "\n", "\r\n  ", " ")), dice.choice(("", "\n", "\r\n "))]
    text = "".join(
        _random_row(dice, datatypes, gaps, wild=wild) for _ in range(dice.randrange(0, 9))
    )
    return document(text, fields=fields, version=dice.choice(("1.1", "1.2", "1.3", "1.4")))


def _random_field(dice: random.Random, place: int, datatype: str) -> str:
    """Write a FIELD."""
    size = f' arraysize="{dice.choice(("*", "*", "20", "30*", "6"))}"' if "har" in datatype else ""
    null = ""
    if size == "" and datatype != "boolean" and dice.random() < 0.4:
        null = f'<VALUES null="{dice.choice(("-99", "0", "7", "255"))}"/>'
    return f'<FIELD ID="c{place}" name="n{place}" datatype="{datatype}"{size}>{null}</FIELD>'


def _random_row(dice: random.Random, datatypes: list[str], gaps: list[str], *, wild: bool) -> str:
    """Write a row."""

    def gap(usual: str) -> str:
        """Write what stands between tags."""
        if not wild or dice.random() > 0.05:
            return usual
        return dice.choice(("", "\n", "  ", "<!-- c -->", "<?p i?>"))

    cells = "".join(_random_cell(dice, name, wild=wild) + gap(gaps[0]) for name in datatypes)
    return f"<TR>{gap(gaps[0])}{cells}</TR>{gap(gaps[1])}"


def _random_cell(dice: random.Random, datatype: str, *, wild: bool) -> str:
    """Write a cell."""
    text = "" if dice.random() < 0.15 else _random_text(dice, datatype, wild=wild)
    if wild and dice.random() < 0.03:
        text = f"<![CDATA[{text}]]>" if "&" not in text else text + "<!-- </TD> -->"
    if dice.random() < 0.03:
        text = dice.choice((" ", "\n", "\t")) + text + dice.choice((" ", "\r\n"))
    return "<TD/>" if not text and wild and dice.random() < 0.2 else f"<TD>{text}</TD>"


def _random_text(dice: random.Random, datatype: str, *, wild: bool) -> str:
    """Write what a cell of a datatype may hold, or one of the odd ones."""
    odd = dice.random() < (0.3 if wild else 0.01)
    if "har" in datatype:
        letters = _WILD_LETTERS if wild else _LETTERS
        return "".join(dice.choices(letters, k=dice.randrange(9)))
    if datatype == "boolean":
        return dice.choice(BOOLEANS if odd else ("T", "F"))
    if datatype in ("double", "float"):
        return dice.choice(FLOATS) if odd else _random_double(dice)
    if odd:
        return dice.choice(INTEGERS)
    return str(dice.randrange(256) if dice.random() < 0.99 else dice.randrange(-300, 70_000))


def _random_double(dice: random.Random) -> str:
    """Write a double: of any size, near one, or whole."""
    kinds: tuple[Callable[[], float], ...] = (
        lambda: dice.gauss(0, 1),
        lambda: 10 ** dice.uniform(-320, 308),
        lambda: dice.gauss(0, 1) * 10.0 ** dice.randrange(-20, 20),
        lambda: float(dice.randrange(-99, 300)),
    )
    return repr(dice.choice(kinds)())


_TOKENS = (
    b"<TR>", b"</TR>", b"<TD>", b"</TD>", b"<TD/>", b"<", b">", b"&", b"&amp;", b"\n", b"\r",
    b" ", b"\t", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"</TABLEDATA>", b"<TABLEDATA>", b"\x00",
    b"\x1f", b"\xc3\xa9", b"\xff", b"1", b"e", b".", b"-", b"nan", b"T", b"F", b'"',
    b"<TR><TD>", b"</TD></TR>", b"</TD><TD>", b"</TD></TR><TR><TD>", b"?", b"0x", b"_",
)  # fmt: skip


#: What may stand for what; most of these leave a document that can be read.
_EXCHANGES = (
    (b"<TD>", b"<TD> "), (b"</TD>", b"\n</TD>"), (b"</TD>", b"&amp;</TD>"), (b"1", b"\xc3\xa9"),
    (b"</TR>", b" </TR>"), (b"<TR>", b"<!-- --><TR>"), (b"1", b"17"), (b"1", b""), (b"1", b"+1"),
    (b"<TD>", b"<TD><![CDATA["), (b">T<", b">true<"), (b"1", b"NaN"), (b"1", b"]"), (b"3", b"0x1"),
    (b"</TD><TD>", b"</TD>\n<TD>"), (b"</TR>", b"</TR><TR></TR>"), (b"<TD>", b"<TD x='y'>"),
    (b"3", b"&#51;"), (b"C", b"&lt;"), (b"C", b"&#60;"), (b"C", b"\r\n"), (b"4", b"4e3"),
    (b"</TD>", b"</TD><TD></TD>"), (b"<TD></TD>", b"<TD/>"), (b"<TD></TD>", b""), (b".", b","),
)  # fmt: skip


def mutated(dice: random.Random) -> bytes:
    """Damage a document in one to three places, mostly among its rows."""
    text = bytearray(dice.choice(_bases()))
    for _ in range(dice.choice((1, 1, 1, 2))):
        begin, end = text.find(b"<TABLEDATA>") + 11, text.rfind(b"</TABLEDATA>")
        inside = dice.random() < 0.85 and 10 < begin < end
        place = dice.randrange(begin, end) if inside else dice.randrange(len(text))
        _damage(dice, text, place)
    return bytes(text)


def _bases() -> list[bytes]:
    """Give good documents to damage."""
    rows = (
        row(["2CXO J0329+3118", "52.26", "F", "12", "-3", "1e-3"])
        + row([""] * 6)
        + row(["x &amp; y", "NaN", "T", "-99", "", ""])
    )
    return [
        document((row() + "\n") * 3),
        document(rows * 4),
        document(ROWS["indented"]),
        document((row() + "\r\n") * 3),
        column("char", ["a\nb", "", "\n"], arraysize="*"),
    ]


def _damage(dice: random.Random, text: bytearray, place: int) -> None:
    """Insert, delete, change, repeat, or exchange something."""
    kind = dice.random()
    if kind < 0.1:
        text[place:place] = dice.choice(_TOKENS)
    elif kind < 0.15:
        del text[place : place + dice.randrange(1, 12)]
    elif kind < 0.2:
        text[place : place + 1] = bytes([dice.randrange(256)])
    elif kind < 0.25:
        start = dice.randrange(len(text))
        text[place:place] = text[start : start + dice.randrange(1, 60)]
    else:
        old, new = dice.choice(_EXCHANGES)
        found = text.find(old, place)
        if found >= 0:
            text[found : found + len(old)] = new
