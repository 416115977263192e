# Licensed under a 3-clause BSD style license - see LICENSE
"""The matrix as tables in reStructuredText; docs/_ext/fault_tables.py puts them into a page."""

from collections.abc import Iterator

from tests.faults.catalogue import CASES, FAULTS, GROUPS
from tests.faults.model import Fault, Gets
from tests.faults.on_the_disk import ON_THE_DISK
from tests.faults.verbs import VERBS

__all__ = ["table"]

_HEAD = ".. list-table::\n   :header-rows: 1\n   :widths: 20 40 40\n"


def _row(*cells: str) -> str:
    """Write one row."""
    return (
        "\n".join(f"   {'* -' if not n else '  -'} {cell}" for n, cell in enumerate(cells)) + "\n"
    )


def _name_of(gets: Gets) -> str:
    """Name what the user gets."""
    return gets if isinstance(gets, str) else f"`~astroquery_csc.exceptions.{gets.__name__}`"


def _gets(fault: Fault) -> str:
    """Say what the users of which verbs get; the commonest first."""
    verbs: dict[str, list[str]] = {}
    for verb, gets in fault.results.items():
        verbs.setdefault(_name_of(gets), []).append(verb)
    (first, of_first), *others = sorted(verbs.items(), key=lambda item: -len(item[1]))
    warning = f" and {fault.warns.__name__}" if fault.warns else ""
    count = f" ({len(of_first)})" if len(of_first) > 3 else f" ({', '.join(of_first)})"
    parts = [f"{name}: {', '.join(names)}" for name, names in others]
    return "; ".join([first + warning + count, *parts])


def _pieces() -> Iterator[str]:
    """Write the table group by group."""
    count = len(FAULTS)
    yield f"{count} faults of the service, {len(CASES)} cases with the {len(VERBS)} ways to ask:\n"
    yield f"{', '.join(VERBS)}.\n"
    for title, faults in GROUPS.items():
        yield f"{title}\n{'-' * len(title)}\n"
        yield _HEAD
        yield _row("Fault", "The service …", "The user gets (of how many verbs)")
        yield from (_row(fault.name, fault.does, _gets(fault)) for fault in faults)
    title = "The disk under the cache"
    yield f"{title}\n{'-' * len(title)}\n"
    yield f"{len(ON_THE_DISK)} faults. The user always gets the right table.\n"
    yield _HEAD
    yield _row("Fault", "The disk …", "And")
    for fault in ON_THE_DISK:
        told = "one InputWarning" if fault.warns else "no warning: it is a miss"
        yield _row(fault.name, fault.does, told)


def table() -> str:
    """Write the table."""
    text = ""
    for piece in _pieces():
        text += piece if text.endswith(_HEAD) or piece.startswith("   *") else f"\n{piece}"
    return text.replace(_HEAD, _HEAD + chr(10))
