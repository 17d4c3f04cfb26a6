"""Files of vocabularies as numbered lines, with an account of what was left out and why."""

import gzip
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from ontology.vocabularies.prefixes import canonical_curie

SHOWN = 20
"""How many bad rows are named; all are counted."""


class VocabularyError(ValueError):
    """A vocabulary cannot be read; the message names the file."""


@dataclass(slots=True)
class Tally:
    """What a reader left out: rows that are not wanted, by reason, and rows that are wrong."""

    skipped: Counter[str] = field(default_factory=Counter[str])
    bad: int = 0
    complaints: list[str] = field(default_factory=list[str])

    def skip(self, reason: str) -> None:
        """Count a row that is right but not wanted."""
        self.skipped[reason] += 1

    def reject(self, path: Path, number: int, fault: str) -> None:
        """Count a row that is wrong, and keep the first ones by name."""
        self.bad += 1
        if len(self.complaints) < SHOWN:
            self.complaints.append(f"{path}, line {number}: {fault}")

    def curie(self, text: str) -> str | None:
        """Spell an identifier as the project does, or count it as one of no known vocabulary."""
        curie = canonical_curie(text)
        if curie is None:
            self.skip(
                f"identifier of an unknown vocabulary ({text.strip().partition(':')[0][:20]})"
            )
        return curie


def lines(path: Path, tally: Tally) -> Iterator[tuple[int, str]]:
    """Read numbered lines without their ends, packed by gzip or not; a bad encoding is one row."""
    with open_bytes(path) as stream:
        for number, line in enumerate(stream, start=1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                tally.reject(path, number, f"not UTF-8 (byte {error.start + 1})")
                continue
            yield number, text.rstrip("\r\n")


def rows(
    path: Path, tally: Tally, width: int, separator: str = "\t"
) -> Iterator[tuple[int, list[str]]]:
    """Read numbered rows of ``width`` cells; other rows are rejected, empty lines left out."""
    for number, line in lines(path, tally):
        if not line:
            continue
        cells = line.split(separator)
        if len(cells) == width:
            yield number, cells
        else:
            tally.reject(path, number, f"expected {width} columns, found {len(cells)}")


def table(
    path: Path, tally: Tally, required: Iterable[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a tab-separated table by the names of its columns; lines with # before it are notes."""
    header: list[str] | None = None
    for number, line in lines(path, tally):
        if not line or (header is None and line.startswith("#")):
            continue
        cells = [cell.strip(' "') for cell in line.split("\t")]
        if header is None:
            header = _checked_header(path, cells, required)
        elif len(cells) == len(header):
            yield number, dict(zip(header, cells, strict=True))
        else:
            tally.reject(path, number, f"expected {len(header)} columns, found {len(cells)}")


def open_bytes(path: Path) -> IO[bytes]:
    """Open a plain or gzipped file, or the file ``archive.zip/member``."""
    if path.parent.suffix == ".zip" and path.parent.is_file():
        return _open_member(path.parent, path.name)
    if not path.is_file():
        raise VocabularyError(f"{path}: no such file")
    with path.open("rb") as stream:
        is_packed = stream.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path, "rb")) if is_packed else path.open("rb")


def existing(folder: Path, name: str) -> Path:
    """Find a file in a folder or a zip archive, plain or gzipped."""
    plain, packed = folder / name, folder / f"{name}.gz"
    return packed if packed.is_file() else plain


def split_list(text: str) -> tuple[str, ...]:
    """Split a cell of items with ``|`` between them."""
    return tuple(item for part in text.split("|") if (item := part.strip())) if text else ()


def _checked_header(path: Path, header: list[str], required: Iterable[str]) -> list[str]:
    missing = [name for name in required if name not in header]
    if missing:
        raise VocabularyError(f"{path}: no column {missing[0]!r}; there are {', '.join(header)}")
    return header


def _open_member(archive: Path, name: str) -> IO[bytes]:
    try:
        with zipfile.ZipFile(archive) as packed:
            return io.BufferedReader(packed.open(name))  # pyright: ignore[reportArgumentType]
    except (KeyError, zipfile.BadZipFile) as error:
        raise VocabularyError(f"{archive}: cannot read {name}: {error}") from error
