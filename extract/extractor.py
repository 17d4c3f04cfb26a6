"""The three steps in order: recognize, link, relate; several documents at once.

A model at work lets go of the interpreter, so that threads help.
"""

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeVar

from extract import Linker, Recognizer, RelationExtractor
from extract.annotation import AnnotatedDocument, Mention, Pipeline
from extract.method_names import Preset
from ingest.document import Document

MOST_THREADS = 8
"""More would wait for the interpreter: about an eighth of a document's time is Python's."""
LONGEST_PASSAGE = 20_000
"""So many characters of a passage are read. Abstracts have some thousands, but for those of
meetings, which hold hundreds of others."""
MOST_MENTIONS = 256
"""Pairs are looked for among so many mentions in a row; GutBrainIE's papers have 86 at most."""
AHEAD = 2
"""So many items a thread are under way, so that none waits for the one that is slow."""

_LOG = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Least scores at which a relation counts: by task of GutBrainIE, and for the graph.

    ``precise`` is the graph's where precision matters more than how much is found.
    """

    binary: float
    tag: float
    mention: float
    graph: float
    precise: float

    def at(self, preset: Preset) -> "Thresholds":
        """Set the graph's threshold to that of a preset."""
        return replace(self, graph=self.precise) if preset is Preset.PRECISE else self

    @property
    def lowest(self) -> float:
        """What a relation extractor must keep to serve all."""
        return min(self.binary, self.tag, self.mention, self.graph)


@dataclass(frozen=True, slots=True)
class Extractor:
    """A pipeline that is loaded and ready."""

    recognizer: Recognizer
    linker: Linker
    relations: RelationExtractor
    thresholds: Thresholds
    pipeline: Pipeline

    def linked_by(self, linker: Linker) -> "Extractor":
        """Put another linker in; what is read stays the same."""
        return replace(self, linker=linker, pipeline=replace(self.pipeline, links=linker.hash))

    def annotate(
        self, document: Document, mentions: tuple[Mention, ...] | None = None
    ) -> AnnotatedDocument:
        """Read a document; ``mentions``, where given, replace the recognizer's.

        Relations come from the lowest threshold on: see ``keep_relations``. A long text is read
        in stretches, so that it costs in proportion, and a very long one only in part, which is
        logged.
        """
        return self.link(self.read(document, mentions))

    def read(
        self, document: Document, mentions: tuple[Mention, ...] | None = None
    ) -> AnnotatedDocument:
        """Find mentions and relations, without concepts: what no lexicon changes."""
        seen = readable(document) if mentions is None else document
        found = self.recognizer.recognize(seen) if mentions is None else mentions
        relations = tuple(
            relation
            for first in range(0, len(found), MOST_MENTIONS)
            for relation in self.relations.relate(seen, found[first : first + MOST_MENTIONS])
        )
        return AnnotatedDocument(document, found, relations, self.pipeline)

    def link(self, read: AnnotatedDocument) -> AnnotatedDocument:
        """Name the concepts of what was read; parts of a mention share its relations."""
        parts = self.linker.link_parts(read.document, read.mentions)
        linked = {
            mention: tuple(replace(part, concept=concept.curie) for part, concept in found)
            for mention, found in zip(read.mentions, parts, strict=True)
        }
        relations = tuple(
            replace(relation, subject=subject, object=object_)
            for relation in read.relations
            for subject, object_ in product(linked[relation.subject], linked[relation.object])
        )
        named = {concept.curie: concept for found in parts for _, concept in found}
        mentions = tuple(part for mention in read.mentions for part in linked[mention])
        concepts = tuple(named.values())
        return replace(read, mentions=mentions, relations=relations, concepts=concepts)

    def annotate_all(self, documents: Iterable[Document]) -> Iterator[AnnotatedDocument]:
        """Read documents for the graph: relations from the graph's own threshold on."""
        return map(self.link, self.read_all(documents))

    def read_all(self, documents: Iterable[Document]) -> Iterator[AnnotatedDocument]:
        """Do the same without concepts."""
        for read in map_in_order(self.read, documents):
            yield keep_relations(read, self.thresholds.graph)


def readable(document: Document) -> Document:
    """Cut the passages that are too long to be an abstract, and say so in the log."""
    longest = max((len(passage.text) for passage in document.passages), default=0)
    if longest <= LONGEST_PASSAGE:
        return document
    said = "PMID %s: only the first %s of %s characters are read"
    _LOG.warning(said, document.pmid, f"{LONGEST_PASSAGE:,}", f"{longest:,}")
    cut = (replace(p, text=p.text[:LONGEST_PASSAGE]) for p in document.passages)
    return replace(document, passages=tuple(cut))


def keep_relations(annotated: AnnotatedDocument, threshold: float) -> AnnotatedDocument:
    """Leave out relations that score less than ``threshold``."""
    kept = tuple(r for r in annotated.relations if r.score >= threshold)
    return replace(annotated, relations=kept)


def map_in_order(
    work: Callable[[T], R], items: Iterable[T], threads: int | None = None
) -> Iterator[R]:
    """Yield ``work(item)`` in the order of the items; the caller's thread takes those.

    What ``work`` raises is raised in place of its result. ``threads`` is by default
    ``available_threads()``.
    """
    threads = threads or available_threads()
    with ThreadPoolExecutor(threads) as pool:
        under_way: deque[Future[R]] = deque()
        try:
            for item in items:
                under_way.append(pool.submit(work, item))
                if len(under_way) >= AHEAD * threads:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for waiting in under_way:
                waiting.cancel()


def available_threads() -> int:
    """Say how many documents are best read at once: as many as this process has cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, MOST_THREADS)
