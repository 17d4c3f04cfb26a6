"""Reads gzip files to the last byte that they hold, whole or not."""

import io
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib

_CHUNK_BYTES = 1 << 16
_GZIP = 31  # zlib's wbits: a gzip header and its checksum


class _Inflater(io.RawIOBase):
    """The content of a gzip file; raises EOFError or isal's error after all that is readable.

    ``igzip.open`` is as fast, but in a truncated file drops what it inflated with the error.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._member, self._input = isal_zlib.decompressobj(_GZIP), b""

    def readable(self) -> bool:
        """Say that this is a stream to read."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Inflate until there is something to hand on; 0 at the end of the last member."""
        while not (found := self._member.decompress(self._input, len(buffer))):
            self._input = self._member.unconsumed_tail
            if self._member.eof and not self._next_member():
                return 0
            self._input = self._input or self._file.read(_CHUNK_BYTES)
            if not self._input:
                raise EOFError("the gzip stream has no end")
        self._input = self._member.unconsumed_tail
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Close the file, too."""
        self._file.close()
        super().close()

    def _next_member(self) -> bool:
        """Begin the next of several gzip streams in one file; padding is no member."""
        rest = (self._member.unused_data or self._file.read(_CHUNK_BYTES)).lstrip(b"\0")
        self._member, self._input = isal_zlib.decompressobj(_GZIP), rest
        return bool(rest)


def open_gzip(file: Path) -> BinaryIO:
    """Open a gzip file for reading."""
    return io.BufferedReader(_Inflater(file.open("rb")), _CHUNK_BYTES)
