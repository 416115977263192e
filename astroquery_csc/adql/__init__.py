# Licensed under a 3-clause BSD style license - see LICENSE
"""The only room that knows SQL: writing it, reading it, translating it for a local engine."""
