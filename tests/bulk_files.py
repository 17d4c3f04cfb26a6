"""Bulk files for tests, and what an archive holds after they were taken in."""

import gzip
import hashlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from ingest.archive.archive import Archive
from ingest.archive.slices import BULK
from ingest.bulk.files import files_of, load_bulk
from ingest.bulk.places import BulkPlace
from ingest.harvest.harvest_report import SliceOutcome
from tests.harvests import quiet
from tests.pubmed_server import Paper, article_set

OLD, NEW, NEWEST = date(2026, 1, 5), date(2026, 2, 5), date(2026, 3, 5)


def write(folder: Path, name: str, papers: Iterable[Paper], *, sidecar: bool = True) -> bytes:
    """Write a bulk file and its checksum; returns the packed bytes."""
    packed = gzip.compress(article_set(papers), mtime=0)
    place = folder / f"{name}.xml.gz"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(packed)
    if sidecar:
        write_md5(place)
    return packed


def write_md5(place: Path) -> None:
    digest = hashlib.md5(place.read_bytes()).hexdigest()
    Path(f"{place}.md5").write_text(f"MD5({place.name})= {digest}\n")


def load(folder: Path, *depots: BulkPlace, limit: int | None = None) -> list[SliceOutcome]:
    with Archive(folder / "archive.sqlite") as archive:
        return list(load_bulk(archive, files_of(depots), limit=limit, progress=quiet))


def titles(folder: Path) -> dict[str, str]:
    with Archive(folder / "archive.sqlite") as archive:
        return {document.pmid: document.title for document in archive.documents()}


def gaps(folder: Path) -> list[tuple[str, str]]:
    with Archive(folder / "archive.sqlite") as archive:
        return [(gap.first, gap.last) for gap in archive.slices.gaps(BULK)]


def watermark(folder: Path) -> date | None:
    with Archive(folder / "archive.sqlite") as archive:
        return archive.slices.watermark(BULK)


def write_files(folder: Path) -> None:
    """Write two baseline files and three update files: two revise, one deletes."""
    baseline, updates = folder / "baseline", folder / "updatefiles"
    write(baseline, "pubmed26n0001", [Paper(n, OLD) for n in range(1, 6)])
    write(baseline, "pubmed26n0002", [Paper(n, OLD) for n in range(6, 11)])
    write(updates, "pubmed26n0003", [Paper(2, OLD, NEW, "second"), Paper(11, NEW)])
    write(updates, "pubmed26n0004", [Paper(2, OLD, NEWEST, "third"), Paper(12, NEWEST)])
    write(updates, "pubmed26n0005", [Paper(3, OLD, NEWEST, "last"), Paper(4, OLD, kind="deleted")])


WANTED = {str(n): f"Paper {n}" for n in (1, 5, *range(6, 13))} | {"2": "third", "3": "last"}
