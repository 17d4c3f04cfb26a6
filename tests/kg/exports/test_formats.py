"""Every format: the same graph gives the same bytes."""

from pathlib import Path

import pytest

from kg.exports.formats import Format, export
from kg.stores.embedded import EmbeddedStore
from kg.writing import ExportError
from tests.kg.exports.readers import counted


@pytest.mark.parametrize("form", [Format.GRAPHML, Format.CYTOSCAPE, Format.KGX])
def test_a_least_belief_leaves_assertions_out(
    graph: EmbeddedStore, tmp_path: Path, form: Format
) -> None:
    every, _ = export(graph, form, tmp_path / "all")
    strong, _ = export(graph, form, tmp_path / "strong", min_belief=0.5)
    weak = counted(graph, "?a gb:belief ?b FILTER (?b < 0.5)")
    assert every - strong == weak > 0


def test_the_whole_graph_takes_no_least_belief(graph: EmbeddedStore, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="whole graph"):
        export(graph, Format.TURTLE, tmp_path / "x", min_belief=0.5)


@pytest.mark.parametrize("form", Format)
def test_the_same_graph_gives_the_same_bytes(
    graph: EmbeddedStore, tmp_path: Path, form: Format
) -> None:
    copy = EmbeddedStore.in_memory()
    copy.bulk_load(reversed(list(graph.quads())))
    for each, name in ((graph, "a"), (copy, "b")):
        (tmp_path / name).mkdir()
        export(each, form, tmp_path / name / "out.gz")
    a, b = (_files(tmp_path / side) for side in ("a", "b"))
    assert a == b
    assert a


def _files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_an_empty_graph_is_written_too(store: EmbeddedStore, tmp_path: Path) -> None:
    for form in Format:
        count, _ = export(store, form, tmp_path / form)
        assert count == 0
        assert (tmp_path / form).exists()


def test_no_folder_is_made_around_a_file(store: EmbeddedStore, tmp_path: Path) -> None:
    for form in Format:
        with pytest.raises(ExportError, match="none: there is no such folder"):
            export(store, form, tmp_path / "none" / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_written_into(graph: EmbeddedStore) -> None:
    for form in Format.TURTLE, Format.CSV, Format.CYTOSCAPE, Format.GRAPHML:
        with pytest.raises(OSError, match="No space left"):
            export(graph, form, Path("/dev/full"))
        assert export(graph, form, Path("/dev/null"))[0] > 0
    assert Path("/dev/full").is_char_device()
    assert Path("/dev/null").is_char_device()
    assert not list(Path("/dev").glob(".gutbrain*"))


def test_a_device_is_no_folder(graph: EmbeddedStore) -> None:
    with pytest.raises(ExportError, match="exists and is not an export"):
        export(graph, Format.NQUADS, Path("/dev/null"))
