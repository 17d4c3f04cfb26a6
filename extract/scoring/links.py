"""Accuracy of links on gold mentions: over all, by type and vocabulary, seen and unseen names."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from extract.annotation import AnnotatedDocument
from extract.corpus import uri_identity
from extract.linking.candidates import LOCAL

NIL = "no vocabulary"
"""What the task's own concepts are: names that the annotators found in no vocabulary."""


@dataclass(frozen=True, slots=True)
class LinkJudgement:
    """One gold mention: what it is and whether its link is right."""

    type: str
    vocabulary: str
    is_seen: bool
    is_right: bool


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many are right."""

    right: int
    total: int

    @property
    def accuracy(self) -> float:
        """The share that is right; 0 of nothing."""
        return self.right / self.total if self.total else 0.0


def judge_links(
    gold: Iterable[AnnotatedDocument],
    predicted: Mapping[str, AnnotatedDocument],
    seen: Collection[str],
) -> Iterator[LinkJudgement]:
    """Compare the links of gold mentions, with two spellings of a concept's URI taken for one.

    ``predicted`` has the same mentions by PMID; ``seen`` are the surfaces of training, case folded.
    """
    for document in gold:
        other = predicted[document.document.pmid]
        links = {(m.passage, m.start, m.end): m.concept for m in other.mentions}
        for mention, uri in zip(document.mentions, document.uris, strict=True):
            right = uri_identity(uri)
            given = links.get((mention.passage, mention.start, mention.end))
            prefix = right.partition(":")[0]
            vocabulary = NIL if prefix == LOCAL else prefix
            is_seen = mention.text.casefold() in seen
            yield LinkJudgement(mention.type, vocabulary, is_seen, given == right)


def shares(judgements: Iterable[LinkJudgement]) -> dict[str, Share]:
    """Count by what a row of a report is about, the most frequent first; ``all`` comes first."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for each in judgements:
        seen = "seen" if each.is_seen else "unseen"
        for row in ("all", seen, f"type: {each.type}", f"vocabulary: {each.vocabulary}"):
            total[row] += 1
            right[row] += each.is_right
    return {row: Share(right[row], count) for row, count in total.most_common()}
