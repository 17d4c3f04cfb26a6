"""Every store keeps the same contract: embedded in memory and on disk, and over HTTP."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.stores import TripleStore
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import open_store
from tests.sparql_server import SparqlServer
from tests.store_contract import StoreContract, everything
from tests.virtuoso import Virtuoso

KINDS = ("memory", "disk", "rdf4j", "sparql", "updates", "virtuoso", "graphdb")


class TestEveryStore(StoreContract):
    """One after another each implementation, empty."""

    @pytest.fixture(params=KINDS)
    def any_store(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TripleStore]:
        match request.param:
            case "memory":
                yield EmbeddedStore.in_memory()
            case "disk":
                yield EmbeddedStore.open(tmp_path / "store")
            case "rdf4j":
                yield from opened(request.getfixturevalue("rdf4j_url"))
            case "sparql":
                yield from opened(request.getfixturevalue("sparql_url"))
            case "updates":
                server: SparqlServer = request.getfixturevalue("sparql")
                server.has_graph_store = False
                yield from opened(request.getfixturevalue("sparql_url"))
            case "virtuoso":
                virtuoso: Virtuoso = request.getfixturevalue("virtuoso")
                yield from opened(virtuoso.writable)
            case _:
                yield from real_graphdb()


def opened(url: str) -> Iterator[TripleStore]:
    store = open_store(url)
    yield store
    store.close()


def real_graphdb() -> Iterator[TripleStore]:
    url = os.environ.get("GUTBRAIN_TEST_GRAPHDB")
    if not url:
        pytest.skip("GUTBRAIN_TEST_GRAPHDB names no empty repository")
    for store in opened(url):
        assert store.size() == 0, "the test repository must be empty"
        yield store
        store.change(remove=everything(store), add=())
