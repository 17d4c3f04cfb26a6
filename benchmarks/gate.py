"""Try hostile texts on the SPARQL gate, and what it passes on three engines.

    python benchmarks/gate.py [--texts 100000] [--seed 1] [--queries FOLDER]

A text that the gate passes is run by pyoxigraph with its network open, beside a socket that counts
who connects, and read by the parsers of GraphDB (RDF4J) and Fuseki (ARQ), if Debian's librdf4j-java
and libapache-jena-java are installed. It must ask nothing, hold no SERVICE, and mean what it meant
before. Exit 1 where one does not. With ``--queries`` the texts are the .rq files of a folder, as
W3C's rdf-tests, and each that the gate refuses is printed.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version as package_version
from pathlib import Path

from pyoxigraph import Store

from app.sandbox.answer import Query, RefusedError
from app.sandbox.query_gate import admit
from tests.app.sandbox.asking import Asked, listening, rows, small_store
from tests.app.sandbox.foreign_parsers import (
    READERS,
    ForeignParsers,
    Reading,
    foreign_parsers,
    missing,
    version,
)
from tests.app.sandbox.hostile_grammar import hostile_text

BATCH = 200
"""Texts that the Java process gets at once: their answers fit into a pipe."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A text that the gate let through, and what is sent in its place."""

    came: str
    sent: str


def hostile_texts(count: int, seed: int, address: str) -> Iterator[tuple[str, str]]:
    """Make texts, numbered."""
    choose = random.Random(seed).choice  # noqa: S311 - repeatable
    return ((str(number), hostile_text(choose, address)) for number in range(count))


def texts_of(folder: Path) -> Iterator[tuple[str, str]]:
    """Read the queries of a folder that are UTF-8, with their names."""
    for path in sorted(folder.rglob("*.rq")):
        with suppress(UnicodeDecodeError):
            yield str(path.relative_to(folder)), path.read_text(encoding="utf-8")


def passed_texts(
    texts: Iterable[tuple[str, str]], found: Counter[str], *, names_refused: bool
) -> Iterator[Passed]:
    """Give the texts that pass; counts the others, and names them where asked."""
    for name, text in texts:
        try:
            sent = admit(Query(text)).query.text
        except RefusedError as error:
            found[f"refused with {error.status}"] += 1
            if names_refused:
                print(f"{name}: {error}")
            continue
        found["passed"] += 1
        yield Passed(text, sent)


def try_oxigraph(text: Passed, store: Store, asked: Asked, found: Counter[str]) -> bool:
    """Run both texts; say whether all is well."""
    before = asked.count
    came, went = rows(store, text.came), rows(store, text.sent)
    found["answered by pyoxigraph"] += went is not None
    return asked.count == before and (came is None or came == went)


def try_parsers(texts: list[Passed], parsers: ForeignParsers, found: Counter[str]) -> list[Passed]:
    """Read both texts of each; gives those that are not well."""
    came = parsers.read_all([text.came for text in texts])
    went = parsers.read_all([text.sent for text in texts])
    return [
        text
        for text, before, after in zip(texts, came, went, strict=True)
        if not all(_is_well(*each, found) for each in zip(READERS, before, after, strict=True))
    ]


def _is_well(reader: str, before: Reading, after: Reading, found: Counter[str]) -> bool:
    found[f"a query for {reader}"] += after.is_query
    is_same = not before.is_query or before.meaning == after.meaning
    return not after.has_service and is_same


def main() -> None:
    """Print what passed, what was asked, and each text that is not well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--queries", type=Path)
    options = parser.parse_args()
    started, found, store = time.monotonic(), Counter[str](), small_store()
    with listening() as asked:
        folder: Path | None = options.queries
        made = hostile_texts(options.texts, options.seed, asked.address)
        given = texts_of(folder) if folder else made
        texts = list(passed_texts(given, found, names_refused=folder is not None))
        wrong = [text for text in texts if not try_oxigraph(text, store, asked, found)]
        wrong += _by_parsers(texts, found)
        print(
            f"{folder or f'{options.texts:,} texts, seed {options.seed}'}: {asked.count} requests"
        )
    for name, count in sorted(found.items()):
        print(f"{count:9,} {name}")
    print(f"{len(wrong):9,} not well; {time.monotonic() - started:.0f} s")
    print("\n".join(map(repr, wrong[:20])))
    sys.exit(bool(wrong))


def _by_parsers(texts: list[Passed], found: Counter[str]) -> list[Passed]:
    if lacking := missing():
        print(f"not read by RDF4J and ARQ: without {lacking}")
        return []
    engines = f"RDF4J {version('rdf4j-queryparser-sparql')}, ARQ {version('jena-arq')}"
    print(f"pyoxigraph {package_version('pyoxigraph')}, {engines}")
    with (
        tempfile.TemporaryDirectory() as folder,
        foreign_parsers(Path(folder) / "bundle") as parsers,
    ):
        starts = range(0, len(texts), BATCH)
        batches = (texts[start : start + BATCH] for start in starts)
        return [text for batch in batches for text in try_parsers(batch, parsers, found)]


if __name__ == "__main__":
    main()
