"""One paper: what it is, and everything that was read in it."""

from collections.abc import Iterator

import streamlit as st

from app.explorer.citations import citations_in
from app.explorer.markup import claim_line, element, empty, join, link, numbers, quiet, text
from app.explorer.views import page_parts as page
from app.explorer.views.evidence import PUBMED, evidence_card
from ingest.document import is_pmid
from kg.article import Article
from kg.graph.reading_back import read_articles


@page.view
def show(source: page.Source) -> None:
    """Show the paper that the URL names."""
    page.title("Paper")
    pmid = page.parameter("pmid")
    article = read_articles(source.store, [pmid]).get(pmid) if is_pmid(pmid) else None
    if article is None:
        advice = link("Look it up in PubMed", f"{PUBMED}?term={pmid}")
        page.show_html(empty(f"The graph has no paper {pmid}.", advice))
        return
    show_article(article)
    show_found(source, article)


def show_article(article: Article) -> None:
    """Show title, journal, year, links, and whether it was retracted."""
    printed = [text(part) for part in (article.journal, str(article.year or "")) if part]
    places = [link(f"PMID {article.pmid}", PUBMED + article.pmid)]
    if article.doi:
        places.append(link(f"doi:{article.doi}", f"https://doi.org/{article.doi}"))
    lines = [element("p", join([*printed, *places], " · "))]
    lines.extend(element("p", quiet(f"{label}: {said}")) for label, said in listed(article))
    if article.is_retracted:
        warning = text("This article was retracted: its evidence counts no more.")
        lines.append(element("p", warning, css="gb-warning"))
    page.show_html(element("h3", text(article.title or "Without a title")), *lines)


def listed(article: Article) -> Iterator[tuple[str, str]]:
    """Give what has a label in the table of ``kg.article``, and is stated of this article."""
    for fact in article.facts():
        if fact.label and fact.value:
            values = fact.value if isinstance(fact.value, tuple) else (fact.value,)
            yield fact.label, ", ".join(sorted(map(str, values)))


def show_found(source: page.Source, article: Article) -> None:
    """Show one page of what was read in the paper."""
    found = citations_in(source.store, article.pmid)
    edges = source.lists.relations_named({assertion for assertion, _ in found})
    page.show_html(
        numbers(
            ("relations", text(f"{len(edges):,}")),
            ("evidence sentences", text(f"{len(found):,}")),
            ("mentions read", text(f"{article.mention_count:,}")),
        )
    )
    if not found:
        page.show_html(empty("The graph holds no evidence from this paper."))
        return
    start = page.first_shown(len(found))
    st.caption(page.shown_range(start, len(found), "evidence sentence"))
    for assertion, citation in found[start : start + page.PAGE_SIZE]:
        if assertion in edges:
            edge = edges[assertion]
            page.show_html(evidence_card(edge, citation, claim_line(edge)))
    page.pager(len(found))
