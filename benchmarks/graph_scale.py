"""Print how fast a large graph is loaded and asked, beside Virtuoso.

    python benchmarks/graph_scale.py [--triples 5000000] [--repeat 5] [--seed 1]
        [--with-virtuoso] [--keep FOLDER]

The graph is made by ``benchmarks/synthetic_graph.py``. Each engine has a process of its own; all
are asked the same texts: the questions of the catalogue, with their defaults and ("hub") about the
best connected concepts. Rows with a colon are what the explorer reads: of the read model, and
sentences of the store. FOLDER keeps the graph and the store. The exit code is 1 where the embedded
store misses what is required of it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from synthetic_graph import Shape, write_graph

HERE = Path(__file__).parent
MIN_RATE, MAX_PEAK_MB = 60_000, 1_500
ENTITY_PAGE_MS, TOP_RELATIONS_MS = 50, 200
ENTITY_PAGE = (
    "entity: names, hub",
    "entity: papers a year, hub",
    "relations: a facet, subject, hub",
    "relations: page 1, subject, hub",
    "relations: page 1, object, hub",
)
LIMITS_MS = dict.fromkeys(ENTITY_PAGE, ENTITY_PAGE_MS) | {"top_relations": TOP_RELATIONS_MS}
Figures = dict[str, Any]


def main(given: argparse.Namespace) -> int:
    """Make the graphs, run the engines, print the tables."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(given.keep or temporary).resolve()
        runs = {"embedded": run("embedded", graph(work, given.triples, given.seed), given.repeat)}
        if given.with_virtuoso:
            runs["Virtuoso"] = run("virtuoso", graph(work, given.triples, given.seed), given.repeat)
    print("\n".join((*loads(runs), "", *once(runs["embedded"]), "", *timings(runs))))
    missed = list(misses(runs["embedded"]))
    print("\n" + ("\n".join(missed) or "All that is required is met."))
    return 1 if missed else 0


def graph(work: Path, triples: int, seed: int) -> Path:
    """Write a graph, unless it is there."""
    file = work / str(triples) / "graph.nq"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        print(f"{triples:,} triples:", file=sys.stderr, flush=True)
        write_graph(file, Shape.of(triples, seed))
    return file


def run(engine: str, file: Path, repeat: int) -> Figures:
    """Run one engine in a process of its own; what it left here before is made anew."""
    folder = file.parent
    command = [sys.executable, str(HERE / "graph_engines.py"), engine, str(file), str(folder)]
    print(f"{engine}:", file=sys.stderr, flush=True)
    for left in {"embedded": ("graph", "read_model.sqlite"), "virtuoso": ("virtuoso",)}.get(
        engine, ()
    ):
        subprocess.run(["rm", "-rf", str(folder / left)], check=True)  # noqa: S603, S607
    done = subprocess.run(  # noqa: S603  # our own program
        [*command, "--repeat", str(repeat)], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{engine}: failed, see above")
    return json.loads(done.stdout.splitlines()[-1])


def loads(runs: Mapping[str, Figures]) -> Iterator[str]:
    """Write the table of what loading took."""
    yield "| engine | triples | load, s | CPU, s | triples/s | per CPU s | disk, MB | peak, MB |"
    yield "|---|---|---|---|---|---|---|---|"
    for engine, figures in runs.items():
        load = figures["load"]
        rates = [load["quads"] / load[clock] for clock in ("wall_s", "cpu_s")]
        cells = [load["quads"], load["wall_s"], load["cpu_s"], *rates, load["disk_mb"]]
        told = " | ".join(f"{cell:,.0f}" for cell in (*cells, figures["peak_mb"]))
        yield f"| {engine} | {told} |"


def once(figures: Figures) -> Iterator[str]:
    """Write what is done once after loading."""
    yield "| once a snapshot | s | CPU, s | MB |\n|---|---|---|---|"
    for name, (wall, cpu, size) in figures["once"].items():
        yield f"| {name} | {wall:,.1f} | {cpu:,.1f} | {size:,.1f} |"


def timings(runs: Mapping[str, Figures]) -> Iterator[str]:
    """Write the table of questions, the slowest of the embedded store first."""
    told = {engine: {t["name"]: t for t in f["timings"]} for engine, f in runs.items()}
    others = [engine for engine in runs if engine != "embedded"]
    heads = "".join(f" {e}, ms | rows |" for e in others)
    yield f"| question | first, ms | median, ms | CPU, ms | rows |{heads}"
    yield "|---|---|---|---|---|" + "---|---|" * len(others)
    for timing in sorted(told["embedded"].values(), key=lambda t: -t["cpu_ms"]):
        own = [f"{timing[f'{clock}_ms']:,.1f}" for clock in ("first", "wall", "cpu")]
        cells = [timing["name"], *own, f"{timing['rows']:,}"]
        for engine in others:
            other = told[engine].get(timing["name"])
            cells += [f"{other['wall_ms']:,.1f}", f"{other['rows']:,}"] if other else ["", ""]
        yield f"| {' | '.join(cells)} |"


def misses(figures: Figures) -> Iterator[str]:
    """Name what the embedded store does not reach, by wall time."""
    load = figures["load"]
    if load["quads"] / load["wall_s"] < MIN_RATE:
        yield f"Loading: less than {MIN_RATE:,} triples/s"
    if figures["peak_mb"] > MAX_PEAK_MB:
        yield f"Memory: more than {MAX_PEAK_MB:,} MB"
    for timing in figures["timings"]:
        limit = LIMITS_MS.get(timing["name"])
        if limit and timing["wall_ms"] > limit:
            yield f"{timing['name']}: more than {limit} ms"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--triples", type=int, default=5_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--with-virtuoso", action="store_true")
    parser.add_argument("--keep", type=Path)
    sys.exit(main(parser.parse_args()))
