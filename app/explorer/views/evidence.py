"""One relation: how it was scored, and every sentence that says it."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import streamlit as st

from app.explorer import markup as h
from app.explorer.citations import Chosen, Outline, choose, cited, outlines_of, paper_sides
from app.explorer.downloads import Writer, as_csv, as_json
from app.explorer.views import page_parts as page
from app.explorer.views.charts import papers_chart
from app.explorer.views.relations import years
from kg.article import Article
from kg.assertion import Assertion, Citation, Edge, Side
from kg.belief import EXPLANATION, probability, reason_for_doubt, written_out
from kg.exports.csv_table import (
    ASSERTION_COLUMNS,
    EVIDENCE_COLUMNS,
    assertion_cells,
    evidence_cells,
)
from kg.sentence.study import StudyKind
from kg.stores import TripleStore

SCORED_PAPERS = 100
"""Papers of each side that the scoring lists."""
PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"
COLUMNS = (*h.words("Paper"), *h.figures("Best weight", "Sentences"))


@page.view
def show(source: page.Source) -> None:
    """Show the assertion that the URL names."""
    page.title("Evidence")
    edge = source.lists.relation(page.parameter("id"))
    if edge is None:
        advice = h.link("All relations", "/relations")
        page.show_html(h.empty("The graph has no such relation, or no longer.", advice))
        return
    outlines = outlines_of(source.store, edge.iri)
    show_summary(edge)
    show_scoring(edge.assertion, outlines)
    chosen = choose(outlines, page.parameter("says"), page.parameter("study"))
    show_sentences(source.store, edge, chosen)


def show_summary(edge: Edge) -> None:
    """Show the claim, its direction and its counts."""
    stated = edge.assertion
    against = stated.opposing_paper_count
    opposed = (("papers against", h.text(f"{against:,}")),) if against else ()
    doubted = (("disbelief", h.text(probability(stated.disbelief))),) if against else ()
    sentences = stated.evidence_count + stated.opposing_evidence_count
    page.show_html(
        h.claim_banner(edge),
        h.numbers(
            ("papers for", h.text(f"{stated.paper_count:,}")),
            *opposed,
            ("sentences", h.text(f"{sentences:,}")),
            ("belief", h.text(probability(stated.belief))),
            *doubted,
            ("years", years(stated)),
        ),
        *(h.element("p", line) for line in summary_lines(stated)),
    )
    if len(stated.years) > 1:
        papers_chart(stated.years)


def summary_lines(stated: Assertion) -> Iterator[h.Html]:
    """Say in words which way the papers see it, from what studies, and if it is believed."""
    for label, counts in (
        ("Direction reported", stated.polarities),
        ("Studies that say it", stated.kinds),
    ):
        if counts:
            frequent = sorted(counts, key=lambda count: -count[1])
            yield h.quiet(f"{label}: " + ", ".join(f"{name} ({n:,})" for name, n in frequent))
    if not stated.is_believed:
        yield h.quiet(reason_for_doubt(stated.belief, stated.disbelief))


def show_scoring(stated: Assertion, outlines: Sequence[Outline]) -> None:
    """Show the formula of the belief with its inputs, and what speaks against it."""
    papers = stated.paper_count
    with st.expander("How was this scored?"):
        page.show_html(
            h.element("p", h.text(EXPLANATION)),
            *scoring(paper_sides(outlines, is_negated=False), stated.belief),
            h.quiet(f"The best {SCORED_PAPERS} of {papers:,} papers" * (papers > SCORED_PAPERS)),
        )
        if opposition := paper_sides(outlines, is_negated=True):
            page.show_html(
                h.element("p", h.text("Against it, computed the same way and taken off nothing:")),
                *scoring(opposition, stated.disbelief),
            )


def scoring(papers: Sequence[tuple[str, Side]], result: float) -> tuple[h.Html, h.Html]:
    """Write the formula of one side, and its papers as a table."""
    weights = [side.best for _, side in papers]
    formula = h.element("code", h.text(written_out(weights, len(papers), result)))
    rows = (_paper_row(pmid, side) for pmid, side in papers[:SCORED_PAPERS])
    return h.element("p", formula), h.table(COLUMNS, rows)


def _paper_row(pmid: str, side: Side) -> tuple[h.Html, ...]:
    paper = h.link(f"PMID {pmid}", h.address("paper", pmid=pmid))
    return paper, h.meter(side.best), h.text(str(side.evidence_count))


def show_sentences(store: TripleStore, edge: Edge, chosen: Chosen) -> None:
    """Show one page of the sentences that are chosen, and offer all of them as a file."""
    st.subheader("Sentences", anchor=False)
    choices = ("What they say", "says", chosen.says), ("Kind of study", "study", chosen.studies)
    for label, name, counts in page.side_by_side(choices):
        page.choice(label, name, counts, overlaps=True)
    total = len(chosen.evidence)
    start = page.first_shown(total)
    st.caption(page.shown_range(start, total, "sentence") + ", latest papers first")
    for citation in cited(store, chosen.evidence[start : start + page.PAGE_SIZE]):
        article = citation.article
        page.show_html(evidence_card(edge, citation, article_line(article), article.study_kinds))
    page.pager(total)
    show_downloads(store, edge, chosen.evidence)


def show_downloads(store: TripleStore, edge: Edge, chosen: Sequence[Outline]) -> None:
    """Offer the sentences that are chosen as a file."""
    name = f"evidence-{edge.id}"
    csv, json = (partial(exported, write, store, edge, chosen) for write in (as_csv, as_json))
    page.downloads(
        [
            (f"Download all {len(chosen):,} as CSV", csv, f"{name}.csv", "text/csv"),
            ("JSON", json, f"{name}.json", "application/json"),
        ]
    )


def exported(write: Writer, store: TripleStore, edge: Edge, chosen: Sequence[Outline]) -> bytes:
    """Write evidence as a file."""
    said = assertion_cells(edge)
    rows = ((*said, *evidence_cells(citation)) for citation in cited(store, chosen))
    return write((*ASSERTION_COLUMNS, *EVIDENCE_COLUMNS), rows)


def evidence_card(
    edge: Edge, citation: Citation, source: h.Html, studies: Iterable[StudyKind] = ()
) -> h.Html:
    """One sentence with its mentions marked, what it says, where it is from, how it was read."""
    found = citation.evidence
    sentence = h.element("p", h.marked_sentence(found.quotation, edge), css="gb-sentence")
    badges = h.cue_badges(found.cues, sorted(studies))
    said = (h.element("p", badges),) if badges else ()
    return h.card(
        sentence, *said, h.element("p", source), h.element("p", h.quiet(reading_line(citation)))
    )


def reading_line(citation: Citation) -> str:
    """Say where and by which methods a sentence was read."""
    found, pipeline = citation.evidence, citation.pipeline
    methods = (
        f"mentions by {pipeline.recognizer}, relation by {pipeline.relations}" if pipeline else ""
    )
    passage, score = found.quotation.subject.passage, probability(found.score)
    parts = (passage, f"score {score}", methods, citation.reading)
    return " · ".join(part for part in parts if part)


def article_line(article: Article) -> h.Html:
    """Title, journal, year and links of an article, and whether it was retracted."""
    pmid = f"PMID {article.pmid}"
    parts = [h.link(article.title or pmid, h.address("paper", pmid=article.pmid))]
    parts += [h.text(part) for part in (article.journal, str(article.year or "")) if part]
    parts.append(h.link(pmid, PUBMED + article.pmid))
    if article.is_retracted:
        parts.append(h.element("span", h.text("Retracted"), css="gb-warning"))
    return h.join(parts, " · ")
