"""What kind of study an article reports: on people, on animals, in glassware, or a review.

PubMed's publication types and MeSH terms decide where they are given. Else the words of title and
abstract do, with the people and animals mentioned; ``tests/data/studies.tsv`` holds the
hand-labelled articles by which this is measured (``benchmarks/cues.py``).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache, lru_cache

from extract.annotation import Mention
from extract.text import fold, plain
from ingest.document import Document
from kg.sentence.cue_words import read_words
from ontology.schema import EntityType


class StudyKind(StrEnum):
    """Whom or what a study looked at. A review looked at other studies, whatever these saw."""

    HUMAN = "human"
    ANIMAL = "animal"
    IN_VITRO = "in vitro"
    REVIEW = "review"
    OTHER = "other"


_OF_TYPE = {
    StudyKind.REVIEW: (
        "Review", "Systematic Review", "Meta-Analysis", "Network Meta-Analysis", "Scoping Review",
        "Editorial", "Comment", "News", "Guideline", "Practice Guideline",
    ),
    StudyKind.HUMAN: (
        "Clinical Trial", "Clinical Trial, Phase I", "Clinical Trial, Phase II",
        "Clinical Trial, Phase III", "Clinical Trial, Phase IV", "Clinical Trial Protocol",
        "Controlled Clinical Trial", "Randomized Controlled Trial", "Pragmatic Clinical Trial",
        "Equivalence Trial", "Clinical Study", "Observational Study", "Twin Study", "Case Reports",
    ),
    StudyKind.ANIMAL: ("Clinical Trial, Veterinary", "Observational Study, Veterinary"),
}  # fmt: skip
_OF_MESH = {
    StudyKind.HUMAN: ("Humans",),
    StudyKind.ANIMAL: ("Animals",),
    StudyKind.IN_VITRO: ("In Vitro Techniques", "Cell Line", "Cells, Cultured", "Cell Line, Tumor"),
}
_SEVERAL = 2
"""How often animals or glassware must be named: once is often a look at other studies."""


@lru_cache(maxsize=1_000)
def study_kinds(document: Document, mentions: tuple[Mention, ...] = ()) -> tuple[StudyKind, ...]:
    """Say what kinds of study a document reports, in order of ``StudyKind``; never none."""
    kinds = _by_record(document) or _by_words(document, mentions) or {StudyKind.OTHER}
    return tuple(kind for kind in StudyKind if kind in kinds)


def _by_record(document: Document) -> set[StudyKind]:
    """Read the kinds that PubMed's indexers gave; MeSH gives for a review what it reviewed."""
    types = {k for k, names in _OF_TYPE.items() if {*names} & {*document.publication_types}}
    if StudyKind.REVIEW in types:
        return {StudyKind.REVIEW}
    headings = {heading.partition("/")[0] for heading in document.mesh}
    return types | {k for k, names in _OF_MESH.items() if {*names} & headings}


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    words = read_words("studies")
    return {kind: re.compile(rf"(?<![\w-])(?:{each})(?!\w)") for kind, each in words.items()}


def _by_words(document: Document, mentions: Iterable[Mention]) -> set[StudyKind]:
    text = ". ".join(fold(plain(passage.text).text) for passage in document.passages)
    found = {kind: len(pattern.findall(text)) for kind, pattern in _patterns().items()}
    if found["no host"]:
        return {StudyKind.OTHER}
    if found["surely a review"] or (found["perhaps a review"] and not _has_data(found)):
        return {StudyKind.REVIEW}
    hosts = _hosts(document, found, Counter(mention.type for mention in mentions))
    return hosts if hosts and found["own data"] else {StudyKind.REVIEW}


def _has_data(found: Mapping[str, int]) -> bool:
    return found["people studied"] > 0 or found["own data"] >= _SEVERAL


def _hosts(
    document: Document, found: Mapping[str, int], named: Mapping[EntityType, int]
) -> set[StudyKind]:
    """Take the kinds whose words come often enough, or are in the title."""
    title = fold(plain(document.title).text)
    in_title = {kind for kind, pattern in _patterns().items() if pattern.search(title)}
    signs = {
        StudyKind.HUMAN: found["people studied"] > 0,
        StudyKind.ANIMAL: found["animals"] + named[EntityType.ANIMAL] > _SEVERAL,
        StudyKind.IN_VITRO: found["glassware"] >= _SEVERAL,
    }
    titles = {StudyKind.ANIMAL: "animals", StudyKind.IN_VITRO: "glassware"}
    return {kind for kind, is_seen in signs.items() if is_seen or titles.get(kind) in in_title}
