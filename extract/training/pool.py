"""The documents a recipe may take: by collection, with the folds that are held out."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from extract.annotation import AnnotatedDocument, Corpus
from extract.training.recipe import Collection


class CorpusTooSmallError(ValueError):
    """There are fewer documents than folds."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A corpus parted by collection, in its order; experts also into ``folds`` parts."""

    documents: Mapping[Collection, tuple[AnnotatedDocument, ...]]
    folds: int

    @property
    def experts(self) -> tuple[AnnotatedDocument, ...]:
        """The documents that an expert annotated."""
        return self.documents.get(Collection.EXPERT, ())

    def held_out(self, fold: int) -> tuple[AnnotatedDocument, ...]:
        """Give the expert documents of a fold, the first of every ``folds`` from ``fold`` on."""
        return self.experts[fold % self.folds :: self.folds]

    def kept(self, fold: int | None) -> tuple[AnnotatedDocument, ...]:
        """Give the other expert documents; all where no fold is held out."""
        if fold is None:
            return self.experts
        return tuple(d for i, d in enumerate(self.experts) if i % self.folds != fold % self.folds)

    def take(
        self, weights: Mapping[Collection, float], fold: int | None
    ) -> Iterator[tuple[Corpus, float]]:
        """Yield collections with their weights; of the experts what a fold leaves."""
        for collection, weight in weights.items():
            experts = collection is Collection.EXPERT
            yield self.kept(fold) if experts else self.documents.get(collection, ()), weight

    def count(self) -> dict[str, int]:
        """Count documents by collection."""
        return {str(collection): len(part) for collection, part in self.documents.items()}


def fill_pool(corpus: Corpus, folds: int) -> Pool:
    """Part a corpus; raises CorpusTooSmallError where a fold of expert documents would be empty."""
    parts: dict[Collection, list[AnnotatedDocument]] = {c: [] for c in Collection}
    for document in corpus:
        parts[collection_of(document)].append(document)
    if len(parts[Collection.EXPERT]) < folds:
        raise CorpusTooSmallError(
            f"{len(parts[Collection.EXPERT])} expert documents: {folds} are needed at least, "
            "one a fold"
        )
    return Pool({c: tuple(part) for c, part in parts.items() if part}, folds)


def cut_folds(documents: Corpus, folds: int) -> Iterator[tuple[Corpus, Corpus]]:
    """Yield, a fold, the documents of the others and its own: the first of every ``folds``."""
    for fold in range(folds):
        rest = [document for i, document in enumerate(documents) if i % folds != fold]
        yield rest, documents[fold::folds]


def collection_of(document: AnnotatedDocument) -> Collection:
    """Say which collection a document belongs to, by its annotator."""
    annotator = document.pipeline.recognizer
    if annotator == "distant":
        return Collection.BRONZE
    prefixes = {"expert": Collection.EXPERT, "student": Collection.SILVER}
    return prefixes.get(annotator.partition("_")[0], Collection.OTHER)


def is_expert(document: AnnotatedDocument) -> bool:
    """Say whether an expert annotated the document (platinum, gold, dev)."""
    return collection_of(document) is Collection.EXPERT


def corpus_hash(corpus: Corpus) -> str:
    """Hash the texts and annotations, in order."""
    digest = hashlib.sha256()
    for document in corpus:
        digest.update(f"{document.document.pmid}{document.document.content_hash}".encode())
        digest.update(repr((document.mentions, document.relations)).encode())
    return digest.hexdigest()
