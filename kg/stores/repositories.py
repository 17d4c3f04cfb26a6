"""Making and dropping repositories on GraphDB and RDF4J servers."""

import re
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import files

from pyoxigraph import Literal

from kg.stores.address import AddressError, StoreAddress
from kg.stores.answers import StoreError
from kg.stores.connection import Call, Connection
from kg.stores.detection import RdfServer, find_server

TURTLE = {"Content-Type": "text/turtle"}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_IN_FILE = '"gutbrain"'


def create_repository(address: StoreAddress) -> None:
    """Make a repository for our graph: no inference, quads indexed by graph too.

    Raises StoreError where there is one of the name, or no server that keeps repositories.
    """
    with _server(address) as (server, name):
        kind = "graphdb" if server.is_graphdb else "rdf4j"
        template = (files("kg") / "stores" / "requests" / f"{kind}.ttl").read_text("utf-8")
        config = template.replace(_IN_FILE, str(Literal(name))).encode()
        if server.is_graphdb:
            server.connection.fetch(_form(f"{server.url}/rest/repositories", config))
        else:
            url = f"{server.url}/repositories/{name}"
            server.connection.fetch(Call("PUT", url, config, headers=TURTLE))


def drop_repository(address: StoreAddress) -> None:
    """Remove a repository with all that it holds."""
    with _server(address) as (server, name):
        server.connection.fetch(Call("DELETE", f"{server.url}/repositories/{name}"))


@contextmanager
def _server(address: StoreAddress) -> Generator[tuple[RdfServer, str]]:
    name = address.url.rpartition("/repositories/")[2]
    if not _NAME.fullmatch(name):
        raise AddressError(f"{address.url}: no address of a repository (…/repositories/<name>)")
    connection = Connection(address.url)
    try:
        server = find_server(connection, address)
        if server is None:
            raise StoreError(f"{address.url}: no GraphDB or RDF4J server answers there")
        yield server, name
    finally:
        connection.close()


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
