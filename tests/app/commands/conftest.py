"""A data directory with two snapshots, and the command line over it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse
from typer.testing import CliRunner

from app.cli import app
from kg.snapshots.snapshot import next_snapshot

ASSERTION = """
@prefix gb: <https://w3id.org/gutbrain/ontology#> .
@prefix biolink: <https://w3id.org/biolink/vocab/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
<https://w3id.org/gutbrain/graph/concepts> {{
  obo:CHEBI_{n} a skos:Concept, gb:Chemical ; skos:prefLabel "chemical {n}" .
  obo:NCIT_C26845 a skos:Concept, gb:DDF ; skos:prefLabel "Parkinson's disease" }}
<https://w3id.org/gutbrain/graph/assertions> {{
  obo:CHEBI_{n} gb:influence obo:NCIT_C26845 .
  <https://w3id.org/gutbrain/assertion/{n:016x}> a biolink:Association ;
    biolink:subject obo:CHEBI_{n} ; biolink:predicate gb:influence ;
    biolink:object obo:NCIT_C26845 ;
    gb:paperCount 1 ; gb:evidenceCount 1 ; gb:belief 0.5e0 ; gb:isBelieved true }}
"""
Run = Callable[..., tuple[int, str]]


def write(data: Path, *numbers: int) -> None:
    """Add an assertion a number, as the next snapshot."""
    with next_snapshot(data / "graph") as store:
        for n in numbers:
            store.change(remove=(), add=parse(ASSERTION.format(n=n).encode(), RdfFormat.TRIG))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two snapshots: with two assertions, with three."""
    write(tmp_path, 1, 2)
    write(tmp_path, 3)
    return tmp_path


@pytest.fixture
def run(data: Path) -> Run:
    def invoke(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*arguments, "--data", str(data)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout

    return invoke
