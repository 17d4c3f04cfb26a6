"""HTML of the views, built so that no text of a paper can become markup.

A ``Html`` is safe to show; every function takes plain text and escapes it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import NewType
from urllib.parse import urlencode

from app.explorer.citations import names_of
from app.explorer.theme import TYPE_HUES
from kg.assertion import Edge
from kg.belief import probability
from kg.sentence.cues import Cues
from kg.sentence.quotation import Quotation
from kg.sentence.study import StudyKind
from ontology.concept import Concept

Html = NewType("Html", str)
_LINKED = re.compile(r"https?://|/(?![/\\])")
"""A browser reads ``//`` and ``/\\`` as the beginning of another host."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; on a phone a number keeps it before its value."""

    title: str
    css: str = ""
    label: str = ""


def words(*titles: str) -> tuple[Column, ...]:
    """Columns of text."""
    return tuple(map(Column, titles))


def figures(*titles: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(t, "gb-number", f' data-label="{escape(t)}"') for t in titles)


def address(view: str, **parameters: str | int) -> str:
    """The URL of a view in a state, relative to the explorer.

    >>> address("entity", id="NCBITaxon:853")
    '/entity?id=NCBITaxon%3A853'
    """
    chosen = {name: value for name, value in parameters.items() if value != ""}
    return f"/{view}" + (f"?{urlencode(chosen)}" if chosen else "")


def text(plain: str) -> Html:
    """Show a text as it is.

    >>> text("<img onerror=alert(1)>")
    '&lt;img onerror=alert(1)&gt;'
    """
    return Html(escape(plain))


def join(parts: Iterable[Html], between: str = " ") -> Html:
    """Join safe pieces; ``between`` is escaped."""
    return Html(escape(between).join(parts))


def element(tag: str, *content: Html, css: str = "") -> Html:
    """An element with a class of the style sheet."""
    attribute = f' class="{escape(css)}"' if css else ""
    return Html(f"<{tag}{attribute}>{''.join(content)}</{tag}>")


def link(plain: str, url: str) -> Html:
    """A link within the explorer, or outwards by http and https; any other URL stays text."""
    if not _LINKED.match(url):
        return text(plain)
    return Html(f'<a href="{escape(url)}">{escape(plain)}</a>')


def quiet(plain: str) -> Html:
    """A remark."""
    return element("span", text(plain), css="gb-quiet")


def type_badge(type_label: str) -> Html:
    """A type in its colour."""
    return Html(
        f'<span class="gb-type" style="--hue: {hue(type_label)}">{escape(type_label)}</span>'
    )


def hue(type_label: str) -> int:
    """The hue of a type, grey-blue for one that the schema lacks."""
    return TYPE_HUES.get(type_label, 210)


def entity(concept: Concept) -> Html:
    """A concept with its type, linked to its page."""
    return join((_concept_link(concept), type_badge(concept.type)))


def _concept_link(concept: Concept) -> Html:
    return link(concept.name, address("entity", id=concept.curie))


def meter(share: float) -> Html:
    """A number in [0, 1] with a bar."""
    width = round(100 * min(max(share, 0), 1))
    bar = f'<span class="gb-meter"><i style="width: {width}%"></i></span>'
    return Html(bar + text(probability(share)))


def table(columns: Sequence[Column], rows: Iterable[Sequence[Html]]) -> Html:
    """A table; on a phone each row becomes a block."""
    head = join((element("th", text(c.title), css=c.css) for c in columns), "")
    body = join((_row(columns, row) for row in rows), "")
    parts = element("thead", element("tr", head)) + element("tbody", body)
    return element("div", element("table", Html(parts), css="gb-table gb-stacks"), css="gb-scroll")


def _row(columns: Sequence[Column], cells: Sequence[Html]) -> Html:
    written = (
        f'<td class="{column.css}"{column.label}>{cell}</td>'
        for column, cell in zip(columns, cells, strict=True)
    )
    return element("tr", Html("".join(written)))


def marked_sentence(found: Quotation, edge: Edge) -> Html:
    """A sentence with both mentions marked where their offsets say; overlaps are cut, not lost."""
    ends = zip(found.sides, (edge.subject, edge.object), strict=True)
    spans = sorted((at, at + len(span.text), concept.type) for (span, at), concept in ends)
    parts, at = list[str](), 0
    for start, end, type_label in spans:
        begin = max(start, at)
        parts.append(escape(found.sentence[at:begin]))
        parts.append(_mark(found.sentence[begin:end], type_label))
        at = max(at, end)
    return Html("".join([*parts, escape(found.sentence[at:])]))


def _mark(plain: str, type_label: str) -> str:
    if not plain:
        return ""
    hint = f'style="--hue: {hue(type_label)}" title="{escape(type_label)}"'
    return f"<mark {hint}>{escape(plain)}</mark>"


def claim_banner(edge: Edge) -> Html:
    """Subject, arrow and object, large."""
    return element(
        "div",
        _claim_end("subject", edge.subject),
        element("div", text(f"—  {edge.predicate}  →"), css="gb-arrow"),
        _claim_end("object", edge.object),
        css="gb-claim",
    )


def _claim_end(role: str, concept: Concept) -> Html:
    name = element("span", _concept_link(concept), css="gb-name")
    return element("div", quiet(role), name, type_badge(concept.type))


def claim_line(edge: Edge) -> Html:
    """Subject, predicate and object in a line; the predicate opens the evidence."""
    predicate = link(f"— {edge.predicate} →", address("evidence", id=edge.id))
    return join((entity(edge.subject), predicate, entity(edge.object)))


def type_bars(counts: Mapping[str, int]) -> Html:
    """A bar in its colour for each type, the longest for the largest count."""
    largest = max(counts.values(), default=1)
    bars = (_type_bar(label, count, count / largest) for label, count in counts.items())
    return element("div", *bars, css="gb-bars")


def _type_bar(label: str, count: int, share: float) -> Html:
    bar = f'<div style="--hue: {hue(label)}; width: {max(100 * share, 0.5):.1f}%"></div>'
    return Html(f"{type_badge(label)}{bar}{element('b', text(f'{count:,}'))}")


def numbers(*pairs: tuple[str, Html]) -> Html:
    """Figures in a row, each under its number."""
    cells = (element("div", element("b", value), quiet(label)) for label, value in pairs)
    return element("div", *cells, css="gb-numbers")


def card(*paragraphs: Html) -> Html:
    """A bordered block."""
    return element("div", *paragraphs, css="gb-card")


def cue_badges(cues: Cues, studies: Iterable[StudyKind] = ()) -> Html:
    """Small labels: against, the direction, a doubt, and the kinds of study; words, not colours."""
    names = tuple(name for name in names_of(cues) if name != "for")
    badges = [element("span", text(name), css=_badge_css(name)) for name in names]
    kinds = (kind if kind is StudyKind.REVIEW else f"{kind} study" for kind in studies)
    badges += [element("span", text(kind), css="gb-cue gb-study") for kind in kinds]
    return join(badges)


def _badge_css(name: str) -> str:
    return "gb-cue gb-against" if name == "against" else "gb-cue"


def chips(pieces: Iterable[Html]) -> Html:
    """Small pieces that wrap."""
    return element(
        "div", *(element("span", piece, css="gb-chip") for piece in pieces), css="gb-chips"
    )


def empty(title: str, advice: Html = Html("")) -> Html:
    """What is shown where there is nothing to show, and what to do about it."""
    return element("div", element("p", element("b", text(title))), advice, css="gb-empty")
