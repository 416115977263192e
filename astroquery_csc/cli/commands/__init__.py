# Licensed under a 3-clause BSD style license - see LICENSE
"""The subcommands, one per file: each adds its arguments, and runs."""
