import gzip
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from extract.corpus import (
    CorpusError,
    corpus_uri,
    read_corpus,
    read_entries,
    uri_identity,
    write_entry,
)
from ingest.document import Document
from ontology.namespaces import CurieError
from ontology.schema import EntityType, Predicate

Write = Callable[..., Document]
Annotate = Callable[..., AnnotatedDocument]
Read = Callable[[Any], list[AnnotatedDocument]]

ANY_PIPELINE = Pipeline("", "", "", "")
TITLE, ABSTRACT = "Mood and flora", "Butyrate eased <i>colitis</i>, p < 0.05."
MOOD = {"start_idx": 0, "end_idx": 3, "location": "title", "text_span": "Mood", "label": "DDF"}
BUTYRATE = {
    "start_idx": 0,
    "end_idx": 7,
    "location": "abstract",
    "text_span": "Butyrate",
    "label": "chemical",
}
COLITIS = {
    "start_idx": 18,
    "end_idx": 24,
    "location": "abstract",
    "text_span": "colitis",
    "label": "DDF",
}
RELATION = {
    **{f"subject_{field}": value for field, value in BUTYRATE.items()},
    "predicate": "influence",
    **{f"object_{field}": value for field, value in COLITIS.items()},
}
ENTRY: dict[str, Any] = {
    "metadata": {
        "title": TITLE,
        "abstract": ABSTRACT,
        "author": "Jane Doe; Émile Roe",
        "journal": "Gut",
        "year": "2022",
        "annotator": "expert_7",
    },
    "entities": [MOOD, BUTYRATE, COLITIS],
    "relations": [RELATION],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "corpus.json"


@pytest.fixture
def read(path: Path) -> Read:
    """Read a corpus of the given content."""

    def build(content: object) -> list[AnnotatedDocument]:
        path.write_text(json.dumps(content), encoding="utf-8")
        return list(read_corpus(path))

    return build


def changed(*place: str | int, **fields: object) -> dict[str, Any]:
    """Give the entry with fields changed at a place; None takes a field out."""
    entry = deepcopy(ENTRY)
    row: Any = entry
    for step in place:
        row = row[step]
    row.update(fields)
    for field in [field for field, value in fields.items() if value is None]:
        del row[field]
    return entry


def test_inclusive_ends_become_half_open(read: Read) -> None:
    (annotated,) = read({"7": ENTRY})
    assert annotated.mentions == (
        Mention("title", 0, 4, "Mood", EntityType.DDF),
        Mention("abstract", 0, 8, "Butyrate", EntityType.CHEMICAL),
        Mention("abstract", 18, 25, "colitis", EntityType.DDF),
    )


def test_a_relation_joins_mentions_of_the_document(read: Read) -> None:
    (annotated,) = read({"7": ENTRY})
    _, butyrate, colitis = annotated.mentions
    assert annotated.relations == (Relation(butyrate, Predicate.INFLUENCE, colitis),)


def test_the_annotator_stands_as_the_method(read: Read) -> None:
    (annotated,) = read({"7": ENTRY})
    assert annotated.pipeline.recognizer == annotated.pipeline.relations == "expert_7"


def test_a_document_may_come_without_annotations(read: Read) -> None:
    (annotated,) = read({"7": {"metadata": ENTRY["metadata"]}})
    assert (annotated.mentions, annotated.relations) == ((), ())


def test_half_open_ends_become_inclusive(read: Read) -> None:
    (annotated,) = read({"7": ENTRY})
    entry = write_entry(annotated)
    assert entry["entities"] == [MOOD, BUTYRATE, COLITIS]
    assert entry["relations"] == [RELATION]


def test_what_is_written_reads_back_the_same(read: Read) -> None:
    (annotated,) = read({"7": ENTRY})
    (again,) = read({"7": write_entry(annotated)})
    assert replace(again, pipeline=annotated.pipeline) == annotated


def test_the_derived_lists_follow_from_the_relations_without_repetition(read: Read) -> None:
    (annotated,) = read({"7": ENTRY})
    entry = write_entry(replace(annotated, relations=annotated.relations * 2))
    pair = {"subject_label": "chemical", "object_label": "DDF"}
    assert entry["binary_tag_based_relations"] == [pair]
    assert entry["ternary_tag_based_relations"] == [{**pair, "predicate": "influence"}]
    assert entry["ternary_mention_based_relations"] == [
        {
            "subject_text_span": "Butyrate",
            "subject_label": "chemical",
            "predicate": "influence",
            "object_text_span": "colitis",
            "object_label": "DDF",
        }
    ]


def test_an_entry_has_the_keys_that_the_scorer_asks_for(read: Read) -> None:
    (annotated,) = read({"7": ENTRY})
    assert set(write_entry(annotated)) == {
        "metadata",
        "entities",
        "relations",
        "binary_tag_based_relations",
        "ternary_tag_based_relations",
        "ternary_mention_based_relations",
    }


def test_tags_and_pairs_may_have_relations_of_their_own(write: Write, annotate: Annotate) -> None:
    document = write("colitis, stroke, butyrate")
    marks = [("colitis", EntityType.DDF), ("stroke", EntityType.DDF)]
    marks += [("butyrate", EntityType.CHEMICAL)]
    triples = [(0, Predicate.AFFECT, 1), (2, Predicate.INFLUENCE, 0)]
    annotated = annotate(document, marks, triples)
    kept = replace(annotated, relations=annotated.relations[:1])
    of_tags = write_entry(kept, annotated.relations)
    assert len(of_tags["relations"]) == len(of_tags["ternary_mention_based_relations"]) == 1
    assert len(of_tags["ternary_tag_based_relations"]) == 2
    assert len(of_tags["binary_tag_based_relations"]) == 2
    of_pairs = write_entry(kept, kept.relations, annotated.relations)
    assert len(of_pairs["ternary_tag_based_relations"]) == 1
    assert len(of_pairs["binary_tag_based_relations"]) == 2


def test_concepts_are_written_as_uri_on_demand_only(write: Write) -> None:
    mention = Mention("abstract", 0, 4, "mood", EntityType.DDF, concept="MESH:D019964")
    unlinked = replace(mention, concept=None)
    relation = Relation(mention, Predicate.AFFECT, unlinked)
    annotated = AnnotatedDocument(write("mood"), (mention, unlinked), (relation,), ANY_PIPELINE)
    linked = write_entry(annotated, spell=corpus_uri)
    uri = "https://www.ncbi.nlm.nih.gov/mesh/D019964"
    assert [entity["uri"] for entity in linked["entities"]] == [uri, None]
    (row,) = linked["relations"]
    assert (row["subject_uri"], row["object_uri"]) == (uri, None)
    assert "uri" not in json.dumps(write_entry(annotated))


def test_with_links_an_entry_has_the_lists_of_the_2026_edition(write: Write) -> None:
    mood = Mention("abstract", 0, 4, "mood", EntityType.DDF, concept="MESH:D019964")
    moods = Mention("abstract", 5, 10, "moods", EntityType.DDF, concept="MESH:D019964")
    health = Mention("abstract", 11, 17, "health", EntityType.DDF, concept="NCIT:C1")
    relations = tuple(
        Relation(subject, Predicate.AFFECT, target)
        for subject, target in (
            (mood, health),
            (moods, health),
            (mood, replace(health, concept=None)),
        )
    )
    annotated = AnnotatedDocument(write("mood moods health"), (), relations, ANY_PIPELINE)
    entry = write_entry(annotated, spell=corpus_uri)
    assert entry["mention_level_relations"] == entry["ternary_mention_based_relations"]
    assert [row["subject_text_span"] for row in entry["mention_level_relations"]] == [
        "mood",
        "moods",
    ]
    assert entry["concept_level_relations"] == [
        {
            "subject_uri": "https://www.ncbi.nlm.nih.gov/mesh/D019964",
            "subject_label": "DDF",
            "predicate": "affect",
            "object_uri": "http://purl.obolibrary.org/obo/NCIT_C1",
            "object_label": "DDF",
        }
    ]


def test_derived_lists_are_never_read(read: Read) -> None:
    wrong = [{"subject_label": "drug", "predicate": "influence", "object_label": "DDF"}]
    entry = ENTRY | {"ternary_tag_based_relations": wrong, "binary_tag_based_relations": 3}
    (annotated,) = read({"7": entry})
    assert [r.subject.type for r in annotated.relations] == [EntityType.CHEMICAL]
    assert len(write_entry(annotated)["ternary_tag_based_relations"]) == 1


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (changed("entities", 1, text_span="butyrate"), "abstract [0, 7] does not read 'butyrate'"),
        (changed("entities", 1, end_idx=8), "abstract [0, 8] does not read 'Butyrate'"),
        (changed("entities", 0, location="abstract"), "abstract [0, 3] does not read 'Mood'"),
        (changed("entities", 0, location="body"), "body [0, 3] does not read 'Mood'"),
        (changed("entities", 0, end_idx=-1, text_span=""), "title [0, -1] does not read ''"),
        (
            changed("entities", 0, start_idx=-14, end_idx=-11),
            "title [-14, -11] does not read 'Mood'",
        ),
        (changed("entities", 1, label="mood"), "'mood' is not a valid EntityType"),
        (changed("relations", 0, predicate="likes"), "'likes' is not a valid Predicate"),
        (changed("relations", 0, object_label="mood"), "'mood' is not a valid EntityType"),
        (changed("entities", 1, end_idx=None), "missing field 'end_idx'"),
        (changed("relations", 0, predicate=None), "missing field 'predicate'"),
        (changed("relations", 0, subject_label=None), "missing field 'subject_label'"),
        (changed("metadata", title=None), "title is missing or not a text"),
        (changed(metadata=None), "metadata is missing or not an object"),
        ([], "entry is missing or not an object"),
    ],
)
def test_what_cannot_be_is_one_line_with_file_and_pmid(
    read: Read, path: Path, entry: object, reason: str
) -> None:
    with pytest.raises(CorpusError) as error:
        read({"6": ENTRY, "7": entry})
    assert str(error.value) == f"{path}: PMID 7: {reason}"


@pytest.mark.parametrize("content", ["", "{", "[]", "3"])
def test_a_file_of_another_kind_is_named(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"corpus\.json: "):
        list(read_corpus(path))


def test_a_key_that_comes_twice_is_an_error(path: Path) -> None:
    path.write_text('{"7": {"entities": []}, "7": {"entities": []}}', encoding="utf-8")
    with pytest.raises(CorpusError, match="key '7' occurs twice"):
        read_entries(path)


def test_a_compressed_file_is_read_as_well(path: Path) -> None:
    packed = path.with_name("corpus.json.gz")
    packed.write_bytes(gzip.compress(json.dumps({"7": ENTRY}).encode()))
    assert len(list(read_corpus(packed))) == 1
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(CorpusError, match=r"corpus\.json\.gz: "):
        list(read_corpus(packed))


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(CorpusError, match=r"corpus\.json: .*No such file"):
        list(read_corpus(path))


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "documents", "mentions"),
    [
        ("platinum", 100, 3273),
        ("gold", 189, 4788),
        ("silver", 499, 15275),
        ("bronze", 749, 21357),
        ("dev", 40, 1117),
    ],
)
def test_every_mention_of_the_corpus_reads_back_exactly(
    data_folder: Path, name: str, documents: int, mentions: int
) -> None:
    path = data_folder / "gutbrainie" / f"{name}.json"
    entries = json.loads(path.read_bytes())
    corpus = list(read_corpus(path))
    assert len(corpus) == documents
    assert sum(len(annotated.mentions) for annotated in corpus) == mentions
    for annotated in corpus:
        for mention in annotated.mentions:
            text = annotated.document.text_of(mention.passage)
            assert text[mention.start : mention.end] == mention.text
        written, entry = write_entry(annotated), entries[annotated.document.pmid]
        for field in ("entities", "relations"):
            assert written[field] == entry[field]


@pytest.mark.parametrize(
    ("uri", "identity"),
    [
        ("http://purl.obolibrary.org/obo/NCIT_C26845", "NCIT:C26845"),
        ("https://www.ncbi.nlm.nih.gov/mesh/D010361", "MESH:D010361"),
        ("https://www.ncbi.nlm.nih.gov/mesh/68010361", "MESH:D010361"),
        ("https://www.ncbi.nlm.nih.gov/mesh/67123456", "MESH:C123456"),
        ("https://identifiers.org/mesh:D010361", "MESH:D010361"),
        ("https://uts.nlm.nih.gov/uts/umls/concept/C0030705", "UMLS:C0030705"),
        ("https://identifiers.org/umls:C0030705", "UMLS:C0030705"),
    ],
)
def test_spellings_of_one_concept_have_one_identity(uri: str, identity: str) -> None:
    assert uri_identity(uri) == identity


@pytest.mark.parametrize(
    "uri",
    [
        "https://www.ncbi.nlm.nih.gov/mesh/12345678",
        "no uri",
        "",
    ],
)
def test_a_uri_of_no_known_form_is_its_own_identity(uri: str) -> None:
    assert uri_identity(uri) == uri


@pytest.mark.parametrize("curie", ["NCIT:C26845", "MESH:D010361", "UMLS:C0030705", "gbc:gene/x"])
def test_what_is_written_is_recognised(curie: str) -> None:
    assert uri_identity(corpus_uri(curie)) == curie


def test_an_unknown_prefix_is_refused() -> None:
    with pytest.raises(CurieError):
        corpus_uri("NOPE:1")
