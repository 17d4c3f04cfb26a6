"""What every store keeps to. A subclass has a fixture ``any_store``: a store, empty."""

from collections.abc import Iterable

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from ingest.document import Document, Passage
from kg.graph.reading_back import graph_counts, graph_state
from kg.loading import load, load_ontology, withdraw
from kg.stores import TripleStore
from kg.stores.answers import StoreError
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate

G, H = (NamedNode(f"https://w3id.org/gutbrain/graph/{name}") for name in "gh")
P = NamedNode("http://x.org/p")
TEXT = 'tab\t, line\nbreak, "quote", \\ and é 😀'
BACTERIUM = Concept("NCBITaxon:239935", "A. muciniphila", EntityType.BACTERIA, ("Akkermansia",))
DISEASE = Concept("NCIT:C2878", "anxiety", EntityType.DDF)
PIPELINE = Pipeline("lexicon", "counts", "weights", "names")
OURS = """SELECT * { GRAPH ?g { ?s ?p ?o }
  FILTER (STRSTARTS(STR(?g), "http://x.org/") || STRSTARTS(STR(?g), "https://w3id.org/")) }"""


def everything(store: TripleStore) -> list[Quad]:
    """Every quad that a test can have put there."""
    return [Quad(row["s"], row["p"], row["o"], row["g"]) for row in store.select(OURS)]  # type: ignore[arg-type]


def quad(n: int, value: object = 1, graph: NamedNode = G) -> Quad:
    """A quad that only ``n`` tells from others."""
    return Quad(NamedNode(f"http://x.org/{n}"), P, Literal(value), graph)  # type: ignore[arg-type]


def paper(pmid: str, score: float) -> AnnotatedDocument:
    """A paper that says one thing, more or less surely."""
    text = 'Akkermansia "A. muciniphila" reduced anxiety – é – in mice.'
    named = (("A. muciniphila", BACTERIUM), ("anxiety", DISEASE))
    subject, object_ = (
        Mention("abstract", at, at + len(name), name, concept.type, concept=concept.curie)
        for name, concept in named
        for at in (text.index(name),)
    )
    document = Document(
        pmid, (Passage("title", f"Paper {pmid}"), Passage("abstract", text)), year=2020
    )
    relation = Relation(subject, Predicate.INFLUENCE, object_, score)
    mentions, concepts = (subject, object_), (BACTERIUM, DISEASE)
    return AnnotatedDocument(document, mentions, (relation,), PIPELINE, concepts)


class StoreContract:
    """The facts."""

    def test_what_is_added_is_found_with_its_graph(self, any_store: TripleStore) -> None:
        values = (TEXT, 0.71, 0.0, 1.0, 1e-9, -7, 2020, True, False)
        quads = {quad(n, value, G if n % 2 else H) for n, value in enumerate(values)}
        any_store.change(remove=(), add=quads)
        assert set(everything(any_store)) == quads
        assert any_store.size() == len(values)
        any_store.change(remove=quads, add=())
        assert any_store.size() == 0

    def test_a_change_removes_then_adds(self, any_store: TripleStore) -> None:
        any_store.change(remove=(), add=[quad(1), quad(2, TEXT)])
        any_store.change(remove=[quad(2, TEXT), quad(9), quad(1)], add=[quad(3), quad(1)])
        assert set(everything(any_store)) == {quad(1), quad(3)}

    def test_removing_touches_one_graph_only(self, any_store: TripleStore) -> None:
        any_store.change(remove=(), add=[quad(1), quad(1, graph=H)])
        any_store.change(remove=[quad(1)], add=())
        assert everything(any_store) == [quad(1, graph=H)]

    def test_queries_see_the_union_of_all_graphs(self, any_store: TripleStore) -> None:
        any_store.change(remove=(), add=[quad(1), quad(2, graph=H)])
        assert len(list(any_store.select(f"SELECT * {{ ?s {P} ?o }}"))) == 2

    def test_an_unbound_variable_is_none(self, any_store: TripleStore) -> None:
        any_store.change(remove=(), add=[quad(1)])
        (row,) = any_store.select(f"SELECT ?s ?none {{ ?s {P} ?o }}")
        assert row == {"s": quad(1).subject, "none": None}

    def test_changing_nothing_is_allowed(self, any_store: TripleStore) -> None:
        any_store.change(remove=(), add=())
        assert any_store.size() == 0

    def test_more_than_one_request_holds_is_written_and_removed(
        self, any_store: TripleStore
    ) -> None:
        many = [quad(n, f"{TEXT} {n}") for n in range(1_200)]
        any_store.change(remove=(), add=iter(many))
        assert any_store.size() == len(many)
        any_store.change(remove=iter(many[1:]), add=())
        assert everything(any_store) == many[:1]

    def test_rows_are_read_while_others_are_asked_for(self, any_store: TripleStore) -> None:
        any_store.change(remove=(), add=[quad(1), quad(2)])
        asked = f"SELECT ?s {{ ?s {P} ?o }}"
        assert len([1 for _ in any_store.select(asked) for _ in any_store.select(asked)]) == 4

    @pytest.mark.parametrize(
        "query", ["SELECT * {", "ASK {}", "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"]
    )
    def test_what_is_no_select_is_refused_in_one_line(
        self, any_store: TripleStore, query: str
    ) -> None:
        with pytest.raises(StoreError) as caught:
            list(any_store.select(query))
        assert "\n" not in str(caught.value)

    def test_a_graph_is_loaded_and_taken_back_as_in_memory(self, any_store: TripleStore) -> None:
        papers = [paper("1", 0.7), paper("2", 0.123456789)]
        memory = EmbeddedStore.in_memory()
        for store in (any_store, memory):
            load_ontology(store)
            load(store, papers, min_belief=0.5)
        assert not load(any_store, papers, min_belief=0.5).has_changed
        self._agree(any_store, memory)
        for store in (any_store, memory):
            withdraw(store, ["2"], min_belief=0.5)
        self._agree(any_store, memory)

    def _agree(self, any_store: TripleStore, memory: TripleStore) -> None:
        assert graph_counts(any_store) == graph_counts(memory)
        assert graph_state(any_store) == graph_state(memory)
        assert _lines(everything(any_store)) == _lines(everything(memory))


def _lines(quads: Iterable[Quad]) -> set[str]:
    return {str(each) for each in quads}
