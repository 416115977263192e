# Licensed under a 3-clause BSD style license - see LICENSE
"""astroquery's logger, to which a service can say nothing that a terminal obeys."""

import logging
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from astroquery import log as _log

from astroquery_csc.exceptions import clean

if TYPE_CHECKING:
    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter

__all__ = ["log"]


class _CleanLog(_Adapter):
    """Puts each message on one line, without control characters and passwords."""

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        """Clean a message that will be logged."""
        return " ".join(clean(str(msg)).split()), kwargs


log: _CleanLog = _CleanLog(_log, {})
