"""Answers: cut at the row limit, refused past the byte limit, written as wanted."""

import json

import pytest
from pyoxigraph import Literal, NamedNode, QuerySolutions, Store, Triple

from app.sandbox.answer import (
    JSON,
    AnswerTooLargeError,
    BoundedBuffer,
    Limits,
    Query,
    write_answer,
    write_rows,
)

A = NamedNode("http://e/a")
ANY = Query("")


def rows(count: int) -> QuerySolutions:
    solutions = Store().query(f"SELECT ?n {{ VALUES ?n {{ {' '.join(map(str, range(count)))} }} }}")
    assert isinstance(solutions, QuerySolutions)
    return solutions


@pytest.mark.parametrize(
    ("count", "kept", "is_truncated"), [(2, 2, False), (3, 3, False), (4, 3, True)]
)
def test_rows_are_cut_at_the_limit_and_counted(count: int, kept: int, is_truncated: bool) -> None:  # noqa: FBT001
    answer = write_rows(rows(count), Query("", "text/csv"), Limits(max_rows=3))
    counted = answer.rows
    assert (len(answer.body.split()) - 1, counted, answer.is_truncated) == (
        kept,
        kept,
        is_truncated,
    )


@pytest.mark.parametrize(("count", "is_truncated"), [(3, False), (4, True)])
def test_triples_are_cut_at_the_limit(count: int, is_truncated: bool) -> None:  # noqa: FBT001
    triples = [Triple(A, A, Literal(n)) for n in range(count)]
    wanted = Query("", triples="application/n-triples")
    answer = write_answer(triples, wanted, Limits(max_rows=3))
    assert (len(answer.body.splitlines()), answer.is_truncated) == (3, is_truncated)
    assert answer.media_type == "application/n-triples"


def test_a_buffer_takes_what_it_may_and_no_byte_more() -> None:
    buffer = BoundedBuffer(4)
    assert buffer.write(b"1234") == 4
    with pytest.raises(AnswerTooLargeError, match="larger than 4 bytes"):
        buffer.write(b"5")


@pytest.mark.parametrize(
    ("bindings", "media_type"),
    [
        ("text/csv", JSON),
        (JSON, JSON),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
    ],
)
def test_a_yes_is_json_where_tables_have_no_word_for_it(bindings: str, media_type: str) -> None:
    answer = write_answer(Store().query("ASK {}"), Query("", bindings), Limits())
    assert (answer.media_type, b"true" in answer.body) == (media_type, True)


def test_unbound_and_odd_cells_survive() -> None:
    found = Store().query(
        'SELECT ?x { VALUES ?x { UNDEF "a\\tb\\n\\"é" "y"@en 1.5 <http://e/a> } }'
    )
    written = json.loads(write_answer(found, ANY, Limits()).body)["results"]["bindings"]
    assert [row.get("x", {}).get("value") for row in written] == [
        None,
        'a\tb\n"é',
        "y",
        "1.5",
        "http://e/a",
    ]
