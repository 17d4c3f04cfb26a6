"""harvest and harvest bulk: what they print, what they leave, how they end."""

import gzip
import json
import os
import subprocess
from datetime import date
from pathlib import Path

import pytest
import typer

from app.commands.harvest import show
from app.commands.options import PARTIAL
from app.nights.harvest import (
    harvest_bulk,
    harvest_topic,
    preview_topic,
    topic_sources,
)
from app.settings import Settings, SettingsError, load_settings
from ingest.archive.archive import Archive
from ingest.archive.slices import Slice, SliceState
from ingest.harvest.harvest_report import SliceOutcome, summarize
from ingest.lock import LockedError, lock
from tests.harvests import KEY, StillClock, quiet
from tests.nights import COMMAND
from tests.pubmed_server import Paper, PubMedServer, article_set, status

ROOT = Path(__file__).parents[3]


@pytest.fixture
def settings(
    pubmed_server: PubMedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Settings that lead to the server on loopback."""
    pubmed_server.add(*(Paper(n, date(2026, 11, n)) for n in range(1, 21)))
    monkeypatch.chdir(tmp_path)
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GUTBRAIN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GUTBRAIN_EUTILS", pubmed_server.eutils)
    monkeypatch.setenv("GUTBRAIN_MIRROR", pubmed_server.mirror)
    monkeypatch.setenv("GUTBRAIN_SINCE", "2026-01-01")
    monkeypatch.setenv("GUTBRAIN_API_KEY", KEY)
    monkeypatch.setenv("GUTBRAIN_PACE_FILE", str(tmp_path / "pace"))
    return load_settings()


def gutbrain(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def pmids(settings: Settings) -> set[str]:
    with Archive(settings.data / "archive.sqlite") as archive:
        return {document.pmid for document in archive.documents()}


def test_harvest_reads_the_topic_into_the_archive(
    settings: Settings, pubmed_server: PubMedServer
) -> None:
    done = gutbrain("harvest", "--json")
    assert (done.returncode, "no email is set" in done.stderr) == (0, True)
    values = json.loads(done.stdout)
    assert (values["complete"], values["as_of"], values["stored"]["added"]) == (
        True,
        "2026-11-21",
        20,
    )
    assert pmids(settings) == {str(n) for n in range(1, 21)}
    assert pubmed_server.requests[-1].form["term"].startswith('("brain-gut axis"[mh]')
    assert values["requests"] == len(pubmed_server.requests)


def test_a_harvest_that_fails_says_why_in_a_line_and_shows_no_key(
    settings: Settings, pubmed_server: PubMedServer
) -> None:
    quoting = status(400, f'{{"error":"API key invalid","api-key":"{KEY}"}}')
    pubmed_server.faults["efetch"] = [quoting]
    done = gutbrain("harvest")
    assert done.returncode == 1
    assert "API key invalid" in done.stderr
    assert KEY not in done.stderr + done.stdout
    archive = settings.data / "archive.sqlite"
    assert KEY.encode() not in archive.read_bytes()


def test_what_is_lacking_stays_a_gap_and_claims_no_day(
    settings: Settings, pubmed_server: PubMedServer
) -> None:
    pubmed_server.add(Paper(21, date(2026, 11, 1), kind="withheld"))
    with Archive(settings.data / "archive.sqlite") as archive:
        report = harvest_topic(
            settings, archive, report=quiet, clock=StillClock().beside(pubmed_server)
        )
        assert [gap.source for gap in archive.slices.gaps(topic_sources(settings)[1])]
    assert (report.is_complete, report.as_of, report.missing > 0) == (False, None, True)


@pytest.mark.parametrize(("got", "code"), [(0, 1), (5, PARTIAL)])
def test_the_exit_code_tells_part_from_nothing(got: int, code: int) -> None:
    piece = Slice("edat x", "y", SliceState.FAILED, asked=9, got=got, problem="no")
    with pytest.raises(typer.Exit) as caught:
        show(summarize([SliceOutcome(piece)], [], None), as_json=True)
    assert caught.value.exit_code == code


def test_a_dry_run_counts_and_writes_nothing(
    settings: Settings, pubmed_server: PubMedServer
) -> None:
    done = gutbrain("harvest", "--dry-run", "--json", "--query", "serotonin")
    rows = json.loads(done.stdout)
    assert [(row["stream"][:4], row["records"]) for row in rows] == [
        ("mdat", "13"),
        ("mdat", "0"),
        ("edat", "20"),
        ("edat", "0"),
    ]
    assert pubmed_server.asked("efetch") == []
    assert "serotonin" in pubmed_server.requests[-1].form["term"]
    assert pmids(settings) == set()


def test_a_limit_is_kept(settings: Settings) -> None:
    assert gutbrain("harvest", "--limit", "5").returncode == 0
    assert len(pmids(settings)) == 5


def test_bulk_takes_files_from_the_set_mirror_a_folder_or_an_address(
    settings: Settings, pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    packed = gzip.compress(article_set([Paper(90, date(2026, 1, 1))]))
    (tmp_path / "pubmed26n0001.xml.gz").write_bytes(packed)
    dry = gutbrain("harvest", "bulk", str(tmp_path), "--dry-run", "--json")
    assert json.loads(dry.stdout) == [str(tmp_path / "pubmed26n0001.xml.gz")]
    done = gutbrain("harvest", "bulk", str(tmp_path), "--json")
    assert json.loads(done.stdout)["stored"]["added"] == 1
    assert pmids(settings) == {"90"}
    pubmed_server.files["/pubmed/pubmed26n0002.xml.gz"] = packed
    with Archive(settings.data / "archive.sqlite") as archive:
        report = harvest_bulk(
            settings, archive, [], report=quiet, clock=StillClock().beside(pubmed_server)
        )
    assert report.problems == (
        "bulk pubmed26n0002: pubmed26n0002: its checksum file does not exist yet",
    )


def test_a_place_without_files_is_told_in_a_line(settings: Settings, tmp_path: Path) -> None:
    assert settings.data
    done = gutbrain("harvest", "bulk", str(tmp_path / "none"))
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].endswith("no such file or folder")
    assert "Traceback" not in done.stderr


def test_one_harvest_at_a_time(settings: Settings, pubmed_server: PubMedServer) -> None:
    with Archive(settings.data / "archive.sqlite") as archive:
        with (
            lock(settings.data / "harvest.lock", "harvesting"),
            pytest.raises(LockedError, match=r"another process is harvesting into .*: process"),
        ):
            harvest_topic(settings, archive, report=quiet)
        assert harvest_topic(
            settings, archive, report=quiet, clock=StillClock().beside(pubmed_server)
        ).is_complete


def test_a_preview_tells_streams_days_and_counts(
    settings: Settings, pubmed_server: PubMedServer
) -> None:
    with Archive(settings.data / "archive.sqlite") as archive:
        planned = preview_topic(settings, archive, clock=StillClock().beside(pubmed_server))
    assert sum(part.count for part in planned) == 33
    assert {part.source for part in planned} == set(topic_sources(settings)[:2])


def test_settings_show_no_key(settings: Settings) -> None:
    done = gutbrain("config", "show", "--origin")
    assert "api_key = **********" in done.stdout
    assert KEY not in done.stdout + repr(settings) + str(settings)


def test_a_misspelt_setting_is_named_without_its_value(settings: Settings, tmp_path: Path) -> None:
    assert settings
    (tmp_path / "gutbrain.toml").write_text(f'apikey = "{KEY}"\n')
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "apikey" in str(caught.value)
    assert KEY not in str(caught.value)
