# Licensed under a 3-clause BSD style license - see LICENSE
"""A copy of the catalogue on this computer: made, brought up to date, checked, handed on."""

from astroquery_csc.mirror.lsdb import to_lsdb
from astroquery_csc.mirror.make import create, update, verify

__all__ = ["create", "to_lsdb", "update", "verify"]
