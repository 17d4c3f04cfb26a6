"""What is denied is not exported as if it were said."""

import csv
from pathlib import Path
from typing import Any

import networkx
import pytest
from pyoxigraph import RdfFormat, parse

from kg.exports.formats import Format, export
from kg.stores.embedded import EmbeddedStore

DENIED = """
@prefix gb: <https://w3id.org/gutbrain/ontology#> .
@prefix graph: <https://w3id.org/gutbrain/graph/> .
@prefix x: <https://w3id.org/gutbrain/assertion/> .
@prefix run: <https://w3id.org/gutbrain/run/> .
@prefix biolink: <https://w3id.org/biolink/vocab/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
@prefix pmid: <https://pubmed.ncbi.nlm.nih.gov/> .
graph:concepts {
  obo:NCBITaxon_853 a skos:Concept, gb:Bacteria ; skos:prefLabel "F. prausnitzii" .
  obo:NCIT_C26845 a skos:Concept, gb:DDF ; skos:prefLabel "Parkinson's disease" .
}
graph:articles {
  pmid:1 gb:pmid "1" ; gb:studyKind gb:animalStudy, gb:humanStudy .
  pmid:2 gb:pmid "2" .
}
graph:assertions {
  x:0000000000000001 a biolink:Association ; biolink:subject obo:NCBITaxon_853 ;
    biolink:predicate gb:influence ; biolink:object obo:NCIT_C26845 ;
    gb:paperCount 1 ; gb:evidenceCount 1 ; gb:belief 0.3e0 ; gb:isBelieved false ;
    gb:opposingPaperCount 1 ; gb:opposingEvidenceCount 1 ; gb:disbelief 0.8e0 ;
    gb:noChangePaperCount 1 ; gb:humanPaperCount 1 .
}
run:r { x:e1 gb:opposes x:0000000000000001 ; gb:article pmid:1 ; gb:score 0.8e0 ;
    gb:weight 0.8e0 ; gb:polarity gb:noChange ; gb:sentence "F. prausnitzii did not." ;
    prov:wasGeneratedBy run:r ;
    gb:subjectText "F. prausnitzii" ; gb:subjectPassage "abstract" ; gb:subjectStart 0 ;
    gb:subjectEnd 14 ; gb:subjectAt 0 ; gb:objectText "not" ; gb:objectPassage "abstract" ;
    gb:objectStart 19 ; gb:objectEnd 22 ; gb:objectAt 19 .
  x:e2 gb:supports x:0000000000000001 ; gb:article pmid:2 ; gb:score 0.6e0 ;
    gb:weight 0.3e0 ; gb:isSpeculative true ; gb:sentence "F. prausnitzii might." ;
    prov:wasGeneratedBy run:r ;
    gb:subjectText "F. prausnitzii" ; gb:subjectPassage "abstract" ; gb:subjectStart 0 ;
    gb:subjectEnd 14 ; gb:subjectAt 0 ; gb:objectText "might" ; gb:objectPassage "abstract" ;
    gb:objectStart 15 ; gb:objectEnd 20 ; gb:objectAt 15 . }
"""


@pytest.fixture
def denied(store: EmbeddedStore) -> EmbeddedStore:
    store.bulk_load(parse(DENIED.encode(), RdfFormat.TRIG))
    return store


def _rows(path: Path, delimiter: str) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_csv_tells_which_evidence_denies(denied: EmbeddedStore, tmp_path: Path) -> None:
    export(denied, Format.CSV, tmp_path / "e.csv")
    against, in_favour = _rows(tmp_path / "e.csv", ",")
    assert (against["stance"], against["polarity"], against["pmid"]) == ("opposes", "noChange", "1")
    assert against["study_kinds"] == "animalStudy|humanStudy"
    assert (in_favour["stance"], in_favour["is_speculative"]) == ("supports", "true")
    assert (in_favour["score"], in_favour["weight"]) == ("0.6", "0.3")
    assert {row["disbelief"] for row in (against, in_favour)} == {"0.8"}


def test_a_denied_edge_is_negated_in_kgx(denied: EmbeddedStore, tmp_path: Path) -> None:
    export(denied, Format.KGX, tmp_path / "kgx")
    (edge,) = _rows(tmp_path / "kgx" / "edges.tsv", "\t")
    assert (edge["negated"], edge["publications"]) == ("true", "PMID:1")
    assert edge["has_confidence_score"] == "0.8"
    assert edge["no_change_paper_count"] == "1"


def test_a_denied_assertion_makes_no_nanopublication(denied: EmbeddedStore, tmp_path: Path) -> None:
    assert export(denied, Format.NANOPUBS, tmp_path / "np.trig") == (0, "nanopublications")


def test_networks_say_how_much_speaks_against(denied: EmbeddedStore, tmp_path: Path) -> None:
    export(denied, Format.GRAPHML, tmp_path / "g.graphml")
    network: Any = networkx.read_graphml(tmp_path / "g.graphml")
    ((_, _, edge),) = network.edges(data=True)
    assert (edge["belief"], edge["disbelief"], edge["opposing_papers"]) == (0.3, 0.8, 1)
    assert (edge["no_change_papers"], edge["human_papers"]) == (1, 1)
