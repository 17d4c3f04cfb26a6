"""HTTP to one server: connections, deadlines, retries of what may be repeated, who asks."""

import io
import json
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from weakref import finalize

import httpx
from typing_extensions import Buffer

from kg.stores.address import Credentials, Scheme
from kg.stores.answers import (
    AccessError,
    BrokenOffError,
    BusyError,
    DeadlineError,
    PassingError,
    QueryError,
    StoreError,
    StoreUnreachableError,
    one_line,
)

WAITS_S = (0.5, 1.0, 2.0)
LONGEST_WAIT_S = 60.0
"""What a server asks for by Retry-After is waited for up to here."""

UNAUTHORIZED = 401
_BUSY = frozenset({429, 502, 503})
_QUOTED = 2_000
_PAGE_S = 30.0
"""An error page is read up to so many bytes, and so long."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds to connect, for each wait on the network, and for a whole answer or upload."""

    connect_s: float = 10.0
    read_s: float = 120.0
    total_s: float = 900.0


DEADLINES = Deadlines()


@dataclass(frozen=True, slots=True)
class Call:
    """One request. ``is_repeatable`` where doing it twice leaves what doing it once leaves."""

    method: str
    url: str
    content: bytes | Iterable[bytes] | None = field(default=None, repr=False)
    form: Mapping[str, str | list[str]] | None = None
    params: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    is_repeatable: bool = False
    deadlines: Deadlines | None = None


T = TypeVar("T")


class Body(io.RawIOBase):
    """The body of an answer as a file, read as it comes in; closing it ends the answer."""

    def __init__(self, answer: httpx.Response, name: str, ends_at: float) -> None:
        super().__init__()
        self.headers = answer.headers
        self._answer, self._name, self._ends_at = answer, name, ends_at
        self._chunks, self._left = answer.iter_bytes(), b""

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill a buffer with what has come; 0 at the end. Raises StoreError where it breaks off."""
        room = memoryview(buffer).cast("B")
        if not self._left:
            self._left = self._next()
        part, self._left = self._left[: len(room)], self._left[len(room) :]
        room[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Give the connection back."""
        if not self.closed:
            self._answer.close()
        super().close()

    def _next(self) -> bytes:
        _check_time(self._name, self._ends_at)
        try:
            return next(self._chunks, b"")
        except httpx.TransportError as error:
            raise _failure(self._name, error) from error


class Connection:
    """Sends calls to one server. ``name`` is what errors name: a URL without credentials."""

    def __init__(
        self,
        name: str,
        *,
        deadlines: Deadlines = DEADLINES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name, self.deadlines, self._sleep = name, deadlines, sleep
        self._client = httpx.Client()
        finalize(self, self._client.close)  # a cache lets go of its servers without a word

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def sign(self, scheme: Scheme, credentials: Credentials, server: str) -> None:
        """Send every call from now on in somebody's name.

        A token that names its scheme (``GDB …``) is sent as it is, another as a Bearer token.
        """
        user, password, token = credentials.user, credentials.password, credentials.token
        match scheme:
            case Scheme.NONE:
                self._client.auth = httpx.Auth()
            case Scheme.BASIC:
                self._client.auth = httpx.BasicAuth(user, password)
            case Scheme.DIGEST:
                self._client.auth = httpx.DigestAuth(user, password)
            case Scheme.TOKEN:
                header = token if " " in token else f"Bearer {token}"
                self._client.headers["Authorization"] = header
            case Scheme.GRAPHDB:
                self._client.auth = GraphDBAuth(server, credentials)

    def fetch(self, call: Call) -> tuple[httpx.Headers, bytes]:
        """Send a call and read the whole answer; raises StoreError unless it is a 2xx."""
        with self.open(call) as body:
            return body.headers, body.read()

    def open(self, call: Call) -> Body:
        """Send a call; the answer is read as the body is. Raises StoreError unless it is a 2xx."""
        return self._patiently(self._once, call) if call.is_repeatable else self._once(call)

    def try_out(self, call: Call) -> httpx.Response:
        """Send a call that may be repeated, and hand on whatever comes back.

        Raises StoreError where nothing does.
        """
        return self._patiently(self._any_answer, call)

    def _patiently(self, send: Callable[[Call], T], call: Call) -> T:
        """Try again after a pause, as long as all pauses fit into the time of the call."""
        left_s = (call.deadlines or self.deadlines).total_s
        for least_s in WAITS_S:
            try:
                return send(call)
            except PassingError as error:
                wait_s = max(least_s, error.wait_s)
                left_s -= wait_s
                if left_s < 0:
                    raise
                self._sleep(wait_s)
        return send(call)

    def _any_answer(self, call: Call) -> httpx.Response:
        answer, _ = self._send(call, is_streamed=False)
        if answer.status_code in _BUSY:
            raise _refusal(self.name, answer)
        return answer

    def _once(self, call: Call) -> Body:
        answer, ends_at = self._send(call, is_streamed=True)
        if not answer.is_success:
            raise _refusal(self.name, answer)
        return Body(answer, self.name, ends_at)

    def _send(self, call: Call, *, is_streamed: bool) -> tuple[httpx.Response, float]:
        """Send a call; gives what was answered, and when all of it has to be there."""
        deadlines = call.deadlines or self.deadlines
        ends_at = time.monotonic() + deadlines.total_s
        content = call.content
        if content is not None and not isinstance(content, bytes):
            content = _timed(content, self.name, ends_at)
        request = self._client.build_request(
            call.method,
            call.url,
            content=content,
            data=call.form,
            params=call.params,
            headers=call.headers,
            timeout=httpx.Timeout(deadlines.read_s, connect=deadlines.connect_s),
        )
        try:
            return self._client.send(request, stream=is_streamed), ends_at
        except httpx.TransportError as error:
            raise _failure(self.name, error) from error


def _timed(chunks: Iterable[bytes], name: str, ends_at: float) -> Iterator[bytes]:
    for chunk in chunks:
        _check_time(name, ends_at)
        yield chunk


def _check_time(name: str, ends_at: float) -> None:
    if time.monotonic() > ends_at:
        raise DeadlineError(f"{name}: not done in time")


def _failure(name: str, error: httpx.TransportError) -> StoreError:
    """Say in our terms why no whole answer came."""
    reason = f"{name}: {type(error).__name__}: {one_line(error)}"
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return StoreUnreachableError(reason)
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return BrokenOffError(reason)
        case httpx.TimeoutException():
            return DeadlineError(reason)
        case _:
            return StoreError(reason)


def _refusal(name: str, answer: httpx.Response) -> StoreError:
    """Say in our terms what a server answered that is no 2xx, with the begin of its page."""
    with Body(answer, name, time.monotonic() + _PAGE_S) as body:
        page = (body.read(_QUOTED) or b"").decode(errors="replace")
    reason = f"{name}: HTTP {answer.status_code}: {' '.join(page.split())[:200]}"
    match answer.status_code:
        case httpx.codes.BAD_REQUEST:
            return QueryError(reason)
        case httpx.codes.UNAUTHORIZED | httpx.codes.FORBIDDEN:
            return AccessError(reason)
        case status if status in _BUSY:
            busy = BusyError(reason)
            busy.wait_s = min(_asked_wait_s(answer.headers), LONGEST_WAIT_S)
            return busy
        case _:
            return StoreError(reason)


def _asked_wait_s(headers: httpx.Headers) -> float:
    """Read Retry-After: seconds, or a date; 0 where it says nothing."""
    text = headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


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
