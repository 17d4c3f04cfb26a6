"""Choose a store by its address, and by what is seen there."""

import time
from collections.abc import Callable
from pathlib import Path

from kg.stores.address import NOBODY, Credentials, StoreAddress, is_server, parse_address
from kg.stores.capabilities import Kind
from kg.stores.connection import DEADLINES, Connection, Deadlines
from kg.stores.detection import detect
from kg.stores.embedded import EmbeddedStore
from kg.stores.remote import RemoteStore
from kg.stores.sparql import SparqlStore

ServerStore = RemoteStore | SparqlStore


def open_store(
    address: str | Path | StoreAddress, credentials: Credentials = NOBODY
) -> EmbeddedStore | ServerStore:
    """Open a graph on a server by its URL, or a directory for reading and writing.

    Raises AddressError, and StoreError where the server does not have what is needed.
    """
    if isinstance(address, StoreAddress):
        return open_server(address)
    if isinstance(address, str) and is_server(address):
        return open_server(parse_address(address, credentials))
    return EmbeddedStore.open(Path(address))


def open_server(
    address: StoreAddress,
    *,
    deadlines: Deadlines = DEADLINES,
    sleep: Callable[[float], None] = time.sleep,
) -> ServerStore:
    """Connect to a server, and choose the client that fits what it can do."""
    connection = Connection(address.url, deadlines=deadlines, sleep=sleep)
    try:
        found = detect(connection, address)
    except BaseException:
        connection.close()
        raise
    kind = SparqlStore if found.kind is Kind.SPARQL else RemoteStore
    return kind(connection, found)
