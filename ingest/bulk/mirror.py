"""PubMed's bulk files on an HTTP server: NLM's own, or a mirror of it."""

import re
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urljoin

import httpx

from ingest.bulk.places import BulkError, BulkFile, bulk_file, by_number, parse_md5
from ingest.pubmed.pacing import Clock, Patience, TransientError, persist

MIRROR = "https://ftp.ncbi.nlm.nih.gov/pubmed/"
_FOLDERS = ("baseline/", "updatefiles/")
_LINK = re.compile(r"href\s*=\s*[\"']([^\"'?#]+)[\"']", re.IGNORECASE)
_OK, _NOT_FOUND, _TOO_MANY, _SERVER_ERRORS = 200, 404, 429, 500

Answer = TypeVar("Answer")


class Mirror:
    """A directory listing over HTTP(S), with ``baseline/`` and ``updatefiles/`` below or without.

    A file whose checksum is not there yet is not taken. Methods raise BulkError for what is not
    there, UnreachableError when patience ends.
    """

    def __init__(
        self,
        address: str,
        http: httpx.Client,
        folder: Path,
        clock: Clock | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Name the address of a folder, or of one file; downloads go to ``folder`` for a while."""
        self._address, self._http, self._folder = address, http, folder
        self._clock, self._patience = clock or Clock(), patience or Patience()
        self._checksums: dict[str, str] | None = None

    def files(self) -> tuple[BulkFile, ...]:
        """List the files by number."""
        name = self._address.rsplit("/", 1)[-1]
        if single := bulk_file(name, self._address):
            return (single,)
        found = by_number(self._listed(self._address.rstrip("/") + "/"))
        if not found:
            raise BulkError(f"{self._public(self._address)}: lists no file of PubMed's")
        return found

    def checksum(self, file: BulkFile) -> str | None:
        """Read the MD5 from beside the file."""
        text = self._persist(lambda: self._text(file.place + ".md5"))
        return parse_md5(text) if text else None

    def stamp(self, file: BulkFile) -> str:
        """Refuse: without its checksum a download cannot be told from half of one."""
        raise BulkError(f"{file.name}: its checksum is not there yet")

    @contextmanager
    def open(self, file: BulkFile) -> Generator[Path]:
        """Download a file; it is gone after the block."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="download-", dir=self._folder) as folder:
            path = Path(folder) / file.place.rsplit("/", 1)[-1]
            self._persist(lambda: self._download(file.place, path))
            yield path

    def _listed(self, address: str) -> Iterator[BulkFile]:
        links = self._links(address)
        folders = [address + name for name in _FOLDERS if address + name in links]
        for link in links + [link for folder in folders for link in self._links(folder)]:
            if file := bulk_file(link.rsplit("/", 1)[-1], link):
                yield file

    def _links(self, address: str) -> list[str]:
        text = self._persist(lambda: self._text(address))
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
        if status == _TOO_MANY or status >= _SERVER_ERRORS:
            after = answer.headers.get("Retry-After", "")
            wait_s = float(after) if after.isdecimal() else None
            raise TransientError(f"{address}: status {status}", wait_s)
        if status != _OK:
            raise BulkError(f"{address}: status {status}")

    def _persist(self, attempt: Callable[[], Answer]) -> Answer:
        return persist(attempt, self._patience, self._clock)

    @staticmethod
    def _public(address: str) -> str:
        """Leave a password out of an address."""
        return str(httpx.URL(address).copy_with(username=None, password=None))
