# Licensed under a 3-clause BSD style license - see LICENSE
"""
Check that the sdist holds what git holds, and the wheel the package and nothing else.

Run ``python tools/check_dist.py dist`` from the root of a git checkout, after
``python -m build --outdir dist``.
"""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

PACKAGE = "astroquery_csc"


def tracked_files() -> set[str]:
    """
    List what git holds.

    Returns
    -------
    set of str
        Paths from the root of the project.
    """
    listing = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True)
    return set(filter(None, listing.stdout.split("\0")))


def sdist_files(path: Path) -> set[str]:
    """
    List what an sdist holds beside its metadata.

    Parameters
    ----------
    path : pathlib.Path
        The ``.tar.gz``.

    Returns
    -------
    set of str
        Paths below the folder that the archive holds.
    """
    with tarfile.open(path) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    return {
        name for name in names if name != "PKG-INFO" and not name.startswith(f"{PACKAGE}.egg-info/")
    }


def wheel_files(path: Path) -> set[str]:
    """
    List what a wheel holds beside its metadata.

    Parameters
    ----------
    path : pathlib.Path
        The ``.whl``.

    Returns
    -------
    set of str
        Paths as they are installed.
    """
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    return {name for name in names if ".dist-info/" not in name}


def compare(what: str, found: set[str], expected: set[str]) -> list[str]:
    """
    Say what is missing and what is too much.

    Parameters
    ----------
    what : str
        ``"sdist"`` or ``"wheel"``.
    found, expected : set of str
        Paths.

    Returns
    -------
    list of str
        One line a path that is on one side only.

    Examples
    --------
    >>> compare("wheel", {"a.py"}, {"a.py", "py.typed"})
    ['wheel: py.typed is missing']
    """
    missing = [f"{what}: {name} is missing" for name in sorted(expected - found)]
    return missing + [f"{what}: {name} is too much" for name in sorted(found - expected)]


def main(folder: str = "dist") -> int:
    """
    Check the sdist and the wheel of a folder.

    Parameters
    ----------
    folder : str
        Where ``python -m build`` put them.

    Returns
    -------
    int
        The exit code: 0 if both are right.
    """
    (sdist,) = Path(folder).glob("*.tar.gz")
    (wheel,) = Path(folder).glob("*.whl")
    tracked = tracked_files()
    package = {name for name in tracked if name.startswith(f"{PACKAGE}/")}
    complaints = compare("sdist", sdist_files(sdist), tracked)
    complaints += compare("wheel", wheel_files(wheel), package)
    print("\n".join(complaints) or f"{sdist.name}, {wheel.name}: {len(tracked)} files, right")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
