# Licensed under a 3-clause BSD style license - see LICENSE
"""The sky of the test service: 11 real sources and an invented remainder."""
