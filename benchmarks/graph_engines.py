"""Load an N-Quads file into one engine, in this process, and time questions on it.

    python benchmarks/graph_engines.py embedded|virtuoso FILE.nq FOLDER [--repeat 5]

``benchmarks/graph_scale.py`` starts it. The embedded store goes first: it writes the questions,
bound to the best connected of the graph, to FOLDER/questions.json, which Virtuoso's process reads.
Figures go to the standard output as JSON. A question that takes longer than 5 s is asked once;
Virtuoso gives up after 20 s, and then has no rows.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import httpx
from pyoxigraph import Quad, RdfFormat, parse
from queries import Timing, evidence_of, lists_of, measure, question_names, texts_of

from kg.snapshots.read_model import ReadModel
from kg.snapshots.read_model_build import build_read_model
from kg.snapshots.snapshot import Snapshot
from kg.stores.embedded import EmbeddedStore
from tests.virtuoso import PASSWORD, USER, running_virtuoso

QUERY_S, SLOW_MS = 20, 5_000
COUNT = 'SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } FILTER (CONTAINS(STR(?g), "/gut")) }'


@dataclass(frozen=True, slots=True)
class Load:
    """What it took to load a file; memory is the most that the process ever had."""

    quads: int
    wall_s: float
    cpu_s: float
    disk_mb: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Clock:
    """Wall and CPU seconds since it was started."""

    wall: float
    cpu: float

    @classmethod
    def start(cls) -> "Clock":
        """Look at both clocks."""
        return cls(time.perf_counter(), time.process_time())

    def read(self) -> tuple[float, float]:
        """Tell what has passed."""
        return time.perf_counter() - self.wall, time.process_time() - self.cpu


def peak_mb() -> float:
    """Tell the most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def size_mb(folder: Path) -> float:
    """Add up the files of a folder."""
    return sum(size_of(path) for path in folder.rglob("*") if path.is_file())


def size_of(path: Path) -> float:
    """Tell the size of a file in MB."""
    return path.stat().st_size / 2**20


def embedded(file: Path, folder: Path, repeat: int) -> dict[str, object]:
    """Load and ask the project's own store; then what is built once a snapshot."""
    clock, path = Clock.start(), Snapshot(folder).graph
    store = EmbeddedStore.open(path)
    quads: Iterator[Quad] = parse(path=str(file), format=RdfFormat.N_QUADS)
    store.bulk_load(quads)
    wall, cpu = clock.read()
    loaded = Load(store.size(), wall, cpu, size_mb(path), peak_mb())
    store.close()
    store = EmbeddedStore.open_read_only(path)
    clock, model = Clock.start(), Snapshot(folder).read_model
    build_read_model(store, model)
    once = {"read model": (*clock.read(), size_of(model))}
    texts = list(texts_of(store, question_names()))
    (folder / "questions.json").write_text(json.dumps(texts), encoding="utf-8")
    timings = list(ask(lambda text: list(store.select(text)), texts, repeat))
    lists = ReadModel.open(model)
    asked = (*lists_of(lists), *evidence_of(store, lists))
    timings += [measure(name, answer, repeat) for name, answer in asked]
    return figures(loaded, timings) | {"once": once}


def ask(
    answer: Callable[[str], Sized], texts: Iterable[tuple[str, str]], repeat: int
) -> Iterator[Timing]:
    """Time questions on an engine: the first answer, then the others; slow ones once."""
    for name, text in texts:
        print(name, file=sys.stderr, flush=True)
        first = measure(name, lambda text=text: answer(text), 1)
        if first.wall_ms > SLOW_MS:
            yield first
            continue
        again = measure(name, lambda text=text: answer(text), repeat)
        yield replace(again, first_ms=first.first_ms)


def figures(loaded: Load, timings: Iterable[Timing]) -> dict[str, object]:
    """Put together what the parent reads."""
    memory = {"peak_mb": peak_mb()}
    return {"load": asdict(loaded), "timings": [asdict(t) for t in timings], **memory}


def questions(folder: Path) -> list[tuple[str, str]]:
    """Read what the embedded store was asked."""
    return [(n, t) for n, t in json.loads((folder / "questions.json").read_text(encoding="utf-8"))]


def virtuoso(file: Path, folder: Path, repeat: int) -> dict[str, object]:
    """Load and ask a private Virtuoso, whose CPU time ticks in 10 ms."""
    home = folder / "virtuoso"
    home.mkdir()
    with (
        running_virtuoso(home, buffers=100_000, most_rows=1_000_000, query_s=QUERY_S) as server,
        httpx.Client(timeout=QUERY_S + 10) as client,
    ):
        clock = Clock.start()
        sql = f"ld_dir('{file.parent}', '{file.name}', 'urn:none'); rdf_loader_run(); checkpoint;"
        port = f"127.0.0.1:{server.sql_port}"
        command = ["isql-vt", port, USER, PASSWORD, "ERRORS=STDOUT", f"EXEC={sql}"]
        subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603
        wall, _ = clock.read()
        (count,) = _rows(client, server.readable, COUNT)
        size = (size_mb(home), rss_of(server.pid))
        loaded = Load(int(count["n"]["value"]), wall, cpu_of(server.pid), *size)
        asked = ask(lambda text: _rows(client, server.readable, text), questions(folder), repeat)
        return figures(loaded, list(asked)) | {"peak_mb": rss_of(server.pid)}


def _rows(client: httpx.Client, url: str, text: str) -> list[dict[str, dict[str, str]]]:
    """Ask by a form, which Virtuoso needs; no rows where it refuses or takes too long."""
    asked = {"query": text, "format": "application/sparql-results+json"}
    try:
        answer = client.post(url, data=asked)
    except httpx.TimeoutException:
        print("no answer in time", file=sys.stderr)
        return []
    if not answer.is_success:
        print(answer.text[:300], file=sys.stderr)
        return []
    return answer.json()["results"]["bindings"]


def cpu_of(pid: int) -> float:
    """Look up the CPU seconds of another process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_of(pid: int) -> float:
    """Look up the most memory that another process ever had."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


ENGINES = {"embedded": embedded, "virtuoso": virtuoso}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    print(
        json.dumps(
            ENGINES[given.engine](given.file.resolve(), given.folder.resolve(), given.repeat)
        )
    )
