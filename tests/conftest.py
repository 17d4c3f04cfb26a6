"""What several rooms' tests need."""

from collections.abc import Iterator

import pytest

from tests.pubmed_server import PubMedServer, running_server


@pytest.fixture
def pubmed_server() -> Iterator[PubMedServer]:
    """A PubMed on loopback, without papers."""
    with running_server() as server:
        yield server
