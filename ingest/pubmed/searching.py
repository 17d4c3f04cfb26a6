"""Which PMIDs a topic has: complete lists, however many hits there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from ingest.archive.slices import Span
from ingest.pubmed.client import MOST_HITS, Found, PubMed
from ingest.pubmed.responses import PubMedError

_DAY = timedelta(days=1)


class IncompleteListError(PubMedError):
    """PubMed lists fewer PMIDs than it counts, and the days cannot be divided further."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of days with all PMIDs that PubMed has for it, each once."""

    days: Span
    pmids: tuple[str, ...]
    warnings: tuple[str, ...]


def find_parts(
    pubmed: PubMed, term: str, kind: str, days: Span, most: int = MOST_HITS
) -> Iterator[Part]:
    """Divide the days until each part has at most ``most`` hits; parts come in order.

    Every part is counted by a search of its own: what is left by subtraction may have changed.
    A single day may have more than ``most``. Raises IncompleteListError.
    """
    waiting = [days]
    while waiting:
        span = waiting.pop()
        found = pubmed.search(term, kind, span, most)
        if span.first == span.last and not _is_whole(found):
            found = pubmed.search(term, kind, span)
            if not _is_whole(found):
                raise IncompleteListError(_shortage(span, found))
        if _is_whole(found):
            yield Part(span, tuple(dict.fromkeys(found.pmids)), found.warnings)
        else:
            waiting += reversed(halves(span))


def halves(span: Span) -> tuple[Span, Span]:
    """Divide a span of two days or more in the middle."""
    middle = span.first + (span.last - span.first) // 2
    return Span(span.first, middle), Span(middle + _DAY, span.last)


def _is_whole(found: Found) -> bool:
    """Whether the list has what the count promises: a page across the limit is cut unsaid."""
    return len(set(found.pmids)) == found.count


def _shortage(span: Span, found: Found) -> str:
    return (
        f"{span.name}: PubMed counts {found.count} hits and lists {len(set(found.pmids))}; "
        f"it lists at most {MOST_HITS}: narrow the topic, or use the bulk files"
    )
