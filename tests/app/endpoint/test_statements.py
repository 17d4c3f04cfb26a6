"""Patterns of RDF4J's parameters, and the statements that fit them."""

from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store

from app.endpoint.requests import ProtocolError
from app.endpoint.statements import (
    Pattern,
    count,
    graphs_of,
    matching,
    named,
    read_contexts,
    read_pattern,
)
from kg.snapshots.snapshot import current_snapshot, next_snapshot

A, B, G, H = (NamedNode(f"http://e/{name}") for name in "abgh")
ONE = Literal(1)
QUADS = (Quad(A, B, ONE, G), Quad(B, A, ONE, G), Quad(A, B, ONE, H), Quad(A, B, ONE))


@pytest.fixture
def store() -> Store:
    store = Store()
    store.extend(QUADS)
    return store


def test_a_pattern_is_read_from_terms_as_n_triples_writes_them() -> None:
    given = {
        "subj": ["<http://e/a>"],
        "pred": ["<http://e/b>"],
        "obj": ['"é"@en'],
        "context": ["<http://e/g>,null", "_:x"],
    }
    graphs = (G, DefaultGraph(), BlankNode("x"))
    assert read_pattern(given) == Pattern(A, B, Literal("é", language="en"), graphs)
    assert read_pattern({"subj": [" "], "obj": [""]}) == Pattern()


@pytest.mark.parametrize("name", ["sesame#nil", "rdf4j#nil"])
def test_the_unnamed_graph_has_names_of_rdf4j_too(name: str) -> None:
    place = "www.openrdf.org/schema/sesame" if "sesame" in name else "rdf4j.org/schema/rdf4j"
    assert read_contexts({"context": [f"<http://{place}#nil>", "null"]})[0] == DefaultGraph()


def test_a_context_that_comes_twice_counts_once() -> None:
    assert read_contexts({"context": ["<http://e/g>", "<http://e/g>,<http://e/h>"]}) == (G, H)


@pytest.mark.parametrize(
    "parameters",
    [
        {"subj": ["Akkermansia"]},
        {"subj": ['"a literal"']},
        {"pred": ["_:b"]},
        {"obj": ['"a", "b"']},
        {"obj": ['"a" . <http://e/s> <http://e/p> "b"']},
        {"context": ["http://e/no-brackets"]},
        {"context": ["<relative>"]},
        {"subj": ["<http://e/a>", "<http://e/b>"]},
    ],
)
def test_what_is_no_pattern_is_said(parameters: dict[str, list[str]]) -> None:
    with pytest.raises(ProtocolError, match=f"^{next(iter(parameters))}: ") as caught:
        read_pattern(parameters)
    assert caught.value.status == 400


def test_an_iri_is_one() -> None:
    assert named("http://e/a") == A
    with pytest.raises(ProtocolError, match="Not an IRI"):
        named("http://e/>")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (Pattern(), QUADS),
        (Pattern(subject=A), (QUADS[0], QUADS[2], QUADS[3])),
        (Pattern(A, B, ONE, (G, H)), (QUADS[0], QUADS[2])),
        (Pattern(graphs=(DefaultGraph(),)), (QUADS[3],)),
        (Pattern(object=Literal(2)), ()),
    ],
)
def test_statements_are_those_that_fit(
    store: Store, pattern: Pattern, found: tuple[Quad, ...]
) -> None:
    assert set(matching(store, pattern)) == set(found)


def test_graphs_are_those_that_hold_something(store: Store) -> None:
    store.add_graph(NamedNode("http://e/empty"))
    assert graphs_of(store) == [G, H]


def test_a_statement_of_two_graphs_counts_twice(tmp_path: Path) -> None:
    with next_snapshot(tmp_path) as store:
        store.change(remove=(), add=QUADS)
    snapshot = current_snapshot(tmp_path)
    assert snapshot is not None
    version = str(snapshot.path)
    assert (count(version), count(version, (G, H)), count(version, (DefaultGraph(),))) == (4, 3, 1)
    assert count("") == 0
