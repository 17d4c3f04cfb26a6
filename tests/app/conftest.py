"""The small graph of ``tests/data/explorer.trig`` as a snapshot, with a long list added."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import Quad, RdfFormat, parse

from app.graph_access import shared_sandbox
from kg.snapshots.snapshot import next_snapshot

SMALL_GRAPH = Path(__file__).parents[1] / "data" / "explorer.trig"
LISTED_BACTERIA = 60
PREFIXES = """
@prefix gb: <https://w3id.org/gutbrain/ontology#> .
@prefix graph: <https://w3id.org/gutbrain/graph/> .
@prefix assertion: <https://w3id.org/gutbrain/assertion/> .
@prefix biolink: <https://w3id.org/biolink/vocab/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
"""
BACTERIUM = """
graph:concepts {{ obo:NCBITaxon_90{n:02} a skos:Concept , gb:Bacteria ;
    skos:prefLabel "Bacterium {n:02}" ; dcterms:identifier "NCBITaxon:90{n:02}" }}
graph:assertions {{ assertion:{n:016x} a biolink:Association ;
    biolink:subject obo:NCBITaxon_90{n:02} ; biolink:predicate gb:influence ;
    biolink:object obo:MONDO_0002050 ; gb:paperCount 1 ; gb:evidenceCount 1 ; gb:belief 0.5e0 ;
    gb:firstYear 2022 ; gb:lastYear 2022 ; gb:isBelieved true }}
"""


def small_graph() -> Iterator[Quad]:
    yield from parse(SMALL_GRAPH.read_bytes(), RdfFormat.TRIG)
    bacteria = "".join(BACTERIUM.format(n=n) for n in range(LISTED_BACTERIA))
    yield from parse((PREFIXES + bacteria).encode(), RdfFormat.TRIG)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the small graph as its snapshot."""
    folder = tmp_path_factory.mktemp("data")
    with next_snapshot(folder / "graph") as store:
        store.bulk_load(small_graph())
    return folder


@pytest.fixture
def small_data(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The settings point at the small graph, for one test."""
    monkeypatch.setenv("GUTBRAIN_DATA", str(data_folder))
    yield data_folder
    shared_sandbox().close()
    shared_sandbox.cache_clear()


@pytest.fixture
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The settings point at a data directory where nothing was run yet."""
    monkeypatch.setenv("GUTBRAIN_DATA", str(tmp_path))
    yield tmp_path
    shared_sandbox().close()
    shared_sandbox.cache_clear()
