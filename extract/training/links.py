"""Fit the linker to annotated links: the table of names, the re-ranker out of fold, its threshold.

Each document's candidates are found with a table of the other folds' documents, so that the
re-ranker learns how far to trust a table that has not seen the mention. What is reported is
cross-validated in the same way.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from extract.annotation import AnnotatedDocument, Corpus
from extract.corpus import uri_identity
from extract.linking.candidates import TASK_LIST, CandidateFinder, Floats, Shortlist
from extract.linking.link_table import (
    LinkTable,
    linked_mentions,
    read_annotations,
    write_annotations,
)
from extract.linking.meanings import Meaning, read_definitions, read_meaning
from extract.linking.ranking import (
    CERTAINTY_COLUMNS,
    LinkModel,
    certainty_inputs,
    fit_choice,
    rank,
    write_model,
)
from extract.logistic import fit_logistic, logistic
from extract.text import plain
from extract.training.pool import CorpusTooSmallError, cut_folds
from ontology.mapped_lexicon import MappedLexicon
from ontology.schema import EntityType

FOLDS = 5
RIDGE, CERTAINTY_RIDGE = 1.0, 1.0
EXACT_PRECISION = 0.97
"""How many of the graph's exact links are to be right, by the annotators' word."""


class LinkQuestion(NamedTuple):
    """A mention as the linker sees it."""

    meaning: Meaning
    type: EntityType


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its candidates and the right answer; ``count`` is how often it came."""

    question: LinkQuestion
    candidates: Shortlist
    right: str
    count: int
    is_seen: bool

    @property
    def place(self) -> int | None:
        """Where the right answer is among the candidates."""
        concepts = self.candidates.concepts
        return concepts.index(self.right) if self.right in concepts else None


class LinkAnswer(NamedTuple):
    """What a model fitted without a case chose for it."""

    case: Case
    concept: str
    inputs: Floats

    @property
    def is_right(self) -> bool:
        """Whether it is the annotators' concept."""
        return self.concept == self.case.right


def train_links(
    corpus: Corpus,
    lexicon: MappedLexicon,
    out: Path,
    report: Callable[[str], object],
) -> dict[str, object]:
    """Fit and write the link table and the re-ranker; returns cross-validated figures."""
    corpus = [document for document in corpus if document.uris]
    if len(corpus) < FOLDS:
        lack = f"{len(corpus)} documents with concept URIs: {FOLDS} are needed at least"
        raise CorpusTooSmallError(lack)
    task_list = _task_list(lexicon)
    folds = list(_read_folds(corpus, lexicon, task_list, report))
    answers = [answer for held in range(FOLDS) for answer in _answer(folds, held)]
    report("fitting to all documents")
    model = _fit(folds, answers, task_list)
    figures = cross_validated(answers, model)
    out.mkdir(parents=True, exist_ok=True)
    write_annotations(read_annotations(corpus), out)
    written = {"lexicon": lexicon.hash, "documents": len(corpus), "cross_validation": figures}
    write_model(model, out, **written)
    return figures


def _task_list(lexicon: MappedLexicon) -> tuple[str, ...]:
    names = (entry for entry in lexicon.names() if entry.source == TASK_LIST)
    return tuple(sorted({entry.curie for entry in names}))


def _read_folds(
    corpus: Corpus,
    lexicon: MappedLexicon,
    task_list: Sequence[str],
    report: Callable[[str], object],
) -> Iterator[list[Case]]:
    for number, (rest, held) in enumerate(cut_folds(corpus, FOLDS), start=1):
        report(f"candidates, fold {number} of {FOLDS}")
        table = LinkTable(read_annotations(rest))
        finder = CandidateFinder(table, lexicon, task_list)
        yield list(find_cases(held, finder, table))


def find_cases(
    documents: Iterable[AnnotatedDocument], finder: CandidateFinder, table: LinkTable
) -> Iterator[Case]:
    """Ask for every mention; equal questions with equal answers are one case."""
    seen = {link.name.casefold() for link in table.annotations.links}
    counts: Counter[tuple[LinkQuestion, str, bool]] = Counter()
    for document in documents:
        definitions = read_definitions(document.document)
        for mention, uri in linked_mentions(document):
            surface = plain(mention.text).text
            question = LinkQuestion(
                read_meaning(surface, definitions, table.long_forms), mention.type
            )
            counts[question, uri_identity(uri), surface.casefold() in seen] += 1
    found: dict[LinkQuestion, Shortlist] = {}
    for (question, right, is_seen), count in counts.items():
        if question not in found:
            found[question] = finder.find(*question)
        yield Case(question, found[question], right, count, is_seen)


def fit_choices(cases: Sequence[Case]) -> Floats:
    """Fit the re-ranker to the cases whose answer is among the candidates."""
    findable = [(case, place) for case in cases if (place := case.place) is not None]
    counts = np.array([case.count for case, _ in findable], dtype=np.float64)
    rows = [case.candidates.rows for case, _ in findable]
    return fit_choice(rows, [place for _, place in findable], counts, RIDGE)


def _answer(folds: Sequence[list[Case]], held: int) -> Iterator[LinkAnswer]:
    rest = [case for number, fold in enumerate(folds) if number != held for case in fold]
    yield from answers_of(folds[held], fit_choices(rest))


def answers_of(cases: Iterable[Case], choice: Floats) -> Iterator[LinkAnswer]:
    """Choose by weights."""
    model = LinkModel(choice, np.zeros(len(CERTAINTY_COLUMNS)), 1.0)
    for case in cases:
        ranked = rank(case.candidates, model)
        inputs = certainty_inputs(ranked.rows, ranked.rows @ choice)
        yield LinkAnswer(case, ranked.concepts[0], inputs)


def _fit(
    folds: Sequence[list[Case]], answers: Sequence[LinkAnswer], task: Sequence[str]
) -> LinkModel:
    choice = fit_choices([case for fold in folds for case in fold])
    certainty = _fit_certainty(answers)
    model = LinkModel(choice, certainty, 1.0, tuple(task))
    return replace(model, exact_from=exact_threshold(answers, _held_out_certainty(answers)))


def _fit_certainty(answers: Sequence[LinkAnswer]) -> Floats:
    inputs = np.repeat([a.inputs for a in answers], [a.case.count for a in answers], axis=0)
    right = np.repeat([float(a.is_right) for a in answers], [a.case.count for a in answers])
    width = inputs.shape[1]
    return fit_logistic(inputs, right, np.zeros(width), np.full(width, CERTAINTY_RIDGE))


def _held_out_certainty(answers: Sequence[LinkAnswer]) -> Floats:
    """Give each answer's probability by a model fitted to the other folds' questions."""
    fold_of = [hash_fold(answer.case.question.meaning.name) for answer in answers]
    found = np.zeros(len(answers))
    for held in range(FOLDS):
        weights = _fit_certainty([a for a, f in zip(answers, fold_of, strict=True) if f != held])
        for place, (answer, fold) in enumerate(zip(answers, fold_of, strict=True)):
            if fold == held:
                found[place] = logistic(answer.inputs @ weights)
    return found


def hash_fold(name: str) -> int:
    """Put a name into a fold, the same each time."""
    return sum(name.encode()) % FOLDS


def exact_threshold(answers: Sequence[LinkAnswer], certainties: Floats) -> float:
    """Find the least probability from which on ``EXACT_PRECISION`` of the links are right."""
    counts = np.array([answer.case.count for answer in answers])
    right = np.array([answer.is_right for answer in answers]) * counts
    order = np.argsort(-certainties)
    precision = np.cumsum(right[order]) / np.cumsum(counts[order])
    enough = np.flatnonzero(precision >= EXACT_PRECISION)
    return float(np.ceil(certainties[order][enough[-1]] * 1000) / 1000) if len(enough) else 1.0


def cross_validated(answers: Sequence[LinkAnswer], model: LinkModel) -> dict[str, object]:
    """Sum up: accuracy of all, of unseen surfaces, by type; candidates' recall; exact links."""
    certainties = _held_out_certainty(answers)
    exact = [a for a, p in zip(answers, certainties, strict=True) if p >= model.exact_from]
    by_type: defaultdict[str, list[LinkAnswer]] = defaultdict(list)
    for answer in answers:
        by_type[answer.case.question.type].append(answer)
    return {
        "mentions": _count(answers),
        "accuracy": share_right(answers),
        "accuracy_unseen": share_right([a for a in answers if not a.case.is_seen]),
        "candidate_recall": round(
            _count([a for a in answers if a.case.place is not None]) / _count(answers), 4
        ),
        "exact_share": round(_count(exact) / _count(answers), 4),
        "exact_precision": share_right(exact),
        "by_type": {kind: share_right(found) for kind, found in sorted(by_type.items())},
    }


def _count(answers: Sequence[LinkAnswer]) -> int:
    return sum(answer.case.count for answer in answers)


def share_right(answers: Sequence[LinkAnswer]) -> float:
    """Give the share of mentions that are linked right."""
    right = [answer for answer in answers if answer.is_right]
    return round(_count(right) / max(1, _count(answers)), 4)
