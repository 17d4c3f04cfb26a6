"""PubMed's E-utilities: search for PMIDs, fetch records, at the permitted pace.

Lists of PMIDs are explicit and POSTed: nothing of ours expires on the server (WebEnv does), every
request can be repeated as it is, and no address holds a key.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx
from lxml import etree

from ingest.archive.slices import Span
from ingest.pubmed.pacing import Clock, Pacer, Patience, TransientError, UnreachableError, persist
from ingest.pubmed.responses import (
    EmptyAnswerError,
    PubMedError,
    check_answer,
    error_message,
    raise_for_message,
)

EUTILS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
MOST_HITS = 9_999
"""PubMed lists no more; the documentation says 10,000, and a page across the limit is clamped."""
BATCH_PMIDS = 200
RATE_HZ, RATE_WITH_KEY_HZ = 3.0, 10.0
TIMEOUT = httpx.Timeout(30.0, connect=15.0)
_LONGEST_ANSWER_S = 300.0
_ROOTS = {"esearch": "eSearchResult", "efetch": "PubmedArticleSet"}

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Access:
    """Who we are to PubMed. The key is left out of the representation, as of all messages."""

    tool: str = "gutbrain"
    email: str | None = None
    key: str | None = field(default=None, repr=False)
    url: str = EUTILS

    @property
    def rate_hz(self) -> float:
        """How many requests a second are permitted, over all processes."""
        return RATE_WITH_KEY_HZ if self.key else RATE_HZ

    def identity(self) -> dict[str, str]:
        """The parameters that every request carries."""
        named = {"tool": self.tool, "email": self.email, "api_key": self.key}
        return {name: value for name, value in named.items() if value}

    def conceal(self, body: bytes) -> bytes:
        """Take the key out of an answer: some of PubMed's errors quote it."""
        return body.replace(self.key.encode(), b"***") if self.key else body


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: ``count`` hits, and the first of them in PubMed's order."""

    count: int
    pmids: tuple[str, ...]
    warnings: tuple[str, ...] = ()


class PubMed:
    """A connection to the E-utilities; requests that may succeed later are repeated.

    Methods raise PubMedError for what PubMed refuses, UnreachableError when patience ends.
    """

    def __init__(
        self,
        access: Access,
        http: httpx.Client,
        pacer: Pacer,
        clock: Clock | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._access, self._http, self._pacer = access, http, pacer
        self.clock = clock or Clock()
        self.patience = patience or Patience()
        self._server_time: datetime | None = None
        self.requests = 0

    def server_time(self) -> datetime:
        """Tell PubMed's time, which is the only one to trust: by the last answer's header."""
        if self._server_time is None:
            self.search("1[uid]", most=0)
        if self._server_time is None:
            raise PubMedError("PubMed's answers carry no date")
        return self._server_time

    def search(
        self, term: str, kind: str = "edat", days: Span | None = None, most: int = MOST_HITS
    ) -> Found:
        """List at most ``most`` PMIDs; ``kind`` of the days is ``edat`` (entry) or ``mdat``."""
        query = {"term": term, "retmax": str(most), "retmode": "xml"}
        if days:
            bounds = {"mindate": _day(days.first), "maxdate": _day(days.last)}
            query |= {"datetype": kind, **bounds}
        try:
            return self._ask("esearch", query, _read_search)
        except EmptyAnswerError:
            return Found(0, ())

    def fetch(self, pmids: Sequence[str]) -> bytes | None:
        """Fetch records as one XML answer, whole to its closing tag; None where none is known."""
        query = {"id": ",".join(pmids), "retmode": "xml"}
        try:
            return self._ask("efetch", query, bytes)
        except EmptyAnswerError:
            return None

    def existing(self, pmids: Sequence[str]) -> frozenset[str]:
        """Tell which PMIDs PubMed's search still knows."""
        term = " OR ".join(f"{pmid}[uid]" for pmid in pmids)
        return frozenset(self.search(term).pmids) & frozenset(pmids) if pmids else frozenset()

    def _ask(self, name: str, query: Mapping[str, str], read: Callable[[bytes], Answer]) -> Answer:
        def attempt() -> Answer:
            self._pacer.wait()
            return read(self._post(name, query))

        try:
            return persist(attempt, self.patience, self.clock)
        except UnreachableError as error:
            raise UnreachableError(f"PubMed's {name}: {error}") from None

    def _post(self, name: str, query: Mapping[str, str]) -> bytes:
        """Send one request; raises as ``check_answer`` does."""
        self.requests += 1
        form = {"db": "pubmed", **query, **self._access.identity()}
        try:
            with self._http.stream("POST", f"{self._access.url}/{name}.fcgi", data=form) as answer:
                body = self._access.conceal(self._read_body(answer))
        except httpx.HTTPError as error:
            raise TransientError(f"{type(error).__name__}: {error}") from None
        check_answer(answer.status_code, answer.headers.get("Retry-After"), body, _ROOTS[name])
        self._note_time(answer.headers.get("Date", ""))
        return body

    def _read_body(self, answer: httpx.Response) -> bytes:
        """Read all of it, but not for ever: a time-out of httpx is for each piece alone."""
        until_s = self.clock.now_s() + _LONGEST_ANSWER_S
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if self.clock.now_s() > until_s:
                raise TransientError(f"the answer takes longer than {_LONGEST_ANSWER_S:.0f} s")
        return bytes(body)

    def _note_time(self, header: str) -> None:
        try:
            self._server_time = parsedate_to_datetime(header).astimezone(UTC)
        except ValueError:
            return  # an answer without a date, or a wrong one, tells no time


def _read_search(body: bytes) -> Found:
    """Read a search's answer; an error inside it is raised as in any other."""
    if message := error_message(body.decode(errors="replace")):
        raise_for_message(message)
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise TransientError(f"the search's answer is no XML: {error}") from None
    pmids = tuple(element.text or "" for element in root.iterfind("IdList/Id"))
    lost = root.iterfind("ErrorList/*")
    warnings = tuple(f"{element.tag}: {element.text}" for element in lost)
    return Found(int(root.findtext("Count", "0")), pmids, warnings)


def _day(day: date) -> str:
    return day.strftime("%Y/%m/%d")
