"""Finding out what a server can do, by asking it; no probe changes what it holds."""

from collections.abc import Iterator
from dataclasses import dataclass

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
from kg.stores.address import Capabilities, Kind, Scheme, StoreAddress
from kg.stores.answers import AccessError, StoreError, read_rows
from kg.stores.connection import Call, Connection
from kg.stores.querying import JSON, TSV, XML, Querying, query_call, request
from kg.stores.remote import read_size
from kg.stores.signing import UNAUTHORIZED, challenged, login_call, sign
from kg.stores.sparql import NOT_UNITED, delete_data, update_call, upload_call

_REPOSITORIES = "/repositories/"
_NO_ACCESS = frozenset({401, 403})
_NOT_FOUND = 404
_TERMS = (
    NamedNode("http://example.org/a"),
    Literal('tab \t quote " line \n é'),
    Literal("word", language="en"),
    Literal(7),
)
_NOWHERE = NamedNode("http://example.org/gutbrain-probe")
# Where servers take updates and graphs, by the end of where they take queries (Virtuoso, Fuseki,
# Oxigraph): places to try.
_UPDATES = (("/sparql", "/sparql-auth"), ("/sparql", "/update"), ("/query", "/update"))
_GRAPH_STORES = (
    ("/sparql", "/sparql-graph-crud-auth"),
    ("/sparql", "/data"),
    ("/query", "/data"),
    ("/query", "/store"),
)


@dataclass(frozen=True, slots=True)
class RdfServer:
    """A server of the RDF4J protocol: its address, the version it speaks."""

    url: str
    version: int
    is_graphdb: bool


def detect(connection: Connection, address: StoreAddress) -> Capabilities:
    """Find out what answers at an address; raises StoreError, in a line, where nothing fits."""
    probe = _Probe(connection, address)
    server = None if address.is_plain else _find_server(probe)
    found = _rdf4j(probe, server) if server else _sparql(probe)
    if found.unites_graphs is False:
        raise StoreError(f"{connection.name}: {NOT_UNITED}")
    return found


def find_server(connection: Connection, address: StoreAddress) -> RdfServer | None:
    """Find the server that keeps repositories; None where there is none, or another kind."""
    return _find_server(_Probe(connection, address))


class _Probe:
    """Asks a server, and says who asks once it wants to know, in the way it wants it."""

    def __init__(self, connection: Connection, address: StoreAddress) -> None:
        self.connection, self.address, self.scheme = connection, address, Scheme.NONE
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
        server = self.address.url.partition(_REPOSITORIES)[0]
        self.connection.sign(sign(scheme, self.address.credentials, server))

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

    def querying(self, media_type: str) -> Querying:
        return Querying(self.connection, self.address.url, media_type)


def _find_server(probe: _Probe) -> RdfServer | None:
    """Ask for the version of the RDF4J protocol and for GraphDB's own paths, and sign in."""
    base, is_repository, _ = probe.address.url.partition(_REPOSITORIES)
    if not is_repository:
        return None
    is_graphdb = _is_boolean(probe.connection.try_out(_get(f"{base}/rest/security")))
    if probe.scheme is Scheme.NONE and probe.address.credentials.user:
        has_login = is_graphdb and _has_login(probe, base)
        probe.sign(Scheme.GRAPHDB if has_login else Scheme.BASIC)
    answer = probe.ask(_get(f"{base}/protocol"))
    if answer.status_code in _NO_ACCESS:
        raise AccessError(f"{base}: HTTP {answer.status_code}: {answer.text[:80]}")
    if not answer.is_success or not answer.text.strip().isdecimal():
        return None
    return RdfServer(base, int(answer.text), is_graphdb)


def _rdf4j(probe: _Probe, server: RdfServer) -> Capabilities:
    _check_there(probe)
    rows = _row_format(probe)
    return Capabilities(
        Kind.GRAPHDB if server.is_graphdb else Kind.RDF4J,
        probe.address.url,
        rows,
        probe.scheme,
        probe.querying(rows).unites_graphs(),
        _is_writable(probe, server.url),
        server=f"protocol {server.version}",
    )


def _has_login(probe: _Probe, server: str) -> bool:
    """Whether a password gets a token; raises AccessError where it is wrong."""
    answer = probe.connection.try_out(login_call(server, probe.address.credentials))
    if answer.status_code == UNAUTHORIZED:
        raise AccessError(f"{server}/rest/login: HTTP 401: wrong user or password")
    return answer.is_success and "Authorization" in answer.headers


def _check_there(probe: _Probe) -> None:
    """Raise StoreError where there is no such repository, or not for us."""
    url = probe.address.url
    answer = probe.ask(_get(f"{url}/size"))
    if answer.status_code == _NOT_FOUND:
        raise StoreError(f"{url}: the server has no such repository (`gutbrain store create`)")
    read_size(probe.connection, url)


def _is_writable(probe: _Probe, server: str) -> bool | None:
    """Look what the server's list of repositories says of ours."""
    answer = probe.ask(_get(f"{server}/repositories", JSON))
    rows = _parsed(answer, JSON) if answer.is_success else []
    name = probe.address.url.partition(_REPOSITORIES)[2]
    said = [_text(row, "writable") for row in rows if _text(row, "id") == name]
    return said[0] == "true" if said else None


def _sparql(probe: _Probe) -> Capabilities:
    rows = _row_format(probe)
    update = _update_address(probe)
    return Capabilities(
        Kind.SPARQL,
        probe.address.url,
        rows,
        probe.scheme,
        probe.querying(rows).unites_graphs(),
        update is not None,
        update,
        _graph_store(probe) if update else None,
        server=probe.server,
    )


def _row_format(probe: _Probe) -> str:
    """Find the first format in which terms come back as they are; raises StoreError if none does.

    Virtuoso writes IRIs into TSV as if they were strings, and into JSON booleans as numbers.
    """
    reasons: list[str] = []
    for media_type in (TSV, XML, JSON):
        answer = probe.ask(query_call(probe.address.url, request("terms"), media_type))
        if answer.is_success and tuple(_first(answer, media_type)) == _TERMS:
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
    given = probe.address.update
    url = probe.address.url
    places = [given] if given else list(dict.fromkeys((url, *_siblings(url, _UPDATES))))
    text = delete_data([Quad(_NOWHERE, _NOWHERE, _NOWHERE, _NOWHERE)])
    found = next((place for place in places if probe.takes(update_call(place, text))), None)
    if found is None and probe.is_unsigned:
        probe.sign(Scheme.BASIC)
        found = next((place for place in places if probe.takes(update_call(place, text))), None)
    return found


def _graph_store(probe: _Probe) -> str | None:
    """Find where adding nothing to a graph is taken from us."""
    given = probe.address.graph_store
    places = [given] if given else _siblings(probe.address.url, _GRAPH_STORES)
    calls = ((place, upload_call(place, _NOWHERE.value, b"")) for place in places)
    return next((place for place, call in calls if probe.takes(call)), None)


def _siblings(url: str, pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Name places to try; the address itself where it has none of the endings."""
    path, question_mark, parameters = url.partition("?")
    if all(not path.endswith(end) for end, _ in pairs):
        yield url
    for end, other in pairs:
        if path.endswith(end):
            yield path.removesuffix(end) + other + question_mark + parameters


def _first(answer: httpx.Response, media_type: str) -> tuple[object, ...]:
    row = next(iter(_parsed(answer, media_type)), {})
    return tuple(row.values())


def _parsed(answer: httpx.Response, media_type: str) -> list[Row]:
    """Read rows; none where the answer is something else."""
    format_ = QueryResultsFormat.from_media_type(media_type)
    try:
        found = parse_query_results(answer.content, format_)
        return list(read_rows(found)) if isinstance(found, QuerySolutions) else []
    except SyntaxError:
        return []


def _text(row: Row, name: str) -> str:
    return getattr(row.get(name), "value", "")


def _is_boolean(answer: httpx.Response) -> bool:
    return answer.is_success and answer.text.strip() in {"true", "false"}


def _get(url: str, accept: str = "*/*") -> Call:
    return Call("GET", url, headers={"Accept": accept})
