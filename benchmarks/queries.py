"""Print how long each question of the catalogue, and each list of the explorer, takes on a graph.

    python benchmarks/queries.py DATA [--limit-ms 100] [--repeat 5]

DATA is a data directory. Each question is asked with its defaults, and once more about the best
connected concepts of the graph ("hub") where that differs. The
first answer and the median are told, of wall time; of CPU time the median. The exit code is 1
where a median of CPU time is over the limit. What the explorer reads of the read model is timed
too, and the evidence of the best supported relation.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.explorer.citations import citations_in, cited, outlines_of
from app.explorer.views.page_parts import PAGE_SIZE
from app.settings import graph_root
from kg.graph.catalogue import ask, bind, question, questions
from kg.graph.rdf import cell
from kg.snapshots.read_model import ReadModel, RelationFilter
from kg.snapshots.read_model_build import make_read_model
from kg.snapshots.snapshot import Snapshot, current_snapshot
from kg.stores import TripleStore
from kg.stores.embedded import EmbeddedStore

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
        defaults = bind(known, {})
        yield name, defaults
        hub = bind(known, {p.name: hubs[p.name] for p in known.params if p.name in hubs})
        if hub != defaults:
            yield f"{name}, hub", hub


def _answering(store: TripleStore, text: str) -> Callable[[], Sized]:
    return lambda: list(store.select(text))


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
    return hubs


def _first(top: Iterable[Mapping[str, object]], kind: str) -> str:
    found = (row for row in top if str(row["type"]).strip("<>").endswith(kind))
    return next((str(row["concept"]).strip("<>") for row in found), "")


def _claim(hubs: Mapping[str, str]) -> dict[str, str]:
    return {name: hubs[name] for name in ("subject", "predicate", "object")}


def question_names() -> list[str]:
    """Name the questions of the catalogue."""
    return [known.name for known in questions()]


def lists_of(lists: ReadModel) -> Iterator[Asked]:
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


def evidence_of(store: TripleStore, lists: ReadModel) -> Iterator[Asked]:
    """Read the sentences of the best supported relation, and of one of its papers."""
    for best in lists.relations(RelationFilter(), 1):
        found = outlines_of(store, best.iri)
        yield "evidence: outlines, best", partial(outlines_of, store, best.iri)
        yield "evidence: page 1, best", lambda found=found: list(cited(store, found[:PAGE_SIZE]))
        yield "paper: sentences", partial(citations_in, store, found[0].pmid)


def prepared(snapshot: Snapshot, store: TripleStore) -> ReadModel:
    """Open the read model of a snapshot; one that was made before there were any gets it now."""
    make_read_model(store, snapshot.read_model)
    return ReadModel.open(snapshot.read_model)


def main(data: Path, limit_ms: float, repeat: int) -> int:
    """Time everything, print the table, the slowest first."""
    snapshot = current_snapshot(graph_root(data))
    if snapshot is None:
        sys.exit(f"{data}: no graph yet")
    store = EmbeddedStore.open_read_only(snapshot.graph)
    lists = prepared(snapshot, store)
    asked = (*asked_of(store, question_names()), *lists_of(lists), *evidence_of(store, lists))
    timings = [measure(name, answer, repeat) for name, answer in asked]
    print(f"{store.size():,} quads\n\n{HEAD}")
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
    given = parser.parse_args()
    sys.exit(main(given.data, given.limit_ms, given.repeat))
