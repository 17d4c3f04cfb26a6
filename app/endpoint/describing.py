"""What both descriptions of the endpoint are made of: terms, addresses, statements."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat
from starlette.requests import Request
from starlette.responses import Response

from app.endpoint.errors import ProtocolError
from app.endpoint.namespaces import WRITTEN
from app.endpoint.negotiation import TRIPLES, choose
from app.endpoint.routing import Service
from app.endpoint.streaming import whole
from kg.graph.vocabulary import DCTERMS, TYPE

TITLE = NamedNode(DCTERMS + "title")
Said = tuple[NamedNode, NamedNode | Literal]


def sd(name: str) -> NamedNode:
    """Name a term of the service description vocabulary."""
    return NamedNode(WRITTEN["sd"] + name)


def void(name: str) -> NamedNode:
    """Name a term of VoID."""
    return NamedNode(WRITTEN["void"] + name)


def said(subject: NamedNode, pairs: Iterable[Said]) -> Iterator[Quad]:
    """State pairs of predicate and value about one thing."""
    return (Quad(subject, predicate, value) for predicate, value in pairs)


def named_graph(dataset: NamedNode, node: NamedNode, graph: NamedNode) -> Iterator[Quad]:
    """State that a dataset has a graph of a name."""
    yield Quad(dataset, sd("namedGraph"), node)
    yield from said(node, ((TYPE, sd("NamedGraph")), (sd("name"), graph)))


def rdf_formats(media_types: Iterable[str]) -> Iterator[NamedNode]:
    """Name formats as the W3C does."""
    known = map(RdfFormat.from_media_type, media_types)
    return (NamedNode(each.iri) for each in known if each is not None)


def key_of(node: NamedNode) -> str:
    """Name a term in a fragment of ours: the same each time."""
    return hashlib.sha256(node.value.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the client reached us: with its scheme, host and prefix."""

    base: str

    @classmethod
    def of(cls, request: Request) -> "Addresses":
        """Read them from a request."""
        return cls(str(request.base_url).rstrip("/"))

    def node(self, path: str) -> NamedNode:
        """Name one of our addresses."""
        return NamedNode(self.base + path)


def described(request: Request, service: Service, quads: Iterable[Quad]) -> Response:
    """Write a description in the format that the client likes best."""
    media_type = choose(request.headers.get("accept", ""), TRIPLES)
    if media_type is None:
        raise ProtocolError(406, f"We write {', '.join(TRIPLES)}")
    body = whole(list(quads), media_type, service.settings.max_bytes)
    return Response(body, 200, {"Vary": "Accept"}, f"{media_type}; charset=utf-8")
