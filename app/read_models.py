"""The read model of the graph that is current, made beside those who wait for it.

A snapshot has its own; one that was made before there were any gets it at the first visit. That of
a server's graph is a file in the data directory, made anew when the graph is found to have changed:
until then the one before is read.
"""

import logging
import sqlite3
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

from app.graph_access import open_graph
from app.settings import Settings
from kg.graph.rdf import RowError
from kg.identifiers import digest
from kg.snapshots.read_model import ReadModel, ReadModelError
from kg.snapshots.read_model_build import make_read_model, server_state
from kg.snapshots.snapshot import Snapshot
from kg.stores import TripleStore
from kg.stores.answers import StoreError
from kg.stores.embedded import EmbeddedStore

LOG = logging.getLogger(__name__)
FRESH_S = 300
"""How long a server's graph is taken to be what it was."""
_STARTING = Lock()
LAST: dict[Path, "Making"] = {}
"""The last attempt at each file."""


class NotPreparedError(RuntimeError):
    """The read model is being made; it will be there soon."""


@dataclass(frozen=True, slots=True)
class Making:
    """One attempt to make a read model; it may still go on, or have failed."""

    result: Future[ReadModel] = field(default_factory=Future[ReadModel])
    began: float = field(default_factory=time.monotonic)

    def goes_on(self, within_s: float) -> bool:
        """Whether it is at work, or began so lately."""
        return not self.result.done() or time.monotonic() - self.began < within_s

    def run(self, settings: Settings, version: str) -> None:
        """Make it; a failure is for those who ask next."""
        try:
            self.result.set_result(prepare(settings, version))
        except (StoreError, ReadModelError) as error:
            LOG.warning("No read model of %s: %s", version, error)
            self.result.set_exception(error)
        finally:
            self.result.cancel()


def read_model(settings: Settings, version: str) -> ReadModel:
    """Open the read model of the graph that ``graph_version`` names; waits for nothing.

    Raises NotPreparedError while it is made, then StoreError or ReadModelError where that failed.
    """
    try:
        found = ReadModel.open(path_of(settings, version))
    except ReadModelError as error:
        LOG.info("%s: it is made now", error)
        raise _begin(settings, version, 0) or NotPreparedError(str(error)) from error
    if settings.store:
        _begin(settings, version, FRESH_S)
    return found


def prepare(settings: Settings, version: str) -> ReadModel:
    """Open a read model that is true of the graph now; see ``open_or_make``."""
    store = open_graph(version, settings.store_address)
    return open_or_make(store, path_of(settings, version))


def open_or_make(store: TripleStore, path: Path) -> ReadModel:
    """Open the read model of a store as it is now; where that takes making one, wait for it.

    Raises StoreError where the graph does not answer, ReadModelError where no file can be made.
    """
    is_server = not isinstance(store, EmbeddedStore)
    state = server_state(store) if is_server else ""
    try:
        if is_server:
            path.parent.mkdir(parents=True, exist_ok=True)
        make_read_model(store, path, state)
    except (OSError, sqlite3.Error, RowError) as error:
        raise ReadModelError(f"{path} cannot be made: {error}") from error
    return ReadModel.open(path)


def path_of(settings: Settings, version: str) -> Path:
    """Where the read model of a graph is."""
    if settings.store:
        return settings.data / "cache" / f"read_model-{digest(version)}.sqlite"
    return Snapshot(Path(version)).read_model


def _begin(settings: Settings, version: str, within_s: float) -> BaseException | None:
    """Begin in a thread, unless somebody did within some seconds; give what failed before."""
    path = path_of(settings, version)
    with _STARTING:
        last = LAST.get(path)
        if last and last.goes_on(within_s):
            return None
        making = LAST[path] = Making()
        Thread(target=making.run, args=(settings, version), daemon=True).start()
        return last.result.exception() if last and not last.result.cancelled() else None
