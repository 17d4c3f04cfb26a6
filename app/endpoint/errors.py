"""What a request did wrong, as HTTP tells it."""

from collections.abc import Mapping
from types import MappingProxyType

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class ProtocolError(ValueError):
    """A request that is not answered; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] = NO_HEADERS) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers
