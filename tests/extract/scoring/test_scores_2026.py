"""The 2026 scorer's quirks, each worked out by hand, and how strict scoring treats links."""

from typing import Any

import pytest

from extract.scoring.items import Lists, Scorer, Task, items_of
from extract.scoring.scores import Counts, Score, score

NER, NERD, MENTION, CONCEPT = Task.NER, Task.NERD, Task.MENTION, Task.CONCEPT
NEW, OLD, STRICT = Scorer.OFFICIAL_2026, Scorer.OFFICIAL, Scorer.STRICT
Row = dict[str, Any]
PATIENTS, NUMERIC = "https://www.ncbi.nlm.nih.gov/mesh/D010361", "68010361"
OTHER_SPELLING = f"https://www.ncbi.nlm.nih.gov/mesh/{NUMERIC}"


def entity(start: int, end: int, label: str = "DDF", location: str = "title", **more: Any) -> Row:
    span = {"start_idx": start, "end_idx": end, "location": location, "text_span": "x" * 3}
    return span | {"label": label} | more


def concepts(subject: str, predicate: str, target: str) -> Row:
    labels = {"subject_label": "DDF", "predicate": predicate, "object_label": "DDF"}
    return labels | {"subject_uri": subject, "object_uri": target}


def lists(task: Task, rows: list[Row]) -> Lists:
    return {"1": items_of({"entities": rows, task: rows}, task, scorer=NEW)}


def judge(task: Task, gold: list[Row], predicted: list[Row], scorer: Scorer = NEW) -> Score:
    return score(lists(task, gold), lists(task, predicted), task, scorer)


def test_of_entities_at_one_place_the_first_counts_whatever_its_label() -> None:
    right, wrong = entity(0, 2), entity(0, 2, "drug")
    gold = [right, entity(9, 9, "drug")]
    assert judge(NER, gold, [right, wrong]).micro == Counts(1, 1, 2)
    assert judge(NER, gold, [wrong, right]).micro == Counts(0, 1, 2)


def test_a_repeated_entity_counts_once() -> None:
    found = judge(NER, [entity(0, 2)], [entity(0, 2)] * 3)
    assert (found.micro, found.uncounted, found.repeated) == (Counts(1, 1, 1), 2, 2)


def test_the_same_offsets_in_title_and_abstract_are_two_places() -> None:
    both = [entity(0, 2), entity(0, 2, location="abstract")]
    assert judge(NER, both, both).micro == Counts(2, 2, 2)


def test_of_overlapping_entities_the_longest_stays() -> None:
    short, long = entity(0, 4), entity(3, 9)
    assert judge(NER, [short], [short, long]).micro == Counts(0, 1, 1)
    assert judge(NER, [long], [short, long]).micro == Counts(1, 1, 1)


def test_of_equally_long_overlapping_entities_the_first_in_the_text_stays() -> None:
    early, late = entity(0, 4), entity(2, 6)
    assert judge(NER, [early], [late, early]).micro == Counts(1, 1, 1)


def test_overlap_is_transitive() -> None:
    # The first and the last do not touch, but the one between joins all three.
    chain = [entity(0, 4), entity(3, 8), entity(7, 10)]
    assert judge(NER, chain, chain).micro == Counts(1, 1, 3)


def test_a_cluster_ends_where_its_longest_member_ends() -> None:
    around, inside, after = entity(0, 20), entity(2, 4), entity(10, 12)
    assert judge(NER, [after], [around, inside, after]).micro == Counts(0, 1, 1)


def test_entities_that_share_one_character_at_their_ends_do_not_overlap() -> None:
    touching = [entity(0, 4), entity(4, 8)]
    assert judge(NER, touching, touching).micro == Counts(2, 2, 2)
    assert judge(NER, touching, [entity(0, 5), touching[1]]).micro == Counts(0, 1, 2)


def test_gold_is_never_thinned_out() -> None:
    nested = [entity(0, 9), entity(2, 4)]
    assert judge(NER, nested, nested).micro == Counts(1, 1, 2)


def test_what_is_dropped_for_an_overlap_cannot_be_free_of_charge() -> None:
    # The longest is of a class that gold lacks: it drops the right one, then is not counted.
    right, longest = entity(0, 4), entity(0, 9, "drug")
    found = judge(NER, [right], [right, longest])
    assert (found.micro, found.uncounted) == (Counts(0, 0, 1), 2)


def test_the_older_scorer_and_the_strict_one_keep_overlapping_entities() -> None:
    nested = [entity(0, 9), entity(2, 4)]
    for scorer in (OLD, STRICT):
        assert judge(NER, nested, nested, scorer).micro == Counts(2, 2, 2)


def test_repeated_relations_count_once() -> None:
    rows = [concepts("a", "affect", "b")] * 2
    assert judge(CONCEPT, rows[:1], rows).micro == Counts(1, 1, 1)
    assert judge(CONCEPT, rows[:1], rows, OLD).micro == Counts(2, 2, 1)


def test_a_relation_of_a_class_that_gold_lacks_is_free() -> None:
    gold, other = concepts("a", "affect", "b"), concepts("a", "is a", "b")
    assert judge(CONCEPT, [gold], [gold, other]).micro == Counts(1, 1, 1)
    assert judge(CONCEPT, [gold], [gold, other], STRICT).micro == Counts(1, 2, 1)


def test_a_linked_entity_needs_place_label_and_uri() -> None:
    gold = entity(0, 2, uri="u:1")
    for wrong in (gold | {"uri": "u:2"}, gold | {"end_idx": 3}, gold | {"label": "drug"}):
        for scorer in Scorer:
            assert judge(NERD, [gold], [wrong], scorer).micro.hits == 0
    assert judge(NERD, [gold], [gold]).micro == Counts(1, 1, 1)


def test_uris_are_strings_officially_and_concepts_strictly() -> None:
    gold, predicted = entity(0, 2, uri=OTHER_SPELLING), entity(0, 2, uri=PATIENTS)
    assert judge(NERD, [gold], [predicted]).micro == Counts(0, 1, 1)
    assert judge(NERD, [gold], [predicted], STRICT).micro == Counts(1, 1, 1)


def test_two_spellings_of_one_relation_are_strictly_one() -> None:
    there, again = concepts(PATIENTS, "affect", "b"), concepts(OTHER_SPELLING, "affect", "b")
    assert judge(CONCEPT, [there, again], [there, again], STRICT).micro == Counts(1, 1, 1)
    assert judge(CONCEPT, [there, again], [there, again]).micro == Counts(2, 2, 2)


def test_a_linked_mention_relation_needs_surfaces_and_uris() -> None:
    gold = concepts("a", "affect", "b") | {"subject_text_span": "A", "object_text_span": "B"}
    other_word, other_uri = gold | {"subject_text_span": "a"}, gold | {"object_uri": "c"}
    read = [items_of({"relations": [row]}, Task.LINKED) for row in (gold, other_word, other_uri)]
    hits = [score({"1": read[0]}, {"1": r}, Task.LINKED, STRICT).micro.hits for r in read]
    assert hits == [1, 0, 0]


@pytest.mark.parametrize(
    ("predicted", "hits"),
    [
        ([entity(0, 5)], 1),  # longer
        ([entity(4, 4)], 1),  # one shared character, ends included
        ([entity(5, 8)], 0),
        ([entity(0, 5, "drug")], 0),
        ([entity(0, 5, location="abstract")], 0),
        ([entity(0, 1), entity(3, 4)], 1),  # two for one
        ([entity(0, 1), entity(0, 4)], 1),  # the exact one is taken first
        ([entity(0, 11)], 1),  # one for two
        ([entity(0, 5), entity(9, 11)], 2),
    ],
)
def test_overlap_is_credited_one_to_one(predicted: list[Row], hits: int) -> None:
    gold = [entity(0, 4), entity(10, 11)]
    found = judge(Task.OVERLAP, gold, predicted, STRICT)
    assert found.micro == Counts(hits, len(predicted), 2)
