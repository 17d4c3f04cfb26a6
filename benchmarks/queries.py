"""Print how long each question of the catalogue and of the explorer takes on a graph.

    python benchmarks/queries.py DATA [--limit-ms 100] [--repeat 5] [--servers]

DATA is a data directory. Each question is asked with its defaults; those behind a view get the
best supported assertion and a paper that says it. Where that differs from the
default, a question is asked once more about the best connected concepts of the graph ("hub"). The
first answer and the median are told, of wall time; of CPU time the median. The exit code is 1
where a median of CPU time is over the limit. ``--servers`` adds what the explorer asks of servers
only; from a snapshot it reads lists of relations in memory, which are timed here as it does.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from app.explorer.queries.relation_table import ASSERTION, RelationTable, read_table
from app.explorer.queries.relations import PAGE_SIZE, Filter, count_kinds, listed
from app.update import graph_root
from kg.graph.catalogue import Question, ask, bind, question, question_folder
from kg.graph.rdf import cell
from kg.snapshots.snapshot import current_snapshot
from kg.stores import TripleStore
from kg.stores.embedded import EmbeddedStore

SERVERS_ONLY = ("view_labels", "view_relation_kinds", "view_relations")
ROLES = {
    "disease": "DDF", "taxon": "Bacteria", "gene": "Gene", "first": "DDF", "second": "DDF",
    "concept": "", "subject": "", "object": "",
}  # fmt: skip
SEARCHED = 2_000
"""Best connected concepts among which one of each type is looked for."""


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


HEAD = "| question | first, ms | median, ms | CPU, ms | rows |\n|---|---|---|---|---|"
Asked = tuple[str, Callable[[], Sized]]


def measure(name: str, answer: Callable[[], Sized], repeat: int) -> Timing:
    """Answer several times and look at the clocks."""
    walls, cpus, rows = list[float](), list[float](), 0
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        rows = len(answer())
        cpus.append(1_000 * (time.process_time() - cpu))
        walls.append(1_000 * (time.perf_counter() - wall))
    return Timing(name, walls[0], statistics.median(walls), statistics.median(cpus), rows)


def asked_of(store: TripleStore, names: Iterable[str]) -> Iterator[Asked]:
    """Bind questions as ``texts_of`` does, ready to be answered."""
    for name, text in texts_of(store, names):
        yield name, _answering(store, text)


def texts_of(store: TripleStore, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Bind questions to their defaults, and to the best connected of the graph."""
    hubs = hubs_of(store)
    for name in names:
        known = question(name)
        defaults = bind(known, view_arguments(known, hubs))
        yield name, defaults
        hub = bind(known, {p.name: hubs[p.name] for p in known.params if p.name in hubs})
        if hub != defaults:
            yield f"{name}, hub", hub


def _answering(store: TripleStore, text: str) -> Callable[[], Sized]:
    return lambda: list(store.select(text))


def view_arguments(asked: Question, hubs: Mapping[str, str]) -> dict[str, str]:
    """Give a view an assertion and an article that are there; its filters stay open."""
    wanted = {"assertion", "article"} if asked.name.startswith("view_") else set[str]()
    return {p.name: hubs[p.name] for p in asked.params if p.name in wanted and p.name in hubs}


def hubs_of(store: TripleStore) -> dict[str, str]:
    """Find the best connected for each parameter of the catalogue, by the catalogue's questions."""
    top = list(ask(store, "top_concepts", {"limit": str(SEARCHED)}))
    hubs = {name: found for name, kind in ROLES.items() if (found := _first(top, kind))}
    second = [cell(row, "concept") for row in top if cell(row, "type").endswith("#DDF")][1:2]
    hubs |= dict(zip(("second",), second, strict=False))
    for row in ask(store, "top_relations", {"limit": "1"}):
        hubs |= {name: cell(row, name) for name in ("subject", "predicate", "object")}
    for row in ask(store, "evidence_of_assertion", _claim(hubs) | {"limit": "1"}):
        hubs["article"], hubs["pmid"] = cell(row, "article"), cell(row, "pmid")
    hubs["assertion"] = ASSERTION + _best(store)
    return hubs


def _first(top: Iterable[Mapping[str, object]], kind: str) -> str:
    found = (row for row in top if str(row["type"]).strip("<>").endswith(kind))
    return next((str(row["concept"]).strip("<>") for row in found), "")


def _claim(hubs: Mapping[str, str]) -> dict[str, str]:
    return {name: hubs[name] for name in ("subject", "predicate", "object")}


def _best(store: TripleStore) -> str:
    return next(iter(read_table(store).rows)).id


def question_names(*, servers: bool) -> list[str]:
    """Name the questions: the catalogue's, and the explorer's."""
    files = [entry.name for entry in question_folder().iterdir() if entry.name.endswith(".rq")]
    left_out = () if servers else SERVERS_ONLY
    return sorted({name.removesuffix(".rq") for name in files} - set(left_out))


def lists_of(table: RelationTable) -> Iterator[Asked]:
    """Read the explorer's lists of relations and their counts as its views do."""
    hub = max(table.by_subject, key=lambda concept: len(table.by_subject[concept]))
    filters = {
        "all": Filter(),
        "one type": Filter(subject_type="bacteria"),
        "two papers or more": Filter(papers="2"),
        "subject, hub": Filter(subject=hub),
    }
    for name, chosen in filters.items():
        yield f"relations: counts, {name}", lambda chosen=chosen: count_kinds(table, chosen)
        yield f"relations: page 1, {name}", lambda chosen=chosen: _page(table, chosen)


def _page(table: RelationTable, chosen: Filter) -> Sized:
    return list(islice(listed(table, chosen), PAGE_SIZE))


def main(data: Path, limit_ms: float, repeat: int, *, servers: bool) -> int:
    """Time everything, print the table, the slowest first."""
    snapshot = current_snapshot(graph_root(data))
    if snapshot is None:
        sys.exit(f"{data}: no graph yet")
    store = EmbeddedStore.open_read_only(snapshot.graph)
    once = measure("relations: the table, once a snapshot", lambda: read_table(store).rows, 1)
    asked = [*asked_of(store, question_names(servers=servers)), *lists_of(read_table(store))]
    timings = [measure(name, answer, repeat) for name, answer in asked]
    print(f"{store.size():,} quads\n\n{HEAD}\n{once}")
    for timing in sorted(timings, key=lambda timing: -timing.cpu_ms):
        print(timing)
    late = [t for t in timings if t.cpu_ms > limit_ms]
    print(f"\n{len(timings)} questions, {len(late)} over {limit_ms:g} ms")
    return 1 if late else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit-ms", type=float, default=100)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--servers", action="store_true")
    given = parser.parse_args()
    sys.exit(main(given.data, given.limit_ms, given.repeat, servers=given.servers))
