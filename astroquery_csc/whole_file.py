# Licensed under a 3-clause BSD style license - see LICENSE
"""Files that appear whole or not at all: written under another name, then renamed."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

__all__ = ["WholeFile", "whole_path"]


class WholeFile:
    """
    A file under a draft name in its folder; `keep` gives it its own name, `abandon` removes it.

    A with statement keeps it at its end and abandons it on an error. Its mode follows the umask, or
    is 0600 if it is ``private``; a ``durable`` file is on the disk before it appears.
    """

    def __init__(
        self,
        path: Path,
        *,
        draft: Path | None = None,
        private: bool = False,
        durable: bool = False,
    ) -> None:
        self.path = path
        self._durable = durable
        self.draft: Path
        self.stream: BinaryIO
        if private:
            handle, name = tempfile.mkstemp(
                prefix=path.stem, suffix=f"{path.suffix}.part", dir=path.parent
            )
            self.draft = Path(name)
            self.stream = os.fdopen(handle, "w+b")
        elif draft is not None:
            # A known name: what an interrupted process has left is overwritten.
            self.draft = draft
            self.stream = draft.open("w+b")
        else:
            self.draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
            self.stream = self.draft.open("x+b")

    def __enter__(self) -> Self:
        """Use in a with statement."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep the file, or remove it if there was an error."""
        try:
            if kind is None:
                self.keep()
        finally:
            self.abandon()

    def keep(self) -> None:
        """Let the file appear at ``path``, which may have changed while it was written."""
        if self._durable:
            self.stream.flush()
            os.fsync(self.stream.fileno())
        self.stream.close()
        self.draft.replace(self.path)

    def abandon(self) -> None:
        """Remove the draft, if it is still there."""
        try:
            self.stream.close()
        finally:
            self.draft.unlink(missing_ok=True)


@contextmanager
def whole_path(path: Path) -> Iterator[Path]:
    """Give a path to write to, with the same name; the file appears when the block ends."""
    # In a folder of its own: files of tempfile have a mode that does not follow the umask.
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        made = Path(folder, path.name)
        yield made
        made.replace(path)
