# Licensed under a 3-clause BSD style license - see LICENSE
"""Characters that web pages and word processors put into a query, repaired or named."""

import html
import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import unquote_plus

from astroquery_csc.catalogue.names import normalise
from astroquery_csc.exceptions import InvalidQueryError
from astroquery_csc.log import log

__all__ = ["repair"]

_FENCE = re.compile(r"\s*```[ \t]*\w*[ \t]*\n(.*?)\n?[ \t]*```\s*", re.DOTALL)
_KEPT = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/)""", re.DOTALL)
#: A query as it stands in Python, in a file of settings, or in an answer to a mail.
_IN_PYTHON = re.compile(
    r"""\s*(?:\w+\s*=\s*)?[rbfuRBFU]?(?:(?P<long>\"{3}|'{3})(?P<a>\s*(?:SELECT|WITH)\b.*)(?P=long)"""
    r"""|"(?P<b>\s*(?:SELECT|WITH)\b[^"]*)"|'(?P<c>\s*(?:SELECT|WITH)\b[^']*)')\s*[;,]?\s*""",
    re.DOTALL | re.IGNORECASE,
)
_LABEL = re.compile(r"\s*(?:QUERY|ADQL|SQL)\s*[:=]\s*(?=SELECT\b|WITH\b)", re.IGNORECASE)
_CITED = re.compile(r"^[ \t]*>[ \t]?", re.MULTILINE)
_IN_ADDRESS = re.compile(r"\s*SELECT(?:\+|%20)\S*\s*", re.IGNORECASE)
_BACKTICKS = re.compile(r"`(\w+)`")
_ENTITY = re.compile(r"&(?:lt|gt|le|ge|ne|amp|quot|apos|nbsp|minus|#\d{1,6}|#x[\da-fA-F]{1,5});")
_INVISIBLE = re.compile("[\ufeff\u200b-\u200f\u2060\u00ad]")
_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_SINGLE = re.compile("[\u2018\u2019\u201a\u201b\u2032\u00b4`]")
_DOUBLE = re.compile("[\u201c\u201d\u201e\u201f\u2033]")
_MINUS = re.compile("[\u2212\ufe63\uff0d]|[\u2010-\u2014](?=[\\d.])")
_DASH = re.compile("[\u2010-\u2014\u2212\ufe63\uff0d]")
_SIGNS = {"\u2264": "<=", "\u2265": ">=", "\u2260": "<>", "\uff1c": "<", "\uff1e": ">"}
_SIGN = re.compile(f"[{''.join(_SIGNS)}]")
_NAME = re.compile(r"'(2CXO)[ _]*(J.*)'", re.IGNORECASE | re.DOTALL)


def repair(text: str) -> str:
    """Repair the characters that have one reading only, and name the others."""
    repaired, notes = text, list[str]()

    def step(note: str, change: Callable[[str], str]) -> None:
        """Make one kind of repair, and note it if it changed something."""
        nonlocal repaired
        changed = change(repaired)
        if changed != repaired:
            notes.append(note)
        repaired = changed

    step("a Markdown fence is taken off", lambda old: _FENCE.sub(r"\1", old))
    step("marks of a quotation are taken off", _uncited)
    step("the address is decoded", _unescape_address)
    step("a label is taken off", lambda old: _LABEL.sub("", old, count=1))
    step("the quotes of a Python string are taken off", _without_python)
    step("invisible characters are taken out", lambda old: _INVISIBLE.sub("", old))
    step("odd blanks are blanks", lambda old: _BLANK.sub(" ", old))
    step("HTML escapes are read", lambda old: _outside(old, _unescape))
    step("backticks are double quotes", lambda old: _outside(old, _double))
    step("typographic quotes are quotes", _quotes)
    step("dashes are minus signs", lambda old: _outside(old, lambda part: _MINUS.sub("-", part)))
    step("signs are written in ASCII", lambda old: _outside(old, _ascii_signs))
    step("2CXO names are spelled as in the catalogue", lambda old: _KEPT.sub(_spelled, old))
    _refuse_the_rest(repaired)
    if notes:
        log.info(f"The query is repaired: {'; '.join(notes)}.")
    return repaired


def _uncited(text: str) -> str:
    """Take the marks off that mails put before each line."""
    return _CITED.sub("", text) if text.lstrip().startswith(">") else text


def _unescape_address(text: str) -> str:
    """Read a query that was copied from an address."""
    return unquote_plus(text) if _IN_ADDRESS.fullmatch(text) else text


def _without_python(text: str) -> str:
    """Take off what makes a query a string of Python."""
    found = _IN_PYTHON.fullmatch(text)
    return text if found is None else (found["a"] or found["b"] or found["c"])


def _double(part: str) -> str:
    """Write names in backticks, as other databases quote them, in double quotes."""
    return _BACKTICKS.sub(r'"\1"', part)


def _outside(text: str, change: Callable[[str], str]) -> str:
    """Change what stands outside of quotes and comments."""
    parts = _KEPT.split(text)
    parts[::2] = [change(part) for part in parts[::2]]
    return "".join(parts)


def _unescape(part: str) -> str:
    """Read the HTML escapes that stand for ADQL's own characters."""
    return _BLANK.sub(" ", _ENTITY.sub(lambda found: html.unescape(found[0]), part))


def _quotes(text: str) -> str:
    """Write curly quotes and primes as straight ones, until none stands outside of a literal."""
    previous = ""
    while previous != text:
        previous = text
        text = _outside(text, lambda part: _DOUBLE.sub('"', _SINGLE.sub("'", part, count=2)))
    return text


def _ascii_signs(part: str) -> str:
    """Write comparisons as ADQL does."""
    return _SIGN.sub(lambda found: _SIGNS[found[0]], part)


def _spelled(found: "re.Match[str]") -> str:
    """Spell a literal that is a 2CXO name, or the beginning of one, as the catalogue does."""
    name = _NAME.fullmatch(found[0])
    if name is None:
        return found[0]
    with suppress(InvalidQueryError):
        return f"'{normalise(found[0][1:-1])}'"
    return f"'{name[1]} {_DASH.sub('-', name[2])}'"


def _refuse_the_rest(text: str) -> None:
    """Refuse what is neither ASCII nor a letter, outside of quotes and comments."""
    plain = _KEPT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    for place, character in enumerate(plain):
        if character.isascii() or character.isalnum() or unicodedata.combining(character):
            continue
        line, column = plain.count("\n", 0, place) + 1, place - plain.rfind("\n", 0, place)
        raise InvalidQueryError(
            f"The query contains {character!r} (U+{ord(character):04X}, "
            f"{unicodedata.name(character, 'without a name').lower()}) at line {line}, "
            f"column {column}. Replace it with the character that ADQL has for it.",
            adql=text,
        )
