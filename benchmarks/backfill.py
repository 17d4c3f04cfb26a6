"""Back-fill a topic from a PubMed on loopback at the permitted rate, with kills in between.

    python benchmarks/backfill.py [--records 50000] [--kills 3] [--key]

Prints, for each run of ``gutbrain harvest``, how it ended and what the archive then claims; in the
end, the time it took, and the most requests that the server saw within one second. With ``--key``
the permitted rate is 10 requests a second, otherwise 3.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from datetime import date, timedelta
from pathlib import Path

from ingest.archive.archive import Archive
from ingest.harvest.planning import EDAT, MDAT, Topic
from tests.pubmed_server import Paper, PubMedServer, running_server

SINCE = date(2025, 11, 22)
TITLE = "Gut microbiota and the brain: what a record of usual length would say. " * 24
TOPIC = "gut AND brain"


def main(records: int, kills: int, *, with_key: bool) -> None:
    """Serve, harvest, kill, harvest on, and tell what was seen."""
    with running_server() as server, tempfile.TemporaryDirectory() as work:
        server.add(*papers(records))
        moments: list[float] = []
        server.before = lambda _: moments.append(time.monotonic())
        environment = environment_for(server, Path(work), with_key=with_key)
        began = time.monotonic()
        for number in range(kills):
            run(environment, Path(work), server, 15.0 + 10.0 * number)
        run(environment, Path(work), server, None)
        seconds = time.monotonic() - began
        print(f"{records:,} records in {seconds:.0f} s, {len(moments)} requests")
        print(f"most requests within one second: {busiest_second(moments)}")


def papers(count: int) -> list[Paper]:
    """Spread a year's papers over its days."""
    return [
        Paper(n, SINCE + timedelta(days=n * 364 // count), title=f"{n} {TITLE}")
        for n in range(1, count + 1)
    ]


def environment_for(server: PubMedServer, work: Path, *, with_key: bool) -> dict[str, str]:
    """Point the settings at the server."""
    settings = {
        "GUTBRAIN_DATA": str(work),
        "GUTBRAIN_EUTILS": server.eutils,
        "GUTBRAIN_TOPIC": TOPIC,
        "GUTBRAIN_SINCE": str(SINCE),
        "GUTBRAIN_EMAIL": "benchmark@example.org",
        "GUTBRAIN_PACE_FILE": str(work / "pace"),
        "NO_PROXY": "127.0.0.1",
    }
    key = {"GUTBRAIN_API_KEY": "0" * 36} if with_key else {}
    return os.environ | settings | key


def run(
    environment: dict[str, str], work: Path, server: PubMedServer, kill_after_s: float | None
) -> None:
    """Harvest to the end, or until the process is killed, and print what is claimed then."""
    command = [sys.executable, "-c", "from app.cli import main; main()", "harvest", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:  # noqa: S603
        try:
            said, _ = process.communicate(timeout=kill_after_s)
            ended = f"complete: {json.loads(said)['complete']}"
        except subprocess.TimeoutExpired:
            process.kill()
            ended = f"killed after {kill_after_s:.0f} s"
    print(f"{ended}; {claims(work, server)}", flush=True)


def claims(work: Path, server: PubMedServer) -> str:
    """Say what the archive holds, up to when it claims to be complete, and whether it lies."""
    topic = Topic(TOPIC, SINCE)
    with Archive(work / "archive.sqlite") as archive:
        marks = [archive.slices.watermark(topic.source(kind)) for kind in (EDAT, MDAT)]
        gaps = len(archive.slices.gaps(topic.source(EDAT)))
        held = archive.hashes().keys()
    claimed = {
        str(n) for n, paper in server.papers.items() if marks[0] and paper.entered <= marks[0]
    }
    size_mb = sum(file.stat().st_size for file in work.glob("archive.sqlite*")) / 1e6
    return (
        f"{len(held):,} documents, entered up to {marks[0]}, revised up to {marks[1]}, "
        f"{gaps} gaps, {size_mb:.0f} MB; of {len(claimed):,} claimed {len(claimed - held)} lacking"
    )


def busiest_second(moments: list[float]) -> int:
    """Count the requests of the second that saw most of them."""
    return max(bisect_left(moments, moment + 1) - number for number, moment in enumerate(moments))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--key", action="store_true")
    given = parser.parse_args()
    main(given.records, given.kills, with_key=given.key)
