"""The endpoint about itself: SPARQL 1.1 Service Description, and VoID with counts by graph."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from threading import Lock

from pyoxigraph import (
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    parse,
)
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.endpoint.negotiation import BINDINGS, STATEMENTS, TRIPLES, wanted_type
from app.endpoint.repository import REPOSITORY, TITLE
from app.endpoint.requests import Service
from app.endpoint.responses import DECLARED, response, write_quads
from app.endpoint.statements import (
    Graph,
    count,
    current_store,
    current_version,
    graphs_of,
    named,
    opened,
    query_file,
)
from app.settings import Settings
from kg.graph.vocabulary import BIOLINK, DCTERMS, PROV, SKOS
from ontology.namespaces import GUTBRAIN, ONTOLOGY

PREFIXES = "".join(
    f"@prefix {prefix}: <{DECLARED[prefix]}> .\n" for prefix in ("dcterms", "rdfs", "sd", "void")
)
SERVICE = """
<{base}/sparql> a sd:Service ; sd:endpoint <{base}/sparql> ;
    dcterms:title "{title}: SPARQL endpoint" ; rdfs:comment "{limits}" ;
    sd:feature sd:UnionDefaultGraph ; sd:supportedLanguage sd:SPARQL11Query ;
    sd:resultFormat {formats} ; sd:defaultDataset <{base}/sparql#dataset> .
<{base}/sparql#dataset> a sd:Dataset ; sd:defaultGraph <{base}/sparql#default-graph> .
<{base}/sparql#default-graph> a sd:Graph .
"""
LIMITS = (
    "A query may take {timeout:g} s and gets at most {rows:,} rows; a cut answer has the header "
    "X-Gutbrain-Truncated. SERVICE and updates are refused."
)
NAMED_GRAPH = """
<{at}dataset> sd:namedGraph <{at}{key}> .
<{at}{key}> a sd:NamedGraph ; sd:name {graph} .
"""
DATASET = """
<{at}dataset> a void:Dataset ; dcterms:title "{title}" ; void:triples {triples} ;
    void:sparqlEndpoint <{base}/sparql> ; void:dataDump <{base}/repositories/{name}/statements> ;
    void:uriLookupEndpoint <{base}/resource?iri=> ; void:uriSpace "{space}" ;
    void:vocabulary {vocabularies} ; void:feature {formats} .
"""
SUBSET = """
<{at}dataset> void:subset <{at}{key}-data> .
<{at}{key}> sd:graph <{at}{key}-data> .
<{at}{key}-data> a void:Dataset, sd:Graph ; void:triples {triples} ;
    void:classes {classes} ; void:properties {properties} .
"""
CLASS = """
<{data}> void:classPartition <{data}-class-{key}> .
<{data}-class-{key}> void:class {term} ; void:entities {number} .
"""
PROPERTY = """
<{data}> void:propertyPartition <{data}-property-{key}> .
<{data}-property-{key}> void:property {term} ; void:triples {number} .
"""
VOID_PATH = "/.well-known/void"
VOCABULARIES = (ONTOLOGY, BIOLINK, DCTERMS, PROV, SKOS)
_COUNTING = Lock()


@dataclass(frozen=True, slots=True)
class TermCount:
    """A class or a property of a named graph, and how often it is there."""

    graph: NamedNode
    term: NamedNode
    number: int


async def describe_service(request: Request, service: Service) -> Response:
    """Say what the SPARQL endpoint is able to do, and which graphs it has."""
    graphs = await run_in_threadpool(_graphs, service.settings)
    return _described(request, service, service_turtle(_base(request), service.settings, graphs))


async def describe_dataset(request: Request, service: Service) -> Response:
    """Say how much of what is in the graphs."""
    version = current_version(service.settings)
    classes, properties = await run_in_threadpool(statistics, version)
    total = await run_in_threadpool(count, version)
    turtle = dataset_turtle(_base(request), classes, properties, total)
    return _described(request, service, turtle)


def _base(request: Request) -> str:
    """Where the client reached us: with its scheme, host and prefix."""
    return named(str(request.base_url).rstrip("/")).value


def _graphs(settings: Settings) -> list[Graph]:
    """List our graphs; those of a server are its own business."""
    return graphs_of(current_store(settings)) if settings.store is None else []


def _described(request: Request, service: Service, turtle: Iterable[str]) -> Response:
    """Write a description in the format that the client likes best."""
    media_type = wanted_type(request, TRIPLES)
    quads = list(parse("".join((PREFIXES, *turtle)).encode(), RdfFormat.TURTLE))
    return response(write_quads(quads, media_type, service.settings.max_bytes), media_type)


def service_turtle(base: str, settings: Settings, graphs: Iterable[Graph]) -> Iterator[str]:
    """Describe the service."""
    results = map(QueryResultsFormat.from_media_type, BINDINGS)
    formats = (*(f"<{each.iri}>" for each in results if each is not None), *_rdf_formats(TRIPLES))
    limits = LIMITS.format(timeout=settings.query_timeout_s, rows=settings.max_rows)
    yield SERVICE.format(base=base, title=TITLE, limits=limits, formats=", ".join(formats))
    for graph in graphs:
        if isinstance(graph, NamedNode):
            yield NAMED_GRAPH.format(at=f"{base}/sparql#", key=_key(graph), graph=graph)


def dataset_turtle(
    base: str, classes: Iterable[TermCount], properties: Iterable[TermCount], total: int
) -> Iterator[str]:
    """Describe the dataset; ``total`` counts the unnamed graph too. The counts come by graph."""
    at = f"{base}{VOID_PATH}#"
    yield DATASET.format(
        at=at,
        base=base,
        title=TITLE,
        triples=total,
        name=REPOSITORY,
        space=GUTBRAIN,
        vocabularies=", ".join(f"<{each}>" for each in VOCABULARIES),
        formats=", ".join(_rdf_formats(STATEMENTS)),
    )
    by_graph = {graph: tuple(rows) for graph, rows in groupby(classes, lambda row: row.graph)}
    for graph, rows in groupby(properties, lambda row: row.graph):
        yield NAMED_GRAPH.format(at=at, key=_key(graph), graph=graph)
        yield from _subset_turtle(at, _key(graph), by_graph.get(graph, ()), tuple(rows))


def _subset_turtle(
    at: str, key: str, classes: tuple[TermCount, ...], properties: tuple[TermCount, ...]
) -> Iterator[str]:
    triples = sum(each.number for each in properties)
    numbers = {"classes": len(classes), "properties": len(properties), "triples": triples}
    yield SUBSET.format(at=at, key=key, **numbers)
    for template, counts in ((CLASS, classes), (PROPERTY, properties)):
        for each in counts:
            row = {"key": _key(each.term), "term": each.term, "number": each.number}
            yield template.format(data=f"{at}{key}-data", **row)


def _rdf_formats(media_types: Iterable[str]) -> Iterator[str]:
    """Name formats as the W3C does."""
    known = map(RdfFormat.from_media_type, media_types)
    return (f"<{each.iri}>" for each in known if each is not None)


def _key(node: NamedNode) -> str:
    """Name a term in a fragment of ours: the same each time."""
    return hashlib.sha256(node.value.encode()).hexdigest()[:12]


def statistics(version: str) -> tuple[tuple[TermCount, ...], tuple[TermCount, ...]]:
    """Count members of classes, and triples by property, of each named graph of a snapshot.

    Those who ask at the same time wait for one count.
    """
    with _COUNTING:
        return _counted(version)


@lru_cache(maxsize=2)
def _counted(version: str) -> tuple[tuple[TermCount, ...], tuple[TermCount, ...]]:
    store = opened(version)
    return tuple(_counts(store, "void_classes")), tuple(_counts(store, "void_properties"))


def _counts(store: Store, name: str) -> Iterator[TermCount]:
    """Ask one of the two questions; graphs and classes that are blank nodes are left out."""
    solutions = store.query(query_file(name))
    assert isinstance(solutions, QuerySolutions)  # noqa: S101
    for solution in solutions:
        graph, term, number = solution["graph"], solution["term"], solution["count"]
        if isinstance(graph, NamedNode) and isinstance(term, NamedNode):
            assert isinstance(number, Literal)  # noqa: S101
            yield TermCount(graph, term, int(number.value))
