# Licensed under a 3-clause BSD style license - see LICENSE
"""Tables on this computer's disk that answer queries."""
