"""Queries of strangers to a GraphDB or RDF4J server, under the same gate and limits."""

import time

import httpx
from pyoxigraph import QueryResultsFormat, RdfFormat, Triple, parse, parse_query_results

from app.sandbox import Answer, Limits, QueryError, Request, TooLargeError, UnavailableError, admit
from app.serialising import Reply, Shape, written
from app.serialising import TooLargeError as AnswerTooLargeError

JSON_RESULTS = "application/sparql-results+json"
ACCEPT = f"{JSON_RESULTS}, application/n-triples;q=0.9"


class RemoteSandbox:
    """Posts queries to ``<repository>`` alone, never to its ``/statements``."""

    def __init__(self, repository: str, limits: Limits, client: httpx.Client) -> None:
        self.repository, self.limits, self.client = repository, limits, client

    def answer(self, request: Request) -> Answer:
        """Answer within the limits; raises QueryError."""
        admit(request)
        try:
            body, media_type = self._fetch(request)
            reply = self._reply(request, body, media_type)
        except httpx.TimeoutException as error:
            raise UnavailableError(f"No answer within {self.limits.timeout_s:g} s") from error
        except httpx.HTTPError as error:
            raise UnavailableError("The graph's server cannot be reached") from error
        except AnswerTooLargeError as error:
            raise TooLargeError(str(error)) from error
        return Answer(reply.body, reply.media_type, reply.is_truncated)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def _fetch(self, request: Request) -> tuple[bytes, str]:
        form = {
            "query": request.query,
            "timeout": f"{self.limits.timeout_s:.0f}",
            "default-graph-uri": list(request.default_graphs),
            "named-graph-uri": list(request.named_graphs),
        }
        timeout = httpx.Timeout(self.limits.timeout_s)
        headers = {"Accept": ACCEPT}
        with self.client.stream(
            "POST", self.repository, data=form, headers=headers, timeout=timeout
        ) as response:
            body = self._read(response)
        if response.status_code >= httpx.codes.BAD_REQUEST:
            raise QueryError(body[:2000].decode(errors="replace"))
        return body, response.headers.get("content-type", "").partition(";")[0]

    def _read(self, response: httpx.Response) -> bytes:
        """Read under both caps: httpx limits each wait, not the whole answer."""
        deadline, body = time.monotonic() + self.limits.timeout_s, bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self.limits.max_bytes:
                raise AnswerTooLargeError(
                    f"The answer is larger than {self.limits.max_bytes:,} bytes"
                )
            if time.monotonic() > deadline:
                raise UnavailableError(f"No full answer within {self.limits.timeout_s:g} s")
        return bytes(body)

    def _reply(self, request: Request, body: bytes, media_type: str) -> Reply:
        limits = self.limits
        shape = Shape(request.bindings, request.triples, limits.max_rows, limits.max_bytes)
        if "json" in media_type:
            return written(parse_query_results(body, QueryResultsFormat.JSON), shape)
        quads = parse(body, RdfFormat.N_TRIPLES)
        return written((Triple(q.subject, q.predicate, q.object) for q in quads), shape)
