"""What the files of a graph are made of: concepts, assertions and their evidence, in order.

Everything is read by SPARQL in batches of assertions, so that memory does not grow with the graph
and an embedded store and a server give the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from kg.exports.sorting import batched, sorted_lines
from kg.graph import vocabulary as v
from kg.graph.catalogue import bind_terms, question_folder
from kg.graph.rdf import cell
from kg.identifiers import identifier_of
from kg.stores import Row, TripleStore
from ontology.concept import Concept
from ontology.namespaces import ONTOLOGY, PREDICATE_OF_IRI, TYPE_OF_IRI
from ontology.schema import EntityType

BATCH = 500
"""Assertions asked about at a time."""

TRUE = frozenset({"true", "1"})


POLARITIES = ("increase", "decrease", "no_change")
STUDIES = ("human", "animal", "in_vitro", "review", "other")
"""What papers are counted by, as ``assertions.rq`` names its variables."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An assertion as the graph states it; its ends by identifier and name.

    ``predicate`` is the label of one of ours, or the identifier of a foreign one. ``papers`` and
    ``evidence`` count what supports it. ``by_polarity`` and ``by_study`` hold (name, papers) for
    each of ``POLARITIES`` and ``STUDIES``.
    """

    iri: str
    subject: str
    subject_name: str
    predicate: str
    object: str
    object_name: str
    papers: int
    evidence: int
    belief: float
    is_believed: bool
    first_year: int | None
    last_year: int | None
    opposing_papers: int
    opposing_evidence: int
    disbelief: float
    by_polarity: tuple[tuple[str, int], ...]
    by_study: tuple[tuple[str, int], ...]

    @property
    def is_denied(self) -> bool:
        """Whether more speaks against it than for it."""
        return self.disbelief > self.belief


@dataclass(frozen=True, slots=True)
class Side:
    """One span of a piece of evidence: code points of the passage, and ``at`` in the sentence."""

    text: str
    passage: str
    start: int
    end: int
    at: int


@dataclass(frozen=True, slots=True)
class EvidenceEntry:
    """A piece of evidence with its article and its run.

    ``opposes`` where it denies the assertion. ``weight`` is what it brings to belief or disbelief.
    ``polarity`` (empty, increase, decrease, noChange) and ``study_kinds`` are names of terms.
    """

    iri: str
    pmid: str
    title: str
    journal: str
    year: int | None
    opposes: bool
    score: float
    weight: float
    polarity: str
    is_speculative: bool
    study_kinds: tuple[str, ...]
    sentence: str
    subject: Side
    object: Side
    run: str
    recognizer: str
    relation_method: str
    pipeline_version: str


def ask(store: TripleStore, name: str, **values: Iterable[NamedNode | Literal]) -> Iterator[Row]:
    """Ask one query of ``queries/exports``."""
    text = (question_folder() / "exports" / f"{name}.rq").read_text(encoding="utf-8")
    return store.select(bind_terms(text, values))


def read_concepts(store: TripleStore, folder: Path, min_belief: float = 0.0) -> Iterator[Concept]:
    """Read the concepts that stand in an assertion of that belief, by IRI.

    ``folder`` is for files that are sorted. A concept of no type of ours is left out.
    """
    for batch in batched(_iris(store, "concept_iris", folder, min_belief), BATCH):
        yield from concepts_of(store, batch)


def concepts_of(store: TripleStore, iris: Iterable[str]) -> Iterator[Concept]:
    """Read some concepts, in the order of their IRIs as given; others than of our types are not."""
    properties: dict[str, list[Row]] = {iri: [] for iri in iris}
    for row in ask(store, "concepts", iri=map(NamedNode, properties)):
        properties[cell(row, "iri")].append(row)
    found = (_concept(iri, rows) for iri, rows in properties.items())
    return (concept for concept in found if concept is not None)


def read_edges(store: TripleStore, folder: Path, min_belief: float = 0.0) -> Iterator[list[Edge]]:
    """Read the assertions of that belief, by IRI, in batches."""
    for batch in batched(_iris(store, "assertion_iris", folder, min_belief), BATCH):
        yield edges_of(store, batch)


def edges_of(store: TripleStore, iris: Iterable[str]) -> list[Edge]:
    """Read some assertions, by IRI; those that are not there are left out."""
    rows = ask(store, "assertions", iri=map(NamedNode, iris))
    return sorted({(edge := _edge(row)).iri: edge for row in rows}.values(), key=lambda e: e.iri)


def read_evidence(store: TripleStore, edges: Iterable[Edge]) -> Mapping[str, list[EvidenceEntry]]:
    """Read the evidence of some assertions: assertion IRI to evidence, best first."""
    rows: dict[str, dict[str, list[Row]]] = {edge.iri: {} for edge in edges}
    for row in ask(store, "evidence", assertion=map(NamedNode, rows)):
        rows[cell(row, "assertion")].setdefault(cell(row, "iri"), []).append(row)
    return {
        iri: sorted((_evidence(same) for same in found.values()), key=_rank)
        for iri, found in rows.items()
    }


def _rank(entry: EvidenceEntry) -> tuple[float, str]:
    return -entry.score, entry.iri


def _iris(store: TripleStore, query: str, folder: Path, min_belief: float) -> Iterator[str]:
    rows = ask(store, query, min=(Literal(min_belief),))
    lines = (cell(row, "iri").encode() + b"\n" for row in rows)
    pieces = folder / query
    pieces.mkdir(exist_ok=True)
    for line in sorted_lines(lines, pieces):
        yield line.decode().rstrip("\n")


def _concept(iri: str, rows: Iterable[Row]) -> Concept | None:
    said: dict[str, set[str]] = {}
    for row in rows:
        said.setdefault(cell(row, "property"), set()).add(cell(row, "value"))
    kinds = sorted(TYPE_OF_IRI.keys() & said.get(v.TYPE.value, set()))
    return _described(iri, TYPE_OF_IRI[kinds[0]], said) if kinds else None


def _described(iri: str, kind: EntityType, said: Mapping[str, set[str]]) -> Concept:
    identifier = identifier_of(iri)
    return Concept(
        curie=identifier,
        name=min(said.get(v.PREF_LABEL.value, {identifier})),
        type=kind,
        synonyms=tuple(sorted(said.get(v.ALT_LABEL.value, ()))),
        same_as=tuple(sorted(map(identifier_of, said.get(v.CLOSE_MATCH.value, ())))),
        is_provisional="true" in said.get(v.IS_PROVISIONAL.value, ()),
    )


def _edge(row: Row) -> Edge:
    subject, object_ = (identifier_of(cell(row, end)) for end in ("subject", "object"))
    predicate = cell(row, "predicate")
    return Edge(
        iri=cell(row, "iri"),
        subject=subject,
        subject_name=text_of(row, "subjectName") or subject,
        predicate=PREDICATE_OF_IRI.get(predicate) or identifier_of(predicate),
        object=object_,
        object_name=text_of(row, "objectName") or object_,
        papers=int(cell(row, "papers")),
        evidence=int(cell(row, "evidence")),
        belief=float(cell(row, "belief")),
        is_believed=cell(row, "believed") in TRUE,
        first_year=_number(row, "first"),
        last_year=_number(row, "last"),
        opposing_papers=_number(row, "opposingPapers") or 0,
        opposing_evidence=_number(row, "opposingEvidence") or 0,
        disbelief=float(text_of(row, "disbelief") or 0),
        by_polarity=tuple((name, _number(row, name) or 0) for name in POLARITIES),
        by_study=tuple((name, _number(row, name) or 0) for name in STUDIES),
    )


def _evidence(rows: Sequence[Row]) -> EvidenceEntry:
    """Read one piece of evidence of rows that differ in the kind of study only."""
    row = rows[0]
    kinds = {text_of(each, "study").removeprefix(ONTOLOGY) for each in rows}
    return EvidenceEntry(
        iri=cell(row, "iri"),
        pmid=cell(row, "pmid"),
        title=text_of(row, "title"),
        journal=text_of(row, "journal"),
        year=_number(row, "year"),
        opposes=cell(row, "stance") == ONTOLOGY + "opposes",
        score=float(cell(row, "score")),
        weight=float(text_of(row, "weight") or cell(row, "score")),
        polarity=text_of(row, "polarity").removeprefix(ONTOLOGY),
        is_speculative=text_of(row, "speculative") in TRUE,
        study_kinds=tuple(sorted(kinds - {""})),
        sentence=cell(row, "sentence"),
        subject=_side(row, "subject"),
        object=_side(row, "object"),
        run=cell(row, "run"),
        recognizer=text_of(row, "recognizer"),
        relation_method=text_of(row, "method"),
        pipeline_version=text_of(row, "version"),
    )


def _side(row: Row, side: str) -> Side:
    start, end, at = (int(cell(row, side + part)) for part in ("Start", "End", "At"))
    return Side(cell(row, side + "Text"), cell(row, side + "Passage"), start, end, at)


def text_of(row: Row, name: str) -> str:
    """Read a value that may be missing as text, empty where it is."""
    return "" if row.get(name) is None else cell(row, name)


def _number(row: Row, name: str) -> int | None:
    return None if row.get(name) is None else int(cell(row, name))
