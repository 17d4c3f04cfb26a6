"""Fetching a list of PMIDs until every one is accounted for: what was asked is what came."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import BytesIO

from ingest.document import Deletion, Record, Rejected
from ingest.formats.medline import read_records
from ingest.formats.record_splitter import MedlineError, NoRecordsError
from ingest.pubmed.client import PubMed
from ingest.pubmed.timing import wait_s

_ROUNDS = 4
_SOURCE = "efetch"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came for a list of PMIDs; these four sets of PMIDs make up the list.

    ``records`` are articles, books and deletions, duplicates and versions included; ``rejected``
    could not be read, twice; ``missing`` are known to PubMed's search and were not delivered;
    ``vanished`` are not known to it any more. ``answers`` are the bodies as received.
    """

    records: tuple[Record, ...]
    rejected: tuple[Rejected, ...]
    missing: tuple[str, ...]
    vanished: tuple[str, ...]
    answers: tuple[bytes, ...]

    @property
    def got(self) -> int:
        """How many PMIDs came as articles, books or deletions."""
        return len({record.pmid for record in self.records})

    @property
    def deleted(self) -> frozenset[str]:
        """Which of them came as deletions."""
        return frozenset(record.pmid for record in self.records if isinstance(record, Deletion))

    def doubted(self, reason: str) -> "Delivery":
        """Reject the deletions: what PubMed lists and deletes at once is not deleted yet."""
        letters = (Rejected(_SOURCE, pmid, reason, b"") for pmid in sorted(self.deleted))
        kept = tuple(each for each in self.records if not isinstance(each, Deletion))
        return replace(self, records=kept, rejected=(*self.rejected, *letters))


@dataclass(slots=True)
class _Fetched:
    """What came so far for the PMIDs ``asked`` for."""

    asked: Sequence[str]
    good: list[Record] = field(default_factory=list[Record])
    bad: dict[str, Rejected] = field(default_factory=dict[str, Rejected])
    has_nameless: bool = False
    answers: list[bytes] = field(default_factory=list[bytes])

    def lacking(self) -> list[str]:
        came = {record.pmid for record in self.good}
        return [pmid for pmid in self.asked if pmid not in came]

    def add(self, body: bytes, pmids: Sequence[str]) -> None:
        """Keep what was asked for; a record without a readable PMID is one of ``pmids``."""
        self.answers.append(body)
        with suppress(NoRecordsError):  # whether that is right is seen when the sets are compared
            for record in read_records(BytesIO(body), _SOURCE):
                if isinstance(record, Rejected):
                    self._reject(record, pmids)
                elif record.pmid in self.asked:
                    self.good.append(record)

    def _reject(self, letter: Rejected, pmids: Sequence[str]) -> None:
        pmid = pmids[0] if len(pmids) == 1 else letter.pmid
        if pmid is None:
            self.has_nameless = True
        else:
            self.bad[pmid] = replace(letter, pmid=pmid)


def deliver(pubmed: PubMed, pmids: Sequence[str]) -> Delivery:
    """Fetch, and ask again for what did not come or could not be read."""
    fetched = _Fetched(pmids)
    for round_number in range(_ROUNDS):
        lacking = fetched.lacking()
        if not lacking or (round_number > 1 and fetched.bad.keys() >= set(lacking)):
            break
        if round_number:
            pubmed.clock.sleep(wait_s(round_number, pubmed.clock.chance()))
        _fetch(pubmed, lacking, fetched)
    if fetched.has_nameless:
        for pmid in (each for each in fetched.lacking() if each not in fetched.bad):
            _fetch(pubmed, [pmid], fetched)
    return _delivery(pubmed, fetched)


def _fetch(pubmed: PubMed, pmids: Sequence[str], fetched: _Fetched) -> None:
    """Fetch once; what makes an answer unreadable is found by halving, and costs itself alone."""
    body = pubmed.fetch(pmids)
    if body is None:
        return
    try:
        fetched.add(body, pmids)
    except MedlineError as error:
        if len(pmids) == 1:
            fetched.bad[pmids[0]] = Rejected(_SOURCE, pmids[0], str(error), body)
            return
        middle = len(pmids) // 2
        for half in (pmids[:middle], pmids[middle:]):
            _fetch(pubmed, half, fetched)


def _delivery(pubmed: PubMed, fetched: _Fetched) -> Delivery:
    lacking, bad = fetched.lacking(), fetched.bad
    unread = tuple(letter for pmid, letter in bad.items() if pmid in lacking)
    unaccounted = [pmid for pmid in lacking if pmid not in bad]
    known = pubmed.existing(unaccounted)
    missing = tuple(pmid for pmid in unaccounted if pmid in known)
    vanished = tuple(pmid for pmid in unaccounted if pmid not in known)
    return Delivery(tuple(fetched.good), unread, missing, vanished, tuple(fetched.answers))
