"""How requests to a server say who asks: HTTP Basic or Digest, a token, GraphDB's sign-in."""

import json
from collections.abc import Generator

import httpx

from kg.stores.address import Credentials, Scheme
from kg.stores.answers import AccessError
from kg.stores.connection import Call

UNAUTHORIZED = 401


class TokenAuth(httpx.Auth):
    """Sends a token: as it is where it names its scheme (``GDB …``), else as a Bearer token."""

    def __init__(self, token: str) -> None:
        self._header = token if " " in token else f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the header."""
        request.headers["Authorization"] = self._header
        yield request


class GraphDBAuth(httpx.Auth):
    """Signs in by ``POST /rest/login`` and sends back the header it gets, word for word.

    After a 401 it signs in again, once a request, and never after a body that was streamed.
    """

    requires_response_body = True

    def __init__(self, server: str, credentials: Credentials) -> None:
        self._server, self._credentials, self._header = server, credentials, ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Sign in where that is due, and send the request."""
        if not self._header:
            self._header = self._read((yield self._login()))
        request.headers["Authorization"] = self._header
        response = yield request
        if response.status_code == UNAUTHORIZED and _is_repeatable(request):
            self._header = self._read((yield self._login()))
            request.headers["Authorization"] = self._header
            yield request

    def _login(self) -> httpx.Request:
        call = login_call(self._server, self._credentials)
        return httpx.Request(call.method, call.url, content=call.content, headers=call.headers)

    def _read(self, answer: httpx.Response) -> str:
        header = answer.headers.get("Authorization", "")
        if not answer.is_success or not header:
            raise AccessError(
                f"{self._server}/rest/login: HTTP {answer.status_code}: not signed in"
            )
        return header


def sign(scheme: Scheme, credentials: Credentials, server: str) -> httpx.Auth | None:
    """Make what signs the requests to a server."""
    match scheme:
        case Scheme.NONE:
            return None
        case Scheme.BASIC:
            return httpx.BasicAuth(credentials.user, credentials.password)
        case Scheme.DIGEST:
            return httpx.DigestAuth(credentials.user, credentials.password)
        case Scheme.TOKEN:
            return TokenAuth(credentials.token)
        case Scheme.GRAPHDB:
            return GraphDBAuth(server, credentials)


def login_call(server: str, credentials: Credentials) -> Call:
    """GraphDB's sign-in."""
    known = {"username": credentials.user, "password": credentials.password}
    headers = {"Content-Type": "application/json"}
    return Call("POST", f"{server}/rest/login", json.dumps(known).encode(), headers=headers)


def challenged(answer: httpx.Response) -> Scheme:
    """Read which scheme a 401 asks for; Basic where it does not say."""
    asked = answer.headers.get("WWW-Authenticate", "").lower()
    return Scheme.DIGEST if asked.startswith("digest") else Scheme.BASIC


def _is_repeatable(request: httpx.Request) -> bool:
    return isinstance(request.stream, httpx.ByteStream)
