"""What evidence says of its assertion: for or against, which way, how surely, from what study."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.explorer.queries.relation_table import ASSERTION
from app.graph_access import Row, ask
from kg.graph.vocabulary import (
    DISBELIEF,
    IS_SPECULATIVE,
    OPPOSES,
    OPPOSING_EVIDENCE_COUNT,
    OPPOSING_PAPER_COUNT,
    POLARITY_COUNTS,
    POLARITY_NODES,
    STUDY_COUNTS,
    STUDY_NODES,
    SUPPORTS,
)
from kg.identifiers import article_iri
from kg.sentence.cues import Polarity
from kg.sentence.study import StudyKind

StudyName = str
SAYS = {
    "for": SUPPORTS.value,
    "against": OPPOSES.value,
    **{str(polarity): node.value for polarity, node in POLARITY_NODES.items()},
    "speculative": IS_SPECULATIVE.value,
}
"""What a reader can choose among, and its IRI."""
STUDIES = {str(kind): node.value for kind, node in STUDY_NODES.items()}
_NAME_OF_SAYING = {iri: name for name, iri in SAYS.items()}
_NAME_OF_STUDY = {iri: name for name, iri in STUDIES.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """What one sentence says; ``direction`` is empty where it gives none."""

    denies: bool = False
    direction: str = ""
    is_speculative: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of ``SAYS`` that fit."""
        side = "against" if self.denies else "for"
        direction = (self.direction,) if self.direction else ()
        return (side, *direction, *(("speculative",) if self.is_speculative else ()))


@dataclass(frozen=True, slots=True)
class Counted:
    """What speaks against an assertion, and papers by direction and by kind of study."""

    opposing_papers: int = 0
    opposing_evidences: int = 0
    disbelief: float = 0.0
    directions: tuple[tuple[str, int], ...] = ()
    studies: tuple[tuple[StudyName, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """How many sentences each choice would leave, by what they say and by kind of study."""

    says: Mapping[str, int]
    studies: Mapping[StudyName, int]
    total: int


def said_of(row: Row) -> Said:
    """Read ``?stance``, and ``?polarity`` and ``?speculative`` where they are bound."""
    return Said(
        denies=row["stance"] == OPPOSES.value,
        direction=_NAME_OF_SAYING.get(str(row.get("polarity")), ""),
        is_speculative=row.get("speculative") is True,
    )


def read_counts(identifier: str) -> Counted:
    """Read the counts of an assertion that stand in the graph only where they are not nought."""
    rows = ask("assertion_counts", assertion=ASSERTION + identifier)
    values = {str(row["property"]): float(str(row["value"])) for row in rows}
    return Counted(
        int(values.get(OPPOSING_PAPER_COUNT.value, 0)),
        int(values.get(OPPOSING_EVIDENCE_COUNT.value, 0)),
        values.get(DISBELIEF.value, 0.0),
        _named((str(p), values.get(POLARITY_COUNTS[p].value, 0)) for p in Polarity),
        _named((str(kind), values.get(STUDY_COUNTS[kind].value, 0)) for kind in StudyKind),
    )


def _named(counts: Iterable[tuple[str, float]]) -> tuple[tuple[str, int], ...]:
    return tuple((name, int(count)) for name, count in counts if count)


def studies_of_paper(pmid: str) -> tuple[StudyName, ...]:
    """Read the kinds of study that an article reports."""
    rows = ask("paper_studies", article=article_iri(pmid))
    return tuple(sorted(_NAME_OF_STUDY[str(row["study"])] for row in rows))


def studies_by_evidence(identifier: str) -> dict[str, tuple[StudyName, ...]]:
    """Map the IRI of each evidence of an assertion to the kinds of study it comes from."""
    studies: dict[str, tuple[StudyName, ...]] = {}
    for row in ask("evidence_cues", assertion=ASSERTION + identifier):
        known = studies.setdefault(str(row["evidence"]), ())
        if row.get("study") is not None:
            name = _NAME_OF_STUDY[str(row["study"])]
            studies[str(row["evidence"])] = tuple(sorted((*known, name)))
    return studies


def read_choices(identifier: str, says: str, study: str) -> Choices:
    """Count the sentences of an assertion, each choice under the other one."""
    rows = ask("evidence_cues", assertion=ASSERTION + identifier)
    told = {str(row["evidence"]): said_of(row).names for row in rows}
    studies = studies_by_evidence(identifier)
    by_says = [e for e in told if not says or says in told[e]]
    by_study = [e for e in told if not study or study in studies[e]]
    return Choices(
        Counter(name for e in by_study for name in told[e]),
        Counter(name for e in by_says for name in studies[e]),
        len(set(by_says) & set(by_study)),
    )
