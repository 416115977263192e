# Licensed under a 3-clause BSD style license - see LICENSE
"""Trying again: a few times, ever more slowly, as the service asks, and within a time limit."""

from collections.abc import Callable
from typing import TypeVar

from astroquery import log

from astroquery_csc.config import conf, number
from astroquery_csc.exceptions import RemoteServiceError
from astroquery_csc.service.deadline import Deadline

__all__ = ["persist"]

T = TypeVar("T")
_GROWTH = 3.0


def persist(action: Callable[[], T], deadline: Deadline) -> T:
    """Do something that may be done twice, again where a failure may pass."""
    wait, tries = number("retry_wait", conf.retry_wait), 1
    most = 1 + int(number("retries", conf.retries))
    while True:
        try:
            return action()
        except RemoteServiceError as error:
            pause = max(wait, error.retry_after or 0.0)
            if error.retry_after is None or tries >= most or pause >= deadline.left:
                if tries > 1:
                    error.args = (f"{error} It was asked {tries} times.",)
                raise
            log.info(f"Trying again in {pause:g} s (try {tries} of {most}): {error}")
        deadline.wait(pause)
        wait, tries = wait * _GROWTH, tries + 1
