"""The endpoint on loopback, for tests that talk to it as a client would."""

import socket
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager

import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp

from app.endpoint.routes import create_endpoint
from app.settings import Settings

TOKEN = "a-token-for-tests"
SECRET = SecretStr(TOKEN)


@contextmanager
def served(application: ASGIApp) -> Generator[str]:
    """Serve on a free port, in a thread; yields the base address."""
    config = uvicorn.Config(application, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # from here on a client waits instead of being refused
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def endpoint(settings: Settings) -> Generator[str]:
    """Serve the endpoint of a data directory; yields the base address."""
    with served(create_endpoint(settings)) as address:
        yield address
