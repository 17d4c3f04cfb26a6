"""Any file or folder that we read -> Records: the reader is chosen by the file's name.

Compression is seen by the content, since names often lie about it.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO, cast

from ingest.document import Record
from ingest.formats import gutbrainie, medline, nbib
from ingest.formats.record_splitter import DECOMPRESSION_ERRORS, IncompleteFileError

_READERS: dict[str, Callable[[BinaryIO, str], Iterator[Record]]] = {
    ".xml": medline.read_records,
    ".nbib": nbib.read_records,
    ".medline": nbib.read_records,
    ".txt": nbib.read_records,
    ".json": gutbrainie.read_records,
}
_GZIP_MAGIC = b"\x1f\x8b"


class SourceError(ValueError):
    """A path that names nothing we can read."""


def sample_path() -> Path:
    """Locate the bundled sample: invented abstracts that speak of the gut and the brain."""
    return Path(str(files("ingest.formats").joinpath("sample", "gutbrain_sample.xml")))


def source_files(path: Path) -> tuple[Path, ...]:
    """List what a path names: itself, or a folder's files that we know, hidden ones left out.

    A folder is walked down and listed in order of names, which is the order of update files.
    Raises SourceError where there is nothing to read.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    if path.is_dir():
        return _folder_files(path)
    if _format(path) not in _READERS:
        known = ", ".join(_READERS)
        raise SourceError(f"{path}: unknown format; supported are {known} (also as .gz)")
    if not path.is_file():
        raise SourceError(f"{path}: a pipe or a device; only files and folders are read")
    return (path,)


def read_source(path: Path) -> Iterator[Record]:
    """Read a file or a folder.

    Raises SourceError at once; what is wrong inside a file is raised on reaching it.
    """
    return (record for file in source_files(path) for record in _read_file(file))


def read_sources(paths: Iterable[Path], report: Callable[[ValueError], None]) -> Iterator[Record]:
    """Read files and folders; a file that cannot be read, or breaks off, is reported.

    It loses only what it lacks: the files after it are read.
    """
    for path in paths:
        try:
            files = source_files(path)
            yield from _read_file(path) if files == (path,) else read_sources(files, report)
        except ValueError as error:
            report(error)


def _folder_files(folder: Path) -> tuple[Path, ...]:
    found = sorted(file for file in folder.rglob("*") if _is_known(file.relative_to(folder), file))
    if not found:
        raise SourceError(f"{folder}: no file in it that we can read")
    return tuple(found)


def _is_known(name: Path, file: Path) -> bool:
    is_hidden = any(part.startswith(".") for part in name.parts)
    return not is_hidden and _format(file) in _READERS and file.is_file()


def _format(file: Path) -> str:
    """Read the suffix below the compression.

    >>> _format(Path("pubmed26n1335.xml.gz"))
    '.xml'
    """
    name = file.name.lower().removesuffix(".gz")
    return Path(name).suffix


def _read_file(file: Path) -> Iterator[Record]:
    try:
        with open_source(file) as stream:
            yield from _READERS[_format(file)](stream, str(file))
    except DECOMPRESSION_ERRORS as error:
        raise IncompleteFileError(f"{file}: cut short or damaged: {error}") from error


def open_source(file: Path) -> BinaryIO:
    """Open for reading, unpacked where the content is compressed."""
    with file.open("rb") as stream:
        is_compressed = stream.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    return cast("BinaryIO", gzip.open(file)) if is_compressed else file.open("rb")
