"""One paper: what it is, and everything that was read in it."""

import streamlit as st

from app.explorer.markup import Html, claim_line, element, empty, join, link, numbers, quiet, text
from app.explorer.queries.evidence import (
    PAGE_SIZE,
    EvidenceRow,
    Paper,
    is_pmid,
    paper_counts,
    paper_evidence,
    read_paper,
)
from app.explorer.views.evidence import PUBMED, evidence_card
from app.explorer.views.page_parts import (
    page_of,
    pager,
    parameter,
    range_told,
    show_html,
    title,
    view,
)


@view
def show() -> None:
    """Show the paper that the URL names."""
    pmid = parameter("pmid")
    paper = read_paper(pmid) if is_pmid(pmid) else None
    if paper is None:
        title("Paper")
        advice = link("Look it up in PubMed", f"{PUBMED}?term={pmid}")
        show_html(empty(f"The graph has no paper {pmid}.", advice))
        return
    title("Paper")
    show_article(paper)
    show_found(paper)


def show_article(paper: Paper) -> None:
    """Show title, journal, year, links, and whether it was retracted."""
    places = [link(f"PMID {paper.pmid}", PUBMED + paper.pmid)]
    if paper.doi:
        places.append(link(f"doi:{paper.doi}", f"https://doi.org/{paper.doi}"))
    printed = [text(part) for part in (paper.journal, str(paper.year or "")) if part]
    retracted = (
        [
            element(
                "p",
                text("This article was retracted: its evidence counts no more."),
                css="gb-warning",
            )
        ]
        if paper.is_retracted
        else []
    )
    kinds = (quiet(f"Study: {', '.join(paper.studies)}"),) if paper.studies else ()
    show_html(
        element("h3", text(paper.title or "Without a title")),
        element("p", join([*printed, *places], " · ")),
        *(element("p", kind) for kind in kinds),
        *retracted,
    )


def show_found(paper: Paper) -> None:
    """Show one page of what was read in the paper."""
    counts = paper_counts(paper.pmid)
    show_html(
        numbers(
            (
                ("relations", text(f"{counts.assertions:,}")),
                ("evidence sentences", text(f"{counts.evidences:,}")),
                ("mentions read", text("–" if paper.mentions is None else f"{paper.mentions:,}")),
            )
        )
    )
    if not counts.evidences:
        show_html(empty("The graph holds no evidence from this paper.", Html("")))
        return
    number = page_of(counts.evidences, PAGE_SIZE)
    st.caption(range_told(number, PAGE_SIZE, counts.evidences, "evidence sentence"))
    for row in paper_evidence(paper.pmid, number):
        show_html(_found(row))
    pager(counts.evidences, PAGE_SIZE)


def _found(row: EvidenceRow) -> Html:
    ends = (row.claim.subject.type, row.claim.object.type) if row.claim else ("", "")
    return evidence_card(row, ends, claim_line(row.claim) if row.claim else text(""))
