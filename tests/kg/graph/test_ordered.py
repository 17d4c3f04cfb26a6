"""What a graph holds comes in one order, whatever the store and whatever fits in memory."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad

from kg.exports.formats import Format, export
from kg.graph.ordered import all_quads, keyed_lines, quads_of, sorted_lines
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import open_store
from tests.store_contract import quad
from tests.virtuoso import Virtuoso


@given(lines=st.lists(st.binary(max_size=9).map(lambda b: b.replace(b"\n", b" ") + b"\n")))
def test_sorting_in_pieces_is_sorting(
    lines: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    assert list(sorted_lines(lines, folder, piece=3)) == sorted(lines)
    assert not list(folder.iterdir())


@given(text=st.text(max_size=20))
def test_any_text_survives_as_a_line(text: str) -> None:
    node = NamedNode("x:s")
    quads = [Quad(node, node, Literal(text), NamedNode("x:g")) for _ in range(2)]
    assert list(quads_of(keyed_lines(quads))) == quads


class QueriesOnly:
    """A store that answers queries and nothing else, as a server does."""

    def __init__(self, store: EmbeddedStore) -> None:
        self.select = store.select
        self.size = store.size
        self.change = store.change


def test_a_server_gives_the_same_files(graph: EmbeddedStore, tmp_path: Path) -> None:
    server = QueriesOnly(graph)
    assert set(all_quads(server)) == set(graph.quads())
    for form in (Format.TURTLE, Format.CSV):
        export(graph, form, tmp_path / "own")
        export(server, form, tmp_path / "server")
        assert (tmp_path / "own").read_bytes() == (tmp_path / "server").read_bytes()


def test_of_a_server_only_our_graphs_are_read(virtuoso: Virtuoso) -> None:
    store = open_store(virtuoso.writable)
    foreign = quad(2, graph=NamedNode("http://x.org/other"))
    store.change(remove=(), add=[quad(1), foreign])
    assert (list(all_quads(store)), store.size()) == ([quad(1)], 1)
    store.change(remove=[quad(1), foreign], add=())


def test_of_a_store_that_answers_queries_only_our_graphs_are_read() -> None:
    store = EmbeddedStore.in_memory()
    store.change(remove=(), add=[quad(1), quad(2, graph=NamedNode("http://x.org/other"))])
    assert list(all_quads(QueriesOnly(store))) == [quad(1)]
