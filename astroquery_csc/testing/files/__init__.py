# Licensed under a 3-clause BSD style license - see LICENSE
"""Files and images of the test service."""
