# Licensed under a 3-clause BSD style license - see LICENSE
"""
Questions to the real services whose answers are not certain, and how they are written down.

``tests/test_remote.py`` puts them to the archive, ``tests/test_remote_offline.py`` to the test
service, so that they are known to work before anybody spends a run on them.
"""

from tests.remote import adql, answers, cone, files, jobs, tables
from tests.remote.site import QUESTIONS

__all__ = ["LOOKS", "QUESTIONS"]

#: The files that hold the questions.
LOOKS = (answers, tables, adql, jobs, cone, files)
