# Licensed under a 3-clause BSD style license - see LICENSE
"""
Whether a file is whole: gzip, FITS and JPEG, looked at while they stream past.

A cut file, a page of HTML and an archive bomb are found out without holding or unpacking a file.
Every header of a FITS file is read, and each has to have the data that it announces.
"""

import zlib
from collections.abc import Callable
from math import prod

from astroquery_csc.exceptions import RemoteServiceError
from astroquery_csc.service.refusals import words_of

__all__ = ["BrokenFileError", "FileCheck"]

#: The largest images of the catalogue unpack to 2 GB or so.
MAX_UNPACKED_BYTES = 1 << 33
#: Pictures are a few hundred kilobytes.
MAX_PICTURE_BYTES = 1 << 26

_BLOCK = 2880
_CARD = 80
_MAX_HEADER_BLOCKS = 2000
_SIZES = frozenset({8, 16, 32, 64, -32, -64})
_END = b"END".ljust(_CARD)
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31
_UNPACK_BYTES = 1 << 20
_HEAD_BYTES = 2000


class BrokenFileError(RemoteServiceError):
    """What came is not the file that was asked for, or not all of it."""


class _Fits:
    """Follows the blocks of a FITS file: headers, and the data that they announce."""

    what = "FITS"

    def __init__(self) -> None:
        self._header = bytearray()
        self._extensions = 0
        self._data = 0
        self._padding = 0

    def feed(self, piece: memoryview) -> None:
        """Look at the next bytes."""
        while len(piece):
            is_data = self._data or self._padding
            piece = self._skip(piece) if is_data else self._read(piece)

    def _skip(self, piece: memoryview) -> memoryview:
        """Pass over data, and what fills their last block."""
        taken = min(len(piece), self._data)
        self._data -= taken
        filling = min(len(piece) - taken, self._padding)
        self._padding -= filling
        return piece[taken + filling :]

    def _read(self, piece: memoryview) -> memoryview:
        """Read one block of a header, as far as it is there."""
        missing = _BLOCK - len(self._header) % _BLOCK
        self._header += piece[:missing]
        self._check_start()
        if len(self._header) % _BLOCK == 0:
            block = self._header[-_BLOCK:]
            cards = [bytes(block[at : at + _CARD]) for at in range(0, _BLOCK, _CARD)]
            if _END in cards:
                self._announce()
            elif len(self._header) > _MAX_HEADER_BLOCKS * _BLOCK:
                raise BrokenFileError("it is not a FITS file: a header has no end")
        return piece[missing:]

    def _check_start(self) -> None:
        """Refuse at once what is not a header."""
        expected = b"XTENSION=" if self._extensions else b"SIMPLE  ="
        start = bytes(self._header[: len(expected)])
        if not expected.startswith(start):
            if self._extensions:
                raise BrokenFileError("it is not a FITS file: something follows its data")
            raise BrokenFileError(f"it is not a FITS file{_seen(bytes(self._header))}")

    def _announce(self) -> None:
        """Read from a header how many bytes of data follow."""
        cards = [bytes(self._header[at : at + _CARD]) for at in range(0, len(self._header), _CARD)]
        values = {
            card[:8].decode("ascii", "replace").rstrip(): card[10:].partition(b"/")[0].strip()
            for card in cards
            if card[8:10] == b"= "
        }
        try:
            bits, axes = int(values["BITPIX"]), int(values["NAXIS"])
            lengths = [int(values[f"NAXIS{number}"]) for number in range(1, axes + 1)]
            groups, heap = int(values.get("GCOUNT", b"1")), int(values.get("PCOUNT", b"0"))
        except (KeyError, ValueError) as error:
            raise BrokenFileError(
                "it is not a FITS file: a header lacks BITPIX or NAXIS"
            ) from error
        if bits not in _SIZES or min([groups, heap, *lengths]) < 0:
            raise BrokenFileError("it is not a FITS file: a header announces impossible data")
        self._data = abs(bits) // 8 * groups * (heap + prod(lengths)) if axes else 0
        self._padding = -self._data % _BLOCK
        self._extensions += 1
        self._header.clear()

    def finish(self) -> None:
        """Refuse a file that ends too early."""
        if self._data or self._padding or self._header or not self._extensions:
            raise BrokenFileError("the FITS file is cut", retry_after=0.0)


class _Jpeg:
    """Looks at the beginning and the end of a JPEG file."""

    what = "JPEG"

    def __init__(self) -> None:
        self._head = b""
        self._tail = b""

    def feed(self, piece: memoryview) -> None:
        """Look at the next bytes."""
        if len(self._head) < 3:
            self._head += bytes(piece[: 3 - len(self._head)])
            if not b"\xff\xd8\xff".startswith(self._head):
                raise BrokenFileError(f"it is not a JPEG file{_seen(bytes(piece))}")
        self._tail = (self._tail + bytes(piece[-2:]))[-2:]

    def finish(self) -> None:
        """Refuse a picture without its end."""
        if self._tail != b"\xff\xd9":
            raise BrokenFileError("the JPEG file is cut", retry_after=0.0)


class FileCheck:
    """Looks at a file piece by piece."""

    def __init__(
        self, *, jpeg: bool = False, unpacked: Callable[[bytes], object] | None = None
    ) -> None:
        self._sink = unpacked
        self._inner: _Fits | _Jpeg = _Jpeg() if jpeg else _Fits()
        self._start = b""
        self._unpack: zlib._Decompress | None = None
        self._unpacked = 0
        self.compressed: bool | None = None

    def feed(self, piece: bytes) -> None:
        """Look at the next bytes."""
        if self.compressed is None:
            self._start += piece
            if len(self._start) < len(_GZIP):
                return
            piece = self._start
            self.compressed = piece.startswith(_GZIP)
            self._unpack = zlib.decompressobj(_GZIP_WINDOW) if self.compressed else None
        if self._unpack is None:
            self._pass_on(piece)
        else:
            self._feed_compressed(piece)

    def _feed_compressed(self, piece: bytes) -> None:
        """Unpack some bytes, never much at a time; files may consist of several gzip members."""
        while piece and self._unpack is not None:
            if self._unpack.eof:
                if not piece.startswith(_GZIP[:1]):
                    raise BrokenFileError("something follows the compressed file")
                self._unpack = zlib.decompressobj(_GZIP_WINDOW)
            try:
                self._pass_on(self._unpack.decompress(piece, _UNPACK_BYTES))
            except zlib.error as error:
                raise BrokenFileError(
                    f"the compressed file is damaged: {error}", retry_after=0.0
                ) from error
            piece = self._unpack.unconsumed_tail or self._unpack.unused_data

    def _pass_on(self, piece: bytes) -> None:
        """Look at bytes as they are without compression."""
        self._unpacked += len(piece)
        most = MAX_PICTURE_BYTES if isinstance(self._inner, _Jpeg) else MAX_UNPACKED_BYTES
        if self._unpacked > most:
            raise BrokenFileError(
                f"it unpacks to more than {most >> 20} MB, which no {self._inner.what} file of the "
                "catalogue does"
            )
        self._inner.feed(memoryview(piece))
        if self._sink is not None:
            self._sink(piece)

    def finish(self) -> None:
        """Say that there are no more bytes."""
        if self.compressed is None:
            raise BrokenFileError("it is empty", retry_after=0.0)
        if self._unpack is not None and not self._unpack.eof:
            raise BrokenFileError("the compressed file is truncated", retry_after=0.0)
        self._inner.finish()


def _seen(head: bytes) -> str:
    """Say what came instead."""
    words = words_of(head[:_HEAD_BYTES])[:200]
    return f"; it says: {words}" if any(map(str.isalpha, words)) else ""
