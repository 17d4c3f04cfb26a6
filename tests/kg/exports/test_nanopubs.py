"""A nanopublication an assertion, with its evidence."""

from pathlib import Path

import pytest
from rdflib import RDF, Dataset, Graph, Namespace, URIRef

from kg.exports.formats import Format, export
from kg.stores.embedded import EmbeddedStore
from ontology.namespaces import ONTOLOGY, predicate_iri
from ontology.schema import Predicate
from tests.kg.exports.readers import counted

# rdflib's parsers of datasets still use names that rdflib deprecates
pytestmark = pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph):DeprecationWarning")
GB, NP = Namespace(ONTOLOGY), Namespace("http://www.nanopub.org/nschema#")
INFLUENCE = URIRef(predicate_iri(Predicate.INFLUENCE))
TAXON = "http://purl.obolibrary.org/obo/NCBITaxon_853"
PARKINSON = "http://purl.obolibrary.org/obo/NCIT_C26845"


def test_nanopublications_have_their_four_graphs(graph: EmbeddedStore, tmp_path: Path) -> None:
    count, _ = export(graph, Format.NANOPUBS, tmp_path / "np.trig")
    read = Dataset().parse(tmp_path / "np.trig", format="trig")
    union = Graph()
    for s, p, o, _ in read.quads():
        union.add((s, p, o))
    names = list(union.subjects(RDF.type, NP.Nanopublication))
    assert len(names) == count == counted(graph, "?a gb:belief ?b")
    for name in names:
        parts = [
            union.value(name, NP[term])
            for term in ("hasAssertion", "hasProvenance", "hasPublicationInfo")
        ]
        sizes = [len(read.graph(part)) for part in parts]  # type: ignore[arg-type]
        assert sizes[0] == 1
        assert min(sizes) > 0
        assert f"{name}#Head" in {str(each.identifier) for each in read.graphs()}
        assert (parts[0], None, None) in read.graph(parts[1])  # type: ignore[arg-type]
        assert (name, None, None) in read.graph(parts[2])  # type: ignore[arg-type]


def test_a_nanopublication_quotes_its_evidence(graph: EmbeddedStore, tmp_path: Path) -> None:
    export(graph, Format.NANOPUBS, tmp_path / "np.trig")
    read = Dataset(default_union=True).parse(tmp_path / "np.trig", format="trig")
    claim = (URIRef(TAXON), INFLUENCE, URIRef(PARKINSON))
    ((_, _, _, where),) = read.quads((*claim, None))
    derived = URIRef("http://www.w3.org/ns/prov#wasDerivedFrom")
    evidence = list(read.objects(URIRef(str(where)), derived))
    assert len(evidence) == 2
    assert all("F. prausnitzii" in str(read.value(each, GB.sentence)) for each in evidence)


def test_a_denied_assertion_makes_no_nanopublication(denied: EmbeddedStore, tmp_path: Path) -> None:
    assert export(denied, Format.NANOPUBS, tmp_path / "np.trig") == (0, "nanopublications")
