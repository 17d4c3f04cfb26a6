"""A key is sent to PubMed, and is nowhere else: no log, no error, no file, no representation."""

import logging
import traceback
from datetime import date
from pathlib import Path

import httpx
import pytest

from ingest.archive.archive import Archive
from ingest.harvest.topic_harvest import FAILURES, harvest
from ingest.pubmed.client import Access
from tests.harvests import KEY, TOPIC, StillClock, connected, quiet
from tests.pubmed_server import Fault, Paper, PubMedServer, ending, status

QUOTES = f'{{"error":"API key invalid","api-key":"{KEY}"}}'


def harvest_with_key(server: PubMedServer, folder: Path) -> str:
    """Harvest, and return all that an error would show."""
    with (
        Archive(folder / "archive.sqlite") as archive,
        connected(server, folder, StillClock(), KEY) as pubmed,
    ):
        try:
            list(harvest(archive, pubmed, TOPIC, limit=None, progress=quiet))
        except FAILURES as error:
            return "".join(traceback.format_exception(error))
    return ""


def nowhere_on_disk(folder: Path) -> bool:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return not any(KEY.encode() in path.read_bytes() for path in files)


def test_the_key_is_sent_in_the_body_only(pubmed_server: PubMedServer, tmp_path: Path) -> None:
    pubmed_server.add(Paper(1, date(2026, 11, 1)))
    harvest_with_key(pubmed_server, tmp_path)
    assert {request.form["api_key"] for request in pubmed_server.requests} == {KEY}
    assert {request.form["email"] for request in pubmed_server.requests} == {"nobody@example.org"}
    assert {request.form["tool"] for request in pubmed_server.requests} == {"gutbrain"}


@pytest.mark.parametrize("name", ["esearch", "efetch"])
@pytest.mark.parametrize(
    "fault",
    [
        status(400, QUOTES),
        status(400, f"<ERROR>no such key {KEY}</ERROR>"),
        status(429, QUOTES),
        status(200, f"<html><title>Blocked: api_key={KEY}</title></html>"),
        status(200, QUOTES),
        status(500, QUOTES),
        status(302, "", Location="http://127.0.0.1:9/"),
        ending("reset"),
    ],
)
def test_no_failure_shows_the_key(
    pubmed_server: PubMedServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    name: str,
    fault: Fault,
) -> None:
    caplog.set_level(logging.DEBUG)
    pubmed_server.add(Paper(1, date(2026, 11, 1)))
    pubmed_server.faults[name] = [fault] * 8
    shown = harvest_with_key(pubmed_server, tmp_path)
    assert shown
    assert KEY not in shown
    assert KEY not in caplog.text
    assert nowhere_on_disk(tmp_path)


def test_a_good_harvest_leaves_no_key_on_disk_or_in_logs(
    pubmed_server: PubMedServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pubmed_server.add(Paper(1, date(2026, 11, 1)))
    assert harvest_with_key(pubmed_server, tmp_path) == ""
    assert nowhere_on_disk(tmp_path)
    assert KEY not in caplog.text
    assert "esearch.fcgi" in caplog.text  # httpx logs addresses, so one in them would show


def test_no_representation_shows_the_key() -> None:
    assert KEY not in repr(Access(key=KEY))
    assert KEY not in repr(httpx.Request("POST", "http://x/", data=Access(key=KEY).identity()))
