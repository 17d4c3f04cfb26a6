"""Print how fast a graph is loaded and asked: by the catalogue, and by the explorer.

    python benchmarks/graph.py ask DATA [--repeat 5] [--limit-ms 100]
    python benchmarks/graph.py scale [--triples 5000000] [--repeat 5] [--seed 1]
        [--with-virtuoso] [--keep FOLDER]

``ask`` takes the graph of a data directory; its exit code is 1 where a median of CPU time is over
the limit. ``scale`` makes a graph (``benchmarks/synthetic_graph.py``) and loads it, each engine in
a process of its own; FOLDER keeps the graph and the stores. Each question is asked with its
defaults, and about the best connected concepts ("hub") where that differs: once, then ``repeat``
times more for the medians, unless it took over 5 s. Rows with a colon are what the explorer reads:
of the read model, and sentences of the store. Virtuoso gives up after 20 s, and then has no rows.
"""

import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import typer
from pyoxigraph import Quad, RdfFormat, parse

from app.explorer.citations import citations_in, cited, outlines_of
from app.explorer.views.page_parts import PAGE_SIZE
from app.settings import graph_root
from benchmarks.synthetic_graph import Shape, write_graph
from kg.graph.catalogue import ask, bind, questions
from kg.graph.rdf import Row, cell
from kg.snapshots.read_model import ReadModel, RelationFilter
from kg.snapshots.read_model_build import build_read_model, make_read_model
from kg.snapshots.snapshot import Snapshot, current_snapshot
from kg.stores import TripleStore
from kg.stores.embedded import EmbeddedStore
from tests.virtuoso import PASSWORD, USER, running_virtuoso

app = typer.Typer(help=__doc__)
ROLES = {"disease": "DDF", "taxon": "Bacteria", "gene": "Gene", "concept": ""}
SEARCHED = 2_000
"""Best connected concepts among which one of each type is looked for."""
QUERY_S, SLOW_MS = 20, 5_000
COUNT = 'SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } FILTER (CONTAINS(STR(?g), "/gut")) }'
HEAD = "| question | first, ms | median, ms | CPU, ms | rows |\n|---|---|---|---|---|"
Text = tuple[str, str]
"""The name of a question, and its SPARQL."""
Reading = tuple[str, Callable[[], Sized]]
"""The name of what is timed, and what answers it."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a question took, in milliseconds, and how many rows it has."""

    name: str
    first_ms: float
    wall_ms: float
    cpu_ms: float
    rows: int

    def __str__(self) -> str:
        """Write a line of the table."""
        times = f"{self.first_ms:,.1f} | {self.wall_ms:,.1f} | {self.cpu_ms:,.1f}"
        return f"| {self.name} | {times} | {self.rows:,} |"


@dataclass(frozen=True, slots=True)
class Step:
    """What it took to load a graph or to build a read model; ``size`` counts quads or rows."""

    name: str
    size: int
    wall_s: float
    cpu_s: float
    disk_mb: float

    def __str__(self) -> str:
        """Write a line of the table."""
        cells = (self.wall_s, self.cpu_s, self.size / self.wall_s, self.size / self.cpu_s)
        figures = " | ".join(f"{cell:,.1f}" for cell in (*cells, self.disk_mb))
        return f"| {self.name} | {self.size:,} | {figures} |"


@dataclass(frozen=True, slots=True)
class Run:
    """One engine: its steps, its answers, the questions, and the most memory it ever had."""

    steps: tuple[Step, ...]
    timings: tuple[Timing, ...]
    texts: tuple[Text, ...]
    peak_mb: float


def measure(name: str, answer: Callable[[], Sized], repeat: int) -> Timing:
    """Answer once, and unless that is slow, several times more for the medians."""
    print(name, file=sys.stderr, flush=True)
    first = _timed(name, answer)
    if first.wall_ms > SLOW_MS:
        return first
    again = [_timed(name, answer) for _ in range(repeat)]
    wall_ms = statistics.median(timing.wall_ms for timing in again)
    cpu_ms = statistics.median(timing.cpu_ms for timing in again)
    return Timing(name, first.first_ms, wall_ms, cpu_ms, first.rows)


def _timed(name: str, answer: Callable[[], Sized]) -> Timing:
    wall, cpu = time.perf_counter(), time.process_time()
    rows = len(answer())
    cpu_ms = 1_000 * (time.process_time() - cpu)
    wall_ms = 1_000 * (time.perf_counter() - wall)
    return Timing(name, wall_ms, wall_ms, cpu_ms, rows)


def texts_of(store: TripleStore) -> Iterator[Text]:
    """Bind the catalogue's questions to their defaults, and to the best connected of the graph."""
    hubs = hubs_of(store)
    for known in questions():
        defaults = bind(known, {})
        yield known.name, defaults
        hub = bind(known, {p.name: hubs[p.name] for p in known.params if p.name in hubs})
        if hub != defaults:
            yield f"{known.name}, hub", hub


def hubs_of(store: TripleStore) -> dict[str, str]:
    """Find the best connected for each parameter of the catalogue, by the catalogue's questions."""
    top = list(ask(store, "top_concepts", {"limit": str(SEARCHED)}))
    hubs = {name: found[0] for name, kind in ROLES.items() if (found := _of_type(top, kind))}
    hubs |= dict(zip(("first", "second"), _of_type(top, "DDF"), strict=False))
    for row in ask(store, "top_relations", {"limit": "1"}):
        hubs |= {name: cell(row, name) for name in ("subject", "predicate", "object")}
    claim = {name: hubs[name] for name in ("subject", "predicate", "object")}
    for row in ask(store, "evidence_of_assertion", claim | {"limit": "1"}):
        hubs |= {name: cell(row, name) for name in ("article", "pmid")}
    return hubs


def _of_type(top: Iterable[Row], kind: str) -> list[str]:
    return [cell(row, "concept") for row in top if cell(row, "type").endswith(kind)]


def readings(store: TripleStore, texts: Iterable[Text], lists: ReadModel) -> Iterator[Reading]:
    """List all that is timed on a graph: the catalogue, then what the explorer reads."""
    for name, text in texts:
        yield name, partial(_select, store, text)
    yield from lists_of(lists)
    yield from evidence_of(store, lists)


def _select(store: TripleStore, text: str) -> Sized:
    return list(store.select(text))


def lists_of(lists: ReadModel) -> Iterator[Reading]:
    """Read lists, counts and the page of a concept as the explorer's views do."""
    (hub,) = lists.rows("SELECT curie, name FROM concept ORDER BY degree DESC LIMIT 1")
    filters = {
        "all": RelationFilter(),
        "one type": RelationFilter(subject_type="bacteria"),
        "two papers or more": RelationFilter(papers=2),
        "subject, hub": RelationFilter(subject=hub["curie"]),
        "object, hub": RelationFilter(object=hub["curie"]),
    }
    for name, chosen in filters.items():
        yield f"relations: a facet, {name}", partial(lists.facet, chosen, "predicate")
        yield f"relations: page 1, {name}", partial(lists.relations, chosen, PAGE_SIZE)
    yield "entity: names, hub", lambda: [lists.concept(hub["curie"])]
    yield "entity: papers a year, hub", partial(lists.paper_years, hub["curie"])
    yield "search: hub", partial(lists.search, hub["name"])
    yield "search: one letter", partial(lists.search, "b")
    yield "home: concepts by type", lists.type_counts


def evidence_of(store: TripleStore, lists: ReadModel) -> Iterator[Reading]:
    """Read the sentences of the best supported relation, and of one of its papers."""
    for best in lists.relations(RelationFilter(), 1):
        found = outlines_of(store, best.iri)
        yield "evidence: outlines, best", partial(outlines_of, store, best.iri)
        yield "evidence: page 1, best", lambda found=found: list(cited(store, found[:PAGE_SIZE]))
        yield "paper: sentences", partial(citations_in, store, found[0].pmid)


def embedded(file: Path, repeat: int) -> Run:
    """Load and ask the project's own store; a read model is built once a snapshot."""
    snapshot = Snapshot(file.parent / "embedded")
    began = time.perf_counter(), time.process_time()
    store = EmbeddedStore.open(snapshot.graph)
    quads: Iterator[Quad] = parse(path=str(file), format=RdfFormat.N_QUADS)
    store.bulk_load(quads)
    loaded = _step("embedded", store.size(), began, snapshot.graph)
    store.close()
    store = EmbeddedStore.open_read_only(snapshot.graph)
    began = time.perf_counter(), time.process_time()
    build_read_model(store, snapshot.read_model)
    built = _step("its read model", loaded.size, began, snapshot.read_model)
    texts, lists = tuple(texts_of(store)), ReadModel.open(snapshot.read_model)
    timings = [measure(name, answer, repeat) for name, answer in readings(store, texts, lists)]
    return Run((loaded, built), tuple(timings), texts, _peak_mb(os.getpid()))


def _step(name: str, size: int, began: tuple[float, float], disk: Path) -> Step:
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    return Step(name, size, wall, cpu, _size_mb(disk))


def virtuoso(file: Path, texts: Sequence[Text], repeat: int) -> Run:
    """Load and ask a private Virtuoso, whose CPU time ticks in 10 ms."""
    home = file.parent / "virtuoso"
    with (
        running_virtuoso(home, buffers=100_000, most_rows=1_000_000, query_s=QUERY_S) as server,
        httpx.Client(timeout=QUERY_S + 10) as client,
    ):
        rows_of = partial(_rows, client, server.readable)
        began = time.perf_counter()
        _load_virtuoso(file, server.sql_port)
        wall, cpu = time.perf_counter() - began, _cpu_s(server.pid)
        size = int(rows_of(COUNT)[0]["n"]["value"])
        timings = [measure(name, partial(rows_of, text), repeat) for name, text in texts]
        steps = (Step("Virtuoso", size, wall, cpu, _size_mb(home)),)
        return Run(steps, tuple(timings), (), _peak_mb(server.pid))


def _load_virtuoso(file: Path, sql_port: int) -> None:
    sql = f"ld_dir('{file.parent}', '{file.name}', 'urn:none'); rdf_loader_run(); checkpoint;"
    command = ["isql-vt", f"127.0.0.1:{sql_port}", USER, PASSWORD, "ERRORS=STDOUT", f"EXEC={sql}"]
    subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603


def _rows(client: httpx.Client, url: str, text: str) -> list[dict[str, dict[str, str]]]:
    """Ask by a form, which Virtuoso needs; no rows where it refuses or takes too long."""
    asked = {"query": text, "format": "application/sparql-results+json"}
    try:
        return client.post(url, data=asked).raise_for_status().json()["results"]["bindings"]
    except httpx.HTTPError as error:
        print(f"no answer: {error!r}", file=sys.stderr)
        return []


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _size_mb(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) / 2**20


def print_timings(timings: Iterable[Timing], beside: Mapping[str, Timing] | None = None) -> None:
    """Print the table of questions, the slowest first; ``beside`` them Virtuoso's wall time."""
    more = " Virtuoso, ms | rows |" if beside else ""
    first, second = HEAD.splitlines()
    print(f"\n{first}{more}\n{second}{'---|---|' if beside else ''}")
    for timing in sorted(timings, key=lambda timing: -timing.cpu_ms):
        other = (beside or {}).get(timing.name)
        print(f"{timing} {other.wall_ms:,.1f} | {other.rows:,} |" if other else timing)


@app.command("ask")
def ask_graph(data: Path, limit_ms: float = 100, repeat: int = 5) -> None:
    """Time everything on the current snapshot of a data directory."""
    snapshot = current_snapshot(graph_root(data))
    if snapshot is None:
        sys.exit(f"{data}: no graph yet")
    store = EmbeddedStore.open_read_only(snapshot.graph)
    make_read_model(store, snapshot.read_model)  # a snapshot may be older than read models are
    asked = readings(store, texts_of(store), ReadModel.open(snapshot.read_model))
    timings = [measure(name, answer, repeat) for name, answer in asked]
    print(f"{store.size():,} quads")
    print_timings(timings)
    late = sum(timing.cpu_ms > limit_ms for timing in timings)
    print(f"\n{len(timings)} questions, {late} over {limit_ms:g} ms")
    sys.exit(bool(late))


@app.command()
def scale(
    triples: int = 5_000_000,
    repeat: int = 5,
    seed: int = 1,
    *,
    with_virtuoso: bool = False,
    keep: Path | None = None,
) -> None:
    """Make a graph, run the engines, each in a fresh process, and print the tables."""
    fresh = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as temporary, fresh.Pool(1, maxtasksperchild=1) as pool:
        file = _graph((keep or Path(temporary)).resolve(), Shape.of(triples, seed))
        own = pool.apply(embedded, (file, repeat))
        runs, beside = [own], dict[str, Timing]()
        if with_virtuoso:
            runs.append(pool.apply(virtuoso, (file, own.texts, repeat)))
            beside = {timing.name: timing for timing in runs[-1].timings}
    print("| | triples | wall, s | CPU, s | triples/s | per CPU s | disk, MB |")
    print("|---|---|---|---|---|---|---|")
    print(*(step for run in runs for step in run.steps), sep="\n")
    print("\npeak memory:", ", ".join(f"{r.steps[0].name} {r.peak_mb:,.0f} MB" for r in runs))
    print_timings(own.timings, beside)


def _graph(folder: Path, shape: Shape) -> Path:
    """Write a graph, unless it is there; what engines left beside it is made anew."""
    file = folder / f"{shape.articles}-{shape.seed}" / "graph.nq"
    file.parent.mkdir(parents=True, exist_ok=True)
    for engine in ("embedded", "virtuoso"):
        shutil.rmtree(file.parent / engine, ignore_errors=True)
        (file.parent / engine).mkdir()
    if not file.is_file():
        write_graph(file, shape)
    return file


if __name__ == "__main__":
    app()
