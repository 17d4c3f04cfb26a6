"""IRIs of the graph, looked up: RDF for programs, a page of the explorer for people."""

from collections.abc import Iterator
from itertools import chain, islice

from pyoxigraph import NamedNode, Quad, Store
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.endpoint.negotiation import PAGE, TRIPLES, wanted_type
from app.endpoint.requests import ProtocolError, Service, in_address, single
from app.endpoint.responses import VARY, response, write_quads
from app.endpoint.statements import current_store, named
from app.explorer.markup import address
from kg.graph.vocabulary import CONCEPT, ONTOLOGY_GRAPH, OPPOSES, SUPPORTS, TYPE
from kg.identifiers import ARTICLE, identifier_of, pmid_of
from ontology.namespaces import GUTBRAIN, ONTOLOGY

ASSERTION = f"{GUTBRAIN}assertion/"
SEE_OTHER = 303


async def look_up(request: Request, service: Service) -> Response:
    """Describe what ``?iri=`` names."""
    iri = single(in_address(request), "iri")
    if not iri:
        raise ProtocolError(400, "The parameter 'iri' is missing: /resource?iri=<IRI>")
    return await _described(request, service, iri)


async def dereference(request: Request, service: Service) -> Response:
    """Describe the thing that ``https://w3id.org/gutbrain/<path>`` names."""
    return await _described(request, service, GUTBRAIN + str(request.path_params["path"]))


async def _described(request: Request, service: Service, iri: str) -> Response:
    store, node = current_store(service.settings), named(iri)
    limit = service.settings.max_rows
    quads = await run_in_threadpool(lambda: list(islice(quads_about(store, node), limit + 1)))
    if not quads:
        raise ProtocolError(404, f"The graph has nothing about {iri[:300]}")
    media_type = wanted_type(request, (*TRIPLES, PAGE))
    page = page_of(store, node) if media_type == PAGE else None
    if page is not None:
        root = str(request.scope.get("root_path", ""))
        return RedirectResponse(root + page, SEE_OTHER, VARY)
    media_type = TRIPLES[0] if media_type == PAGE else media_type
    body = write_quads(quads[:limit], media_type, service.settings.max_bytes)
    return response(body, media_type, is_truncated=len(quads) > limit)


def quads_about(store: Store, node: NamedNode) -> Iterator[Quad]:
    """Walk over what is said of a thing, then over what points to it.

    The ontology is one document, named without the ``#`` of its terms.
    """
    if node.value == ONTOLOGY.rstrip("#"):
        return store.quads_for_pattern(None, None, None, ONTOLOGY_GRAPH)
    return chain(
        store.quads_for_pattern(node, None, None), store.quads_for_pattern(None, None, node)
    )


def page_of(store: Store, node: NamedNode) -> str | None:
    """Name the explorer's page for a thing, None where it has none."""
    iri = node.value
    if iri.startswith(ARTICLE):
        return address("paper", pmid=pmid_of(iri))
    if iri.startswith(ASSERTION):
        return address("evidence", id=iri.removeprefix(ASSERTION).partition("/")[0])
    if _is_concept(store, node):
        return address("entity", id=identifier_of(iri))
    assertion = next(_assertions_of(store, node), None)
    return None if assertion is None else page_of(store, assertion)


def _is_concept(store: Store, node: NamedNode) -> bool:
    """Whether some graph says that a thing is a concept."""
    return any(True for _ in store.quads_for_pattern(node, TYPE, CONCEPT))


def _assertions_of(store: Store, evidence: NamedNode) -> Iterator[NamedNode]:
    for predicate in (SUPPORTS, OPPOSES):
        for quad in store.quads_for_pattern(evidence, predicate, None):
            if isinstance(quad.object, NamedNode) and quad.object.value.startswith(ASSERTION):
                yield quad.object
