"""Choose a store by its address, and by what answers there; make a repository on a server.

What a server can do is found out by asking it; no probe changes what it holds.
"""

import re
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import httpx
from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    parse_query_results,
)

from kg.stores import Row
from kg.stores.address import (
    NOBODY,
    REPOSITORIES,
    AddressError,
    Capabilities,
    Credentials,
    Kind,
    Scheme,
    StoreAddress,
    is_server,
    parse_address,
)
from kg.stores.answers import AccessError, StoreError, read_rows
from kg.stores.connection import (
    DEADLINES,
    UNAUTHORIZED,
    Call,
    Connection,
    Deadlines,
    challenged,
    login_call,
)
from kg.stores.embedded import EmbeddedStore, data_update
from kg.stores.querying import JSON, TSV, XML, Querying, query_call, request
from kg.stores.remote import RemoteStore, read_size
from kg.stores.sparql import NOT_UNITED, SparqlStore, update_call, upload_call

ServerStore = RemoteStore | SparqlStore
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_ACCESS = frozenset({UNAUTHORIZED, 403})
_NOT_FOUND = 404
_TERMS = (
    NamedNode("http://example.org/a"),
    Literal('tab \t quote " line \n é'),
    Literal("word", language="en"),
    Literal(7),
)
_NOWHERE = NamedNode("http://example.org/gutbrain-probe")
_LAST_STEP = re.compile(r"/(?:sparql|query)(?=\?|$)")
# What servers (Virtuoso, Fuseki, Oxigraph) have in place of that step where they take updates, and
# graphs: places to try.
_UPDATES = ("/sparql-auth", "/update")
_GRAPH_STORES = ("/sparql-graph-crud-auth", "/data", "/store")


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
        found = _detect(_Probe(connection, address))
    except BaseException:
        connection.close()
        raise
    kind = SparqlStore if found.kind is Kind.SPARQL else RemoteStore
    return kind(connection, found)


def create_repository(address: StoreAddress) -> None:
    """Make a repository for our graph: no inference, quads indexed by graph too.

    Raises StoreError where there is one of the name, or no server that keeps repositories.
    """
    base, _, name = address.url.partition(REPOSITORIES)
    if not _NAME.fullmatch(name):
        raise AddressError(
            f"{address.url}: not the address of a repository (…/repositories/<name>)"
        )
    with closing(Connection(address.url)) as connection:
        kind = _find_server(_Probe(connection, address))
        if kind is None:
            raise StoreError(f"{address.url}: no GraphDB or RDF4J server answers there")
        connection.fetch(_creation(kind, base, name))


def _creation(kind: Kind, server: str, name: str) -> Call:
    template = (files("kg.stores") / "requests" / f"{kind.lower()}.ttl").read_text("utf-8")
    config = template.replace('"gutbrain"', str(Literal(name))).encode()
    if kind is Kind.RDF4J:
        url, headers = f"{server}{REPOSITORIES}{name}", {"Content-Type": "text/turtle"}
        return Call("PUT", url, config, headers=headers)
    url, file = f"{server}/rest/repositories", ("config.ttl", config, "text/turtle")
    form = httpx.Request("POST", url, files={"config": file})
    return Call("POST", url, form.read(), headers=form.headers)


class _Probe:
    """Asks a server, and says who asks once it wants to know, in the way it wants it."""

    def __init__(self, connection: Connection, address: StoreAddress) -> None:
        self.connection, self.address, self.scheme = connection, address, Scheme.NONE
        self.base, self.repository = address.url.partition(REPOSITORIES)[::2]
        self.server = ""
        if address.credentials.token:
            self.sign(Scheme.TOKEN)
        elif address.scheme:
            self.sign(address.scheme)

    @property
    def is_unsigned(self) -> bool:
        return self.scheme is Scheme.NONE and bool(self.address.credentials.user)

    def sign(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.connection.sign(scheme, self.address.credentials, self.base)

    def ask(self, call: Call) -> httpx.Response:
        answer = self.connection.try_out(call)
        self.server = answer.headers.get("Server", self.server)
        if answer.status_code != UNAUTHORIZED or not self.is_unsigned:
            return answer
        self.sign(challenged(answer))
        return self.connection.try_out(call)

    def takes(self, call: Call) -> bool:
        """Tell whether a call does what it says; a page for people does not, not even a 200."""
        answer = self.ask(call)
        is_page = "html" in answer.headers.get("Content-Type", "") and bool(answer.content)
        return answer.is_success and not is_page

    def first_taken(self, calls: Iterable[Call]) -> str | None:
        return next((call.url for call in calls if self.takes(call)), None)


def _detect(probe: _Probe) -> Capabilities:
    """Find out what answers at an address; raises StoreError, in a line, where nothing fits."""
    kind = None if probe.address.is_plain else _find_server(probe)
    found = _rdf4j(probe, kind) if kind else _sparql(probe)
    if found.unites_graphs is False:
        raise StoreError(f"{probe.address.url}: {NOT_UNITED}")
    return found


def _find_server(probe: _Probe) -> Kind | None:
    """Ask for the version of the RDF4J protocol and for GraphDB's own paths, and sign in.

    None where there is no server that keeps repositories.
    """
    base = probe.base
    if not probe.repository:
        return None
    security = probe.connection.try_out(_get(f"{base}/rest/security"))
    is_graphdb = security.is_success and security.text.strip() in {"true", "false"}
    if probe.is_unsigned:
        has_login = is_graphdb and _has_login(probe, base)
        probe.sign(Scheme.GRAPHDB if has_login else Scheme.BASIC)
    answer = probe.ask(_get(f"{base}/protocol"))
    if answer.status_code in _NO_ACCESS:
        raise AccessError(f"{base}: HTTP {answer.status_code}: {answer.text[:80]}")
    if not answer.is_success or not answer.text.strip().isdecimal():
        return None
    probe.server = f"protocol {int(answer.text)}"
    return Kind.GRAPHDB if is_graphdb else Kind.RDF4J


def _has_login(probe: _Probe, server: str) -> bool:
    """Whether a password gets a token; raises AccessError where it is wrong."""
    answer = probe.connection.try_out(login_call(server, probe.address.credentials))
    if answer.status_code == UNAUTHORIZED:
        raise AccessError(f"{server}/rest/login: HTTP 401: wrong user or password")
    return answer.is_success and "Authorization" in answer.headers


def _rdf4j(probe: _Probe, kind: Kind) -> Capabilities:
    url, server = probe.address.url, probe.server
    if probe.ask(_get(f"{url}/size")).status_code == _NOT_FOUND:
        raise StoreError(f"{url}: the server has no such repository (`gutbrain store create`)")
    read_size(probe.connection, url)
    rows, is_united = _reading(probe)
    can_write = _is_writable(probe)
    return Capabilities(kind, url, rows, probe.scheme, is_united, can_write, server=server)


def _is_writable(probe: _Probe) -> bool | None:
    """Look what the server's list of repositories says of ours."""
    rows = _parsed(probe.ask(_get(f"{probe.base}/repositories", JSON)), JSON)
    said = {row.get("id"): row.get("writable") for row in rows}
    writable = said.get(Literal(probe.repository))
    return writable.value == "true" if isinstance(writable, Literal) else None


def _sparql(probe: _Probe) -> Capabilities:
    url = probe.address.url
    rows, is_united = _reading(probe)
    update = _update_address(probe)
    places = update is not None, update, _graph_store(probe) if update else None, probe.server
    return Capabilities(Kind.SPARQL, url, rows, probe.scheme, is_united, *places)


def _reading(probe: _Probe) -> tuple[str, bool | None]:
    """Find the format of rows, and whether queries see all graphs."""
    rows = _row_format(probe)
    return rows, Querying(probe.connection, probe.address.url, rows).unites_graphs()


def _row_format(probe: _Probe) -> str:
    """Find the first format in which terms come back as they are; raises StoreError if none does.

    Virtuoso writes IRIs into TSV as if they were strings, and into JSON booleans as numbers.
    """
    reasons: list[str] = []
    for media_type in (TSV, XML, JSON):
        answer = probe.ask(query_call(probe.address.url, request("terms"), media_type))
        if any(tuple(row.values()) == _TERMS for row in _parsed(answer, media_type)):
            return media_type
        page = " ".join(answer.text.split())[:80]
        reasons.append(f"HTTP {answer.status_code}: {page}")
        if answer.status_code in _NO_ACCESS:
            raise AccessError(f"{probe.address.url}: {reasons[0]}")
    raise StoreError(
        f"{probe.address.url}: neither an RDF4J repository nor a SPARQL endpoint: {reasons[0]}"
    )


def _update_address(probe: _Probe) -> str | None:
    """Find where a no-op update is taken from us; the credentials are tried out at the end."""
    given, url = probe.address.update, probe.address.url
    text = data_update("DELETE", [Quad(_NOWHERE, _NOWHERE, _NOWHERE, _NOWHERE)])
    places = [given] if given else dict.fromkeys([url, *_siblings(url, _UPDATES)])
    calls = [update_call(place, text) for place in places]
    found = probe.first_taken(calls)
    if found is None and probe.is_unsigned:
        probe.sign(Scheme.BASIC)
        found = probe.first_taken(calls)
    return found


def _graph_store(probe: _Probe) -> str | None:
    """Find where adding nothing to a graph is taken from us."""
    given, url = probe.address.graph_store, probe.address.url
    places = [given] if given else _siblings(url, _GRAPH_STORES)
    return probe.first_taken(upload_call(place, _NOWHERE.value, b"") for place in places)


def _siblings(url: str, steps: Iterable[str]) -> list[str]:
    """Put other last steps in place of that of an address; the address itself where it has none.

    >>> _siblings("http://localhost/sparql?key=1", ["/update"])
    ['http://localhost/update?key=1']
    """
    return [_LAST_STEP.sub(step, url) for step in steps]


def _parsed(answer: httpx.Response, media_type: str) -> list[Row]:
    """Read rows; none where the answer is something else."""
    format_ = QueryResultsFormat.from_media_type(media_type)
    try:
        found = parse_query_results(answer.content, format_)
        return list(read_rows(found)) if isinstance(found, QuerySolutions) else []
    except SyntaxError:
        return []


def _get(url: str, accept: str = "*/*") -> Call:
    return Call("GET", url, headers={"Accept": accept})
