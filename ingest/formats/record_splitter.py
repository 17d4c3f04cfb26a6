"""Splits a PubMed file into the bytes of its records, in constant memory.

One damaged record must not cost the rest of its file, so nothing here parses: only the marks that
begin and end a record are looked for. Comments, CDATA and processing instructions are stepped over
where they end; one that does not is taken for text, and costs its own record.
"""

import gzip
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

CHUNK_BYTES = 1 << 18
LONGEST_RECORD_BYTES = 1 << 26  # the longest real ones have thousands of authors: a few MiB
_LONGEST_ASIDE_BYTES = 1 << 20  # PubMed writes no comments; in a record, a longer one is damage
_HEAD_BYTES = 256
_LONGEST_MARK_BYTES = 64

_RECORDS = frozenset({b"PubmedArticle", b"PubmedBookArticle", b"DeleteCitation"})
_SETS = frozenset({b"PubmedArticleSet", b"PubmedBookArticleSet"})
_CLOSERS = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}
_ANY_ELEMENT = re.compile(rb"<!--|<\?|<(?P<end>)(?P<name>[A-Za-z_][^\s/>]{0,60})(?=[\s/>])")
_RECORD_OR_SET = re.compile(
    rb"<!--|<!\[CDATA\[|<\?|<(?P<end>/?)"
    rb"(?P<name>Pubmed(?:Book)?Article(?:Set)?|DeleteCitation)(?=[\s/>])"
)
_BORDER = re.compile(
    rb"</(?:Pubmed(?:Book)?Article|DeleteCitation)\s*>\s*"
    rb"<(?:/Pubmed(?:Book)?ArticleSet|Pubmed(?:Book)?Article|DeleteCitation)[\s/>]"
)
"""Where one record ends and another begins: within a comment, it shows that its end is lacking."""
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.-]+)")
DECOMPRESSION_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error)


class MedlineError(ValueError):
    """A file is not what PubMed delivers."""


class NotPubMedError(MedlineError):
    """The content is no PubMed XML: another root element, or no XML at all."""


class NoRecordsError(MedlineError):
    """A PubMed file without a single record, which is no success."""


class IncompleteFileError(MedlineError):
    """The file ends before its end; raised after its complete records were handed on."""


class TooLongError(IncompleteFileError):
    """Nothing ends within the longest stretch that is kept."""


class _Mark(NamedTuple):
    """A tag that begins or ends a record or a set; ``[start, end)`` in the window."""

    name: bytes
    is_end: bool
    is_empty: bool
    start: int
    end: int


class _Window:
    """The stretch of a stream that is read but not yet cut."""

    def __init__(self, stream: BinaryIO, source: str, chunk_bytes: int) -> None:
        # read1 hands on what a truncated gzip still holds; read would lose it with the error
        self._read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
        self._source, self._chunk_bytes = source, chunk_bytes
        self._at = 0
        self.bytes = bytearray()
        self.is_inside = True
        """Whether what was searched is kept: in a record, and before the first."""

    def head(self) -> bytes:
        """Look at the first bytes without taking them."""
        while len(self.bytes) < _HEAD_BYTES and self._grow():
            pass
        return bytes(self.bytes[:_HEAD_BYTES])

    def cut(self, end: int) -> bytes:
        """Take everything before ``end`` out of the window."""
        record = bytes(self.bytes[:end])
        del self.bytes[:end]
        self._at = max(0, self._at - end)
        return record

    def rewind(self, at: int) -> None:
        """Go back, so that the mark at ``at`` is found again."""
        self._at = at

    def next_mark(self, pattern: re.Pattern[bytes]) -> _Mark | None:
        """Find the next tag outside comments and CDATA; None at the end of the stream."""
        while match := self._search(pattern):
            closer = _CLOSERS.get(match[0])
            if closer:
                self._step_over_aside(closer, match.end())
            elif self._step_over(b">", match.end()):
                is_empty = self.bytes[self._at - 2] == ord("/")
                return _Mark(match["name"], bool(match["end"]), is_empty, match.start(), self._at)
            else:
                return None
        return None

    def _search(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        while (match := pattern.search(self.bytes, self._at)) is None:
            # a mark may lie across the border of two chunks
            self._at = max(self._at, len(self.bytes) - _LONGEST_MARK_BYTES)
            if not self.is_inside:
                self.cut(self._at)
            if not self._grow():
                return None
        return match

    def _step_over_aside(self, closer: bytes, start: int) -> None:
        """Step over a comment or the like; one without an end is text, as what follows it."""
        most = start + (_LONGEST_ASIDE_BYTES if self.is_inside else LONGEST_RECORD_BYTES)
        if not self._step_over(closer, start, most) or self._holds_border(start):
            self._at = start

    def _holds_border(self, start: int) -> bool:
        return self.is_inside and bool(_BORDER.search(self.bytes, start, self._at))

    def _step_over(self, closer: bytes, start: int, most: int = sys.maxsize) -> bool:
        self._at = start
        while (found := self.bytes.find(closer, self._at)) < 0:
            self._at = max(self._at, len(self.bytes) - len(closer) + 1)
            if self._at > most or not self._grow():
                return False
        self._at = found + len(closer)
        return True

    def _grow(self) -> bool:
        if len(self.bytes) > LONGEST_RECORD_BYTES:
            raise TooLongError(f"{self._source}: {_no_end()}")
        try:
            chunk = self._read(self._chunk_bytes)
        except DECOMPRESSION_ERRORS as error:
            raise IncompleteFileError(f"{self._source}: cut short or damaged: {error}") from error
        self.bytes += chunk
        return bool(chunk)


class RecordSplitter:
    """Walks a PubMed file and hands on the bytes of its records, in order."""

    def __init__(self, stream: BinaryIO, source: str, chunk_bytes: int = CHUNK_BYTES) -> None:
        """Read the declaration. ``source`` names the file in errors."""
        self._window = _Window(stream, source, chunk_bytes)
        self._source = source
        declared = _ENCODING.search(self._window.head())
        self.encoding = declared[1].decode() if declared else "utf-8"

    def records(self) -> Iterator[bytes]:
        """Cut record by record.

        A record that lacks its end tag is cut where the next one begins, one that is too long
        where it is longer than LONGEST_RECORD_BYTES. Raises MedlineError: before the first record
        where the root is foreign, after the last where the end is missing.
        """
        is_closed, count = self._is_bare_record(), 0
        while mark := self._next_outside():
            if mark.name in _SETS:
                is_closed = mark.is_end or mark.is_empty
            elif not mark.is_end:
                yield self._cut_record(mark)
                count += 1
        if not is_closed:
            raise IncompleteFileError(f"{self._source}: ends before its closing root tag")
        if not count:
            raise NoRecordsError(f"{self._source}: holds no PubMed record")

    def _is_bare_record(self) -> bool:
        """Check the root element, which is a set or, in some exports, a single record."""
        root = self._window.next_mark(_ANY_ELEMENT)
        if root is None:
            raise NotPubMedError(f"{self._source}: not PubMed XML: it has no element")
        if root.name not in _SETS | _RECORDS:
            name = root.name.decode(errors="replace")
            raise NotPubMedError(f"{self._source}: not PubMed XML: the root element is {name!r}")
        self._window.rewind(root.start)
        return root.name in _RECORDS

    @staticmethod
    def check_length(record: bytes) -> None:
        """Raise TooLongError where a record was cut for its length."""
        if len(record) > LONGEST_RECORD_BYTES:
            raise TooLongError(_no_end())

    def _next_outside(self) -> _Mark | None:
        self._window.is_inside = False
        try:
            return self._window.next_mark(_RECORD_OR_SET)
        finally:
            self._window.is_inside = True

    def _cut_record(self, begin: _Mark) -> bytes:
        self._window.cut(begin.start)
        if begin.is_empty:
            return self._window.cut(begin.end - begin.start)
        try:
            mark = self._window.next_mark(_RECORD_OR_SET)
        except TooLongError:
            return self._window.cut(len(self._window.bytes))
        if mark is None:
            raise IncompleteFileError(f"{self._source}: ends within a record")
        if mark.is_end and mark.name == begin.name:
            return self._window.cut(mark.end)
        self._window.rewind(mark.start)
        return self._window.cut(mark.start)


def _no_end() -> str:
    return f"no record ends within {LONGEST_RECORD_BYTES >> 20} MiB"
