"""SELECT queries to a server: rows from the stream of the answer, and never too few in silence."""

import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import IO, cast

from pyoxigraph import Literal, NamedNode, QueryResultsFormat, QuerySolutions
from pyoxigraph import parse_query_results as parse_results

from kg.stores import Row, Term
from kg.stores.answers import QueryError, StoreError, TruncatedError, one_line, read_rows
from kg.stores.connection import Body, Call, Connection, Deadlines

TSV = "text/tab-separated-values"
XML = "application/sparql-results+xml"
JSON = "application/sparql-results+json"
FEWEST = 100
"""No server cuts answers below so many rows."""

_ANY_TRIPLE = "(<http://example.org/s> <http://example.org/p> <http://example.org/o>)"
_DOUBLE = NamedNode("http://www.w3.org/2001/XMLSchema#double")
_BOOLEAN = NamedNode("http://www.w3.org/2001/XMLSchema#boolean")
_GAP = r"(?:\s|#[^\n\r]*[\n\r])*"
_PROLOGUE = re.compile(
    rf"(?:{_GAP}(?:BASE|PREFIX{_GAP}[^\s:#<]*:){_GAP}<[^<>\s]*>)*{_GAP}", re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Terms:
    """What is said beside a query: further fields of the form, and how long it may take."""

    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    deadlines: Deadlines | None = None


NO_TERMS = Terms()


def rows_after(query: str, count: int) -> str:
    r"""Ask for the rows of a SELECT past the first ``count``.

    >>> rows_after("PREFIX x: <http://x.org/> SELECT * { x:a ?p ?o }", 9)
    'PREFIX x: <http://x.org/> SELECT * WHERE { { SELECT * { x:a ?p ?o }\n} } OFFSET 9'
    """
    start = _prologue_end(query)
    return f"{query[:start]}SELECT * WHERE {{ {{ {query[start:]}\n}} }} OFFSET {count}"


def query_form(query: str) -> str:
    """Read the first word after the prologue, in capitals.

    >>> query_form("prefix x: <http://x.org/> ask {}")
    'ASK'
    """
    word = _WORD.match(query, _prologue_end(query))
    return word.group().upper() if word else ""


def _prologue_end(query: str) -> int:
    prologue = _PROLOGUE.match(query)
    return prologue.end() if prologue else 0


class Querying:
    """Asks one address, and knows whether an answer is complete.

    Some servers leave off rows in silence past a number of their own (Virtuoso's ResultSetMaxRows,
    GraphDB's limit of results). So an answer that has more rows than any before is checked by
    asking for the row after its last. Without ``keeps_spelling`` the server keeps numbers by value.
    """

    keeps_spelling = True

    def __init__(self, connection: Connection, address: str, media_type: str) -> None:
        self._connection, self._address, self._media_type = connection, address, media_type
        self._most_proved = FEWEST

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def check(self) -> None:
        """Raise StoreError where the server does not answer."""
        next(self.select(request("some_triple")), None)

    def select(self, query: str) -> Iterator[Row]:
        """Answer a SELECT; a row is read when it is asked for, up to an error or the end."""
        if query_form(query) != "SELECT":
            # some servers answer any query with a table
            raise QueryError("Query refused: not a SELECT")
        body = self.open(query, self._media_type)
        return self._rows(query, body, self._read(body))

    def open(self, query: str, media_type: str, terms: Terms = NO_TERMS) -> Body:
        """Ask any query, in any format."""
        return self._connection.open(query_call(self._address, query, media_type, terms))

    def is_whole(self, query: str, count: int, terms: Terms = NO_TERMS) -> bool:
        """Tell whether an answer of so many rows is all of them."""
        if count < self._most_proved:
            return True
        next_row = f"{rows_after(query, count)} LIMIT 1"
        with self.open(next_row, self._media_type, terms) as body:
            if next(iter(self._read(body)), None) is not None:
                return False
        self._most_proved = max(count, self._most_proved)
        return True

    def unites_graphs(self) -> bool | None:
        """Tell whether a triple of some named graph is found without its graph; None if none is."""
        row = next(self.select(request("some_triple")), None)
        if row is None:
            return None
        triple = f"({row['s']} {row['p']} {row['o']})"
        wanted = request("in_union").replace(_ANY_TRIPLE, triple)
        return next(self.select(wanted), None) is not None

    def _rows(self, query: str, body: Body, rows: Iterator[Row]) -> Iterator[Row]:
        count = 0
        with body:
            for row in rows:
                yield row
                count += 1
        if not self.is_whole(query, count):
            raise TruncatedError(
                f"{self._connection.name}: the server gives {count} rows of a longer answer; "
                "raise its limit (Virtuoso: ResultSetMaxRows)"
            )

    def _read(self, body: Body) -> Iterator[Row]:
        format_ = QueryResultsFormat.from_media_type(self._media_type)
        with self._readable():
            # a raw stream lacks only the methods of IO[bytes] that nobody calls here
            solutions = parse_results(cast("IO[bytes]", body), format_)
        if not isinstance(solutions, QuerySolutions):
            raise QueryError("Query refused: not a SELECT")
        rows = read_rows(solutions)
        return self._guarded(rows if self.keeps_spelling else map(_canonical, rows))

    def _guarded(self, rows: Iterable[Row]) -> Iterator[Row]:
        with self._readable():
            yield from rows

    @contextmanager
    def _readable(self) -> Generator[None]:
        try:
            yield
        except SyntaxError as error:
            name = self._connection.name
            raise StoreError(f"{name}: unreadable answer: {one_line(error)}") from error


def _canonical(row: Row) -> Row:
    return {name: _canonical_term(term) for name, term in row.items()}


def _canonical_term(term: Term) -> Term:
    """Spell a double or boolean as Oxigraph does: Virtuoso gives 0.0 for 0, and 1 for true."""
    if not isinstance(term, Literal):
        return term
    if term.datatype == _DOUBLE:
        return Literal(float(term.value))
    if term.datatype == _BOOLEAN:
        return Literal(term.value in {"true", "1"})
    return term


def query_call(address: str, query: str, media_type: str, terms: Terms = NO_TERMS) -> Call:
    """A query as a form: Virtuoso never answers an ``application/sparql-query``."""
    form: dict[str, str | list[str]] = {name: list(given) for name, given in terms.fields}
    return Call(
        "POST",
        address,
        form={"query": query, **form},
        headers={"Accept": media_type},
        is_repeatable=True,
        deadlines=terms.deadlines,
    )


def request(name: str) -> str:
    """Read a query of ``kg/stores/requests``."""
    return (files("kg") / "stores" / "requests" / f"{name}.rq").read_text(encoding="utf-8")
