"""What goes out: streams piece by piece, the rest within a limit, prefixes where they are used."""

from pathlib import Path

import httpx
import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse

from app.endpoint.responses import AT_ONCE, PIECE, pieces, write_quads
from app.sandbox.answer import AnswerTooLargeError
from app.settings import Settings
from ontology.namespaces import ONTOLOGY
from tests.endpoint_server import endpoint

REPOSITORY = "/repositories/gutbrain"
A, G = NamedNode("http://e/a"), NamedNode("http://e/g")
TERM = NamedNode(f"{ONTOLOGY}influence")
MANY = [Quad(A, TERM, Literal(n), G) for n in range(PIECE + 1)]


@pytest.mark.parametrize(
    ("media_type", "graph"),
    [
        ("application/n-quads", G),
        ("application/trig", G),
        ("text/turtle", DefaultGraph()),
        ("application/n-triples", DefaultGraph()),
    ],
)
def test_pieces_are_one_document(media_type: str, graph: NamedNode | DefaultGraph) -> None:
    made = list(pieces(MANY, media_type))

    assert len(made) == 2
    found = list(parse(b"".join(made), RdfFormat.from_media_type(media_type)))
    assert {quad.object for quad in found} == {quad.object for quad in MANY}
    assert {quad.graph_name for quad in found} == {graph}


def test_only_the_prefixes_in_use_are_declared() -> None:
    (made,) = pieces([Quad(A, TERM, A)], "text/turtle")

    assert b"@prefix gb:" in made
    assert b"gb:influence" in made
    assert made.count(b"@prefix") == 1


def test_quads_that_are_not_known_yet_get_every_prefix() -> None:
    made = write_quads(iter(MANY[:1]), "application/rdf+xml", 100_000)

    assert made.count(b"xmlns:") > 10


def test_a_document_has_a_largest_size() -> None:
    size = len(write_quads(MANY[:9], "application/ld+json", 10_000))

    assert len(write_quads(MANY[:9], "application/ld+json", size)) == size
    with pytest.raises(AnswerTooLargeError):
        write_quads(MANY[:9], "application/ld+json", size - 1)


def test_what_cannot_be_streamed_is_bounded(data_folder: Path) -> None:
    settings = Settings(data=data_folder, max_bytes=20_000)
    with endpoint(settings) as base, httpx.Client(base_url=base, timeout=60) as client:
        as_json = client.get(f"{REPOSITORY}/statements", headers={"Accept": "application/ld+json"})
        as_quads = client.get(f"{REPOSITORY}/statements")

    assert (as_json.status_code, as_quads.status_code) == (413, 200)
    assert len(as_quads.content) > 20_000


def test_clients_that_leave_early_take_no_thread_with_them(address: str, stated: set[Quad]) -> None:
    for _ in range(AT_ONCE + 5):
        with (
            httpx.Client(base_url=address, timeout=60) as leaving,
            leaving.stream("GET", f"{REPOSITORY}/statements") as answer,
        ):
            next(answer.iter_raw())

    with httpx.Client(base_url=address, timeout=60) as staying:
        whole = staying.get(f"{REPOSITORY}/statements")
    assert len(whole.text.splitlines()) == len(stated)
