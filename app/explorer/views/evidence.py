"""One relation: how it was scored, and every sentence that says it."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import streamlit as st

from app.explorer.citations import Chosen, Outline, choose, cited, outlines_of, paper_sides
from app.explorer.downloads import EVIDENCE_COLUMNS, Writer, as_csv, as_json, evidence_cells
from app.explorer.markup import (
    Html,
    address,
    card,
    claim_banner,
    cue_badges,
    element,
    empty,
    figures,
    join,
    link,
    marked_sentence,
    meter,
    numbers,
    quiet,
    table,
    text,
    words,
)
from app.explorer.views import page_parts as page
from app.explorer.views.charts import papers_chart
from app.explorer.views.relations import years
from kg.assertion import Article, Assertion, Citation, Edge, Side
from kg.belief import EXPLANATION, probability, reason_for_doubt, written_out
from kg.sentence.study import StudyKind
from kg.stores import TripleStore

SCORED_PAPERS = 100
"""Papers of each side that the scoring lists."""
PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"
COLUMNS = (*words("Paper"), *figures("Best weight", "Sentences"))


@page.view
def show(source: page.Source) -> None:
    """Show the assertion that the URL names."""
    page.title("Evidence")
    edge = source.lists.relation(page.parameter("id"))
    if edge is None:
        advice = link("All relations", "/relations")
        page.show_html(empty("The graph has no such relation, or no longer.", advice))
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
    opposed = (("papers against", text(f"{against:,}")),) if against else ()
    doubted = (("disbelief", text(probability(stated.disbelief))),) if against else ()
    sentences = stated.evidence_count + stated.opposing_evidence_count
    page.show_html(
        claim_banner(edge),
        numbers(
            ("papers for", text(f"{stated.paper_count:,}")),
            *opposed,
            ("sentences", text(f"{sentences:,}")),
            ("belief", text(probability(stated.belief))),
            *doubted,
            ("years", years(stated)),
        ),
        *(element("p", line) for line in summary_lines(stated)),
    )
    if len(stated.years) > 1:
        papers_chart(stated.years)


def summary_lines(stated: Assertion) -> Iterator[Html]:
    """Say in words which way the papers see it, from what studies, and if it is believed."""
    for label, counts in (
        ("Direction reported", stated.polarities),
        ("Studies that say it", stated.kinds),
    ):
        if counts:
            frequent = sorted(counts, key=lambda count: -count[1])
            yield quiet(f"{label}: " + ", ".join(f"{name} ({n:,})" for name, n in frequent))
    if not stated.is_believed:
        yield quiet(reason_for_doubt(stated.belief, stated.disbelief))


def show_scoring(stated: Assertion, outlines: Sequence[Outline]) -> None:
    """Show the formula of the belief with its inputs, and what speaks against it."""
    papers = stated.paper_count
    with st.expander("How was this scored?"):
        page.show_html(
            element("p", text(EXPLANATION)),
            *scoring(paper_sides(outlines, is_negated=False), stated.belief),
            quiet(f"The best {SCORED_PAPERS} of {papers:,} papers" * (papers > SCORED_PAPERS)),
        )
        if opposition := paper_sides(outlines, is_negated=True):
            page.show_html(
                element("p", text("Against it, computed the same way and taken off nothing:")),
                *scoring(opposition, stated.disbelief),
            )


def scoring(papers: Sequence[tuple[str, Side]], result: float) -> tuple[Html, Html]:
    """Write the formula of one side, and its papers as a table."""
    weights = [side.best for _, side in papers]
    formula = element("code", text(written_out(weights, len(papers), result)))
    rows = (_paper_row(pmid, side) for pmid, side in papers[:SCORED_PAPERS])
    return element("p", formula), table(COLUMNS, rows)


def _paper_row(pmid: str, side: Side) -> tuple[Html, ...]:
    paper = link(f"PMID {pmid}", address("paper", pmid=pmid))
    return paper, meter(side.best), text(str(side.evidence_count))


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
    rows = (evidence_cells(edge, citation) for citation in cited(store, chosen))
    return write(EVIDENCE_COLUMNS, rows)


def evidence_card(
    edge: Edge, citation: Citation, source: Html, studies: Iterable[StudyKind] = ()
) -> Html:
    """One sentence with its mentions marked, what it says, where it is from, how it was read."""
    found = citation.evidence
    sentence = element("p", marked_sentence(found, edge), css="gb-sentence")
    badges = cue_badges(found.cues, sorted(studies))
    said = (element("p", badges),) if badges else ()
    return card(sentence, *said, element("p", source), element("p", quiet(reading_line(citation))))


def reading_line(citation: Citation) -> str:
    """Say where and by which methods a sentence was read."""
    found, pipeline = citation.evidence, citation.pipeline
    methods = (
        f"mentions by {pipeline.recognizer}, relation by {pipeline.relations}" if pipeline else ""
    )
    parts = (found.subject.passage, f"score {probability(found.score)}", methods, citation.reading)
    return " · ".join(part for part in parts if part)


def article_line(article: Article) -> Html:
    """Title, journal, year and links of an article, and whether it was retracted."""
    pmid = f"PMID {article.pmid}"
    parts = [link(article.title or pmid, address("paper", pmid=article.pmid))]
    parts += [text(part) for part in (article.journal, str(article.year or "")) if part]
    parts.append(link(pmid, PUBMED + article.pmid))
    if article.is_retracted:
        parts.append(element("span", text("Retracted"), css="gb-warning"))
    return join(parts, " · ")
