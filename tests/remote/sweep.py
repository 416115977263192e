# Licensed under a 3-clause BSD style license - see LICENSE
"""
What the live tests find out: they are run against a test service of each setting.

``python -m tests.remote.sweep`` prints the rows of the table in ``docs/develop/service.rst``.
"""

import re
import tempfile
import warnings
from pathlib import Path
from typing import Any

from astroquery_csc.config import conf
from astroquery_csc.testing import Dialect, csc_server
from astroquery_csc.testing.dialect import CONSTRUCTS
from tests.remote import QUESTIONS
from tests.remote.needs import broken
from tests.remote.site import Question, Site, visit
from tests.remote.verbs import VERBS, Live, Sky, call
from tests.testing.test_dialect import tried

__all__ = ["Failing", "cases", "failing", "key", "table"]

PAGE = Path(__file__).parents[2] / "docs" / "develop" / "service.rst"

#: Names of live tests that fail: verbs, and questions.
Failing = tuple[list[str], list[str]]

#: Settings beside those of tests/testing/test_dialect.py.
_MORE: list[tuple[str, Any]] = [
    *(("refused", frozenset({name})) for name in CONSTRUCTS),
    ("max_in_list", 150),
    ("file_faults", (("", "html"),)),
]


def cases() -> list[tuple[str, Any]]:
    """List the settings that are tried, each once."""
    return list({key(*case): case for case in [*tried(), *_MORE]}.values())


def key(switch: str, value: object) -> str:
    """Write a setting as the table does."""
    text = (
        f"{{{', '.join(map(repr, sorted(value)))}}}"
        if isinstance(value, frozenset)
        else repr(value)
    )
    return f"{switch}={text}"


def failing(switch: str, value: object, folder: Path) -> Failing:
    """Run every live test against a service with one setting; name those that fail."""
    with (
        csc_server(dialect=Dialect(**{switch: value})) as server,  # type: ignore[arg-type]
        conf.set_temp("retries", 0),
        conf.set_temp("max_wait", 20.0),
        visit(server.url) as site,
        call(server.url, Sky.invented(), folder, site.meter) as live,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("error")
        verbs = [name for name in VERBS if _fails_verb(name, live)]
        return verbs, [name for name in QUESTIONS if _fails_question(QUESTIONS[name], site)]


def _fails_verb(name: str, live: Live) -> bool:
    """Tell whether one check fails, in whatever way."""
    try:
        VERBS[name](live)
    except Exception:  # noqa: BLE001 - so does pytest
        return True
    return False


def _fails_question(question: Question, site: Site) -> bool:
    """Tell whether a question has no answer, or one that the code cannot live with."""
    try:
        return bool(broken(question.look(site)))
    except Exception:  # noqa: BLE001 - so does pytest
        return True


def table() -> dict[str, Failing]:
    """Read the table of the page."""
    rows = re.findall(
        r"^   \* - ``(\w+=.*)``\n     -([^\n]*)\n     -([^\n]*)$",
        PAGE.read_text("utf-8"),
        re.MULTILINE,
    )
    return {name: (_names(verbs), _names(questions)) for name, verbs, questions in rows}


def _names(cell: str) -> list[str]:
    """Read the names of a cell."""
    return [name for name in cell.strip().split(", ") if name]


def _print_rows() -> None:
    """Print a row for each setting that some live test finds."""
    for switch, value in cases():
        with tempfile.TemporaryDirectory() as folder:
            verbs, questions = failing(switch, value, Path(folder))
        if verbs or questions:
            print(f"   * - ``{key(switch, value)}``")  # noqa: T201
            print(f"     - {', '.join(verbs)}\n     - {', '.join(questions)}".rstrip())  # noqa: T201


if __name__ == "__main__":
    _print_rows()
