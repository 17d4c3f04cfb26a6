"""Where PubMed's baseline and update files are: in a folder, or on a mirror."""

import hashlib
import re
import tempfile
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urljoin

import httpx

from ingest.archive.slices import FILES_A_YEAR, file_stem
from ingest.pubmed.timing import Clock, TransientError, raise_if_busy, retry

MIRROR = "https://ftp.ncbi.nlm.nih.gov/pubmed/"
_FOLDERS = ("baseline/", "updatefiles/")
_LINK = re.compile(r"href\s*=\s*[\"']([^\"'?#]+)[\"']", re.IGNORECASE)

_NAME = re.compile(r"pubmed(\d\d)n(\d{4,6})\.xml(?:\.gz)?")
_MD5 = re.compile(r"\b[0-9a-fA-F]{32}\b")
_BASELINE = "baseline"
_OK, _NOT_FOUND = 200, 404

Answer = TypeVar("Answer")


class BulkError(ValueError):
    """A bulk file, or the place where it should be, is not as it must be."""


@dataclass(frozen=True, slots=True)
class BulkFile:
    """One baseline or update file; ``address`` is its path or address, ``home`` the place it is in.

    Files are applied by ``number`` (see ``slices.FILES_A_YEAR``): of equal records the last wins.
    """

    number: int
    address: str
    is_baseline: bool
    home: "BulkPlace" = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """The file's name without suffixes, as slices are named."""
        return file_stem(self.number)


class Folder:
    """Files and folders of this machine.

    A file without checksum beside it is taken too: its own checksum (gzip) and its closing tag
    still show whether it is complete.
    """

    def __init__(self, path: Path) -> None:
        """Name a folder or a single file; raises BulkError where there is none."""
        if not path.exists():
            raise BulkError(f"{path}: no such file or folder")
        self._path = path

    def files(self) -> tuple[BulkFile, ...]:
        """List the files by number; folders are walked down."""
        paths = [self._path] if self._path.is_file() else sorted(self._path.rglob("pubmed*"))
        found = by_number(bulk_file(str(path), self) for path in paths if path.is_file())
        if not found:
            raise BulkError(f"{self._path}: no file named like pubmed26n0001.xml.gz")
        return found

    def checksum(self, file: BulkFile) -> str | None:
        """Read the MD5 from the file beside it."""
        beside = Path(file.address + ".md5")
        return parse_md5(beside.read_text(errors="replace")) if beside.is_file() else None

    def stamp(self, file: BulkFile) -> str:
        """Size and time of change: hashing 50 GB again each night would take too long."""
        status = Path(file.address).stat()
        return f"{status.st_size} {status.st_mtime_ns}"

    def open(self, file: BulkFile) -> AbstractContextManager[Path]:
        """Hand on the file where it lies."""
        return nullcontext(Path(file.address))


class Mirror:
    """A directory listing over HTTP(S), with ``baseline/`` and ``updatefiles/`` below or without.

    A file whose checksum is not there yet is not taken. Methods raise BulkError for what is not
    there, UnreachableError after the last try.
    """

    def __init__(
        self, address: str, http: httpx.Client, folder: Path, clock: Clock | None = None
    ) -> None:
        """Name the address of a folder, or of one file; downloads go to ``folder`` for a while."""
        self._address, self._http, self._folder = address, http, folder
        self._clock = clock or Clock()

    def files(self) -> tuple[BulkFile, ...]:
        """List the files by number."""
        if single := bulk_file(self._address, self):
            return (single,)
        links = self._listed(self._address.rstrip("/") + "/")
        found = by_number(bulk_file(link, self) for link in links)
        if not found:
            raise BulkError(f"{self._public(self._address)}: lists no PubMed file")
        return found

    def checksum(self, file: BulkFile) -> str | None:
        """Read the MD5 from beside the file."""
        text = self._retry(lambda: self._text(file.address + ".md5"))
        return parse_md5(text) if text else None

    def stamp(self, file: BulkFile) -> str:
        """Refuse: without its checksum half a download looks like all of it."""
        raise BulkError(f"{file.name}: its checksum file does not exist yet")

    @contextmanager
    def open(self, file: BulkFile) -> Generator[Path]:
        """Download a file; it is gone after the block."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="download-", dir=self._folder) as folder:
            path = Path(folder) / file.address.rsplit("/", 1)[-1]
            self._retry(lambda: self._download(file.address, path))
            yield path

    def _listed(self, address: str) -> list[str]:
        links = self._links(address)
        folders = [address + name for name in _FOLDERS if address + name in links]
        return links + [link for folder in folders for link in self._links(folder)]

    def _links(self, address: str) -> list[str]:
        text = self._retry(lambda: self._text(address))
        if text is None:
            raise BulkError(f"{self._public(address)}: not found")
        return [urljoin(address, unquote(link)) for link in _LINK.findall(text)]

    def _text(self, address: str) -> str | None:
        """Read a small answer; None where there is nothing at the address."""
        with self._requested(address) as answer:
            if answer.status_code == _NOT_FOUND:
                return None
            self._check(answer)
            return answer.read().decode(errors="replace")

    def _download(self, address: str, path: Path) -> None:
        with self._requested(address) as answer, path.open("wb") as stream:
            self._check(answer)
            # raw: a server that labels .gz files as encoded must not make us unpack them
            for piece in answer.iter_raw():
                stream.write(piece)

    @contextmanager
    def _requested(self, address: str) -> Generator[httpx.Response]:
        try:
            headers = {"Accept-Encoding": "identity"}
            with self._http.stream("GET", address, headers=headers) as answer:
                yield answer
        except httpx.HTTPError as error:
            public = self._public(address)
            raise TransientError(f"{public}: {type(error).__name__}: {error}") from None

    def _check(self, answer: httpx.Response) -> None:
        status, address = answer.status_code, self._public(str(answer.request.url))
        raise_if_busy(status, answer.headers.get("Retry-After"), f"{address}: ")
        if status != _OK:
            raise BulkError(f"{address}: status {status}")

    def _retry(self, attempt: Callable[[], Answer]) -> Answer:
        return retry(attempt, self._clock)

    @staticmethod
    def _public(address: str) -> str:
        """Leave a password out of an address."""
        return str(httpx.URL(address).copy_with(username=None, password=None))


BulkPlace = Folder | Mirror


def bulk_file(address: str, home: BulkPlace) -> BulkFile | None:
    """Read what a bulk file's name says; None for other files."""
    *folders, name = re.split(r"[/\\]", address)
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    number = int(found[1]) * FILES_A_YEAR + int(found[2])
    return BulkFile(number, address, _BASELINE in folders, home)


def by_number(files: Iterable[BulkFile | None]) -> tuple[BulkFile, ...]:
    """Order files by number; of two with one number the first stays."""
    unique: dict[int, BulkFile] = {}
    for file in files:
        if file:
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
