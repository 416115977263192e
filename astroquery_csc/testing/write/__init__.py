# Licensed under a 3-clause BSD style license - see LICENSE
"""Tables and refusals as the bytes of an answer."""
