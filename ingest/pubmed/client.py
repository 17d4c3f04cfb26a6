"""PubMed's E-utilities: search for PMIDs, fetch records, at the permitted rate.

Lists of PMIDs are explicit and POSTed: nothing of ours expires on the server (WebEnv does), every
request can be repeated as it is, and no address holds a key. PubMed reports failures with status
200 as readily as with 400, and passing ones like lasting ones; so every body is judged before it
is read.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TypeVar
from urllib.parse import quote_plus

import httpx
from lxml import etree

from ingest.archive.slices import DayRange
from ingest.document import is_pmid, quote
from ingest.pubmed.timing import RateLimiter, TransientError, UnreachableError, raise_if_busy, retry

EUTILS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
MOST_HITS = 9_999
"""PubMed lists no more; the documentation says 10,000, and a page across the limit is clamped."""
BATCH_PMIDS = 200
RATE_HZ, RATE_WITH_KEY_HZ = 3.0, 10.0
TIMEOUT = httpx.Timeout(30.0, connect=15.0)
LARGEST_ANSWER_BYTES = 1 << 28
"""Unpacked; 200 records of usual size have 3 MB."""
_LONGEST_ANSWER_S = 300.0
_ENCODINGS = frozenset({"", "identity", "gzip"})  # several at once unpack without limit
CLOCKS_DIFFER = timedelta(days=2)
_DAY = timedelta(days=1)
_ROOTS = {"esearch": "eSearchResult", "efetch": "PubmedArticleSet"}
_PROLOG = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?.*?\?>|<!--.*?-->|<![^>]*>|\s+)*", re.DOTALL)
_TAG = re.compile(rb"<([A-Za-z_][\w.-]*)")
_ERROR = re.compile(
    r"<ERROR(?:\s[^>]*)?>(.*?)</ERROR\s*>|\"ERROR\"\s*:\s*\"(.*?)\"", re.DOTALL | re.IGNORECASE
)
_COUNT = re.compile(r"[0-9]{1,9}")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_EMPTY = ("id list is empty", "empty id list", "empty result")
_LASTING = ("api key invalid", "invalid db name", "unknown db", "can only retrieve the first")
_ERROR_BYTES = 1 << 14  # an error is said in few words
_TAIL_BYTES = 200
_OK, _BAD_REQUEST = 200, 400
_PASSING = frozenset({403, 408, 425})  # a block, too, is lifted

Answer = TypeVar("Answer")


class PubMedError(ValueError):
    """PubMed refuses a request for good, or its answer contradicts itself."""


class EmptyAnswerError(PubMedError):
    """PubMed knows none of the PMIDs it was asked for."""


class IncompleteListError(PubMedError):
    """PubMed lists fewer PMIDs than it counts, and the days cannot be divided further."""


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

    def conceal_email(self, body: bytes) -> bytes:
        """Take the e-mail out of what is quoted; not out of records, whose author may have it."""
        written = (self.email or "", quote_plus(self.email or ""))
        for text in filter(None, written):
            body = re.sub(re.escape(text.encode()), b"***", body, flags=re.IGNORECASE)
        return body


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found: ``count`` hits, and the first of them in PubMed's order, each once."""

    count: int
    pmids: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything was found."""
        return self.count > 0

    @property
    def is_complete(self) -> bool:
        """Whether all hits are listed: PubMed cuts a page across its limit without a word."""
        return len(self.pmids) == self.count


class PubMed:
    """A connection to the E-utilities; requests that may succeed later are repeated.

    Methods raise PubMedError for what PubMed refuses, UnreachableError after the last try.
    """

    def __init__(self, access: Access, http: httpx.Client, limiter: RateLimiter) -> None:
        self._access, self._http, self._limiter = access, http, limiter
        self.clock = limiter.clock
        self._server_time: datetime | None = None
        self.requests = 0

    def server_time(self) -> datetime:
        """PubMed's time, which is the only one to trust: by the last answer's header."""
        if self._server_time is None:
            self.search("1[uid]", most=0)
        if self._server_time is None:
            raise PubMedError("PubMed's answers have no Date header")
        return self._server_time

    def search(
        self,
        term: str,
        kind: str = "edat",
        days: DayRange | None = None,
        most: int = MOST_HITS,
        *,
        least: int = 0,
    ) -> SearchResult:
        """List at most ``most`` PMIDs; ``kind`` of the days is ``edat`` (entry) or ``mdat``.

        A count below ``least`` is not believed, and asked for again.
        """
        query = {"term": term, "retmax": str(most), "retmode": "xml"}
        if days:
            first, last = (f"{day:%Y/%m/%d}" for day in (days.first, days.last))
            query |= {"datetype": kind, "mindate": first, "maxdate": last}
        return self._ask("esearch", query, partial(_read_search, least=least))

    def fetch(self, pmids: Sequence[str]) -> bytes | None:
        """Fetch records as one complete XML answer; None where PubMed knows none of them."""
        query = {"id": ",".join(pmids), "retmode": "xml"}
        return self._ask("efetch", query, lambda body: body)

    def existing(self, pmids: Sequence[str]) -> frozenset[str]:
        """Find those PMIDs that PubMed's search still knows."""
        term = " OR ".join(f"{pmid}[uid]" for pmid in pmids)
        return frozenset(self.search(term).pmids) & frozenset(pmids) if pmids else frozenset()

    def _ask(
        self, name: str, query: Mapping[str, str], read: Callable[[bytes | None], Answer]
    ) -> Answer:
        """Send a request until ``read`` accepts the body, which is None where nothing is known."""

        def attempt() -> Answer:
            self._limiter.wait()
            return read(self._post(name, query))

        try:
            return retry(attempt, self.clock)
        except UnreachableError as error:
            raise UnreachableError(f"PubMed's {name}: {error}") from None

    def _post(self, name: str, query: Mapping[str, str]) -> bytes | None:
        """Send one request; raises as ``check_answer`` does, but for an empty answer."""
        self.requests += 1
        form = {"db": "pubmed", **query, **self._access.identity()}
        packed = {"Accept-Encoding": "gzip"}
        url = f"{self._access.url}/{name}.fcgi"
        try:
            with self._http.stream("POST", url, data=form, headers=packed) as answer:
                body = self._access.conceal(self._read_body(answer))
        except httpx.HTTPError as error:
            raise TransientError(f"{type(error).__name__}: {error}") from None
        judged = self._access.conceal_email(body)
        try:
            check_answer(
                answer.status_code, answer.headers.get("Retry-After"), judged, _ROOTS[name]
            )
        except EmptyAnswerError:
            judged = body = None
        self._note_time(answer.headers.get("Date", ""))
        return judged if name == "esearch" else body

    def _read_body(self, answer: httpx.Response) -> bytes:
        """Read all of it, but not for ever: a time-out of httpx is for each piece alone."""
        if answer.headers.get("Content-Encoding", "").lower() not in _ENCODINGS:
            raise TransientError("the answer is packed as nobody asked for")
        until_s = self.clock.now_s() + _LONGEST_ANSWER_S
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if self.clock.now_s() > until_s:
                raise TransientError(f"the answer takes longer than {_LONGEST_ANSWER_S:.0f} s")
            if len(body) > LARGEST_ANSWER_BYTES:
                most = f"{LARGEST_ANSWER_BYTES >> 20} MiB"
                raise TransientError(f"the answer is larger than {most}, unpacked")
        return bytes(body)

    def _note_time(self, header: str) -> None:
        """Take PubMed's time from an answer. One that is far from ours is wrong, or ours is.

        A day that has not come yet would be taken for harvested: raises TransientError.
        """
        try:
            told = parsedate_to_datetime(header).astimezone(UTC)
        except (ValueError, OverflowError):
            return  # an answer without a date, or a wrong one, gives no time
        ours = self.clock.utc_now()
        if abs(told - ours) > CLOCKS_DIFFER:
            raise TransientError(f"the answer is dated {told:%Y-%m-%d}, our clock {ours:%Y-%m-%d}")
        self._server_time = told


def _read_search(body: bytes | None, least: int = 0) -> SearchResult:
    """Read a search's answer; an error inside it is raised as in any other."""
    found = SearchResult(0, ()) if body is None else _searched(body)
    if found.count < least:
        raise TransientError(f"PubMed counts {found.count} records, where it had {least} or more")
    return found


def _searched(body: bytes) -> SearchResult:
    try:
        _raise_reported(body)
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except EmptyAnswerError:
        return SearchResult(0, ())
    except etree.XMLSyntaxError as error:
        raise TransientError(f"the search's answer is no XML: {quote(str(error))}") from None
    count, listed = root.findtext("Count", "").strip(), root.iterfind("IdList/Id")
    pmids = tuple(dict.fromkeys(element.text or "" for element in listed))
    if not _COUNT.fullmatch(count):
        said = f"'{quote(count, 20)}'" if count else "nothing"
        raise TransientError(f"the search's answer counts {said}")
    if wrong := next((pmid for pmid in pmids if not is_pmid(pmid)), None):
        raise TransientError(f"the search's answer lists '{quote(wrong, 20)}', which is no PMID")
    lost = root.iterfind("ErrorList/*")
    warnings = tuple(quote(f"{element.tag}: {element.text}") for element in lost)
    return SearchResult(int(count), pmids, warnings)


def find_parts(
    pubmed: PubMed, term: str, kind: str, days: DayRange, most: int = MOST_HITS
) -> Iterator[tuple[DayRange, SearchResult]]:
    """Divide the days until each part has at most ``most`` hits; complete parts come in order.

    Every part is counted by a search of its own: what is left by subtraction may have changed.
    A single day may have more than ``most``. Raises IncompleteListError.
    """
    waiting = [days]
    while waiting:
        part = waiting.pop()
        # a database that is down counts nothing, too: once more
        found = pubmed.search(term, kind, part, most) or pubmed.search(term, kind, part, most)
        if part.first == part.last and not found.is_complete:
            found = pubmed.search(term, kind, part)
            if not found.is_complete:
                raise IncompleteListError(_shortage(part, found))
        if found.is_complete:
            yield part, found
        else:
            middle = part.first + (part.last - part.first) // 2
            waiting += (DayRange(middle + _DAY, part.last), DayRange(part.first, middle))


def _shortage(days: DayRange, found: SearchResult) -> str:
    return (
        f"{days.name}: PubMed counts {found.count} hits and lists {len(found.pmids)}; "
        f"it lists at most {MOST_HITS}: narrow the topic, or use the bulk files"
    )


def check_answer(status: int, retry_after: str | None, body: bytes, root: str) -> None:
    """Accept a complete answer whose root element is ``root``, and raise on anything else.

    Raises TransientError for what may be over soon, cut answers among it, EmptyAnswerError, and
    PubMedError for what repeating does not mend.
    """
    raise_if_busy(status, retry_after)
    if status not in {_OK, _BAD_REQUEST}:
        _refuse(f"status {status}", is_passing=status in _PASSING)
    if status == _OK and root_name(body) == root:
        _check_end(body, root)
    else:
        _check_error(status, body)


def root_name(body: bytes) -> str:
    """Name the root element, empty where there is none.

    >>> root_name(b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "b"><a/>')
    'a'
    """
    prolog = _PROLOG.match(body)
    found = _TAG.match(body, prolog.end() if prolog else 0)
    return found[1].decode() if found else ""


def _check_end(body: bytes, root: str) -> None:
    """See that the root is closed: without Content-Length, a cut body looks complete to HTTP."""
    tail = body[-_TAIL_BYTES:].rstrip()
    if not tail.endswith((f"</{root}>".encode(), b"/>")):
        raise TransientError(f"the answer was cut after {len(body)} bytes")


def _check_error(status: int, body: bytes) -> None:
    _raise_reported(body)
    text = body[:_ERROR_BYTES].decode(errors="replace")
    if root_name(body).lower() == "html":
        title = _TITLE.search(text)
        said = quote(title[1]) if title else "without a title"
        raise TransientError(f"a web page instead of data: {said}")
    raise TransientError(f"status {status} with {quote(text) or 'an empty body'}")


def _raise_reported(body: bytes) -> None:
    """Raise the error that an answer reports, XML or JSON; unknown ones count as passing."""
    found = _ERROR.search(body[:_ERROR_BYTES].decode(errors="replace"))
    if found is None:
        return
    message = quote(found[1] or found[2] or "unspecified")
    known = message.lower()
    if any(words in known for words in _EMPTY):
        raise EmptyAnswerError(message)
    _refuse(message, is_passing=not any(words in known for words in _LASTING))


def _refuse(message: str, *, is_passing: bool) -> None:
    raise TransientError(message) if is_passing else PubMedError(message)
