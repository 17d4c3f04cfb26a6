"""Print how fast names are found in abstracts, on one core, and what the names cost.

    python benchmarks/matchers.py NAMES.tsv.gz FOLDER-WITH-GUTBRAINIE-FILES

The first column of the names counts, after a header. Each engine is built in a process of its own,
with 100,000 names and with all: seconds to build and, mapped from disk, milliseconds to open; the
resident memory that the process grew by (too small where what reading left free is used again);
abstracts a second (best of three runs, CPU time); matches, which pyahocorasick and marisa must
share. The dict knows no name of more than ``WINDOW`` tokens.
"""

import gzip
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import marisa_trie

from extract.corpus import read_corpus
from extract.ner.matcher import NameMatch, NameMatcher, is_whole, leftmost
from extract.ner.trie_matcher import TrieMatcher
from extract.text import fold

ENGINES = ("pyahocorasick", "marisa", "dict of token n-grams")
SMALL = 100_000
RUNS = 3
SHORTEST = 3
WINDOW = 12
"""Most tokens of a name in the dict."""
_TOKEN = re.compile(r"[^\W_]+|[^\w\s]|_")
Find = Callable[[str], tuple[NameMatch, ...]]


class NgramMatcher:
    """The plain way: every stretch of tokens is looked up."""

    def __init__(self, names: list[str]) -> None:
        self._names = {fold(name) for name in names}

    def find(self, text: str) -> tuple[NameMatch, ...]:
        """Find names in text order, the leftmost and longest of those that overlap."""
        return tuple(leftmost(self._whole_words(fold(text))))

    def _whole_words(self, folded: str) -> Iterator[NameMatch]:
        spans = [match.span() for match in _TOKEN.finditer(folded)]
        for first, (start, _) in enumerate(spans):
            for _, end in reversed(spans[first : first + WINDOW]):
                if folded[start:end] in self._names and is_whole(folded, start, end):
                    yield NameMatch(start, end, folded[start:end])
                    break


def main() -> None:
    """Run each engine with few and with all names."""
    print(f"{'engine':22} {'names':>9} {'build s':>8} {'open ms':>8} {'MB':>6} {'a/s':>6}  matches")
    for most in (SMALL, 0):
        for engine in ENGINES:
            command = [sys.executable, __file__, *sys.argv[1:3], engine, str(most)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603
            row = json.loads(done.stdout)
            print(
                f"{engine:22} {row['names']:9,} {row['build_s']:8.1f} {row['open_ms']:8.1f}"
                f" {row['memory_mb']:6.0f} {row['rate']:6.0f}  {row['matches']:,}",
                flush=True,
            )


def measure(names_path: Path, folder: Path, engine: str, most: int) -> None:
    """Measure one engine; the result is JSON on stdout."""
    names, texts = read_names(names_path, most), read_texts(folder)
    with tempfile.TemporaryDirectory() as made:
        before, start = _resident_mb(), time.process_time()
        if engine == "marisa":
            path = Path(made) / "names.marisa"
            marisa_trie.Trie(sorted({fold(name) for name in names})).save(str(path))
        find, opening = _opened(engine, names, Path(made))
        build_s = time.process_time() - start - (opening or 0)
        rate, matches = _speed(find, texts)
        row = {
            "names": len(names),
            "build_s": build_s,
            "open_ms": 1000 * (opening or float("nan")),
            "memory_mb": _resident_mb() - before,
            "rate": rate,
            "matches": matches,
        }
    sys.stdout.write(json.dumps(row))


def _opened(engine: str, names: list[str], folder: Path) -> tuple[Find, float | None]:
    if engine == "pyahocorasick":
        return NameMatcher(names).find, None
    if engine != "marisa":
        return NgramMatcher(names).find, None
    start = time.perf_counter()
    matcher = TrieMatcher(marisa_trie.Trie().mmap(str(folder / "names.marisa")))
    return matcher.find, time.perf_counter() - start


def _speed(find: Find, texts: list[str]) -> tuple[float, int]:
    rates, matches = list[float](), 0
    for _ in range(RUNS):
        start = time.process_time()
        matches = sum(len(find(text)) for text in texts)
        rates.append(len(texts) / (time.process_time() - start))
    return max(rates), matches


def read_names(path: Path, most: int) -> list[str]:
    """Read distinct folded names, evenly taken where only some are wanted; 0 takes all."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        next(lines)
        found = sorted({fold(line.partition("\t")[0]) for line in lines})
    kept = [name for name in found if len(name) >= SHORTEST]
    return kept[:: max(1, len(kept) // most)][:most] if most else kept


def read_texts(folder: Path) -> list[str]:
    """Read titles with abstracts of the corpus."""
    paths = (folder / f"{name}.json" for name in ("platinum", "gold", "silver", "bronze"))
    documents = (each.document for path in paths for each in read_corpus(path))
    return ["\n".join(passage.text for passage in each.passages) for each in documents]


def _resident_mb() -> float:
    text = Path("/proc/self/statm").read_text(encoding="ascii")
    return int(text.split()[1]) * resource.getpagesize() / 1e6


if __name__ == "__main__":
    if len(sys.argv) > 3:  # noqa: PLR2004 - called by ``main``
        measure(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    else:
        main()
