# Licensed under a 3-clause BSD style license - see LICENSE
"""
Master sources: from a user's arguments to a Table.

Other rooms import from:

- ``answer``: answers to a Table, with its meta
- ``arguments``: columns, filters and limits
- ``ask``: what to ask a backend
- ``listing``: tables and columns that exist
- ``match``: counterparts of a list
- ``nothing``: what to say about a table without rows
- ``objects``: sources by name
- ``pieces``: lists of values, piece by piece
- ``places``: positions and angles
- ``reach``: how far out a cone search looks
- ``region``: cones and boxes
- ``tap``: free ADQL
"""

__all__ = [
    "answer",
    "arguments",
    "ask",
    "listing",
    "lists",
    "match",
    "nothing",
    "objects",
    "pieces",
    "places",
    "reach",
    "region",
    "tap",
]
