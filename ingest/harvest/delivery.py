"""Fetching a list of PMIDs until every one is accounted for: what was asked is what came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO

from ingest.document import Deletion, Record, Rejected
from ingest.formats.medline import read_records
from ingest.formats.record_splitter import NoRecordsError
from ingest.pubmed.client import PubMed

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


def deliver(pubmed: PubMed, pmids: Sequence[str]) -> Delivery:
    """Fetch, and ask again for what did not come or could not be read."""
    asked = frozenset(pmids)
    good: list[Record] = []
    bad: dict[str | None, Rejected] = {}
    answers: list[bytes] = []
    for round_number in range(_ROUNDS):
        lacking = _lacking(pmids, good)
        if not lacking or (round_number > 1 and bad.keys() >= set(lacking)):
            break
        if round_number:
            pubmed.clock.sleep(pubmed.policy.wait_s(round_number, pubmed.clock.chance()))
        if body := pubmed.fetch(lacking):
            answers.append(body)
            _sort(_read(body), asked, good, bad)
    return _delivery(pubmed, _lacking(pmids, good), good, bad, answers)


def _read(body: bytes) -> Iterable[Record]:
    try:
        yield from read_records(BytesIO(body), _SOURCE)
    except NoRecordsError:
        return  # whether that is right is seen when the sets are compared


def _sort(
    records: Iterable[Record],
    asked: frozenset[str],
    good: list[Record],
    bad: dict[str | None, Rejected],
) -> None:
    """Keep what was asked for; a record without a readable PMID may be one of them."""
    for record in records:
        if isinstance(record, Rejected):
            bad[record.pmid] = record
        elif record.pmid in asked:
            good.append(record)


def _lacking(pmids: Iterable[str], good: Iterable[Record]) -> list[str]:
    came = {record.pmid for record in good}
    return [pmid for pmid in pmids if pmid not in came]


def _delivery(
    pubmed: PubMed,
    lacking: Sequence[str],
    good: Sequence[Record],
    bad: dict[str | None, Rejected],
    answers: Sequence[bytes],
) -> Delivery:
    unread = tuple(letter for pmid, letter in bad.items() if pmid is None or pmid in lacking)
    unaccounted = [pmid for pmid in lacking if pmid not in bad]
    known = pubmed.existing(unaccounted)
    missing = tuple(pmid for pmid in unaccounted if pmid in known)
    vanished = tuple(pmid for pmid in unaccounted if pmid not in known)
    return Delivery(tuple(good), unread, missing, vanished, tuple(answers))
