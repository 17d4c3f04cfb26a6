"""What other corpora relate: counted by name and by head word, without the document itself."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from extract.annotation import AnnotatedDocument, Mention
from extract.model import ModelError
from extract.relations.known import (
    KNOWN_FILE,
    KnownPairs,
    count_pairs,
    head_key,
    known_columns,
    name_key,
    read_known,
    write_known,
)
from ingest.document import Document
from ontology.schema import EntityType, Predicate

E, P = EntityType, Predicate
Write = Callable[..., Document]
Annotate = Callable[..., AnnotatedDocument]


@pytest.fixture(scope="module")
def corpus(write: Write, annotate: Annotate) -> list[AnnotatedDocument]:
    marks = (("brain disorders", E.DDF), ("autism", E.DDF), ("butyrate", E.CHEMICAL))
    return [
        annotate(
            write("autism is one of the brain disorders; butyrate", pmid=str(number)),
            marks,
            [(1, P.IS_A, 0)] if number else [(0, P.AFFECT, 1), (1, P.IS_A, 0)],
        )
        for number in range(4)
    ]


def values(
    known: KnownPairs, document: AnnotatedDocument, predicate: Predicate, own: KnownPairs | None
) -> dict[str, float]:
    (row,) = known.describe(document.mentions, [(1, predicate, 0)], own)
    return dict(zip(known_columns(), row.tolist(), strict=True))


def test_a_pair_is_known_by_its_predicates_and_directions(corpus: list[AnnotatedDocument]) -> None:
    found = values(count_pairs(corpus), corpus[0], P.IS_A, None)
    assert np.expm1(found["known by name: related so"]) == pytest.approx(4)
    assert np.expm1(found["known by name: together"]) == pytest.approx(4)
    assert found["known by name: share of the predicate"] == pytest.approx(4 / 5)
    assert found["known by name: rate"] == pytest.approx(4 / 7)
    assert np.expm1(found["known by name: related the other way"]) == pytest.approx(1)
    assert found["known by name: share of the direction"] == pytest.approx(4 / 6)
    affect = values(count_pairs(corpus), corpus[0], P.AFFECT, None)
    assert affect["known by name: related so"] == 0
    assert affect["known by name: related"] == found["known by name: related"]


def test_a_document_is_not_judged_by_its_own_annotations(corpus: list[AnnotatedDocument]) -> None:
    own = count_pairs(corpus[:1], fewest=(1, 1))
    found = values(count_pairs(corpus), corpus[0], P.IS_A, own)
    assert np.expm1(found["known by name: related so"]) == pytest.approx(3)
    assert np.expm1(found["known by name: together"]) == pytest.approx(3)
    assert found["known by name: related the other way"] == 0
    alone = values(count_pairs(corpus[:1]), corpus[0], P.IS_A, own)
    assert set(alone.values()) == {0.0}


def test_head_words_know_what_names_do_not(
    corpus: list[AnnotatedDocument], write: Write, annotate: Annotate
) -> None:
    other = annotate(
        write("autism and mood disorder"), (("mood disorder", E.DDF), ("autism", E.DDF)), []
    )
    found = values(count_pairs(corpus), other, P.IS_A, None)
    assert found["known by name: related so"] == 0
    assert np.expm1(found["known by head word: related so"]) == pytest.approx(4)


def test_pairs_that_say_nothing_are_not_kept(write: Write, annotate: Annotate) -> None:
    met = [
        annotate(
            write("butyrate, anxiety", pmid=str(number)),
            (("butyrate", E.CHEMICAL), ("anxiety", E.DDF)),
            [],
        )
        for number in range(3)
    ]
    assert [len(level) for level in count_pairs(met).levels] == [2, 0]
    assert [len(level) for level in count_pairs(met[:2]).levels] == [0, 0]


def test_names_are_folded() -> None:
    short, plural = (
        Mention("abstract", 0, 0, text, E.DDF, 1.0) for text in ("IBS", "Gut-brain disorders")
    )
    assert name_key(short) == "DDF|ibs"
    assert name_key(plural) == "DDF|gut brain disorder"
    assert head_key(plural) == "DDF|disorder"
    assert head_key(Mention("abstract", 0, 0, "-", E.DDF, 1.0)) == "DDF|"


def test_counts_are_written_and_read(corpus: list[AnnotatedDocument], tmp_path: Path) -> None:
    known = count_pairs(corpus)
    write_known(known, tmp_path)
    first = (tmp_path / KNOWN_FILE).read_bytes()
    write_known(count_pairs(corpus[::-1]), tmp_path)
    assert (tmp_path / KNOWN_FILE).read_bytes() == first
    assert read_known(tmp_path) == known


def test_a_folder_without_counts_knows_nothing_and_a_broken_file_is_named(tmp_path: Path) -> None:
    nothing = read_known(tmp_path)
    assert not any(nothing.levels)
    assert nothing.describe((), [(0, P.IS_A, 1), (1, P.IS_A, 0)]).tolist() == [[0.0] * 14] * 2
    (tmp_path / KNOWN_FILE).write_bytes(b"no gzip")
    with pytest.raises(ModelError, match=r"pairs\.json\.gz"):
        read_known(tmp_path)
