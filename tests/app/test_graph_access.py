"""The settings choose a snapshot or a server; pages wait for no read model, it is made beside."""

import fcntl
import shutil
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from streamlit.testing.v1 import AppTest

from app import graph_access
from app.graph_access import (
    NotPreparedError,
    chosen_graph,
    graph_version,
    look_again,
    open_graph,
    open_or_make,
    path_of,
    read_model,
)
from app.health import health_of
from app.settings import Settings, graph_root
from kg.graph import vocabulary as v
from kg.snapshots.read_model import ReadModel, ReadModelError
from kg.snapshots.snapshot import Snapshot, SnapshotError, next_snapshot
from kg.stores.answers import StoreError
from tests.disk_faults import cut, overwrite, overwrite_unseen
from tests.endpoint_server import endpoint
from tests.rdf4j_server import Rdf4jServer
from tests.serving import serving
from tests.small_graph import small_graph

LIKES = NamedNode("https://w3id.org/gutbrain/assertion/aaaaaaaaaaaaaaaa")


def wait_for(settings: Settings) -> BaseException | None:
    """Wait until what was begun beside is over; tell what it failed by."""
    path = path_of(settings, graph_version(settings))
    return graph_access.LAST[path].result.exception(timeout=60)


def prepare(settings: Settings, version: str) -> ReadModel:
    """Have it made, and wait."""
    store = open_graph(version, settings.store_address)
    return open_or_make(store, path_of(settings, version))


@pytest.fixture
def older(tmp_path: Path) -> Settings:
    """A data directory whose snapshot was made before there were read models."""
    with next_snapshot(tmp_path / "graph") as store:
        store.bulk_load(small_graph())
    settings = Settings(data=tmp_path)
    Snapshot(Path(graph_version(settings))).read_model.unlink()
    return settings


def test_an_older_snapshot_gets_one_at_the_first_visit(older: Settings) -> None:
    version = graph_version(older)
    with pytest.raises(NotPreparedError):
        read_model(older, version)

    assert wait_for(older) is None
    assert read_model(older, version).totals().relations == 64


def test_while_it_is_made_nobody_else_begins(older: Settings) -> None:
    version = graph_version(older)
    path = path_of(older, version)
    with path.with_name(f".{path.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(NotPreparedError):
            read_model(older, version)
        first = graph_access.LAST[path]
        with pytest.raises(NotPreparedError):
            read_model(older, version)
        assert graph_access.LAST[path] is first
    assert wait_for(older) is None


def test_who_can_wait_has_it_made(older: Settings) -> None:
    assert prepare(older, graph_version(older)).totals().relations == 64


def test_one_of_another_version_is_made_anew(older: Settings) -> None:
    version = graph_version(older)
    Snapshot(Path(version)).read_model.write_text("of before")
    with pytest.raises(NotPreparedError, match="not that of an SQLite file"):
        read_model(older, version)

    assert wait_for(older) is None
    assert read_model(older, version).totals().relations == 64


def test_a_page_says_so_in_a_sentence_and_is_there_afterwards(
    older: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUTBRAIN_DATA", str(older.data))
    page = "from app.explorer.views import search\nsearch.show()"

    first = AppTest.from_string(page, default_timeout=20).run()
    assert wait_for(older) is None
    second = AppTest.from_string(page, default_timeout=20).run()

    shown = ["".join(str(part.proto.body) for part in at.get("html")) for at in (first, second)]
    assert "The lists of this graph are being prepared." in shown[0]
    assert "evidence sentences" in shown[1]
    assert not first.exception
    assert not second.exception


def test_it_follows_the_graph_of_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Rdf4jServer().app()) as base:
        settings = Settings(data=tmp_path / "data", store=f"{base}/repositories/test")
        version = graph_version(settings)
        server = open_graph(version, settings.store_address)
        server.change(remove=(), add=small_graph())
        with pytest.raises(NotPreparedError):
            read_model(settings, version)
        assert wait_for(settings) is None
        before = read_model(settings, version)
        (made,) = (tmp_path / "data" / "cache").glob("*.sqlite")
        assert before.path == made

        old, new = (Quad(LIKES, v.BELIEF, Literal(n), v.ASSERTIONS) for n in (0.94, 0.5))
        server.change(remove=[old], add=[new])
        assert read_model(settings, version).state == before.state  # looked at a moment ago
        monkeypatch.setattr(graph_access, "FRESH_S", 0)
        assert read_model(settings, version).state == before.state  # read on while it is looked at
        assert wait_for(settings) is None
        after = ReadModel.open(made)
        edge = after.relation("a" * 16)
        assert edge is not None
        assert edge.assertion.belief == 0.5
        assert prepare(settings, version).state == after.state != before.state


def test_a_server_that_is_away_is_told_as_what_it_is(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, store="http://127.0.0.1:9/repositories/none")
    version = graph_version(settings)
    with pytest.raises(NotPreparedError):
        read_model(settings, version)

    assert isinstance(wait_for(settings), StoreError)
    with pytest.raises(StoreError):
        read_model(settings, version)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    with serving(Rdf4jServer().app()) as base:
        settings = Settings(data=tmp_path, store=f"{base}/repositories/test")
        with pytest.raises(ReadModelError, match="cannot be made"):
            prepare(settings, graph_version(settings))


def test_a_snapshot_that_was_removed_does_not_come_back(older: Settings) -> None:
    version = graph_version(older)
    open_graph(version, None)  # and stays open
    shutil.rmtree(version)
    with pytest.raises(ReadModelError, match="cannot be made"):
        prepare(older, version)
    assert not Path(version).exists()


def test_a_snapshot_comes_with_its_lists(data_folder: Path) -> None:
    graph = chosen_graph(Settings(data=data_folder))
    assert graph.store.size() > 0
    assert graph.lists().totals().relations == 64


def test_lists_that_are_missing_are_made(tmp_path: Path) -> None:
    with next_snapshot(graph_root(tmp_path)) as store:
        store.bulk_load(small_graph())
    graph = chosen_graph(Settings(data=tmp_path))
    graph.read_model.unlink()
    assert graph.lists().totals().relations == 64


def test_the_lists_of_a_server_follow_its_graph(data_folder: Path, tmp_path: Path) -> None:
    with endpoint(Settings(data=data_folder)) as address:
        settings = Settings(data=tmp_path, store=f"{address}/repositories/gutbrain")
        graph = chosen_graph(settings)
        try:
            assert graph.lists().totals().relations == 64
            assert graph.lists().state != ""
        finally:
            graph.store.close()
    assert graph.read_model.parent == tmp_path / "cache"


def test_an_earlier_snapshot_can_be_chosen(tmp_path: Path) -> None:
    with next_snapshot(graph_root(tmp_path)):
        pass
    with pytest.raises(SnapshotError, match="there is no previous"):
        chosen_graph(Settings(data=tmp_path), "previous")
    assert chosen_graph(Settings(data=tmp_path), "1").store.size() == 0


def test_before_the_first_run_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="gutbrain run"):
        chosen_graph(Settings(data=tmp_path))


def test_a_server_has_the_current_state_only(data_folder: Path) -> None:
    settings = Settings(data=data_folder, store="http://127.0.0.1:9/repositories/x")
    with pytest.raises(SnapshotError, match="server has no snapshots"):
        chosen_graph(settings, "previous")


def two_snapshots(settings: Settings) -> Snapshot:
    """The small graph, and one more quad in a second snapshot, which is handed on."""
    root = graph_root(settings.data)
    for n in range(2):
        with next_snapshot(root) as store:
            if n == 0:
                store.bulk_load(small_graph())
            store.change(remove=(), add=[Quad(LIKES, LIKES, Literal(n), v.ASSERTIONS)])
    return Snapshot(Path(graph_version(settings)))


def test_an_older_graph_is_read_where_the_current_is_damaged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(data=tmp_path)
    second = two_snapshots(settings)
    assert chosen_graph(settings).store.size() == 1363
    assert caplog.text == ""
    cut(second.graph / "CURRENT")
    assert chosen_graph(settings).store.size() == 1362
    assert "snapshot 000001 is read instead" in caplog.text
    assert graph_version(settings).endswith("000001")


def test_a_graph_that_did_not_answer_is_read_again(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    second = two_snapshots(settings)
    overwrite_unseen(second.graph / "CURRENT")
    assert graph_version(settings).endswith("000002")
    look_again(settings)
    assert graph_version(settings).endswith("000001")
    cut(tmp_path / "graph" / "snapshots" / "000001" / "graph" / "CURRENT")
    look_again(settings)
    with pytest.raises(SnapshotError):
        graph_version(settings)


def test_every_page_and_the_health_say_that_an_older_graph_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=tmp_path)
    second = two_snapshots(settings)
    assert health_of(settings).warning == ""
    cut(second.graph / "CURRENT")
    health = health_of(settings)
    assert (health.status, health.graph) == ("ok", "000001")
    assert "damaged" in health.warning
    assert str(tmp_path) not in health.warning
    monkeypatch.setenv("GUTBRAIN_DATA", str(tmp_path))
    page = "from app.explorer.views import sparql\nsparql.show()"
    at = AppTest.from_string(page, default_timeout=20).run()
    assert "The newest graph is damaged" in "".join(str(p.proto.body) for p in at.get("html"))
    assert not at.exception


def test_a_damaged_read_model_is_made_again(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    second = two_snapshots(settings)
    overwrite(second.read_model, 4096)
    with pytest.raises(ReadModelError, match="damaged"):
        ReadModel.open(second.read_model)
    assert chosen_graph(settings).lists().totals().relations == 64
