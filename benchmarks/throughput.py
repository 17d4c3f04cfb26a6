"""Print how fast the shipped model reads abstracts, beside the organisers' baseline.

    python benchmarks/throughput.py GUTBRAINIE-FILE... [--model MODEL] [--python OTHER-PYTHON]
    python benchmarks/throughput.py GUTBRAINIE-FILE... --ours-only

Reading is NER and relations, on two cores, without network; each side has fresh processes. The
baseline has the architecture of GLiNER large and of ATLOP on BERT-base with random weights. It
takes seconds a document, so it gets a sample of the documents, evenly spread; we read the sample
too, and the ratios are those on the sample. ATLOP gets the mentions that we find.

OTHER-PYTHON, else this one, runs the baseline. It needs what the extra ``train`` needs, and
gliner, best in an environment that can be thrown away (torch first, else pip takes the CUDA one):

    pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
    pip install gliner==0.2.29 -e '.[train]'

Run it on a quiet machine: the load at the start and at the end is under the table.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import onnx

from benchmarks.reading import THREADS, Reading
from extract.methods import shipped_model
from extract.ner.encoder import MODEL_FILE

HERE = Path(__file__).parent
NO_NETWORK = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
THREAD_SETTINGS = tuple(f"{name}_NUM_THREADS" for name in ("OMP", "OPENBLAS", "MKL", "RAYON"))
FLOAT_BYTES = 4
FOUND_FILE = "found.json"
TRAINING_ONLY = frozenset({"metrics.json", "held_out.json", "README.md"})
"""What may lie in a model folder and is not read by the pipeline."""
HEAD = (
    "| system | parameters | MB on disk | documents | abstracts/s | CPU s/abstract | peak MB "
    "| cold start s |\n|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large a model is; ``parameters`` is 0 for one that has none."""

    parameters: int
    megabytes: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    size: Size
    reading: Reading

    @property
    def rate(self) -> float:
        """Abstracts a second."""
        return self.reading.documents / self.reading.seconds

    @property
    def cpu_s(self) -> float:
        """CPU seconds an abstract: what other work on the machine changes less."""
        return self.reading.cpu_s / self.reading.documents

    def __str__(self) -> str:
        parameters = f"{self.size.parameters / 1e6:,.1f} M" if self.size.parameters else "none"
        return (
            f"| {self.name} | {parameters} | {self.size.megabytes:,.1f} "
            f"| {self.reading.documents} | {self.rate:.3g} | {self.cpu_s:.3g} "
            f"| {self.reading.peak_mb:,.0f} | {self.reading.cold_start_s:.1f} |"
        )


def main(given: argparse.Namespace) -> None:
    """Read, print a table."""
    python: str = given.python
    if hasattr(os, "sched_setaffinity"):  # our readers take as many threads as they see cores
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    load = load_average()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        entries = read_entries(given.files, given.documents)
        ours = read_ours("ours", entries, work, given.model)
        print(f"{HEAD}\n{ours}", flush=True)
        if not given.ours_only:
            sample = spread(entries, given.sample)
            fewer = read_ours("ours, on the sample", sample, work, given.model)
            print(fewer, flush=True)
            compare(fewer, work, python, bf16=given.bf16)
    print(f"\nLoad of the machine: {load} at the start, {load_average()} at the end.")


def load_average() -> str:
    """Say how many processes wanted a core in the last minute, and how many cores there are."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def read_entries(files: Sequence[Path], count: int) -> dict[str, Any]:
    """Take the first documents of GutBrainIE files, in turn."""
    entries = chain.from_iterable(json.loads(path.read_bytes()).items() for path in files)
    return dict(islice(entries, count))


def spread(entries: Mapping[str, Any], count: int) -> dict[str, Any]:
    """Take so many, evenly spread.

    >>> spread({"a": 1, "b": 2, "c": 3, "d": 4}, 2)
    {'a': 1, 'c': 3}
    """
    pmids = list(entries)
    wanted = min(count, len(pmids))
    return {
        pmid: entries[pmid] for pmid in (pmids[i * len(pmids) // wanted] for i in range(wanted))
    }


def read_ours(name: str, entries: Mapping[str, Any], work: Path, model: Path | None) -> Row:
    """Run our side; what it found is in ``work`` afterwards."""
    file = work / "documents.json"
    file.write_text(json.dumps(entries), encoding="utf-8")
    options = [] if model is None else ["--model", str(model)]
    figures = run(name, [sys.executable, "reading.py", str(file), str(work / FOUND_FILE)], options)
    return Row(name, measure_folder(model or shipped_model()), Reading(**figures))


def compare(ours: Row, work: Path, python: str, *, bf16: bool) -> None:
    """Run the baseline on what we found, print its row, the ratios and where its time went."""
    name = f"GLiNER large + ATLOP on BERT-base, {'bf16' if bf16 else 'fp32'}"
    options = ["--bf16"] if bf16 else []
    figures = run(name, [python, "baseline.py", str(work / FOUND_FILE)], options)
    parts = [figures.pop(part) for part in ("tagger_s", "relations_s")]
    reading = Reading(**figures)
    parameters = reading.parameters or 0
    row = Row(name, Size(parameters, parameters * FLOAT_BYTES / 2**20), reading)
    print(f"{row}\n{ratios(ours, row)}\n")
    tagger, relations = (f"{seconds / reading.documents:.2f} s" for seconds in parts)
    print(f"Baseline, a document: GLiNER {tagger}, ATLOP {relations}. Its weights are random,")
    print("its size on disk is that of 32-bit weights, its mentions for ATLOP are ours.")


def run(name: str, command: Sequence[str], options: Sequence[str]) -> dict[str, Any]:
    """Run a program of this folder in a fresh process and read the figures that it prints."""
    print(f"{name}:", file=sys.stderr, flush=True)
    python, program, *files = command
    done = subprocess.run(  # noqa: S603  # our own program, run by an interpreter we were given
        [python, str(HERE / program), *files, str(time.monotonic()), *options],
        stdout=subprocess.PIPE,
        env=environment(),
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{name}: failed, see above")
    return json.loads(done.stdout.splitlines()[-1])


def environment() -> dict[str, str]:
    """Give what a process shall see: two threads, no model hub, this project."""
    threads = dict.fromkeys(THREAD_SETTINGS, str(THREADS))
    return {**os.environ, **threads, **NO_NETWORK, "PYTHONPATH": str(HERE.parent)}


def measure_folder(model: Path) -> Size:
    """Count the encoder's weights, and the bytes of all files that the pipeline reads."""
    files = [path for path in model.rglob("*") if path.is_file() and path.name not in TRAINING_ONLY]
    encoder = model / MODEL_FILE
    parameters = sum(count_weights(encoder)) if encoder.is_file() else 0
    return Size(parameters, sum(path.stat().st_size for path in files) / 2**20)


def count_weights(path: Path) -> Iterator[int]:
    """Count the numbers of each tensor; those that quantisation added are left out."""
    for tensor in onnx.load(str(path)).graph.initializer:
        if not tensor.name.endswith(("_scale", "_zero_point")):
            yield math.prod(tensor.dims)


def ratios(ours: Row, theirs: Row) -> str:
    """Write the line that says how many times better ours is, on the same documents."""
    factors = (
        theirs.size.parameters / ours.size.parameters if ours.size.parameters else math.inf,
        theirs.size.megabytes / ours.size.megabytes,
        ours.rate / theirs.rate,
        theirs.cpu_s / ours.cpu_s,
        theirs.reading.peak_mb / ours.reading.peak_mb,
        theirs.reading.cold_start_s / ours.reading.cold_start_s,
    )
    cells = [f"{factor:.3g}×" for factor in factors]
    return "| ours better by | " + " | ".join([*cells[:2], "", *cells[2:]]) + " |"


def arguments() -> argparse.ArgumentParser:
    """Declare the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, help="GutBrainIE files, read in turn")
    parser.add_argument("--model", type=Path, help="a model folder; by default the shipped one")
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--sample", type=int, default=20, help="documents for the baseline")
    parser.add_argument("--python", default=sys.executable, help="runs the baseline")
    parser.add_argument("--bf16", action="store_true", help="run the baseline in bfloat16")
    parser.add_argument("--ours-only", action="store_true", help="leave the baseline out")
    return parser


if __name__ == "__main__":
    main(arguments().parse_args())
