"""Runs and nights against servers, as the operator starts them."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.diagnosis import diagnose
from app.graph_access import chosen_graph
from app.health import health_of
from app.nights.night import NightOrder, plan_night, work_night
from app.report import RunReport
from app.settings import Settings, load_settings
from app.update import run
from extract.extractor import Extractor
from extract.methods import RecognizerName, RelationMethod, load_extractor
from ingest.archive.ledger import RunState
from ingest.formats.sources import sample_path
from ontology.lexicon import starter_lexicon
from tests.harvests import StillClock
from tests.nights import COMMAND, environment, night_settings, papers, slot
from tests.pubmed_server import PubMedServer
from tests.rdf4j_server import PASSWORD, USER, Rdf4jServer
from tests.serving import serving
from tests.sparql_server import SparqlServer
from tests.store_contract import everything
from tests.virtuoso import Virtuoso

FLOOR = Path(__file__).parents[2] / "extract" / "weights" / "floor"
SERVERS = ("rdf4j", "graphdb", "sparql", "virtuoso")


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    lexicon = starter_lexicon()
    return load_extractor(RecognizerName.LEXICON, RelationMethod.COUNTS, FLOOR, lexicon)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings that point at a server, one kind after another."""
    match request.param:
        case "rdf4j":
            with serving(Rdf4jServer().app()) as base:
                yield {"store": f"{base}/repositories/test"}
        case "graphdb":
            graphdb = Rdf4jServer(is_graphdb=True)
            graphdb.is_closed = True
            with serving(graphdb.app()) as base:
                signed = base.replace("://", f"://{USER}:{PASSWORD}@")
                yield {"store": f"{signed}/repositories/test"}
        case "sparql":
            with serving(SparqlServer().app()) as base:
                yield {"store": f"{base}/sparql"}
        case _:
            virtuoso: Virtuoso = request.getfixturevalue("virtuoso")
            yield {"store": virtuoso.writable}


def quiet(what: str, done: int, total: int) -> None:
    """Take a progress report and drop it."""


def run_sample(settings: Settings, extractor: Extractor) -> RunReport:
    return run([sample_path()], settings, lambda: extractor, quiet)


def stands(settings: Settings) -> set[str]:
    """Every quad of the graph."""
    store = chosen_graph(settings).store
    try:
        return {str(quad) for quad in everything(store)}
    finally:
        store.close()


def test_a_run_leaves_on_a_server_what_it_leaves_in_the_folder(
    server: dict[str, str], extractor: Extractor, tmp_path: Path
) -> None:
    remote = Settings(data=tmp_path / "remote", **server)  # type: ignore[arg-type]
    local = Settings(data=tmp_path / "local")
    there, here = run_sample(remote, extractor), run_sample(local, extractor)
    assert there.graph is not None
    assert here.graph is not None
    assert (there.state, there.problems, there.snapshot) == (RunState.DONE, (), None)
    assert there.graph == replace(here.graph, change=None)
    assert stands(remote) == stands(local)
    again = run_sample(remote, extractor).graph
    assert again is not None
    assert (again.loaded, again.after) == (0, there.graph.after)


def test_a_night_works_on_a_server(
    server: dict[str, str], extractor: Extractor, pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    settings = night_settings(pubmed_server, tmp_path / "data", **server)
    pubmed_server.add(*papers(1, 2, 3))
    order = NightOrder(slot(0))
    assert plan_night(settings, order, extractor, StillClock().beside(pubmed_server)).to_load == 0
    report = work_night(
        settings, order, lambda: extractor, quiet, clock=StillClock().beside(pubmed_server)
    )
    assert (report.state, report.problems) == (RunState.DONE, ())
    assert report.graph is not None
    assert report.graph.after.articles == 3
    again = work_night(
        settings,
        NightOrder(slot(1)),
        lambda: extractor,
        quiet,
        clock=StillClock().beside(pubmed_server),
    )
    assert again.graph is not None
    assert (again.state, again.graph.loaded) == (RunState.DONE, 0)


def test_doctor_tells_what_the_server_can_do(server: dict[str, str], tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, **server)  # type: ignore[arg-type]
    (graph,) = (found for found in diagnose(settings) if found.name == "graph")
    assert graph.is_good, graph.detail
    assert "can be written to" in graph.detail
    assert "rows as" in graph.detail
    for secret in (PASSWORD, "dba:dba"):
        assert secret not in graph.detail


def test_the_command_runs_against_a_server(pubmed_server: PubMedServer, tmp_path: Path) -> None:
    with serving(Rdf4jServer().app()) as base:
        url = f"{base}/repositories/test"
        done = subprocess.run(
            [*COMMAND, "run", "--store", url, "--json"],
            cwd=tmp_path,
            env=environment(pubmed_server, tmp_path / "data"),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["assertions"] > 0


def test_a_password_in_the_address_is_a_secret_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GUTBRAIN_STORE", "https://ann:s3cret@example.org/repositories/x")
    settings = load_settings()
    assert settings.store == "https://example.org/repositories/x"
    assert "s3cret" not in repr(settings) + settings.model_dump_json()
    address = settings.store_address
    assert address is not None
    assert (address.credentials.user, address.credentials.password) == ("ann", "s3cret")


def test_health_notices_a_server_that_went_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Rdf4jServer().app()) as base:
        monkeypatch.setenv("GUTBRAIN_STORE", f"{base}/repositories/test")
        settings = load_settings()
        assert health_of(settings).status == "ok"
    assert health_of(settings).status == "unreachable"
