"""Choose a store by its address, and by what is seen there; make a repository on a server."""

import re
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from importlib.resources import files
from pathlib import Path

from pyoxigraph import Literal

from kg.stores.address import (
    NOBODY,
    AddressError,
    Credentials,
    Kind,
    StoreAddress,
    is_server,
    parse_address,
)
from kg.stores.answers import StoreError
from kg.stores.connection import DEADLINES, Call, Connection, Deadlines
from kg.stores.detection import RdfServer, detect, find_server
from kg.stores.embedded import EmbeddedStore
from kg.stores.remote import RemoteStore
from kg.stores.sparql import SparqlStore

ServerStore = RemoteStore | SparqlStore
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


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


def create_repository(address: StoreAddress) -> None:
    """Make a repository for our graph: no inference, quads indexed by graph too.

    Raises StoreError where there is one of the name, or no server that keeps repositories.
    """
    name = address.url.rpartition("/repositories/")[2]
    if not _NAME.fullmatch(name):
        raise AddressError(
            f"{address.url}: not the address of a repository (…/repositories/<name>)"
        )
    with closing(Connection(address.url)) as connection:
        server = find_server(connection, address)
        if server is None:
            raise StoreError(f"{address.url}: no GraphDB or RDF4J server answers there")
        connection.fetch(_creation(server, name))


def _creation(server: RdfServer, name: str) -> Call:
    kind = "graphdb" if server.is_graphdb else "rdf4j"
    template = (files("kg") / "stores" / "requests" / f"{kind}.ttl").read_text("utf-8")
    config = template.replace('"gutbrain"', str(Literal(name))).encode()
    if server.is_graphdb:
        return _form(f"{server.url}/rest/repositories", config)
    url = f"{server.url}/repositories/{name}"
    return Call("PUT", url, config, headers={"Content-Type": "text/turtle"})


def _form(url: str, config: bytes) -> Call:
    """A form with one file, ``config``, as GraphDB wants it."""
    boundary = uuid.uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="config"; filename="config.ttl"\r\n'
        "Content-Type: text/turtle\r\n\r\n"
    )
    content = head.encode() + config + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return Call("POST", url, content, headers=headers)
