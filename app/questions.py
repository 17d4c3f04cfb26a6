"""Questions to a graph, from the catalogue or a file; concepts in them may be named."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pyoxigraph import (
    Literal,
    QueryBoolean,
    QueryResultsFormat,
    QueryTriples,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
    serialize,
)

from app.graph_access import ChosenGraph, ReadableStore
from kg.graph.catalogue import (
    Param,
    Question,
    QuestionError,
    bind,
    question,
    questions,
    read_iri,
    read_question,
)
from kg.graph.vocabulary import STUDY_NODES
from kg.snapshots.read_model import Hit, ReadModel, folded
from kg.stores import Row
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import ServerStore
from kg.stores.querying import JSON, query_form
from ontology.concept import Concept
from ontology.namespaces import PREDICATE_OF_IRI, TYPE_OF_IRI
from ontology.schema import EntityType

TRIPLE_FORMS = frozenset({"CONSTRUCT", "DESCRIBE"})
NEAR = 5
"""Similar names that are offered for an unknown one."""
SHORTEST = 4
"""Characters at the beginning that a similar name shares with the unknown one."""
TERMS = {
    **{folded(label): iri for iri, label in (*PREDICATE_OF_IRI.items(), *TYPE_OF_IRI.items())},
    **{f"{kind} study": node.value for kind, node in STUDY_NODES.items()},
}
"""Predicates, types and kinds of study by label."""


class NamingError(QuestionError):
    """A text that does not name one concept; ``choices`` are those that may be meant."""

    def __init__(self, message: str, choices: Sequence[Hit]) -> None:
        lines = map(
            "\n  {curie}  {name} ({type}, {relations} relations)".format_map,
            map(hit_values, choices),
        )
        super().__init__(message + "".join(lines))
        self.choices = tuple(choices)


class AmbiguousNameError(NamingError):
    """A name that several concepts have."""


def hit_values(hit: Hit) -> dict[str, str | int]:
    """Describe a concept that was found; ``matched`` is the name or identifier that fits."""
    concept = hit.concept
    return {
        "curie": concept.curie,
        "name": concept.name,
        "type": str(concept.type),
        "relations": hit.relations,
        "matched": hit.matched,
    }


def resolve(lists: ReadModel, text: str, entity_type: EntityType | None = None) -> Concept:
    """Find the concept that a text names: by identifier, name or synonym.

    Case, accents and hyphens make no difference. Raises AmbiguousNameError where several concepts
    have the name, NamingError with similar names where none has.
    """
    identified = lists.concept(text)
    if identified is not None and entity_type in {None, identified.type}:
        return identified
    found = lists.search(text, entity_type)
    exact = [hit for hit in found if folded(hit.matched) == folded(text)]
    if not exact:
        of_type = f" of type {entity_type}" if entity_type else ""
        similar = similar_concepts(lists, text, entity_type) or similar_concepts(lists, text)
        hint = "; similar names:" if similar else ""
        raise NamingError(f"No concept{of_type} is called {text!r}{hint}", similar)
    if len(exact) > 1:
        raise AmbiguousNameError(f"{text!r} names {len(exact)} concepts; choose one:", exact)
    return exact[0].concept


def similar_concepts(
    lists: ReadModel, text: str, entity_type: EntityType | None = None
) -> list[Hit]:
    """Find names that share as much of the beginning as any."""
    ends = range(len(text), min(len(text), SHORTEST) - 1, -1)
    found = (lists.search(text[:end], entity_type, NEAR) for end in ends)
    return next(filter(None, found), [])


def list_questions() -> list[tuple[str, str, str]]:
    """List the catalogue: name, what it asks, its parameters."""
    return [(q.name, q.summary, ", ".join(param.name for param in q.params)) for q in questions()]


def named_query(graph: ChosenGraph, name: str, arguments: Sequence[str]) -> str:
    """Write the query of a question of the catalogue, or of a file.

    ``arguments`` are ``name=value``. Raises QuestionError, NamingError among them.
    """
    asked = read_question(Path(name)) if name.endswith(".rq") else question(name)
    return write_query(asked, dict(map(_argument, arguments)), graph.lists)


def answer(store: ReadableStore, query: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Answer any query: column names, then rows of plain values."""
    rows = list(ask_rows(store, query))
    names = tuple(rows[0]) if rows else ()
    return names, [tuple(_plain(row[column]) for column in names) for row in rows]


def _argument(argument: str) -> tuple[str, str]:
    name, equals, value = argument.partition("=")
    if not equals:
        raise QuestionError(f"{argument!r}: write arguments as name=value")
    return name, value


def write_query(asked: Question, given: Mapping[str, str], lists: Callable[[], ReadModel]) -> str:
    """Write a question with its arguments; concepts and terms may be named in them.

    ``lists`` opens the read model; it is called only where a concept is named.
    """
    params = {param.name: param for param in asked.params if param.name in given}
    identified = {name: _identified(params[name], given[name], lists) for name in params}
    return bind(asked, {**given, **identified})


def _identified(param: Param, value: str, lists: Callable[[], ReadModel]) -> str:
    """Write the value of a parameter as an identifier where it is a name."""
    if param.kind != "iri" or _is_identifier(value):
        return value
    if param.named == "term":
        if folded(value) not in TERMS:
            raise QuestionError(f"Parameter {param.name!r}: the ontology has no term {value!r}")
        return TERMS[folded(value)]
    return resolve(lists(), value, EntityType(param.named) if param.named else None).curie


def _is_identifier(text: str) -> bool:
    try:
        read_iri("", text)
    except QuestionError:
        return False
    return True


def ask_rows(store: ReadableStore, query: str) -> Iterator[Row]:
    """Answer any query in rows: an ASK by one cell, a CONSTRUCT or DESCRIBE by its triples."""
    match query_form(query):
        case "ASK":
            yield {"answer": Literal(_is_true(store, query))}
        case form if form in TRIPLE_FORMS:
            for triple in _triples(store, query):
                yield dict(zip(("subject", "predicate", "object"), triple, strict=True))
        case _:
            yield from store.select(query)


def answer_in_turtle(store: ReadableStore, query: str) -> str:
    """Answer a CONSTRUCT or a DESCRIBE by its triples; empty where there is none."""
    return (serialize(_triples(store, query), format=RdfFormat.TURTLE) or b"").decode()


def _is_true(store: ReadableStore, query: str) -> bool:
    if isinstance(store, EmbeddedStore):
        found = store.query(query)
    else:
        found = parse_query_results(_fetch(store, query, JSON), QueryResultsFormat.JSON)
    # Virtuoso answers by a table, with a row for yes
    return bool(found) if isinstance(found, QueryBoolean) else any(True for _ in found)


def _triples(store: ReadableStore, query: str) -> Iterator[Triple]:
    if isinstance(store, EmbeddedStore):
        found = store.query(query)
        return found if isinstance(found, QueryTriples) else iter(())
    body = _fetch(store, query, RdfFormat.N_TRIPLES.media_type)
    return (quad.triple for quad in parse(body, RdfFormat.N_TRIPLES))


def _fetch(store: ServerStore, query: str, media_type: str) -> bytes:
    with store.open(query, media_type) as body:
        return body.read()


def _plain(term: object) -> str:
    return "" if term is None else str(getattr(term, "value", term))
