"""One relation: how it was scored, and every sentence that says it."""

from functools import partial

import streamlit as st

from app.answers.evidence import (
    PAGE_SIZE,
    SCORED_PAPERS,
    AssertionPage,
    EvidenceRow,
    Paper,
    assertion_years,
    evidence_page,
    is_assertion_id,
    paper_scores,
    read_assertion,
)
from app.exporting import EVIDENCE_COLUMNS, Cell, as_csv, as_json, evidence_cells
from app.present import (
    Column,
    Html,
    address,
    card,
    claim_banner,
    element,
    empty,
    join,
    link,
    marked_sentence,
    meter,
    numbers,
    probability,
    quiet,
    table,
    text,
)
from app.views.charts import papers_chart
from app.views.frame import (
    downloads,
    page_of,
    pager,
    parameter,
    range_told,
    show_html,
    title,
    view,
)
from app.views.relations import years

EXPORT_PAGE = 5_000
PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"
COLUMNS = (
    Column("Paper"),
    Column("Best score", is_number=True),
    Column("Sentences", is_number=True),
)


@view
def show() -> None:
    """Show the assertion that the URL names."""
    title("Evidence")
    identifier = parameter("id")
    page = read_assertion(identifier) if is_assertion_id(identifier) else None
    if page is None:
        advice = link("All relations", "/relations")
        show_html(empty("The graph has no such relation, or no longer.", advice))
        return
    show_summary(page)
    show_scoring(page)
    show_sentences(page)


def show_summary(page: AssertionPage) -> None:
    """Show the claim, its direction and its counts."""
    doubt = () if page.is_believed else (quiet("Below the threshold: not a direct triple."),)
    show_html(
        claim_banner(page.claim),
        numbers(
            (
                ("papers", text(f"{page.papers:,}")),
                ("sentences", text(f"{page.evidences:,}")),
                ("belief", text(probability(page.belief))),
                ("years", years(page.first, page.last)),
            )
        ),
        *doubt,
    )
    if len(by_year := assertion_years(page.claim.id)) > 1:
        papers_chart(by_year)


def show_scoring(page: AssertionPage) -> None:
    """Show the formula of the belief with its inputs."""
    with st.expander("How was this scored?"):
        scores = paper_scores(page.claim.id)
        factors = " × ".join(f"(1 − {score.best:.2f})" for score in scores[:8])
        dots = " × …" if page.papers > len(scores[:8]) else ""
        show_html(
            element(
                "p",
                text(
                    "A paper counts once, with its best sentence. Papers combine by noisy-or: "
                    "belief is the probability that not all of them are wrong."
                ),
            ),
            element("p", element("code", text(f"1 − {factors}{dots} = {page.belief:.4f}"))),
            table(COLUMNS, [_score_row(s.pmid, s.best, s.evidences) for s in scores]),
            quiet(_left_out(page.papers)),
        )


def _left_out(papers: int) -> str:
    return f"The best {SCORED_PAPERS} of {papers:,} papers" if papers > SCORED_PAPERS else ""


def _score_row(pmid: str, best: float, evidences: int) -> tuple[Html, ...]:
    return link(f"PMID {pmid}", address("paper", pmid=pmid)), meter(best), text(str(evidences))


def show_sentences(page: AssertionPage) -> None:
    """Show one page of sentences, and offer all of them as a file."""
    number = page_of(page.evidences, PAGE_SIZE)
    st.subheader("Sentences", anchor=False)
    st.caption(range_told(number, PAGE_SIZE, page.evidences, "sentence") + ", latest papers first")
    ends = page.claim.subject.type, page.claim.object.type
    for row in evidence_page(page.claim.id, number):
        source = paper_line(row.paper) if row.paper else text("")
        show_html(evidence_card(row, ends, source))
    pager(page.evidences, PAGE_SIZE)
    name = f"evidence-{page.claim.id}"
    downloads(
        [
            ("Download all as CSV", partial(exported_csv, page), f"{name}.csv", "text/csv"),
            ("JSON", partial(exported_json, page), f"{name}.json", "application/json"),
        ]
    )


def evidence_card(row: EvidenceRow, ends: tuple[str, str], source: Html) -> Html:
    """One sentence with its mentions marked, where it stands, and how it was read."""
    sentence = element("p", marked_sentence(row.marked, *ends), css="gb-sentence")
    return card(sentence, element("p", source), element("p", quiet(reading_told(row))))


def reading_told(row: EvidenceRow) -> str:
    """Say where and by which methods a sentence was read."""
    methods = f"mentions by {row.recognizer}, relation by {row.method}" if row.method else ""
    told = (row.passage, f"score {row.score:.2f}", methods, row.version)
    return " · ".join(part for part in told if part)


def paper_line(paper: Paper) -> Html:
    """Title, journal, year and links of an article, and whether it was retracted."""
    parts = [link(paper.title or f"PMID {paper.pmid}", address("paper", pmid=paper.pmid))]
    parts += [text(part) for part in (paper.journal, str(paper.year or "")) if part]
    parts.append(link(f"PMID {paper.pmid}", PUBMED + paper.pmid))
    if paper.is_retracted:
        parts.append(element("span", text("Retracted"), css="gb-warning"))
    return join(parts, " · ")


def exported_csv(page: AssertionPage) -> bytes:
    """All evidence as CSV."""
    return as_csv(EVIDENCE_COLUMNS, _all_cells(page))


def exported_json(page: AssertionPage) -> bytes:
    """All evidence as JSON."""
    return as_json(EVIDENCE_COLUMNS, _all_cells(page))


def _all_cells(page: AssertionPage) -> list[tuple[Cell, ...]]:
    pages = range(1, -(-page.evidences // EXPORT_PAGE) + 1)
    rows = (row for n in pages for row in evidence_page(page.claim.id, n, EXPORT_PAGE))
    return [evidence_cells(page, row) for row in rows]
