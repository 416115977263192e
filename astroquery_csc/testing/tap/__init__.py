# Licensed under a 3-clause BSD style license - see LICENSE
"""TAP as the test service speaks it."""
