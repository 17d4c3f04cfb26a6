"""The sentence that evidence quotes, and the places of its two spans."""

from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from unicodedata import normalize

from extract.annotation import Mention
from extract.text import plain, sentences
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
    """The sentence that holds both spans, or their two sentences in text order around ``GAP``.

    It is in NFC, without mark-up; ``sentence[subject_at:]`` starts with the subject. The spans keep
    their place in the article's own text, and have their text as it is quoted.
    """

    sentence: str
    subject: Span
    subject_at: int
    object: Span
    object_at: int

    @property
    def sides(self) -> tuple[tuple[Span, int], tuple[Span, int]]:
        """Subject and object, each with its place in the sentence."""
        return (self.subject, self.subject_at), (self.object, self.object_at)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Characters ``[start, end)`` of passage number ``passage``; sorts in text order."""

    passage: int
    start: int
    end: int


class Quoter:
    """Quotes one document; each passage is cut into sentences once."""

    def __init__(self, document: Document) -> None:
        self._texts = [plain(passage.text) for passage in document.passages]
        self._number = {passage.name: n for n, passage in enumerate(document.passages)}
        self._sentences = [sentences(text.text) for text in self._texts]

    def quote(self, subject: Span, object_: Span) -> Quotation:
        """Quote the sentence of both spans, or their two sentences in text order."""
        places = self._place(subject), self._place(object_)
        stretches = _merge(*map(self._around, places))
        quoted = GAP.join(self._texts[s.passage].text[s.start : s.end] for s in stretches)
        at = tuple((_offset(p, stretches), p.end - p.start) for p in places)
        return _compose(quoted, (subject, object_), at)

    def _place(self, span: Span) -> _Stretch:
        passage = self._number[span.passage]
        return _Stretch(passage, *self._texts[passage].span_in_plain(span.start, span.end))

    def _around(self, place: _Stretch) -> _Stretch:
        """Find the sentence of a span; a span over a sentence boundary takes both sides."""
        found = self._sentences[place.passage]
        touched = [s for s in found if s[0] < place.end and place.start < s[1]]
        start = min((s[0] for s in touched), default=place.start)
        end = max((s[1] for s in touched), default=place.end)
        return _Stretch(place.passage, min(start, place.start), max(end, place.end))


def _offset(place: _Stretch, stretches: tuple[_Stretch, ...]) -> int:
    passed = 0
    for stretch in stretches:
        if stretch.passage == place.passage and place.start < stretch.end:
            return passed + place.start - stretch.start
        passed += stretch.end - stretch.start + len(GAP)
    raise ValueError(f"A span outside its sentences: {place}")


def _merge(one: _Stretch, other: _Stretch) -> tuple[_Stretch, ...]:
    first, second = sorted((one, other), key=lambda s: (s.passage, s.start, s.end))
    if first.passage == second.passage and second.start < first.end:
        return (_Stretch(first.passage, first.start, max(first.end, second.end)),)
    return first, second


def _compose(sentence: str, spans: tuple[Span, Span], at: tuple[tuple[int, int], ...]) -> Quotation:
    """Bring a quotation to NFC piece by piece, so that the spans can be found again.

    ``at`` are (start, length) of the spans in ``sentence``.
    """
    edges = [(start, start + length) for start, length in at]
    cuts = sorted({0, len(sentence), *chain.from_iterable(edges)})
    pieces = [normalize("NFC", sentence[start:end]) for start, end in pairwise(cuts)]
    moved = dict(zip(cuts, accumulate(map(len, pieces), initial=0), strict=True))
    text = "".join(pieces)
    subject, object_ = (
        Span(span.passage, span.start, span.end, text[moved[start] : moved[end]])
        for span, (start, end) in zip(spans, edges, strict=True)
    )
    return Quotation(text, subject, moved[edges[0][0]], object_, moved[edges[1][0]])
