# Licensed under a 3-clause BSD style license - see LICENSE
"""
Queries as people paste them, by family, each with what must happen; all are invented or reconstructed.

``sent`` goes to the service as written, but for the schema; ``here`` is rewritten because of its
geometry; ``refused`` stops before anything is sent, and ``words`` stand in the message.
"""

from typing import Literal, NamedTuple


class Pasted(NamedTuple):
    """One query, the family that it is from, and what must happen to it."""

    family: str
    query: str
    outcome: Literal["sent", "here", "refused"] = "sent"
    words: str = ""
