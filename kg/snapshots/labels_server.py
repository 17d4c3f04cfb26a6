"""Find concepts by name on a server: by GraphDB's Lucene connector where there is one.

The connector is called ``gutbrain`` and indexes the labels of ``skos:Concept`` (docs/exchange.md
has the update that makes it). It is found by using it: a server without one gives an error or
nothing, and then names are looked through one by one.
"""

from collections.abc import Iterable, Sequence

from pyoxigraph import Literal, NamedNode

from kg.graph.catalogue import ask as ask_question
from kg.graph.catalogue import bind_terms, question_folder
from kg.graph.rdf import cell
from kg.graph.reading_back import read_concepts
from kg.identifiers import identifier_of
from kg.snapshots.labels import Hit, fold
from kg.stores import Row, TripleStore
from kg.stores.answers import StoreError, StoreUnreachableError
from ontology.concept import Concept
from ontology.schema import EntityType

_PLACE = '"parkinson*"'


def search_server(
    store: TripleStore, text: str, entity_type: EntityType | None = None, limit: int = 20
) -> list[Hit]:
    """Find concepts whose labels have a word beginning with each word of ``text``.

    Without the connector: concepts with a label that holds the text. Order as in ``search``.
    """
    words = fold(text).split()
    if not words:
        return []
    found = _by_lucene(store, words) or _by_scan(store, text)
    concepts = read_concepts(store, found)
    wanted = [c for c in concepts.values() if entity_type in {None, c.type}]
    degrees = _degrees(store, concepts)
    hits = (_hit(concept, degrees.get(concept.curie, 0), words) for concept in wanted)
    return sorted(hits, key=lambda hit: _rank(hit, words))[:limit]


def _by_lucene(store: TripleStore, words: Sequence[str]) -> list[str]:
    """Ask the connector; empty where it finds nothing and where there is none."""
    wanted = Literal(" AND ".join(f"{word}*" for word in words))
    query = _text("lucene").replace(_PLACE, str(wanted))
    try:
        return [cell(row, "iri") for row in store.select(query)]
    except StoreUnreachableError:
        raise
    except StoreError:
        return []


def _by_scan(store: TripleStore, text: str) -> list[str]:
    rows: Iterable[Row] = ask_question(store, "view_labels", {"text": text.strip()})
    return list(dict.fromkeys(cell(row, "concept") for row in rows))


def _degrees(store: TripleStore, iris: Iterable[str]) -> dict[str, int]:
    nodes = [NamedNode(iri) for iri in iris]
    if not nodes:
        return {}
    rows = store.select(bind_terms(_text("degrees"), {"iri": nodes}))
    return {identifier_of(cell(row, "iri")): int(cell(row, "degree")) for row in rows}


def _text(query: str) -> str:
    return (question_folder() / "labels" / f"{query}.rq").read_text(encoding="utf-8")


def _hit(concept: Concept, degree: int, words: Sequence[str]) -> Hit:
    labels = (concept.name, *concept.synonyms)
    best = min(labels, key=lambda label: _closeness(label, words))
    return Hit(concept.curie, concept.name, best, concept.type, degree)


def _rank(hit: Hit, words: Sequence[str]) -> tuple[int, int, int, str]:
    return _closeness(hit.label, words), -hit.assertion_count, len(hit.name), hit.curie


def _closeness(label: str, words: Sequence[str]) -> int:
    """Tell 0 for the whole label, 1 for its beginning, 2 for words of it, 3 for less."""
    folded, text = fold(label), " ".join(words)
    if folded == text:
        return 0
    if folded.startswith(text):
        return 1
    return 2 if all(any(w.startswith(word) for w in folded.split()) for word in words) else 3
