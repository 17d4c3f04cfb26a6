"""Harvesting as the settings say: connects, harvests, and reports how it went.

One harvest at a time works on a data directory; the lock ends with its process.
"""

import hashlib
import os
import tempfile
from collections.abc import Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path

import httpx

from app.settings import Settings
from ingest.archive.archive import Archive
from ingest.archive.slices import BULK
from ingest.bulk.files import files_of, is_taken, load_bulk
from ingest.bulk.places import BulkError, BulkPlace, Folder, Mirror
from ingest.harvest.harvest_report import HarvestReport, Progress, SliceOutcome, summarize
from ingest.harvest.planning import EDAT, MDAT, Topic
from ingest.harvest.topic_harvest import FAILURES, Planned, harvest, preview
from ingest.lock import lock
from ingest.pubmed.client import TIMEOUT, Access, PubMed
from ingest.pubmed.timing import Clock, RateLimiter

PLAN_COLUMNS = ("stream", "first", "last", "records")
_WEB = ("http://", "https://")


def topic_of(settings: Settings) -> Topic:
    """Make the topic that the settings describe."""
    return Topic(settings.topic, settings.since)


def topic_sources(settings: Settings) -> tuple[str, ...]:
    """Name the streams of the topic, as ``Archive.slices`` knows them."""
    return topic_of(settings).sources


def data_as_of(archive: Archive, settings: Settings) -> date | None:
    """Say up to which day the archive holds the topic, by either road; None where it does not."""
    marks = (_topic_as_of(archive, topic_of(settings)), archive.slices.watermark(BULK))
    return max((mark for mark in marks if mark), default=None)


def _topic_as_of(archive: Archive, topic: Topic) -> date | None:
    marks = [archive.slices.watermark(topic.source(kind)) for kind in (EDAT, MDAT)]
    known = [mark for mark in marks if mark]
    return min(known) if len(known) == len(marks) else None


def harvest_topic(
    settings: Settings,
    archive: Archive,
    *,
    report: Progress,
    limit: int | None = None,
    clock: Clock | None = None,
) -> HarvestReport:
    """Bring the archive up to date with the topic; at most ``limit`` records.

    What fails is named in the report. Raises LockedError, and ArchiveError where nothing can
    be written.
    """
    topic = topic_of(settings)
    with _sole_harvester(settings.data), _connection(settings, clock) as pubmed:
        steps = harvest(archive, pubmed, topic, limit=limit, progress=report)
        outcomes, problems = _collect(steps)
        as_of = _topic_as_of(archive, topic)
        return summarize(outcomes, problems, as_of, pubmed.requests)


def preview_topic(
    settings: Settings, archive: Archive, clock: Clock | None = None
) -> tuple[Planned, ...]:
    """Say what ``harvest_topic`` would ask for. Raises PubMedError or UnreachableError."""
    with _connection(settings, clock) as pubmed:
        return preview(archive, pubmed, topic_of(settings))


def plan_row(planned: Planned) -> tuple[str, ...]:
    """Put what would be asked for in one line, under ``PLAN_COLUMNS``."""
    days = planned.days
    return planned.source, str(days.first), str(days.last), str(planned.count)


def harvest_bulk(
    settings: Settings,
    archive: Archive,
    sources: Sequence[str],
    *,
    report: Progress,
    limit: int | None = None,
    clock: Clock | None = None,
) -> HarvestReport:
    """Take in baseline and update files, at most ``limit``; no source means the set mirror.

    Raises as ``harvest_topic`` does.
    """
    with _sole_harvester(settings.data), _web(settings) as http:
        depots = _depots(sources or [settings.mirror], settings, http, clock)
        steps = load_bulk(archive, files_of(depots), limit=limit, progress=report)
        outcomes, problems = _collect(steps)
        return summarize(outcomes, problems, archive.slices.watermark(BULK))


def preview_bulk(
    settings: Settings, archive: Archive, sources: Sequence[str], clock: Clock | None = None
) -> tuple[str, ...]:
    """Name the files that ``harvest_bulk`` would take in."""
    with _web(settings) as http:
        depots = _depots(sources or [settings.mirror], settings, http, clock)
        files = files_of(depots)
        return tuple(file.address for file in files if not is_taken(archive, file))


def _collect(steps: Iterable[SliceOutcome]) -> tuple[list[SliceOutcome], list[str]]:
    outcomes: list[SliceOutcome] = []
    try:
        outcomes.extend(steps)
    except (*FAILURES, BulkError) as error:
        return outcomes, [str(error)]
    return outcomes, []


def _sole_harvester(data: Path) -> AbstractContextManager[object]:
    return lock(data / "harvest.lock", f"harvesting into {data}")


@contextmanager
def _connection(settings: Settings, clock: Clock | None) -> Generator[PubMed]:
    key = settings.api_key.get_secret_value() if settings.api_key else None
    access = Access(settings.tool, settings.email, key, settings.eutils.rstrip("/"))
    with _web(settings) as http:
        file = settings.pace_file or _pace_file(access)
        yield PubMed(access, http, RateLimiter(file, access.rate_hz, clock or Clock()))


def _pace_file(access: Access) -> Path:
    """One file for all that share a server and a key; the key itself is not in its name."""
    shared = hashlib.sha256(f"{access.url} {access.key}".encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"gutbrain-pace-{os.getuid()}-{shared}"


def _web(settings: Settings) -> httpx.Client:
    about = f"{settings.tool} ({settings.email})" if settings.email else settings.tool
    return httpx.Client(timeout=TIMEOUT, headers={"User-Agent": about})


def _depots(
    sources: Sequence[str], settings: Settings, http: httpx.Client, clock: Clock | None
) -> list[BulkPlace]:
    downloads = settings.data / "downloads"
    return [
        Mirror(source, http, downloads, clock) if source.startswith(_WEB) else Folder(Path(source))
        for source in sources
    ]
