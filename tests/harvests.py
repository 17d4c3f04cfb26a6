"""Harvests for tests: a clock that sleeps in no time, and what an archive holds in the end."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import httpx

from ingest.archive.archive import Archive
from ingest.archive.slices import Gap
from ingest.document import Document
from ingest.harvest.harvest_report import HarvestReport, SliceOutcome, summarize
from ingest.harvest.planning import Topic
from ingest.harvest.topic_harvest import FAILURES, harvest
from ingest.pubmed.client import Access, PubMed
from ingest.pubmed.timing import Clock, RateLimiter
from tests.pubmed_server import PubMedServer

TOPIC = Topic("gut AND brain", date(2026, 1, 1))
KEY = "0123456789abcdef0123456789abcdef0123"
NIGHT = datetime(2026, 11, 23, 2, tzinfo=UTC)


@dataclass
class StillClock:
    """Stands still but for its sleeps, which it notes."""

    now_s: float = 1000.0
    sleeps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now_s += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now_s, self.sleep, lambda: 0.5)

    def beside(self, server: PubMedServer) -> Clock:
        """Show the date that the server has."""
        return replace(self.clock, utc_now=lambda: server.now)


@dataclass(frozen=True, slots=True)
class State:
    """All that must be the same however a harvest went."""

    documents: tuple[Document, ...]
    deleted: frozenset[str]
    dead: tuple[tuple[str | None, str], ...]
    gaps: tuple[Gap, ...]
    watermarks: tuple[date | None, ...]
    members: frozenset[str]


@contextmanager
def connected(
    server: PubMedServer, folder: Path, still: StillClock, key: str | None = None
) -> Generator[PubMed]:
    """Connect to the server as the application does, but impatiently, and by its clock."""
    access = Access(email="nobody@example.org", key=key, url=server.eutils)
    with httpx.Client(timeout=0.5, trust_env=False) as http:
        limiter = RateLimiter(folder / "pace", access.rate_hz, still.beside(server))
        yield PubMed(access, http, limiter)


def run_harvest(
    server: PubMedServer,
    folder: Path,
    *,
    still: StillClock | None = None,
    at: datetime = NIGHT,
    limit: int | None = None,
    topic: Topic = TOPIC,
) -> HarvestReport:
    """Harvest into the archive of a folder; failures are told in the report."""
    outcomes: list[SliceOutcome] = []
    problems: list[str] = []
    with (
        Archive(folder / "archive.sqlite", lambda: at) as archive,
        connected(server, folder, still or StillClock()) as pubmed,
    ):
        try:
            outcomes.extend(harvest(archive, pubmed, topic, limit=limit, progress=quiet))
        except FAILURES as error:
            problems.append(str(error))
        return summarize(outcomes, problems, None, pubmed.requests)


def state_of(folder: Path, topic: Topic = TOPIC) -> State:
    """Read what the archive of a folder holds."""
    with Archive(folder / "archive.sqlite") as archive:
        sources = [topic.source(kind) for kind in ("edat", "mdat", "sweep")]
        return State(
            tuple(archive.documents()),
            archive.deleted(),
            tuple((letter.pmid, letter.reason) for letter in archive.dead_letters()),
            tuple(gap for source in sources for gap in archive.slices.gaps(source)),
            tuple(archive.slices.watermark(source) for source in sources),
            archive.topics.pmids(topic.digest),
        )


def fault_free(server: PubMedServer, folder: Path) -> State:
    """Harvest undisturbed, and leave no trace on the server."""
    faults = {name: list(due) for name, due in server.faults.items()}
    server.faults.clear()
    run_harvest(server, folder)
    server.faults.update(faults)
    server.requests.clear()
    return state_of(folder)


def quiet(what: str, done: int, total: int) -> None:
    """Take a progress report and drop it."""
