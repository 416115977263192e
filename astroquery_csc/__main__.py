# Licensed under a 3-clause BSD style license - see LICENSE
"""``python -m astroquery_csc``: the command that is also installed as ``astroquery-csc``."""

import sys

from astroquery_csc.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
