# Licensed under a 3-clause BSD style license - see LICENSE
"""Comparisons in filters as VizieR, HEASARC and others write them: ``"> 10"``, ``(">", 10)``."""

import re
from typing import NamedTuple

__all__ = ["Comparison", "name_pattern", "read_comparison"]

_OPERATORS = {"==": "=", "!=": "<>"} | {sign: sign for sign in ("=", "<>", "<=", ">=", "<", ">")}
_TEXT = re.compile(r"\s*(==|!=|<>|<=|>=|=|<|>)\s*(\S.*?)\s*", re.DOTALL)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_PATTERN = re.compile(r"2CXO[ _]*J[ _]*([0-9.+\-A-Z*%]*)", re.ASCII)
_MINUS = re.compile("[\u2010-\u2014\u2212]")


class Comparison(NamedTuple):
    """An operator of ADQL and the value at its right."""

    operator: str
    value: object


def read_comparison(wanted: object) -> Comparison | None:
    """Read ``"> 10"`` or ``(">", 10)``; None for what is not a comparison."""
    if isinstance(wanted, tuple):
        if len(wanted) == 2 and isinstance(wanted[0], str) and wanted[0].strip() in _OPERATORS:
            return Comparison(_OPERATORS[wanted[0].strip()], wanted[1])
        return None
    found = _TEXT.fullmatch(_MINUS.sub("-", wanted)) if isinstance(wanted, str) else None
    if found is None:
        return None
    value: object = found[2].strip("'") if found[2].startswith("'") else found[2]
    if _NUMBER.fullmatch(found[2]):
        value = int(found[2]) if re.fullmatch(r"[-+]?\d+", found[2]) else float(found[2])
    return Comparison(_OPERATORS[found[1]], value)


def name_pattern(wanted: object) -> str | None:
    """Read a 2CXO name with ``*`` or ``%`` for any characters as a pattern of LIKE."""
    if not isinstance(wanted, str) or not set(wanted) & {"*", "%"}:
        return None
    found = _PATTERN.fullmatch(_MINUS.sub("-", wanted).strip().upper())
    return None if found is None else f"2CXO J{found[1]}".replace("*", "%")
