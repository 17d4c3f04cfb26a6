"""The sentences for and against a relation, and those of a paper, as the store holds them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg.assertion import Citation, Side
from kg.graph import vocabulary as v
from kg.graph.catalogue import QuestionError
from kg.graph.ordered import batched
from kg.graph.rdf import cell, node
from kg.graph.reading_back import BATCH, cite, read_nodes, read_rows
from kg.identifiers import article_iri, local_id, pmid_of
from kg.sentence.cues import Cues, Polarity
from kg.sentence.study import StudyKind
from kg.stores import Row, TripleStore

SAYS = ("for", "against", *Polarity, "speculative")
"""What sentences can be chosen by; one may count under several."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Evidence without its texts: what it is chosen, counted and put in order by."""

    iri: str
    pmid: str
    year: int | None
    weight: float
    cues: Cues
    kinds: tuple[StudyKind, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The evidence that a choice leaves, and how much each other choice would leave.

    ``says`` counts by a name of ``SAYS``, ``studies`` by kind of study, each under the choice of
    the other one.
    """

    evidence: tuple[Outline, ...]
    says: Mapping[str, int]
    studies: Mapping[str, int]


def outlines_of(store: TripleStore, assertion: str) -> list[Outline]:
    """Read what speaks for and against an assertion, named by its IRI; latest papers first.

    The best supported relations have thousands of sentences; their texts are for ``cited``.
    """
    grouped: dict[str, list[Row]] = {}
    for row in read_rows(store, "outlines", {"assertion": [NamedNode(assertion)]}):
        grouped.setdefault(cell(row, "evidence"), []).append(row)
    found = (_outline(iri, rows) for iri, rows in grouped.items())
    return sorted(found, key=lambda each: (-(each.year or 0), each.pmid, each.iri))


def _outline(iri: str, rows: Sequence[Row]) -> Outline:
    row = rows[0]
    cues = Cues(
        v.POLARITY_OF_NODE[node(row, "polarity")] if row["polarity"] else None,
        is_negated=node(row, "stance") == v.OPPOSES,
        is_speculative=row["speculative"] == v.TRUE,
    )
    year = int(cell(row, "year")) if row["year"] else None
    kinds = sorted({v.STUDY_OF_NODE[node(each, "study")] for each in rows if each["study"]})
    pmid, weight = pmid_of(cell(row, "article")), float(cell(row, "weight"))
    return Outline(iri, pmid, year, weight, cues, tuple(kinds))


def cited(store: TripleStore, outlines: Iterable[Outline]) -> Iterator[Citation]:
    """Read evidence with its texts, its articles and its methods, in the order given."""
    for batch in batched(outlines, BATCH):
        nodes = read_nodes(store, "evidence", s=(outline.iri for outline in batch))
        found = {citation.iri: citation for citation in cite(store, nodes.values())}
        yield from (found[outline.iri] for outline in batch)


def citations_in(store: TripleStore, pmid: str) -> list[tuple[str, Citation]]:
    """Read what was found in a paper, by passage and sentence, each with the assertion's hash."""
    nodes = read_nodes(store, "evidence_of_articles", article=[article_iri(pmid)]).values()
    about = [local_id(each.text(v.SUPPORTS) or each.text(v.OPPOSES)) for each in nodes]
    pairs = zip(about, cite(store, nodes), strict=True)
    return sorted(pairs, key=lambda pair: _place(pair[1]))


def _place(citation: Citation) -> tuple[str, str, int, int, str]:
    found = citation.evidence.quotation
    return found.subject.passage, found.sentence, found.subject_at, found.object_at, citation.iri


def names_of(cues: Cues) -> tuple[str, ...]:
    """The names of ``SAYS`` that fit."""
    side = "against" if cues.is_negated else "for"
    direction = (str(cues.polarity),) if cues.polarity else ()
    return (side, *direction, *(("speculative",) if cues.is_speculative else ()))


def choose(outlines: Iterable[Outline], says: str, study: str) -> Chosen:
    """Keep what says something, in a kind of study; empty is any. Raises QuestionError."""
    for name, value, known in (("says", says, SAYS), ("study", study, tuple(StudyKind))):
        if value and value not in known:
            raise QuestionError(f"{name}: nothing is called {value!r}")
    every = tuple(outlines)
    by_says = [each for each in every if says in {"", *names_of(each.cues)}]
    by_study = [each for each in every if study in {"", *each.kinds}]
    return Chosen(
        tuple(each for each in by_says if study in {"", *each.kinds}),
        Counter(name for each in by_study for name in names_of(each.cues)),
        Counter(str(kind) for each in by_says for kind in each.kinds),
    )


def paper_sides(outlines: Iterable[Outline], *, is_negated: bool) -> list[tuple[str, Side]]:
    """Sum up each paper (by PMID) on one side, those with the best weight first."""
    papers: dict[str, list[float]] = {}
    for each in outlines:
        if each.cues.is_negated == is_negated:
            papers.setdefault(each.pmid, []).append(each.weight)
    sides = [(pmid, Side(max(weights), len(weights))) for pmid, weights in papers.items()]
    return sorted(sides, key=lambda paper: (-paper[1].best, paper[0]))
