"""Triples in the data directory or in memory, by Oxigraph; no server."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, groupby, islice
from pathlib import Path
from typing import TypeVar

from pyoxigraph import Quad, QueryBoolean, QuerySolutions, QueryTriples, Store

from kg.stores import Row
from kg.stores.answers import DamagedError, QueryError, StoreError, one_line, read_rows

T = TypeVar("T")

BULK = 10_000
"""From here on new files are written: five times as fast as a transaction (5 µs a quad)."""

SHARD = 1_000_000
"""Quads that are loaded at once: about 1 GB of memory."""


class EmbeddedStore:
    """A TripleStore on Oxigraph. ``has_changed``: it was written to since it was opened."""

    def __init__(self, engine: Store, place: str = "", *, is_read_only: bool = False) -> None:
        self._engine, self._place, self._is_read_only = engine, place, is_read_only
        self.has_changed = False

    @classmethod
    def in_memory(cls) -> "EmbeddedStore":
        """Start with nothing, and leave nothing."""
        return cls(Store())

    @classmethod
    def open(cls, path: Path) -> "EmbeddedStore":
        """Open for reading and writing, made where it is missing; one process at a time."""
        return cls(_opened(lambda: Store(path), path), str(path))

    @classmethod
    def open_read_only(cls, path: Path) -> "EmbeddedStore":
        """Open what no process writes to: Oxigraph leaves the other case undefined."""
        engine = _opened(lambda: Store.read_only(str(path)), path)
        return cls(engine, str(path), is_read_only=True)

    def query(self, query: str) -> QuerySolutions | QueryBoolean | QueryTriples:
        """Answer any query over the union of all graphs."""
        with _refusals(), _failures(self._place):
            return self._engine.query(query, use_default_graph_as_union=True)

    def select(self, query: str) -> Iterator[Row]:
        """Answer a SELECT over the union of all graphs."""
        answer = self.query(query)
        if not isinstance(answer, QuerySolutions):
            # a trace holds what is named here, and the engine's answers must end in their thread
            del answer
            raise QueryError("Query refused: not a SELECT")
        return _rows(read_rows(answer), self._place)

    def change(self, *, remove: Iterable[Quad], add: Iterable[Quad]) -> None:
        """Remove, then add: one transaction, or two where more than ``BULK`` quads are added.

        Only IRIs and literals can be removed, no blank nodes.
        """
        new = dict.fromkeys(add)
        old = [quad for quad in remove if quad not in new]
        is_bulk = len(new) > BULK
        with _failures(self._place):
            if old:
                # The engine's only transaction over removals and insertions is an update text.
                inserted = data_update("INSERT", () if is_bulk else new)
                self._engine.update(f"{data_update('DELETE', old)} ; {inserted}")
            elif not is_bulk:
                self._engine.extend(new)
            if is_bulk:
                self._engine.bulk_extend(new)
        self.has_changed = self.has_changed or bool(old or new)

    def size(self) -> int:
        """Count the quads."""
        with _failures(self._place):
            return len(self._engine)

    def bulk_load(self, quads: Iterable[Quad]) -> None:
        """Add many quads: three times as fast as ``change``, written straight to new files.

        A million quads at a time, so that memory does not grow with them: what fails leaves the
        ones before. Files of more than that are compacted, or joins take three times as long.
        """
        walk, shards = iter(quads), 0
        for first in walk:
            with _failures(self._place):
                self._engine.bulk_extend(chain((first,), islice(walk, SHARD - 1)))
            self.has_changed = True
            shards += 1
        if shards > 1:
            with _failures(self._place):
                self._engine.optimize()

    def quads(self) -> Iterator[Quad]:
        """Walk over every quad, in the engine's order."""
        return _guarded(iter(self._engine), self._place)

    def backup(self, path: Path) -> None:
        """Copy an on-disk store to a new directory by hard links."""
        with _failures(str(path)):
            self._engine.backup(path)

    def close(self) -> None:
        """Write everything to disk and let go of it; the store is empty and in memory from then."""
        try:
            with _failures(self._place):
                if not self._is_read_only:
                    self._engine.flush()
        finally:
            self._engine = Store()


def _opened(opening: Callable[[], Store], path: Path) -> Store:
    with _failures(str(path)):
        return opening()


def _guarded(walk: Iterable[T], place: str) -> Iterator[T]:
    with _failures(place):
        yield from walk


def _rows(rows: Iterable[Row], place: str) -> Iterator[Row]:
    with _refusals(), _failures(place):
        yield from rows


@contextmanager
def _refusals() -> Generator[None]:
    """Say that the query is at fault: its text, or a function that nobody knows."""
    try:
        yield
    except StoreError:
        raise
    except (SyntaxError, ValueError, RuntimeError) as error:
        raise QueryError(f"Query refused: {one_line(error)}") from error


@contextmanager
def _failures(place: str) -> Generator[None]:
    """Name the disk or the damaged file that is at fault; whatever else goes wrong passes."""
    try:
        yield
    except FileNotFoundError as error:
        raise DamagedError(f"{place}: damaged: {one_line(error)}") from error
    except OSError as error:
        raise StoreError(f"{place}: {one_line(error)}") from error
    except RuntimeError as error:
        if not str(error).startswith("Corruption"):
            raise
        raise DamagedError(f"{place}: damaged: {one_line(error)}") from error


def data_update(verb: str, quads: Iterable[Quad]) -> str:
    """Write an update, INSERT or DELETE, of quads that come graph by graph."""
    parts = [f"{verb} DATA {{"]
    for graph, group in groupby(quads, lambda quad: str(quad.graph_name)):
        parts.extend((f"GRAPH {graph} {{", *(f"{quad.triple} ." for quad in group), "}"))
    return "\n".join((*parts, "}"))
