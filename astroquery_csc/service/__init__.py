# Licensed under a 3-clause BSD style license - see LICENSE
"""
The archive over HTTP.

Other rooms import from:

- ``cache``: answers on disk
- ``cache_folder``: the folder in which they are
- ``connections``: connections and their limits
- ``deadline``: time limits and retries
- ``files``: the archive's files
- ``memory``: what a process remembers of a service
- ``refusals``: the words of a service in an error
- ``resolver``: names of objects made into positions
- ``transport``: requests and their answers
"""

__all__ = [
    "cache",
    "cache_folder",
    "connections",
    "deadline",
    "files",
    "memory",
    "refusals",
    "resolver",
    "transport",
]
