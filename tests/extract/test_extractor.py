import threading
from collections.abc import Callable, Iterator

import pytest

from extract.annotation import Mention, Pipeline
from extract.extractor import (
    AHEAD,
    LONGEST_PASSAGE,
    MOST_MENTIONS,
    Extractor,
    Thresholds,
    keep_relations,
    map_in_order,
)
from extract.linking.linker import NameLinker
from extract.ner.lexicon import KnownName, LexiconModel, LexiconRecognizer
from extract.relations.counts import CountRelations, CountTable
from ingest.document import Document
from ontology.lexicon import Lexicon
from ontology.schema import EntityType, Predicate

Write = Callable[..., Document]
CHEMICAL, DDF = EntityType.CHEMICAL, EntityType.DDF
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


def test_results_come_in_the_order_of_the_items_though_the_first_ends_last() -> None:
    last_begun = threading.Event()

    def work(number: int) -> int:
        if number:
            last_begun.set()
        else:
            assert last_begun.wait(timeout=30)
        return number * number

    assert list(map_in_order(work, range(9), threads=2)) == [n * n for n in range(9)]


def test_items_are_taken_by_the_caller_and_not_far_ahead() -> None:
    taken: list[tuple[int, int]] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append((number, threading.get_ident()))
            yield number

    results = map_in_order(str, items(), threads=2)
    assert next(results) == "0"
    assert len(taken) == AHEAD * 2
    assert {thread for _, thread in taken} == {threading.get_ident()}
    assert list(results) == [str(number) for number in range(1, 100)]


def test_an_error_stands_where_its_result_would() -> None:
    results = map_in_order(lambda number: 6 // number, [1, 2, 0, 3], threads=2)
    assert [next(results), next(results)] == [6, 3]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_what_is_not_wanted_any_more_ends() -> None:
    before = threading.active_count()
    results = map_in_order(str, range(100), threads=2)
    assert next(results) == "0"
    results.close()  # type: ignore[attr-defined]  # a generator
    assert threading.active_count() == before


def mixed(count: int) -> str:
    """A text of so many mentions, by turns a chemical and a disorder."""
    return " ".join(f"{'Colitis' if n % 2 else 'Butyrate'} rose." for n in range(count))


def test_pairs_are_looked_for_among_a_limited_number_of_mentions(write: Write) -> None:
    """So that relations grow as the text does, and a usual paper is read in one piece."""
    counts = [
        len(extractor(0.5).annotate(write(mixed(count))).relations)
        for count in (MOST_MENTIONS, 2 * MOST_MENTIONS, 2 * MOST_MENTIONS + 2)
    ]
    half = MOST_MENTIONS // 2
    assert counts == [half * half, 2 * half * half, 2 * half * half + 1]


@pytest.mark.parametrize("more", [0, 1])
def test_a_very_long_text_is_read_in_part_and_that_is_said(
    write: Write, caplog: pytest.LogCaptureFixture, more: int
) -> None:
    text = "colitis" + " " * (LONGEST_PASSAGE - 15 + more) + "butyrate"
    annotated = extractor(0.5).annotate(write(text, pmid="7"))
    assert [m.text for m in annotated.mentions] == (
        ["colitis"] if more else ["colitis", "butyrate"]
    )
    assert annotated.document.text_of("abstract") == text
    assert caplog.messages == (
        ["PMID 7: only the first 20,000 of 20,001 characters are read"] if more else []
    )
