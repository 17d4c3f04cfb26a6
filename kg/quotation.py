"""The sentence that evidence quotes, and where its two spans stand in it."""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from unicodedata import normalize

from extract.annotation import Mention
from extract.text import sentences
from ingest.document import Document

GAP = " […] "


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``[start, end)`` of one passage of the article."""

    passage: str
    start: int
    end: int
    text: str

    @classmethod
    def of(cls, mention: Mention) -> "Span":
        """Take the place of a mention."""
        return cls(mention.passage, mention.start, mention.end, mention.text)


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quoted sentence in NFC; ``sentence[subject_at:]`` starts with the subject's text."""

    sentence: str
    subject: Span
    subject_at: int
    object: Span
    object_at: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Characters ``[start, end)`` of passage number ``passage``; sorts in text order."""

    passage: int
    start: int
    end: int


class Quoter:
    """Quotes one document; each passage is cut into sentences once."""

    def __init__(self, document: Document) -> None:
        self._texts = [passage.text for passage in document.passages]
        self._number = {passage.name: n for n, passage in enumerate(document.passages)}
        self._sentences = [sentences(text) for text in self._texts]

    def quote(self, subject: Span, object_: Span) -> Quotation:
        """Quote the sentence of both spans, or their two sentences in text order."""
        stretches = _merge(self._around(subject), self._around(object_))
        quoted = GAP.join(self._texts[s.passage][s.start : s.end] for s in stretches)
        at = tuple(self._offset(span, stretches) for span in (subject, object_))
        return _compose(quoted, (subject, object_), at)

    def _around(self, span: Span) -> _Stretch:
        """Find the sentence of a span; a span over a sentence boundary takes both sides."""
        passage = self._number[span.passage]
        touched = [s for s in self._sentences[passage] if s[0] < span.end and span.start < s[1]]
        start = min((s[0] for s in touched), default=span.start)
        end = max((s[1] for s in touched), default=span.end)
        return _Stretch(passage, min(start, span.start), max(end, span.end))

    def _offset(self, span: Span, stretches: tuple[_Stretch, ...]) -> int:
        passed = 0
        for stretch in stretches:
            if stretch.passage == self._number[span.passage] and span.start < stretch.end:
                return passed + span.start - stretch.start
            passed += stretch.end - stretch.start + len(GAP)
        raise ValueError(f"Span outside its sentences: {span}")


def _merge(one: _Stretch, other: _Stretch) -> tuple[_Stretch, ...]:
    first, second = sorted((one, other), key=lambda s: (s.passage, s.start, s.end))
    if first.passage == second.passage and second.start < first.end:
        return (_Stretch(first.passage, first.start, max(first.end, second.end)),)
    return first, second


def _compose(sentence: str, spans: tuple[Span, Span], at: tuple[int, ...]) -> Quotation:
    """Bring a quotation to NFC piece by piece, so that the spans can be found again."""
    ends = tuple(start + span.end - span.start for start, span in zip(at, spans, strict=True))
    cuts = sorted({0, len(sentence), *at, *ends})
    pieces = [normalize("NFC", sentence[start:end]) for start, end in pairwise(cuts)]
    moved = dict(zip(cuts, accumulate(map(len, pieces), initial=0), strict=True))
    text = "".join(pieces)
    subject, object_ = (
        Span(span.passage, span.start, span.end, text[moved[start] : moved[end]])
        for span, start, end in zip(spans, at, ends, strict=True)
    )
    return Quotation(text, subject, moved[at[0]], object_, moved[at[1]])
