# Licensed under a 3-clause BSD style license - see LICENSE
"""The archive over HTTP: requests, the cache, time limits, jobs, uploads and files."""
