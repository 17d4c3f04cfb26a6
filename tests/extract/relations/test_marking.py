"""Markers among word pieces: where they stand, and what they mark."""

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer

from extract.annotation import Mention
from extract.ner.windows import PieceTokenizer
from extract.relations.marking import (
    closest,
    group_entities,
    legal_classes,
    mark_mentions,
    schema_pairs,
)
from ingest.document import Document, Passage
from ontology.schema import LEGAL_TRIPLES, EntityType, Predicate

CHEMICAL, DDF = EntityType.CHEMICAL, EntityType.DDF
WORDS = "butyrate eases major depression in the gut . of mice chemical DDF".split()  # noqa: SIM905
PIECES = ("[UNK]", "[CLS]", "[SEP]", *WORDS, "*", "but", "##yric")
PREDICATES = tuple(Predicate)


@pytest.fixture(scope="module")
def cutter() -> PieceTokenizer:
    tokenizer = Tokenizer(WordPiece({w: i for i, w in enumerate(PIECES)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return PieceTokenizer(tokenizer)


def read(ids: tuple[int, ...]) -> str:
    return " ".join(PIECES[number] for number in ids)


def mention(document: Document, passage: str, surface: str, label: EntityType) -> Mention:
    start = document.text_of(passage).index(surface)
    return Mention(passage, start, start + len(surface), surface, label)


DOCUMENT = Document(
    "1",
    (
        Passage("title", "butyrate eases major depression ."),
        Passage("abstract", "butyric in <i>the gut</i> eases depression of mice"),
    ),
)
MENTIONS = (
    mention(DOCUMENT, "title", "butyrate", CHEMICAL),
    mention(DOCUMENT, "title", "major depression", DDF),
    mention(DOCUMENT, "abstract", "butyric", CHEMICAL),
    mention(DOCUMENT, "abstract", "depression", DDF),
)


def test_every_mention_stands_between_its_markers(cutter: PieceTokenizer) -> None:
    marked = mark_mentions(DOCUMENT, MENTIONS, cutter)
    assert read(marked.ids) == (
        "* butyrate * eases * major depression * . [SEP] "
        "* but ##yric * in the gut eases * depression * of mice"
    )
    opening = [read(marked.ids[place : place + 2]) for place in marked.places]
    assert opening == ["* butyrate", "* major", "* but", "* depression"]


def test_mentions_that_meet_close_before_the_next_opens(cutter: PieceTokenizer) -> None:
    document = Document("1", (Passage("abstract", "butyrate depression"),))
    both = (
        mention(document, "abstract", "butyrate", CHEMICAL),
        mention(document, "abstract", "depression", DDF),
    )
    marked = mark_mentions(document, both, cutter)
    assert read(marked.ids) == "* butyrate * * depression *"
    assert marked.places == (0, 3)


def test_an_entity_is_a_type_and_a_surface(cutter: PieceTokenizer) -> None:
    again = Mention("abstract", 30, 40, "Depression", DDF)
    marked_up = Mention("abstract", 50, 60, "major <i>depression</i>", DDF)
    assert group_entities((*MENTIONS, again, marked_up)) == ((0,), (1, 5), (2,), (3, 4))


def test_only_pairs_that_the_schema_allows_are_judged() -> None:
    types = [CHEMICAL, DDF, EntityType.STATISTICAL_TECHNIQUE]
    assert schema_pairs(types) == ((0, 1), (1, 0))


def test_the_classes_of_a_pair_are_those_of_the_schema() -> None:
    table = legal_classes([(t.head, t.tail) for t in sorted(LEGAL_TRIPLES)], PREDICATES)
    assert table.shape == (59, 18)
    assert table[:, 0].all()
    for row, triple in zip(table, sorted(LEGAL_TRIPLES), strict=True):
        assert row[1 + PREDICATES.index(triple.predicate)]
    drug = legal_classes([(EntityType.DRUG, DDF)], PREDICATES)[0]
    assert [PREDICATES[i - 1] for i in np.flatnonzero(drug)[1:]] == [Predicate.CHANGE_EFFECT]


def test_classes_are_those_of_the_model_s_predicates_in_its_order() -> None:
    some = (Predicate.CHANGE_EFFECT, Predicate.AFFECT)
    pairs = [(EntityType.DRUG, DDF), (DDF, DDF), (DDF, EntityType.HUMAN)]
    assert legal_classes(pairs, some).tolist() == [
        [True, True, False],
        [True, False, True],
        [True, False, False],
    ]


def test_no_pairs_have_no_rows() -> None:
    assert legal_classes([], PREDICATES).shape == (0, 18)


def test_the_nearest_mentions_stand_for_their_entities() -> None:
    first, near = MENTIONS[1], MENTIONS[3]
    assert closest(DOCUMENT, [MENTIONS[2]], [first, near]) == (MENTIONS[2], first)
    assert closest(DOCUMENT, [MENTIONS[0]], [near, first]) == (MENTIONS[0], first)
