"""The endpoint on loopback, for tests that talk to it as a client would."""

from collections.abc import Generator
from contextlib import contextmanager

from app.endpoint.routes import create_endpoint
from app.settings import Settings
from tests.serving import serving


@contextmanager
def endpoint(settings: Settings) -> Generator[str]:
    """Serve the endpoint of a data directory; yields the base address."""
    with serving(create_endpoint(settings), lifespan="on") as address:
        yield address
