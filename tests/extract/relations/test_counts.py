from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from extract.annotation import AnnotatedDocument, Mention
from extract.model import ModelError
from extract.relations.counts import (
    CountRelations,
    CountTable,
    Pair,
    count_relations,
    legal_pairs,
    read_counts,
    write_counts,
)
from ingest.document import Document
from ontology.schema import EntityType, Predicate, is_legal

Write = Callable[..., Document]
Mark = Callable[..., Mention]
Annotate = Callable[..., AnnotatedDocument]
CHEMICAL, DDF, DRUG = EntityType.CHEMICAL, EntityType.DDF, EntityType.DRUG


@pytest.fixture
def corpus(write: Write, annotate: Annotate) -> list[AnnotatedDocument]:
    """One document with two legal pairs, of which one is related."""
    document = write("Butyrate eased colitis.")
    marks = [("Butyrate", CHEMICAL), ("colitis", DDF)]
    return [annotate(document, marks, [(0, Predicate.INFLUENCE, 1)])]


def pairs_of(corpus: Sequence[AnnotatedDocument]) -> dict[tuple[str, str], Pair]:
    (annotated,) = corpus
    found = legal_pairs(annotated.document, annotated.mentions)
    return {(pair.subject.text, pair.object.text): pair for pair in found}


def test_both_orders_of_a_pair_are_judged_where_both_are_legal(
    corpus: list[AnnotatedDocument],
) -> None:
    assert set(pairs_of(corpus)) == {("Butyrate", "colitis"), ("colitis", "Butyrate")}


def test_the_probability_backs_off_from_coarse_to_fine(corpus: list[AnnotatedDocument]) -> None:
    table = count_relations(corpus)
    assert table.base == 1 / 2
    pair = pairs_of(corpus)["Butyrate", "colitis"]
    # Five levels, each with one pair seen and related: e -> (1 + 20 e) / 21, from 1/2.
    assert table.probability(pair) == pytest.approx(1 - 0.5 * (20 / 21) ** 5)


def test_an_unseen_context_has_the_probability_of_its_types(
    corpus: list[AnnotatedDocument],
) -> None:
    far = replace(pairs_of(corpus)["Butyrate", "colitis"], context=(2, 0, 4, 2))
    assert count_relations(corpus).probability(far) == pytest.approx(11 / 21)


def test_a_half_seen_context_backs_off_to_its_known_part(corpus: list[AnnotatedDocument]) -> None:
    farther = replace(pairs_of(corpus)["Butyrate", "colitis"], context=(0, 1, 4, 0))
    expected = 1 - 0.5 * (20 / 21) ** 3
    assert count_relations(corpus).probability(farther) == pytest.approx(expected)


def test_types_that_the_corpus_never_joins_have_probability_zero(
    corpus: list[AnnotatedDocument],
) -> None:
    assert count_relations(corpus).probability(pairs_of(corpus)["colitis", "Butyrate"]) == 0.0


def test_the_direction_comes_from_the_types_not_from_the_order(
    corpus: list[AnnotatedDocument], write: Write, mark: Mark
) -> None:
    document = write("Colitis eased by butyrate.")
    mentions = (mark(document, "Colitis", DDF), mark(document, "butyrate", CHEMICAL))
    (relation,) = CountRelations(count_relations(corpus), 0.1).relate(document, mentions)
    assert (relation.subject.text, relation.object.text) == ("butyrate", "Colitis")
    assert relation.predicate is Predicate.INFLUENCE


def test_only_pairs_at_the_threshold_or_above_are_kept(corpus: list[AnnotatedDocument]) -> None:
    (annotated,) = corpus
    table = count_relations(corpus)
    score = table.probability(pairs_of(corpus)["Butyrate", "colitis"])
    for threshold, count in ((0.0, 1), (score, 1), (score + 1e-9, 0)):
        extractor = CountRelations(table, threshold)
        assert len(extractor.relate(annotated.document, annotated.mentions)) == count
        assert len(extractor.relate(annotated.document, annotated.mentions)) == count


def test_only_what_the_schema_allows_comes_out_even_of_a_corpus_that_breaks_it(
    write: Write, annotate: Annotate
) -> None:
    document = write("Levodopa in colitis eased by butyrate.")
    marks = [("Levodopa", DRUG), ("colitis", DDF), ("butyrate", CHEMICAL)]
    triples = [(0, Predicate.INFLUENCE, 1), (1, Predicate.AFFECT, 2), (2, Predicate.INFLUENCE, 1)]
    annotated = annotate(document, marks, triples)
    found = CountRelations(count_relations([annotated]), 0.0).relate(document, annotated.mentions)
    assert [(r.subject.text, r.object.text) for r in found] == [("butyrate", "colitis")]
    assert all(is_legal(r.subject.type, r.predicate, r.object.type) for r in found)


def test_every_pair_of_a_mention_of_each_type_is_legal(write: Write, mark: Mark) -> None:
    document = write(", ".join(EntityType))
    mentions = tuple(mark(document, label, label) for label in EntityType)
    types = {pair.types for pair in legal_pairs(document, mentions)}
    # 54 legal type pairs, of which bacteria, chemical, drug, DDF and microbiome join to themselves.
    assert len(types) == 54 - 5


def test_the_commonest_predicate_of_a_type_pair_is_said(write: Write, annotate: Annotate) -> None:
    document = write("A stroke, a tumour, a colitis.")
    marks = [("stroke", DDF), ("tumour", DDF), ("colitis", DDF)]
    triples = [(0, Predicate.AFFECT, 1), (1, Predicate.IS_A, 2), (0, Predicate.IS_A, 2)]
    table = count_relations([annotate(document, marks, triples)])
    assert table.predicates == {(DDF, DDF): Predicate.IS_A}


def test_distance_is_counted_across_title_and_abstract(write: Write, mark: Mark) -> None:
    document = write("It rose. Colitis fell.", "Butyrate helps.")
    mentions = (
        mark(document, "Butyrate", CHEMICAL, "title"),
        mark(document, "Colitis", DDF),
    )
    contexts = {(pair.subject.text, pair.context) for pair in legal_pairs(document, mentions)}
    # Two sentence ends between them; 16 - 8 + 9 = 17 characters.
    assert contexts == {("Butyrate", (2, 1, 0, 0)), ("Colitis", (2, 0, 0, 0))}


@pytest.mark.parametrize(("characters", "distance_bin"), [(39, 0), (40, 1), (159, 3), (400, 4)])
def test_distances_are_binned(write: Write, mark: Mark, characters: int, distance_bin: int) -> None:
    document = write("butyrate" + " " * characters + "colitis")
    mentions = (mark(document, "butyrate", CHEMICAL), mark(document, "colitis", DDF))
    pair = next(legal_pairs(document, mentions))
    assert pair.context == (0, 1, distance_bin, 0)


def test_nearer_mentions_of_the_same_type_compete(write: Write, mark: Mark) -> None:
    document = write("butyrate, colitis, then stroke")
    mentions = tuple(
        mark(document, text, label)
        for text, label in (("butyrate", CHEMICAL), ("colitis", DDF), ("stroke", DDF))
    )
    ranks = {
        pair.object.text: pair.context[3]
        for pair in legal_pairs(document, mentions)
        if pair.subject.text == "butyrate"
    }
    assert ranks == {"colitis": 0, "stroke": 1}


def test_a_table_comes_back_from_its_file(corpus: list[AnnotatedDocument], tmp_path: Path) -> None:
    table = count_relations(corpus)
    write_counts(table, tmp_path)
    assert read_counts(tmp_path) == table


def test_the_same_counts_make_the_same_file(
    corpus: list[AnnotatedDocument], tmp_path: Path
) -> None:
    table = count_relations(corpus)
    write_counts(table, tmp_path)
    first = (tmp_path / "counts.json").read_bytes()
    turned = dict(sorted(table.seen.items(), reverse=True))
    write_counts(CountTable(table.base, turned, table.predicates), tmp_path)
    assert (tmp_path / "counts.json").read_bytes() == first


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"base": 0, "counts": [["DDF"]], "predicates": []}',
        '{"base": 0, "counts": [], "predicates": [["DDF", "DDF", "likes"]]}',
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "counts.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"counts\.json: "):
        read_counts(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"counts\.json: "):
        read_counts(tmp_path)


def test_a_document_without_mentions_has_no_relations(corpus: list[AnnotatedDocument]) -> None:
    assert CountRelations(count_relations(corpus), 0.0).relate(Document("1", ()), ()) == ()


def test_a_table_knows_which_predicates_it_can_say(corpus: list[AnnotatedDocument]) -> None:
    assert CountRelations(count_relations(corpus), 0.1).predicates == {Predicate.INFLUENCE}


def test_a_triple_that_the_schema_lacks_is_one_line(tmp_path: Path) -> None:
    content = '{"base": 0, "counts": [], "predicates": [["DDF", "DDF", "likes"]]}'
    (tmp_path / "counts.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError) as error:
        read_counts(tmp_path)
    told = "trained for 'DDF likes DDF', which this version does not have"
    assert str(error.value) == f"{tmp_path / 'counts.json'}: {told}"
