"""What a server was seen to do. Nothing is taken from its name."""

from dataclasses import dataclass
from enum import StrEnum

from kg.stores.address import Scheme


class Kind(StrEnum):
    """The protocols we speak."""

    GRAPHDB = "GraphDB"
    RDF4J = "RDF4J"
    SPARQL = "SPARQL 1.1"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server was seen to do.

    ``query``, ``update`` and ``graph_store`` are its addresses, None where it has none for us:
    a RDF4J server writes in transactions below ``query``. ``rows`` is the first of our media types
    in which it gives terms back as they are. ``unites_graphs`` is None while no graph holds
    anything, and ``can_write`` where the server does not say. ``indexes`` are its Lucene
    connectors (GraphDB).
    """

    kind: Kind
    query: str
    rows: str
    scheme: Scheme
    unites_graphs: bool | None
    can_write: bool | None = None
    update: str | None = None
    graph_store: str | None = None
    indexes: tuple[str, ...] = ()
    server: str = ""

    @property
    def has_transactions(self) -> bool:
        """Whether a change is made whole or not at all, by the server's own means."""
        return self.kind is not Kind.SPARQL

    def described(self) -> str:
        """Say it in a line."""
        writing = {True: "can be written to", False: "read only", None: "rights to write unknown"}
        parts = (
            f"{self.kind}{f' ({self.server})' if self.server else ''}",
            writing[self.can_write],
            "transactions" if self.has_transactions else "no transactions: a journal",
            f"signed in by {self.scheme}",
            f"rows as {self.rows.rpartition('/')[2]}",
            *([f"graph store {self.graph_store}"] if self.graph_store else []),
            *([f"Lucene: {', '.join(self.indexes)}"] if self.indexes else []),
        )
        return ", ".join(parts)
