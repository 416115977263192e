# Licensed under a 3-clause BSD style license - see LICENSE
"""Forked processes: each has connections, locks and engines of its own, and right answers."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

from astroquery_csc.forks import kept_property

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

#: Forks while another thread holds the locks of a client, of its cookies, and of the clock.
HELD = """
import os, sys, threading
from astroquery_csc.core import CscClass
from astroquery_csc.progress import _TERMINAL
from astroquery_csc.service.deadline import Deadline, _watcher
csc = CscClass()
holding, over = threading.Event(), threading.Event()
def hold():
    with csc._known_columns._lock, csc._cache._lock, csc._session.cookies._cookies_lock:
        with _watcher._changed, _TERMINAL:
            holding.set()
            over.wait()
thread = threading.Thread(target=hold)
thread.start()
holding.wait()
child = os.fork()
if not child:
    csc._session.cookies.clear_expired_cookies()
    csc._cache.warn(OSError("no disk"))
    with Deadline(60.0).watch(print), _TERMINAL:
        os._exit(csc._known_columns.get("key", lambda: 7))
over.set()
thread.join()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

#: Has clients whose sessions are no sessions, and one of which the connections must be new.
REPLACED = """
import os, sys
from unittest.mock import MagicMock
from astroquery_csc.core import CscClass
clients = [CscClass() for _ in range(7)]
clients[0]._session = clients[3]._session = clients[6]._session = None
clients[1]._session = MagicMock()
def pools():
    sessions = [clients[number]._session for number in (2, 4, 5)]
    return [session.get_adapter("https://a.b").poolmanager for session in sessions]
before = pools()
child = os.fork()
if not child:
    os._exit(sum(one is other for one, other in zip(before, pools())))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

#: Forks while a thread imports what decodes answers.
IMPORTING = """
import os, signal, sys
from astroquery_csc import optional
optional.import_arrow_ahead()
child = os.fork()
if not child:
    signal.alarm(60)
    os._exit(7 if optional.has_arrow() else 8)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

#: Asks a mirror for a cone and by ADQL, before and after the fork.
MIRROR = """
import os, sys
from astroquery_csc.core import CscClass
csc = CscClass(mirror=sys.argv[1])
def ask():
    names = csc.query_tap("SELECT name FROM master_source ORDER BY name")["name"].tolist()
    near = csc.query_object(names[0], radius="1 deg", verbosity=1)["name"].tolist()
    return names, near
before = ask()
children = []
for _ in range(4):
    child = os.fork()
    if not child:
        os._exit(0 if ask() == before else 1)
    children.append(child)
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of Python that forks."""
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        timeout=300,
    )


def test_no_answer_crosses_processes(server, tmp_path):
    """Children of a parent with open connections get their own answers, also from the cache."""
    done = run("-m", "tests.faults.programs.forked", server.url, str(tmp_path), "4", "8")

    assert done.returncode == 0, done.stderr


def test_nobody_holds_a_lock_in_a_forked_process():
    """What threads of the parent held at the fork is free in the child."""
    done = run("-c", HELD)

    assert done.returncode == 7, done.stderr


def test_a_session_that_was_replaced_keeps_nobody_from_connections_of_its_own():
    """One client has no session, one a mock; the others are made anew all the same."""
    done = run("-c", REPLACED)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_a_property_that_is_kept_has_no_lock():
    """Two threads are in it at once, so that none can hold it at a fork."""

    class Thing:
        """Has one."""

        @kept_property
        def value(self):
            """Wait for another thread that is here, too."""
            both.wait()
            return 7

    both = threading.Barrier(2, timeout=60)
    one, other = Thing(), Thing()
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda thing: thing.value, (one, other)))

    assert (found, one.value, vars(other)) == ([7, 7], 7, {"value": 7})


def test_a_fork_waits_for_an_import():
    """What a thread imports at the fork would never be there in the child."""
    done = run("-c", IMPORTING)

    assert done.returncode == 7 + (find_spec("pyarrow") is None), done.stderr


def test_forked_processes_ask_a_mirror_as_their_parent_does(made):
    """Cones and ADQL of a mirror that was open before the fork give the same rows."""
    done = run("-c", MIRROR, str(made))

    assert done.returncode == 0, done.stderr
