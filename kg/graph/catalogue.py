"""The questions of ``kg/graph/queries``: read, offered by name, bound to arguments.

A question is valid SPARQL that runs as it is. Its head says what it asks::

    #+ summary: Bacteria linked to a disease
    #+ param: disease iri:DDF Parkinson's disease
    #+ param: limit integer rows

A file without a head is a question without a summary. What an ``iri`` names may be narrowed to a
type of entity, or to a ``term`` of the ontology.

A parameter is bound by its line ``VALUES ?disease { <default> }``; the parameters ``limit`` and
``offset`` by ``LIMIT 20`` and ``OFFSET 0``. A ``limit`` in small letters is none: it is where a
subselect shall be answered first, and bounds nothing that a graph of ours has.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal as Choice
from typing import get_args

from pyoxigraph import Literal, NamedNode

from kg.stores import Row, TripleStore
from ontology.namespaces import CurieError, to_iri
from ontology.schema import EntityType

Kind = Choice["iri", "string", "integer"]
MAX_INTEGER = 1_000_000
NAMED = ("", "term", *EntityType)
_HEAD = re.compile(r"^#\+ (\w+):[ \t]*(.*)$", re.MULTILINE)
_SLOT = re.compile(r"VALUES \?(?P<name>\w+) \{(?P<value>[^}]*)\}|\b(?P<page>LIMIT|OFFSET) (\d+)")


class QuestionError(ValueError):
    """A question file that breaks the format, an unknown question, or an argument unfit for it."""


@dataclass(frozen=True, slots=True)
class Param:
    """What a question can be asked about; ``default`` is SPARQL, as the file writes it.

    ``named`` narrows an ``iri``: one of ``NAMED``, empty for any concept.
    """

    name: str
    kind: Kind
    label: str
    default: str
    named: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One SPARQL query with a name, a sentence that says what it asks, and its parameters."""

    name: str
    summary: str
    params: tuple[Param, ...]
    text: str


def question_folder() -> Traversable:
    """The folder of the question files, also in an installed wheel."""
    return files("kg.graph") / "queries"


@cache
def questions() -> tuple[Question, ...]:
    """All questions for people, by name."""
    names = sorted(entry.name for entry in question_folder().iterdir())
    return tuple(question(name.removesuffix(".rq")) for name in names if name.endswith(".rq"))


@cache
def question(name: str) -> Question:
    """Read the question of a name; raises QuestionError if unknown."""
    path = question_folder() / f"{name}.rq"
    if not re.fullmatch(r"\w+", name) or not path.is_file():
        raise QuestionError(f"No question is called {name!r}")
    return read_question(path)


def read_question(path: Traversable) -> Question:
    """Read a question file; raises QuestionError, naming the file, where the format is broken."""
    text = path.read_text(encoding="utf-8")
    head = [(key, value.strip()) for key, value in _HEAD.findall(text)]
    summaries = [value for key, value in head if key == "summary"]
    params = (_param(path.name, value, text) for key, value in head if key == "param")
    return Question(path.name.removesuffix(".rq"), " ".join(summaries), tuple(params), text)


def _param(file: str, line: str, text: str) -> Param:
    name, kind, label = [*line.split(maxsplit=2), "", ""][:3]
    default = next((_default(slot) for slot in _SLOT.finditer(text) if _name(slot) == name), None)
    if default is None:
        raise QuestionError(f"{file}: parameter {name!r} is not used in the query")
    kind, _, named = kind.partition(":")
    for known in get_args(Kind):
        if kind == known and named in NAMED:
            return Param(name, known, label, default, named)
    raise QuestionError(f"{file}: parameter {name!r} has the unknown kind {kind!r}")


def _name(slot: re.Match[str]) -> str:
    return slot["name"] or slot["page"].lower()


def _default(slot: re.Match[str]) -> str:
    return slot["value"].strip() if slot["name"] else slot[4]


def bind(question: Question, arguments: Mapping[str, str]) -> str:
    """Write the arguments into a question; what is not given keeps its default.

    An ``iri`` is an absolute IRI or a CURIE. Raises QuestionError naming the parameter.
    """
    params = {param.name: param for param in question.params}
    for name in arguments:
        if name not in params:
            raise QuestionError(f"{question.name}: no parameter is called {name!r}")
    terms = {name: _term(params[name], value) for name, value in arguments.items()}
    return _fill(question.text, {name: (term,) for name, term in terms.items()})


def bind_terms(text: str, values: Mapping[str, Iterable[NamedNode | Literal]]) -> str:
    """Write terms into the ``VALUES ?name { … }`` lines of a query, any number a line."""
    return _fill(text, {name: map(str, terms) for name, terms in values.items()})


def _fill(text: str, terms: Mapping[str, Iterable[str]]) -> str:
    """Replace every slot in one pass, so that no value is read as a slot itself."""
    written = {name: " ".join(parts) for name, parts in terms.items()}

    def fill(slot: re.Match[str]) -> str:
        name = _name(slot)
        if name not in written:
            return slot[0]
        page = f"{name.upper()} {written[name]}"
        return f"VALUES ?{name} {{ {written[name]} }}" if slot["name"] else page

    return _SLOT.sub(fill, text)


def _term(param: Param, value: str) -> str:
    """Write one argument as SPARQL; only serialised terms ever enter a query."""
    match param.kind:
        case "iri":
            return str(read_iri(param.name, value))
        case "string":
            return str(Literal(value))
        case "integer":
            return str(read_integer(param.name, value))


def read_iri(name: str, value: str) -> NamedNode:
    """Read an absolute IRI or a CURIE; raises QuestionError that names the parameter."""
    iri = value.strip()
    try:
        return NamedNode(iri if iri.startswith(("http://", "https://")) else to_iri(iri))
    except (CurieError, ValueError) as error:
        raise QuestionError(f"Parameter {name!r}: {value!r} is no known identifier") from error


def read_integer(name: str, value: str) -> int:
    """Read a number from 0 to ``MAX_INTEGER``; raises QuestionError that names the parameter."""
    if not re.fullmatch(r"[0-9]{1,7}", value.strip()) or int(value) > MAX_INTEGER:
        limits = f"not a whole number from 0 to {MAX_INTEGER}"
        raise QuestionError(f"Parameter {name!r}: {value!r} is {limits}")
    return int(value)


def ask(store: TripleStore, name: str, arguments: Mapping[str, str] | None = None) -> Iterator[Row]:
    """Ask a store the question of a name."""
    return store.select(bind(question(name), arguments or {}))
