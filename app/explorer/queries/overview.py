"""The graph in numbers, its runs, and the names that no vocabulary has."""

from dataclasses import dataclass

from app.explorer.queries.concepts import End, end_of, type_name
from app.graph_access import Row, ask

LISTED = 20


@dataclass(frozen=True, slots=True)
class Totals:
    """How much the graph holds; ``last_year`` is that of its latest article."""

    concepts: int
    assertions: int
    evidences: int
    articles: int
    retracted: int
    provisional: int
    last_year: int | None


@dataclass(frozen=True, slots=True)
class TypeCount:
    """How many concepts are of one type."""

    type: str
    concepts: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run and the methods it read with."""

    id: str
    recognizer: str
    method: str
    weights: str
    lexicon: str
    version: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """A concept and in how many relations it stands."""

    concept: End
    relations: int


def totals() -> Totals:
    """Count what the graph holds."""
    row = ask("totals")[0]
    names = ("concepts", "assertions", "evidences", "articles", "retracted", "provisional")
    last = row.get("lastYear")
    counted = [int(str(row[name])) for name in names]
    return Totals(*counted, last_year=last if isinstance(last, int) else None)


def type_counts() -> tuple[TypeCount, ...]:
    """Count the concepts of each type, the most frequent first."""
    return tuple(
        TypeCount(type_name(str(row["type"])), int(str(row["concepts"]))) for row in ask("types")
    )


def runs() -> tuple[Run, ...]:
    """The runs whose evidence the graph holds, at most 100."""
    names = ("recognizer", "method", "weights", "lexicon", "version")
    return tuple(
        Run(str(row["run"]).rpartition("/")[2], *(str(row[name]) for name in names))
        for row in ask("runs")
    )


def provisional_concepts() -> tuple[Ranked, ...]:
    """The provisional concepts that stand in most relations."""
    return tuple(_ranked(row) for row in ask("provisional", limit=str(LISTED)))


def _ranked(row: Row) -> Ranked:
    return Ranked(end_of(row, "concept"), int(str(row["relations"])))
