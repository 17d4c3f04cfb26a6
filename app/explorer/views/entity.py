"""One concept: its names, what is said of it, and when."""

from collections.abc import Iterable
from dataclasses import replace

import streamlit as st

from app.explorer import markup as h
from app.explorer.views import page_parts as page
from app.explorer.views.charts import neighbourhood, papers_chart
from app.explorer.views.relations import opposition, years
from kg.assertion import Edge
from kg.snapshots.read_model import ReadModel, RelationFilter
from ontology.concept import Concept
from ontology.namespaces import CurieError, to_iri

DRAWN = 100
"""Relations of each direction that the picture is made of."""
SHOWN_EACH = 6
COLUMNS = (*h.words("Concept"), *h.figures("Papers", "Against", "Belief", "Years"))


@page.view
def show(source: page.Source) -> None:
    """Show the concept that the URL names."""
    wanted = page.parameter("id")
    concept = source.lists.concept(wanted)
    if concept is None:
        page.title("Concept")
        missing = f"The graph has no concept {wanted or 'without a name'}."
        page.show_html(h.empty(missing, h.link("Search for one", "/")))
        return
    page.title(concept.name)
    show_names(concept)
    show_relations(source.lists, concept)


def show_names(concept: Concept) -> None:
    """Show type, identifiers and synonyms."""
    known = (() if concept.is_provisional else (concept.curie,)) + concept.same_as
    lines = [
        h.join((h.type_badge(concept.type), *(h.link(name, outward(name)) for name in known)), "  ")
    ]
    if concept.is_provisional:
        lines.append(h.quiet("Provisional: no vocabulary of ours has this name."))
    if concept.synonyms:
        lines.append(h.chips(h.text(synonym) for synonym in concept.synonyms))
    page.show_html(*(h.element("p", line) for line in lines))


def outward(identifier: str) -> str:
    """Where the world keeps an identifier, empty where that is not known."""
    try:
        return identifier if identifier.startswith("http") else to_iri(identifier)
    except CurieError:
        return ""


def show_relations(lists: ReadModel, concept: Concept) -> None:
    """Show what is said of the concept in both directions, then the pictures."""
    said, received = RelationFilter(subject=concept.curie), RelationFilter(object=concept.curie)
    if not lists.count(said) + lists.count(received):
        advice = h.link("All relations", "/relations")
        page.show_html(h.empty("No relation of this concept was found.", advice))
        return
    for heading, chosen in page.side_by_side((("As subject", said), ("As object", received))):
        show_direction(lists, heading, chosen)
    edges = (*lists.relations(said, DRAWN), *lists.relations(received, DRAWN))
    show_pictures(lists, concept, edges)


def show_direction(lists: ReadModel, heading: str, chosen: RelationFilter) -> None:
    """Show the relations of one direction, a table a predicate, the most frequent first."""
    counts = lists.facet(chosen, "predicate")
    total = page.counted(sum(counts.values()), "relation")
    page.show_html(h.element("h2", h.text(f"{heading}: {total}")))
    for predicate, relations in sorted(counts.items(), key=lambda count: -count[1]):
        narrowed = replace(chosen, predicate=predicate)
        opened = h.link(
            page.counted(relations, "relation"), h.address("relations", **narrowed.values())
        )
        line = h.element("p", h.element("b", h.text(predicate)), h.text(" "), opened)
        best = lists.relations(narrowed, SHOWN_EACH)
        page.show_html(line, h.table(COLUMNS, (_row(edge, chosen) for edge in best)))


def _row(edge: Edge, chosen: RelationFilter) -> tuple[h.Html, ...]:
    other = edge.object if chosen.subject else edge.subject
    papers = h.link(f"{edge.assertion.paper_count:,}", h.address("evidence", id=edge.id))
    return (
        h.entity(other),
        papers,
        opposition(edge),
        h.meter(edge.assertion.belief),
        years(edge.assertion),
    )


def show_pictures(lists: ReadModel, concept: Concept, edges: Iterable[Edge]) -> None:
    """Draw papers a year and the neighbourhood."""
    by_year = lists.paper_years(concept.curie)
    if by_year:
        st.subheader("Papers a year", anchor=False)
        papers_chart(by_year)
    st.subheader("Neighbourhood", anchor=False)
    st.caption("The best supported relations; colours are the types, thicker lines more papers.")
    best = sorted(edges, key=lambda e: (-e.assertion.paper_count, -e.assertion.belief))
    neighbourhood(concept, best)
