from collections.abc import Callable

import numpy as np

from extract.annotation import AnnotatedDocument, Mention
from extract.relations.features import (
    NUMBERS,
    Candidates,
    WordColumns,
    choose_words,
    columns,
    describe,
)
from ingest.document import Document
from ontology.schema import EntityType, Predicate, is_legal

E, P = EntityType, Predicate
Write = Callable[..., Document]
Mark = Callable[..., Mention]
NO_WORDS = WordColumns()


def row_of(candidates: Candidates, subject: str, target: str) -> int:
    rows = zip(candidates.subjects, candidates.objects, strict=True)
    names = [(candidates.mentions[s].text, candidates.mentions[o].text) for s, o in rows]
    return names.index((subject, target))


def value(candidates: Candidates, row: int, name: str, words: WordColumns = NO_WORDS) -> float:
    return float(candidates.matrix[row, columns(words).index(name)])


def test_every_legal_triple_and_no_other_is_described(write: Write, mark: Mark) -> None:
    document = write("butyrate eases anxiety in mice")
    mentions = (
        mark(document, "butyrate", E.CHEMICAL),
        mark(document, "anxiety", E.DDF),
        mark(document, "mice", E.ANIMAL),
    )
    found = describe(document, mentions, NO_WORDS)
    triples = {
        (mentions[s].type, p, mentions[o].type)
        for s, p, o in zip(found.subjects, found.predicates, found.objects, strict=True)
    }
    assert (E.CHEMICAL, P.INFLUENCE, E.DDF) in triples
    assert (E.CHEMICAL, P.ADMINISTERED, E.ANIMAL) in triples
    assert (E.CHEMICAL, P.LOCATED_IN, E.ANIMAL) in triples
    assert all(is_legal(*triple) for triple in triples)
    assert found.matrix.shape == (len(found.predicates), len(columns(NO_WORDS)))


def test_numbers_say_where_the_two_stand(write: Write, mark: Mark) -> None:
    document = write("Mice saw anxiety. Then butyrate eased anxiety.", title="Butyrate and mice")
    mentions = (
        mark(document, "Butyrate", E.CHEMICAL, "title"),
        mark(document, "anxiety", E.DDF),
        mark(document, "butyrate", E.CHEMICAL),
    )
    found = describe(document, mentions, NO_WORDS)
    far, near = row_of(found, "Butyrate", "anxiety"), row_of(found, "butyrate", "anxiety")
    assert value(found, far, "sentences apart") == 1
    assert value(found, far, "subject first") == 1
    assert value(found, near, "subject first") == 0
    assert value(found, far, "subject in title") == 1
    assert value(found, near, "subject in title") == 0
    assert value(found, near, "subject named in title") == 1  # the other mention has the same name
    assert value(found, near, "subject's mentions") == 2
    assert value(found, near, "characters between") == len(". Then ")
    assert value(found, far, "nearer subjects") == 1
    assert value(found, near, "nearer subjects") == 0


def test_what_stands_between_is_counted_by_type(write: Write, mark: Mark) -> None:
    document = write("butyrate, propionate, rest and stress meet anxiety")
    mentions = (
        mark(document, "butyrate", E.CHEMICAL),
        mark(document, "propionate", E.CHEMICAL),
        mark(document, "stress", E.DDF),
        mark(document, "anxiety", E.DDF),
    )
    found = describe(document, mentions, NO_WORDS)
    row = row_of(found, "butyrate", "anxiety")
    assert value(found, row, "mentions between") == 2
    assert value(found, row, "subjects between") == 1
    assert value(found, row, "objects between") == 1


def test_words_count_only_between_two_of_one_sentence(write: Write, mark: Mark) -> None:
    words = WordColumns(between=("eases", "not"), inside=("acid",))
    document = write("Butyric acid eases anxiety. It does not ease stress.")
    mentions = (
        mark(document, "Butyric acid", E.CHEMICAL),
        mark(document, "anxiety", E.DDF),
        mark(document, "stress", E.DDF),
    )
    found = describe(document, mentions, words)
    near, far = row_of(found, "Butyric acid", "anxiety"), row_of(found, "Butyric acid", "stress")
    assert value(found, near, "between: eases", words) == 1
    assert value(found, near, "between: not", words) == 0
    assert value(found, far, "between: eases", words) == 0
    assert value(found, near, "in subject: acid", words) == 1
    assert value(found, near, "in object: acid", words) == 0


def test_the_order_of_mentions_does_not_matter(write: Write, mark: Mark) -> None:
    document = write("butyrate eases anxiety and stress in mice")
    names = (("butyrate", E.CHEMICAL), ("anxiety", E.DDF), ("stress", E.DDF), ("mice", E.ANIMAL))
    mentions = tuple(mark(document, text, label) for text, label in names)
    one, other = (describe(document, m, NO_WORDS) for m in (mentions, mentions[::-1]))
    assert sorted(map(tuple, one.matrix)) == sorted(map(tuple, other.matrix))


def test_documents_without_pairs_have_no_rows(write: Write, mark: Mark) -> None:
    document = write("anxiety")
    for mentions in ((), (mark(document, "anxiety", E.DDF),)):
        found = describe(document, mentions, NO_WORDS)
        assert found.matrix.shape == (0, len(columns(NO_WORDS)))


def test_the_vocabulary_is_what_most_documents_hold(
    write: Write, annotate: Callable[..., AnnotatedDocument]
) -> None:
    marks = (("butyrate", E.CHEMICAL), ("anxiety", E.DDF))
    texts = (
        "butyrate eases anxiety",
        "butyrate never eases anxiety",
        "butyrate and so and anxiety",
    )
    corpus = [annotate(write(text, pmid=str(i)), marks) for i, text in enumerate(texts)]
    assert choose_words(corpus, 1) == WordColumns(("eases",), ("anxiety",))


def test_numbers_are_finite(write: Write, mark: Mark) -> None:
    document = write("mice " * 300)
    mentions = tuple(
        Mention("abstract", 5 * i, 5 * i + 4, "mice", E.ANIMAL if i % 2 else E.CHEMICAL)
        for i in range(300)
    )
    found = describe(document, mentions, NO_WORDS)
    assert np.isfinite(found.matrix).all()
    assert found.matrix[:, NUMBERS.index("characters between")].max() == 600
