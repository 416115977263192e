# Licensed under a 3-clause BSD style license - see LICENSE
"""
ADQL and SQL: the only room that knows them.

Other rooms import from:

- ``cut``: cones that a service does not know, as boxes and a cut
- ``equality``: decimals compared with one number
- ``geometry``: the geometry in a query
- ``mentions``: which tables and columns a query names
- ``read``: a query checked before it is sent
- ``speech``: conditions, as one server or another takes them
- ``translate``: ADQL to the SQL of the local engine
- ``write``: queries and conditions written
"""

__all__ = ["cut", "equality", "geometry", "mentions", "read", "speech", "translate", "write"]
