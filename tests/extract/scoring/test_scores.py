import random
from pathlib import Path
from typing import Any

import pytest

from extract.corpus import CorpusError, read_entries
from extract.scoring.items import Lists, Scorer, Task, items_of, read_lists
from extract.scoring.scores import (
    COMPARED_RESAMPLES,
    Counts,
    Score,
    bootstrap_f1,
    bootstrap_interval,
    compare,
    score,
    total,
)

NER, BINARY, TAG, MENTION = Task.NER, Task.BINARY, Task.TAG, Task.MENTION
OFFICIAL, STRICT = Scorer.OFFICIAL, Scorer.STRICT
Row = dict[str, Any]


def entity(start: int, end: int, text: str, label: str = "DDF", location: str = "title") -> Row:
    return {
        "start_idx": start,
        "end_idx": end,
        "location": location,
        "text_span": text,
        "label": label,
    }


def triple(head: str, predicate: str, tail: str) -> Row:
    return {"subject_label": head, "predicate": predicate, "object_label": tail}


def statement(subject: str, head: str, predicate: str, target: str, tail: str) -> Row:
    spans = {"subject_text_span": subject, "object_text_span": target}
    return triple(head, predicate, tail) | spans


def lists(task: Task, **documents: list[Row]) -> Lists:
    """Items by PMID; a PMID is written with a letter before it."""
    return {pmid[1:]: items_of({task: rows}, task) for pmid, rows in documents.items()}


def ner(gold: list[Row], predicted: list[Row], scorer: Scorer = OFFICIAL) -> Score:
    return score(lists(NER, p1=gold), lists(NER, p1=predicted), NER, scorer)


PD, IBS = entity(0, 1, "PD"), entity(5, 7, "IBS")
MICE = entity(10, 13, "mice", "animal")


# Hits, predictions and gold items behind the percentages that the paper prints for dev.
PAPER = {
    "gazetteers": (142, 871, 1117, 16.30, 12.71, 14.29),
    "GatorTron": (923, 1193, 1117, 77.37, 82.63, 79.91),
    "ELECTRA": (921, 1115, 1117, 82.60, 82.45, 82.53),
    "GLiNER": (924, 1140, 1117, 81.05, 82.72, 81.88),
    "scispaCy": (801, 1045, 1117, 76.65, 71.71, 74.10),
    "scispaCy, gazetteers": (786, 1394, 1117, 56.38, 70.37, 62.60),
    "scispaCy, gazetteers, ELECTRA": (777, 850, 1117, 91.41, 69.56, 79.00),
    "GPT, three shots": (752, 1639, 1117, 45.88, 67.32, 54.57),
    "GPT, no shot": (612, 1522, 1117, 40.21, 54.79, 46.38),
    "ATLOP, binary": (132, 194, 220, 68.04, 60.00, 63.77),
    "ATLOP, tag": (132, 196, 230, 67.35, 57.39, 61.97),
    "ATLOP, mention": (199, 427, 560, 46.60, 35.54, 40.32),
    "GPT, binary": (156, 269, 220, 57.99, 70.91, 63.80),
    "GPT, tag": (194, 204, 230, 95.10, 84.35, 89.40),
    "GPT, mention": (248, 855, 560, 29.01, 44.29, 35.05),
}


@pytest.mark.parametrize("system", PAPER)
def test_the_fractions_of_the_paper_give_its_figures(system: str) -> None:
    hits, predicted, gold, *printed = PAPER[system]
    counts = Counts(hits, predicted, gold)
    figures = (counts.precision, counts.recall, counts.f1)
    assert [round(100 * figure, 2) for figure in figures] == printed


def test_a_ten_thousand_millionth_sits_in_every_denominator() -> None:
    perfect = Counts(1, 1, 1)
    share = 1 / (1 + 1e-10)
    assert (perfect.precision, perfect.recall) == (share, share)
    assert perfect.f1 == 2 * share * share / (share + share + 1e-10)
    assert perfect.f1 < 1


def test_nothing_at_all_scores_zero() -> None:
    assert (Counts(0, 0, 0).precision, Counts(0, 0, 0).recall, Counts(0, 0, 0).f1) == (0, 0, 0)


def test_hits_predictions_and_gold_are_summed_over_documents() -> None:
    gold = lists(NER, p1=[PD, IBS], p2=[PD])
    predicted = lists(NER, p1=[PD, MICE | {"label": "DDF"}], p2=[PD])
    for scorer in Scorer:
        assert score(gold, predicted, NER, scorer).micro == Counts(2, 3, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"text_span": "Pd"},
        {"text_span": "PD "},
        {"start_idx": 1},
        {"end_idx": 2},
        {"location": "abstract"},
    ],
)
@pytest.mark.parametrize("scorer", Scorer)
def test_anything_but_the_exact_entity_is_a_false_positive(scorer: Scorer, wrong: Row) -> None:
    assert ner([PD], [PD | wrong], scorer).micro == Counts(0, 1, 1)


def test_offsets_given_as_text_are_numbers() -> None:
    assert ner([PD], [PD | {"start_idx": "0", "end_idx": "1"}]).micro == Counts(1, 1, 1)


def test_the_official_scorer_does_not_count_a_class_that_gold_lacks() -> None:
    found = ner([PD], [PD, MICE])
    assert (found.micro, found.uncounted) == (Counts(1, 1, 1), 1)


def test_a_class_of_any_gold_document_counts_in_all() -> None:
    gold, predicted = lists(NER, p1=[PD], p2=[MICE]), lists(NER, p1=[PD, MICE], p2=[])
    found = score(gold, predicted, NER, OFFICIAL)
    assert (found.micro, found.uncounted) == (Counts(1, 2, 2), 0)


def test_the_strict_scorer_counts_every_class() -> None:
    found = ner([PD], [PD, MICE], STRICT)
    assert (found.micro, found.uncounted) == (Counts(1, 2, 1), 0)
    assert found.by_class == (("DDF", Counts(1, 1, 1)), ("animal", Counts(0, 1, 0)))
    assert found.macro.f1 == pytest.approx(1)


def test_officially_repeated_hits_lift_recall_above_one() -> None:
    found = ner([PD], [PD, PD, PD])
    assert (found.micro, found.repeated) == (Counts(3, 3, 1), 2)
    assert found.micro.recall == pytest.approx(3)


def test_strictly_a_repetition_counts_once() -> None:
    found = ner([PD, IBS], [PD, PD, PD], STRICT)
    assert (found.micro, found.uncounted) == (Counts(1, 1, 2), 2)


def test_writing_everything_twice_lifts_the_official_score_only() -> None:
    gold = [PD, IBS]
    assert ner(gold, [PD]).micro.f1 == pytest.approx(2 / 3)
    assert ner(gold, [PD, PD]).micro.f1 == pytest.approx(1)
    assert ner(gold, [PD, PD], STRICT).micro.f1 == pytest.approx(2 / 3)


def test_the_same_hit_in_two_documents_is_two_hits() -> None:
    twice = lists(NER, p1=[PD], p2=[PD])
    assert score(twice, twice, NER, STRICT).micro == Counts(2, 2, 2)


@pytest.mark.parametrize("scorer", Scorer)
def test_a_document_without_predictions_counts_as_missed(scorer: Scorer) -> None:
    gold = lists(NER, p1=[PD], p2=[PD, IBS])
    found = score(gold, lists(NER, p1=[PD]), NER, scorer)
    assert (found.micro, found.documents) == (Counts(1, 1, 3), 2)


@pytest.mark.parametrize("scorer", Scorer)
def test_a_document_that_gold_lacks_is_an_error(scorer: Scorer) -> None:
    with pytest.raises(CorpusError) as error:
        score(lists(NER, p1=[PD]), lists(NER, p2=[], p3=[]), NER, scorer)
    assert error.value.faults == tuple(f"PMID {pmid} is not in the gold file" for pmid in "23")


def test_macro_is_the_mean_of_the_f1_of_the_gold_classes() -> None:
    # DDF: P 1, R 1/2, F1 2/3; animal: P 1/2, R 1, F1 2/3; human: 0. The harmonic mean of
    # macro-P (1/2) and macro-R (1/2) would be 1/2.
    rat, human = entity(20, 22, "rat", "animal"), entity(30, 34, "human", "human")
    found = ner([PD, IBS, MICE, human], [PD, MICE, rat])
    assert found.by_class == (
        ("DDF", Counts(1, 1, 2)),
        ("animal", Counts(1, 2, 1)),
        ("human", Counts(0, 0, 1)),
    )
    assert found.macro.f1 == pytest.approx(4 / 9)
    assert (found.macro.precision, found.macro.recall) == pytest.approx((1 / 2, 1 / 2))
    assert found.weighted.f1 == pytest.approx((2 * 2 / 3 + 2 / 3 + 0) / 4)


@pytest.mark.parametrize("scorer", Scorer)
def test_direction_matters_in_every_relation_task(scorer: Scorer) -> None:
    there = statement("a", "chemical", "interact", "b", "bacteria")
    back = statement("b", "bacteria", "interact", "a", "chemical")
    other = statement("x", "bacteria", "interact", "y", "chemical")
    for task in (BINARY, TAG, MENTION):
        gold = lists(task, p1=[there], p2=[other])
        micro = score(gold, lists(task, p1=[back]), task, scorer).micro
        assert micro == Counts(0, 1, 2)


def test_surfaces_are_compared_with_case_and_without_offsets() -> None:
    gold = statement("PD", "DDF", "affect", "mood", "DDF")
    same_words = gold | {"subject_start_idx": 3}
    for row, hits in ((same_words, 1), (gold | {"subject_text_span": "pd"}, 0)):
        micro = score(lists(MENTION, p1=[gold]), lists(MENTION, p1=[row]), MENTION, STRICT).micro
        assert micro == Counts(hits, 1, 1)


def test_the_class_of_a_statement_is_its_triple() -> None:
    gold = lists(MENTION, p1=[statement("PD", "DDF", "affect", "mood", "DDF")])
    other_class = lists(MENTION, p1=[statement("PD", "DDF", "is a", "mood", "DDF")])
    other_words = lists(MENTION, p1=[statement("IBS", "DDF", "affect", "mood", "DDF")])
    assert score(gold, other_class, MENTION, OFFICIAL).micro == Counts(0, 0, 1)
    assert score(gold, other_words, MENTION, OFFICIAL).micro == Counts(0, 1, 1)
    assert score(gold, other_class, MENTION, STRICT).micro == Counts(0, 1, 1)


def test_the_predicate_does_not_matter_to_pairs() -> None:
    gold = lists(BINARY, p1=[triple("DDF", "affect", "DDF")])
    predicted = lists(BINARY, p1=[triple("DDF", "is a", "DDF")])
    assert score(gold, predicted, BINARY, OFFICIAL).micro == Counts(1, 1, 1)


TABLE = [Counts(hits, 10, 9) for hits in range(10)]


def test_resampling_repeats_itself_for_a_seed() -> None:
    assert bootstrap_f1(TABLE, seed=3).tolist() == bootstrap_f1(TABLE, seed=3).tolist()
    assert bootstrap_interval(TABLE, seed=3) != bootstrap_interval(TABLE, seed=4)


def test_the_interval_contains_the_score_it_belongs_to() -> None:
    low, high = bootstrap_interval(TABLE)
    assert low < Counts(45, 100, 90).f1 < high
    assert high - low < 0.5


def test_documents_that_are_all_alike_leave_no_doubt() -> None:
    assert bootstrap_interval([Counts(1, 2, 2)] * 5) == (0.5, 0.5)


def test_without_documents_the_interval_is_empty() -> None:
    assert bootstrap_interval([]) == (0.0, 0.0)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("task", "gold", "classes"),
    [(NER, 1117, 13), (BINARY, 220, 45), (TAG, 230, 48), (MENTION, 560, 48)],
)
def test_gold_scored_against_itself_is_perfect(
    data_folder: Path, task: Task, gold: int, classes: int
) -> None:
    path = data_folder / "gutbrainie" / "dev.json"
    items = read_lists(path, read_entries(path), task)
    for scorer in Scorer:
        found = score(items, items, task, scorer)
        assert found.micro == Counts(gold, gold, gold)
        assert len(found.by_class) == classes
        assert found.macro.f1 == pytest.approx(1)
        assert found.interval == (1.0, 1.0)


def test_counts_are_summed_over_documents() -> None:
    assert total([Counts(1, 2, 3), Counts(4, 5, 6)]) == Counts(5, 7, 9)
    assert total([]) == Counts(0, 0, 0)


DOCUMENTS = 40


def found(share: float, seed: int) -> Lists:
    """Find a share of ten gold entities in each of forty documents, at random."""
    chance = random.Random(seed)
    return {
        str(pmid): tuple(found_item(n) for n in range(10) if chance.random() < share)
        for pmid in range(DOCUMENTS)
    }


def found_item(number: int) -> tuple[tuple[int], tuple[str]]:
    return (number,), ("DDF",)


ALL = found(1.0, seed=0)


def test_a_planted_difference_is_found() -> None:
    better, worse = found(0.7, seed=1), found(0.6, seed=2)
    result = compare(ALL, better, worse, NER, STRICT)
    assert 0.02 < result.difference < 0.15
    assert 0 < result.interval[0] < result.difference < result.interval[1]
    assert result.p_value < 0.05


def test_the_other_way_round_the_difference_changes_its_sign() -> None:
    one, other = found(0.7, seed=1), found(0.6, seed=2)
    there, back = compare(ALL, one, other, NER, STRICT), compare(ALL, other, one, NER, STRICT)
    assert back.difference == pytest.approx(-there.difference)
    assert back.interval == pytest.approx((-there.interval[1], -there.interval[0]))
    assert back.p_value == there.p_value


def test_equal_files_do_not_differ() -> None:
    same = found(0.5, seed=3)
    result = compare(ALL, same, same, NER, STRICT)
    assert (result.difference, result.interval, result.p_value) == (0.0, (0.0, 0.0), 1.0)


def test_files_that_differ_by_chance_are_told_apart_one_time_in_twenty() -> None:
    values = [
        compare(ALL, found(0.5, seed=2 * n), found(0.5, seed=2 * n + 1), NER, STRICT).p_value
        for n in range(20)
    ]
    assert sum(value < 0.05 for value in values) <= 3


def test_pairing_shows_what_separate_intervals_hide() -> None:
    # The same hard documents for both: each score is uncertain, the difference is not.
    worse = {pmid: items[: int(pmid) % 10] for pmid, items in ALL.items()}
    better = {pmid: items[: int(pmid) % 10 + 1] for pmid, items in ALL.items()}
    result = compare(ALL, better, worse, NER, STRICT)
    assert result.interval[0] > 0
    assert result.p_value == pytest.approx(2 / (COMPARED_RESAMPLES + 1))
    assert result.interval[1] - result.interval[0] < 0.05


def test_the_result_repeats_itself() -> None:
    files = found(0.7, seed=1), found(0.6, seed=2)
    assert compare(ALL, *files, NER, STRICT) == compare(ALL, *files, NER, STRICT)
    assert compare(ALL, *files, NER, STRICT) != compare(ALL, *files, NER, STRICT, seed=1)


def test_nothing_to_compare_is_no_difference() -> None:
    result = compare({}, {}, {}, NER, STRICT)
    assert (result.difference, result.p_value) == (0.0, 1.0)


def test_documents_that_gold_lacks_are_an_error_in_either_file() -> None:
    with pytest.raises(CorpusError, match="PMID x is not in the gold file"):
        compare(ALL, ALL, {"x": ()}, NER, STRICT)
