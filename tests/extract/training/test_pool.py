"""Which documents a recipe takes, and which are held out."""

import pytest

from extract.annotation import AnnotatedDocument, Pipeline
from extract.training.pool import CorpusTooSmallError, collection_of, fill_pool
from extract.training.recipe import Collection
from ingest.document import Document


def by(annotator: str, number: int = 1) -> AnnotatedDocument:
    return AnnotatedDocument(Document(str(number), ()), (), (), Pipeline(annotator, "", "", ""))


@pytest.mark.parametrize(
    ("annotator", "collection"),
    [("expert_3", "expert"), ("student_A", "silver"), ("distant", "bronze"), ("gutbrain", "other")],
)
def test_a_collection_is_told_by_the_annotator(annotator: str, collection: str) -> None:
    assert collection_of(by(annotator)) == collection


def test_a_fold_is_held_out_of_experts_alone() -> None:
    corpus = [by("expert_1", n) for n in range(6)] + [by("student_A", 6)]
    pool = fill_pool(corpus, folds=3)
    assert [d.document.pmid for d in pool.held_out(1)] == ["1", "4"]
    assert [d.document.pmid for d in pool.kept(1)] == ["0", "2", "3", "5"]
    taken = pool.take({Collection.EXPERT: 1.25, Collection.SILVER: 1.0}, 1)
    assert [(len(documents), weight) for documents, weight in taken] == [(4, 1.25), (1, 1.0)]


def test_fewer_experts_than_folds_are_refused() -> None:
    with pytest.raises(CorpusTooSmallError, match="1 expert documents: 2 are needed"):
        fill_pool([by("expert_1"), by("distant")], folds=2)
