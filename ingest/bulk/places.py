"""Where PubMed's baseline and update files lie: a folder, or a mirror (see ``mirror.py``)."""

import hashlib
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.archive.slices import FILES_A_YEAR, file_stem

_NAME = re.compile(r"pubmed(\d\d)n(\d{4,6})\.xml(?:\.gz)?")
_MD5 = re.compile(r"\b[0-9a-fA-F]{32}\b")
_BASELINE = "baseline"


class BulkError(ValueError):
    """A bulk file, or the place where it should be, is not as it must be."""


@dataclass(frozen=True, slots=True)
class BulkFile:
    """One baseline or update file; ``place`` is its path or address.

    Files are applied by ``number`` (see ``slices.FILES_A_YEAR``): of equal records the last wins.
    """

    number: int
    place: str
    is_baseline: bool

    @property
    def name(self) -> str:
        """The file's name without suffixes, as slices are named."""
        return file_stem(self.number)


class Depot(Protocol):
    """Keeps bulk files."""

    def files(self) -> tuple[BulkFile, ...]:
        """List the files by number, each number once."""
        ...

    def checksum(self, file: BulkFile) -> str | None:
        """Read a file's MD5 from beside it; None where there is none."""
        ...

    def stamp(self, file: BulkFile) -> str:
        """Tell issues of a file without checksum apart; raises BulkError where one is a must."""
        ...

    def open(self, file: BulkFile) -> AbstractContextManager[Path]:
        """Bring a file here, for as long as the block lasts."""
        ...


class Folder:
    """Files and folders of this machine.

    A file without checksum beside it is taken too: its own checksum (gzip) and its closing tag
    still tell whether it is whole.
    """

    def __init__(self, path: Path) -> None:
        """Name a folder or a single file; raises BulkError where there is none."""
        if not path.exists():
            raise BulkError(f"{path}: no such file or folder")
        self._path = path

    def files(self) -> tuple[BulkFile, ...]:
        """List the files by number; folders are walked down."""
        paths = [self._path] if self._path.is_file() else sorted(self._path.rglob("pubmed*"))
        found = by_number(
            file for path in paths if path.is_file() and (file := bulk_file(path.name, str(path)))
        )
        if not found:
            raise BulkError(f"{self._path}: no file named like pubmed26n0001.xml.gz")
        return found

    def checksum(self, file: BulkFile) -> str | None:
        """Read the MD5 from the file beside it."""
        beside = Path(file.place + ".md5")
        return parse_md5(beside.read_text(errors="replace")) if beside.is_file() else None

    def stamp(self, file: BulkFile) -> str:
        """Size and time of change: hashing 50 GB anew each night is no answer."""
        status = Path(file.place).stat()
        return f"{status.st_size} {status.st_mtime_ns}"

    def open(self, file: BulkFile) -> AbstractContextManager[Path]:
        """Hand on the file where it lies."""
        return nullcontext(Path(file.place))


def bulk_file(name: str, place: str) -> BulkFile | None:
    """Read what a bulk file's name says; None for other files.

    >>> bulk_file("pubmed26n1335.xml.gz", "updatefiles/pubmed26n1335.xml.gz")
    BulkFile(number=26001335, place='updatefiles/pubmed26n1335.xml.gz', is_baseline=False)
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    parts = re.split(r"[/\\]", place)
    return BulkFile(int(found[1]) * FILES_A_YEAR + int(found[2]), place, _BASELINE in parts[:-1])


def by_number(files: Iterable[BulkFile]) -> tuple[BulkFile, ...]:
    """Order files by number; of two with one number the first stays."""
    unique: dict[int, BulkFile] = {}
    for file in files:
        unique.setdefault(file.number, file)
    return tuple(unique[number] for number in sorted(unique))


def parse_md5(text: str) -> str | None:
    """Find the checksum in a file that is named ``.md5``; None in an empty or torn one.

    >>> parse_md5("MD5(pubmed26n0001.xml.gz)= 900150983CD24FB0D6963F7D28E17F72")
    '900150983cd24fb0d6963f7d28e17f72'
    """
    found = _MD5.search(text)
    return found[0].lower() if found else None


def md5_of(path: Path) -> str:
    """Compute the checksum that PubMed publishes: against damage, not against forgery."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
