"""A PubMed of our own on loopback: E-utilities and bulk files, over real sockets, with faults.

A fault is a function from the right answer to a wrong one; it is used up by one request.
"""

import socket
import struct
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

from tests.papers import HEAD, Paper, article_set

MOST_HITS = 9_999
NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; ``ending`` says what becomes of the connection: whole, cut, reset, hang."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    ending: str = "whole"


@dataclass(frozen=True, slots=True)
class Request:
    """What the server was asked, in order of arrival."""

    method: str
    path: str
    form: dict[str, str]

    @property
    def name(self) -> str:
        """The utility, or the last part of the path."""
        return self.path.rsplit("/", 1)[-1].removesuffix(".fcgi")


Fault = Callable[[Answer], Answer]


class PubMedServer:
    """What the server knows: papers, files by path, faults to come, requests so far."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.papers: dict[int, Paper] = {}
        self.files: dict[str, bytes] = {}
        self.faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self.requests: list[Request] = []
        self.now = NOW
        self.date: str | None = None
        self.released = threading.Event()
        self.before: Callable[[Request], None] = lambda _: None

    @property
    def eutils(self) -> str:
        """The address of the utilities."""
        return f"{self.url}/eutils"

    @property
    def mirror(self) -> str:
        """The address of the bulk files."""
        return f"{self.url}/pubmed/"

    def add(self, *papers: Paper) -> None:
        """Enter papers, or put new states in the place of old ones."""
        self.papers |= {paper.pmid: paper for paper in papers}

    def asked(self, name: str) -> list[Request]:
        """The requests of one kind."""
        return [request for request in self.requests if request.name == name]

    def answer(self, request: Request) -> Answer:
        """Answer rightly, or with the next fault that is due for this kind of request."""
        self.requests.append(request)
        self.before(request)
        answer = self._right_answer(request)
        due = self.faults[request.name]
        return due.pop(0)(answer) if due else answer

    def _right_answer(self, request: Request) -> Answer:
        match request.name:
            case "esearch":
                return self._search(request.form)
            case "efetch":
                return self._fetch(request.form)
            case _:
                return self._file(request.path)

    def _search(self, form: dict[str, str]) -> Answer:
        found = [paper.pmid for paper in self._matching(form)]
        most = min(int(form.get("retmax", "20")), MOST_HITS)
        listed = "".join(f"<Id>{pmid}</Id>" for pmid in found[:most])
        return Answer(
            f'<?xml version="1.0" ?><eSearchResult><Count>{len(found)}</Count>'
            f"<IdList>{listed}</IdList></eSearchResult>".encode()
        )

    def _matching(self, form: dict[str, str]) -> list[Paper]:
        live = [paper for paper in self.papers.values() if paper.kind != "deleted"]
        if "[uid]" in form["term"]:
            wanted = {word.removesuffix("[uid]") for word in form["term"].split(" OR ")}
            return [paper for paper in live if str(paper.pmid) in wanted]
        days = [_parsed(form.get(name, "")) for name in ("mindate", "maxdate")]
        first, last = days[0] or date.min, days[1] or date.max
        by_change = form.get("datetype") == "mdat"
        matching = [
            paper
            for paper in live
            if paper.on_topic and first <= (paper.changed if by_change else paper.entered) <= last
        ]
        return sorted(matching, key=lambda paper: -paper.pmid)

    def _fetch(self, form: dict[str, str]) -> Answer:
        wanted = [int(pmid) for pmid in form["id"].split(",")]
        known = [self.papers[pmid] for pmid in wanted if pmid in self.papers]
        sent = [paper for paper in known if paper.kind != "withheld"]
        return Answer(article_set(sent))

    def _file(self, path: str) -> Answer:
        if path in self.files:
            return Answer(self.files[path])
        inside = {p.removeprefix(path).partition("/") for p in self.files if p.startswith(path)}
        if not path.endswith("/") or not inside:
            return Answer(b"<html><body>Not Found</body></html>", 404)
        links = "".join(f'<a href="{a}{slash}">{a}{slash}</a>\n' for a, slash, _ in sorted(inside))
        return Answer(f"<html><title>Index of {path}</title>{links}</html>".encode())


@contextmanager
def running_server() -> Generator[PubMedServer]:
    """Serve until the block ends."""
    http = _Server(("127.0.0.1", 0), _Handler)
    server = PubMedServer(f"http://127.0.0.1:{http.server_address[1]}")
    http.pubmed = server  # type: ignore[attr-defined]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        http.shutdown()
        thread.join()
        http.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about clients that go away in the middle of an answer."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits 40 ms for an acknowledgement

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._answer(Request("GET", parts.path, _form(parts.query)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(Request("POST", urlsplit(self.path).path, _form(body)))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's
        """Keep quiet."""

    def _answer(self, request: Request) -> None:
        server: PubMedServer = self.server.pubmed  # type: ignore[attr-defined]
        answer = server.answer(request)
        if answer.ending == "hang":
            server.released.wait(30)
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        if "Date" not in dict(answer.headers):
            self.send_header("Date", server.date or format_datetime(server.now, usegmt=True))
        for name, value in answer.headers:
            self.send_header(name, value)
        self._send_body(answer)

    def _send_body(self, answer: Answer) -> None:
        if answer.ending != "whole":
            self.close_connection = True
        if answer.ending != "cut":
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.ending == "reset":
            self._reset(answer.body)
        else:
            self.wfile.write(answer.body)

    def _reset(self, body: bytes) -> None:
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _form(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text).items()}


def _parsed(text: str) -> date | None:
    return date(*map(int, text.split("/"))) if text else None


def none(answer: Answer) -> Answer:
    """Answer rightly."""
    return answer


def status(code: int, body: str = "", **headers: str) -> Fault:
    """Answer with a status and a body of its own."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return lambda _: Answer(body.encode(), code, named)


def envelope(message: str, code: int = 200) -> Fault:
    """Answer with PubMed's XML for errors."""
    return status(code, f"<eFetchResult>\n\t<ERROR>{message}</ERROR>\n</eFetchResult>")


def ending(how: str, share: float = 1.0) -> Fault:
    """Break off: cut or reset the connection, or hang, after a share of the body."""
    return lambda answer: replace(
        answer, body=answer.body[: int(len(answer.body) * share)], ending=how
    )


def cut_at_record(answer: Answer) -> Answer:
    """Cut the body between two records, where it looks best."""
    end = answer.body.rindex(b"</PubmedArticle>") + len(b"</PubmedArticle>")
    return replace(answer, body=answer.body[:end], ending="cut")


def records_of(body: bytes) -> list[bytes]:
    """Take a body of articles apart."""
    opening = b"<PubmedArticle>"
    starts = [i for i in range(len(body)) if body.startswith(opening, i)]
    return [body[a:b] for a, b in pairwise([*starts, body.rindex(b"</PubmedArticleSet>")])]


def only(count: int) -> Fault:
    """Send the first records alone."""

    def fault(answer: Answer) -> Answer:
        kept = b"".join(records_of(answer.body)[:count])
        return replace(
            answer, body=HEAD.encode() + b"<PubmedArticleSet>" + kept + b"</PubmedArticleSet>"
        )

    return fault


def doubled(answer: Answer) -> Answer:
    """Send every record twice."""
    records = b"".join(records_of(answer.body))
    return replace(answer, body=answer.body.replace(records, records + records))


def replaced(old: str, new: str) -> Fault:
    """Send the body with one text for another."""
    return lambda answer: replace(answer, body=answer.body.replace(old.encode(), new.encode()))
