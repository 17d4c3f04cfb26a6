"""What changed between two graphs: assertions, and what saved questions find.

An alert is a ``.rq`` file in a folder, in the format of the catalogue; its name is the file's.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from kg.assertion import Edge
from kg.graph.catalogue import Question, QuestionError, bind, read_question
from kg.graph.ordered import batched
from kg.graph.rdf import cell
from kg.graph.reading_back import BATCH, read_edges, read_rows
from kg.graph.vocabulary import TRUE
from kg.stores import Row, TripleStore
from kg.stores.answers import QueryError, StoreUnreachableError

Change = Literal["new", "gone", "changed"]
MIN_CHANGE = 0.05
_ORDER: tuple[Change, ...] = ("new", "gone", "changed")


class _Beliefs(NamedTuple):
    """What is compared of an assertion in two graphs."""

    belief: float
    disbelief: float
    is_believed: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One assertion that differs; ``before`` or ``after`` is None where it is not there."""

    change: Change
    before: Edge | None
    after: Edge | None

    @property
    def edge(self) -> Edge:
        """The assertion as it is now, or as it last was."""
        edge = self.after or self.before
        assert edge is not None  # noqa: S101  # one of the graphs has it
        return edge

    @property
    def shift(self) -> float:
        """By how much the belief moved; what is not there is not believed."""
        old, new = (side.assertion.belief if side else 0.0 for side in (self.before, self.after))
        return round(new - old, 6)


def compare(
    before: TripleStore, after: TripleStore, min_change: float = MIN_CHANGE
) -> list[Difference]:
    """List the assertions that differ: new, gone, changed, the largest shift of belief first.

    Changed are those whose belief or disbelief moved by ``min_change`` or more, or that came to
    be, or ceased to be, stated as a direct triple.
    """
    changes = _changes(_beliefs(before), _beliefs(after), min_change)
    old = _edges(before, [iri for iri, change in changes.items() if change != "new"])
    new = _edges(after, [iri for iri, change in changes.items() if change != "gone"])
    found = [
        Difference(change, old.get(iri), new.get(iri))
        for iri, change in changes.items()
        if iri in old or iri in new
    ]
    return sorted(found, key=_rank)


def about(difference: Difference, concepts: Collection[str]) -> bool:
    """Whether an assertion joins all of the concepts named by identifier (one, or both ends)."""
    return set(concepts) <= {difference.edge.subject.curie, difference.edge.object.curie}


def _rank(difference: Difference) -> tuple[int, float, str]:
    return _ORDER.index(difference.change), -abs(difference.shift), difference.edge.iri


def _beliefs(store: TripleStore) -> dict[str, _Beliefs]:
    found: dict[str, _Beliefs] = {}
    for row in read_rows(store, "beliefs", {}):
        disbelief = float(cell(row, "disbelief")) if row["disbelief"] else 0.0
        beliefs = _Beliefs(float(cell(row, "belief")), disbelief, row["believed"] == TRUE)
        found[cell(row, "iri")] = beliefs
    return found


def _changes(
    old: Mapping[str, _Beliefs], new: Mapping[str, _Beliefs], min_change: float
) -> dict[str, Change]:
    changes: dict[str, Change] = dict.fromkeys(new.keys() - old.keys(), "new")
    changes |= dict.fromkeys(old.keys() - new.keys(), "gone")
    both = old.keys() & new.keys()
    changes |= {iri: "changed" for iri in both if _has_moved(old[iri], new[iri], min_change)}
    return changes


def _has_moved(old: _Beliefs, new: _Beliefs, min_change: float) -> bool:
    moved = abs(new.belief - old.belief), abs(new.disbelief - old.disbelief)
    shift = round(max(moved), 6)
    return old.is_believed != new.is_believed or (shift >= min_change and shift > 0)


def _edges(store: TripleStore, iris: Collection[str]) -> dict[str, Edge]:
    batches = batched(sorted(iris), BATCH)
    return {edge.iri: edge for batch in batches for edge in read_edges(store, batch)}


Ask = Callable[[str], Iterable[Row]]
Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertResult:
    """What one alert found. ``problem`` is empty, or why it could not be answered.

    ``new`` rows are in the later graph only, ``gone`` rows in the earlier one; cells are plain
    values in the order of ``columns``, rows in the order of the question.
    """

    name: str
    summary: str
    columns: Cells = ()
    new: tuple[Cells, ...] = ()
    gone: tuple[Cells, ...] = ()
    problem: str = ""


def run_alerts(folder: Path, before: Ask, after: Ask) -> list[AlertResult]:
    """Ask every alert of a folder of two graphs, by name; one that fails leaves the others.

    ``before`` and ``after`` answer a SELECT, such as ``store.select``. Raises
    StoreUnreachableError where a graph does not answer at all.
    """
    return [_run(path, before, after) for path in sorted(folder.glob("*.rq"))]


def _run(path: Path, before: Ask, after: Ask) -> AlertResult:
    try:
        question = read_question(path)
        text = bind(question, {})
        return _compared(question, list(before(text)), list(after(text)))
    except StoreUnreachableError:
        raise
    except (QuestionError, QueryError) as error:
        return AlertResult(path.stem, "", problem=str(error))


def _compared(question: Question, old: Sequence[Row], new: Sequence[Row]) -> AlertResult:
    columns = tuple(next(iter((*new, *old)), {}))
    then, now = (dict.fromkeys(_cells(row, columns) for row in rows) for rows in (old, new))
    appeared = tuple(row for row in now if row not in then)
    vanished = tuple(row for row in then if row not in now)
    return AlertResult(question.name, question.summary, columns, appeared, vanished)


def _cells(row: Row, columns: Cells) -> Cells:
    terms = (row[column] for column in columns)
    return tuple("" if term is None else str(getattr(term, "value", term)) for term in terms)
