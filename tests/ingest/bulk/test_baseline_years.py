"""A new year issues everything anew: nothing changes but what it dropped."""

from pathlib import Path

import pytest

from ingest.archive.archive import Archive
from ingest.archive.changes import ArchiveChange
from ingest.bulk.places import Folder
from tests.bulk_files import (
    NEW,
    NEWEST,
    OLD,
    WANTED,
    gaps,
    load,
    titles,
    watermark,
    write,
    write_files,
)
from tests.pubmed_server import Paper


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The folder of the old year's files."""
    write_files(tmp_path / "files")
    return tmp_path / "files"


def next_year(files: Path, dropped: int) -> None:
    """Issue a new baseline: all that lives, but for one that is dropped without a word."""
    living = [Paper(n, OLD) for n in (1, *range(5, 11)) if n != dropped]
    changed = [Paper(2, OLD, NEWEST, "third"), Paper(3, OLD, NEWEST, "last"), Paper(11, NEW)]
    write(files / "baseline", "pubmed27n0001", [*living, *changed])
    write(files / "baseline", "pubmed27n0002", [Paper(12, NEWEST), Paper(4, OLD)])


def test_a_new_year_changes_nothing_but_what_it_dropped(files: Path, tmp_path: Path) -> None:
    load(tmp_path, Folder(files))
    with Archive(tmp_path / "archive.sqlite") as archive:
        newest = archive.changes.newest()
    next_year(files, dropped=7)
    load(tmp_path, Folder(files))
    assert titles(tmp_path) == {k: v for k, v in WANTED.items() if k != "7"}
    with Archive(tmp_path / "archive.sqlite") as archive:
        changed = list(archive.changes.since(newest))
        assert changed == [ArchiveChange(newest + 1, "7", None, is_text_new=False)]
        assert archive.deleted() == {"4", "7"}
    assert load(tmp_path, Folder(files)) == []
    assert (gaps(tmp_path), watermark(tmp_path)) == ([], NEWEST)


def test_half_a_new_baseline_withdraws_nothing_and_claims_nothing(
    files: Path, tmp_path: Path
) -> None:
    load(tmp_path, Folder(files))
    next_year(files, dropped=7)
    (files / "baseline" / "pubmed27n0001.xml.gz").write_bytes(b"cut")
    load(tmp_path, Folder(files))
    assert titles(tmp_path) == WANTED
    assert watermark(tmp_path) == NEWEST
