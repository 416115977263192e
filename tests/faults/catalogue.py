# Licensed under a 3-clause BSD style license - see LICENSE
"""All faults of the matrix, by the part of the house that they meet."""

from collections.abc import Mapping

from tests.faults.model import Fault
from tests.faults.of_documents import OF_DOCUMENTS
from tests.faults.of_http import OF_HTTP
from tests.faults.of_jobs import OF_JOBS
from tests.faults.on_the_wire import ON_THE_WIRE

__all__ = ["CASES", "FAULTS", "GROUPS"]

GROUPS: Mapping[str, tuple[Fault, ...]] = {
    "The network": ON_THE_WIRE,
    "Statuses and redirects": OF_HTTP,
    "What is in an answer": OF_DOCUMENTS,
    "Jobs, and what the service says of itself": OF_JOBS,
}
FAULTS: Mapping[str, Fault] = {fault.name: fault for group in GROUPS.values() for fault in group}
#: Every fault with every verb that can meet it.
CASES: tuple[tuple[str, str], ...] = tuple(
    (fault.name, verb) for fault in FAULTS.values() for verb in fault.results
)
