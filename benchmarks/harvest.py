"""Print how fast PubMed XML is parsed, and how fast a topic is harvested.

    python benchmarks/harvest.py parse FOLDER-WITH-PUBMED-XML [--records 30000]
    python benchmarks/harvest.py topic [--records 50000] [--kills 3] [--key]
    python benchmarks/harvest.py faults [PART-OF-A-NAME]

``parse`` repeats real records into a temporary file, and prints CPU time and peak memory. ``topic``
harvests an invented PubMed on loopback at the permitted rate (with ``--key`` 10 requests a second,
otherwise 3), with kills in between. It prints how each run of ``gutbrain harvest`` ended and what
the archive then claims; in the end, the time, and the most requests within one second. ``faults``
prints a line for each kind of fault: whether, after it came once, and after it lasted for a whole
harvest, the next harvest leaves what there would be without it, and what the harvest said.
"""

import gzip
import json
import os
import resource
import subprocess
import tempfile
import time
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import typer

from ingest.archive.archive import Archive
from ingest.document import printable
from ingest.formats.record_splitter import RecordSplitter
from ingest.formats.sources import read_source
from ingest.harvest.planning import EDAT, MDAT, Topic
from tests.faults import ALWAYS, KINDS, Trials
from tests.nights import COMMAND
from tests.pubmed_server import Paper, PubMedServer, running_server

app = typer.Typer(help=__doc__)
SINCE = date(2025, 11, 22)
TITLE = "Gut microbiota and the brain: what a record of usual length would say. " * 24
TOPIC = Topic("gut AND brain", SINCE)


@app.command()
def parse(folder: Path, records: int = 30_000) -> None:
    """Make a file of so many records, read it, print a table."""
    real = real_records(folder)
    print(f"{len(real)} real records, {sum(map(len, real)) // len(real):,} bytes each on average\n")
    with tempfile.TemporaryDirectory() as work:
        file = Path(work) / "records.xml.gz"
        with gzip.open(file, "wb", compresslevel=6) as stream:
            stream.write(b"<PubmedArticleSet>")
            stream.writelines(islice(cycle(real), records))
            stream.write(b"</PubmedArticleSet>")
        began = time.process_time()
        read = sum(1 for _ in read_source(file))
        seconds = time.process_time() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("| records | a CPU second | peak MB |\n|---|---|---|")
    print(f"| {read:,} | {read / seconds:,.0f} | {peak_mb:,.0f} |")


def real_records(folder: Path) -> list[bytes]:
    """Cut the records out of all bulk files of a folder."""
    records: list[bytes] = []
    for file in sorted(folder.rglob("pubmed*.xml.gz")):
        with gzip.open(file) as stream:
            records += RecordSplitter(cast("BinaryIO", stream), str(file)).records()
    return records


@app.command()
def faults(part: Annotated[str, typer.Argument()] = "") -> None:
    """Try every kind of fault, once and in every answer."""
    kinds = [kind for kind in KINDS if part in f"{kind.utility} {kind.name}"]
    print("| fault in | kind | once | lasting | the harvest said |\n|---|---|---|---|---|")
    held = 0
    with running_server() as server, tempfile.TemporaryDirectory() as work:
        trials = Trials(server, Path(work))
        for kind in kinds:
            once, lasting = (trials.hold(kind, times) for times in (1, ALWAYS))
            ends = [trial.problem or "held" for trial in (once, lasting)]
            held += ends.count("held")
            cells = (kind.utility, kind.name, *ends, printable(lasting.said)[:90])
            print(f"| {' | '.join(cells)} |", flush=True)
    print(f"\n{len(kinds)} kinds, {2 * len(kinds)} trials, {held} held")


@app.command("topic")
def harvest_topic(records: int = 50_000, kills: int = 3, *, key: bool = False) -> None:
    """Serve, harvest, kill, harvest on, and print what was seen."""
    with running_server() as server, tempfile.TemporaryDirectory() as work:
        server.add(*papers(records))
        moments: list[float] = []
        server.before = lambda _: moments.append(time.monotonic())
        began = time.monotonic()
        for limit_s in (*(15.0 + 10.0 * number for number in range(kills)), None):
            ended = harvest(server, Path(work), limit_s, "0" * 36 if key else "")
            print(f"{ended}; {claims(Path(work), server)}", flush=True)
        seconds = time.monotonic() - began
    print(f"{records:,} records in {seconds:.0f} s, {len(moments)} requests")
    print(f"most requests within one second: {busiest_second(moments)}")


def papers(count: int) -> list[Paper]:
    """Spread a year's papers over its days."""
    return [
        Paper(n, SINCE + timedelta(days=n * 364 // count), title=f"{n} {TITLE}")
        for n in range(1, count + 1)
    ]


def harvest(server: PubMedServer, work: Path, limit_s: float | None, key: str) -> str:
    """Harvest to the end, or until the process is killed; returns how it ended."""
    settings = {
        "GUTBRAIN_DATA": str(work),
        "GUTBRAIN_EUTILS": server.eutils,
        "GUTBRAIN_TOPIC": TOPIC.query,
        "GUTBRAIN_SINCE": str(SINCE),
        "GUTBRAIN_EMAIL": "benchmark@example.org",
        "GUTBRAIN_API_KEY": key,
        "GUTBRAIN_PACE_FILE": str(work / "pace"),
        "NO_PROXY": "127.0.0.1",
    }
    command = [*COMMAND, "harvest", "--json"]
    try:
        done = subprocess.run(  # noqa: S603
            command, env=os.environ | settings, stdout=subprocess.PIPE, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        return f"killed after {limit_s:.0f} s"
    return f"complete: {json.loads(done.stdout)['complete']}"


def claims(work: Path, server: PubMedServer) -> str:
    """Say what the archive holds, up to when it claims to be complete, and what it lacks."""
    with Archive(work / "archive.sqlite") as archive:
        marks = [archive.slices.watermark(TOPIC.source(kind)) for kind in (EDAT, MDAT)]
        gaps = len(archive.slices.gaps(TOPIC.source(EDAT)))
        held = archive.hashes().keys()
    claimed = {
        str(n) for n, paper in server.papers.items() if marks[0] and paper.entered <= marks[0]
    }
    size_mb = sum(file.stat().st_size for file in work.glob("archive.sqlite*")) / 1e6
    return (
        f"{len(held):,} documents, entered up to {marks[0]}, revised up to {marks[1]}, "
        f"{gaps} gaps, {size_mb:.0f} MB; of {len(claimed):,} claimed {len(claimed - held)} lacking"
    )


def busiest_second(moments: Sequence[float]) -> int:
    """Count the requests of the second that saw most of them."""
    return max(bisect_left(moments, moment + 1) - number for number, moment in enumerate(moments))


if __name__ == "__main__":
    app()
