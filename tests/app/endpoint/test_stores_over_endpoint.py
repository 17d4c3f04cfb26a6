"""Our own endpoint keeps the contract of stores, written to and read as an RDF4J server."""

from collections.abc import Iterator

import pytest

from app.settings import Settings
from kg.stores import TripleStore
from kg.stores.address import Credentials, Scheme
from kg.stores.answers import AccessError
from kg.stores.capabilities import Kind
from kg.stores.open import open_store
from kg.stores.remote import RemoteStore
from tests.endpoint_server import TOKEN, endpoint
from tests.store_contract import StoreContract, everything, quad


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One endpoint for all tests: to start its processes takes longer than they do."""
    folder = tmp_path_factory.mktemp("endpoint")
    with endpoint(Settings(data=folder, write_token=TOKEN)) as base:  # type: ignore[arg-type]
        yield f"{base}/repositories/gutbrain"


class TestOverOurEndpoint(StoreContract):
    """Empty before each test."""

    @pytest.fixture
    def any_store(self, repository: str) -> Iterator[TripleStore]:
        store = open_store(repository, Credentials(token=TOKEN))
        store.change(remove=everything(store), add=())
        yield store
        store.close()


def test_it_is_seen_as_it_is(repository: str) -> None:
    store = open_store(repository, Credentials(token=TOKEN))
    assert isinstance(store, RemoteStore)
    found = store.capabilities
    assert (found.kind, found.scheme, found.can_write) == (Kind.RDF4J, Scheme.TOKEN, True)
    store.close()


def test_without_the_token_nothing_is_written(repository: str) -> None:
    store = open_store(repository)
    with pytest.raises(AccessError, match="HTTP 401"):
        store.change(remove=(), add=[quad(77)])
    assert quad(77) not in everything(store)
    store.close()
