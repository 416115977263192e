# Licensed under a 3-clause BSD style license - see LICENSE
"""
A Chandra Source Catalog on loopback, for our tests and yours.

`csc_server` runs a real HTTP server that speaks as the archive's services do; `use_test_service`
sends everything there with one line. `Dialect` has a
switch for every behaviour of those services that is not certain.
"""

from astroquery_csc.testing.dialect import Dialect
from astroquery_csc.testing.server import CscServer, csc_server, use_test_service

__all__ = ["CscServer", "Dialect", "csc_server", "use_test_service"]
