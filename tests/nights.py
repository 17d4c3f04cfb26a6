"""Nights for tests: a PubMed whose papers say something, the command, and what it leaves behind."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from app.graph_access import chosen_graph
from app.settings import Settings
from tests.harvests import KEY
from tests.pubmed_server import Paper, PubMedServer

QUERY = "gut AND brain"
FIRST_NIGHT = date(2026, 11, 1)
SINCE = date(2026, 1, 1)
ENTERED = date(2026, 3, 1)
_AT_ANY_DATE = """
from datetime import timedelta
from ingest.pubmed import client
client.CLOCKS_DIFFER = timedelta(99999)
"""
COMMAND = (sys.executable, "-c", f"{_AT_ANY_DATE}from app.cli import main; main()")
"""The command line; the dates of the server on loopback are not those of our clock."""
FINDINGS = (
    "Akkermansia muciniphila reduced anxiety in mice",
    "Lactobacillus rhamnosus improved depression in mice",
    "Butyrate reduced inflammation in mice",
    "Bifidobacterium longum is associated with depression",
    "Inulin increased Bifidobacterium in patients with anxiety",
    "Escherichia coli is linked to Parkinson's disease in patients",
    "Serotonin affects depression in patients",
)


@dataclass(frozen=True, slots=True)
class RetractedPaper(Paper):
    """A paper that PubMed marks as retracted."""

    def xml(self) -> str:
        """Write the record with its publication type."""
        kind = "<PublicationType>Retracted Publication</PublicationType>"
        types = f"</ArticleTitle><PublicationTypeList>{kind}</PublicationTypeList>"
        return Paper.xml(self).replace("</ArticleTitle>", types)


def finding(pmid: int) -> str:
    """A title that the pipeline reads something in; another for each PMID."""
    return f"{FINDINGS[pmid % len(FINDINGS)]}: study {pmid}."


def papers(*pmids: int) -> tuple[Paper, ...]:
    """Papers that came in before the first night."""
    return tuple(Paper(pmid, ENTERED, title=finding(pmid)) for pmid in pmids)


def slot(night: int) -> date:
    """The date of the n-th night, from 0 on."""
    return FIRST_NIGHT + timedelta(days=night)


def night_settings(server: PubMedServer, folder: Path, **more: Any) -> Settings:
    """Settings that harvest from the server into a folder."""
    given: dict[str, Any] = {
        "data": folder,
        "topic": QUERY,
        "since": SINCE,
        "eutils": server.eutils,
        "pace_file": folder.parent / f"{folder.name}.pace",
        "api_key": KEY,
        **more,
    }
    return Settings(**given)


def environment(server: PubMedServer, folder: Path) -> dict[str, str]:
    """What the command must find in its environment to do the same."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GUTBRAIN_")}
    settings = night_settings(server, folder)
    return inherited | {
        "HOME": str(folder.parent),
        "GUTBRAIN_DATA": str(folder),
        "GUTBRAIN_TOPIC": settings.topic,
        "GUTBRAIN_SINCE": str(settings.since),
        "GUTBRAIN_EUTILS": settings.eutils,
        "GUTBRAIN_PACE_FILE": str(settings.pace_file),
        "GUTBRAIN_API_KEY": KEY,
        # of so few papers one changes a large share; the gate has tests of its own
        "GUTBRAIN_MAX_SHRINK": "1",
    }


def start(server: PubMedServer, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the command in a process of its own."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder.parent,
        env=environment(server, folder) | {"PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    """Wait for a command that was told ``--json``; its exit code, its JSON, its complaints."""
    out, err = process.communicate()
    return process.returncode, json.loads(out) if out else {}, err


def graph_lines(folder: Path) -> list[str]:
    """Every quad of the current snapshot, sorted."""
    store = chosen_graph(Settings(data=folder)).store
    return sorted(str(quad) for quad in store.quads())  # type: ignore[attr-defined]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
