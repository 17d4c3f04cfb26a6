"""Read a GutBrainIE file with our pipeline in a process of its own, and print what that took.

    python benchmarks/reading.py FILE OUT STARTED [--model MODEL]

``benchmarks/throughput.py`` starts it; STARTED is its ``time.monotonic()`` at that moment. What
is read goes to OUT, the figures to the standard output as JSON.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from extract.annotation import AnnotatedDocument
from extract.corpus import read_corpus, write_entry
from extract.methods import load_extractor
from ingest.document import Document
from ontology.lexicon import starter_lexicon

THREADS = 2
"""So many cores each side has, and threads where it sets their number."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What it took to read documents.

    ``seconds`` and ``cpu_s``, of all threads, leave out imports and loading; ``cold_start_s`` is
    from the start of the process to the first document read; ``parameters`` are None where only
    who started the process knows them.
    """

    documents: int
    mentions: int
    relations: int
    seconds: float
    cpu_s: float
    cold_start_s: float
    peak_mb: float
    parameters: int | None = None


def measure(
    read: Callable[[Iterable[Document]], Iterator[AnnotatedDocument]],
    documents: Sequence[Document],
    started: float,
) -> tuple[Reading, list[AnnotatedDocument]]:
    """Read documents and look at the clock; at least one document."""
    began, cpu_began = time.monotonic(), time.process_time()
    stream = read(documents)
    found = [next(stream)]
    first = time.monotonic()
    found += stream
    reading = Reading(
        documents=len(found),
        mentions=sum(len(annotated.mentions) for annotated in found),
        relations=sum(len(annotated.relations) for annotated in found),
        seconds=time.monotonic() - began,
        cpu_s=time.process_time() - cpu_began,
        cold_start_s=first - started,
        peak_mb=peak_mb(),
    )
    return reading, found


def peak_mb() -> float:
    """Measure the most memory that this process ever held."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def main(file: Path, out: Path, started: float, model: Path | None) -> None:
    """Load, read, print, write."""
    documents = [annotated.document for annotated in read_corpus(file)]
    extractor = load_extractor(None, None, model, starter_lexicon())
    reading, found = measure(extractor.annotate_all, documents, started)
    print(json.dumps(asdict(reading)))
    entries = {annotated.document.pmid: write_entry(annotated) for annotated in found}
    out.write_text(json.dumps(entries), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("started", type=float)
    parser.add_argument("--model", type=Path)
    given = parser.parse_args()
    main(given.file, given.out, given.started, given.model)
