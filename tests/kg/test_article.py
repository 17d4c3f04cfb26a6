"""An article says of itself what the ontology knows, field by field."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, parse

from extract.annotation import AnnotatedDocument
from kg.article import Article
from kg.graph import vocabulary as v
from kg.sentence.cue_words import reading_version
from kg.sentence.study import StudyKind
from ontology.schema import Predicate

Paper = Callable[..., AnnotatedDocument]
SAID = ("F. prausnitzii", Predicate.INFLUENCE, "Parkinson's disease")
ONTOLOGY = Path(__file__).parents[2] / "ontology" / "gutbrain.ttl"


def test_every_property_of_ours_is_in_the_ontology() -> None:
    known = {quad.subject for quad in parse(ONTOLOGY.read_bytes(), format=RdfFormat.TURTLE)}
    terms = {v.term(fact.term) for fact in Article("1").facts()}
    assert len(terms) == len(fields(Article)) - 1, "a property each, but for the PMID"
    assert {term for term in terms if term.value.startswith(v.gb("").value)} <= known
    assert NamedNode("http://purl.org/dc/terms/title") in terms


def test_an_article_says_what_its_document_says(paper: Paper) -> None:
    annotated = paper("7", SAID, kinds=("Review", "Clinical Trial", "Review"))
    ids = (("pii", "S1"), ("DOI", "10.1/a"), ("doi", "10.1/b"))
    document = replace(annotated.document, version=3, journal="Gut", identifiers=ids)
    annotated = replace(annotated, document=document)
    assert Article.of(annotated) == Article(
        "7", 3, document.title, "Gut", document.year, "10.1/a",
        publication_types=("Review", "Clinical Trial"), study_kinds=(StudyKind.REVIEW,),
        mention_count=2, relation_count=1, record_hash=document.record_hash,
        reading=reading_version(annotated.pipeline),
    )  # fmt: skip


def test_people_see_the_kinds_of_study_and_of_publication() -> None:
    article = Article("1", title="A", study_kinds=(StudyKind.HUMAN,), publication_types=("Review",))
    labelled = {fact.label: fact.value for fact in article.facts() if fact.label and fact.value}
    assert labelled == {"Publication type": ("Review",), "Study": (StudyKind.HUMAN,)}
