from collections.abc import Callable
from pathlib import Path

import pytest

from extract.annotation import Mention, Pipeline
from extract.extractor import Extractor, Thresholds, keep_relations
from extract.linking.linker import NameLinker
from extract.methods import (
    ModelError,
    RecognizerName,
    RelationMethod,
    load_extractor,
    shipped_model,
)
from extract.ner.lexicon import KnownName, LexiconModel, LexiconRecognizer
from extract.relations.counts import CountRelations, CountTable
from ingest.document import Document
from ontology.lexicon import Lexicon, starter_lexicon
from ontology.schema import EntityType, Predicate

Write = Callable[..., Document]
CHEMICAL, DDF = EntityType.CHEMICAL, EntityType.DDF
FLOOR = shipped_model(RecognizerName.LEXICON)
THRESHOLDS = Thresholds(binary=0.1, tag=0.05, mention=0.2, graph=0.3, precise=0.5)


def extractor(base: float) -> Extractor:
    """A pipeline that knows two names and scores their relation ``base``."""
    names = (KnownName("butyrate", CHEMICAL, 1.0), KnownName("colitis", DDF, 1.0))
    table = CountTable(base, {}, {(CHEMICAL, DDF): Predicate.INFLUENCE})
    return Extractor(
        LexiconRecognizer(LexiconModel(names, frozenset())),
        NameLinker(Lexicon({})),
        CountRelations(table, THRESHOLDS.lowest),
        THRESHOLDS,
        Pipeline("lexicon", "counts", "w", "l"),
    )


def test_a_document_is_recognized_linked_and_related(write: Write) -> None:
    document = write("Butyrate eased colitis, and butyrate.")
    annotated = extractor(0.5).annotate(document)
    assert [m.concept for m in annotated.mentions] == [
        "gbc:chemical/butyrate",
        "gbc:ddf/colitis",
        "gbc:chemical/butyrate",
    ]
    assert [concept.name for concept in annotated.concepts] == ["butyrate", "colitis"]
    assert [r.subject for r in annotated.relations] == list(annotated.mentions[::2])
    assert {r.object for r in annotated.relations} == {annotated.mentions[1]}


def test_mentions_that_are_given_stand_for_the_recognizer_s(write: Write) -> None:
    document = write("Butyrate eased colitis.")
    given = (Mention("abstract", 15, 22, "colitis", DDF),)
    (mention,) = extractor(0.5).annotate(document, given).mentions
    assert (mention.start, mention.concept) == (15, "gbc:ddf/colitis")
    assert extractor(0.5).annotate(document, ()).mentions == ()


def test_the_graph_takes_relations_from_its_own_threshold_on(write: Write) -> None:
    document = write("Butyrate eased colitis.")
    between = extractor(0.25)
    assert len(between.annotate(document).relations) == 1
    (annotated,) = between.annotate_all([document])
    assert annotated.relations == ()
    (annotated,) = extractor(0.3).annotate_all([document])
    assert len(annotated.relations) == 1


def test_documents_that_are_read_at_once_come_as_if_one_by_one(write: Write) -> None:
    documents = [write("Butyrate eased colitis. " * number) for number in range(1, 30)]
    pipeline = extractor(0.5)
    assert list(pipeline.annotate_all(documents)) == [pipeline.annotate(d) for d in documents]


def test_the_lowest_threshold_serves_all() -> None:
    assert THRESHOLDS.lowest == 0.05


def test_relations_are_kept_from_the_threshold_on(write: Write) -> None:
    annotated = extractor(0.5).annotate(write("Butyrate eased colitis."))
    (relation,) = annotated.relations
    assert keep_relations(annotated, relation.score) == annotated
    assert keep_relations(annotated, relation.score + 1e-9).relations == ()


def test_a_pipeline_s_version_changes_with_each_of_its_parts() -> None:
    pipelines = [
        Pipeline("lexicon", "counts", "w", "l"),
        Pipeline("x", "counts", "w", "l"),
        Pipeline("lexicon", "x", "w", "l"),
        Pipeline("lexicon", "counts", "x", "l"),
        Pipeline("lexicon", "counts", "w", "x"),
        Pipeline("lexiconcounts", "", "w", "l"),
    ]
    assert len({pipeline.version for pipeline in pipelines}) == len(pipelines)
    assert all(len(pipeline.version) == 12 for pipeline in pipelines)


def load(folder: Path) -> Extractor:
    return load_extractor(RecognizerName.LEXICON, RelationMethod.COUNTS, folder, starter_lexicon())


def test_the_shipped_model_reads_a_sentence(write: Write) -> None:
    annotated = load(FLOOR).annotate(
        write("Akkermansia muciniphila reduced anxiety in patients with Parkinson's disease (PD).")
    )
    assert {(m.text, m.type) for m in annotated.mentions} >= {
        ("Akkermansia muciniphila", EntityType.BACTERIA),
        ("anxiety", DDF),
        ("Parkinson's disease", DDF),
        ("PD", DDF),
    }
    *_, long, short = annotated.mentions
    assert long.concept == short.concept
    assert annotated.relations


def copied(source: Path, target: Path) -> Path:
    target.mkdir()
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target


def test_a_model_is_known_by_its_content_not_by_its_place(tmp_path: Path) -> None:
    folder = copied(FLOOR, tmp_path / "model")
    assert load(folder).pipeline == load(FLOOR).pipeline
    (folder / "names.tsv").write_text("mice\tanimal\t0.9\n", encoding="utf-8")
    assert load(folder).pipeline.version != load(FLOOR).pipeline.version


@pytest.mark.parametrize(
    "manifest", [None, "", "[]", "{}", '{"thresholds": 3}', '{"thresholds": {"tag": 0.1}}']
)
def test_a_folder_that_is_no_model_is_named(tmp_path: Path, manifest: str | None) -> None:
    folder = copied(FLOOR, tmp_path / "model")
    (folder / "manifest.json").unlink()
    if manifest is not None:
        (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(ModelError, match=r"model: no model of ours: manifest\.json: "):
        load(folder)
