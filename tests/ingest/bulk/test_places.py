"""Bulk files in a folder and on a mirror."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ingest.archive.slices import SliceState
from ingest.bulk.places import BulkError, Folder, Mirror, bulk_file, by_number, md5_of
from ingest.pubmed.timing import UnreachableError
from tests.bulk_files import (
    NEW,
    NEWEST,
    WANTED,
    gaps,
    load,
    titles,
    watermark,
    write_files,
)
from tests.harvests import StillClock
from tests.pubmed_server import Fault, PubMedServer, ending, status


def test_a_folder_without_bulk_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text("<a/>")
    with pytest.raises(BulkError, match="no file named like pubmed26n0001"):
        Folder(tmp_path).files()
    with pytest.raises(BulkError, match="no such file or folder"):
        Folder(tmp_path / "none")


@pytest.fixture
def mirror(pubmed_server: PubMedServer, tmp_path: Path) -> Iterator[Mirror]:
    """The bulk files behind HTTP."""
    files = tmp_path / "files"
    write_files(files)
    for place in files.rglob("pubmed*"):
        if place.is_file():
            path = f"/pubmed/{place.relative_to(files)}"
            pubmed_server.files[path] = place.read_bytes()
    with httpx.Client(timeout=0.5, trust_env=False) as http:
        yield Mirror(pubmed_server.mirror, http, tmp_path / "downloads", StillClock().clock)


def test_a_mirror_is_taken_in_like_a_folder(
    pubmed_server: PubMedServer, mirror: Mirror, tmp_path: Path
) -> None:
    load(tmp_path, mirror)
    assert titles(tmp_path) == WANTED
    assert (gaps(tmp_path), watermark(tmp_path)) == ([], NEWEST)
    assert list((tmp_path / "downloads").iterdir()) == []
    pubmed_server.requests.clear()
    assert load(tmp_path, mirror) == []
    assert not [r for r in pubmed_server.requests if r.path.endswith(".gz")]


@pytest.mark.parametrize(
    "fault",
    [status(503), status(429, "", Retry_After="2"), ending("reset"), ending("hang")],
    ids=["503", "429", "reset", "hang"],
)
def test_a_passing_fault_of_a_mirror_leaves_no_trace(
    pubmed_server: PubMedServer, mirror: Mirror, tmp_path: Path, fault: Fault
) -> None:
    for name in ("pubmed", "", "pubmed26n0003.xml.gz", "pubmed26n0003.xml.gz.md5"):
        pubmed_server.faults[name] = [fault] * 2
    load(tmp_path, mirror)
    assert titles(tmp_path) == WANTED


def test_a_download_cut_short_is_not_taken(
    pubmed_server: PubMedServer, mirror: Mirror, tmp_path: Path
) -> None:
    pubmed_server.faults["pubmed26n0003.xml.gz"] = [ending("cut", 0.7)]
    failed = [o.piece for o in load(tmp_path, mirror) if o.piece.state is SliceState.FAILED]
    assert [piece.name for piece in failed] == ["pubmed26n0003"]
    assert "its checksum is" in failed[0].problem
    load(tmp_path, mirror)
    assert titles(tmp_path) == WANTED


@pytest.mark.parametrize("torn", [None, b"", b"MD5(pubmed26n0004"])
def test_a_checksum_that_is_late_is_waited_for(
    pubmed_server: PubMedServer, mirror: Mirror, tmp_path: Path, torn: bytes | None
) -> None:
    path = "/pubmed/updatefiles/pubmed26n0004.xml.gz.md5"
    whole = pubmed_server.files.pop(path)
    if torn is not None:
        pubmed_server.files[path] = torn
    load(tmp_path, mirror)
    assert (gaps(tmp_path), watermark(tmp_path)) == ([("pubmed26n0004",) * 2], NEW)
    pubmed_server.files[path] = whole
    load(tmp_path, mirror)
    assert titles(tmp_path) == WANTED
    assert (gaps(tmp_path), watermark(tmp_path)) == ([], NEWEST)


def test_a_mirror_that_is_gone_stops_the_load(
    pubmed_server: PubMedServer, mirror: Mirror, tmp_path: Path
) -> None:
    pubmed_server.faults["pubmed26n0003.xml.gz"] = [status(503)] * 20
    with pytest.raises(UnreachableError, match=r"pubmed26n0003\.xml\.gz: status 503; tried 8"):
        load(tmp_path, mirror)
    assert gaps(tmp_path) == [("pubmed26n0003",) * 2]


def test_a_password_in_an_address_is_in_no_error(
    tmp_path: Path, pubmed_server: PubMedServer
) -> None:
    address = pubmed_server.mirror.replace("http://", "http://me:secret@")
    with httpx.Client(trust_env=False) as http, pytest.raises(BulkError) as caught:
        Mirror(address, http, tmp_path).files()
    assert "secret" not in str(caught.value)


def test_a_single_file_may_be_named_by_its_address(
    pubmed_server: PubMedServer, mirror: Mirror, tmp_path: Path
) -> None:
    assert mirror.files()
    address = f"{pubmed_server.mirror}baseline/pubmed26n0001.xml.gz"
    with httpx.Client(trust_env=False) as http:
        load(tmp_path, Mirror(address, http, tmp_path / "downloads"))
    assert set(titles(tmp_path)) == {"1", "2", "3", "4", "5"}


def test_of_one_file_in_two_places_the_first_counts(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_files(tmp_path / name)
    one, other = Folder(tmp_path / "one"), Folder(tmp_path / "other")
    files = by_number((*one.files(), *other.files()))
    assert [file.number % 10**6 for file in files] == [1, 2, 3, 4, 5]
    assert {file.home for file in files} == {one}


@pytest.mark.parametrize(
    ("address", "number", "is_baseline"),
    [
        ("x/baseline/pubmed26n0001.xml.gz", 26_000_001, True),
        ("x\\baseline\\pubmed26n1234.xml", 26_001_234, True),
        ("baseline-copies/updatefiles/pubmed26n123456.xml.gz", 26_123_456, False),
    ],
)
def test_a_file_is_known_by_its_name_and_folder(
    tmp_path: Path, address: str, number: int, *, is_baseline: bool
) -> None:
    file = bulk_file(address, Folder(tmp_path))
    assert file is not None
    assert (file.number, file.is_baseline) == (number, is_baseline)


@pytest.mark.parametrize(
    "name", ["pubmed26n001.xml.gz", "pubmed26n0001.xml.gz.md5", "pubmed26n1234567.xml", "a.xml"]
)
def test_other_files_are_none_of_pubmeds(tmp_path: Path, name: str) -> None:
    assert bulk_file(f"baseline/{name}", Folder(tmp_path)) is None


def test_a_checksum_is_compared_in_lower_case_and_a_change_shows_in_the_stamp(
    tmp_path: Path,
) -> None:
    write_files(tmp_path)
    folder = Folder(tmp_path)
    file = folder.files()[0]
    path = Path(file.address)
    wanted = md5_of(path)
    Path(file.address + ".md5").write_text(f"MD5(a)= {wanted.upper()}")
    assert folder.checksum(file) == wanted
    stamp = folder.stamp(file)
    os.utime(path, ns=(1, 1))
    assert folder.stamp(file) != stamp


@pytest.mark.parametrize("code", [204, 403, 404])
def test_a_file_that_a_mirror_does_not_give_is_an_error(
    pubmed_server: PubMedServer, mirror: Mirror, tmp_path: Path, code: int
) -> None:
    name = "pubmed26n0001.xml.gz"
    pubmed_server.faults[name] = [status(code, "no")]
    file = next(file for file in mirror.files() if file.name == "pubmed26n0001")
    with pytest.raises(BulkError, match=f"status {code}"):
        mirror.open(file).__enter__()
