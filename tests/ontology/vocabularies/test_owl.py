from pathlib import Path

import pytest

from ontology.vocabularies.owl import read_owl
from ontology.vocabularies.reading import Tally, VocabularyError
from ontology.vocabularies.term import Term

TURTLE = """
@prefix obo: <http://purl.obolibrary.org/obo/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix oio: <http://www.geneontology.org/formats/oboInOwl#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
obo:OHMI_1 rdfs:label "gut  microbiota"@en ; rdfs:label "Darmflora"@de ;
  oio:hasExactSynonym "gut flora" ; obo:IAO_0000118 "gut microbes" ; skos:altLabel "gut flora" ;
  rdfs:subClassOf obo:OHMI_2, [ a owl:Restriction ] ; skos:exactMatch <http://id.nlm.nih.gov/mesh/D000069196> ;
  oio:hasDbXref "MSH:D064307" .
obo:OHMI_3 rdfs:label "gone" ; owl:deprecated true .
obo:OHMI_4 oio:hasExactSynonym "without label" .
"""  # noqa: E501


def test_a_class_has_names_parents_and_matches(tmp_path: Path) -> None:
    path, tally = tmp_path / "x.ttl", Tally()
    path.write_text(TURTLE, encoding="utf-8")
    assert list(read_owl(path, tally)) == [
        Term(
            "OHMI:1",
            "gut microbiota",
            ("gut flora", "gut microbes"),
            parents=("OHMI:2",),
            exact=("MESH:D000069196",),
            references=("MESH:D064307",),
        )
    ]
    assert tally.skipped == {"name in language de": 1, "obsolete": 1}


def test_a_file_that_is_broken_or_of_an_unknown_format_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "x.owl"
    broken.write_text("<rdf", encoding="utf-8")
    with pytest.raises(VocabularyError, match=r"x\.owl: "):
        list(read_owl(broken, Tally()))
    with pytest.raises(VocabularyError, match=r"x\.bin: name it by its format: \.owl"):
        list(read_owl(tmp_path / "x.bin", Tally()))
