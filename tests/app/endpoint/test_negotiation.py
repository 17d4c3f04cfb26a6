"""Which format a client gets, by its Accept header."""

import pytest

from app.endpoint.negotiation import BINDINGS, TRIPLES, choose

JSON, XML, CSV, TSV = BINDINGS


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("text/*", CSV),
        ("text/csv;q=0.5, text/tab-separated-values;q=0.6", TSV),
        ("text/*;q=0.9, text/csv;q=0.1", TSV),
        ("*/*;q=0.1, application/xml", XML),
        ("application/json;q=0.5, text/csv; q=0.9", CSV),
        ("text/csv;q=0, */*;q=0.1", JSON),
        ("text/csv;q=much", None),
        ("text/csv;q=0", None),
        ("image/png", None),
        ("TEXT/CSV", CSV),
        ("application/json;q=0.3, text/csv;q=0.5, application/sparql-results+json;q=0.9", JSON),
    ],
)
def test_the_most_specific_range_decides_and_ours_comes_first(
    accept: str, chosen: str | None
) -> None:
    assert choose(accept, BINDINGS) == chosen


def test_other_names_of_a_format_are_known() -> None:
    assert choose("application/x-turtle", TRIPLES) == "text/turtle"
    assert choose("text/plain", TRIPLES) == "application/n-triples"
