# Licensed under a 3-clause BSD style license - see LICENSE
"""
Master sources: from a user's arguments to a Table.

Other rooms import from:

- ``answer``: answers to a Table, with its meta
- ``arguments``: columns, filters and limits
- ``ask``: what to ask a backend
- ``lists``: lists of positions, request by request
- ``listing``: tables and columns that exist
- ``match``: counterparts of a list
- ``nothing``: what to say about a table without rows
- ``objects``: sources by name
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
    "places",
    "reach",
    "region",
    "tap",
]
