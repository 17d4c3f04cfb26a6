"""The embedded store: what it does beyond the contract."""

from pathlib import Path

import pytest

from kg.stores.answers import StoreError
from kg.stores.embedded import BULK, EmbeddedStore
from kg.stores.open import open_store
from tests.store_contract import quad


def test_a_large_change_replaces_as_a_small_one_does(tmp_path: Path) -> None:
    store = EmbeddedStore.open(tmp_path / "store")
    store.change(remove=(), add=[quad(0), quad(-1)])
    new = [quad(n) for n in range(BULK + 1)]
    store.change(remove=[quad(0), quad(-1)], add=new)
    assert store.size() == len(new)


def test_a_store_on_disk_keeps_what_it_holds(tmp_path: Path) -> None:
    store = EmbeddedStore.open(tmp_path / "store")
    store.change(remove=(), add=[quad(1)])
    store.backup(tmp_path / "copy")
    store.close()
    for name in ("store", "copy"):
        assert EmbeddedStore.open_read_only(tmp_path / name).size() == 1


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    first = EmbeddedStore.open(tmp_path / "store")
    with pytest.raises(StoreError, match="store: "):
        EmbeddedStore.open(tmp_path / "store")
    first.close()
    assert EmbeddedStore.open(tmp_path / "store").size() == 0


def test_a_store_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing"):
        EmbeddedStore.open_read_only(tmp_path / "nothing")


def test_a_store_tells_whether_it_was_written_to(tmp_path: Path) -> None:
    store = EmbeddedStore.open(tmp_path / "store")
    store.change(remove=(), add=())
    assert not store.has_changed
    store.change(remove=(), add=[quad(1)])
    assert store.has_changed


def test_a_directory_is_an_embedded_store(tmp_path: Path) -> None:
    assert isinstance(open_store(tmp_path / "store"), EmbeddedStore)
