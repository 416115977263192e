# Licensed under a 3-clause BSD style license - see LICENSE
"""
What every test and every doctest of the project gets: its own home, and no network but loopback.

This file stands above ``astroquery_csc``, ``docs`` and ``tests``, so that the examples in
docstrings and pages run in the same isolation as the tests. An example may use ``Csc`` as a user
would: while it runs, ``conf.server`` and Sesame point at the project's own service on loopback.
"""

import atexit
import gc
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pytest_astropy_header.display import PYTEST_HEADER_MODULES, TESTED_VERSIONS

HOME = Path(tempfile.mkdtemp(prefix="astroquery_csc-tests-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

#: astropy reads these before the XDG variables.
_ASTROPY_VARIABLES = ("ASTROPY_CACHE_DIR", "ASTROPY_CONFIG_DIR")

#: Audit events that send to another host (socket, address), or look one up (host, ...).
_SENDS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOK_UPS = frozenset(
    {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}
)


def _settle() -> None:
    """Give astropy and astroquery a home of their own, also in subprocesses."""
    for variable in _ASTROPY_VARIABLES:
        os.environ.pop(variable, None)
    for variable, name in (("XDG_CACHE_HOME", "cache"), ("XDG_CONFIG_HOME", "config")):
        # astropy warns, and takes ~/.astropy, where its own folder is missing.
        (HOME / name / "astropy").mkdir(parents=True)
        os.environ[variable] = str(HOME / name)
    settings = HOME / "config" / "astropy" / "astropy.cfg"
    settings.write_text("[utils.iers.iers]\nauto_download = False\n")
    for variable in ("NO_PROXY", "no_proxy"):
        before = os.environ.get(variable, "")
        os.environ[variable] = ",".join(filter(None, (before, "127.0.0.1", "localhost", "::1")))
    if "astropy" in sys.modules:
        # A pytest plugin imported it, with the user's own configuration.
        sys.modules["astropy"].config.reload_config("astropy")


_settle()

hypothesis.settings.register_profile("project", deadline=None, print_blob=True)
hypothesis.settings.register_profile(
    "ci", parent=hypothesis.settings.get_profile("project"), derandomize=True
)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "project")


class NetworkGuard:
    """
    An audit hook that refuses every way out of this machine, and remembers who tried.

    Raising is not enough: the code under test turns an `OSError` into its own error, and a test
    that expects one would pass. So `no_network` fails the test as well.
    """

    def __init__(self) -> None:
        self.open = False
        self.attempts: list[str] = []

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Look at one audit event."""
        if self.open or not (event in _SENDS or event in _LOOK_UPS):
            return
        host = _destination(*args[:2]) if event in _SENDS else _first(args[0])
        if not _is_here(host):
            self.attempts.append(f"{event} {host!r}")
            raise OSError(f"tests stay on this machine: {event} {host!r} was refused")


def _destination(sender: socket.socket, address: Any) -> str | None:
    """Find the host that a socket sends to; None where it stays on this machine anyway."""
    return _first(address) if sender.family in {socket.AF_INET, socket.AF_INET6} else None


def _first(address: Any) -> str | None:
    """Take the host of an address."""
    host = address[0] if isinstance(address, tuple) else address
    return host.decode("ascii", "replace") if isinstance(host, bytes) else host


def _is_here(host: str | None) -> bool:
    """Tell whether a host is this machine, seen from inside."""
    if host is None or host in {"", "localhost", socket.gethostname()}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


GUARD = NetworkGuard()


def may_watch(config: pytest.Config) -> bool:
    """
    Tell whether audit hooks are safe here.

    Before Python 3.12, `sys.settrace` fails if another thread calls it at the same time, and a hook
    in Python lets the other thread in. Coverage calls it whenever a thread starts; the tests run
    without coverage as well, and are watched there. A worker of xdist starts pytest-cov later.
    """
    measured = sys.gettrace() is not None or config.pluginmanager.hasplugin("_cov")
    return sys.version_info >= (3, 12) or not measured


#: More tests at a time than this need more memory than they save time.
_MOST_WORKERS = 4


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests of the real services ask another server."""
    parser.addoption(
        "--csc-server",
        metavar="URL",
        help="root of the services that tests/test_remote.py asks (with --remote-data=any); "
        "default: conf.server",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """
    Run tests side by side, by default: where folders, or everything, are run.

    A few files are sooner done than workers have started. The real services get one request at a
    time. pytest-cov must know before this: it has to be given ``-n auto``.

    Raises
    ------
    pytest.UsageError
        If the real services were to be asked from several processes.
    """
    if hasattr(config, "workerinput") or not config.pluginmanager.hasplugin("xdist"):
        return
    option = config.option
    if option.remote_data != "none":
        if option.numprocesses or option.tx:
            raise pytest.UsageError("--remote-data asks the real services: use one process (-n 0)")
    elif option.numprocesses is None and not option.tx and _is_worth_workers(config):
        option.numprocesses = min(_cores(), _MOST_WORKERS)
    if option.numprocesses and option.dist == "no":
        option.dist = "worksteal"


def _is_worth_workers(config: pytest.Config) -> bool:
    """Tell whether a run is long, and its output need not be seen as it comes."""
    option = config.option
    alone = option.usepdb or option.trace or option.capture == "no" or option.collectonly
    alone = alone or config.pluginmanager.hasplugin("_cov")
    return not alone and any(
        Path(config.invocation_params.dir, arg).is_dir() for arg in config.args
    )


def _cores() -> int:
    """Count the cores that this process may use; 0 if there is one, for xdist's "no workers"."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return count if count and count > 1 else 0


def pytest_configure(config: pytest.Config) -> None:
    """Close the network for the whole run, and name the packages that the header lists."""
    if may_watch(config):
        sys.addaudithook(GUARD)
    config.option.astropy_header = True
    PYTEST_HEADER_MODULES.clear()
    for name in ("astropy", "astroquery", "pyvo", "numpy", "sqlglot", "pyarrow", "duckdb"):
        PYTEST_HEADER_MODULES[name] = name
    TESTED_VERSIONS["astroquery_csc"] = _version()


def _version() -> str:
    """Version of the project, where it is installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("astroquery_csc")
    except PackageNotFoundError:
        return "not installed"


def pytest_unconfigure() -> None:
    """Let go: an audit hook cannot be taken off."""
    GUARD.open = True


def pytest_collection_finish() -> None:
    """Keep thousands of tests out of the garbage collector's way: they live until the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that tried to leave this machine, unless it is marked ``remote_data``."""
    remote = request.node.get_closest_marker("remote_data") is not None
    GUARD.attempts.clear()
    GUARD.open = remote
    yield
    GUARD.open = False
    assert not GUARD.attempts, f"the test tried to leave this machine: {GUARD.attempts}"


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """Run the project's own Chandra Source Catalog on loopback, once for all tests."""
    from astroquery_csc.testing import csc_server

    with csc_server() as running:
        yield running


@pytest.fixture(autouse=True)
def examples_on_loopback(request: pytest.FixtureRequest) -> Iterator[None]:
    """Answer an example that uses ``Csc`` from the loopback service."""
    with ExitStack() as stack:
        if _uses_csc(request.node):
            _point_at(request.getfixturevalue("server"), stack)
        yield


def _uses_csc(item: pytest.Item) -> bool:
    """Tell whether an item is a doctest with ``Csc`` in its code."""
    dtest = getattr(item, "dtest", None)
    return dtest is not None and any("Csc" in example.source for example in dtest.examples)


def _point_at(server: Any, stack: ExitStack) -> None:
    """Send the package and the name resolver to a server, until the stack is closed."""
    from astropy.coordinates.name_resolve import sesame_url

    from astroquery_csc.config import conf

    stack.enter_context(conf.set_temp("server", server.url))
    stack.enter_context(sesame_url.set((server.sesame_url,)))
