"""A read model is made once for each state of a graph, and the same from every store."""

import fcntl
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kg.graph import vocabulary as v
from kg.snapshots.read_model import ReadModel, RelationFilter
from kg.snapshots.read_model_build import build_read_model, make_read_model, server_state
from kg.stores import Row, TripleStore
from kg.stores.answers import TruncatedError
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import open_store
from tests.small_graph import SAID, graph_of_text, small_graph

LIKES = NamedNode("https://w3id.org/gutbrain/assertion/aaaaaaaaaaaaaaaa")


@pytest.fixture
def small() -> EmbeddedStore:
    store = EmbeddedStore.in_memory()
    store.bulk_load(small_graph())
    return store


def of_text(text: str, path: Path) -> ReadModel:
    build_read_model(graph_of_text(text), path)
    return ReadModel.open(path)


def inside(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that a read model says."""
    tables = ("concept", "label", "identifier", "relation", "paper_year", "run", "origin")
    with closing(sqlite3.connect(path)) as base:
        return {name: base.execute(f"SELECT * FROM {name}").fetchall() for name in tables}


@pytest.fixture(params=["rdf4j_url", "sparql_url"])
def server(request: pytest.FixtureRequest) -> Iterator[TripleStore]:
    store = open_store(str(request.getfixturevalue(request.param)))
    yield store
    store.close()


def test_a_server_gives_the_same_as_a_snapshot(
    small: EmbeddedStore, server: TripleStore, tmp_path: Path
) -> None:
    server.change(remove=(), add=small_graph())
    build_read_model(small, tmp_path / "here.sqlite")
    build_read_model(server, tmp_path / "there.sqlite")
    assert inside(tmp_path / "there.sqlite") == inside(tmp_path / "here.sqlite")


@dataclass(frozen=True)
class Cutting:
    """A store as a server that gives no more than some rows of an answer."""

    store: EmbeddedStore
    most: int

    def select(self, query: str) -> Iterator[Row]:
        rows = list(self.store.select(query))
        yield from rows[: self.most]
        if len(rows) > self.most:
            raise TruncatedError(f"{self.most} rows of a longer answer")

    def change(self, *, remove: Iterable[Quad], add: Iterable[Quad]) -> None:
        self.store.change(remove=remove, add=add)

    def size(self) -> int:
        return self.store.size()


@pytest.mark.parametrize("most", [7, 64, 65])
def test_a_server_that_cuts_its_answers_gives_the_same(
    small: EmbeddedStore, tmp_path: Path, most: int
) -> None:
    build_read_model(small, tmp_path / "whole.sqlite")
    build_read_model(Cutting(small, most), tmp_path / "cut.sqlite")
    assert inside(tmp_path / "cut.sqlite") == inside(tmp_path / "whole.sqlite")


def test_an_empty_graph_has_a_read_model(store: EmbeddedStore, tmp_path: Path) -> None:
    build_read_model(store, tmp_path / "empty.sqlite")
    lists = ReadModel.open(tmp_path / "empty.sqlite")
    assert (lists.totals().concepts, lists.totals().last_year) == (0, None)
    assert lists.search("a") == lists.relations(RelationFilter(), 10) == lists.provisional(5) == []
    assert (lists.count(RelationFilter()), lists.facet(RelationFilter(), "predicate")) == (0, {})


def test_it_is_made_once_for_a_state(small: EmbeddedStore, tmp_path: Path) -> None:
    path = tmp_path / "read_model.sqlite"
    make_read_model(small, path, "one")
    made = path.stat().st_ino
    make_read_model(small, path, "one")
    assert path.stat().st_ino == made
    make_read_model(small, path, "two")
    assert path.stat().st_ino != made
    assert ReadModel.open(path).state == "two"
    assert {each.name for each in path.parent.iterdir()} == {path.name, f".{path.name}.lock"}


def test_one_of_another_version_and_one_that_broke_off_are_made_anew(
    small: EmbeddedStore, tmp_path: Path
) -> None:
    path = tmp_path / "read_model.sqlite"
    path.write_text("from before")
    path.with_name(f".{path.name}.new").write_text("broken off")
    make_read_model(small, path)
    assert ReadModel.open(path).totals().relations == 64


class Asked(EmbeddedStore):
    """A store that counts what it is asked."""

    count = 0

    def select(self, query: str) -> Iterator[Row]:
        self.count += 1
        return super().select(query)


def test_who_waits_for_another_that_makes_it_asks_nothing(
    small: EmbeddedStore, tmp_path: Path
) -> None:
    path, lock = tmp_path / "read_model.sqlite", tmp_path / ".read_model.sqlite.lock"
    store = Asked.in_memory()
    assert isinstance(store, Asked)
    second = Thread(target=make_read_model, args=(store, path))
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second.start()
        build_read_model(small, path)
    second.join()
    assert store.count == 0


Change = Callable[[EmbeddedStore], None]


def another_belief(store: EmbeddedStore) -> None:
    old, new = (Quad(LIKES, v.BELIEF, Literal(n), v.ASSERTIONS) for n in (0.94, 0.95))
    store.change(remove=[old], add=[new])


def another_run(store: EmbeddedStore) -> None:
    old, new = (NamedNode(f"https://w3id.org/gutbrain/run/{n}") for n in ("00000000000000aa", "b"))
    quads = [quad for quad in store.quads() if quad.subject == old]
    moved = [Quad(new, quad.predicate, quad.object, quad.graph_name) for quad in quads]
    store.change(remove=quads, add=moved)


def one_quad_more(store: EmbeddedStore) -> None:
    store.change(remove=(), add=[Quad(LIKES, v.gb("doi"), Literal("x"), v.ASSERTIONS)])


@pytest.mark.parametrize("change", [another_belief, another_run, one_quad_more])
def test_a_graph_that_changed_has_another_state(small: EmbeddedStore, change: Change) -> None:
    before = server_state(small)
    assert server_state(small) == before
    change(small)
    assert server_state(small) != before


def test_of_two_types_and_of_two_names_the_first_by_alphabet_is_taken(tmp_path: Path) -> None:
    lists = of_text(
        ':a a skos:Concept , gb:Food , gb:Bacteria ; skos:prefLabel "b" , "a" .',
        tmp_path / "read_model.sqlite",
    )
    (hit,) = lists.search("a")
    assert (hit.concept.name, hit.concept.type) == ("a", "bacteria")
    assert lists.search("b") == []


def test_what_is_no_relation_of_ours_is_left_out(tmp_path: Path) -> None:
    said = "gb:paperCount 1 ; gb:evidenceCount 1 ; gb:belief 0.5e0 ; gb:isBelieved true"
    lists = of_text(
        f"""
        :a a skos:Concept , gb:Food . :b a skos:Concept , gb:Gene . :c a skos:Concept , :Thing .
        ---
        :1 biolink:subject :a ; biolink:predicate gb:affect ; biolink:object :b ; {said} .
        :2 biolink:subject :a ; biolink:predicate :foreign ; biolink:object :b ; {said} .
        :3 biolink:subject :a ; biolink:predicate gb:affect ; biolink:object :c ; {said} .
        :4 biolink:subject :a ; biolink:predicate gb:affect ; biolink:object :b .
        """,
        tmp_path / "read_model.sqlite",
    )
    (edge,) = lists.relations(RelationFilter(), 10)
    assert (edge.id, edge.assertion.years, edge.assertion.is_believed) == ("1", (), True)
    assert lists.search("https://example.org/a")[0].relations == 1


@pytest.mark.parametrize("said", ["", "gb:isBelieved false ;"])
def test_what_is_not_said_to_be_believed_is_not(tmp_path: Path, said: str) -> None:
    text = (
        f":1 {said} biolink:subject :a ; biolink:predicate gb:affect ; biolink:object :b ; {SAID} ."
    )
    concepts = ":a a skos:Concept , gb:Food . :b a skos:Concept , gb:Gene ."
    lists = of_text(f"{concepts} --- {text}", tmp_path / "read_model.sqlite")
    assert [e.assertion.is_believed for e in lists.relations(RelationFilter(), 1)] == [False]


def test_relations_with_more_papers_come_first_then_those_of_more_belief(tmp_path: Path) -> None:
    ranks = {"1": (1, 0.9), "2": (2, 0.1), "3": (2, 0.2), "4": (1, 0.9)}
    said = " ".join(
        f":{name} biolink:subject :a ; biolink:predicate gb:affect ; biolink:object :b ; "
        f"gb:paperCount {papers} ; gb:belief {belief}e0 ."
        for name, (papers, belief) in ranks.items()
    )
    concepts = ":a a skos:Concept , gb:Food . :b a skos:Concept , gb:Gene . --- "
    lists = of_text(concepts + said, tmp_path / "read_model.sqlite")
    assert [edge.id for edge in lists.relations(RelationFilter(), 10)] == ["3", "2", "1", "4"]
    narrowed = lists.relations(RelationFilter(subject="https://example.org/a", papers=1), 2, 1)
    assert [edge.id for edge in narrowed] == ["2", "1"]


def test_a_relation_of_a_concept_with_itself_counts_once(tmp_path: Path) -> None:
    text = f":1 biolink:subject :a ; biolink:predicate gb:affect ; biolink:object :a ; {SAID} ."
    lists = of_text(f":a a skos:Concept , gb:Food . --- {text}", tmp_path / "read_model.sqlite")
    assert lists.search("https://example.org/a")[0].relations == 1
