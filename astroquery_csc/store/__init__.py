# Licensed under a 3-clause BSD style license - see LICENSE
"""
Tables on this disk as a backend.

Other rooms import from:

- ``arrow``: columns to Arrow and back
- ``disk``: a mirror as a backend
- ``engine``: DuckDB
- ``manifest``: what a mirror contains
- ``offline``: what a mirror answers without a service
- ``parquet``: Parquet files
- ``waiting``: work that can be interrupted
"""

__all__ = ["arrow", "disk", "engine", "manifest", "offline", "parquet", "waiting"]
