"""Whether the graph answers, and which one it is."""

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal

from app.graph_access import graph_version, open_graph, open_graph_server
from app.settings import Settings
from kg.snapshots.snapshot import SnapshotError
from kg.stores.address import is_server
from kg.stores.answers import StoreError

Status = Literal["ok", "empty", "unreachable"]


@dataclass(frozen=True, slots=True)
class Health:
    """``empty`` is a good state: nothing was loaded yet."""

    status: Status
    graph: str
    quads: int | None

    def as_json(self) -> dict[str, str | int | None]:
        """Hand out as JSON."""
        return asdict(self)


def health_of(settings: Settings) -> Health:
    """Look at the current graph; only its name is told, never where it lies on the disk."""
    try:
        version = graph_version(settings)
        name = version.rpartition("/")[2]
        if is_server(version):
            open_graph_server(version).check()
        return Health("ok", name, quad_count(version)) if version else Health("empty", "", 0)
    except (SnapshotError, StoreError):
        return Health("unreachable", "", None)


@lru_cache(maxsize=2)
def quad_count(version: str) -> int:
    """Count the quads of a graph, once: of a server's, those when it was first looked at."""
    return open_graph(version).size()
