"""gutbrain from Python: read documents, annotate texts, look into a graph.

>>> read = list(annotate(["Akkermansia muciniphila reduced anxiety in mice."]))
>>> [(mention.text, mention.type) for mention in mention_rows(read)]
[('Akkermansia muciniphila', 'bacteria'), ('anxiety', 'DDF'), ('mice', 'animal')]

Rows are named tuples or mappings, so that ``pandas.DataFrame(rows)`` makes a table of them.
``docs/python.md`` has more examples.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from networkx import MultiDiGraph
from pyoxigraph import Literal

from app.extraction import open_extractor
from app.graph_access import ChosenGraph, chosen_graph, open_snapshot
from app.questions import NamingError, ask_rows, hit_values, resolve, write_query
from app.settings import load_settings
from extract.annotation import AnnotatedDocument, Mention
from extract.extractor import Extractor
from ingest.document import Document, Passage, Rejected
from ingest.formats.sources import read_source
from kg.assertion import Citation, Edge
from kg.exports.csv_table import (
    ASSERTION_COLUMNS,
    EVIDENCE_COLUMNS,
    assertion_cells,
    evidence_cells,
)
from kg.exports.networks import read_network
from kg.graph.catalogue import Question, question
from kg.graph.ordered import batched
from kg.graph.reading_back import BATCH, read_evidence
from kg.identifiers import local_id
from kg.sentence.quotation import Quoter, Span
from kg.snapshots.read_model import RelationFilter
from kg.stores import Term
from kg.stores.address import is_server
from ontology.schema import EntityType

__all__ = [
    "AnnotatedDocument",
    "Document",
    "Extractor",
    "Graph",
    "MentionRow",
    "NamingError",
    "Passage",
    "RelationRow",
    "annotate",
    "load_extractor",
    "mention_rows",
    "open_graph",
    "read_documents",
    "relation_rows",
]
Value = str | int | float | bool | None
Row = Mapping[str, Value]
_ALL = -1
"""No limit, in SQLite's words."""
_READERS: Mapping[str, Callable[[str], Value]] = {
    "integer": int,
    "decimal": float,
    "double": float,
    "boolean": "true".__eq__,
}
_LOG = logging.getLogger(__name__)


class MentionRow(NamedTuple):
    """A mention: characters ``[start, end)`` of a passage. ``concept`` is the CURIE of ``name``."""

    pmid: str
    passage: str
    start: int
    end: int
    text: str
    type: str
    score: float
    concept: str
    name: str


class RelationRow(NamedTuple):
    """A relation between two mentions, with the sentence that holds them."""

    pmid: str
    subject: str
    subject_text: str
    subject_type: str
    predicate: str
    object: str
    object_text: str
    object_type: str
    score: float
    sentence: str


def read_documents(*paths: Path | str) -> Iterator[Document]:
    """Read files or folders as ``gutbrain run`` does: PubMed XML, MEDLINE, GutBrainIE JSON.

    A record that cannot be read is left out and logged. Raises ValueError on a file of another
    format.
    """
    for path in paths:
        for record in read_source(Path(path)):
            if isinstance(record, Document):
                yield record
            elif isinstance(record, Rejected):
                _LOG.warning("%s: PMID %s: %s", record.source, record.pmid, record.reason)


@cache
def load_extractor(
    model: Path | str | None = None,
    *,
    ner: str | None = None,
    relations: str | None = None,
    preset: str | None = None,
) -> Extractor:
    """Load a pipeline, once: by default the shipped model, or what ``gutbrain.toml`` names.

    ``model`` is a folder that ``gutbrain train`` wrote. The other names are those of the command
    line: ``ner`` lexicon or encoder, ``relations`` counts or boosted, ``preset`` balanced or
    precise.
    """
    return open_extractor(load_settings(model=model, ner=ner, relations=relations, preset=preset))


def annotate(
    texts: Iterable[Document | str], extractor: Extractor | None = None
) -> Iterator[AnnotatedDocument]:
    """Find mentions and relations, a text at a time; a plain string is an abstract.

    The documents of strings are numbered from 1 in place of a PMID.

    >>> next(annotate(["No bacteria here."])).document.pmid
    '1'
    """
    documents = (
        text if isinstance(text, Document) else Document(str(n), (Passage("abstract", text),))
        for n, text in enumerate([texts] if isinstance(texts, str) else texts, start=1)
    )
    return (extractor or load_extractor()).annotate_all(documents)


def mention_rows(annotated: Iterable[AnnotatedDocument]) -> Iterator[MentionRow]:
    """List the mentions of some documents, a row each."""
    for each in annotated:
        names = {concept.curie: concept.name for concept in each.concepts}
        for m in each.mentions:
            span = (m.passage, m.start, m.end, m.text, str(m.type), m.score)
            yield MentionRow(
                each.document.pmid, *span, m.concept or "", names.get(m.concept or "", "")
            )


def relation_rows(annotated: Iterable[AnnotatedDocument]) -> Iterator[RelationRow]:
    """List the relations of some documents, a row each."""
    for each in annotated:
        quoter = Quoter(each.document)
        for relation in each.relations:
            subject, object_ = relation.subject, relation.object
            yield RelationRow(
                each.document.pmid,
                *_end(subject),
                str(relation.predicate),
                *_end(object_),
                relation.score,
                quoter.quote(Span.of(subject), Span.of(object_)).sentence,
            )


def _end(mention: Mention) -> tuple[str, str, str]:
    return mention.concept or "", mention.text, str(mention.type)


def open_graph(place: Path | str = "data", snapshot: str = "current") -> "Graph":
    """Open the graph of a data directory, or of a server by its URL, for reading.

    ``snapshot`` is current, previous, a number, a name or a day (YYYY-MM-DD). Raises RuntimeError
    where there is no such graph.
    """
    if is_server(place):
        return Graph(chosen_graph(load_settings(store=place), snapshot))
    return Graph(open_snapshot(Path(place), snapshot))


class Graph:
    """A graph that is open for reading; ``open_graph`` makes one.

    A concept is given by identifier, name or synonym; NamingError lists the choices where that is
    not one concept.
    """

    def __init__(self, graph: ChosenGraph) -> None:
        self._graph, self._store = graph, graph.store

    def close(self) -> None:
        """Let go of the graph."""
        self._store.close()

    def search(self, text: str, of_type: str | None = None, limit: int = 20) -> list[Row]:
        """Find concepts by identifier, or by words of a name or synonym; best first."""
        wanted = EntityType(of_type) if of_type else None
        return [hit_values(hit) for hit in self._graph.lists().search(text, wanted, limit)]

    def relations(
        self, concept: str = "", *, predicate: str = "", of_type: str = "", min_belief: float = 0.0
    ) -> list[Row]:
        """List relations, those with most papers first: a concept's in either direction, or all.

        ``of_type`` is the type of the concept at the other end.
        """
        lists = self._graph.lists()
        curie = resolve(lists, concept).curie if concept else ""
        filters = (
            RelationFilter(subject=curie, predicate=predicate, object_type=of_type),
            RelationFilter(object=curie, predicate=predicate, subject_type=of_type),
        )
        found = {edge.iri: edge for each in filters for edge in lists.relations(each, _ALL)}
        believed = (edge for edge in found.values() if edge.assertion.belief >= min_belief)
        return [_row(edge) for edge in sorted(believed, key=_rank)]

    def evidence(self, relations: Iterable[Row | str]) -> list[Row]:
        """List the sentences for and against some relations, in their order, the best first.

        A relation is a row of ``relations``, or the ``assertion`` of such a row.
        """
        iris = [each if isinstance(each, str) else str(each["assertion"]) for each in relations]
        edges = self._graph.lists().relations_named([local_id(iri) for iri in iris])
        return [
            {**_row(edges[local_id(iri)]), **_evidence(cited)}
            for batch in batched(iris, BATCH)
            for iri, citations in read_evidence(self._store, batch).items()
            for cited in citations
        ]

    def network(self, min_belief: float = 0.0) -> "MultiDiGraph[str]":
        """Read all of it into networkx: concepts are nodes, assertions are edges."""
        return read_network(self._store, min_belief)

    def query(self, query: str, **arguments: str | int) -> list[Row]:
        """Answer a SPARQL query, or a question of the catalogue by name, with its parameters."""
        asked = question(query) if query.isidentifier() else Question("query", "", (), query)
        given = {name: str(value) for name, value in arguments.items()}
        rows = ask_rows(self._store, write_query(asked, given, self._graph.lists))
        return [{name: _plain(term) for name, term in row.items()} for row in rows]


def _rank(edge: Edge) -> tuple[int, float, str]:
    return -edge.assertion.paper_count, -edge.assertion.belief, edge.iri


def _row(edge: Edge) -> Row:
    """Describe a relation in the columns of the CSV export."""
    return dict(zip(ASSERTION_COLUMNS, assertion_cells(edge), strict=True))


def _evidence(cited: Citation) -> Row:
    return dict(zip(EVIDENCE_COLUMNS, evidence_cells(cited), strict=True))


def _plain(term: Term) -> Value:
    """Read a term as a Python value; IRIs and all other literals become text."""
    if term is None or not isinstance(term, Literal):
        return None if term is None else getattr(term, "value", str(term))
    read = _READERS.get(term.datatype.value.rpartition("#")[2], str)
    return read(term.value)
