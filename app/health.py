"""Whether the graph answers, and which one it is."""

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal

from app.graph_access import graph_version, look_again, open_graph, open_graph_server
from app.settings import Settings
from app.work import graph_fault
from kg.snapshots.snapshot import SnapshotError
from kg.stores.address import StoreAddress
from kg.stores.answers import StoreError

OLDER = "The newest graph is damaged. An older one answers until the next night."
Status = Literal["ok", "empty", "unreachable"]


@dataclass(frozen=True, slots=True)
class Health:
    """``empty`` is a good state: nothing was loaded yet. ``warning``: an older graph answers."""

    status: Status
    graph: str
    quads: int | None
    warning: str = ""

    def as_json(self) -> dict[str, str | int | None]:
        """Hand out as JSON."""
        return asdict(self)


def health_of(settings: Settings) -> Health:
    """Look at the current graph; its name goes out, never where it is on the disk."""
    try:
        version, address = graph_version(settings), settings.store_address
        name = version.rpartition("/")[2]
        if address is not None:
            open_graph_server(address).check()
        if not version:
            return Health("empty", "", 0)
        warning = OLDER if graph_fault(settings) else ""
        return Health("ok", name, _quad_count(version, address), warning)
    except (SnapshotError, StoreError):
        look_again(settings)
        return Health("unreachable", "", None)


@lru_cache(maxsize=2)
def _quad_count(version: str, address: StoreAddress | None) -> int:
    """Count the quads of a graph, once: of a server's, those when it was first looked at."""
    return open_graph(version, address).size()
