from typing import Any

import pytest

from extract.corpus import CorpusError
from extract.scoring.items import Lists, Scorer, Task, items_of
from extract.scoring.scores import Counts, Score, score
from extract.scoring.spans import token_lists

IO, BIO = Task.TOKENS_IO, Task.TOKENS_BIO
Row = dict[str, Any]
TITLE = "The gut-brain axis in PD, mood"
#        0   4  78    14   19 22 24 26
TEXTS = {("1", "title"): TITLE, ("1", "abstract"): "PD"}


def entity(text: str, label: str = "DDF", location: str = "title") -> Row:
    start = TEXTS["1", location].index(text)
    end = start + len(text) - 1
    span = {"start_idx": start, "end_idx": end, "location": location, "text_span": text}
    return span | {"label": label}


def tokens(task: Task, *rows: Row) -> Lists:
    return token_lists({"1": items_of({"entities": list(rows)}, Task.NER)}, TEXTS, task)


def judge(task: Task, gold: list[Row], predicted: list[Row]) -> Score:
    return score(tokens(task, *gold), tokens(task, *predicted), task, Scorer.STRICT)


def test_a_token_is_a_word_or_one_other_character() -> None:
    (items,) = tokens(IO, entity("gut-brain axis")).values()
    assert [key[1] for key, _ in items] == [4, 7, 8, 14]


def test_bio_tells_the_first_token_of_an_entity_from_the_rest() -> None:
    (items,) = tokens(BIO, entity("gut-brain"), entity("PD"), entity("mood", "drug")).values()
    assert [cls for _, (cls,) in items] == ["B-DDF", "I-DDF", "I-DDF", "B-DDF", "B-drug"]


def test_a_token_that_an_entity_covers_in_part_belongs_to_it() -> None:
    (items,) = tokens(IO, entity("ut-b")).values()
    assert [key[1] for key, _ in items] == [4, 7, 8]


def test_of_overlapping_entities_a_token_belongs_to_the_longest_of_the_first() -> None:
    rows = (entity("gut", "drug"), entity("gut-brain"), entity("brain axis", "human"))
    (items,) = tokens(IO, *rows).values()
    assert [cls for _, (cls,) in items] == ["DDF", "DDF", "DDF", "human"]


def test_half_an_entity_is_half_right() -> None:
    # "gut", "-" and "brain" of "gut-brain axis"; BIO agrees, since both begin with "gut".
    for task in (IO, BIO):
        found = judge(task, [entity("gut-brain axis")], [entity("gut-brain")])
        assert found.micro == Counts(3, 3, 4)


def test_a_late_start_costs_bio_one_token_more() -> None:
    gold, late = [entity("gut-brain axis")], [entity("brain axis")]
    assert judge(IO, gold, late).micro == Counts(2, 2, 4)
    assert judge(BIO, gold, late).micro == Counts(1, 2, 4)


def test_a_wrong_label_is_wrong_for_every_token() -> None:
    found = judge(IO, [entity("gut-brain")], [entity("gut-brain", "drug")])
    assert found.micro == Counts(0, 3, 3)


def test_title_and_abstract_are_apart() -> None:
    found = judge(IO, [entity("PD")], [entity("PD", location="abstract")])
    assert found.micro == Counts(0, 1, 1)


def test_averages_go_over_the_labels_of_gold() -> None:
    # B-DDF: 2 of 2 found, 2 right; I-DDF: 3 in gold, none found.
    found = judge(BIO, [entity("gut-brain axis"), entity("PD")], [entity("gut"), entity("PD")])
    assert found.by_class == (("B-DDF", Counts(2, 2, 2)), ("I-DDF", Counts(0, 0, 3)))
    assert found.macro.f1 == pytest.approx(1 / 2)
    assert found.weighted.f1 == pytest.approx(2 / 5)


def test_without_the_text_there_are_no_tokens() -> None:
    items = items_of({"entities": [entity("PD")]}, Task.NER)
    with pytest.raises(CorpusError, match="PMID 7: the gold file has no title"):
        token_lists({"7": items}, TEXTS, IO)
