"""Print how fast the shipped model reads abstracts: NER and relations, in one process.

    taskset -c 0,1 python benchmarks/throughput.py GUTBRAINIE-FILE... [--documents 500]
        [--model MODEL]

Two cores are what the figures of the model card were measured on; our readers take as many threads
as they see cores. Cold start is from the start of the process to the first document read. Needs
Linux; run it on a quiet machine: the load is under the table. ``benchmarks/baseline.py`` does
the same with the organisers' architecture.
"""

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import onnx
import typer

from extract.annotation import AnnotatedDocument, Corpus
from extract.corpus import read_corpus
from extract.methods import load_extractor, shipped_model
from extract.ner.encoder import MODEL_FILE
from ingest.document import Document
from ontology.lexicon import starter_lexicon

TRAINING_ONLY = frozenset({"metrics.json", "held_out.json", "README.md"})
"""What may lie in a model folder and is not read by the pipeline."""
HEAD = (
    "| system | parameters | MB on disk | documents | abstracts/s | CPU s/abstract | peak MB "
    "| cold start s |\n|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Throughput:
    """What it took to read documents.

    ``seconds`` and ``cpu_s``, of all threads, leave out imports and loading.
    """

    documents: int
    seconds: float
    cpu_s: float
    cold_start_s: float
    peak_mb: float


def measure(
    read: Callable[[Iterable[Document]], Iterator[AnnotatedDocument]],
    documents: Sequence[Document],
) -> Throughput:
    """Read documents and look at the clocks; at least one document."""
    began, cpu_began = time.monotonic(), time.process_time()
    stream = read(documents)
    next(stream)
    cold_start_s = _age_s()
    count = 1 + sum(1 for _ in stream)
    seconds, cpu_s = time.monotonic() - began, time.process_time() - cpu_began
    return Throughput(count, seconds, cpu_s, cold_start_s, _peak_mb())


def _age_s() -> float:
    """Seconds since this process was started."""
    fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _peak_mb() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def print_row(name: str, parameters: int, megabytes: float, took: Throughput) -> None:
    """Print the table, which has one line, and the load of the machine."""
    print(
        f"{HEAD}\n| {name} | {parameters / 1e6:,.1f} M | {megabytes:,.1f} | {took.documents} "
        f"| {took.documents / took.seconds:.3g} | {took.cpu_s / took.documents:.3g} "
        f"| {took.peak_mb:,.0f} | {took.cold_start_s:.1f} |"
    )
    print(f"\nLoad of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")


def first_documents(files: Iterable[Path], count: int) -> Corpus:
    """Take the first documents of GutBrainIE files, in turn."""
    return list(islice(chain.from_iterable(map(read_corpus, files)), count))


def count_weights(encoder: Path) -> int:
    """Count the numbers of all tensors; those that quantisation added are left out."""
    tensors = onnx.load(str(encoder)).graph.initializer if encoder.is_file() else ()
    added = ("_scale", "_zero_point")
    return sum(math.prod(tensor.dims) for tensor in tensors if not tensor.name.endswith(added))


def main(files: list[Path], documents: int = 500, model: Path = shipped_model()) -> None:  # noqa: B008
    """Load a model, read the first documents of GutBrainIE files, taken in turn, and print."""
    read_from = [annotated.document for annotated in first_documents(files, documents)]
    extractor = load_extractor(None, None, model, starter_lexicon())
    took = measure(extractor.annotate_all, read_from)
    read = [path for path in model.rglob("*") if path.is_file() and path.name not in TRAINING_ONLY]
    megabytes = sum(path.stat().st_size for path in read) / 2**20
    print_row("ours", count_weights(model / MODEL_FILE), megabytes, took)


if __name__ == "__main__":
    typer.run(main)
