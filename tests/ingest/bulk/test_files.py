"""Bulk files into the archive: in any order, damaged, killed, a new year."""

import gzip
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

from ingest.archive.archive import LIVE, Archive, ArchiveChange
from ingest.archive.schema import ArchiveError
from ingest.archive.slices import SliceState
from ingest.bulk.files import files_of, is_taken
from ingest.bulk.places import BulkError, BulkFile, Folder
from ingest.formats.medline import read_records
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
    write_md5,
)
from tests.pubmed_server import Paper, article_set

ROOT = Path(__file__).parents[3]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The folder of bulk files that most tests start from."""
    write_files(tmp_path / "files")
    return tmp_path / "files"


def test_a_folder_is_taken_in_whole_and_once(files: Path, tmp_path: Path) -> None:
    outcomes = load(tmp_path, Folder(files))
    assert [outcome.piece.name for outcome in outcomes][:5] == [
        f"pubmed26n000{n}" for n in range(1, 6)
    ]
    assert titles(tmp_path) == WANTED
    assert (gaps(tmp_path), watermark(tmp_path)) == ([], NEWEST)
    assert load(tmp_path, Folder(files)) == []


@pytest.mark.parametrize("order", [(5, 4, 3, 2, 1), (3, 1, 5, 2, 4), (4, 5, 1, 3, 2, 5, 1)])
def test_the_order_of_arrival_does_not_matter(
    files: Path, tmp_path: Path, order: tuple[int, ...]
) -> None:
    for n in order:
        (file,) = files.rglob(f"pubmed26n000{n}.xml.gz")
        load(tmp_path, Folder(file))
    assert titles(tmp_path) == WANTED
    with Archive(tmp_path / "archive.sqlite") as archive:
        assert archive.deleted() == {"4"}


def test_files_of_two_processes_at_once_end_as_in_order(files: Path, tmp_path: Path) -> None:
    halves = [sorted(files.rglob("*.gz"))[n::2] for n in range(2)]
    processes = [loader(tmp_path, *half) for half in halves]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0]
    assert titles(tmp_path) == WANTED


def test_of_one_revision_date_the_later_file_wins_in_whatever_order(tmp_path: Path) -> None:
    write(tmp_path / "a", "pubmed26n0001", [Paper(1, OLD, title="early")])
    write(tmp_path / "b", "pubmed26n0002", [Paper(1, OLD, title="late")])
    load(tmp_path, Folder(tmp_path / "b"))
    load(tmp_path, Folder(tmp_path / "a"))
    assert titles(tmp_path) == {"1": "late"}


@pytest.mark.parametrize("first", [1, 2])
def test_the_highest_version_in_a_file_wins(tmp_path: Path, first: int) -> None:
    versions = [Paper(1, OLD, title=f"v{n}", version=n) for n in (first, 3 - first)]
    write(tmp_path / "a", "pubmed26n0001", versions)
    load(tmp_path, Folder(tmp_path / "a"))
    assert titles(tmp_path) == {"1": "v2"}


def test_duplicates_and_books_are_no_trouble(tmp_path: Path) -> None:
    papers = [Paper(1, OLD), Paper(1, OLD), Paper(2, OLD, kind="book")]
    write(tmp_path / "a", "pubmed26n0001", papers)
    (outcome,) = load(tmp_path, Folder(tmp_path / "a"))
    assert (outcome.stored.added, outcome.stored.unchanged) == (2, 1)
    assert titles(tmp_path) == {"1": "Paper 1", "2": "Paper 2"}


def truncate(place: Path) -> None:
    place.write_bytes(place.read_bytes()[:-40])


def cut_inside(place: Path) -> None:
    place.write_bytes(gzip.compress(gzip.decompress(place.read_bytes())[:-60]))


def flip(place: Path) -> None:
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(content)


def empty(place: Path) -> None:
    place.write_bytes(gzip.compress(b"<PubmedArticleSet></PubmedArticleSet>"))


@pytest.mark.parametrize("with_md5", ["of the good file", "of the bad file", "none"])
@pytest.mark.parametrize("damage", [truncate, cut_inside, flip, empty])
def test_a_damaged_file_leaves_nothing_and_the_good_one_mends_it(
    files: Path, tmp_path: Path, damage: Callable[[Path], None], with_md5: str
) -> None:
    place = files / "updatefiles" / "pubmed26n0004.xml.gz"
    good = place.read_bytes()
    damage(place)
    if with_md5 == "of the bad file":
        write_md5(place)
    elif with_md5 == "none":
        Path(f"{place}.md5").unlink()
    outcomes = load(tmp_path, Folder(files))
    assert [o.piece.name for o in outcomes if o.piece.state is SliceState.FAILED] == [
        "pubmed26n0004"
    ]
    assert "12" not in titles(tmp_path)
    assert (gaps(tmp_path), watermark(tmp_path)) == ([("pubmed26n0004",) * 2], NEW)
    place.write_bytes(good)
    write_md5(place)
    load(tmp_path, Folder(files))
    assert titles(tmp_path) == WANTED
    assert (gaps(tmp_path), watermark(tmp_path)) == ([], NEWEST)


@pytest.mark.parametrize(("damage", "reason"), [("a&nbsp;b", "nbsp"), ("a\x0bb", "invalid Char")])
def test_one_bad_record_costs_no_other(tmp_path: Path, damage: str, reason: str) -> None:
    papers = [Paper(1, OLD), Paper(2, OLD, title=damage), Paper(3, OLD)]
    write(tmp_path / "a", "pubmed26n0001", papers)
    (outcome,) = load(tmp_path, Folder(tmp_path / "a"))
    assert (outcome.piece.got, outcome.piece.rejected) == (2, 1)
    assert set(titles(tmp_path)) == {"1", "3"}
    with Archive(tmp_path / "archive.sqlite") as archive:
        (letter,) = archive.dead_letters()
    assert letter.pmid == "2"
    assert reason in letter.reason
    assert damage.encode() in letter.raw


def test_a_file_issued_anew_under_its_old_name_is_taken_again(files: Path, tmp_path: Path) -> None:
    load(tmp_path, Folder(files))
    write(files / "updatefiles", "pubmed26n0004", [Paper(12, NEWEST, title="corrected")])
    (outcome,) = load(tmp_path, Folder(files))
    assert outcome.piece.name == "pubmed26n0004"
    assert titles(tmp_path) == WANTED | {"12": "corrected"}


def test_a_number_that_is_missing_is_a_gap_until_it_comes(files: Path, tmp_path: Path) -> None:
    place = files / "updatefiles" / "pubmed26n0004.xml.gz"
    place.rename(tmp_path / "aside")
    load(tmp_path, Folder(files))
    assert (gaps(tmp_path), watermark(tmp_path)) == ([("pubmed26n0004",) * 2], NEW)
    (tmp_path / "aside").rename(place)
    load(tmp_path, Folder(files))
    assert (gaps(tmp_path), watermark(tmp_path)) == ([], NEWEST)
    assert titles(tmp_path) == WANTED


def test_an_answer_of_pubmed_itself_is_later_than_a_file_of_the_same_revision(
    tmp_path: Path,
) -> None:
    write(tmp_path / "a", "pubmed26n0001", [Paper(1, OLD, title="file")])
    write(tmp_path / "b", "pubmed26n0002", [Paper(1, OLD, title="another file")])
    write(tmp_path / "c", "pubmed26n0003", [Paper(1, OLD, NEW, title="revised")])
    answer = article_set([Paper(1, OLD, title="answer")])
    load(tmp_path, Folder(tmp_path / "a"))
    with Archive(tmp_path / "archive.sqlite") as archive:
        archive.store(read_records(BytesIO(answer), "efetch"), issued=LIVE)
    load(tmp_path, Folder(tmp_path / "b"))
    assert titles(tmp_path) == {"1": "answer"}
    load(tmp_path, Folder(tmp_path / "c"))
    assert titles(tmp_path) == {"1": "revised"}


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_file_older_than_a_deletion_does_not_undo_it(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    write(tmp_path / "0", "pubmed26n0001", [Paper(1, OLD)])
    write(tmp_path / "1", "pubmed26n0002", [Paper(1, OLD, NEW, title="revised")])
    write(tmp_path / "2", "pubmed26n0003", [Paper(1, OLD, kind="deleted"), Paper(2, OLD)])
    for n in (0, *order):
        load(tmp_path, Folder(tmp_path / str(n)))
    assert titles(tmp_path) == {"2": "Paper 2"}


def test_a_limit_takes_so_many_files(files: Path, tmp_path: Path) -> None:
    assert len(load(tmp_path, Folder(files), limit=2)) == 2
    with Archive(tmp_path / "archive.sqlite") as archive:
        untaken = [file for file in files_of([Folder(files)]) if not is_taken(archive, file)]
        assert len(untaken) == 3


LOADER = """
import sys
from pathlib import Path
from ingest.archive.archive import Archive
from ingest.bulk.files import load_bulk, files_of
from ingest.bulk.places import Folder

with Archive(Path(sys.argv[1]) / "archive.sqlite") as archive:
    for place in sys.argv[2:]:
        for outcome in load_bulk(archive, files_of([Folder(Path(place))]), limit=None,
                                 progress=lambda *_: None):
            print(outcome.piece.name, flush=True)
"""


def loader(folder: Path, *places: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", LOADER, str(folder), *map(str, places)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)


def test_a_killed_load_leaves_whole_files_and_a_rerun_ends_it(tmp_path: Path) -> None:
    for n in range(1, 7):
        papers = [Paper(n * 10_000 + i, OLD) for i in range(1_500)]
        write(tmp_path / "files", f"pubmed26n000{n}", papers)
    with loader(tmp_path, tmp_path / "files") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    kept = len(titles(tmp_path))
    assert kept % 1_500 == 0
    assert 3_000 <= kept < 9_000
    load(tmp_path, Folder(tmp_path / "files"))
    assert len(titles(tmp_path)) == 9_000
    assert gaps(tmp_path) == []


def test_a_full_disk_leaves_the_archive_as_it_was(files: Path, tmp_path: Path) -> None:
    load(tmp_path, Folder(files), limit=3)
    before = titles(tmp_path)
    papers = [Paper(n, NEWEST, title=f"{n} " * 99) for n in range(100, 3_000)]
    write(files / "updatefiles", "pubmed26n0004", papers)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))
    try:
        with pytest.raises(ArchiveError, match="could not be written"):
            load(tmp_path, Folder(files), limit=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert titles(tmp_path) == before
    load(tmp_path, Folder(files))
    assert len(titles(tmp_path)) == 2_900 + 10
    with closing(sqlite3.connect(tmp_path / "archive.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


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


@pytest.mark.parametrize(("held", "dropped", "is_believed"), [(400, 101, False), (150, 100, True)])
def test_a_new_baseline_that_lacks_too_much_is_not_believed(
    tmp_path: Path, held: int, dropped: int, *, is_believed: bool
) -> None:
    papers = [Paper(n, OLD) for n in range(1, held + 1)]
    write(tmp_path / "baseline", "pubmed26n0001", papers)
    load(tmp_path, Folder(tmp_path))
    write(tmp_path / "baseline", "pubmed27n0001", papers[dropped:])
    *_, last = load(tmp_path, Folder(tmp_path))
    assert last.piece.is_done is is_believed
    assert len(titles(tmp_path)) == held - dropped * is_believed


def test_the_middle_of_a_baseline_claims_no_day(files: Path, tmp_path: Path) -> None:
    load(tmp_path, Folder(files / "baseline"), limit=1)
    assert watermark(tmp_path) is None
    load(tmp_path, Folder(files / "baseline"))
    assert watermark(tmp_path) == OLD


class Forgetful(Folder):
    """A place that has lost the checksums of its files, and needs them."""

    def checksum(self, file: BulkFile) -> None:
        return None

    def stamp(self, file: BulkFile) -> str:
        raise BulkError(f"{file.name}: its checksum file does not exist yet")


def test_a_file_whose_checksum_is_gone_is_not_taken_again(files: Path, tmp_path: Path) -> None:
    load(tmp_path, Folder(files), limit=1)
    with Archive(tmp_path / "archive.sqlite") as archive:
        first, second, *_ = files_of([Forgetful(files)])
        assert (is_taken(archive, first), is_taken(archive, second)) == (True, False)
