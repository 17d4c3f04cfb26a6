"""What the gate passes holds no SERVICE for any engine, and means what it meant."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from app.sandbox.answer import Query, RefusedError
from app.sandbox.query_gate import admit
from tests.app.sandbox.asking import Asked, listening, rows, small_store
from tests.app.sandbox.foreign_parsers import ForeignParsers, foreign_parsers, missing
from tests.app.sandbox.hostile_grammar import T, hostile_text

ROOT = Path(__file__).parents[3]
EXAMPLES = 2_000
PLACE = "http://127.0.0.1:9/"
"""In the place of the address until a test has one: examples do not depend on the port."""
AT_ENGINES = (
    "PREFIX owl: <http://e/> SELECT * { ?s a owl:.SERVICE <ADDRESS> { ?a ?b ?x } }",
    'SELECT * { VALUES ?y { """a" } SERVICE <ADDRESS> { ?a ?b ?x } } # \\x """',
    "SELECT * { ?s ?p trueSERVICE<ADDRESS>{ ?a ?b ?x } }",
    "PREFIX ex: <http://e:80> SELECT * { ?s a ex:SERVICE <ADDRESS> { ?a ?b ?x } }",
    "PREFIXhttp:<http://www.w3.org/2001/XMLSchema#>"
    "SELECT * { ?s ?p ?o FILTER('' <http:string('> \"')) SERVICE <ADDRESS> { ?a ?b ?x } #\" )\n }",
)
AT_RDF4J = 'SELECT * { VALUES ?x { "a\\u0022 } SERVICE <ADDRESS> { ?a ?b ?c } } #"'
STORE = small_store()
EVERY_TIME = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=(HealthCheck.too_slow,),
)


@st.composite
def hostile_texts(draw: DrawFn) -> str:
    def choose(options: Sequence[T], /) -> T:
        return draw(st.sampled_from(options))

    return hostile_text(choose, PLACE)


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    with listening() as server:
        yield server


@pytest.fixture(scope="module")
def parsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForeignParsers]:
    if lacking := missing():
        pytest.skip(f"needs librdf4j-java and libapache-jena-java: {lacking}")
    with foreign_parsers(tmp_path_factory.mktemp("classes") / "bundle") as running:
        yield running


def sent(text: str) -> str | None:
    try:
        return admit(Query(text)).query.text
    except RefusedError:
        return None


@pytest.mark.parametrize("text", AT_ENGINES)
def test_what_came_would_ask_another_server_and_is_refused(asked: Asked, text: str) -> None:
    before = asked.count
    rows(STORE, text.replace("ADDRESS", asked.address))
    assert asked.count > before
    assert sent(text.replace("ADDRESS", asked.address)) is None


@pytest.mark.parametrize("text", [*AT_ENGINES[:3], AT_RDF4J])
def test_what_came_is_a_service_for_the_parsers_of_servers(
    parsers: ForeignParsers, text: str
) -> None:
    readings = parsers.read(text.replace("ADDRESS", PLACE))
    assert any(reading.has_service for reading in readings)
    assert sent(text) is None


@EVERY_TIME
@given(text=hostile_texts())
def test_no_engine_asks_another_server(asked: Asked, text: str) -> None:
    text = text.replace(PLACE, asked.address)
    if (passed := sent(text)) is not None:
        before = asked.count
        came, went = rows(STORE, text), rows(STORE, passed)
        assert asked.count == before
        assert came is None or came == went


@EVERY_TIME
@given(text=hostile_texts())
def test_no_parser_of_a_server_finds_a_service(parsers: ForeignParsers, text: str) -> None:
    if (passed := sent(text)) is not None:
        for came, went in zip(parsers.read(text), parsers.read(passed), strict=True):
            assert not went.has_service
            assert not came.is_query or came.meaning == went.meaning


@pytest.mark.parametrize(
    "path",
    sorted(
        path.relative_to(ROOT) for room in ("kg", "app") for path in (ROOT / room).rglob("*.rq")
    ),
    ids=str,
)
def test_our_own_queries_are_read_by_all(parsers: ForeignParsers, path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    for reading in parsers.read(text):
        assert reading.is_query, reading.meaning
    passed = sent(text)
    assert passed is not None
    assert parsers.read(passed) == parsers.read(text)


def test_the_grammar_makes_good_and_bad_texts() -> None:
    choose = random.Random(1).choice
    texts = [hostile_text(choose, PLACE) for _ in range(500)]
    passed = [text for text in texts if sent(text) is not None]
    assert 75 < len(passed) < 400
    assert sum(rows(STORE, text) is not None for text in passed) > 50
