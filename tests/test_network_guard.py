# Licensed under a 3-clause BSD style license - see LICENSE
"""The guard that keeps the tests on this machine."""

import socket
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

#: Addresses that belong to nobody: RFC 5737.
ELSEWHERE = ("192.0.2.1", 443)
HERE = ("127.0.0.1", 443)


@pytest.fixture
def home(request: pytest.FixtureRequest) -> ModuleType:
    """Give the conftest.py that stands above everything."""
    plugins: set[ModuleType] = request.config.pluginmanager.get_plugins()
    return next(plugin for plugin in plugins if hasattr(plugin, "NetworkGuard"))


def test_another_host_is_refused_and_remembered(home: ModuleType) -> None:
    """Code that swallows the error does not hide it from the fixture."""
    guard = home.NetworkGuard()
    with socket.socket() as sender, pytest.raises(OSError, match="tests stay on this machine"):
        guard("socket.connect", (sender, ELSEWHERE))
    assert guard.attempts == ["socket.connect '192.0.2.1'"]


def test_this_machine_is_not_refused(home: ModuleType) -> None:
    """The services of the tests answer on loopback."""
    guard = home.NetworkGuard()
    with socket.socket() as sender:
        guard("socket.connect", (sender, HERE))
    assert guard.attempts == []


def test_a_look_up_is_refused(home: ModuleType) -> None:
    """A name is looked up elsewhere, even if nothing follows."""
    with pytest.raises(OSError, match="was refused"):
        home.NetworkGuard()("socket.getaddrinfo", ("cda.example", 443, 0, 0, 0))


@pytest.fixture
def guard(home: ModuleType, pytestconfig: pytest.Config) -> Iterator[Any]:
    """Give the guard of this run, where there is one; what it saw is forgotten."""
    if not home.may_watch(pytestconfig):
        pytest.skip("coverage and an audit hook do not go together before Python 3.12")
    yield home.GUARD
    home.GUARD.attempts.clear()


def test_the_guard_of_this_run_sees_what_a_test_sends(guard: Any) -> None:
    """It is there, not only written."""
    with socket.socket() as sender, pytest.raises(OSError, match="tests stay on this machine"):
        sender.connect(ELSEWHERE)
    assert guard.attempts == ["socket.connect '192.0.2.1'"]
