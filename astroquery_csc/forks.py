# Licensed under a 3-clause BSD style license - see LICENSE
"""
What a forked process makes anew: locks, whose holders it lacks, and connections of its parent.

Two processes that read from one socket get each other's answers.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import Any, Self, TypeVar, overload
from weakref import WeakSet, WeakValueDictionary

__all__ = ["ForkedLock", "kept_property", "renew_in_child", "wait_before_fork"]


Thing = TypeVar("Thing")
Value = TypeVar("Value")

#: By identity, since a class may say what is equal.
_things: "WeakValueDictionary[tuple[int, Callable[[Any], None]], Any]" = WeakValueDictionary()

_imports: "WeakSet[threading.Thread]" = WeakSet()
#: The fork itself may be part of an import that the thread waits for.
_IMPORT_SECONDS = 10.0


def renew_in_child(thing: Thing, action: Callable[[Thing], None]) -> None:
    """Do something with an object in each forked process, before anything else runs there."""
    _things[id(thing), action] = thing


def _renew() -> None:
    """Make everything anew."""
    for (_, action), thing in list(_things.items()):
        # One that fails must not keep the others from it.
        with suppress(Exception):
            action(thing)


class ForkedLock:
    """A lock that nobody holds in a forked process."""

    def __init__(self) -> None:
        self._free()
        renew_in_child(self, ForkedLock._free)

    def _free(self) -> None:
        """Release the lock, whoever held it."""
        self._lock = threading.Lock()

    def acquire(self, *, blocking: bool = True) -> bool:
        """Wait for the lock, or only try to get it."""
        return self._lock.acquire(blocking=blocking)

    def release(self) -> None:
        """Let go of the lock."""
        self._lock.release()

    def __enter__(self) -> None:
        """Wait for the lock."""
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Let go of the lock."""
        self._lock.release()


class kept_property(cached_property[Value]):  # noqa: N801 - used like a function
    """A ``cached_property`` without the lock that Python 3.11 shares among all instances."""

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Value: ...

    def __get__(self, instance: object, owner: type[Any] | None = None) -> Self | Value:
        """Give the value, which two threads may work out at the same time."""
        if instance is None:
            return self
        name = self.func.__name__
        if name not in instance.__dict__:
            instance.__dict__[name] = self.func(instance)
        value: Value = instance.__dict__[name]
        return value


def wait_before_fork(thread: threading.Thread) -> None:
    """Let each fork wait for a thread that imports, or its locks stay locked in the child."""
    _imports.add(thread)


def _wait() -> None:
    """Wait for imports, within reason."""
    for thread in list(_imports):
        if thread.is_alive():
            thread.join(_IMPORT_SECONDS)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait, after_in_child=_renew)
