# Licensed under a 3-clause BSD style license - see LICENSE
"""Scripts for Sherpa and XSPEC that load spectra; every name in them is quoted."""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from astroquery_csc.whole_file import WholeFile

__all__ = ["write_scripts"]

_STEM = "load_spectra"
_SHERPA = '''"""Load {count} spectra of the Chandra Source Catalog; written by astroquery_csc."""

from pathlib import Path

from sherpa.astro import ui

HERE = Path(__file__).resolve().parent

SPECTRA = {{
{spectra}
}}

for number, path in SPECTRA.items():
    ui.load_pha(number, str(HERE / path))  # loads background and responses, which it names
    ui.notice_id(number, 0.5, 7.0)
'''
_XSPEC = "# Load {count} spectra of the Chandra Source Catalog; written by astroquery_csc.\n"


def write_scripts(root: Path, paths: Sequence[Path]) -> tuple[Path, Path]:
    """Write a script for Sherpa and one for XSPEC into the folder that holds the spectra."""
    root = root.resolve()
    lines = [
        f"    {number}: {_relative(root, path)!r}," for number, path in enumerate(paths, start=1)
    ]
    sherpa = _SHERPA.format(count=len(paths), spectra="\n".join(lines))
    found = root / f"{_STEM}.py", root / f"{_STEM}.xcm"
    for path, text in zip(found, (sherpa, _xspec(root, paths)), strict=True):
        with WholeFile(path) as file:
            file.stream.write(text.encode())
    return found


def _xspec(root: Path, paths: Sequence[Path]) -> str:
    """Write the script for XSPEC, which takes no blanks in names and looks where it runs."""
    lines = [_XSPEC.format(count=len(paths))]
    for number, path in enumerate(paths, start=1):
        lines.append(f"cd {_tcl(str(path.resolve().parent))}")
        lines.append(f"data {number}:{number} {_tcl(path.name)}")
        lines.append(f"ignore {number}:**-0.5 7.0-**")
    return "\n".join([*lines, f"cd {_tcl(str(root))}", ""])


def _relative(root: Path, path: Path) -> str:
    """Write a path from the folder of the scripts on."""
    return str(PurePosixPath(path.resolve().relative_to(root)))


def _tcl(text: str) -> str:
    """Quote a word of Tcl."""
    return re.sub(r"([^\w./+:-])", r"\\\1", text)
