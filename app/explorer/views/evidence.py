"""One relation: how it was scored, and every sentence that says it."""

from collections.abc import Iterator, Sequence
from functools import partial

import streamlit as st

from app.explorer.downloads import EVIDENCE_COLUMNS, Cell, as_csv, as_json, evidence_cells
from app.explorer.markup import (
    Column,
    Html,
    address,
    card,
    claim_banner,
    cue_badges,
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
from app.explorer.queries.evidence import (
    PAGE_SIZE,
    SCORED_PAPERS,
    AssertionPage,
    EvidenceRow,
    Paper,
    PaperScore,
    assertion_years,
    evidence_page,
    is_assertion_id,
    paper_scores,
    read_assertion,
)
from app.explorer.queries.standpoint import SAYS, STUDIES, read_choices
from app.explorer.views.charts import papers_chart
from app.explorer.views.page_parts import (
    choice,
    downloads,
    page_of,
    pager,
    parameter,
    range_told,
    show_html,
    title,
    view,
)
from app.explorer.views.relations import years
from kg.belief import EXPLANATION, reason_for_doubt, written_out
from kg.graph.catalogue import QuestionError

EXPORT_PAGE = 5_000
PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"
COLUMNS = (
    Column("Paper"),
    Column("Best weight", is_number=True),
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
    counted = page.counted
    opposed = (("papers against", text(f"{counted.opposing_papers:,}")),)
    doubted = (("disbelief", text(probability(counted.disbelief))),)
    show_html(
        claim_banner(page.claim),
        numbers(
            (
                ("papers for", text(f"{page.papers:,}")),
                *(opposed if counted.opposing_papers else ()),
                ("sentences", text(f"{page.sentences:,}")),
                ("belief", text(probability(page.belief))),
                *(doubted if counted.opposing_papers else ()),
                ("years", years(page.first, page.last)),
            )
        ),
        *(element("p", line) for line in standing_told(page)),
    )
    if len(by_year := assertion_years(page.claim.id)) > 1:
        papers_chart(by_year)


def standing_told(page: AssertionPage) -> Iterator[Html]:
    """Say in words which way the papers see it, from what studies, and if it is believed."""
    told = (
        ("Direction told", page.counted.directions),
        ("Studies that say it", page.counted.studies),
    )
    for label, counts in told:
        if counts:
            yield quiet(f"{label}: " + ", ".join(f"{name} ({n:,})" for name, n in counts))
    if not page.is_believed:
        yield quiet(reason_for_doubt(page.belief, page.counted.disbelief))


def show_scoring(page: AssertionPage) -> None:
    """Show the formula of the belief with its inputs, and what speaks against it."""
    with st.expander("How was this scored?"):
        scores = paper_scores(page.claim.id)
        support = [score for score in scores if not score.is_against]
        opposition = [score for score in scores if score.is_against]
        show_html(
            element("p", text(EXPLANATION)),
            formula(support, page.papers, page.belief),
            table(COLUMNS, [_score_row(score) for score in support]),
            quiet(_left_out(page.papers)),
        )
        if opposition:
            counted = page.counted
            show_html(
                element("p", text("Against it, computed the same way and taken off nothing:")),
                formula(opposition, counted.opposing_papers, counted.disbelief),
                table(COLUMNS, [_score_row(score) for score in opposition]),
            )


def formula(scores: Sequence[PaperScore], papers: int, result: float) -> Html:
    """Write noisy-or with its first inputs."""
    line = written_out([score.best for score in scores], papers, result)
    return element("p", element("code", text(line)))


def _left_out(papers: int) -> str:
    return f"The best {SCORED_PAPERS} of {papers:,} papers" if papers > SCORED_PAPERS else ""


def _score_row(score: PaperScore) -> tuple[Html, ...]:
    paper = link(f"PMID {score.pmid}", address("paper", pmid=score.pmid))
    return paper, meter(score.best), text(str(score.evidences))


def show_sentences(page: AssertionPage) -> None:
    """Show one page of sentences, as chosen, and offer all of them as a file."""
    says, study = parameter("says"), parameter("study")
    choices = read_choices(page.claim.id, says, study)
    st.subheader("Sentences", anchor=False)
    for column, (label, name, counts) in zip(
        st.columns(2),
        (("What they say", "says", choices.says), ("Kind of study", "study", choices.studies)),
        strict=True,
    ):
        with column:
            choice(label, name, counts, overlaps=True)
    number = page_of(choices.total, PAGE_SIZE)
    st.caption(range_told(number, PAGE_SIZE, choices.total, "sentence") + ", latest papers first")
    ends = page.claim.subject.type, page.claim.object.type
    for row in evidence_page(page.claim.id, number, chosen=chosen_iris(says, study)):
        source = paper_line(row.paper) if row.paper else text("")
        show_html(evidence_card(row, ends, source))
    pager(choices.total, PAGE_SIZE)
    show_downloads(page)


def chosen_iris(says: str, study: str) -> dict[str, str]:
    """Translate the choices of a URL; raises QuestionError on an unknown one."""
    given = (("says", says, SAYS), ("study", study, STUDIES))
    for name, value, known in given:
        if value and value not in known:
            raise QuestionError(f"{name}: nothing is called {value!r}")
    return {name: known[value] for name, value, known in given if value}


def show_downloads(page: AssertionPage) -> None:
    """Offer all sentences as a file, whatever is chosen."""
    name = f"evidence-{page.claim.id}"
    downloads(
        [
            ("Download all as CSV", partial(exported_csv, page), f"{name}.csv", "text/csv"),
            ("JSON", partial(exported_json, page), f"{name}.json", "application/json"),
        ]
    )


def evidence_card(row: EvidenceRow, ends: tuple[str, str], source: Html) -> Html:
    """One sentence with its mentions marked, what it says, where it stands, how it was read."""
    sentence = element("p", marked_sentence(row.marked, *ends), css="gb-sentence")
    badges = cue_badges(row.said, row.paper.studies if row.paper else ())
    told = (element("p", badges),) if badges else ()
    return card(sentence, *told, element("p", source), element("p", quiet(reading_told(row))))


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
    pages = range(1, -(-page.sentences // EXPORT_PAGE) + 1)
    rows = (row for n in pages for row in evidence_page(page.claim.id, n, EXPORT_PAGE))
    return [evidence_cells(page, row) for row in rows]
