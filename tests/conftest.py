"""What several rooms' tests need."""

from collections.abc import Iterator

import pytest

from tests.pubmed_server import PubMedServer, running_server
from tests.virtuoso import Virtuoso, running_virtuoso


@pytest.fixture
def pubmed_server() -> Iterator[PubMedServer]:
    """A PubMed on loopback, without papers."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def virtuoso_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Virtuoso]:
    """One Virtuoso for all tests of the session."""
    with running_virtuoso(tmp_path_factory.mktemp("virtuoso")) as server:
        yield server


@pytest.fixture
def virtuoso(virtuoso_server: Virtuoso) -> Iterator[Virtuoso]:
    """A Virtuoso without graphs of ours."""
    virtuoso_server.clear()
    yield virtuoso_server
    virtuoso_server.clear()
